import { describe, expect, it } from 'vitest';
import { type RigResult, rig } from '../../../../test/helpers/rig';

const client = (n: number, props: string, compatible = 'oracle,client'): string =>
  `c${n}: client@a10${n}000 { compatible = "${compatible}"; reg = <0 0xa10${n}000 0 0x1000>; ${props} };`;

/** Devices that bound, by the number in their name, in the order in which they did. */
const order = (r: RigResult): string =>
  r.outcome.machine.core.log
    .flatMap((e) => (e.event === 'bound' ? (/^a10(\d)000\.client$/.exec(e.device?.name ?? '')?.[1] ?? []) : []))
    .join('');

const deferred = (r: RigResult): string[] => r.report.deferred.map((d) => d.device.replace('/soc/client@a10', ''));

// fw_devlink of 5.10 (of_link_to_suppliers, device_link_add_missing_supplier_links).
describe('fw_devlink between devices', () => {
  it.each<readonly [what: string, soc: string, order: string, deferred: readonly string[]]>([
    ['a consumer probes after its supplier', client(0, 'clocks = <&c1>;') + client(1, '#clock-cells = <0>;'), '10', []],
    ['any property holds back', client(0, 'iommus = <&c1>;') + client(1, '#iommu-cells = <0>;'), '10', []],
    ['resets are not known', client(0, 'resets = <&c1>;') + client(1, '#reset-cells = <0>;'), '01', []],
    [
      'a list ends at a provider without its cells property',
      client(0, 'clocks = <&c1>, <&c2>;') + client(1, '') + client(2, '#clock-cells = <0>;'),
      '012',
      [],
    ],
    [
      'a link that would close a cycle is not made',
      client(0, 'clocks = <&c1>; #clock-cells = <0>;') + client(1, 'clocks = <&c0>; #clock-cells = <0>;'),
      '10',
      [],
    ],
    [
      'what a node below names holds only sync_state back',
      client(0, 'child { clocks = <&c1>; };') + client(1, '#clock-cells = <0>;'),
      '01',
      [],
    ],
    [
      'a supplier without a driver is waited for without end',
      client(0, 'clocks = <&c1>;') + client(1, '#clock-cells = <0>;', 'oracle,no-driver'),
      '',
      ['0000'],
    ],
    [
      'a supplier that never becomes a device too',
      `plain { s: inner { compatible = "test,inner"; #clock-cells = <0>; }; };${client(0, 'clocks = <&s>;')}`,
      '',
      ['0000'],
    ],
    [
      'a disabled supplier is none',
      client(0, 'clocks = <&c1>;') + client(1, '#clock-cells = <0>; status = "disabled";'),
      '0',
      [],
    ],
    [
      'a node that the device holds itself is none',
      client(0, 'clocks = <&s>; s: inner { compatible = "test,inner"; #clock-cells = <0>; };'),
      '0',
      [],
    ],
    [
      'the supplier is the nearest node with a compatible',
      client(0, 'clocks = <&s>;') + client(1, 's: inner { #clock-cells = <0>; };'),
      '10',
      [],
    ],
  ])('%s', (_, soc, bound, waiting) => {
    const on = rig(soc, { kernel: '5.10', cmdline: 'fw_devlink=on', env: 'owait=12' });
    expect([order(on), deferred(on)]).toEqual([bound, waiting]);
  });

  it('by default makes links for sync_state alone, and holds nothing back', () => {
    const soc = client(0, 'clocks = <&c1>;') + client(1, '#clock-cells = <0>;', 'oracle,no-driver');
    expect(order(rig(soc, { kernel: '5.10' }))).toBe('0');
  });

  it('probes early drivers when the whole tree has devices, and at once with fw_devlink=off', () => {
    const soc = client(0, '', 'oracle,client-arch') + client(1, '');
    const attempts = (cmdline: string): number | undefined =>
      rig(soc, { kernel: '5.10', cmdline }).outcome.machine.core.devices.find((d) => d.name === 'a100000.client')
        ?.attempts;
    expect([attempts(''), attempts('fw_devlink=off')]).toEqual([2, 1]);
  });

  it('links a waiting device when its supplier is added later', () => {
    const soc = `${client(0, 'clocks = <&s>;')} bus { compatible = "oracle,populate"; #address-cells = <2>; #size-cells = <2>; ranges;
      s: late@a200000 { compatible = "oracle,client"; reg = <0 0xa200000 0 0x1000>; #clock-cells = <0>; }; };`;
    const on = rig(soc, { kernel: '5.10', cmdline: 'fw_devlink=on' });
    const links = [...on.outcome.machine.core.links].map((l) => `${l.consumer.name} ${l.supplier.name}`);
    expect([order(on), links]).toEqual(['0', ['a100000.client a200000.late']]);
  });
});
