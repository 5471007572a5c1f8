/**
 * What a booted kernel does with IOMMUs, groups and addresses, case by case. The expectations are the recorded facts of
 * Linux 6.12 (FACTS.md of the recordings), many of them of recordings that are not among our fixtures.
 */
import { describe, expect } from 'vitest';
import type { RigOptions } from '../../../../test/helpers/rig';
import { basic, bus, type Case, cases, client, clientName } from '../../../../test/helpers/rig-cases';

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
      check: (r) => expect(r.dma(clientName(0))).toEqual(['alloc:0x0', 'map:0x1000', 'alloc:0x10000']),
    },
    {
      what: 'the mask is not looked at',
      ...arm(client(0, 'iommus = <&oi 1>; oracle,dma-bits = <12>;')),
      check: (r) => expect(r.dma(clientName(0))[1]).toBe('map:0x1000'),
    },
    {
      what: 'what is unmapped at 0 stays taken',
      ...arm(client(0, 'iommus = <&oi 1>;', '<3 0 4096 0>, <4 0 0 0>, <3 1 4096 0>')),
      check: (r) => expect(r.dma(clientName(0))).toEqual(['map:0x0', 'map:0x1000']),
    },
    {
      what: 'alignment is relative to the base and at most 1 MiB',
      ...arm(window('<0 0x10001000 0 0x40001000 0 0x1000000>', '<3 0 4096 0>, <3 1 0x10000 0>, <3 2 0x300000 0>')),
      check: (r) => expect(r.dma(clientName(0))).toEqual(['map:0x10001000', 'map:0x10011000', 'map:0x10101000']),
    },
    {
      what: 'a window of one page: no mapping, direct DMA',
      ...arm(window('<0 0x10000000 0 0x40000000 0 0x1000>', '<3 0 4096 0>')),
      check: (r) => {
        expect(r.view(clientName(0)).mapping).toBeNull();
        expect(r.view(clientName(0)).domain).toBe('identity');
        expect(r.messages).toContain(`Failed to create 4095-byte IOMMU mapping for device ${clientName(0)}`);
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
        expect(r.view(clientName(0)).mapping).toMatchObject({ bits: 32, extensions: 1 });
        expect(r.view(clientName(1)).mapping).toMatchObject({ bits: 32768, extensions: 1 });
      },
    },
    {
      what: 'a request that can never fit burns a bitmap each time',
      ...arm(client(0, 'iommus = <&oi 1>;', '<3 0 0x9000000 0>, <3 1 0x9000000 0>, <3 2 4096 0>')),
      check: (r) => {
        expect(r.dma(clientName(0))).toEqual(['map:-12', 'map:-12', 'map:0x0']);
        expect(r.view(clientName(0)).mapping?.bitmaps).toBe(3);
      },
    },
    {
      what: 'a window that wraps at 4 GiB hands out 0, and freeing it is a BUG()',
      ...arm(window('<0 0xffff0000 0 0x40000000 0 0x10000>', `<10 0 20 4096>, <4 18 0 0>`)),
      check: (r) => {
        expect(r.dma(clientName(0)).slice(15, 18)).toEqual(['map:0xfffff000', 'map:0x0', 'map:0x1000']);
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
        expect(r.dma(clientName(0))).toEqual(['map:0x100000000']);
        expect(r.view(clientName(1)).mapping).toBeNull();
      },
    },
    {
      what: 'the second device of a group is refused with -EBUSY and never probed',
      ...grouped(client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;')),
      check: (r) => {
        const log = r.outcome.machine.core.log;
        const attempt = log.find((e) => e.event === 'attempt' && e.device?.name === clientName(1));
        expect(attempt?.detail.result).toBe(-16);
        expect(log.some((e) => e.event === 'driver-probe' && e.device?.name === clientName(1))).toBe(false);
        expect(r.messages).toContain(`Failed to attached device ${clientName(1)} to IOMMU_mapping`);
      },
    },
    {
      what: 'the first driver unbinds while a second device is in the group: its freed domain stays attached',
      ...(() => {
        const made = grouped(client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;'));
        return { ...made, options: { ...made.options, env: `orebind=oracle-client:${clientName(0)}:u` } };
      })(),
      check: (r) => {
        expect(r.view(clientName(0)).domainFreed).toBe(true);
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
        expect(r.api(clientName(0))).toEqual(['domain-alloc:0', 'domain-attach:-16']);
        expect(r.dma(clientName(0))).toEqual(['map:0x0']);
        expect(r.api(clientName(1))).toEqual(['arm-detach:0', 'arm-release:0', 'domain-alloc:0', 'domain-attach:0']);
        expect(r.view(clientName(1)).mapping).toBeNull();
        expect(r.view(clientName(1)).domain).toBe('unmanaged');
      },
    },
    {
      what: 'a failed probe tears the mapping down; the next one starts at 0 again',
      ...arm(client(0, 'iommus = <&oi 1>; oracle,fail-late = <517>; oracle,leak;'), { env: 'owait=12' }),
      check: (r) => {
        expect(new Set(r.dma(clientName(0)).filter((_, i) => i % 3 === 0))).toEqual(new Set(['alloc:0x0']));
        expect(r.view(clientName(0)).mapping).toBeNull();
        expect(r.view(clientName(0)).domain).toBe('identity');
      },
    },
    {
      what: 'an attach that fails: a warning, direct DMA in identity',
      soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; oracle,attach-fail = <5 1 1>; };${client(0, 'iommus = <&oi 1>;')}${client(1, 'iommus = <&oi 2>;')}`,
      options: { arm: true },
      check: (r) => {
        expect(r.messages).toContain(`Failed to attached device ${clientName(0)} to IOMMU_mapping`);
        expect([r.view(clientName(0)).domain, r.view(clientName(1)).domain]).toEqual(['identity', 'unmanaged']);
        expect(r.view(clientName(0)).mapping).toBeNull();
      },
    },
    {
      what: 'atomic allocations come from a pool of 256 KiB',
      ...arm(client(0, 'iommus = <&oi 1>;', '<40 0 0x20000 0>, <40 1 0x1000 0>, <40 2 0x20000 0>, <40 3 0x10000 0>')),
      check: (r) => expect(r.dma(clientName(0))).toEqual(['alloc:0x0', 'alloc:0x20000', 'alloc:-12', 'alloc:0x30000']),
    },
    {
      what: 'without the glue: direct DMA in identity',
      ...arm(client(0, 'iommus = <&oi 1>;'), { build: 'nouse' }),
      check: (r) => {
        expect(r.view(clientName(0)).mapping).toBeNull();
        expect(r.view(clientName(0)).domain).toBe('identity');
        expect(r.outcome.machine.iommu.groups()[0]?.type).toBe('identity');
      },
    },
    {
      what: 'an IOMMU driver without identity domain: -EOPNOTSUPP, direct DMA, no group',
      soc: `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; oracle,no-identity; };${client(0, 'iommus = <&oi 1>;')}`,
      options: { arm: true },
      check: (r) => {
        expect(r.view(clientName(0)).configureResult).toBe(-95);
        expect(r.view(clientName(0)).group).toBeNull();
      },
    },
  ]);
});
