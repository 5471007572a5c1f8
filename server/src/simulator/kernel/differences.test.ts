/**
 * Every change of every flag between two kernel models is shown to change a boot: the board and what differs, in the
 * older model, in the newer one, and in one of them with this flag alone taken from the other. A flag whose change no
 * row shows fails the last test. What the values should be follows from the sources named in rules.ts.
 */
import { describe, expect, it } from 'vitest';
import { type RigOptions, type RigResult, rig } from '../../../test/helpers/rig';
import type { SimulationReport } from '../report';
import type { KernelFlags } from './model';
import { KERNEL_RULES, kernelModel } from './rules';
import { KERNEL_VERSIONS, type KernelVersion } from './versions';

interface Row {
  readonly flag: keyof KernelFlags;
  readonly from: KernelVersion;
  readonly to: KernelVersion;
  readonly soc: string;
  readonly options?: RigOptions;
  readonly see: (report: SimulationReport, result: RigResult) => unknown;
  /** What is seen in `from`, in `to`, and in `to` with the flag of `from`. */
  readonly expect: readonly [from: unknown, to: unknown, alone: unknown];
  /** The third value is seen in `from` with the flag of `to`: in `to` another rule makes the flag idle. */
  readonly inFrom?: true;
}

// ---- boards ------------------------------------------------------------------------------------------------------------

const iommu = (props = '', compatible = 'oracle,iommu-subsys'): string =>
  `oi: iommu@a300000 { compatible = "${compatible}"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; ${props} };`;
const v3 = 'oi: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; };';
const v2 =
  'oi: iommu@c000000 { compatible = "arm,smmu-v2"; reg = <0 0xc000000 0 0x20000>; #global-interrupts = <1>; interrupt-parent = <&gic>; interrupts = <0 1 4>, <0 2 4>, <0 3 4>; #iommu-cells = <1>; };';
const single = (compatible: string, cells: number): string =>
  `oi: iommu@a300000 { compatible = "${compatible}"; reg = <0 0xa300000 0 0x1000>; interrupt-parent = <&gic>; interrupts = <0 1 4>; clock-names = "sysmmu"; #iommu-cells = <${cells}>; };`;
const client = (n: number, props: string, compatible = 'oracle,client'): string =>
  `c${n}: client@a10${n}000 { compatible = "${compatible}"; reg = <0 0xa10${n}000 0 0x1000>; ${props} };`;
const master = (n: number, more = '', compatible = 'oracle,client'): string =>
  client(n, `iommus = <&oi ${n + 1}>; ${more}`, compatible);
const driverless = (n: number, iommus = '<&oi 1>'): string => client(n, `iommus = ${iommus};`, 'oracle,no-driver');
const supplier = (props = '', compatible = 'oracle,no-driver'): string =>
  `s: supplier@a200000 { compatible = "${compatible}"; reg = <0 0xa200000 0 0x1000>; #clock-cells = <0>; ${props} };`;
/** The second of two entries names an IOMMU that is disabled; the first attempt fails. */
const HALF = `${iommu()} o2: iommu@a400000 { compatible = "oracle,iommu"; reg = <0 0xa400000 0 0x1000>; #iommu-cells = <1>; status = "disabled"; };
  ${client(0, 'iommus = <&oi 1>, <&o2 1>; oracle,fail = <517>; oracle,fail-count = <1>;')}`;
const windowed = (ops: string, size = '0x4000'): string =>
  `bus { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges; dma-ranges = <0 0x40000000 0 0x40000000 0 ${size}>;
    ${client(0, `iommus = <&oi 1>; oracle,ops = ${ops};`)} };`;
const tegra =
  'oi: memory-controller@70019000 { compatible = "nvidia,tegra124-mc"; reg = <0 0x70019000 0 0x1000>; interrupt-parent = <&gic>; interrupts = <0 77 4>; #iommu-cells = <1>; };';
const rockchip = single('rockchip,iommu', 0) + client(0, 'iommus = <&oi>;');
const exynos = single('samsung,exynos-sysmmu', 0) + client(0, 'iommus = <&oi>;');
/** One PCI function behind a host bridge; `rows`: of its iommu-map. */
const pci = (ops: string, rows = '0 &oi 0 0x10000', more: RigOptions = {}): RigOptions => ({
  qemu: ['-device', 'pci-testdev,addr=1.0'],
  beside: `pcie@10000000 {
    compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
    #address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>; ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;
    iommu-map = <${rows}>;
    dev@1,0 { reg = <0x800 0 0 0 0>; oracle,ops = ${ops}; };
  };`,
  ...more,
});
const FUNCTION = '0000:00:01.0';
const wait: RigOptions = { env: 'owait=12' };
const arm: RigOptions = { arm: true };
const catalogue: RigOptions = { catalogue: true };
/** An SMMU with the ID registers of a real part, where the test hardware's are plain memory. */
const realSmmu: RigOptions = { catalogue: true, scenario: { devices: [] } };

const gic =
  'gic: intc@9000000 { compatible = "arm,cortex-a15-gic"; reg = <0 0x9000000 0 0x1000>; interrupt-controller; #interrupt-cells = <3>; };';

// ---- what is looked at ---------------------------------------------------------------------------------------------------

const device = (report: SimulationReport, n: number) => report.devices.find((d) => d.name === `a10${n}000.client`);
const group = (n: number) => (report: SimulationReport) => device(report, n)?.group ?? null;
const status = (n: number) => (report: SimulationReport) => device(report, n)?.status;
const says = (text: RegExp) => (report: SimulationReport) =>
  report.messages.find((m) => text.test(m.text))?.text.replace(/^.*?: (?=deferred)/, '') ?? null;
const loud = (text: RegExp) => (report: SimulationReport) =>
  report.messages.find((m) => text.test(m.text))?.level ?? null;
const domainType = (report: SimulationReport): unknown => report.groups[0]?.type ?? null;
/** The phase in which a device is bound; null: never. */
const boundIn = (n: number) => (report: SimulationReport) =>
  report.timeline.find((t) => t.event === 'bound' && t.device === `/soc/client@a10${n}000`)?.phase ?? null;
const deferred = (n: number) => (report: SimulationReport) =>
  report.timeline.some((t) => t.event === 'defer' && t.device === `/soc/client@a10${n}000`);

/** Lengths of the runs of neighbouring pages in a list of mappings, in either direction. */
function runs(mappings: readonly string[]): number[] {
  const found: number[] = [];
  let step = 0;
  mappings.forEach((text, i) => {
    const now = Number(text.slice(4)) - Number(mappings[i - 1]?.slice(4) ?? 0);
    if (i > 0 && Math.abs(now) === 4096 && (step === 0 || step === now)) {
      found[found.length - 1] = (found.at(-1) ?? 0) + 1;
      step = now;
    } else {
      found.push(1);
      step = 0;
    }
  });
  return found;
}

const ROWS: readonly Row[] = [
  // ---- when a master is parsed and attached
  {
    flag: 'attachMoment',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'attachMoment',
    from: '6.12',
    to: '6.18',
    soc: iommu() + driverless(0),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'notifierFrom',
    from: '5.15',
    to: '6.6',
    soc: tegra + driverless(0),
    options: catalogue,
    see: group(0),
    expect: [0, null, 0],
  },
  {
    flag: 'opsScope',
    from: '6.6',
    to: '6.12',
    soc: iommu() + v3.replace('oi:', 's:'),
    see: (report) => report.devices.filter((d) => d.name.endsWith('.iommu')).map((d) => d.status),
    expect: [
      ['bound', 'failed'],
      ['bound', 'bound'],
      ['bound', 'failed'],
    ],
  },
  {
    flag: 'coreDemandsFwspec',
    from: '6.6',
    to: '6.12',
    soc: driverless(0) + tegra,
    options: catalogue,
    see: group(0),
    expect: [0, null, 0],
  },
  {
    flag: 'driversThatParse',
    from: '3.19',
    to: '4.12',
    soc: single('ti,omap4-iommu', 0) + driverless(0, '<&oi>'),
    options: catalogue,
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'driversThatParse',
    from: '4.12',
    to: '5.15',
    soc: driverless(0) + tegra,
    options: catalogue,
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'claimsDefaultDomain',
    from: '5.15',
    to: '6.6',
    soc: iommu('oracle,group-mode = <1>;') + master(0) + master(1),
    options: arm,
    see: status(1),
    expect: ['bound', 'failed', 'bound'],
  },
  {
    // A Tegra group of 6.6 has no default domain; in 6.12 it has, so that the wait shows in 6.6 only.
    flag: 'claimsDefaultDomain',
    from: '6.6',
    to: '6.12',
    soc: master(0) + tegra,
    options: catalogue,
    see: (report) => [device(report, 0)?.status, domainType(report)],
    expect: [
      ['bound', 'unknown'],
      ['bound', 'identity'],
      ['deferred', 'unknown'],
    ],
    inFrom: true,
  },

  // ---- an IOMMU that is not ready, or an entry that cannot be used
  {
    flag: 'missingIommu',
    from: '3.19',
    to: '4.12',
    soc: v3 + master(0, '', 'oracle,client-subsys'),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'missingIommu',
    from: '4.12',
    to: '5.15',
    soc: iommu('', 'oracle,iommu') + master(0, '', 'oracle,client-subsys'),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'declaredIommus',
    from: '3.19',
    to: '4.12',
    soc: v3 + master(0, '', 'oracle,client-subsys'),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    // From 5.0 on every IOMMU is waited for: the table is gone.
    flag: 'declaredIommus',
    from: '4.12',
    to: '5.15',
    soc:
      v3 +
      master(0, '', 'oracle,client-subsys') +
      iommu('', 'oracle,iommu').replace('oi:', 'o2:') +
      client(1, 'iommus = <&o2 1>;', 'oracle,client-subsys'),
    see: (report) => [0, 1].map((n) => deferred(n)(report)),
    expect: [
      [true, false],
      [true, true],
      [false, false],
    ],
    inFrom: true,
  },
  {
    flag: 'partialFwspec',
    from: '6.6',
    to: '6.12',
    soc: HALF,
    see: (report) =>
      report.messages.some((m) => m.device === '/soc/client@a100000' && m.text === 'device is behind an iommu'),
    expect: [true, false, true],
  },
  {
    flag: 'iommuMap',
    from: '3.19',
    to: '4.12',
    soc: iommu(),
    options: pci('<3 0 4096 0>'),
    see: (report) => report.groups.length,
    expect: [0, 1, 0],
  },
  {
    // The function's own ID is good, the alias of the bridge above it is none that the IOMMU takes.
    flag: 'iommuMap',
    from: '4.12',
    to: '5.15',
    soc: iommu('oracle,max-sid = <10>;'),
    options: pci('<3 0 4096 0>', '0x218 &oi 1 1>, <0x200 &oi 99 1', {
      scenario: {
        pci: [
          {
            host: '/pcie@10000000',
            devices: [
              { bdf: '00:01.0', driver: 'pcieport', kind: 'root-port', multifunction: false, acs: true, secondary: 1 },
              { bdf: '01:00.0', driver: null, kind: 'pcie-to-pci', multifunction: false, acs: false, secondary: 2 },
              { bdf: '02:03.0', driver: 'oracle-pci', kind: 'conventional', multifunction: false, acs: false },
            ],
          },
        ],
      },
    }),
    see: (report) => report.devices.find((d) => d.name === '0000:02:03.0')?.group ?? null,
    expect: [0, null, 0],
  },

  // ---- devices and deferral
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
      ['deferred probe pending: (reason unknown)', 'warn'],
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

  // ---- fw_devlink
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

  // ---- groups and default domains
  {
    flag: 'groupMessage',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0),
    see: says(/group/),
    expect: [null, 'iommu: Adding device a100000.client to group 0', null],
  },
  {
    flag: 'groupMessage',
    from: '4.12',
    to: '5.15',
    soc: iommu() + master(0),
    see: says(/group/),
    expect: [
      'iommu: Adding device a100000.client to group 0',
      'Adding to iommu group 0',
      'iommu: Adding device a100000.client to group 0',
    ],
  },
  {
    flag: 'defaultDomains',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0),
    see: domainType,
    expect: [null, 'DMA', 'unknown'],
  },
  {
    flag: 'fallbackMessage',
    from: '4.12',
    to: '5.15',
    soc: exynos,
    options: { ...catalogue, cmdline: 'iommu.passthrough=1' },
    see: says(/alling back/),
    expect: [
      'failed to allocate default IOMMU domain of type 4; falling back to IOMMU_DOMAIN_DMA',
      'iommu: Failed to allocate default IOMMU domain of type 4 for group (null) - Falling back to IOMMU_DOMAIN_DMA',
      'failed to allocate default IOMMU domain of type 4; falling back to IOMMU_DOMAIN_DMA',
    ],
  },
  {
    flag: 'warnsWithoutDomain',
    from: '3.19',
    to: '4.12',
    soc: HALF,
    see: loud(/Failed to set up IOMMU/),
    expect: [null, 'warn', null],
  },
  {
    // In 6.12 no master has an IOMMU without a domain.
    flag: 'warnsWithoutDomain',
    from: '6.6',
    to: '6.12',
    soc: HALF,
    see: loud(/Failed to set up IOMMU/),
    expect: ['warn', null, null],
    inFrom: true,
  },
  {
    flag: 'passthroughParam',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0),
    options: { cmdline: 'iommu.passthrough=1' },
    see: domainType,
    expect: [null, 'identity', 'DMA'],
  },
  {
    flag: 'strictParam',
    from: '4.12',
    to: '5.15',
    soc: iommu() + master(0),
    options: { cmdline: 'iommu.strict=0' },
    see: domainType,
    expect: ['DMA', 'DMA-FQ', 'DMA'],
  },
  {
    flag: 'driverDomainType',
    from: '4.12',
    to: '5.15',
    soc: iommu('oracle,identity;') + master(0),
    see: domainType,
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'defaultDomainOptional',
    from: '6.6',
    to: '6.12',
    soc: iommu() + master(0),
    options: arm,
    see: domainType,
    expect: ['unknown', 'identity', 'unknown'],
  },
  {
    flag: 'coreAttachChecks',
    from: '3.19',
    to: '4.12',
    soc: iommu('oracle,group-mode = <1>;') + master(0) + master(1, 'oracle,own-domain = <1>;'),
    see: (_, result) => result.api('a101000.client').slice(0, 2),
    expect: [['domain-alloc:-19'], ['domain-alloc:0', 'domain-attach:-22'], ['domain-alloc:0', 'domain-attach:0']],
  },

  // ---- the DMA API
  {
    flag: 'arm64IommuDma',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0, 'oracle,ops = <3 0 4096 0>;'),
    see: (report) => report.domains.flatMap((d) => d.regions.map((r) => r.iova)),
    expect: [[], ['0xfffff000'], []],
  },
  {
    flag: 'armWindow',
    from: '3.19',
    to: '4.12',
    soc: iommu('oracle,alloc-fail;') + master(0),
    options: arm,
    see: says(/Failed to create/),
    expect: [
      null,
      'Failed to create 4294967296-byte IOMMU mapping for device a100000.client',
      'Failed to create 4294967295-byte IOMMU mapping for device a100000.client',
    ],
  },
  {
    // One bitmap of 128 MiB is planned for a window of that size; 3.19 adds one more.
    flag: 'armExtraBitmap',
    from: '3.19',
    to: '4.12',
    soc:
      iommu() +
      windowed(
        '<3 0 0x2000000 0>, <3 1 0x2000000 0>, <3 2 0x2000000 0>, <3 3 0x2000000 0>, <3 4 0x2000000 0>',
        '0x8000000',
      ),
    options: arm,
    see: (_, result) => result.dma('a100000.client').at(-1),
    expect: ['map:0x40400000', 'map:-12', 'map:0x48000000'],
  },
  {
    // The mapping of the failed first attempt stays in 3.19.
    flag: 'armTeardownOnFailure',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0, 'oracle,fail = <5>;'),
    options: arm,
    see: (report, result) => [group(0)(report), result.view('a100000.client').mapping !== null],
    expect: [
      [null, false],
      [0, false],
      [0, true],
    ],
  },
  {
    flag: 'iovaStartsAtDmaRanges',
    from: '6.6',
    to: '6.12',
    soc: iommu() + windowed('<3 0 0x2000 0>, <3 1 0x2000 0>, <3 2 0x2000 0>'),
    see: (_, result) => result.dma('a100000.client').at(-1),
    expect: ['map:-12', 'map:0x3fffe000', 'map:-12'],
  },
  {
    flag: 'pci32First',
    from: '3.19',
    to: '4.12',
    soc: iommu(),
    options: pci('<3 0 4096 0>'),
    see: (_, result) => result.dma(FUNCTION),
    // 3.19 reads no iommu-map: a physical address.
    expect: [['map:0x40400000'], ['map:0xfffff000'], ['map:0xfffffffff000']],
  },
  {
    flag: 'pci32First',
    from: '5.15',
    to: '6.6',
    soc: iommu(),
    options: pci('<3 0 0x80000000 0>, <3 1 0x40000000 0>, <3 2 0x20000000 0>, <3 3 0x80000000 0>, <3 4 4096 0>'),
    see: (_, result) => result.dma(FUNCTION).at(-1),
    expect: ['map:0x3ffff000', 'map:0xfffefffff000', 'map:0x3ffff000'],
  },
  {
    flag: 'forcedacParam',
    from: '4.12',
    to: '5.15',
    soc: iommu(),
    options: { ...pci('<3 0 4096 0>'), cmdline: 'iommu.forcedac=1' },
    see: (_, result) => result.dma(FUNCTION),
    expect: [['map:0xfffff000'], ['map:0xfffffffff000'], ['map:0xfffff000']],
  },
  {
    // Two pages are freed, the higher one first: a magazine gives back the last, the tree the highest.
    flag: 'iovaCache',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0, 'oracle,ops = <3 0 4096 0>, <3 1 4096 0>, <4 0 0 0>, <4 1 0 0>, <3 2 4096 0>;'),
    see: (_, result) => result.dma('a100000.client').at(-1),
    expect: ['map:0x40400000', 'map:0xffffe000', 'map:0xfffff000'],
  },
  {
    flag: 'iovaCache',
    from: '5.15',
    to: '6.6',
    soc: iommu() + master(0, 'oracle,ops = <10 0 300 4096>, <11 0 300 0>, <10 300 200 4096>;'),
    // Three magazines hold what was freed, and give it back from the one filled last.
    see: (_, result) => runs(result.dma('a100000.client').slice(-200)),
    expect: [
      [44, 128, 28],
      [46, 127, 27],
      [44, 128, 28],
    ],
  },
  {
    flag: 'iovaCache',
    from: '6.6',
    to: '6.12',
    soc: iommu() + master(0, 'oracle,ops = <10 0 6000 4096>, <11 0 6000 0>, <10 0 6000 4096>;'),
    see: (_, result) => runs(result.dma('a100000.client').slice(-6000)).at(-1),
    expect: [1778, 5842, 1778],
  },

  // ---- IOMMU drivers
  {
    flag: 'smmuV3Alias',
    from: '4.12',
    to: '5.15',
    soc: v3 + client(0, 'iommus = <&oi 5>;') + client(1, 'iommus = <&oi 5>;'),
    see: (report) => [group(1)(report), says(/already in tree|Aliasing/)(report)],
    expect: [
      [1, null],
      [null, 'stream 5 already in tree'],
      [1, null],
    ],
  },
  {
    flag: 'smmuV3Alias',
    from: '6.6',
    to: '6.12',
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
      [0, 1],
    ],
  },
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
];

// ---- the proof -----------------------------------------------------------------------------------------------------------

function seen(row: Row, version: KernelVersion, flags: Partial<KernelFlags> = {}): unknown {
  const result = rig(`${gic}${row.soc}`, { ...row.options, kernel: version, flags });
  return row.see(result.report, result);
}

const flagOf = (row: Row, version: KernelVersion): Partial<KernelFlags> => ({
  [row.flag]: kernelModel(version)[row.flag],
});

describe.each(ROWS.map((row) => [`${row.flag}, ${row.from} and ${row.to}`, row] as const))('%s', (_, row) => {
  const [from, to, alone] = row.expect;
  it('changes the boot', () => {
    expect([seen(row, row.from), seen(row, row.to)]).toEqual([from, to]);
  });
  it('does so alone', () => {
    const [base, other] = row.inFrom === true ? [row.from, row.to] : [row.to, row.from];
    expect(alone).not.toEqual(row.inFrom === true ? from : to);
    expect(seen(row, base, flagOf(row, other))).toEqual(alone);
  });
});

it('every change of every flag has its row', () => {
  const missing: string[] = [];
  for (const flag of Object.keys(KERNEL_RULES) as (keyof KernelFlags)[])
    KERNEL_VERSIONS.forEach((version, at) => {
      if (at === 0 || !Object.hasOwn(KERNEL_RULES[flag].since, version)) return;
      const before = KERNEL_VERSIONS.slice(0, at);
      const after = KERNEL_VERSIONS.slice(at);
      const shown = ROWS.some((row) => row.flag === flag && before.includes(row.from) && after.includes(row.to));
      if (!shown) missing.push(`${flag} ${version}`);
    });
  expect(missing).toEqual([]);
});
