/**
 * The drivers of the recorded kernels and their order, from the initcall lines of the boot logs. `oracle` drivers are the
 * rig's.
 */
import type { DriverModel, InitcallLevel } from '../../../../src/simulator/kernel/drivers';
import { plainBehaviour } from '../../../../src/simulator/probe/behaviours';
import type { CreatedDevice, DriverBehaviour, ScenarioDriver } from '../../../../src/simulator/scenario';
import type { RecordingFile } from '../recording';
import { type Build, hasFaux, hasSerialBase, isArm, isFirst } from './kernels';

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

/** Bandwidth notification has a driver of its own from 6.13 on (drivers/pci/pcie/bwctrl.c). */
const hasBandwidthControl = (release: number): boolean => release >= 6013;

/** The services that pcieport makes of a root or downstream port: PME, hotplug and so on. */
const portServices = (release: number): CreatedDevice[] => [
  child('{name}:pcie001', 'pci_express', 'pcie_pme'),
  child('{name}:pcie004', 'pci_express', null),
  child('{name}:pcie010', 'pci_express', hasBandwidthControl(release) ? 'pcie_bwctrl' : null),
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
function kernelDrivers(build: Build, release: number): ScenarioDriver[] {
  const serialBase = hasSerialBase(release);
  const uart: CreatedDevice[] = [
    // drivers/tty/tty_io.c: a workqueue that sysfs shows.
    ...(release >= 7000 ? [child('ttyAMA-ttyAMA', null, null)] : []),
    ...(serialBase ? [child('{name}:0', 'serial-base', 'ctrl')] : []),
  ];
  if (serialBase) uart.push(child('{name}:0.0', 'serial-base', 'port', uart.length - 1));
  uart.push(child('ttyAMA{n}', null, null, serialBase ? uart.length - 1 : null));
  const found = [
    driver({
      ...(hasFaux(release) ? { name: 'faux_driver', bus: 'faux' } : { name: 'reg-dummy' }),
      level: 'core',
      order: 10,
      behaviour: { creates: [child('regulator.{n}', null, null)] },
    }),
    ...(serialBase
      ? [
          driver({ name: 'ctrl', bus: 'serial-base', level: 'arch', order: 10 }),
          driver({ name: 'port', bus: 'serial-base', level: 'arch', order: 11 }),
        ]
      : []),
    driver({
      name: 'uart-pl011',
      bus: 'amba',
      level: 'arch',
      order: 20,
      amba: [{ id: 0x00041011, mask: 0x000fffff }],
      behaviour: { creates: uart },
    }),
    driver({
      name: 'reg-fixed-voltage',
      compatibles: ['regulator-fixed', 'regulator-fixed-clock', 'regulator-fixed-domain'],
      level: 'subsys',
      order: 10,
      // PROBE_PREFER_ASYNCHRONOUS (drivers/regulator/fixed.c): by 6.12, not in 6.1.
      asynchronous: release >= 6002,
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
    driver({ name: 'pcie_pme', bus: 'pci_express', level: 'device', order: 28 }),
    ...(hasBandwidthControl(release)
      ? [driver({ name: 'pcie_bwctrl', bus: 'pci_express', level: 'device', order: 29 })]
      : []),
    driver({
      name: 'pcieport',
      bus: 'pci',
      level: 'device',
      order: 30,
      managesDma: true,
      behaviour: { creates: portServices(release) },
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

/** The drivers of the 3.19 builds: no bus driver, no regulators, the real Tegra memory controller, the rig's. */
function firstDrivers(rockchip: boolean): ScenarioDriver[] {
  const rig: DriverSpec[] = [
    { name: 'oracle-iommu-core', compatibles: ['oracle,iommu-core'], level: 'core', order: 900, provider: 'software' },
    { name: 'oracle-iommu-arch', compatibles: ['oracle,iommu-arch'], level: 'arch', order: 900, provider: 'software' },
    { name: 'oracle-client-arch', compatibles: ['oracle,client-arch'], level: 'arch', order: 901 },
    {
      name: 'oracle-iommu-subsys',
      compatibles: ['oracle,iommu-subsys'],
      level: 'subsys',
      order: 900,
      provider: 'software',
    },
    { name: 'oracle-iommu-early', compatibles: ['oracle,iommu-early'], level: 'subsys', order: 901 },
    { name: 'oracle-supplier-subsys', compatibles: ['oracle,supplier-subsys'], level: 'subsys', order: 902 },
    { name: 'oracle-client-subsys', compatibles: ['oracle,client-subsys'], level: 'subsys', order: 903 },
    { name: 'oracle-iommu', compatibles: ['oracle,iommu'], level: 'device', order: 900, provider: 'software' },
    {
      name: 'oracle-populate',
      compatibles: ['oracle,populate'],
      level: 'device',
      order: 901,
      populates: 'platform',
      behaviour: { depopulates: true },
    },
    { name: 'oracle-supplier', compatibles: ['oracle,supplier'], level: 'device', order: 902 },
    { name: 'oracle-client', compatibles: ['oracle,client'], level: 'device', order: 903 },
    { name: 'oracle-iommu-late', compatibles: ['oracle,iommu-late'], level: 'late', order: 900, provider: 'software' },
    { name: 'oracle-supplier-late', compatibles: ['oracle,supplier-late'], level: 'late', order: 901 },
    { name: 'oracle-client-late', compatibles: ['oracle,client-late'], level: 'late', order: 902 },
  ];
  return [
    ...(rockchip
      ? [driver({ name: 'rk_iommu', level: 'subsys', order: 100, behaviour: { takesBus: 'rockchip-iommu' } })]
      : []),
    driver({ name: 'alarmtimer', level: 'device', order: 0 }),
    driver({
      name: 'uart-pl011',
      bus: 'amba',
      level: 'arch',
      order: 20,
      amba: [{ id: 0x00041011, mask: 0x000fffff }],
      behaviour: { creates: [child('ttyAMA{n}', null, null)] },
    }),
    driver({
      name: 'tegra-mc',
      compatibles: tegraCompatibles,
      level: 'arch',
      order: 30,
      provider: 'tegra-mc',
      noUnbind: true,
      behaviour: { preventsDeferral: true },
    }),
    ...rig.map((spec) => driver({ ...spec, behaviour: { provides: false, ...spec.behaviour } })),
  ];
}

export function driversOf(build: Build, release: number, file: RecordingFile): ScenarioDriver[] {
  if (isFirst(release)) return firstDrivers(file.kernel_build === 'rockchip');
  return [...kernelDrivers(build, release), ...oracleDrivers(build)];
}

/** The rig's drivers of the software IOMMU, of clients and of a bus that takes its devices down again. */
export function populating(): ScenarioDriver[] {
  return firstDrivers(false).filter(({ model }) => /^oracle-(iommu-subsys|populate|client)$/.test(model.name));
}
