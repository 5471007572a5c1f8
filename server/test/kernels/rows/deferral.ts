/** Devices and deferral. */
import { arm, boundIn, client, iommu, loud, master, says, status, supplier, wait } from '../boards';
import type { Row } from '../row';

export const DEFERRAL: readonly Row[] = [
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
];
