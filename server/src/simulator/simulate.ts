/** The one door of the simulator: boots a board on paper and reports what happened. Pure: same input, same report. */
import type { DeviceTree } from '../devicetree/model';
import { compatibles } from '../devicetree/read';
import type { KernelView } from './contract/kernel-view';
import { type ConfigLookup, driversFor, driversText, type KernelCatalogue } from './kernel/catalogue';
import { chooseKernel } from './kernel/choice';
import { ConfigSymbols } from './kernel/config';
import { kernelView } from './kernel/view';
import { simulatorParts } from './parts';
import type { Device } from './probe/devices/device';
import type { Machine } from './probe/machine';
import { runSimulation } from './probe/run';
import type { SimulationReport, StrategyId } from './report';
import { buildReport } from './reporting/build';
import { type Booted, reportStrategies } from './reporting/strategies';
import { defaultScenario, type Scenario } from './scenario';

export const STRATEGIES: readonly StrategyId[] = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'];

export interface SimulateOptions {
  /** How the report names the board. */
  readonly board: string;
  /** The board's path or URI: `arch/arm/…` and `arch/riscv/…` say which architecture boots when the tree does not. */
  readonly path?: string;
  readonly scenario?: Scenario;
  /** The release of the Linux tree that the board lies in (`7.3.4`): counts when neither option nor scenario names a kernel. */
  readonly treeRelease?: string | null;
  /** The drivers of a kernel tree of one's own: its release counts as the tree's, its drivers where it is the one that boots. */
  readonly drivers?: KernelCatalogue | null;
  /** Over the scenario's: kernel model, command line, configuration (CONFIG symbol -> value, null: not set). */
  readonly kernel?: string;
  readonly cmdline?: string;
  readonly config?: ReadonlyMap<string, string | null>;
  /** Which strategies to work out; S1 to S5 cost a second boot. Default: S6 only. */
  readonly strategies?: readonly StrategyId[];
}

/** The architecture that a tree boots on: its CPUs' compatibles, else the path. */
export function architectureOf(tree: DeviceTree, path: string): KernelView['arch'] {
  const cpus = tree.root.children.get('cpus');
  for (const cpu of cpus?.children.values() ?? [])
    for (const compatible of compatibles(cpu)) {
      if (compatible === 'riscv' || compatible.startsWith('riscv,')) return 'riscv';
      if (
        /^arm,(cortex-a(5|7|8|9|12|15|17)(-|$)|arm\d|sc\d|11mp)|^qcom,(krait|scorpion)|^marvell,(pj4|sheeva|mohawk|feroceon)|^brcm,brahma-b15|^intel,xscale|^faraday,/.test(
          compatible,
        )
      )
        return 'arm';
      if (
        /^arm,(cortex-a(3[45]|5[357]|6\d|7\d)|cortex-[ax]\d{2,3}|neoverse|armv8)|^apple,|^nvidia,|^qcom,(kryo|oryon|falkor)|^cavium,|^brcm,vulcan|^fujitsu/.test(
          compatible,
        )
      )
        return 'arm64';
      if (
        /^mips,|^brcm,bmips|^ingenic,xburst|^snps,arc|^loongson,|^altr,nios2|^opencores,|^cdns,xtensa/.test(compatible)
      )
        return 'other';
    }
  if (/\/arch\/arm\//.test(path)) return 'arm';
  if (/\/arch\/riscv\//.test(path)) return 'riscv';
  return /\/arch\/(?!arm64\/)\w+\/boot\//.test(path) ? 'other' : 'arm64';
}

/** The compatibles of the first CPU. */
function cpuOf(tree: DeviceTree): readonly string[] {
  for (const cpu of tree.root.children.get('cpus')?.children.values() ?? [])
    if (cpu.properties.has('compatible')) return compatibles(cpu);
  return [];
}

const lookups = new WeakMap<ReadonlyMap<string, string | null>, Map<ConfigLookup | string, ConfigLookup>>();
const noOverrides: ReadonlyMap<string, string | null> = new Map();

/**
 * The configuration: the scenario's symbols over a given .config, or over the architecture's defconfig. The same
 * function for the same maps, as the driver set is made once a function.
 */
function configLookup(
  drivers: KernelCatalogue,
  arch: KernelView['arch'],
  over: ReadonlyMap<string, string | null>,
  given: ReadonlyMap<string, string | null> | undefined,
  tree: DeviceTree,
): ConfigLookup {
  const standard = drivers.defaultConfig(arch, compatibles(tree.root), arch === 'arm' ? cpuOf(tree) : []);
  if (over.size === 0 && given === undefined) return standard;
  const owner = given ?? over;
  const partialKey = given instanceof ConfigSymbols && !given.complete ? standard : null;
  const key =
    given === undefined || (partialKey !== null && over.size === 0)
      ? standard
      : `${partialKey === null ? '' : `${drivers.kernel} ${drivers.origin?.path ?? ''}`} ${[...over].join(' ')}`;
  let made = lookups.get(owner);
  if (made === undefined) {
    made = new Map();
    lookups.set(owner, made);
  }
  let lookup = made.get(key);
  if (lookup === undefined) {
    const partial = given instanceof ConfigSymbols && !given.complete;
    const base =
      given === undefined
        ? standard
        : (symbol: string) => (partial && !given.has(symbol) ? standard(symbol) : (given.get(symbol) ?? null));
    lookup = (symbol) => (over.has(symbol) ? (over.get(symbol) ?? null) : base(symbol));
    made.set(key, lookup);
  }
  return lookup;
}

/** The configuration that a tree is booted with: a symbol (`CONFIG_ARM_SMMU`) to its value, null when it is not set. */
export function configFor(
  tree: DeviceTree,
  options: Pick<SimulateOptions, 'scenario' | 'path' | 'config' | 'kernel' | 'treeRelease' | 'drivers'>,
): ConfigLookup {
  const { arch, config, kernel } = options.scenario ?? defaultScenario;
  return configLookup(
    driversFor(
      chooseKernel({ option: options.kernel, scenario: kernel, tree: releaseOfTree(options) }).model,
      options.drivers,
    ),
    arch ?? architectureOf(tree, options.path ?? ''),
    config ?? noOverrides,
    options.config,
    tree,
  );
}

/** The release of the tree whose kernel boots: of the one that was named, else of the one that the board lies in. */
export function releaseOfTree({
  drivers,
  treeRelease,
}: Pick<SimulateOptions, 'drivers' | 'treeRelease'>): string | null | undefined {
  return drivers?.origin?.named === true ? drivers.kernel : (treeRelease ?? drivers?.kernel);
}

/** Boots a tree and builds the report. Throws nothing but programming errors; a kernel panic is `complete: false`. */
export function simulate(tree: DeviceTree, options: SimulateOptions): SimulationReport {
  return simulateMachine(tree, options).report;
}

/** As `simulate`, with the machine as the scenario left it: for those who go on asking it (translate). */
export function simulateMachine(
  tree: DeviceTree,
  options: SimulateOptions,
): { readonly report: SimulationReport; readonly machine: Machine } {
  const scenario = options.scenario ?? defaultScenario;
  const arch = scenario.arch ?? architectureOf(tree, options.path ?? '');
  const config = configFor(tree, options);
  const cmdline = options.cmdline ?? scenario.cmdline;
  const chosen = chooseKernel({ option: options.kernel, scenario: scenario.kernel, tree: releaseOfTree(options) });
  const version = chosen.model;
  const drivers = driversFor(version, options.drivers);
  const catalogue = scenario.catalogue ? drivers.driverSet(config) : null;
  const boot = (line: string): Booted => {
    const parts = simulatorParts(scenario.workloads);
    const declaredIommus = drivers.declaredIommus(config);
    const kernel = kernelView({ version, arch, cmdline: line, config, ...(declaredIommus && { declaredIommus }) });
    const order = drivers.coreOrder;
    const outcome = runSimulation(
      tree,
      kernel,
      scenario,
      { ...parts, catalogue, drivers, orders: { core: order, dd: order } },
      false,
    );
    return { outcome, client: parts.client() };
  };
  const booted = boot(cmdline);
  const { outcome, client } = booted;
  const wanted = options.strategies ?? ['S6'];
  const deferred = wanted.every((id) => id === 'S6') ? booted : boot(`${cmdline} fw_devlink=off`);
  const moduleFor = (device: Device): string | null => {
    for (const { model } of scenario.drivers)
      if (model.module && model.of.some((row) => device.compatibles.some((c) => c === row.compatible)))
        return model.name;
    for (const compatible of device.compatibles)
      for (const driver of catalogue?.byCompatible(compatible) ?? []) if (driver.module) return driver.name;
    return null;
  };
  const symbolFor = (device: Device): string | null =>
    device.compatibles
      .flatMap((compatible) => drivers.driversForCompatible(compatible))
      .find((driver) => driver.config !== null)?.config ?? null;
  const report = buildReport(outcome, client, {
    board: options.board,
    chosen,
    ...(drivers.origin === null || catalogue === null ? {} : { drivers: driversText(drivers) }),
    cmdline,
    strategy: wanted.length === 1 ? (wanted[0] ?? 'S6') : 'S6',
    strategies: reportStrategies(booted, deferred, wanted),
    moduleFor,
    symbolFor,
  });
  return { report, machine: outcome.machine };
}
