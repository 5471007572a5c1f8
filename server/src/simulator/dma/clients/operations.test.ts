/**
 * What a booted kernel does with IOMMUs, groups and addresses, case by case. The expectations are the recorded facts of
 * Linux 6.12 (FACTS.md of the recordings), many of them of recordings that are not among our fixtures.
 */
import { describe, expect, it } from 'vitest';
import { rig } from '../../../../test/helpers/rig';
import { basic, bus, cases, client, clientName, first, iommu } from '../../../../test/helpers/rig-cases';

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
    expect(r.dma(clientName(0))).toEqual([
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

describe('other kernels', () => {
  const early = (props = ''): string =>
    `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; ${props} };`;
  const two = early() + client(0, 'iommus = <&oi 1>;') + client(1, 'iommus = <&oi 2>;', basic, 'oracle,no-driver');
  it.each([
    // docs: attach point creation (no in-tree user), probe, registration; text of the group line.
    { kernel: '4.12', groups: [0, null], line: `iommu: Adding device ${clientName(0)} to group 0` },
    { kernel: '5.15', groups: [0, null], line: 'Adding to iommu group 0' },
    { kernel: '6.6', groups: [0, null], line: 'Adding to iommu group 0' },
    { kernel: '6.12', groups: [0, null], line: 'Adding to iommu group 0' },
    { kernel: '6.18', groups: [0, 1], line: 'Adding to iommu group 1' },
  ])('$kernel: who has a group', ({ kernel, groups, line }) => {
    const r = rig(two, { kernel });
    expect([r.view(clientName(0)).group, r.view(clientName(1)).group]).toEqual(groups);
    expect(r.messages).toContain(line);
    expect(r.dma(clientName(0))).toEqual(first);
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
    const third = r.dma(clientName(0))[2];
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
    expect(r.view(clientName(0)).group).toBe(0);
    expect(r.view(clientName(1)).group).toBeNull();
  });
});
