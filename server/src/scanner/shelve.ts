/** Puts the catalogues of several releases on the shelf: the files of kernel/catalogue/shipped/ (catalogue/shelf.ts reads them). */
import {
  type CatalogueData,
  type CatalogueTables,
  type PackedDriver,
  type PackedEarly,
  type PackedOrder,
  type PackedRelease,
  packNumbers,
} from '../simulator/kernel/catalogue/data';

/** A release (`6.12`) and its catalogue. */
interface Shelved {
  readonly version: string;
  readonly data: CatalogueData;
}

/**
 * The files of the shelf by name: `tables.json`, `drivers.txt`, `compatibles.txt`, `ids.txt`, `early.txt` and `6.12.json` of each
 * release. Each catalogue must be packed with the tables of the one before it, so that the last one's are those of all.
 */
export function shelve(releases: readonly Shelved[]): ReadonlyMap<string, object | string> {
  const tables = releases[releases.length - 1]?.data;
  if (tables === undefined) return new Map();
  const busOf = (number: number): string => tables.buses[number] ?? '';

  const compatibles = new Keys();
  const ids = new Keys();
  for (const { data } of releases)
    for (const row of data.drivers) {
      for (const match of row[7] ?? [])
        if (typeof match !== 'number') compatibles.add(typeof match === 'string' ? match : (match[0] ?? ''));
      if (busOf(row[1]) !== 'pci') for (const id of row[9] ?? []) ids.add(`${busOf(row[1])}:${id}`);
    }

  const drivers = new Rows();
  const early = new Rows();
  for (const { version, data } of releases) {
    drivers.release(
      version,
      data.drivers.map(
        ([name, busNumber, level, file, line, gate, flags, of = [], populates = [], own = [], amba = []]) => {
          const bus = busOf(busNumber);
          const packed: PackedDriver = [
            file,
            level,
            gate,
            flags,
            of.map((match) => (typeof match === 'string' ? compatibles.numberOf(match) : match)),
            populates,
            bus === 'pci' ? own : own.map((id) => ids.numberOf(`${bus}:${id}`)),
            amba,
          ];
          return { text: `${bus}:${name}\t${JSON.stringify(withoutEmpty(packed))}`, line };
        },
      ),
    );
    early.release(
      version,
      data.early.map(([kind, compatible, state, file, line, gate]) => {
        const packed: PackedEarly = [kind, state, file, gate];
        return { text: `${compatible}\t${JSON.stringify(packed)}`, line };
      }),
    );
  }

  for (const [number, line] of drivers.lines.entries()) {
    const [key = '', text = ''] = line.split('\t');
    const [, , , , of = [], , own = []] = JSON.parse(text) as PackedDriver;
    for (const [i, match] of of.entries()) {
      if (typeof match !== 'number') compatibles.use(match[0] ?? '', number);
      // behind each match stands how far its line is from the last one
      else if (i % 2 === 0) compatibles.use(compatibles.keys[match] ?? '', number);
    }
    if (!key.startsWith('pci:')) for (const id of own) ids.use(ids.keys[Number(id)] ?? '', number);
  }

  const shared: CatalogueTables = {
    buses: tables.buses,
    symbols: tables.symbols.replaceAll('*', ''),
    gates: tables.gates,
    files: tables.files,
  };
  return new Map<string, object | string>([
    ['tables.json', shared],
    ['drivers.txt', text(drivers.lines)],
    ['compatibles.txt', text(compatibles.lines)],
    ['ids.txt', text(ids.lines)],
    ['early.txt', text(early.lines)],
    ...releases.map(({ version, data }): [string, PackedRelease] => [
      `${version}.json`,
      {
        kernel: data.kernel,
        beforeCore: data.beforeCore,
        tristate: packNumbers(data.symbols.split(' ').flatMap((symbol, i) => (symbol.endsWith('*') ? i : []))),
        configs: data.configs,
        machines: data.machines,
        ...(data.declaredIommus === undefined ? {} : { declaredIommus: data.declaredIommus }),
        early: early.order(version),
        drivers: drivers.order(version),
      },
    ]),
  ]);
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

function withoutEmpty(row: readonly unknown[]): readonly unknown[] {
  const kept = [...row];
  for (let last = kept.at(-1); Array.isArray(last) && last.length === 0; last = kept.at(-1)) kept.pop();
  return kept;
}

/** Words in the order of their code units, and the rows that use each. */
class Keys {
  private readonly users = new Map<string, Set<number>>();
  private sorted: readonly string[] | null = null;
  private numbers: ReadonlyMap<string, number> = new Map();

  add(key: string): void {
    if (!this.users.has(key)) this.users.set(key, new Set());
    this.sorted = null;
  }
  /** Of lines, not of words: a word's line goes on with a tab. */
  get keys(): readonly string[] {
    if (this.sorted === null) {
      this.sorted = [...this.users.keys()]
        .map((key) => `${key}\t`)
        .sort()
        .map((line) => line.slice(0, -1));
      this.numbers = new Map(this.sorted.map((key, number) => [key, number]));
    }
    return this.sorted;
  }
  numberOf(key: string): number {
    return this.keys.length > 0 ? (this.numbers.get(key) ?? -1) : -1;
  }
  use(key: string, row: number): void {
    this.users.get(key)?.add(row);
  }
  get lines(): readonly string[] {
    return this.keys.map((key) => `${key}\t${[...(this.users.get(key) ?? [])].sort((a, b) => a - b).join(' ')}`);
  }
}

interface Line {
  readonly text: string;
  /** In the source. */
  readonly line: number;
}

/** The rows of all releases, each once. */
class Rows {
  private readonly releases = new Map<string, readonly Line[]>();
  private made: readonly string[] | null = null;
  private readonly first = new Map<string, number>();

  release(version: string, rows: readonly Line[]): void {
    this.releases.set(version, rows);
    this.made = null;
  }
  /** A text that one release has several times stands there as often. */
  get lines(): readonly string[] {
    if (this.made === null) {
      const most = new Map<string, number>();
      for (const rows of this.releases.values())
        for (const [row, times] of counted(rows)) most.set(row, Math.max(times, most.get(row) ?? 0));
      this.made = [...most].flatMap(([row, times]) => Array.from({ length: times }, () => row)).sort();
      this.first.clear();
      for (const [number, row] of this.made.entries()) if (!this.first.has(row)) this.first.set(row, number);
    }
    return this.made;
  }
  order(version: string): PackedOrder {
    const rows = this.releases.get(version) ?? [];
    const seen = new Map<string, number>();
    const numbers =
      this.lines.length === 0
        ? []
        : rows.map(({ text: row }) => {
            const times = seen.get(row) ?? 0;
            seen.set(row, times + 1);
            return (this.first.get(row) ?? 0) + times;
          });
    return { rows: numbers.join(' '), lines: rows.map(({ line }) => line).join(' ') };
  }
}

function counted(rows: readonly Line[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { text: row } of rows) times.set(row, (times.get(row) ?? 0) + 1);
  return times;
}
