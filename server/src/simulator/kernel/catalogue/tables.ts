/** One kernel's catalogue of drivers: its tables unpacked, and what a configuration builds of it. */
import type { KernelPlace } from '../drivers';
import {
  type CatalogueData,
  type CatalogueTables,
  EXTERNAL_MODULE,
  numbersOf,
  type PackedRelease,
  type ReleaseFacts,
} from './data';
import { type CatalogueRows, WholeRows } from './rows';
import { SHELF, ShelfRows } from './shelf';

/** A CONFIG symbol (with prefix) -> its value, or null when it is not set. */
export type ConfigLookup = (symbol: string) => string | null;

export type Built = 'y' | 'm' | null;

/** A catalogue's tables, each unpacked when somebody looks. */
export class Catalogue {
  readonly buses: readonly string[];
  /** CatalogueTables.gates, each. */
  readonly gates: readonly string[];
  /** As they are packed: without prefix, some with a mark. */
  private readonly marked: readonly string[];
  private madeFiles: readonly string[] | null = null;
  private madeTristate: ReadonlySet<string> | null = null;
  private madeMachines: Map<string, number[]> | null = null;

  private constructor(
    private readonly tables: CatalogueTables,
    readonly facts: ReleaseFacts,
    readonly rows: CatalogueRows,
    /** The numbers of tristate symbols; null: they are marked. */
    private readonly tristateNumbers: string | null,
    /** As it was read; null: one of ours. */
    readonly data: CatalogueData | null,
  ) {
    this.buses = tables.buses;
    this.gates = tables.gates.split(' ');
    this.marked = tables.symbols.split(' ');
  }

  static whole(data: CatalogueData): Catalogue {
    return new Catalogue(data, data, new WholeRows(data), null, data);
  }
  static shelved(release: PackedRelease, shelf = SHELF): Catalogue {
    return new Catalogue(shelf.tables, release, new ShelfRows(release, shelf), release.tristate, null);
  }

  get files(): readonly string[] {
    if (this.madeFiles === null) {
      let folder = '';
      this.madeFiles = this.tables.files.split(' ').map((name) => {
        const at = name.lastIndexOf('/') + 1;
        if (at > 0) folder = name.slice(0, at);
        return at > 0 ? name : folder + name;
      });
    }
    return this.madeFiles;
  }

  /** Gates of 32-bit ARM machines, by compatible. */
  get machines(): ReadonlyMap<string, readonly number[]> {
    if (this.madeMachines === null) {
      const machines = new Map<string, number[]>();
      for (const [compatible, gate] of this.facts.machines) {
        const gates = machines.get(compatible) ?? [];
        if (gates[gates.length - 1] !== gate) machines.set(compatible, [...gates, gate]);
      }
      this.madeMachines = machines;
    }
    return this.madeMachines;
  }

  /** The symbol of a number, with prefix; null: there is none. */
  symbol(number: number): string | null {
    const name = this.marked[number];
    return name === undefined ? null : `CONFIG_${name.endsWith('*') ? name.slice(0, -1) : name}`;
  }

  /** All symbols, with prefix, by number. */
  get symbols(): readonly string[] {
    return this.marked.map((_, number) => this.symbol(number) ?? '');
  }

  place(file: number, line: number): KernelPlace | null {
    const name = this.files[file];
    return name === undefined ? null : { file: name, line };
  }

  isTristate(symbol: string): boolean {
    this.madeTristate ??= new Set(
      this.tristateNumbers === null
        ? this.marked.flatMap((name) => (name.endsWith('*') ? `CONFIG_${name.slice(0, -1)}` : []))
        : numbersOf(this.tristateNumbers).map((number) => this.symbol(number) ?? ''),
    );
    return this.madeTristate.has(symbol);
  }

  /** The symbol that stands for a gate: its first one that must be set. */
  symbolOf(gate: number): string | null {
    const number = gate >= 0 ? String(gate) : /(?:^|&)(\d+)/.exec(this.gates[-1 - gate] ?? '')?.[1];
    const symbol = number === undefined ? null : this.symbol(Number(number));
    return symbol === EXTERNAL_MODULE ? null : symbol;
  }

  /** Whether a gate is open: y, m, or null for not built. */
  built(gate: number, config: ConfigLookup): Built {
    if (gate >= 0) {
      const symbol = this.symbol(gate) ?? '';
      if (symbol === EXTERNAL_MODULE) return 'm';
      const value = config(symbol);
      return value === 'y' || value === 'm' ? value : null;
    }
    const text = this.gates[-1 - gate] ?? '';
    if (text === '') return 'y';
    let best: Built = null;
    for (const alternative of text.split('|')) {
      let value: Built = 'y';
      for (const term of alternative.split('&')) {
        const negated = term.startsWith('!');
        const forced = term.endsWith('^');
        const symbol = this.symbol(Number(term.slice(negated ? 1 : 0, forced ? -1 : undefined))) ?? '';
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
