/** What IOMMUs of vendors' kernels give their masters: for every property that the data call simulated, and for each of their drivers. */
import { expect, test } from 'vitest';
import {
  access,
  boot,
  domainOf,
  GROUP,
  given,
  groupOf,
  IN_GROUP,
  IOVA_INFO,
  iommu,
  master,
  reserved,
  sameGroup,
  smmu500,
  within,
} from '../../../../test/helpers/vendor-boot';
import { vendorProperties } from '../../../iommu/vendor';
import type { SimulationReport } from '../../report';

/** L4T's address spaces, and a Tegra SMMU with them. */
const SPACE = 'num-pf-page = <0>; gap-page = <1>;';
const tegra = (more: string): string => `
  smmu: iommu@70019000 { compatible = "nvidia,tegra210-smmu"; reg = <0x70019000 0x1000>, <0x6000c000 0x1000>; #iommu-cells = <1>; ${more}
    address-space-prop {
      low: low { iova-start = <0 0x10000>; iova-size = <0 0x10000000>; ${SPACE} };
      high: high { iova-start = <0 0x80000000>; iova-size = <0 0x7ff00000>; ${SPACE} };
      half: half { iova-start = <0 0x80000000>; ${SPACE} };
    };
  };`;
const TEGRA = 'dma-window = <0x10000 0xfff00000>; #asids = <128>; swgid-mask = <0x4 0xffff00ff>;';

interface Case {
  readonly what: string;
  /** The properties of the data that it stands for. */
  readonly properties?: readonly string[];
  readonly nodes: string;
  /** More of the scenario. */
  readonly scenario?: object;
  readonly check: (report: SimulationReport) => void;
}

const CASES: readonly Case[] = [
  {
    what: 'Samsung: one group node is one group; without it a master is refused',
    properties: ['samsung,iommu-group'],
    nodes: `${iommu('samsung,sysmmu-v9', 0)} other: iommu@16000000 { compatible = "samsung,sysmmu-v9"; reg = <0x16000000 0x1000>; #iommu-cells = <0>; };
      ${GROUP} ${master(1, '&smmu', IN_GROUP)} ${master(2, '&other', IN_GROUP)} ${master(3, '&smmu')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      expect(groupOf(r, 3)).toBeNull();
      expect(r.messages.some((m) => m.device === '/m3@3' && m.text === 'group is not registered')).toBe(true);
      within(r, 1, 0n, 0xffff_ffffn);
    },
  },
  {
    what: 'Samsung: dma-window is the window, and the second master of a group narrows it',
    properties: ['dma-window of samsung'],
    nodes: `${iommu('samsung,sysmmu-v9', 0)} ${GROUP}
      ${master(1, '&smmu', `${IN_GROUP} dma-window = <0x10000000 0x20000000>;`)}
      ${master(2, '&smmu', `${IN_GROUP} dma-window = <0x10000000 0x10000000>;`)}`,
    check: (r) => {
      within(r, 1, 0x20000000n, 0x30000fffn);
      within(r, 2, 0x10000000n, 0x20000fffn);
      expect(domainOf(r, 1)?.aperture).toEqual(['0x10000000', '0x20000000']);
    },
  },
  {
    what: 'Samsung: ranges mapped one to one, ranges reserved',
    properties: ['samsung,iommu-identity-map', 'samsung,iommu-reserved-map'],
    nodes: `${iommu('samsung,sysmmu-v7', 0)} ${GROUP}
      ${master(1, '&smmu', `${IN_GROUP} samsung,iommu-identity-map = <0x90000000 0x100000>; samsung,iommu-reserved-map = <0x0 0xf0000000>;`)}`,
    check: (r) => {
      expect(reserved(r, 1)).toEqual(['0x0-0xefffffff reserved', '0x90000000-0x900fffff direct']);
      within(r, 1, 0xf0000000n, 0xffff_ffffn);
    },
  },
  {
    what: 'Samsung: windows that share nothing',
    nodes: `${iommu('samsung,sysmmu-v8', 0)} ${GROUP}
      ${master(1, '&smmu', `${IN_GROUP} dma-window = <0x10000000 0x10000000>;`)}
      ${master(2, '&smmu', `${IN_GROUP} dma-window = <0x40000000 0x10000000>;`)}`,
    // the group's masters attach together, so that none of them does
    check: (r) => expect([given(r, 1), given(r, 2)]).toEqual([null, null]),
  },
  {
    what: 'Samsung: a group whose driver never comes keeps its masters waiting',
    nodes: `${iommu('samsung,sysmmu-v9', 0)} g: group { }; ${master(1, '&smmu', IN_GROUP)}`,
    check: (r) => expect(groupOf(r, 1)).toBeNull(),
  },
  {
    what: 'Samsung before v8: an address space for each node that names its clients',
    properties: ['domain-clients'],
    nodes: `${iommu('samsung,exynos-sysmmu', 0, 'clock-names = "sysmmu";')}
      other: iommu@16000000 { compatible = "samsung,exynos-sysmmu"; reg = <0x16000000 0x1000>; #iommu-cells = <0>; interrupts = <0 66 4>; clock-names = "sysmmu"; };
      iommu-domain_a { compatible = "samsung,exynos-iommu-bus"; domain-clients = <&c1 &c2>; dma-window = <0x20000000 0x10000000>; };
      iommu-domain_b { compatible = "samsung,exynos-iommu-bus"; domain-clients = <&c3>; };
      ${[1, 2, 3, 4].map((n) => `c${n}: ${master(n, n === 2 ? '&other' : '&smmu')}`).join(' ')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      within(r, 1, 0x20000000n, 0x2fff_ffffn);
      within(r, 3, 0x10000000n, 0xcfff_ffffn);
      expect(groupOf(r, 4)).toBeNull();
    },
  },
  {
    what: 'Samsung before v8: a window that starts at 0',
    nodes: `${iommu('samsung,exynos-sysmmu', 0, 'clock-names = "sysmmu";')} c1: ${master(1, '&smmu')}
      iommu-domain { compatible = "samsung,exynos-iommu-bus"; domain-clients = <&c1>; dma-window = <0x0 0x10000000>; };`,
    check: (r) => expect(r.devices.find((d) => d.device === '/iommu@15000000')?.status).toBe('failed'),
  },
  {
    what: "HiSilicon's SMMUv3: a group for each stream ID, windows of masters, one to one where a master says so",
    properties: ['smmuid', 'smmu_identity'],
    nodes: `${iommu('mm,smmu-v3', 2, 'smmuid = <1>;')} ${master(1, '&smmu 5 0', IOVA_INFO)} ${master(2, '&smmu 5 1')}
      ${master(3, '&smmu 6 0')} ${master(4, '&smmu 7 0', 'smmu_identity;')}
      none: iommu@18000000 { compatible = "mm,smmu-v3"; reg = <0x18000000 0x1000>; #iommu-cells = <1>; };`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      within(r, 1, 0x40000000n, 0x4fff_ffffn);
      within(r, 3, 0x100000n, 0xc00f_ffffn);
      expect(r.groups.find((g) => g.id === groupOf(r, 4))?.type).toBe('identity');
      expect(r.devices.find((d) => d.device === '/iommu@18000000')?.status).toBe('failed');
    },
  },
  {
    what: "Rockchip: the AV1 decoder's MMU",
    nodes: `${iommu('rockchip,iommu-av1d', 0)} ${master(1, '&smmu')} ${master(2, '&smmu')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      within(r, 1, 0n, 0xffff_ffffn);
    },
  },
  {
    what: 'L4T: one number is one group, before streams',
    properties: ['iommu-group-id'],
    nodes: `${smmu500('nvidia,tegra234-smmu", "nvidia,smmu-500')}
      ${master(1, '&smmu 1 0', 'iommu-group-id = <7>;')} ${master(2, '&smmu 2 0', 'iommu-group-id = <7>;')} ${master(3, '&smmu 3 0')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      expect(groupOf(r, 3)).not.toBe(groupOf(r, 1));
      expect(domainOf(r, 1)?.granule).toBe(0x1000);
    },
  },
  {
    what: 'L4T: regions reserved, and mapped one to one',
    properties: ['iommu-resv-regions', 'iommu-direct-regions'],
    nodes: `${smmu500('nvidia,tegra234-smmu", "nvidia,smmu-500')}
      wide { #address-cells = <2>; #size-cells = <2>; carve: carve@90000000 { reg = <0x0 0x90000000 0x0 0x100000>; }; };
      ${master(1, '&smmu 1 0', 'iommu-resv-regions = <0x0 0x0 0x0 0xf0000000 0x1 0x0 0xffffffff 0xffffffff>; iommu-direct-regions = <&carve>;')}
      ${master(2, '&smmu 2 0', 'iommu-resv-regions = <0x0 0x0 0x0>;')}`,
    check: (r) => {
      within(r, 1, 0xf0000000n, 0xffff_ffffn);
      expect(reserved(r, 1)).toEqual([
        '0x0-0xefffffff reserved',
        '0x8000000-0x80fffff msi',
        '0x90000000-0x900fffff direct',
        '0x100000000-0xfffffffffffffffe reserved',
      ]);
      expect(reserved(r, 2)).toEqual(['0x8000000-0x80fffff msi']);
    },
  },
  {
    what: 'L4T: the SMMU of a memory controller has DMA domains with the same regions',
    nodes: `smmu: mc@70019000 { compatible = "nvidia,tegra210-mc"; reg = <0x70019000 0x1000>; interrupts = <0 77 4>; #iommu-cells = <1>; };
      ${master(1, '&smmu 2', 'iommu-resv-regions = <0x0 0x0 0x0 0xf0000000>;')}`,
    check: (r) => {
      expect(domainOf(r, 1)?.type).toBe('DMA');
      expect(reserved(r, 1)).toContain('0x0-0xefffffff reserved');
      within(r, 1, 0xf0000000n, 0xffff_ffffn);
    },
  },
  {
    what: "mainline's SMMUs of NVIDIA, in a tree without these properties",
    nodes: `smmu: mc@70019000 { compatible = "nvidia,tegra210-mc"; reg = <0x70019000 0x1000>; interrupts = <0 77 4>; #iommu-cells = <1>; };
      ${master(1, '&smmu 2')}`,
    check: (r) => {
      expect(domainOf(r, 1)).toBeUndefined();
      expect(r.providers.flatMap((p) => p.capacity ?? []).some((f) => f.name.startsWith('vendor'))).toBe(false);
    },
  },
  {
    what: 'L4T of 4.9: an address space for each entry of domains',
    properties: ['domains', 'swgid-mask', '#asids', 'dma-window of nvidia', 'iova-start', 'iova-size'],
    nodes: `${tegra(`${TEGRA} domains = <&low 0x6 0x0>, <&high 0x0 0x4>, <&high 0x100 0x0>;`)}
      ${master(1, '&smmu 1')} ${master(2, '&smmu 2')} ${master(3, '&smmu 34')} ${master(4, '&smmu 5')} ${master(5, '&smmu 8')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      expect(groupOf(r, 3)).not.toBe(groupOf(r, 1));
      within(r, 1, 0x10000n, 0x1000ffffn);
      within(r, 3, 0x80000000n, 0xffefffffn);
      // 4: in no entry; 5: in none that the SMMU has
      expect(groupOf(r, 4)).toBeNull();
      expect(r.messages.some((m) => m.text === 'Unable to retrieve as prop for swgids:32')).toBe(true);
      expect(given(r, 5)).toBeNull();
    },
  },
  ...(
    [
      ['entries that overlap', `${TEGRA} domains = <&low 0x6 0x0>, <&high 0x4 0x0>;`, 'failed'],
      ['a node without a value', `${TEGRA} domains = <&half 0x6 0x0>;`, 'failed'],
      ['no domains', TEGRA, 'failed'],
      ['no swgid-mask', 'dma-window = <0 0x1000>; #asids = <1>; domains = <&low 0x6 0x0>;', 'failed'],
      ['too many address spaces', `${TEGRA} #asids = <129>; domains = <&low 0x6 0x0>;`, 'bound'],
      ['no dma-window', '#asids = <1>; swgid-mask = <0 1>; domains = <&low 0x6 0x0>;', 'bound'],
    ] as const
  ).map(([what, more, status]) => ({
    what: `L4T of 4.9: ${what}`,
    nodes: `${tegra(more)} ${master(1, '&smmu 1')}`,
    check: (r: SimulationReport) => {
      expect(r.devices.find((d) => d.device === '/iommu@70019000')?.status).toBe(status);
      expect(r.groups).toEqual([]);
    },
  })),
  {
    what: 'L4T of 4.9 on Tegra194: an address space by stream ID',
    properties: ['address-space', 'sid-list', 'sid-list-len'],
    nodes: `${smmu500(
      't19x,arm,mmu-500',
      `domains { a { address-space = <&space>; sid-list = <1 2 3>; sid-list-len = <2>; }; };
       space: space { iova-start = <0 0x80000000>; iova-size = <0 0x10000000>; ${SPACE} };`,
    )} ${[1, 2, 3].map((n) => master(n, `&smmu ${n} 0`)).join(' ')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      within(r, 1, 0x80000000n, 0x8fff_ffffn);
      expect(groupOf(r, 3)).toBeNull();
    },
  },
  {
    what: 'Qualcomm: window, group, bypass (vendor.test.ts beside arm-smmu has the rest)',
    properties: ['qcom,iommu-dma', 'qcom,iommu-dma-addr-pool', 'qcom,iommu-group'],
    nodes: `${smmu500('qcom,qsmmu-v500')} group: group { qcom,iommu-dma-addr-pool = <0xa0000000 0x10000000>; };
      ${master(1, '&smmu 1 0', 'qcom,iommu-group = <&group>;')} ${master(2, '&smmu 2 0', 'qcom,iommu-group = <&group>;')}
      ${master(3, '&smmu 3 0', 'qcom,iommu-dma = "bypass";')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      within(r, 1, 0xa0000000n, 0xafff_ffffn);
      expect(r.groups.find((g) => g.id === groupOf(r, 3))?.type).toBe('identity');
    },
  },
  {
    what: 'Qualcomm: three levels of tables are 39 bits; fewer entries than the registers say',
    properties: ['qcom,use-3-lvl-tables', 'qcom,num-smr-override'],
    nodes: `${smmu500('qcom,qsmmu-v500', 'qcom,use-3-lvl-tables; qcom,num-smr-override = <3>;')}
      ${[1, 2, 3, 4].map((n) => master(n, `&smmu ${n} 0`)).join(' ')}`,
    check: (r) => {
      expect(domainOf(r, 1)?.aperture).toEqual(['0x0', '0x7fffffffff']);
      expect([1, 2, 3, 4].map((n) => groupOf(r, n) !== null)).toEqual([true, true, true, false]);
    },
  },
  {
    what: 'Qualcomm: fewer context banks than the registers say',
    properties: ['qcom,num-context-banks-override'],
    nodes: `${smmu500('qcom,qsmmu-v500', 'qcom,num-context-banks-override = <2>;')} ${[1, 2, 3].map((n) => master(n, `&smmu ${n} 0`)).join(' ')}`,
    check: (r) => expect([1, 2, 3].map((n) => given(r, n) !== null)).toEqual([true, true, false]),
  },
  {
    what: 'Qualcomm: a context fault stops the kernel',
    properties: ['qcom,iommu-faults'],
    nodes: `${smmu500('qcom,qsmmu-v500')} ${master(1, '&smmu 1 0')}`,
    scenario: access(1, '0x5000'),
    check: (r) => expect(r.complete).toBe(false),
  },
  {
    what: 'Qualcomm: unless it is non-fatal',
    nodes: `${smmu500('qcom,qsmmu-v500')} ${master(1, '&smmu 1 0', 'qcom,iommu-faults = "stall-disable", "non-fatal";')}`,
    scenario: access(1, '0x5000'),
    check: (r) => {
      expect(r.complete).toBe(true);
      expect(r.faults.map((f) => f.kind)).toEqual(['translation']);
    },
  },
  ...['rockchip,skip-mmu-read', 'rockchip,master-handle-irq', null].map((property) => ({
    what: `Rockchip: ${property ?? 'neither'}`,
    properties: property === null ? [] : [property],
    nodes: `${iommu('rockchip,iommu-v2', 0, property === null ? '' : `${property};`)} ${master(1, '&smmu')} ${master(2, '&smmu')}`,
    scenario: access(1, '0x5000'),
    check: (r: SimulationReport) => {
      expect(sameGroup(r)).toBe(true);
      expect(r.faults.map((f) => f.message === '')).toEqual([property !== null]);
    },
  })),
  {
    what: 'MediaTek: one group of all masters, below 4 GiB',
    nodes: `${iommu('mediatek,iommu_v0', 1)} ${master(1, '&smmu 1')} ${master(2, '&smmu 2')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      within(r, 1, 0n, 0xffff_ffffn);
    },
  },
  {
    what: 'MediaTek M4U: its driver is bound and is no IOMMU of the kernel',
    nodes: `${iommu('mediatek,m4u', 1)} ${master(1, '&smmu 1')}`,
    check: (r) => {
      expect(groupOf(r, 1)).toBeNull();
      expect(r.devices.find((d) => d.device === '/iommu@15000000')?.status).toBe('bound');
      expect(r.providers[0]?.capacity?.[0]?.source).toContain('registers no IOMMU with the kernel');
    },
  },
  {
    what: 'Allwinner: all masters of the system are one group; a second cell of 0 is not translated',
    nodes: `${iommu('allwinner,sunxi-iommu', 2)} ${master(1, '&smmu 1 1')} ${master(2, '&smmu 2 0')}`,
    scenario: {
      events: [1, 2].map((n) => ({ event: 'access', master: `/m${n}@${n}`, iova: '0x5000', write: true })),
    },
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      expect(r.faults.map((f) => f.master)).toEqual(['/m1@1']);
    },
  },
  {
    what: 'BCM2712: 40 to 42 GiB, moved; what is below it passes; the cache must have probed',
    properties: ['dma-iova-offset', 'cache'],
    nodes: `${iommu('brcm,bcm2712-iommu', 0, 'cache = <&iommuc>; dma-iova-offset = <0x1 0x0>;')} iommuc: iommuc@16000000 { compatible = "brcm,bcm2712-iommuc"; reg = <0x16000000 0x1000>; };
      bus { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges; dma-ranges;
        wide: m1@1 { compatible = "vendor,client"; reg = <0 1 0 1>; iommus = <&smmu>; }; };
      other: iommu@17000000 { compatible = "brcm,bcm2712-iommu"; reg = <0x17000000 0x1000>; #iommu-cells = <0>; cache = <&none>; };
      none: none { compatible = "vendor,nothing"; };`,
    scenario: {
      dma: [
        {
          device: '/bus/m1@1',
          ops: [
            { op: 'set-mask', bits: 40 },
            { op: 'alloc', size: '0x1000' },
          ],
        },
      ],
      events: [{ event: 'access', master: '/bus/m1@1', iova: '0x5000', write: true }],
    },
    check: (r) => {
      const domain = r.domains[0];
      expect(domain?.aperture).toEqual(['0xb00000000', '0xb7fffffff']);
      expect(BigInt(domain?.regions[0]?.iova ?? 0) >= 0xb00000000n).toBe(true);
      expect(r.faults).toEqual([]);
      expect(r.devices.find((d) => d.device === '/iommu@17000000')?.status).toBe('deferred');
    },
  },
  {
    what: 'HiSilicon: iova_info is the window; one group an SMMU',
    properties: ['start-addr', 'size'],
    nodes: `${iommu('hisi,hisi-smmu-lpae', 0, IOVA_INFO)} ${master(1, '&smmu')} ${master(2, '&smmu')}`,
    check: (r) => {
      expect(sameGroup(r)).toBe(true);
      within(r, 1, 0x40000000n, 0x4fff_ffffn);
    },
  },
  {
    what: 'HiSilicon: without it no master attaches',
    nodes: `${iommu('hisi,hisi-smmu-lpae', 0)} ${master(1, '&smmu')}`,
    check: (r) => expect(given(r, 1)).toBeNull(),
  },
];

test.each(CASES)('$what', ({ nodes, scenario, check }) => {
  check(boot(nodes, scenario));
});

test('each property that the data call simulated has its case', () => {
  const known = vendorProperties
    .filter((p) => p.simulated)
    .map((p) => (vendorProperties.some((q) => q !== p && q.name === p.name) ? `${p.name} of ${p.vendor}` : p.name));
  expect(CASES.flatMap((c) => c.properties ?? []).sort()).toEqual(known.sort());
});
