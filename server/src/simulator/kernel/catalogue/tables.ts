/** One kernel's catalogue of drivers: its tables unpacked, and what a configuration builds of it. */
import type { KernelPlace } from '../drivers';
import { type CatalogueData, EXTERNAL_MODULE } from './data';

/** A CONFIG symbol (with prefix) -> its value, or null when it is not set. */
export type ConfigLookup = (symbol: string) => string | null;

export type Built = 'y' | 'm' | null;

/** The catalogue's tables, unpacked once. */
export class Catalogue {
  readonly files: readonly string[];
  readonly symbols: readonly string[];
  private readonly tristate: ReadonlySet<string>;
  private readonly gates: readonly string[];
  /** Rows by compatible, by "bus:id" and by "bus:name", in link order. */
  readonly compatibles = new Map<string, number[]>();
  private madeIds: Map<string, number[]> | null = null;
  private madeNames: Map<string, number> | null = null;
  readonly withoutCompatible: number[] = [];
  readonly withAmba: number[] = [];
  /** Rows of PCI drivers with a table of IDs, in link order. */
  readonly withPci: number[] = [];
  readonly early = new Map<string, number[]>();
  /** Gates of 32-bit ARM machines, by compatible. */
  readonly machines = new Map<string, number[]>();

  constructor(readonly data: CatalogueData) {
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
    // read at every start: plain loops, which make nothing on the way
    const { drivers, buses } = this.data;
    const pci = buses.indexOf('pci');
    for (let at = 0; at < drivers.length; at++) {
      const row = drivers[at];
      if (row === undefined) continue;
      const matches = row[7];
      if (matches !== undefined)
        for (let i = 0; i < matches.length; i += 2) {
          const match = matches[i];
          const compatible = typeof match === 'string' ? match : typeof match === 'object' ? match[0] : null;
          if (compatible === null) push(this.withoutCompatible, at);
          else add(this.compatibles, compatible, at);
        }
      if (row[1] === pci && row[9] !== undefined && row[9].length > 0) this.withPci.push(at);
      if (row[10] !== undefined && row[10].length > 0) this.withAmba.push(at);
    }
    for (const [compatible, gate] of this.data.machines) add(this.machines, compatible, gate);
    this.data.early.forEach((row, at) => {
      add(this.early, row[1], at);
    });
  }

  get ids(): ReadonlyMap<string, readonly number[]> {
    if (this.madeIds === null) {
      const ids = new Map<string, number[]>();
      this.data.drivers.forEach((row, at) => {
        const bus = this.data.buses[row[1]] ?? '';
        // of a PCI driver it is the packed text of its table
        if (bus !== 'pci') for (const id of row[9] ?? []) add(ids, `${bus}:${id}`, at);
      });
      this.madeIds = ids;
    }
    return this.madeIds;
  }

  get names(): ReadonlyMap<string, number> {
    if (this.madeNames === null) {
      const names = new Map<string, number>();
      this.data.drivers.forEach((row, at) => {
        const name = `${this.data.buses[row[1]] ?? ''}:${row[0]}`;
        if (!names.has(name)) names.set(name, at);
      });
      this.madeNames = names;
    }
    return this.madeNames;
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
    if (gate >= 0) return this.symbols[gate] === EXTERNAL_MODULE ? null : (this.symbols[gate] ?? null);
    const first = /(?:^|&)(\d+)/.exec(this.gates[-1 - gate] ?? '')?.[1];
    return first === undefined ? null : (this.symbols[Number(first)] ?? null);
  }

  /** Whether a gate is open: y, m, or null for not built. */
  built(gate: number, config: ConfigLookup): Built {
    if (gate >= 0) {
      const symbol = this.symbols[gate] ?? '';
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
