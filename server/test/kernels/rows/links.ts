/** fw_devlink. */
import { client, deferred, iommu, loud, says, status, supplier, wait } from '../boards';
import type { Row } from '../row';

/** A supplier with sync_state whose consumer has no driver: whether the callback has run. */
const held = (cells: string, property: string): Pick<Row, 'soc' | 'see'> => ({
  soc: supplier(cells, 'oracle,supplier-syncstate') + client(0, `${property} = <&s>;`, 'oracle,no-driver'),
  see: (_, result) => result.outcome.machine.core.log.some((e) => e.event === 'sync-state'),
});

export const LINKS: readonly Row[] = [
  {
    // The driver registers before the tree has devices: its device probes when it is made, or when all are there.
    flag: 'fwDevlinkBetween',
    from: '5.10',
    to: '5.15',
    soc: client(0, '', 'oracle,client-arch') + client(1, ''),
    see: (_, result) => {
      const { log } = result.outcome.machine.core;
      const at = (event: string, name: string) => log.findIndex((e) => e.event === event && e.device?.name === name);
      return at('bound', 'a100000.client') > at('add-device', 'a101000.client');
    },
    expect: [true, false, true],
  },
  {
    // With fw_devlink=on every property counts, those too that later kernels leave to fw_devlink.strict.
    flag: 'fwDevlinkBetween',
    from: '5.10',
    to: '5.15',
    soc: iommu('', 'oracle,no-driver') + client(0, 'iommus = <&oi 1>;'),
    options: { cmdline: 'fw_devlink=on' },
    see: (report) => report.links.filter((l) => l.consumer.includes('client')).map((l) => l.supplier),
    expect: [['/soc/iommu@a300000'], [], ['/soc/iommu@a300000']],
  },
  {
    flag: 'fwDevlink',
    from: '4.12',
    to: '5.10',
    ...held('', 'clocks'),
    expect: [true, false, true],
  },
  {
    flag: 'fwDevlink',
    from: '5.10',
    to: '5.15',
    soc: supplier() + client(0, 'clocks = <&s>;'),
    see: status(0),
    expect: ['bound', 'deferred', 'bound'],
  },
  {
    // The full table of later kernels knows resets, that of 5.10 does not.
    flag: 'supplierBindings',
    from: '4.12',
    to: '5.10',
    ...held('#reset-cells = <0>;', 'resets'),
    expect: [true, true, false],
  },
  {
    flag: 'supplierBindings',
    from: '5.10',
    to: '5.15',
    soc: supplier('#reset-cells = <0>;') + client(0, 'resets = <&s>;'),
    see: deferred(0),
    expect: [false, true, false],
  },
  {
    // A provider without the property that counts its cells.
    flag: 'supplierBindings',
    from: '6.1',
    to: '6.6',
    soc: supplier().replace('#clock-cells = <0>;', '') + client(0, 'clocks = <&s>;'),
    see: deferred(0),
    expect: [false, true, false],
  },
  {
    flag: 'fwDevlink',
    from: '4.12',
    to: '5.15',
    soc: supplier() + client(0, 'clocks = <&s>;'),
    see: status(0),
    expect: ['bound', 'deferred', 'bound'],
  },
  {
    flag: 'fwDevlink',
    from: '6.6',
    to: '6.12',
    soc: supplier('', 'oracle,supplier') + client(0, 'clocks = <&s>;'),
    see: (_, result) => [...result.outcome.machine.core.links].map((link) => link.flags.pmRuntime),
    expect: [[false], [true], [false]],
  },
  {
    flag: 'fwDevlinkBestEffort',
    from: '5.15',
    to: '6.6',
    soc: supplier() + client(0, 'clocks = <&s>;'),
    options: { beside: 'chosen { stdout-path = "/soc/client@a100000"; };' },
    see: status(0),
    expect: ['deferred', 'bound', 'deferred'],
  },
  {
    flag: 'supplierBindings',
    from: '4.12',
    to: '5.15',
    soc: supplier('port { ep: endpoint { }; };') + client(0, 'port { endpoint { remote-endpoint = <&ep>; }; };'),
    see: deferred(0),
    expect: [false, true, false],
  },
  {
    flag: 'supplierBindings',
    from: '5.15',
    to: '6.6',
    soc: supplier() + client(0, 'panel = <&s>;'),
    see: deferred(0),
    expect: [false, true, false],
  },
  {
    flag: 'supplierBindings',
    from: '6.6',
    to: '6.12',
    soc: supplier('#access-controller-cells = <0>;') + client(0, 'access-controllers = <&s>;'),
    see: deferred(0),
    expect: [false, true, false],
  },
  {
    flag: 'cycleMessage',
    from: '4.12',
    to: '5.15',
    soc: client(0, 'clocks = <&c1>; #clock-cells = <0>;') + client(1, 'clocks = <&c0>; #clock-cells = <0>;'),
    see: (report) => says(/cycl/)(report)?.replace(/ with .*/, '') ?? null,
    expect: [null, 'Fixing up cyclic dependency', null],
  },
  {
    flag: 'cycleMessage',
    from: '5.15',
    to: '6.6',
    soc: client(0, 'clocks = <&c1>; #clock-cells = <0>;') + client(1, 'clocks = <&c0>; #clock-cells = <0>;'),
    see: (report) => says(/cycl/)(report)?.replace(/ with .*/, '') ?? null,
    expect: [
      'Fixing up cyclic dependency',
      '/soc/client@a100000: Fixed dependency cycle(s)',
      'Fixing up cyclic dependency',
    ],
  },
  {
    flag: 'syncStatePending',
    from: '5.15',
    to: '6.6',
    soc: supplier('', 'oracle,supplier-syncstate') + client(0, 'clocks = <&s>;', 'oracle,no-driver'),
    options: wait,
    see: loud(/sync_state\(\) pending/),
    expect: [null, 'warn', null],
  },
  {
    flag: 'syncStatePending',
    from: '6.12',
    to: '6.18',
    soc: supplier('', 'oracle,supplier-syncstate') + client(0, 'clocks = <&s>;', 'oracle,no-driver'),
    options: wait,
    see: loud(/sync_state\(\) pending/),
    expect: ['warn', 'info', 'warn'],
  },
  {
    // What is newer than a kernel makes no link in it.
    flag: 'supplierBindings',
    from: '5.15',
    to: '6.1',
    soc: supplier('#io-channel-cells = <0>;') + client(0, 'io-channels = <&s>;'),
    options: wait,
    see: deferred(0),
    expect: [false, true, false],
  },
  {
    flag: 'supplierBindings',
    from: '6.18',
    to: '7.3',
    soc: supplier() + client(0, 'pinctrl-9 = <&s>;'),
    options: wait,
    see: deferred(0),
    expect: [false, true, false],
  },
  {
    // Each of both links is told once: the first when the second is found to close the cycle.
    flag: 'cycleSaid',
    from: '6.18',
    to: '7.3',
    soc: client(0, 'clocks = <&c1>; #clock-cells = <0>;') + client(1, 'clocks = <&c0>; #clock-cells = <0>;'),
    see: (report) =>
      report.messages.flatMap(({ text }) =>
        /Fixed dependency/.test(text) ? [text.slice('/soc/client@a10'.length)[0]] : [],
      ),
    expect: [
      ['0', '1', '0', '0', '1'],
      ['1', '0'],
      ['0', '1', '0', '0', '1'],
    ],
  },
  {
    flag: 'syncStateParam',
    from: '6.1',
    to: '6.6',
    soc: supplier('', 'oracle,supplier-syncstate') + client(0, 'clocks = <&s>;', 'oracle,no-driver'),
    options: { ...wait, cmdline: 'fw_devlink.sync_state=timeout' },
    see: loud(/Forcing sync_state/),
    expect: [null, 'warn', null],
  },
  {
    flag: 'supplierText',
    from: '6.6',
    to: '6.12',
    soc: `bus { compatible = "oracle,populate"; #address-cells = <2>; #size-cells = <2>; ranges;
      late { compatible = "oracle,no-driver"; s: sub { #clock-cells = <0>; }; }; };
      ${client(0, 'clocks = <&s>;')}`,
    see: (_, result) => result.outcome.events.snapshots[0]?.deferred.map((d) => d.reason),
    expect: [
      ['platform: wait for supplier sub'],
      ['platform: wait for supplier /soc/bus/late/sub'],
      ['platform: wait for supplier sub'],
    ],
  },
];
