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
    this.bus = source.data.buses[row[1]] ?? '';
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

export class CatalogueSet implements DriverSet {
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
  byPci(identity: PciIdentity): readonly DriverModel[] {
    return this.pick(this.foundOtherwise, 'pci', this.source.withPci).filter((d) =>
      d.pci?.rows.some((row) => matchesPciRow(row, identity)),
    );
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
