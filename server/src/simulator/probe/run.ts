/** One simulation from tree and scenario to what happened. The parts behind the contract are given, not chosen, here. */

import type { DeviceTree, DtNode } from '../../devicetree/model';
import type { ClientWork, IommuSubsystem } from '../contract/dma-core';
import type { ProbeProvider } from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import { KernelPanic } from '../contract/panic';
import { addedDrivers } from '../kernel/added-drivers';
import { catalogueFor, type KernelCatalogue } from '../kernel/catalogue';
import type { PciIdentity } from '../kernel/catalogue/pci-ids';
import { type DriverModel, type DriverSet, type EarlyProvider, INITCALL_LEVELS, plainDriver } from '../kernel/drivers';
import type { Scenario, ScenarioDriver } from '../scenario';
import { behaviourOf, plainBehaviour } from './behaviours';
import { Boot, type CoreOrders } from './boot';
import { identityOfNode } from './devices/pci';
import { GPIO_STUB } from './devices/population';
import { type EventResults, EventRunner } from './events';
import { Machine } from './machine';

export interface SimulationParts {
  /** Makes the IOMMU core and its clients for a machine. */
  readonly connect: (machine: Machine) => { readonly iommu: IommuSubsystem; readonly work: ClientWork | null };
  /** The hardware models, by the kind of IOMMU that a driver registers (DriverBehaviour.provider). */
  readonly providers: (kind: string) => ProbeProvider;
  /** Null: only the scenario's drivers exist. */
  readonly catalogue: DriverSet | null;
  /** What that set was made of; absent: the catalogue of the kernel's own version. */
  readonly drivers?: KernelCatalogue;
  readonly orders: CoreOrders;
}

export interface Outcome {
  readonly machine: Machine;
  readonly events: EventResults;
  /** False when the kernel stopped; then `reason` says why. */
  readonly complete: boolean;
  readonly reason: string | null;
}

/** What a scenario without events waits for: past the deferred-probe timeout, however often drivers extended it. */
const SETTLE_MS = 60_000;

/** Runs one boot and the scenario's events. Deterministic: same input, same facts in the same order. */
export function runSimulation(
  tree: DeviceTree,
  kernel: KernelView,
  scenario: Scenario,
  parts: SimulationParts,
  observing: boolean,
): Outcome {
  const machine = new Machine(tree, kernel, scenario, observing);
  const { iommu, work } = parts.connect(machine);
  machine.iommu = iommu;
  machine.work = work;
  machine.providerModels = parts.providers;
  const drivers = driversOf(machine, scenario, parts.catalogue, parts.drivers);
  const boot = new Boot(machine, drivers, earlyOf(scenario, parts.catalogue), parts.orders);
  const events = new EventRunner(
    machine,
    boot,
    drivers.filter((d) => d.model.module),
  );
  let reason: string | null = null;
  try {
    boot.run();
    events.run(
      scenario.events.length > 0 ? scenario.events : [{ event: 'coldplug' }, { event: 'wait', ms: SETTLE_MS }],
    );
  } catch (error) {
    if (!(error instanceof KernelPanic)) throw error;
    reason = error.message;
    machine.core.message('err', null, error.message);
  }
  return { machine, events, complete: reason === null, reason };
}

/** The scenario's drivers and those of the catalogue that some node could use, in registration order. */
function driversOf(
  { tree, kernel, core }: Machine,
  scenario: Scenario,
  catalogue: DriverSet | null,
  given: KernelCatalogue | undefined,
): ScenarioDriver[] {
  if (catalogue === null || !scenario.catalogue) return [...scenario.drivers];
  const source = given ?? catalogueFor(kernel.version);
  const replaced = new Set(scenario.drivers.map((d) => `${d.model.bus}\0${d.model.name}`));
  const compatibles = new Set<string>();
  const identities = scenario.pci.flatMap((host) => host.devices.flatMap((d) => d.match ?? []));
  const { nodes } = tree;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as DtNode;
    const texts = core.compatibles(node);
    for (let k = 0; k < texts.length; k++) compatibles.add(texts[k] as string);
    const { match } = identityOfNode(node);
    if (match !== undefined) identities.push(match);
  }
  const own = catalogueDrivers(catalogue, scenario, replaced, [...compatibles], identities).map((model) =>
    source.origin === null ? inKernel(standardDriver(model), kernel) : standardDriver(model),
  );
  // what a tree of one's own says is so: nothing is added to it, and nothing moved
  const additions = source.origin === null ? kernel.model.driversAdded : [];
  const added = addedDrivers(additions, source, (symbol) => kernel.config(symbol))
    .filter((model) => !replaced.has(`${model.bus}\0${model.name}`))
    .map((model) => ({ model, behaviour: behaviourOf(model) }));
  return [gpioStub, ...own, ...added, ...scenario.drivers];
}

interface Chosen {
  readonly scenario: Scenario;
  readonly compatibles: readonly string[];
  readonly identities: readonly PciIdentity[];
  readonly drivers: readonly DriverModel[];
}

/** Buses whose devices are found by numbers, or come while the kernel runs: any tree may bring one. */
const SUCH_BUSES = ['amba', 'scmi_protocol', 'virtio'] as const;

const LEVEL_RANKS = new Map(INITCALL_LEVELS.map((level, i) => [level, i]));

/** The order in which drivers register: by level, then link order. */
function inOrder(a: DriverModel, b: DriverModel): number {
  return (LEVEL_RANKS.get(a.level) ?? 0) - (LEVEL_RANKS.get(b.level) ?? 0) || a.order - b.order;
}

/** What was chosen last of a set: an edit seldom brings a device that was not there. */
const chosen = new WeakMap<DriverSet, Chosen>();

/** The drivers of a set that some device of a tree with these compatibles and PCI functions could use, in the set's order. */
function catalogueDrivers(
  catalogue: DriverSet,
  scenario: Scenario,
  replaced: ReadonlySet<string>,
  compatibles: readonly string[],
  identities: readonly PciIdentity[],
): readonly DriverModel[] {
  const last = chosen.get(catalogue);
  if (
    last?.scenario === scenario &&
    sameItems(last.compatibles, compatibles, (a, b) => a === b) &&
    sameItems(last.identities, identities, sameIdentity)
  )
    return last.drivers;
  const used = new Set<DriverModel>(catalogue.byTypeOrName);
  for (const compatible of compatibles)
    if (compatible !== '') for (const driver of catalogue.fitting(compatible)) used.add(driver);
  const cells = new Set<string>();
  // The devices of a multi-function device's cells match by the cell's name too.
  for (const driver of used)
    for (const { bus, names } of driver.populates)
      for (const name of bus === 'mfd' ? (names ?? []) : []) {
        if (cells.has(name) || name === '') continue;
        cells.add(name);
        for (const found of catalogue.byId('platform', name)) used.add(found);
        const named = catalogue.byName('platform', name);
        if (named !== null) used.add(named);
      }
  // PCI functions come from the scenario with the name of their driver, or with IDs, or from the tree.
  const functions = scenario.pci.flatMap((host) => [...host.devices.map((d) => d.driver ?? ''), ...(host.added ?? [])]);
  for (const name of ['pcieport', ...functions]) {
    const driver = catalogue.byName('pci', name);
    if (driver !== null) used.add(driver);
  }
  for (const identity of identities) for (const driver of catalogue.byPci(identity)) used.add(driver);
  for (const bus of SUCH_BUSES) for (const driver of catalogue.onBus(bus)) used.add(driver);
  // some hundred of a set's ten thousand: sorted they are there sooner than all are looked through
  const drivers = [...used].filter((d) => !replaced.has(`${d.bus}\0${d.name}`)).sort(inOrder);
  chosen.set(catalogue, { scenario, compatibles, identities, drivers });
  return drivers;
}

function sameItems<T>(a: readonly T[], b: readonly T[], same: (a: T, b: T) => boolean): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!same(a[i] as T, b[i] as T)) return false;
  return true;
}

const sameIdentity = (a: PciIdentity, b: PciIdentity): boolean =>
  a.vendor === b.vendor &&
  a.device === b.device &&
  a.subvendor === b.subvendor &&
  a.subdevice === b.subdevice &&
  a.class === b.class;

const standardDrivers = new WeakMap<DriverModel, ScenarioDriver>();

/** A driver of the catalogue with its behaviour; the same object for the same model. */
function standardDriver(model: DriverModel): ScenarioDriver {
  let driver = standardDrivers.get(model);
  if (driver === undefined) {
    driver = { model, behaviour: behaviourOf(model) };
    standardDrivers.set(model, driver);
  }
  return driver;
}

/** The driver as this kernel registers it: at another level than the catalogue's, or for fewer devices, where a rule says so. */
function inKernel(driver: ScenarioDriver, kernel: KernelView): ScenarioDriver {
  const { driverLevels, plainBusesBind } = kernel.model;
  const level = driverLevels[driver.model.name];
  const changes: PropertyDescriptorMap = {};
  if (level !== undefined) changes.level = { value: level, enumerable: true };
  if (!plainBusesBind && driver.model.name === 'simple-pm-bus') {
    const of = driver.model.of.filter((row) => row.compatible === 'simple-pm-bus');
    changes.of = { value: of, enumerable: true };
  }
  if (Object.keys(changes).length === 0) return driver;
  const model: DriverModel = Object.create(driver.model, changes);
  return { model, behaviour: driver.behaviour };
}

/** gpiolib_dev_init() registers its driver at core level (drivers/gpio/gpiolib.c). */
const gpioStub: ScenarioDriver = {
  model: { ...plainDriver, name: GPIO_STUB, bus: 'gpio', level: 'core', config: 'CONFIG_GPIOLIB' },
  behaviour: plainBehaviour,
};

function earlyOf(scenario: Scenario, catalogue: DriverSet | null): (compatible: string) => readonly EarlyProvider[] {
  const own = new Map<string, EarlyProvider[]>();
  for (const provider of scenario.early) own.set(provider.compatible, [provider]);
  return (compatible) => own.get(compatible) ?? (scenario.catalogue ? (catalogue?.early(compatible) ?? []) : []);
}
