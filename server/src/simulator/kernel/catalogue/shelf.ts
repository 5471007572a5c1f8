/**
 * The catalogues that are shipped (shipped/, made by `npm run catalogue`): the rows of all releases, each once, and of each
 * release which of them it has. A board asks for some hundred of ten thousand drivers, and a command may look at one board:
 * files are sorted text, searched by halves, and a row is read when somebody asks for it.
 */
import type {
  CatalogueTables,
  DriverRow,
  EarlyRow,
  PackedDriver,
  PackedEarly,
  PackedOrder,
  PackedRelease,
} from './data';
import type { CatalogueRows } from './rows';
import text61 from './shipped/6.1.json?raw';
import text612 from './shipped/6.12.json?raw';
import text73 from './shipped/7.3.json?raw';
import compatiblesText from './shipped/compatibles.txt?raw';
import driversText from './shipped/drivers.txt?raw';
import earlyText from './shipped/early.txt?raw';
import idsText from './shipped/ids.txt?raw';
import tablesText from './shipped/tables.json?raw';

/** The releases on the shelf, oldest first. */
export const SHIPPED: readonly { readonly version: string; readonly text: string }[] = [
  { version: '6.1', text: text61 },
  { version: '6.12', text: text612 },
  { version: '7.3', text: text73 },
];

/** A file of the shelf: lines of a key, a tab and what is said of it, in the order of their code units. */
class SortedLines {
  private made: readonly string[] | null = null;
  constructor(private readonly text: string) {}

  get lines(): readonly string[] {
    this.made ??= this.text.split('\n');
    return this.made;
  }
  key(number: number): string {
    const line = this.lines[number] ?? '';
    return line.slice(0, line.indexOf('\t'));
  }
  value(number: number): string {
    const line = this.lines[number] ?? '';
    return line.slice(line.indexOf('\t') + 1);
  }
  /** The numbers of the lines that begin so: from the first up to the second, without it. */
  beginning(start: string): readonly [number, number] {
    const { lines } = this;
    let low = 0;
    // behind the last line stands an empty one
    for (let high = lines.length - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if ((lines[middle] ?? '') < start) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (lines[end]?.startsWith(start)) end++;
    return [low, end];
  }
  /** The numbers that stand behind a key, or none. */
  numbersOf(key: string): readonly number[] {
    const [at, end] = this.beginning(`${key}\t`);
    return at === end ? [] : this.value(at).split(' ').map(Number);
  }
}

/** The files that all releases share. */
export class Shelf {
  readonly compatibles: SortedLines;
  readonly drivers: SortedLines;
  readonly early: SortedLines;
  readonly ids: SortedLines;
  private madeTables: CatalogueTables | null = null;

  /** `fileOf`: the text of a file by its name. */
  constructor(
    private readonly fileOf: (
      name: 'compatibles.txt' | 'drivers.txt' | 'early.txt' | 'ids.txt' | 'tables.json',
    ) => string,
  ) {
    this.compatibles = new SortedLines(fileOf('compatibles.txt'));
    this.drivers = new SortedLines(fileOf('drivers.txt'));
    this.early = new SortedLines(fileOf('early.txt'));
    this.ids = new SortedLines(fileOf('ids.txt'));
  }

  /** What the rows of all releases point into. No symbol is marked as tristate: each release says its own. */
  get tables(): CatalogueTables {
    this.madeTables ??= JSON.parse(this.fileOf('tables.json')) as CatalogueTables;
    return this.madeTables;
  }
}

const FILES = {
  'compatibles.txt': compatiblesText,
  'drivers.txt': driversText,
  'early.txt': earlyText,
  'ids.txt': idsText,
  'tables.json': tablesText,
};

/** The one that is shipped. */
export const SHELF = new Shelf((name) => FILES[name]);

/** The rows of one file that a release has. */
class Order {
  /** By order: the number of the row. */
  readonly rows: Int32Array;
  /** By number of a row: its order; -1: another release's. */
  private readonly orders: Int32Array;
  private made: readonly string[] | null = null;

  constructor(
    private readonly packed: PackedOrder,
    total: number,
  ) {
    const numbers = packed.rows === '' ? [] : packed.rows.split(' ');
    this.rows = new Int32Array(numbers.length);
    this.orders = new Int32Array(total).fill(-1);
    for (let order = 0; order < numbers.length; order++) {
      const number = Number(numbers[order]);
      this.rows[order] = number;
      this.orders[number] = order;
    }
  }
  /** The orders of rows, as far as the release has them, ascending. */
  of(numbers: readonly number[]): readonly number[] {
    const found: number[] = [];
    for (const number of numbers) {
      const order = this.orders[number] ?? -1;
      if (order >= 0) found.push(order);
    }
    return found.sort((a, b) => a - b);
  }
  between([from, to]: readonly [number, number]): readonly number[] {
    return this.of(Array.from({ length: to - from }, (_, i) => from + i));
  }
  lineOf(order: number): number {
    this.made ??= this.packed.lines.split(' ');
    return Number(this.made[order]);
  }
}

/** The rows of a release on the shelf. */
export class ShelfRows implements CatalogueRows {
  readonly count: number;
  private readonly drivers: Order;
  private madeEarly: Order | null = null;

  constructor(
    private readonly release: PackedRelease,
    private readonly shelf: Shelf,
  ) {
    this.drivers = new Order(release.drivers, shelf.drivers.lines.length);
    this.count = this.drivers.rows.length;
  }

  driver(order: number): DriverRow | undefined {
    const number = this.drivers.rows[order];
    if (number === undefined) return undefined;
    const key = this.shelf.drivers.key(number);
    const colon = key.indexOf(':');
    const bus = key.slice(0, colon);
    const packed = JSON.parse(this.shelf.drivers.value(number)) as PackedDriver;
    const [file, level, gate, flags, of = [], populates = [], own = [], amba = []] = packed;
    return [
      key.slice(colon + 1),
      this.shelf.tables.buses.indexOf(bus),
      level,
      file,
      this.drivers.lineOf(order),
      gate,
      flags,
      // a number in an even place is that of a compatible, behind it stands how far its line is from the last one
      of.map((match, i) => (i % 2 === 0 && typeof match === 'number' ? this.shelf.compatibles.key(match) : match)),
      populates,
      own.map((id) => (typeof id === 'number' ? this.shelf.ids.key(id).slice(colon + 1) : id)),
      amba,
    ];
  }
  fileOf(order: number): number {
    const number = this.drivers.rows[order];
    return number === undefined ? -1 : Number.parseInt(this.shelf.drivers.value(number).slice(1), 10);
  }
  ofCompatible(compatible: string): readonly number[] {
    return this.drivers.of(this.shelf.compatibles.numbersOf(compatible));
  }
  ofId(bus: string, id: string): readonly number[] {
    return this.drivers.of(this.shelf.ids.numbersOf(`${bus}:${id}`));
  }
  named(bus: string, name: string): number {
    return this.drivers.between(this.shelf.drivers.beginning(`${bus}:${name}\t`))[0] ?? -1;
  }
  onBus(bus: string): readonly number[] {
    return this.drivers.between(this.shelf.drivers.beginning(`${bus}:`));
  }
  early(compatible: string): readonly EarlyRow[] {
    const [from, to] = this.shelf.early.beginning(`${compatible}\t`);
    return from === to ? [] : this.earlyOrder.between([from, to]).map((order) => this.earlyRow(order));
  }
  allEarly(): readonly EarlyRow[] {
    return Array.from(this.earlyOrder.rows, (_, order) => this.earlyRow(order));
  }
  private get earlyOrder(): Order {
    this.madeEarly ??= new Order(this.release.early, this.shelf.early.lines.length);
    return this.madeEarly;
  }
  private earlyRow(order: number): EarlyRow {
    const number = this.earlyOrder.rows[order] ?? -1;
    const [kind, state, file, gate] = JSON.parse(this.shelf.early.value(number)) as PackedEarly;
    return [kind, this.shelf.early.key(number), state, file, this.earlyOrder.lineOf(order), gate];
  }
}
