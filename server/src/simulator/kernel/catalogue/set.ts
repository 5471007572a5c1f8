/** The drivers of a catalogue that one configuration builds. */
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
} from '../drivers';
import { DRIVER_FLAGS, type DriverRow, EARLY_KINDS, GETS_SHIFT } from './data';
import { matchesPciRow, type PciIdentity, type PciMatch, unpackPciRows } from './pci-ids';
import type { Built, Catalogue, ConfigLookup } from './tables';

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

/** A PCI driver's table, unpacked when a function is looked at: one for each packed text. */
class PciTable {
  private static readonly known = new Map<string, PciTable>();
  private unpacked: readonly PciMatch[] | null = null;
  private constructor(private readonly text: string) {}
  static of(text: string): PciTable {
    let table = PciTable.known.get(text);
    if (table === undefined) {
      table = new PciTable(text);
      PciTable.known.set(text, table);
    }
    return table;
  }
  get rows(): readonly PciMatch[] {
    this.unpacked ??= unpackPciRows(this.text);
    return this.unpacked;
  }
}

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
  readonly pci?: { readonly rows: readonly PciMatch[] };
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
    this.bus = source.buses[row[1]] ?? '';
    this.level = INITCALL_LEVELS[row[2]] ?? 'device';
    this.ids = this.bus === 'pci' ? noIds : (row[9] ?? noIds);
    this.amba = row[10] === undefined || row[10].length === 0 ? noAmba : row[10].map(([id, mask]) => ({ id, mask }));
    this.populates =
      row[8] === undefined || row[8].length === 0
        ? noPopulations
        : row[8].map((p) =>
            typeof p === 'string'
              ? { bus: p, compatibles: [], below: null }
              : { bus: p[0], compatibles: p[1], below: p[2], names: p[3] ?? [] },
          );
    const table = this.bus === 'pci' ? row[9]?.[0] : undefined;
    if (table !== undefined) this.pci = PciTable.of(table);
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

const noDrivers: readonly DriverModel[] = [];
const noProviders: readonly EarlyProvider[] = [];
const LEVEL_RANKS = new Map(INITCALL_LEVELS.map((level, i) => [level, i]));
const rankOf = (driver: DriverModel): number => LEVEL_RANKS.get(driver.level) ?? 0;

/** Answers that are kept: an editor asks for every word that somebody types. */
const MAX_FOUND = 50_000;

export class CatalogueSet implements DriverSet {
  /** By order; null: not built. A driver is made when somebody asks for it. */
  private readonly made = new Map<number, CatalogueDriver | null>();
  private readonly gates = new Map<number, Built>();
  private readonly found = new Map<string, readonly DriverModel[]>();
  private readonly earlyProviders = new Map<string, readonly EarlyProvider[]>();

  constructor(
    private readonly source: Catalogue,
    private readonly config: ConfigLookup,
  ) {}

  private built(gate: number): Built {
    let built = this.gates.get(gate);
    if (built === undefined) {
      built = this.source.built(gate, this.config);
      this.gates.set(gate, built);
    }
    return built;
  }

  private driver(order: number): CatalogueDriver | null {
    let driver = this.made.get(order);
    if (driver === undefined) {
      const row = this.source.rows.driver(order);
      const built = row === undefined ? null : this.built(row[5]);
      driver = row === undefined || built === null ? null : new CatalogueDriver(this.source, row, order, built === 'm');
      this.made.set(order, driver);
    }
    return driver;
  }

  /** The drivers of some orders that this configuration builds, in registration order; kept under `key`. */
  private pick(key: string, orders: () => readonly number[]): readonly DriverModel[] {
    let list = this.found.get(key);
    if (list === undefined) {
      if (this.found.size > MAX_FOUND) this.found.clear();
      const drivers: DriverModel[] = [];
      for (const order of orders()) {
        const driver = this.driver(order);
        if (driver !== null) drivers.push(driver);
      }
      // Array.prototype.sort is stable: within a level they keep their link order.
      list = drivers.length === 0 ? noDrivers : drivers.sort((a, b) => rankOf(a) - rankOf(b));
      this.found.set(key, list);
    }
    return list;
  }

  get drivers(): readonly DriverModel[] {
    return this.pick('all', () => Array.from({ length: this.source.rows.count }, (_, order) => order));
  }
  onBus(bus: string): readonly DriverModel[] {
    return this.pick(`bus ${bus}`, () => this.source.rows.onBus(bus));
  }
  byCompatible(compatible: string): readonly DriverModel[] {
    return this.pick(`of ${compatible}`, () => this.source.rows.ofCompatible(compatible));
  }
  fitting(compatible: string): readonly DriverModel[] {
    const key = `fitting ${compatible}`;
    let list = this.found.get(key);
    if (list === undefined) {
      const id = compatible.slice(compatible.indexOf(',') + 1);
      const all = [this.byCompatible(compatible), ...aliasBuses.map((bus) => this.byId(bus, id))];
      list = [...new Set(all.flat())];
      this.found.set(key, list);
    }
    return list;
  }
  byId(bus: string, id: string): readonly DriverModel[] {
    return this.pick(`id ${bus}:${id}`, () => this.source.rows.ofId(bus, id));
  }
  byPci(identity: PciIdentity): readonly DriverModel[] {
    return this.onBus('pci').filter((d) => d.pci?.rows.some((row) => matchesPciRow(row, identity)));
  }
  byPeriphid(periphid: number): readonly DriverModel[] {
    return this.onBus('amba').filter((d) => d.amba.some((row) => (periphid & row.mask) >>> 0 === row.id));
  }
  byName(bus: string, name: string): DriverModel | null {
    const order = this.source.rows.named(bus, name);
    return order < 0 ? null : this.driver(order);
  }
  get byTypeOrName(): readonly DriverModel[] {
    return this.byCompatible('');
  }
  early(compatible: string): readonly EarlyProvider[] {
    let list = this.earlyProviders.get(compatible);
    if (list === undefined) {
      const providers: EarlyProvider[] = [];
      // The tables are in the kernel image only: what a module declares is never called.
      for (const [kind, , state, file, line, gate] of this.source.rows.early(compatible))
        if (this.built(gate) === 'y')
          providers.push({
            kind: EARLY_KINDS[kind] ?? 'other',
            compatible,
            populated: (state & 1) !== 0,
            initialized: (state & 2) !== 0,
            config: this.source.symbolOf(gate),
            place: this.source.place(file, line),
          });
      list = providers.length === 0 ? noProviders : providers;
      this.earlyProviders.set(compatible, list);
    }
    return list;
  }
}
