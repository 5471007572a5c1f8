/**
 * What a booted kernel does with IOMMUs, groups and addresses, case by case. The expectations are the recorded facts of
 * Linux 6.12 (FACTS.md of the recordings), many of them of recordings that are not among our fixtures.
 */
import { describe, expect } from 'vitest';
import type { RigOptions } from '../../../../test/helpers/rig';
import { basic, bus, cases, client, clientName, first, iommu } from '../../../../test/helpers/rig-cases';

describe('who is behind an IOMMU', () => {
  cases([
    {
      what: 'a broken second entry ends the list without an error',
      soc: iommu() + client(0, 'iommus = <&oi 1>, <0xbad 2>;'),
      check: (r) => {
        expect(r.view(clientName(0)).ids).toEqual([1]);
        expect(r.dma(clientName(0))).toEqual(first);
      },
    },
    {
      what: 'two IOMMU drivers in one list: -EINVAL, no IOMMU at all',
      soc:
        iommu() +
        `s: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; };` +
        client(0, 'iommus = <&oi 1>, <&s 2>;'),
      check: (r) => {
        expect(r.view(clientName(0)).configureResult).toBe(-22);
        expect(r.view(clientName(0)).group).toBeNull();
      },
    },
    {
      what: 'one driver, two instances: the last xlate decides who serves',
      soc:
        iommu() +
        `oj: iommu@a400000 { compatible = "oracle,iommu"; reg = <0 0xa400000 0 0x1000>; #iommu-cells = <1>; };` +
        client(0, 'iommus = <&oi 1>, <&oj 2>;'),
      check: (r) => {
        expect(r.view(clientName(0)).ids).toEqual([1, 2]);
        expect(r.view(clientName(0)).provider?.name).toBe('a400000.iommu');
      },
    },
    {
      what: 'a disabled IOMMU: -ENODEV at once',
      soc: iommu('status = "disabled";') + client(0, 'iommus = <&oi 1>;'),
      check: (r) => expect(r.view(clientName(0)).configureResult).toBe(-19),
    },
    {
      what: 'an ID beyond the range spoils the good ones',
      soc: iommu('oracle,max-sid = <10>;') + client(0, 'iommus = <&oi 1>, <&oi 11>;'),
      check: (r) => expect(r.view(clientName(0)).configureResult).toBe(-34),
    },
    {
      what: 'iommus on a bus concern the bus device only',
      soc: iommu() + bus('iommus = <&oi 7>;', client(0, '')),
      check: (r) => {
        expect(r.view('soc:bus@b000000').ids).toEqual([7]);
        expect(r.view(clientName(0)).configureResult).toBe(-19);
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
        expect([0, 1, 2, 3].map((n) => r.view(clientName(n)).group)).toEqual([0, 1, null, 1]);
        expect(r.view(clientName(2)).configureResult).toBe(-22);
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
        expect(r.view(clientName(0)).configureResult).toBe(-22);
        expect(r.view(clientName(1)).group).toBe(0);
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
        expect(r.dma(clientName(1)).slice(0, 3)).toEqual(['alloc:0xfffdf000', 'map:0xfffde000', 'alloc:0xfffc0000']);
        expect(r.api(clientName(1))).toEqual(['domain-alloc:0', 'domain-attach:-22']);
        expect(r.api(clientName(2)).slice(0, 7)).toEqual([
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
