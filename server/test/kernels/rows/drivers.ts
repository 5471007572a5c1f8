/** The IOMMU drivers. */

import type { DeviceDmaView } from '../../../src/simulator/contract/dma-core';
import type { SimulationReport } from '../../../src/simulator/report';
import type { RigOptions } from '../../helpers/rig';
import {
  catalogue,
  client,
  device,
  domainType,
  exynos,
  group,
  iommu,
  loud,
  master,
  panics,
  pci,
  ports,
  realSmmu,
  rockchip,
  says,
  single,
  sizes,
  tegra,
  v2,
  v3,
  wait,
} from '../boards';
import type { Row } from '../row';

/** One PCI function behind an IOMMU, bound to the driver whose table fits it, at its usual work. */
const usual = (vendor: number, device: number, kind: number, more: RigOptions['scenario'] = {}): RigOptions => ({
  ...pci('<3 0 4096 0>'),
  catalogue: true,
  workloads: true,
  scenario: {
    devices: [],
    pci: [
      {
        host: '/pcie@10000000',
        devices: [
          {
            bdf: '00:02.0',
            driver: null,
            match: { vendor, device, subvendor: null, subdevice: null, class: kind },
            kind: 'endpoint',
            multifunction: false,
            acs: false,
          },
        ],
      },
    ],
    events: [{ event: 'wait', ms: 12_000 }, { event: 'coldplug' }, { event: 'wait', ms: 100 }],
    ...more,
  },
});
/** The sizes of some of the mappings, in the order of the calls. */
const mapped = (from: number, to: number) => (report: SimulationReport) =>
  report.dma
    .filter((call) => /^(alloc|map|sg)/.test(call.kind))
    .slice(from, to)
    .map((call) => Number(call.size));

const registers = (driver: string) => (report: SimulationReport) =>
  report.timeline.find((t) => t.event === 'register-driver' && t.driver === driver)?.phase;

export const DRIVERS: readonly Row[] = [
  {
    flag: 'plainBusesBind',
    from: '5.10',
    to: '5.15',
    soc: client(0, ''),
    options: { catalogue: true, scenario: { drivers: [] } },
    see: (report) => report.devices.find((d) => d.name === 'soc')?.status,
    expect: ['no-driver', 'bound', 'no-driver'],
  },
  {
    flag: 'driverLevels',
    from: '3.19',
    to: '4.12',
    soc: single('renesas,ipmmu-vmsa', 1),
    options: catalogue,
    see: registers('ipmmu-vmsa'),
    expect: ['device', 'subsys', 'device'],
  },
  ...(['4.12', '5.15'] as const).map(
    (other): Row => ({
      flag: 'driverLevels',
      from: other === '4.12' ? other : '5.10',
      to: other === '4.12' ? '5.10' : other,
      soc: single('mediatek,mt8173-m4u', 1),
      options: catalogue,
      see: registers('mtk-iommu'),
      expect: other === '4.12' ? ['device', 'subsys', 'device'] : ['subsys', 'device', 'subsys'],
    }),
  ),
  {
    // A Qualcomm SMMU and Rockchip's link to their masters, MediaTek's larbs do not yet.
    flag: 'driversThatLink',
    from: '5.10',
    to: '5.15',
    soc: `larb: larb@a200000 { compatible = "oracle,client"; reg = <0 0xa200000 0 0x1000>; };${iommu('interrupt-parent = <&gic>; interrupts = <0 1 4>; mediatek,larbs = <&larb>;', 'mediatek,mt6779-m4u')}${master(0)}`,
    options: catalogue,
    see: (report) => report.links.filter((l) => l.consumer.includes('client@')).map((l) => l.supplier),
    expect: [[], ['/soc/larb@a200000'], []],
  },
  {
    flag: 'xhciContextArray',
    from: '6.18',
    to: '7.3',
    soc: iommu(),
    options: usual(0x1b36, 0xd, 0x0c0330),
    see: mapped(0, 1),
    expect: [[2056], [520], [2056]],
  },
  {
    flag: 'nvmeLogPage',
    from: '6.1',
    to: '6.6',
    soc: iommu(),
    options: usual(0x1b36, 0x10, 0x010802),
    see: mapped(6, 8),
    expect: [
      [512, 2048],
      [2048, 512],
      [512, 2048],
    ],
  },
  {
    // two pages when the buffer crosses the end of one, so that the address is aligned to them
    flag: 'ataSectorBuffer',
    from: '6.12',
    to: '6.18',
    soc: iommu(),
    options: usual(0x8086, 0x2922, 0x010601),
    see: (report) =>
      report.dma
        .filter((call) => call.kind === 'map-sg')
        .slice(0, 2)
        .map((call) => Number(call.iova) & 0x1fff),
    expect: [
      [0x1900, 0x1dc0],
      [0x1900, 0x0fc0],
      [0x1900, 0x1dc0],
    ],
  },
  {
    // without the test rig's drivers, one of which has the same name
    flag: 'virtioNetBuffers',
    from: '6.18',
    to: '7.3',
    soc: iommu(),
    options: usual(0x1af4, 0x1041, 0x020000, { drivers: [] }),
    see: mapped(3, 5),
    expect: [
      [1536, 1536],
      [4096, 4096],
      [1536, 1536],
    ],
  },
  {
    // The third buffer of 1920 bytes from the top of 32 KiB, or from the bottom.
    flag: 'pageFragments',
    from: '6.12',
    to: '6.18',
    soc: iommu(),
    options: usual(0x8086, 0x100e, 0x020000),
    see: (report) =>
      report.dma
        .filter((call) => call.kind === 'map')
        .slice(0, 2)
        .map((call) => Number(call.iova) & 0xfff),
    expect: [
      [0x9c0, 0x240],
      [0xf40, 0x6c0],
      [0x9c0, 0x240],
    ],
  },
  {
    flag: 'smmuV3Alias',
    from: '5.10',
    to: '5.15',
    soc: v3 + client(0, 'iommus = <&oi 5>;') + client(1, 'iommus = <&oi 5>;'),
    see: (report) => [panics(report), says(/already in tree|Aliasing/)(report)],
    expect: [
      ['arm_smmu_write_strtab_ent', null],
      [null, 'stream 5 already in tree'],
      ['arm_smmu_write_strtab_ent', null],
    ],
  },
  {
    flag: 'smmuV3Alias',
    from: '5.15',
    to: '6.1',
    soc: v3 + client(0, 'iommus = <&oi 5>;') + client(1, 'iommus = <&oi 5>;'),
    see: says(/already in tree|Aliasing/),
    expect: [
      'stream 5 already in tree',
      'stream 5 already in tree from dev a100000.client',
      'stream 5 already in tree',
    ],
  },
  {
    flag: 'smmuV3Alias',
    from: '6.12',
    to: '6.18',
    soc: v3 + client(0, 'iommus = <&oi 5>;') + client(1, 'iommus = <&oi 5>;'),
    see: says(/already in tree|Aliasing/),
    expect: [
      'stream 5 already in tree from dev a100000.client',
      'Aliasing StreamID 0x5 (from a100000.client) unsupported, expect DMA to be broken',
      'stream 5 already in tree from dev a100000.client',
    ],
  },
  {
    flag: 'smmuV3EventText',
    from: '6.12',
    to: '6.18',
    soc: v3 + master(0),
    options: {
      scenario: { events: [{ event: 'access', master: '/soc/client@a100000', iova: 0x1000n, write: false }] },
    },
    see: loud(/event/),
    expect: ['info', 'err', 'info'],
  },
  {
    flag: 'driversThatLink',
    from: '3.19',
    to: '4.12',
    soc: exynos,
    options: catalogue,
    see: (report) => report.links.map((l) => l.supplier),
    expect: [[], ['/soc/iommu@a300000'], []],
  },
  {
    flag: 'driversThatLink',
    from: '4.12',
    to: '5.15',
    soc: v2 + master(0),
    options: realSmmu,
    see: (report) => report.links.filter((l) => l.consumer.includes('client')).map((l) => l.supplier),
    expect: [[], ['/soc/iommu@c000000'], []],
  },
  {
    flag: 'driversWithoutXlate',
    from: '3.19',
    to: '4.12',
    soc: v3 + master(0),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'driversWithoutXlate',
    from: '4.12',
    to: '5.15',
    soc: rockchip,
    options: catalogue,
    see: (report) => [group(0)(report), device(report, 0)?.translated],
    expect: [
      [0, false],
      [0, true],
      [null, false],
    ],
  },
  {
    flag: 'driversWithoutXlate',
    from: '6.12',
    to: '6.18',
    soc: single('ti,omap4-iommu', 0) + client(0, 'iommus = <&oi>;'),
    options: catalogue,
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'driversWithoutDefaultDomain',
    from: '4.12',
    to: '5.15',
    soc: rockchip,
    options: catalogue,
    see: domainType,
    expect: ['unknown', 'DMA', 'unknown'],
  },
  {
    flag: 'driversWithoutDefaultDomain',
    from: '6.6',
    to: '6.12',
    soc: master(0) + tegra,
    options: catalogue,
    see: domainType,
    expect: ['unknown', 'identity', 'unknown'],
  },
  {
    flag: 'driversWithoutIdentity',
    from: '5.15',
    to: '6.6',
    soc: rockchip,
    options: { ...catalogue, cmdline: 'iommu.passthrough=1' },
    see: domainType,
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'driversWithoutIdentity',
    from: '6.6',
    to: '6.12',
    soc: exynos,
    options: { ...catalogue, cmdline: 'iommu.passthrough=1' },
    see: domainType,
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'driversWithGroupPerMaster',
    from: '4.12',
    to: '5.15',
    soc: rockchip + client(1, 'iommus = <&oi>;'),
    options: catalogue,
    see: (report) => [group(0)(report), group(1)(report)],
    expect: [
      [0, 1],
      [0, 0],
      // the IOMMU itself has number 0
      [1, 2],
    ],
  },
  ...(
    [
      ['3.19', '4.12', 'ti,omap4-iommu'],
      ['4.12', '5.10', 'rockchip,iommu'],
      ['5.10', '5.15', 'sprd,iommu-v1'],
      ['6.6', '6.12', 'rockchip,iommu'],
    ] as const
  ).map(
    // The first IOMMU has no master that comes: where it has made its group, the other's is number 1.
    ([from, to, compatible]): Row => ({
      flag: 'driversWithGroupAtProbe',
      from,
      to,
      soc: `${single(compatible, 0).replaceAll('a300000', 'a200000').replace('oi:', 'first:')}${single(compatible, 0)}${client(0, 'iommus = <&oi>;')}`,
      options: catalogue,
      see: group(0),
      expect: to === '6.12' ? [1, 0, 1] : [from === '3.19' ? null : 0, 1, 0],
    }),
  ),
  {
    flag: 'smmuBypass',
    from: '4.12',
    to: '5.15',
    soc: v2,
    options: { ...realSmmu, config: { CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT: 'y' } },
    // sCR0.USFCFG (bit 10): an unidentified stream faults.
    see: (report) => report.providers.map((p) => p.registers?.sCR0),
    expect: [['0x1836'], ['0x1c36'], ['0x1836']],
  },
  {
    flag: 'gpcdmaChannels',
    from: '6.18',
    to: '7.3',
    soc: `${v3}${client(0, 'iommus = <&oi 0x800>; iommu-map = <1 &oi 0x801 31>; dma-channel-mask = <6>; #dma-cells = <1>;', 'nvidia,tegra186-gpcdma')}`,
    options: { ...realSmmu, config: { CONFIG_TEGRA186_GPC_DMA: 'y' } },
    see: (report) => report.groups.map((g) => g.devices.join()),
    expect: [['/soc/client@a100000'], ['/soc/client@a100000', 'dma0chan1', 'dma0chan2'], ['/soc/client@a100000']],
  },
  {
    flag: 'mediatekGap',
    from: '6.6',
    to: '6.12',
    soc: `larb: larb@a200000 { compatible = "oracle,client"; reg = <0 0xa200000 0 0x1000>; };${iommu('interrupt-parent = <&gic>; interrupts = <0 1 4>; mediatek,larbs = <&larb>;', 'mediatek,mt6779-m4u')}${master(0)}`,
    options: catalogue,
    see: (report) => report.providers.flatMap((p) => p.contextBanks.map((bank) => bank.end)),
    expect: [['0xffffffff'], ['0xff7fffff'], ['0xffffffff']],
  },
  {
    flag: 'driverLevels',
    from: '5.15',
    to: '6.6',
    soc: single('rockchip,iommu', 0),
    options: catalogue,
    see: (report) => report.timeline.find((t) => t.event === 'register-driver' && t.driver === 'rk_iommu')?.phase,
    expect: ['subsys', 'device', 'subsys'],
  },
  {
    flag: 'driversAdded',
    from: '6.12',
    to: '6.18',
    soc: single('riscv,iommu', 1) + master(0),
    options: { ...catalogue, config: { CONFIG_RISCV_IOMMU: 'y' }, scenario: { arch: 'riscv' } },
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'driversWithoutBlocked',
    from: '6.6',
    to: '6.12',
    soc: v3 + master(0, 'oracle,own-domain = <5>;', 'oracle,client-mdma'),
    see: (_, result) =>
      result.outcome.machine.core.log
        .filter((e) => e.event === 'dma-view' && e.detail.when === 'own-detached')
        .map((e) => (e.detail.view as DeviceDmaView).domain),
    expect: [['unmanaged'], ['blocked'], ['unmanaged']],
  },
  {
    flag: 'smmuV3CellsFatal',
    from: '6.6',
    to: '6.12',
    soc: v3.replace('#iommu-cells = <1>', '#iommu-cells = <2>') + client(0, 'iommus = <&oi 1 0>;'),
    options: wait,
    see: group(0),
    expect: [0, null, 0],
  },
  {
    flag: 'configAcsParam',
    from: '6.6',
    to: '6.12',
    soc: '',
    options: { ...ports, cmdline: 'pci=config_acs=1111101@0000:00:01.0' },
    see: sizes,
    expect: [
      [2, 2],
      [1, 2, 1],
      [2, 2],
    ],
  },
  {
    // In 7.3 the first function of the bus asks for ACS before the ports are found.
    flag: 'acsEnabledAt',
    from: '6.12',
    to: '7.3',
    soc: '',
    options: ports,
    see: sizes,
    expect: [
      [2, 2],
      [1, 1, 1, 1, 1],
      [1, 1, 1, 1],
    ],
    inFrom: true,
  },
  {
    flag: 'iommuClassDevices',
    from: '3.19',
    to: '4.12',
    soc: iommu(),
    see: (_, result) => result.outcome.machine.core.devices.some((d) => d.name.startsWith('oiommu')),
    expect: [false, true, false],
  },
];
