/**
 * What a booted kernel does with IOMMUs, groups and addresses, case by case. The expectations are the recorded facts of
 * Linux 6.12 (FACTS.md of the recordings), many of them of recordings that are not among our fixtures.
 */
import { describe, expect } from 'vitest';
import type { RigOptions, RigResult } from '../../../../test/helpers/rig';
import { basic, bus, cases, client, clientName, first, iommu } from '../../../../test/helpers/rig-cases';

describe('windows and apertures', () => {
  const inWindow = (ranges: string, props = '', ops = basic): string =>
    iommu() + bus(`dma-ranges = ${ranges};`, client(0, `iommus = <&oi 1>; ${props}`, ops));
  cases([
    {
      what: 'the limit is the end of the bus window, in bus addresses',
      soc: inWindow('<0 0x10000000 0 0x40000000 0 0x20000000>'),
      check: (r) => {
        expect(r.view(clientName(0)).busLimit).toBe(0x2fffffffn);
        expect(r.dma(clientName(0))).toEqual(['alloc:0x2ffff000', 'map:0x2fffe000', 'alloc:0x2ffe0000']);
      },
    },
    {
      what: 'two windows: the end of the highest; the hole is not reserved',
      soc: inWindow('<0 0 0 0x40000000 0 0x10000000>, <0 0x30000000 0 0x50000000 0 0x1000>', '', '<3 0 0x400000 0>'),
      check: (r) => expect(r.dma(clientName(0))).toEqual(['map:0x2fc00000']),
    },
    {
      what: 'a window outside the aperture: in the group, but direct DMA',
      soc:
        iommu('oracle,aperture = <0 0 0 0xffffff>;') +
        bus('dma-ranges = <0 0x40000000 0 0x40000000 0 0x20000000>;', client(0, 'iommus = <&oi 1>;')),
      check: (r) => {
        expect(r.view(clientName(0)).group).toBe(0);
        expect(r.view(clientName(0)).dmaIommu).toBe(false);
        expect(r.messages).toContain('iommu: specified DMA range outside IOMMU capability');
        expect(r.messages).toContain(
          `iommu: Failed to set up IOMMU for device ${clientName(0)}; retaining platform DMA ops`,
        );
      },
    },
    {
      what: 'an aperture above the mask: every allocation fails',
      soc: iommu('oracle,aperture = <1 0 1 0xffffffff>;') + client(0, 'iommus = <&oi 1>;'),
      check: (r) => expect(r.dma(clientName(0))).toEqual(['alloc:-12', 'map:-12', 'alloc:-12']),
    },
    {
      what: 'an aperture that is not forced does not limit',
      soc: iommu('oracle,aperture = <0 0 0 0xffffff>; oracle,no-force-aperture;') + client(0, 'iommus = <&oi 1>;'),
      check: (r) => expect(r.dma(clientName(0))).toEqual(first),
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
      check: (r) => expect(r.dma(clientName(0))).toEqual(['map:0xfffffc00', 'map:0xfffff800']),
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
        expect(r.dma(clientName(0))[0]).toBe('alloc:0xffeff000');
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
