/** Devices and deferral. */

import { parseScenario } from '../../../src/scenario/parse';
import type { RigOptions, RigResult } from '../../helpers/rig';
import {
  arm,
  boundIn,
  client,
  depopulation,
  iommu,
  loud,
  master,
  order,
  panics,
  populated,
  says,
  status,
  supplier,
  wait,
} from '../boards';
import type { Row } from '../row';

/** Whether a node beside /soc has a device. */
const made =
  (name: string): Row['see'] =>
  (report) =>
    report.devices.some((d) => d.name.includes(name));
const reserved = (name: string, compatible: string) => ({
  beside: `reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; ${name}@48000000 { compatible = "${compatible}"; reg = <0 0x48000000 0 0x10000>; }; };`,
});
/** An AMBA device whose clock has a driver at device level. */
const amba =
  supplier('', 'test,clock') + client(0, 'clocks = <&s>; clock-names = "apb_pclk";', 'arm,pl011", "arm,primecell');
const lateClock: RigOptions = {
  scenario: {
    drivers: parseScenario('{"drivers":[{"name":"clock","compatible":["test,clock"]}]}').scenario.drivers,
    events: [{ event: 'wait', ms: 12_000 }],
  },
};
const adding = (_: unknown, result: RigResult) =>
  result.outcome.machine.core.log.find((e) => e.event === 'add-device' && e.device?.name === 'a100000.client');

export const DEFERRAL: readonly Row[] = [
  {
    flag: 'earlyNodes',
    from: '3.19',
    to: '4.12',
    soc: '',
    options: reserved('ramoops', 'ramoops'),
    see: made('ramoops'),
    expect: [false, true, false],
  },
  {
    flag: 'earlyNodes',
    from: '4.12',
    to: '5.10',
    soc: '',
    options: { beside: 'firmware { chip { compatible = "oracle,client"; }; };' },
    see: made('chip'),
    expect: [false, true, false],
  },
  {
    flag: 'earlyNodes',
    from: '5.10',
    to: '5.15',
    soc: '',
    options: reserved('nvram', 'nvmem-rmem'),
    see: made('nvram'),
    expect: [false, true, false],
  },
  {
    flag: 'earlyNodes',
    from: '5.15',
    to: '6.1',
    soc: '',
    options: { beside: 'chosen { framebuffer@48000000 { compatible = "simple-framebuffer"; }; };' },
    see: made('framebuffer'),
    expect: [false, true, false],
  },
  {
    // The IOMMU never comes: while it is waited for, both drivers that fit the master are tried, or the first alone.
    flag: 'failedConfigure',
    from: '5.10',
    to: '5.15',
    soc: iommu('', 'oracle,no-driver') + master(0, '', 'oracle,client-subsys", "oracle,client'),
    see: (_, result) =>
      result.outcome.machine.core.log
        .filter((e) => e.event === 'attempt' && e.phase === 'deferred' && e.device?.name === 'a100000.client')
        .slice(0, 2)
        .map((e) => e.detail.driver),
    expect: [
      ['oracle-client-subsys', 'oracle-client'],
      ['oracle-client-subsys', 'oracle-client-subsys'],
      ['oracle-client-subsys', 'oracle-client'],
    ],
  },
  {
    flag: 'ambaWithoutId',
    from: '3.19',
    to: '4.12',
    soc: amba,
    options: lateClock,
    see: (report, result) => adding(report, result)?.time ?? null,
    expect: [null, 5000, null],
  },
  {
    flag: 'ambaWithoutId',
    from: '4.12',
    to: '5.10',
    soc: amba,
    options: lateClock,
    see: (report, result) => adding(report, result)?.time ?? null,
    expect: [5000, 0, 5000],
  },
  {
    flag: 'ambaWithoutId',
    from: '5.10',
    to: '6.1',
    soc: amba,
    options: lateClock,
    see: (report, result) => adding(report, result)?.phase,
    expect: ['late', 'arch_sync', 'late'],
  },
  {
    flag: 'probeFailedText',
    from: '6.6',
    to: '6.12',
    soc: client(0, 'oracle,fail = <5>;'),
    see: (report) => [says(/failed with error/)(report), loud(/failed with error/)(report)],
    expect: [
      ['oracle-client: probe of a100000.client failed with error -5', 'warn'],
      ['probe with driver oracle-client failed with error -5', 'err'],
      ['oracle-client: probe of a100000.client failed with error -5', 'warn'],
    ],
  },
  {
    flag: 'populateLevel',
    from: '3.19',
    to: '4.12',
    soc: client(0, ''),
    options: arm,
    see: (report) => report.timeline.find((t) => t.event === 'add-device' && t.device?.includes('client'))?.phase,
    expect: ['arch', 'arch_sync', 'arch'],
  },
  {
    flag: 'deferredProbeTimeout',
    from: '4.12',
    to: '5.15',
    soc: iommu('', 'oracle,no-driver') + master(0),
    options: wait,
    see: (report) => [status(0)(report), says(/ignoring dependency/)(report)],
    expect: [
      ['bound', null],
      ['bound', 'deferred probe timeout, ignoring dependency'],
      ['deferred', null],
    ],
  },
  {
    flag: 'deferredProbeTimeout',
    from: '5.15',
    to: '6.6',
    soc: iommu('', 'oracle,no-driver') + master(0),
    options: wait,
    see: boundIn(0),
    expect: ['deferred', 'timeout', 'deferred'],
  },
  {
    flag: 'deferredProbeInitcall',
    from: '4.12',
    to: '5.15',
    soc: iommu('', 'oracle,no-driver') + master(0),
    options: wait,
    see: (report) => [status(0)(report), says(/ignoring dependency/)(report)],
    expect: [
      ['bound', null],
      ['bound', 'deferred probe timeout, ignoring dependency'],
      ['deferred', null],
    ],
  },
  {
    // 9 s after the boot a driver registers: the 10 s start again, and 12 s after the boot they have not passed.
    flag: 'timeoutExtended',
    from: '5.15',
    to: '6.6',
    soc: client(0, 'oracle,fail = <517>;'),
    options: {
      cmdline: 'deferred_probe_timeout=10',
      scenario: {
        events: [
          { event: 'wait', ms: 9_000 },
          { event: 'load', driver: 'late-module' },
          { event: 'wait', ms: 3_000 },
        ],
      },
      modules: ['late-module'],
    },
    see: (report) => report.timeline.some((t) => t.event === 'timeout'),
    expect: [true, false, true],
  },
  {
    flag: 'pendingMessage',
    from: '4.12',
    to: '5.15',
    soc: client(0, 'oracle,fail = <517>;'),
    options: { ...wait, cmdline: 'deferred_probe_timeout=5' },
    see: (report) => [says(/probe pending/)(report), loud(/probe pending/)(report)],
    expect: [
      [null, null],
      ['deferred probe pending', 'info'],
      [null, null],
    ],
  },
  {
    flag: 'pendingMessage',
    from: '6.6',
    to: '6.12',
    soc: client(0, 'oracle,fail = <517>;'),
    options: wait,
    see: (report) => [says(/probe pending/)(report), loud(/probe pending/)(report)],
    expect: [
      ['deferred probe pending', 'info'],
      ['deferred probe pending: oracle-client: oracle scripted failure', 'warn'],
      ['deferred probe pending', 'info'],
    ],
  },
  {
    flag: 'supplierReason',
    from: '4.12',
    to: '5.15',
    soc: supplier() + client(0, 'clocks = <&s>;'),
    see: (report) => report.deferred.map((d) => d.reason),
    expect: [[], ['platform: supplier a200000.supplier not ready'], ['']],
  },
  {
    flag: 'retryMoves',
    from: '4.12',
    to: '5.15',
    soc: `mfd@a100000 { compatible = "oracle,client", "simple-mfd"; reg = <0 0xa100000 0 0x1000>; #address-cells = <2>; #size-cells = <2>; ranges;
      oracle,fail = <517>; oracle,fail-count = <1>; ${client(1, '')} };`,
    see: (report) => report.power.resume.filter((path) => path.includes('mfd@')),
    expect: [
      ['/soc/mfd@a100000/client@a101000', '/soc/mfd@a100000'],
      ['/soc/mfd@a100000', '/soc/mfd@a100000/client@a101000'],
      ['/soc/mfd@a100000/client@a101000', '/soc/mfd@a100000'],
    ],
  },
  {
    flag: 'freezeNeedsOps',
    from: '3.19',
    to: '4.12',
    soc: client(0, ''),
    options: { arm: true, scenario: { events: [{ event: 'suspend', state: 'freeze' }, { event: 'resume' }] } },
    see: panics,
    expect: ['platform_suspend_begin', null, 'platform_suspend_begin'],
  },
  {
    flag: 'removalReleasesResources',
    from: '3.19',
    to: '4.12',
    soc: populated(client(0, '')),
    options: depopulation,
    see: panics,
    expect: ['release_resource', null, 'release_resource'],
  },
  {
    flag: 'leavesGroup',
    from: '3.19',
    to: '4.12',
    soc: iommu() + populated('client { compatible = "oracle,client"; iommus = <&oi 1>; };'),
    options: depopulation,
    see: order('soc:bus:client', 'remove', 'group-remove'),
    expect: [
      ['group-remove', 'remove'],
      ['remove', 'group-remove'],
      ['group-remove', 'remove'],
    ],
  },
  {
    flag: 'earlyProvidersAreDevices',
    from: '3.19',
    to: '4.12',
    soc: client(0, ''),
    options: arm,
    see: (report) => report.devices.some((d) => d.name === '9000000.intc'),
    expect: [true, false, true],
  },
];
