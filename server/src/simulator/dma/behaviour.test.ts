/**
 * What a booted kernel does with IOMMUs, groups and addresses, case by case. The expectations are the recorded facts of
 * Linux 6.12 (FACTS.md of the recordings), many of them of recordings that are not among our fixtures.
 */
import { describe, expect, it } from 'vitest';
import { type RigOptions, type RigResult, rig } from '../../../test/helpers/rig';

const iommu = (props = ''): string => `
  oi: iommu@a300000 { compatible = "oracle,iommu"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; ${props} };`;
const basic = '<1 0 4096 0>, <3 1 4096 0>, <1 2 65536 0>';
const client = (n: number, props: string, ops = basic, compatible = 'oracle,client'): string => `
  c${n}: client@a10${n}000 { compatible = "${compatible}"; reg = <0 0xa10${n}000 0 0x1000>; oracle,ops = ${ops}; ${props} };`;
const name = (n: number): string => `a10${n}000.client`;
const first = ['alloc:0xfffff000', 'map:0xffffe000', 'alloc:0xfffe0000'];

interface Case {
  readonly what: string;
  readonly soc: string;
  readonly options?: RigOptions;
  readonly check: (result: RigResult) => void;
}

/** Runs as `it` cases. */
function cases(list: readonly Case[]): void {
  it.each(list)('$what', ({ soc, options, check }) => check(rig(soc, options)));
}

const bus = (props: string, child: string): string => `
  bus: bus@b000000 { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges; ${props} ${child} };`;

describe('who is behind an IOMMU', () => {
  cases([
    {
      what: 'a broken second entry ends the list without an error',
      soc: iommu() + client(0, 'iommus = <&oi 1>, <0xbad 2>;'),
      check: (r) => {
        expect(r.view(name(0)).ids).toEqual([1]);
        expect(r.dma(name(0))).toEqual(first);
      },
    },
    {
      what: 'two IOMMU drivers in one list: -EINVAL, no IOMMU at all',
      soc:
        iommu() +
        `s: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; };` +
        client(0, 'iommus = <&oi 1>, <&s 2>;'),
      check: (r) => {
        expect(r.view(name(0)).configureResult).toBe(-22);
        expect(r.view(name(0)).group).toBeNull();
      },
    },
    {
      what: 'one driver, two instances: the last xlate decides who serves',
      soc:
        iommu() +
        `oj: iommu@a400000 { compatible = "oracle,iommu"; reg = <0 0xa400000 0 0x1000>; #iommu-cells = <1>; };` +
        client(0, 'iommus = <&oi 1>, <&oj 2>;'),
      check: (r) => {
        expect(r.view(name(0)).ids).toEqual([1, 2]);
        expect(r.view(name(0)).provider?.name).toBe('a400000.iommu');
      },
    },
    {
      what: 'a disabled IOMMU: -ENODEV at once',
      soc: iommu('status = "disabled";') + client(0, 'iommus = <&oi 1>;'),
      check: (r) => expect(r.view(name(0)).configureResult).toBe(-19),
    },
    {
      what: 'an ID beyond the range spoils the good ones',
      soc: iommu('oracle,max-sid = <10>;') + client(0, 'iommus = <&oi 1>, <&oi 11>;'),
      check: (r) => expect(r.view(name(0)).configureResult).toBe(-34),
    },
    {
      what: 'iommus on a bus concern the bus device only',
      soc: iommu() + bus('iommus = <&oi 7>;', client(0, '')),
      check: (r) => {
        expect(r.view('soc:bus@b000000').ids).toEqual([7]);
        expect(r.view(name(0)).configureResult).toBe(-19);
      },
    },
  ]);
});

describe('groups', () => {
  cases([
    {
      what: 'by ID: a device whose IDs are in two groups is refused',
      soc:
        iommu('oracle,group-mode = <2>;') +
        client(0, 'iommus = <&oi 1>;') +
        client(1, 'iommus = <&oi 2>;') +
        client(2, 'iommus = <&oi 1>, <&oi 2>;') +
        client(3, 'iommus = <&oi 2>, <&oi 9>;'),
      check: (r) => {
        expect([0, 1, 2, 3].map((n) => r.view(name(n)).group)).toEqual([0, 1, null, 1]);
        expect(r.view(name(2)).configureResult).toBe(-22);
      },
    },
    {
      what: 'the number of a group that failed is free again',
      soc:
        iommu('oracle,alloc-fail = <1>;') +
        `oj: iommu@a400000 { compatible = "oracle,iommu"; reg = <0 0xa400000 0 0x1000>; #iommu-cells = <1>; };` +
        client(0, 'iommus = <&oi 1>;') +
        client(1, 'iommus = <&oj 1>;'),
      check: (r) => {
        // iommu_group_alloc_default_domain: no fallback below DMA, whatever the driver's error was.
        expect(r.view(name(0)).configureResult).toBe(-22);
        expect(r.view(name(1)).group).toBe(0);
        expect(r.messages).toContain('Adding to iommu group 0');
      },
    },
    {
      what: 'a shared group has one address space; own domains attach by group only',
      soc:
        iommu('oracle,group-mode = <1>;') +
        client(0, 'iommus = <&oi 1>;') +
        client(1, 'iommus = <&oi 2>; oracle,own-domain = <1>;') +
        client(2, 'iommus = <&oi 3>; oracle,own-domain = <2>;'),
      check: (r) => {
        expect(r.dma(name(1)).slice(0, 3)).toEqual(['alloc:0xfffdf000', 'map:0xfffde000', 'alloc:0xfffc0000']);
        expect(r.api(name(1))).toEqual(['domain-alloc:0', 'domain-attach:-22']);
        expect(r.api(name(2)).slice(0, 7)).toEqual([
          'domain-alloc:0',
          'domain-attach:0',
          'iommu-map:0',
          'iommu-map:-17',
          'iommu-map:0',
          'iommu-map:-22',
          'iommu-map:0',
        ]);
      },
    },
    {
      what: 'type writes: refused while bound, except DMA to DMA-FQ; free when unbound',
      soc: iommu() + client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;'),
      options: { env: 'orebind=oracle-client:a101000.client:u otype=0:identity,0:DMA-FQ,0:DMA,1:identity,1:nonsense' },
      check: (r) => {
        const results = r.outcome.events.outcomes.filter((e) => e.event.event === 'group-type').map((e) => e.result);
        expect(results).toEqual([-1, 0, -1, 0, -22]);
        expect(r.outcome.machine.iommu.groups().map((g) => g.type)).toEqual(['DMA-FQ', 'identity']);
      },
    },
  ]);
});

describe('windows and apertures', () => {
  const inWindow = (ranges: string, props = '', ops = basic): string =>
    iommu() + bus(`dma-ranges = ${ranges};`, client(0, `iommus = <&oi 1>; ${props}`, ops));
  cases([
    {
      what: 'the limit is the end of the bus window, in bus addresses',
      soc: inWindow('<0 0x10000000 0 0x40000000 0 0x20000000>'),
      check: (r) => {
        expect(r.view(name(0)).busLimit).toBe(0x2fffffffn);
        expect(r.dma(name(0))).toEqual(['alloc:0x2ffff000', 'map:0x2fffe000', 'alloc:0x2ffe0000']);
      },
    },
    {
      what: 'two windows: the end of the highest; the hole is not reserved',
      soc: inWindow('<0 0 0 0x40000000 0 0x10000000>, <0 0x30000000 0 0x50000000 0 0x1000>', '', '<3 0 0x400000 0>'),
      check: (r) => expect(r.dma(name(0))).toEqual(['map:0x2fc00000']),
    },
    {
      what: 'a window outside the aperture: in the group, but direct DMA',
      soc:
        iommu('oracle,aperture = <0 0 0 0xffffff>;') +
        bus('dma-ranges = <0 0x40000000 0 0x40000000 0 0x20000000>;', client(0, 'iommus = <&oi 1>;')),
      check: (r) => {
        expect(r.view(name(0)).group).toBe(0);
        expect(r.view(name(0)).dmaIommu).toBe(false);
        expect(r.messages).toContain('iommu: specified DMA range outside IOMMU capability');
        expect(r.messages).toContain(`iommu: Failed to set up IOMMU for device ${name(0)}; retaining platform DMA ops`);
      },
    },
    {
      what: 'an aperture above the mask: every allocation fails',
      soc: iommu('oracle,aperture = <1 0 1 0xffffffff>;') + client(0, 'iommus = <&oi 1>;'),
      check: (r) => expect(r.dma(name(0))).toEqual(['alloc:-12', 'map:-12', 'alloc:-12']),
    },
    {
      what: 'an aperture that is not forced does not limit',
      soc: iommu('oracle,aperture = <0 0 0 0xffffff>; oracle,no-force-aperture;') + client(0, 'iommus = <&oi 1>;'),
      check: (r) => expect(r.dma(name(0))).toEqual(first),
    },
    {
      what: 'pages larger than the CPU page: BUG()',
      soc: iommu('oracle,pgsizes = <0x4000>;') + client(0, 'iommus = <&oi 1>;'),
      check: (r) => {
        expect(r.outcome.complete).toBe(false);
        expect(r.outcome.reason).toMatch(/init_iova_domain/);
      },
    },
    {
      what: 'pages of 1 KiB: IOVAs of 1 KiB',
      soc: iommu('oracle,pgsizes = <0x1400>;') + client(0, 'iommus = <&oi 1>;', '<3 0 100 0>, <3 1 100 0>'),
      check: (r) => expect(r.dma(name(0))).toEqual(['map:0xfffffc00', 'map:0xfffff800']),
    },
  ]);
});

describe('reserved regions', () => {
  const region = (props: string): RigOptions => ({
    beside: `reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; rsv: rsv { ${props} }; };`,
  });
  const soc = iommu() + client(0, 'iommus = <&oi 1>; memory-region = <&rsv>;');
  const regions = (r: RigResult): string[] =>
    (r.outcome.machine.iommu.groups()[0]?.reservedRegions ?? []).map(
      (g) => `${g.start.toString(16)}-${g.end.toString(16)} ${g.type}`,
    );
  cases([
    {
      what: 'without reg: reserved, and avoided',
      soc,
      options: region('iommu-addresses = <&c0 0 0xfff00000 0 0x100000>;'),
      check: (r) => {
        expect(regions(r)).toEqual(['fff00000-ffffffff reserved']);
        expect(r.dma(name(0))[0]).toBe('alloc:0xffeff000');
      },
    },
    {
      what: 'equal to reg: direct, mapped 1:1',
      soc,
      options: region('reg = <0 0x50000000 0 0x200000>; iommu-addresses = <&c0 0 0x50000000 0 0x200000>;'),
      check: (r) => expect(regions(r)).toEqual(['50000000-501fffff direct']),
    },
    {
      what: 'not equal to reg: reserved, with a warning',
      soc,
      options: region('reg = <0 0x50000000 0 0x200000>; iommu-addresses = <&c0 0 0x60000000 0 0x200000>;'),
      check: (r) => {
        expect(regions(r)).toEqual(['60000000-601fffff reserved']);
        expect(r.messages.some((m) => m.startsWith('treating non-direct mapping'))).toBe(true);
      },
    },
    {
      what: 'without memory-region: no effect',
      soc: iommu() + client(0, 'iommus = <&oi 1>;'),
      options: region('iommu-addresses = <&c0 0 0xfff00000 0 0x100000>;'),
      check: (r) => expect(regions(r)).toEqual([]),
    },
  ]);
});

describe('PCI', () => {
  const host = (props: string, ops: string, device = ''): RigOptions => ({
    qemu: ['-device', 'pci-testdev,addr=1.0'],
    beside: `pcie@10000000 {
      compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
      #address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>;
      ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;
      iommu-map = <0 &oi 0 0x10000>; ${props}
      dev@1,0 { reg = <0x800 0 0 0 0>; oracle,ops = ${ops}; ${device} };
    };`,
  });
  cases([
    {
      what: 'fills the space below 4 GiB first, then gives it up for good',
      soc: iommu(),
      options: host('', '<3 0 0x80000000 0>, <3 1 0x40000000 0>, <3 2 0x20000000 0>, <3 3 0x80000000 0>, <3 4 4096 0>'),
      check: (r) => {
        expect(r.dma('0000:00:01.0')).toEqual([
          'map:0x80000000',
          'map:0x40000000',
          'map:0xffffe0000000',
          'map:0xffff00000000',
          // Below the node that was inserted last, not in the gap above it.
          'map:0xfffefffff000',
        ]);
        expect(r.messages).toContain('Using 48-bit DMA addresses');
      },
    },
    {
      what: 'gives nothing out between the windows of the bridge (iova_reserve_pci_windows)',
      soc: iommu(),
      options: host(
        'dma-ranges = <0x2000000 0 0x40000000 0 0x40000000 0 0x200000>, <0x2000000 0 0x80000000 0 0x40200000 0 0x200000>;',
        '<3 0 0x100000 0>, <3 1 0x200000 0>, <3 2 0x80000 0>',
      ),
      // The first page of each window goes with the gap below it.
      check: (r) => expect(r.dma('0000:00:01.0')).toEqual(['map:0x80100000', 'map:-12', 'map:0x80080000']),
    },
    {
      what: 'windows whose bus addresses fall as their CPU addresses rise cannot be reserved: direct DMA',
      soc: iommu(),
      options: host(
        'dma-ranges = <0x2000000 0 0x80000000 0 0x40000000 0 0x200000>, <0x2000000 0 0x40000000 0 0x40200000 0 0x200000>;',
        basic,
      ),
      check: (r) => {
        expect(r.view('0000:00:01.0').dmaIommu).toBe(false);
        expect(r.messages).toContain('Failed to reserve IOVA [0x0000000080200000-0x0000000040000000]');
      },
    },
    {
      what: 'iommu.forcedac=1 does not try',
      soc: iommu(),
      options: { ...host('', '<3 0 4096 0>'), cmdline: 'iommu.forcedac=1' },
      check: (r) => expect(r.dma('0000:00:01.0')).toEqual(['map:0xfffffffff000']),
    },
    {
      what: 'the gaps between dma-ranges of the host bridge are reserved',
      soc: iommu(),
      options: host(
        'dma-ranges = <0x2000000 0 0x40000000 0 0x40000000 0 0x10000000>, <0x2000000 0 0x60000000 0 0x60000000 0 0x1000>;',
        '<3 0 0x400000 0>',
      ),
      check: (r) => expect(r.dma('0000:00:01.0')).toEqual(['map:0x4fc00000']),
    },
  ]);
});

describe('senseless operations', () => {
  it.each([false, true])('fail and break nothing (arm: %s)', (arm) => {
    const r = rig(
      `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; };${client(
        0,
        'iommus = <&oi 1>;',
        '<1 0 0 0>, <3 1 0 0>, <5 2 0 4096>, <5 3 4 0>, <3 4 0xfffff000 0>, <1 5 0xf0000000 0>, <2 9 0 0>, <3 6 4096 0>',
      )}`,
      { arm },
    );
    expect(r.outcome.complete).toBe(true);
    expect(r.dma(name(0))).toEqual([
      'alloc:-12',
      'map:-12',
      'map-sg:-5',
      'map-sg:-5',
      'map:-12',
      'alloc:-12',
      arm ? 'map:0x0' : 'map:0xfffff000',
    ]);
  });
});

describe('the domains of the report', () => {
  cases([
    {
      what: 'live, reserved and direct regions by address; an own domain beside the default one',
      soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; };${client(
        0,
        'iommus = <&oi 1>; memory-region = <&rsv>; oracle,own-domain = <1>;',
      )}${client(1, 'iommus = <&oi 2>; oracle,api = <20 0 0 0>, <21 0 0 0>, <24 0 0x10000000 0x3000>, <25 0 0x10001000 0x1000>;')}`,
      options: {
        beside: `reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
          rsv: rsv { reg = <0 0x50000000 0 0x200000>; iommu-addresses = <&c0 0 0x50000000 0 0x200000>; }; };`,
      },
      check: (r) =>
        expect(r.domains()).toEqual([
          {
            domain: '0 DMA',
            regions: [
              'direct 0x50000000+0x200000',
              'alloc 0xfffe0000+0x10000',
              'map 0xffffe000+0x1000',
              'alloc 0xfffff000+0x1000',
            ],
          },
          { domain: '1 unmanaged', regions: ['api 0x10000000+0x1000', 'api 0x10002000+0x1000'] },
          {
            domain: '1 DMA',
            regions: ['alloc 0xfffe0000+0x10000', 'map 0xffffe000+0x1000', 'alloc 0xfffff000+0x1000'],
          },
        ]),
    },
    {
      what: 'an identity group stands once, without live regions',
      soc: iommu('oracle,identity;') + client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;'),
      check: (r) =>
        expect(r.domains()).toEqual([
          { domain: '0 identity', regions: [] },
          { domain: '1 identity', regions: [] },
        ]),
    },
    {
      what: 'an ARM mapping is the unmanaged domain of an identity group',
      soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; };${client(0, 'iommus = <&oi 1>;', '<3 0 4096 16>')}`,
      options: { arm: true },
      check: (r) => expect(r.domains()).toEqual([{ domain: '0 unmanaged', regions: ['map 0x10+0x1000'] }]),
    },
  ]);
});

describe('32-bit ARM: the automatic mapping', () => {
  const arm = (soc: string, options: RigOptions = {}): Pick<Case, 'soc' | 'options'> => ({
    soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; };${soc}`,
    options: { arm: true, ...options },
  });
  const grouped = (soc: string): Pick<Case, 'soc' | 'options'> => ({
    soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; oracle,group-mode = <1>; };${soc}`,
    options: { arm: true },
  });
  const window = (ranges: string, ops: string): string =>
    bus(`dma-ranges = ${ranges};`, client(0, 'iommus = <&oi 1>;', ops));
  cases([
    {
      what: 'first fit from 0, and 0 is handed out',
      ...arm(client(0, 'iommus = <&oi 1>;')),
      check: (r) => expect(r.dma(name(0))).toEqual(['alloc:0x0', 'map:0x1000', 'alloc:0x10000']),
    },
    {
      what: 'the mask is not looked at',
      ...arm(client(0, 'iommus = <&oi 1>; oracle,dma-bits = <12>;')),
      check: (r) => expect(r.dma(name(0))[1]).toBe('map:0x1000'),
    },
    {
      what: 'what is unmapped at 0 stays taken',
      ...arm(client(0, 'iommus = <&oi 1>;', '<3 0 4096 0>, <4 0 0 0>, <3 1 4096 0>')),
      check: (r) => expect(r.dma(name(0))).toEqual(['map:0x0', 'map:0x1000']),
    },
    {
      what: 'alignment is relative to the base and at most 1 MiB',
      ...arm(window('<0 0x10001000 0 0x40001000 0 0x1000000>', '<3 0 4096 0>, <3 1 0x10000 0>, <3 2 0x300000 0>')),
      check: (r) => expect(r.dma(name(0))).toEqual(['map:0x10001000', 'map:0x10011000', 'map:0x10101000']),
    },
    {
      what: 'a window of one page: no mapping, direct DMA',
      ...arm(window('<0 0x10000000 0 0x40000000 0 0x1000>', '<3 0 4096 0>')),
      check: (r) => {
        expect(r.view(name(0)).mapping).toBeNull();
        expect(r.view(name(0)).domain).toBe('identity');
        expect(r.messages).toContain(`Failed to create 4095-byte IOMMU mapping for device ${name(0)}`);
      },
    },
    {
      what: 'windows of 8 KiB and 192 MiB: 128 KiB and 128 MiB',
      ...arm(
        window('<0 0x10000000 0 0x40000000 0 0x2000>', basic) +
          `bus2: bus@c000000 { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges;
             dma-ranges = <0 0 0 0x40000000 0 0xc000000>; ${client(1, 'iommus = <&oi 2>;')} };`,
      ),
      check: (r) => {
        expect(r.view(name(0)).mapping).toMatchObject({ bits: 32, extensions: 1 });
        expect(r.view(name(1)).mapping).toMatchObject({ bits: 32768, extensions: 1 });
      },
    },
    {
      what: 'a request that can never fit burns a bitmap each time',
      ...arm(client(0, 'iommus = <&oi 1>;', '<3 0 0x9000000 0>, <3 1 0x9000000 0>, <3 2 4096 0>')),
      check: (r) => {
        expect(r.dma(name(0))).toEqual(['map:-12', 'map:-12', 'map:0x0']);
        expect(r.view(name(0)).mapping?.bitmaps).toBe(3);
      },
    },
    {
      what: 'a window that wraps at 4 GiB hands out 0, and freeing it is a BUG()',
      ...arm(window('<0 0xffff0000 0 0x40000000 0 0x10000>', `<10 0 20 4096>, <4 18 0 0>`)),
      check: (r) => {
        expect(r.dma(name(0)).slice(15, 18)).toEqual(['map:0xfffff000', 'map:0x0', 'map:0x1000']);
        expect(r.outcome.complete).toBe(false);
        expect(r.outcome.reason).toMatch(/__free_iova/);
      },
    },
    {
      what: 'LPAE: a window above 4 GiB keeps its base; one of 64 GiB is refused',
      ...arm(
        window('<1 0 0 0x40000000 0 0x20000000>', '<3 0 4096 0>') +
          `bus2: bus@c000000 { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges;
             dma-ranges = <0 0 0 0 0x10 0>; ${client(1, 'iommus = <&oi 2>;')} };`,
        { build: 'lpae' },
      ),
      check: (r) => {
        expect(r.dma(name(0))).toEqual(['map:0x100000000']);
        expect(r.view(name(1)).mapping).toBeNull();
      },
    },
    {
      what: 'the second device of a group is refused with -EBUSY and never probed',
      ...grouped(client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;')),
      check: (r) => {
        const log = r.outcome.machine.core.log;
        const attempt = log.find((e) => e.event === 'attempt' && e.device?.name === name(1));
        expect(attempt?.detail.result).toBe(-16);
        expect(log.some((e) => e.event === 'driver-probe' && e.device?.name === name(1))).toBe(false);
        expect(r.messages).toContain(`Failed to attached device ${name(1)} to IOMMU_mapping`);
      },
    },
    {
      what: 'the first driver unbinds while a second device is in the group: its freed domain stays attached',
      ...(() => {
        const made = grouped(client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;'));
        return { ...made, options: { ...made.options, env: `orebind=oracle-client:${name(0)}:u` } };
      })(),
      check: (r) => {
        expect(r.view(name(0)).domainFreed).toBe(true);
        expect(r.messages).toContain('WARNING: in iommu_detach_device()');
      },
    },
    {
      what: 'own domain without detaching: -EBUSY; after detaching: 0, and the DMA API is direct',
      ...arm(
        client(0, 'iommus = <&oi 1>;', '<24 1 0 0>, <3 0 4096 0>') +
          client(1, 'iommus = <&oi 2>;', '<20 0 0 0>, <21 0 0 0>, <24 1 0 0>, <3 0 4096 0>'),
      ),
      check: (r) => {
        expect(r.api(name(0))).toEqual(['domain-alloc:0', 'domain-attach:-16']);
        expect(r.dma(name(0))).toEqual(['map:0x0']);
        expect(r.api(name(1))).toEqual(['arm-detach:0', 'arm-release:0', 'domain-alloc:0', 'domain-attach:0']);
        expect(r.view(name(1)).mapping).toBeNull();
        expect(r.view(name(1)).domain).toBe('unmanaged');
      },
    },
    {
      what: 'a failed probe tears the mapping down; the next one starts at 0 again',
      ...arm(client(0, 'iommus = <&oi 1>; oracle,fail-late = <517>; oracle,leak;'), { env: 'owait=12' }),
      check: (r) => {
        expect(new Set(r.dma(name(0)).filter((_, i) => i % 3 === 0))).toEqual(new Set(['alloc:0x0']));
        expect(r.view(name(0)).mapping).toBeNull();
        expect(r.view(name(0)).domain).toBe('identity');
      },
    },
    {
      what: 'an attach that fails: a warning, direct DMA in identity',
      soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; oracle,attach-fail = <5 1 1>; };${client(0, 'iommus = <&oi 1>;')}${client(1, 'iommus = <&oi 2>;')}`,
      options: { arm: true },
      check: (r) => {
        expect(r.messages).toContain(`Failed to attached device ${name(0)} to IOMMU_mapping`);
        expect([r.view(name(0)).domain, r.view(name(1)).domain]).toEqual(['identity', 'unmanaged']);
        expect(r.view(name(0)).mapping).toBeNull();
      },
    },
    {
      what: 'atomic allocations come from a pool of 256 KiB',
      ...arm(client(0, 'iommus = <&oi 1>;', '<40 0 0x20000 0>, <40 1 0x1000 0>, <40 2 0x20000 0>, <40 3 0x10000 0>')),
      check: (r) => expect(r.dma(name(0))).toEqual(['alloc:0x0', 'alloc:0x20000', 'alloc:-12', 'alloc:0x30000']),
    },
    {
      what: 'without the glue: direct DMA in identity',
      ...arm(client(0, 'iommus = <&oi 1>;'), { build: 'nouse' }),
      check: (r) => {
        expect(r.view(name(0)).mapping).toBeNull();
        expect(r.view(name(0)).domain).toBe('identity');
        expect(r.outcome.machine.iommu.groups()[0]?.type).toBe('identity');
      },
    },
    {
      what: 'an IOMMU driver without identity domain: -EOPNOTSUPP, direct DMA, no group',
      soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; oracle,no-identity; };${client(0, 'iommus = <&oi 1>;')}`,
      options: { arm: true },
      check: (r) => {
        expect(r.view(name(0)).configureResult).toBe(-95);
        expect(r.view(name(0)).group).toBeNull();
      },
    },
  ]);
});

describe('other kernels', () => {
  const early = (props = ''): string =>
    `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; ${props} };`;
  const two = early() + client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;', basic, 'oracle,no-driver');
  it.each([
    // docs: attach point creation (no in-tree user), probe, registration; text of the group line.
    { kernel: '4.12', groups: [0, null], line: `iommu: Adding device ${name(0)} to group 0` },
    { kernel: '5.15', groups: [0, null], line: 'Adding to iommu group 0' },
    { kernel: '6.6', groups: [0, null], line: 'Adding to iommu group 0' },
    { kernel: '6.12', groups: [0, null], line: 'Adding to iommu group 0' },
    { kernel: '6.18', groups: [0, 1], line: 'Adding to iommu group 1' },
  ])('$kernel: who has a group', ({ kernel, groups, line }) => {
    const r = rig(two, { kernel });
    expect([r.view(name(0)).group, r.view(name(1)).group]).toEqual(groups);
    expect(r.messages).toContain(line);
    expect(r.dma(name(0))).toEqual(first);
  });

  it.each([
    { kernel: '6.6', low: 0x30000000n },
    { kernel: '6.12', low: 0x1000n },
  ])('$kernel: whether IOVAs start at the dma-ranges base', ({ kernel, low }) => {
    const r = rig(
      early() +
        bus(
          'dma-ranges = <0 0x30000000 0 0x40000000 0 0x1000000>;',
          // The window is 16 MiB: two maps of 8 MiB fill it; a third one fits below it only where nothing forbids it.
          client(0, 'iommus = <&oi 1>;', '<3 0 0x800000 0>, <3 1 0x800000 0>, <3 2 0x800000 0>'),
        ),
      { kernel },
    );
    const third = r.dma(name(0))[2];
    expect(third).toBe(low === 0x30000000n ? 'map:-12' : 'map:0x2f800000');
  });

  it.each([
    { kernel: '5.15', addresses: ['map:0x80000000', 'map:0xffff80000000', 'map:0x7ffff000'] },
    { kernel: '6.12', addresses: ['map:0x80000000', 'map:0xffff80000000', 'map:0xffff7ffff000'] },
  ])('$kernel: 32-bit first each time, or until the first failure', ({ kernel, addresses }) => {
    const r = rig(iommu(), {
      kernel,
      qemu: ['-device', 'pci-testdev,addr=1.0'],
      beside: `pcie@10000000 { compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
        #address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>;
        ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x1000000>; iommu-map = <0 &oi 0 0x10000>;
        dev@1,0 { reg = <0x800 0 0 0 0>; oracle,ops = <3 0 0x80000000 0>, <3 1 0x80000000 0>, <3 2 4096 0>; }; };`,
    });
    expect(r.dma('0000:00:01.0')).toEqual(addresses);
  });

  it('6.6: a second IOMMU driver cannot register', () => {
    const r = rig(
      early() +
        `s: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; interrupts = <1>; };` +
        client(0, 'iommus = <&oi 1>;') +
        client(1, 'iommus = <&s 1>;'),
      { kernel: '6.6' },
    );
    expect(r.view(name(0)).group).toBe(0);
    expect(r.view(name(1)).group).toBeNull();
  });
});
