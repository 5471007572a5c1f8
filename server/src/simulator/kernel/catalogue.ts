/** The built-in driver catalogue: read at first use, and cut to what one configuration builds. */

import text from './catalogue/drivers.json?raw';
import type { CatalogueData, DriverRow } from './catalogue-data';
import { DRIVER_FLAGS, EARLY_KINDS, GETS_SHIFT } from './catalogue-data';
import {
  type DriverModel,
  type DriverSet,
  type EarlyProvider,
  INITCALL_LEVELS,
  type InitcallLevel,
  type KernelPlace,
  type OfMatch,
  type Population,
  RESOURCE_KINDS,
  type ResourceKind,
} from './drivers';
import type { Architecture, KernelSymbol } from './names';

/** A CONFIG symbol (with prefix) -> its value, or null when it is not set. */
export type ConfigLookup = (symbol: string) => string | null;

type Built = 'y' | 'm' | null;

/** The catalogue's tables, unpacked once. */
class Catalogue {
  readonly data: CatalogueData = JSON.parse(text);
  readonly files: readonly string[];
  readonly symbols: readonly string[];
  private readonly tristate: ReadonlySet<string>;
  private readonly gates: readonly string[];
  /** Rows by compatible, by "bus:id" and by "bus:name", in link order. */
  readonly compatibles = new Map<string, number[]>();
  readonly ids = new Map<string, number[]>();
  readonly names = new Map<string, number>();
  readonly withoutCompatible: number[] = [];
  readonly withAmba: number[] = [];
  readonly early = new Map<string, number[]>();
  /** Gates of 32-bit ARM machines, by compatible. */
  readonly machines = new Map<string, number[]>();

  constructor() {
    let folder = '';
    this.files = this.data.files.split(' ').map((name) => {
      const at = name.lastIndexOf('/') + 1;
      if (at > 0) folder = name.slice(0, at);
      return at > 0 ? name : folder + name;
    });
    const symbols = this.data.symbols.split(' ');
    this.symbols = symbols.map((s) => `CONFIG_${s.endsWith('*') ? s.slice(0, -1) : s}`);
    this.tristate = new Set(this.symbols.filter((_, i) => symbols[i]?.endsWith('*')));
    this.gates = this.data.gates.split(' ');
    this.data.drivers.forEach((row, at) => {
      const bus = this.data.buses[row[1]] ?? '';
      for (const [i, match] of (row[7] ?? []).entries()) {
        if (i % 2 === 1) continue;
        const compatible = typeof match === 'string' ? match : typeof match === 'number' ? null : match[0];
        if (compatible === null) push(this.withoutCompatible, at);
        else add(this.compatibles, compatible, at);
      }
      for (const id of row[9] ?? []) add(this.ids, `${bus}:${id}`, at);
      if ((row[10]?.length ?? 0) > 0) this.withAmba.push(at);
      if (!this.names.has(`${bus}:${row[0]}`)) this.names.set(`${bus}:${row[0]}`, at);
    });
    for (const [compatible, gate] of this.data.machines) add(this.machines, compatible, gate);
    this.data.early.forEach((row, at) => {
      add(this.early, row[1], at);
    });
  }

  place(file: number, line: number): KernelPlace | null {
    const name = this.files[file];
    return name === undefined ? null : { file: name, line };
  }

  isTristate(symbol: string): boolean {
    return this.tristate.has(symbol);
  }

  /** The symbol that stands for a gate: its first one that must be set. */
  symbolOf(gate: number): string | null {
    const first = /(?:^|&)(\d+)/.exec(this.gates[gate] ?? '')?.[1];
    return first === undefined ? null : (this.symbols[Number(first)] ?? null);
  }

  /** Whether a gate is open: y, m, or null for not built. */
  built(gate: number, config: ConfigLookup): Built {
    const text = this.gates[gate] ?? '';
    if (text === '') return 'y';
    let best: Built = null;
    for (const alternative of text.split('|')) {
      let value: Built = 'y';
      for (const term of alternative.split('&')) {
        const negated = term.startsWith('!');
        const forced = term.endsWith('^');
        const symbol = this.symbols[Number(term.slice(negated ? 1 : 0, forced ? -1 : undefined))] ?? '';
        const set = config(symbol);
        const on = set === 'y' || set === 'm';
        if (on === negated) value = null;
        else if (set === 'm' && !forced && value !== null) value = 'm';
        if (value === null) break;
      }
      if (value === 'y') return 'y';
      best ??= value;
    }
    return best;
  }
}

function add(map: Map<string, number[]>, key: string, at: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [at]);
  else push(list, at);
}

/** A driver with the same compatible twice counts once. */
function push(list: number[], at: number): void {
  if (list[list.length - 1] !== at) list.push(at);
}

let loaded: Catalogue | null = null;
const catalogue = (): Catalogue => {
  loaded ??= new Catalogue();
  return loaded;
};

/** Buses whose drivers also match a compatible without its vendor (of_alias_from_compatible). */
const aliasBuses = ['i2c', 'spi', 'mdio_bus'];

/** The bit of each flag of a driver's row. */
const flagBits = Object.fromEntries(DRIVER_FLAGS.map((name, i) => [name, 1 << i])) as Readonly<
  Record<(typeof DRIVER_FLAGS)[number], number>
>;

const resourceLists = new Map<number, readonly ResourceKind[]>();

/** What a driver's flags say it asks for; one list for equal flags. */
function resourcesOf(flags: number): readonly ResourceKind[] {
  const bits = flags >> GETS_SHIFT;
  let list = resourceLists.get(bits);
  if (list === undefined) {
    list = RESOURCE_KINDS.filter((_, i) => (bits & (1 << i)) !== 0);
    resourceLists.set(bits, list);
  }
  return list;
}

const noPopulations: readonly Population[] = [];
const noIds: readonly string[] = [];
const noAmba: DriverModel['amba'] = [];

/** A driver of the catalogue in one configuration. Tables are unpacked when somebody looks. */
class CatalogueDriver implements DriverModel {
  readonly name: string;
  readonly bus: string;
  readonly level: InitcallLevel;
  readonly ids: readonly string[];
  readonly amba: DriverModel['amba'];
  readonly populates: readonly Population[];
  readonly gets: readonly ResourceKind[];
  readonly managesDma: boolean;
  readonly usesIommuApi: boolean;
  readonly iommuProvider: boolean;
  readonly probeOnce: boolean;
  readonly asynchronous: boolean;
  readonly noUnbind: boolean;
  readonly syncState: boolean;
  readonly providesBelow: boolean;
  private ofRows: readonly OfMatch[] | null = null;

  constructor(
    private readonly source: Catalogue,
    private readonly row: DriverRow,
    readonly order: number,
    readonly module: boolean,
  ) {
    const flags = row[6];
    const has = (name: (typeof DRIVER_FLAGS)[number]): boolean => (flags & flagBits[name]) !== 0;
    this.name = row[0];
    this.bus = source.data.buses[row[1]] ?? '';
    this.level = INITCALL_LEVELS[row[2]] ?? 'device';
    this.ids = row[9] ?? noIds;
    this.amba = row[10] === undefined || row[10].length === 0 ? noAmba : row[10].map(([id, mask]) => ({ id, mask }));
    this.populates =
      row[8] === undefined || row[8].length === 0
        ? noPopulations
        : row[8].map((p) =>
            typeof p === 'string'
              ? { bus: p, compatibles: [], below: null }
              : { bus: p[0], compatibles: p[1], below: p[2], names: p[3] ?? [] },
          );
    this.gets = resourcesOf(flags);
    this.managesDma = has('managesDma');
    this.usesIommuApi = has('usesIommuApi');
    this.iommuProvider = has('iommuProvider');
    this.probeOnce = has('probeOnce');
    this.asynchronous = has('asynchronous');
    this.noUnbind = has('noUnbind');
    this.syncState = has('syncState');
    this.providesBelow = has('providesBelow');
  }

  get of(): readonly OfMatch[] {
    if (this.ofRows === null) {
      const rows: OfMatch[] = [];
      const packed = this.row[7] ?? [];
      let line = this.row[4];
      for (let i = 0; i + 1 < packed.length; i += 2) {
        const match = packed[i];
        line += packed[i + 1] as number;
        if (typeof match === 'string')
          rows.push({ compatible: match, type: null, name: null, place: this.source.place(this.row[3], line) });
        else if (typeof match === 'object')
          rows.push({ compatible: match[0], type: match[1], name: match[2], place: this.source.place(match[3], line) });
      }
      this.ofRows = rows;
    }
    return this.ofRows;
  }
  get config(): string | null {
    return this.source.symbolOf(this.row[5]);
  }
  get place(): KernelPlace | null {
    return this.source.place(this.row[3], this.row[4]);
  }
}

class CatalogueSet implements DriverSet {
  readonly drivers: readonly DriverModel[];
  private readonly byRow = new Map<number, CatalogueDriver>();
  private readonly foundByCompatible = new Map<string, readonly DriverModel[]>();
  private readonly foundFitting = new Map<string, readonly DriverModel[]>();
  private readonly foundById = new Map<string, readonly DriverModel[]>();
  private readonly foundOtherwise = new Map<string, readonly DriverModel[]>();
  private readonly earlyProviders = new Map<string, readonly EarlyProvider[]>();

  constructor(
    private readonly source: Catalogue,
    private readonly config: ConfigLookup,
  ) {
    const gates = new Map<number, Built>();
    source.data.drivers.forEach((row, at) => {
      let built = gates.get(row[5]);
      if (built === undefined) {
        built = source.built(row[5], config);
        gates.set(row[5], built);
      }
      if (built !== null) this.byRow.set(at, new CatalogueDriver(source, row, at, built === 'm'));
    });
    // Array.prototype.sort is stable: within a level the rows keep their link order.
    const rank = new Map(INITCALL_LEVELS.map((level, i) => [level, i]));
    this.drivers = [...this.byRow.values()].sort((a, b) => (rank.get(a.level) ?? 0) - (rank.get(b.level) ?? 0));
  }

  /** The rows that this configuration builds, in registration order; kept in `found` under `key`. */
  private pick(
    found: Map<string, readonly DriverModel[]>,
    key: string,
    rows: readonly number[] | undefined,
  ): readonly DriverModel[] {
    if (rows === undefined) return noDrivers;
    let list = found.get(key);
    if (list === undefined) {
      const rank = (d: DriverModel): number => INITCALL_LEVELS.indexOf(d.level);
      list = rows.flatMap((at) => this.byRow.get(at) ?? []).sort((a, b) => rank(a) - rank(b));
      found.set(key, list);
    }
    return list;
  }

  byCompatible(compatible: string): readonly DriverModel[] {
    return (
      this.foundByCompatible.get(compatible) ??
      this.pick(this.foundByCompatible, compatible, this.source.compatibles.get(compatible))
    );
  }
  fitting(compatible: string): readonly DriverModel[] {
    let list = this.foundFitting.get(compatible);
    if (list === undefined) {
      const id = compatible.slice(compatible.indexOf(',') + 1);
      const all = [this.byCompatible(compatible), ...aliasBuses.map((bus) => this.byId(bus, id))];
      list = [...new Set(all.flat())];
      if (list.length > 0) this.foundFitting.set(compatible, list);
    }
    return list;
  }
  byId(bus: string, id: string): readonly DriverModel[] {
    const key = `${bus}:${id}`;
    return this.pick(this.foundById, key, this.source.ids.get(key));
  }
  byPeriphid(periphid: number): readonly DriverModel[] {
    return this.pick(this.foundOtherwise, 'amba', this.source.withAmba).filter((d) =>
      d.amba.some((row) => (periphid & row.mask) >>> 0 === row.id),
    );
  }
  byName(bus: string, name: string): DriverModel | null {
    const at = this.source.names.get(`${bus}:${name}`);
    return at === undefined ? null : (this.byRow.get(at) ?? null);
  }
  get byTypeOrName(): readonly DriverModel[] {
    return this.pick(this.foundOtherwise, 'none', this.source.withoutCompatible);
  }
  early(compatible: string): readonly EarlyProvider[] {
    const rows = this.source.early.get(compatible);
    if (rows === undefined) return noProviders;
    let list = this.earlyProviders.get(compatible);
    if (list === undefined) {
      list = rows.flatMap((at) => {
        const row = this.source.data.early[at];
        // The tables are in the kernel image only: what a module declares is never called.
        if (row === undefined || this.source.built(row[5], this.config) !== 'y') return [];
        return {
          kind: EARLY_KINDS[row[0]] ?? 'other',
          compatible,
          populated: (row[2] & 1) !== 0,
          initialized: (row[2] & 2) !== 0,
          config: this.source.symbolOf(row[5]),
          place: this.source.place(row[3], row[4]),
        };
      });
      this.earlyProviders.set(compatible, list);
    }
    return list;
  }
}

const noDrivers: readonly DriverModel[] = [];
const noProviders: readonly EarlyProvider[] = [];

const sets = new WeakMap<ConfigLookup, DriverSet>();

/** The drivers that a configuration builds. Made once for each lookup function: keep it as long as the configuration. */
export function driverSet(config: ConfigLookup): DriverSet {
  let set = sets.get(config);
  if (set === undefined) {
    set = new CatalogueSet(catalogue(), config);
    sets.set(config, set);
  }
  return set;
}

/** The link order of the first driver whose source lies in a folder itself; after all drivers where there is none. */
export function linkOrderIn(folder: string): number {
  const { data } = catalogue();
  const first = data.drivers.findIndex((row) => {
    const file = catalogue().place(row[3], 0)?.file ?? '';
    return file.slice(0, file.lastIndexOf('/') + 1) === folder;
  });
  return first < 0 ? data.drivers.length : first;
}

/** The symbols that decide which drivers of the catalogue are built. */
export function catalogueSymbols(): readonly string[] {
  return catalogue().symbols;
}

const defaults = new Map<string, ConfigLookup>();

/** What later releases add to a default configuration, for kernel/added-drivers.ts (drivers/iommu/riscv/Kconfig: default y). */
const LATER_DEFAULTS: Readonly<Record<string, readonly KernelSymbol[]>> = {
  riscv: ['CONFIG_RISCV_IOMMU', 'CONFIG_RISCV_IOMMU_PCI'],
};

/**
 * The default configuration of an architecture (arm64 defconfig, arm multi_v7_defconfig, riscv defconfig of the
 * catalogue's release): symbols that the catalogue or the simulator mention. `root`: the compatibles of the board; a
 * machine of 32-bit ARM that multi_v7_defconfig leaves out gets the first configuration that builds it, and one that no
 * DT_MACHINE_START names the first that runs on its CPU (`cpu`: the CPU's compatibles). The same function each time.
 */
export function defaultConfig(
  arch: Architecture,
  root: readonly string[] = [],
  cpu: readonly string[] = [],
): ConfigLookup {
  return arch === 'arm' ? namedConfig(armConfigOf(root, cpu)) : namedConfig(arch);
}

/**
 * The architecture that a kernel for a 32-bit CPU must be built for (arch/arm/mm/Kconfig: what CPU_ARM926T and its like
 * select; arch/arm/Kconfig.platforms: versions 4 and 5 exclude 6 and 7). Any other CPU is version 7.
 */
const CPU_ARCHITECTURES: readonly (readonly [cpu: RegExp, symbol: string])[] = [
  [/^arm,arm(7[24]0|9[24]\d)t|^faraday,fa526$/, 'CONFIG_ARCH_MULTI_V4T'],
  [/^arm,arm(9[24]6|10[0-9]{2})|^marvell,(feroceon|mohawk)$|^intel,xscale$/, 'CONFIG_ARCH_MULTI_V5'],
];

const armConfigs = new Map<string, string>();

/** The configuration for a board: of_flat_dt_match_machine() takes the machine of its first compatible that has one. */
function armConfigOf(root: readonly string[], cpu: readonly string[]): string {
  const { machines } = catalogue();
  const compatible = root.find((c) => machines.has(c));
  const gates = compatible === undefined ? undefined : machines.get(compatible);
  if (compatible === undefined || gates === undefined) {
    const symbol = CPU_ARCHITECTURES.find(([pattern]) => cpu.some((c) => pattern.test(c)))?.[1];
    return symbol === undefined ? 'arm' : (armNames().find((n) => namedConfig(n)(symbol) === 'y') ?? 'arm');
  }
  let name = armConfigs.get(compatible);
  if (name === undefined) {
    name = armNames().find((n) => gates.some((gate) => catalogue().built(gate, namedConfig(n)) === 'y')) ?? 'arm';
    armConfigs.set(compatible, name);
  }
  return name;
}

/** The configurations of 32-bit ARM in the order in which they are tried. */
function armNames(): readonly string[] {
  return Object.keys(catalogue().data.configs).filter((n) => n === 'arm' || n.startsWith('arm/'));
}

function namedConfig(name: string): ConfigLookup {
  let lookup = defaults.get(name);
  if (lookup === undefined && name === 'other') {
    // No configuration of ours: every driver is built in.
    const every = new Set([...catalogue().symbols, 'CONFIG_MODULES']);
    lookup = (symbol) => (every.has(symbol) ? 'y' : null);
    defaults.set(name, lookup);
  }
  if (lookup === undefined) {
    const values = new Map<string, string>();
    const row = catalogue().data.configs[name];
    for (const symbol of row?.y.split(' ') ?? []) values.set(`CONFIG_${symbol}`, 'y');
    for (const symbol of row?.m.split(' ') ?? []) values.set(`CONFIG_${symbol}`, 'm');
    for (const [symbol, value] of Object.entries(row?.other ?? {})) values.set(`CONFIG_${symbol}`, value);
    for (const symbol of LATER_DEFAULTS[name] ?? []) values.set(symbol, 'y');
    lookup = (symbol) => values.get(symbol) ?? null;
    defaults.set(name, lookup);
  }
  return lookup;
}

/** All drivers of the catalogue for a compatible (or its I2C or SPI name), built or not: what a person could switch on. */
export function driversForCompatible(compatible: string): readonly {
  readonly name: string;
  readonly bus: string;
  readonly config: string | null;
  readonly tristate: boolean;
  readonly place: KernelPlace | null;
}[] {
  const source = catalogue();
  const id = compatible.slice(compatible.indexOf(',') + 1);
  const named = ['i2c', 'spi'].flatMap((bus) => source.ids.get(`${bus}:${id}`) ?? []);
  return (source.compatibles.get(compatible) ?? named).flatMap((at) => {
    const row = source.data.drivers[at];
    if (row === undefined) return [];
    const config = source.symbolOf(row[5]);
    return {
      name: row[0],
      bus: source.data.buses[row[1]] ?? '',
      config,
      tristate: config !== null && source.isTristate(config),
      place: source.place(row[3], row[4]),
    };
  });
}

/** Whether an OF declare table of the kernel names this compatible, in whatever configuration. */
export function isEarlyCompatible(compatible: string): boolean {
  return catalogue().early.has(compatible);
}

/** The place of drivers/base in the link order of the catalogue's drivers: before the driver with this `order`. */
export function coreOrder(): number {
  return catalogue().data.beforeCore - 0.5;
}

/** The release that the catalogue was made from (`6.12.117`). */
export function catalogueKernel(): string {
  return catalogue().data.kernel;
}
