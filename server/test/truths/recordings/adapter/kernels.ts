/**
 * The kernels that were recorded: configuration, drivers, their order, and the devices they make by themselves.
 * From the READMEs of the recordings and the initcall lines of their boot logs. `oracle` drivers are the rig's.
 */
import type { DriverModel, EarlyProvider, InitcallLevel } from '../../../../src/simulator/kernel/drivers';
import { plainBehaviour } from '../../../../src/simulator/probe/behaviours';
import type { CreatedDevice, DriverBehaviour, KernelDevice, ScenarioDriver } from '../../../../src/simulator/scenario';
import type { RecordingFile } from '../recording';

export type Build = 'arm64' | 'smmu2' | 'soc' | 'arm32' | 'arm32-nouse';

export function buildOf(set: string, file: RecordingFile): Build {
  const build = file.kernel_build ?? '';
  if (/arm32/.test(set) || file.name.startsWith('arm32-')) return build.startsWith('nouse') ? 'arm32-nouse' : 'arm32';
  if (build.startsWith('soc')) return 'soc';
  return build === '' ? 'arm64' : 'smmu2';
}

/** drivers/base as it is linked in these kernels: after the vendor drivers, before the rig's. */
export const baseOrders = { core: 500, dd: 501 };

const isArm = (build: Build): boolean => build.startsWith('arm32');

export function configOf(build: Build, file: RecordingFile): Map<string, string | null> {
  const config = new Map<string, string | null>([
    ['CONFIG_MODULES', file.config_modules === 'y' ? 'y' : null],
    ['CONFIG_PCI', 'y'],
    ['CONFIG_PM_SLEEP', 'y'],
    ['CONFIG_HZ', '250'],
    ['CONFIG_ARM_AMBA', 'y'],
    ['CONFIG_SMP', 'y'],
  ]);
  if (isArm(build)) {
    config.set('CONFIG_ARM', 'y');
    const align = /^align(\d+)/.exec(file.kernel_build ?? '');
    if (build !== 'arm32-nouse') {
      config.set('CONFIG_ARM_DMA_USE_IOMMU', 'y');
      config.set('CONFIG_ARM_DMA_IOMMU_ALIGNMENT', align?.[1] ?? '8');
      config.set('CONFIG_ARM_SMMU', 'y');
      config.set('CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT', 'y');
    }
    if ((file.kernel_build ?? '').startsWith('lpae')) config.set('CONFIG_ARM_LPAE', 'y');
    for (const symbol of ['TEGRA_MC', 'TEGRA_IOMMU_SMMU', 'PINCTRL', 'INTERCONNECT'])
      config.set(`CONFIG_${symbol}`, 'y');
  } else {
    config.set('CONFIG_ARM64', 'y');
    config.set('CONFIG_ARM64_4K_PAGES', 'y');
    config.set('CONFIG_IOMMU_DMA', 'y');
    config.set('CONFIG_IOMMU_DEFAULT_DMA_STRICT', 'y');
    config.set('CONFIG_ARM_SMMU_V3', 'y');
    config.set('CONFIG_ARM_SMMU', 'y');
    if (build !== 'arm64') {
      config.set('CONFIG_VIRTIO_IOMMU', 'y');
      config.set('CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT', 'y');
    }
    if (build === 'soc')
      for (const symbol of [
        'TEGRA_MC',
        'TEGRA_IOMMU_SMMU',
        'PINCTRL',
        'INTERCONNECT',
        'ARM_SMMU_QCOM',
        'QCOM_SCM',
        'PM_GENERIC_DOMAINS',
        'MAILBOX',
        'ARCH_TEGRA',
        'ARCH_QCOM',
      ])
        config.set(`CONFIG_${symbol}`, 'y');
  }
  return config;
}

export const early: readonly EarlyProvider[] = [
  ...['arm,gic-v3', 'arm,cortex-a15-gic'].map(
    (compatible): EarlyProvider => ({
      kind: 'irqchip',
      compatible,
      populated: true,
      initialized: true,
      config: null,
      place: null,
    }),
  ),
  ...['fixed-clock', 'fixed-factor-clock'].map(
    (compatible): EarlyProvider => ({
      kind: 'clk',
      compatible,
      populated: true,
      initialized: true,
      config: null,
      place: null,
    }),
  ),
];

interface DriverSpec {
  readonly name: string;
  readonly compatibles?: readonly string[];
  readonly bus?: string;
  readonly level: InitcallLevel;
  readonly order: number;
  readonly managesDma?: boolean;
  readonly provider?: string;
  readonly populates?: 'platform' | 'platform-buses';
  readonly noUnbind?: boolean;
  readonly asynchronous?: boolean;
  readonly behaviour?: Partial<DriverBehaviour>;
  readonly amba?: DriverModel['amba'];
}

function driver(spec: DriverSpec): ScenarioDriver {
  const model: DriverModel = {
    name: spec.name,
    bus: spec.bus ?? 'platform',
    of: (spec.compatibles ?? []).map((compatible) => ({ compatible, type: null, name: null, place: null })),
    ids: [],
    amba: spec.amba ?? [],
    level: spec.level,
    order: spec.order,
    module: false,
    config: null,
    managesDma: spec.managesDma ?? false,
    usesIommuApi: false,
    iommuProvider: spec.provider !== undefined,
    probeOnce: false,
    asynchronous: spec.asynchronous ?? false,
    noUnbind: spec.noUnbind ?? false,
    populates: spec.populates === undefined ? [] : [{ bus: spec.populates, compatibles: [], below: null }],
    place: null,
  };
  return { model, behaviour: { ...plainBehaviour, provider: spec.provider ?? null, ...spec.behaviour } };
}

const child = (
  name: string,
  bus: string | null,
  driverName: string | null,
  parent: number | null = null,
): CreatedDevice => ({
  name,
  bus,
  parent,
  driver: driverName,
});

/** The services that pcieport makes of a root or downstream port: PME, hotplug and so on; only PME has a driver. */
const portServices = [
  child('{name}:pcie001', 'pci_express', 'pcie_pme'),
  child('{name}:pcie004', 'pci_express', null),
  child('{name}:pcie010', 'pci_express', null),
];

const smmuV2Compatibles = [
  'arm,smmu-v1',
  'arm,smmu-v2',
  'arm,mmu-400',
  'arm,mmu-401',
  'arm,mmu-500',
  'cavium,smmu-v2',
  'nvidia,smmu-500',
  'qcom,smmu-v2',
];
const tegraCompatibles = [
  'nvidia,tegra20-mc-gart',
  'nvidia,tegra30-mc',
  'nvidia,tegra114-mc',
  'nvidia,tegra124-mc',
  'nvidia,tegra132-mc',
  'nvidia,tegra210-mc',
  'nvidia,tegra186-mc',
  'nvidia,tegra194-mc',
  'nvidia,tegra234-mc',
];

/** Drivers of the kernel itself. Orders are positions in the link order of these builds. */
function kernelDrivers(build: Build): ScenarioDriver[] {
  const found = [
    driver({
      name: 'reg-dummy',
      level: 'core',
      order: 10,
      behaviour: { creates: [child('regulator.{n}', null, null)] },
    }),
    driver({ name: 'ctrl', bus: 'serial-base', level: 'arch', order: 10 }),
    driver({ name: 'port', bus: 'serial-base', level: 'arch', order: 11 }),
    driver({
      name: 'uart-pl011',
      bus: 'amba',
      level: 'arch',
      order: 20,
      amba: [{ id: 0x00041011, mask: 0x000fffff }],
      behaviour: {
        creates: [
          child('{name}:0', 'serial-base', 'ctrl'),
          child('{name}:0.0', 'serial-base', 'port', 0),
          child('ttyAMA{n}', null, null, 1),
        ],
      },
    }),
    driver({
      name: 'reg-fixed-voltage',
      compatibles: ['regulator-fixed', 'regulator-fixed-clock', 'regulator-fixed-domain'],
      level: 'subsys',
      order: 10,
      asynchronous: true,
      behaviour: { creates: [child('regulator.{n}', null, null)] },
    }),
    driver({
      name: 'simple-pm-bus',
      compatibles: ['simple-pm-bus', 'simple-bus', 'simple-mfd', 'isa', 'arm,amba-bus'],
      level: 'device',
      order: 10,
      behaviour: { onlyFirstCompatible: true },
    }),
    driver({
      name: 'pl061_gpio',
      bus: 'amba',
      level: 'device',
      order: 20,
      amba: [{ id: 0x00041061, mask: 0x000fffff }],
      behaviour: { creates: [child('gpiochip{n}', 'gpio', null)] },
    }),
    driver({ name: 'gpio_stub_drv', bus: 'gpio', level: 'core', order: 5 }),
    driver({ name: 'pcie_pme', bus: 'pci_express', level: 'device', order: 29 }),
    driver({
      name: 'pcieport',
      bus: 'pci',
      level: 'device',
      order: 30,
      managesDma: true,
      behaviour: { creates: portServices },
    }),
    driver({
      name: 'pci-host-generic',
      compatibles: ['pci-host-ecam-generic', 'pci-host-cam-generic'],
      level: 'device',
      order: 40,
    }),
    driver({
      name: 'virtio-pci',
      bus: 'pci',
      level: 'device',
      order: 50,
      behaviour: { creates: [child('virtio{n}', 'virtio', '{virtio}')] },
    }),
    driver({ name: 'virtio_rng', bus: 'virtio', level: 'device', order: 60 }),
  ];
  const arm = isArm(build);
  if (arm ? build !== 'arm32-nouse' : true)
    found.push(
      driver({
        name: 'arm-smmu',
        compatibles: smmuV2Compatibles,
        level: 'device',
        order: 70,
        provider: 'arm-smmu',
        noUnbind: true,
      }),
    );
  if (!arm)
    found.push(
      driver({
        name: 'arm-smmu-v3',
        compatibles: ['arm,smmu-v3'],
        level: 'device',
        order: 71,
        provider: 'arm-smmu-v3',
        noUnbind: true,
      }),
    );
  if (build === 'smmu2' || build === 'soc')
    found.push(driver({ name: 'virtio_iommu', bus: 'virtio', level: 'device', order: 72, provider: 'virtio-iommu' }));
  if (arm || build === 'soc')
    found.push(
      driver({
        name: 'tegra-mc',
        compatibles: tegraCompatibles,
        level: 'arch',
        order: 30,
        provider: 'tegra-mc',
        noUnbind: true,
        behaviour: { preventsDeferral: true },
      }),
    );
  if (build === 'soc')
    found.push(driver({ name: 'qcom_scm', compatibles: ['qcom,scm'], level: 'subsys', order: 50, noUnbind: true }));
  return found;
}

/** The rig's drivers, in the order in which each kernel links them (the 32-bit builds run a file's initcalls backwards). */
function oracleDrivers(build: Build): ScenarioDriver[] {
  const list: DriverSpec[] = [
    { name: 'oracle-client-arch', compatibles: ['oracle,client-arch'], level: 'arch', order: 900 },
    { name: 'oracle-client-subsys', compatibles: ['oracle,client-subsys'], level: 'subsys', order: 900 },
    { name: 'oracle-supplier-subsys', compatibles: ['oracle,supplier-subsys'], level: 'subsys', order: 901 },
    {
      name: 'oracle-iommu-subsys',
      compatibles: ['oracle,iommu-subsys'],
      level: 'subsys',
      order: 902,
      provider: 'software',
    },
    { name: 'oracle-client', compatibles: ['oracle,client'], level: 'device', order: 900 },
    { name: 'oracle-client-mdma', compatibles: ['oracle,client-mdma'], level: 'device', order: 901, managesDma: true },
    { name: 'oracle-supplier', compatibles: ['oracle,supplier'], level: 'device', order: 902 },
    {
      name: 'oracle-supplier-ss',
      compatibles: ['oracle,supplier-syncstate'],
      level: 'device',
      order: 903,
      behaviour: { syncState: true },
    },
    { name: 'oracle-populate', compatibles: ['oracle,populate'], level: 'device', order: 904, populates: 'platform' },
    { name: 'oracle-iommu', compatibles: ['oracle,iommu'], level: 'device', order: 905, provider: 'software' },
    { name: 'oracle-pci', bus: 'pci', level: 'device', order: 906 },
    { name: 'oracle-edu', bus: 'pci', level: 'device', order: 907 },
    { name: 'oracle-client-late', compatibles: ['oracle,client-late'], level: 'late', order: 900 },
    { name: 'oracle-supplier-late', compatibles: ['oracle,supplier-late'], level: 'late', order: 901 },
    { name: 'oracle-iommu-late', compatibles: ['oracle,iommu-late'], level: 'late', order: 902, provider: 'software' },
  ];
  const backwards = isArm(build);
  return list.map((spec) =>
    driver({
      ...spec,
      order: backwards ? 1800 - spec.order : spec.order,
      // The rig's drivers provide nothing: a bound driver is all that there is.
      behaviour: { provides: false, ...spec.behaviour },
    }),
  );
}

export function driversOf(build: Build): ScenarioDriver[] {
  return [...kernelDrivers(build), ...oracleDrivers(build)];
}

/** Devices that the kernel makes by itself, in the order of the boot logs. */
export function kernelDevicesOf(build: Build): KernelDevice[] {
  const made: KernelDevice[] = [];
  const add = (
    name: string,
    level: InitcallLevel,
    order: number,
    bus: string | null = null,
    driverName: string | null = null,
    parent: string | null = null,
  ): void => {
    made.push({ name, bus, parent, level, order, driver: driverName });
  };
  for (const name of ['cpu', 'cpu0', 'container']) add(name, 'early', 1, null, null, null);
  add('workqueue', 'core', 1);
  add('reg-dummy', 'core', 20, 'platform', 'reg-dummy', 'platform');
  add('writeback', 'subsys', 1);
  for (const name of [
    ...(build === 'smmu2' || build === 'soc' ? ['mem'] : []),
    'null',
    'zero',
    'full',
    'random',
    'urandom',
    'kmsg',
    'tty',
    'console',
    'hw_random',
  ])
    add(name, 'fs', 1);
  for (const name of ['clocksource', 'clocksource0', 'clockevents', 'clockevent0', 'broadcast']) add(name, 'device', 1);
  // drivers/base/cacheinfo.c, after the IOMMU drivers; its devices need no power management.
  if (!isArm(build))
    for (const name of ['cache', 'index0', 'index1', 'index2'])
      made.push({ name, bus: null, parent: null, level: 'device', order: 100, driver: null, powerManaged: false });
  return made;
}
