/** The rows of one kernel's catalogue, wherever they come from: what a lookup asks for. Orders are places in link order. */
import type { CatalogueData, DriverRow, EarlyRow } from './data';

export interface CatalogueRows {
  /** How many drivers. */
  readonly count: number;
  driver(order: number): DriverRow | undefined;
  /** The number of the file that a driver's structure stands in; -1: none. */
  fileOf(order: number): number;
  /** The orders of drivers with a match row of this compatible ('': of none, by type or name alone), ascending. */
  ofCompatible(compatible: string): readonly number[];
  /** The orders of drivers whose own table names an ID, ascending; of PCI drivers, whose tables are packed, none. */
  ofId(bus: string, id: string): readonly number[];
  /** The order of the first driver of a name on a bus; -1: none. */
  named(bus: string, name: string): number;
  /** The orders of the drivers on a bus, ascending. */
  onBus(bus: string): readonly number[];
  /** The early providers of a compatible, in link order. */
  early(compatible: string): readonly EarlyRow[];
  /** All early providers, in link order. */
  allEarly(): readonly EarlyRow[];
}

const none: readonly number[] = [];

/** The rows of a catalogue that is in memory whole. */
export class WholeRows implements CatalogueRows {
  private readonly compatibles = new Map<string, number[]>();
  private readonly ids = new Map<string, number[]>();
  private readonly names = new Map<string, number>();
  private readonly buses = new Map<string, number[]>();
  private readonly earlyRows = new Map<string, EarlyRow[]>();
  readonly count: number;

  constructor(private readonly data: CatalogueData) {
    this.count = data.drivers.length;
    for (const [order, row] of data.drivers.entries()) {
      const bus = data.buses[row[1]] ?? '';
      for (const match of row[7] ?? [])
        if (typeof match !== 'number')
          add(this.compatibles, typeof match === 'string' ? match : (match[0] ?? ''), order);
      // of a PCI driver it is the packed text of its table
      if (bus !== 'pci') for (const id of row[9] ?? []) add(this.ids, `${bus}:${id}`, order);
      const name = `${bus}:${row[0]}`;
      if (!this.names.has(name)) this.names.set(name, order);
      add(this.buses, bus, order);
    }
    for (const row of data.early) {
      const list = this.earlyRows.get(row[1]);
      if (list === undefined) this.earlyRows.set(row[1], [row]);
      else list.push(row);
    }
  }

  driver(order: number): DriverRow | undefined {
    return this.data.drivers[order];
  }
  fileOf(order: number): number {
    return this.data.drivers[order]?.[3] ?? -1;
  }
  ofCompatible(compatible: string): readonly number[] {
    return this.compatibles.get(compatible) ?? none;
  }
  ofId(bus: string, id: string): readonly number[] {
    return this.ids.get(`${bus}:${id}`) ?? none;
  }
  named(bus: string, name: string): number {
    return this.names.get(`${bus}:${name}`) ?? -1;
  }
  onBus(bus: string): readonly number[] {
    return this.buses.get(bus) ?? none;
  }
  early(compatible: string): readonly EarlyRow[] {
    return this.earlyRows.get(compatible) ?? [];
  }
  allEarly(): readonly EarlyRow[] {
    return this.data.early;
  }
}

/** A driver with the same compatible twice counts once. */
function add(map: Map<string, number[]>, key: string, order: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [order]);
  else if (list[list.length - 1] !== order) list.push(order);
}
