/** Units: what a file that was included between two top-level statements gave, kept for the next time. */
import type { SourceFile } from './file';
import { type BuiltinName, Macro, type PpToken, textReader } from './macro';
import type { Names } from './names';
import type { IncludeUse, SourceProblem } from './options';

/** One reading of a file, and the parts of it that its conditionals left out: offsets [start, end) of whole lines, in order. */
export interface Reading {
  readonly file: SourceFile;
  readonly skipped: readonly number[];
}

/** What an include gave, kept for the next time. `Item` is the statement type of the grammar above. */
export interface Unit<Item> {
  readonly file: SourceFile;
  readonly items: readonly (Item | Unit<Item>)[];
  readonly problems: readonly SourceProblem[];
  readonly includes: readonly IncludeUse[];
  /** The files whose end was met here, nested units left out. */
  readonly readings: readonly Reading[];
  /** What it asked of the macros and changed, in order. */
  readonly log: MacroLog<Item>;
  /** Files asked for on the way, nested units left out: the version, or null for one that is not there. */
  readonly files: ReadonlyMap<string, SourceFile | null>;
  /** The lexer's mode where the unit begins, and where it ends: what follows is read in it. */
  readonly mode: number;
  readonly endMode: number;
  readonly preprocessed: boolean;
  /** Characters read, nested units included: the measure of the cache's size. */
  readonly size: number;
}

/**
 * Reads and writes of macros in the order in which they happened, and where nested units come in. What a reader of the whole
 * needs of it is put together when a unit is about to be used again: most never are.
 */
export class MacroLog<Item> {
  private ids: number[] = [];
  private values: (Macro | Unit<Item> | undefined)[] = [];
  private sum: MacroEffect | null = null;

  /** A name that was looked at, and what it was. */
  read(id: number, value: Macro | undefined): void {
    this.ids.push(id);
    this.values.push(value);
  }

  /** A name that was defined or undefined. */
  write(id: number, value: Macro | undefined): void {
    this.ids.push(-id);
    this.values.push(value);
  }

  nested(unit: Unit<Item>): void {
    this.ids.push(0);
    this.values.push(unit);
  }

  get effect(): MacroEffect {
    this.sum ??= this.sumUp();
    return this.sum;
  }

  private sumUp(): MacroEffect {
    const reads: number[] = [];
    const readValues: (Macro | undefined)[] = [];
    const writes: number[] = [];
    const writeValues: (Macro | undefined)[] = [];
    const seen = new Set<number>();
    const read = (id: number, value: Macro | undefined): void => {
      if (seen.has(id)) return;
      seen.add(id);
      reads.push(id);
      readValues.push(value);
    };
    const write = (id: number, value: Macro | undefined): void => {
      seen.add(id);
      writes.push(id);
      writeValues.push(value);
    };
    this.ids.forEach((id, i) => {
      const value = this.values[i];
      if (id !== 0) {
        if (id > 0) read(id, value as Macro | undefined);
        else write(-id, value as Macro | undefined);
        return;
      }
      const { effect } = (value as Unit<Item>).log;
      effect.reads.forEach((name, k) => {
        read(name, effect.readValues[k]);
      });
      effect.writes.forEach((name, k) => {
        write(name, effect.writeValues[k]);
      });
    });
    this.ids = [];
    this.values = [];
    return { reads, readValues, writes, writeValues };
  }
}

/** What a unit does to the macros, nested units included. */
interface MacroEffect {
  /** Names looked at before the unit defined them, and what they were. */
  readonly reads: readonly number[];
  readonly readValues: readonly (Macro | undefined)[];
  /** Names it defined or undefined, in order. */
  readonly writes: readonly number[];
  readonly writeValues: readonly (Macro | undefined)[];
}

/** Whether all files that a unit and those within it asked for are the same versions still. */
export function filesUnchanged<Item extends object>(
  unit: Unit<Item>,
  read: (uri: string) => SourceFile | null,
  known: Map<Unit<Item>, boolean>,
): boolean {
  const before = known.get(unit);
  if (before !== undefined) return before;
  let same = true;
  for (const [uri, version] of unit.files) {
    if (read(uri) === version) continue;
    same = false;
    break;
  }
  for (const item of unit.items) {
    if (!same) break;
    if ('items' in item) same = filesUnchanged(item, read, known);
  }
  known.set(unit, same);
  return same;
}

/** A unit in the making: the file being read between top-level statements. */
export class Frame<Item> {
  items: (Item | Unit<Item>)[] = [];
  problems: SourceProblem[] = [];
  includes: IncludeUse[] = [];
  readonly readings: Reading[] = [];
  readonly log = new MacroLog<Item>();
  readonly files = new Map<string, SourceFile | null>();
  size = 0;
  /** False once something in it depends on more than macros and files. */
  cacheable = true;
  constructor(
    readonly file: SourceFile,
    readonly serial: number,
    readonly parent: Frame<Item> | null,
    readonly mode: number,
    readonly preprocessed: boolean,
    /** By name number: the serial of the frame of this depth that read or wrote the name last. */
    private readonly stamps: Stamps,
  ) {}

  read(id: number, value: Macro | undefined): void {
    const { table } = this.stamps;
    if (id < table.length && table[id] === this.serial) return;
    this.stamp(id);
    this.log.read(id, value);
  }

  write(id: number, value: Macro | undefined): void {
    this.stamp(id);
    this.log.write(id, value);
  }

  private stamp(id: number): void {
    const { stamps } = this;
    if (id >= stamps.table.length) stamps.grow(id);
    stamps.table[id] = this.serial;
  }
}

/** A number for each name. */
export class Stamps {
  table = new Int32Array(1 << 11);

  grow(id: number): void {
    const table = new Int32Array(2 * Math.max(id, this.table.length));
    table.set(this.table);
    this.table = table;
  }
}

/** Units by file version, newest first; the oldest ones go when together they outgrow `capacity` characters. */
export class UnitCache<Item> {
  private readonly units = new Map<Unit<Item>, string>();
  private readonly byUri = new Map<string, Unit<Item>[]>();
  private size = 0;
  constructor(
    readonly capacity: number,
    readonly variants = 12,
  ) {}

  candidates(uri: string): readonly Unit<Item>[] {
    return this.byUri.get(uri) ?? [];
  }

  /** Marks a unit as used just now. */
  touch(unit: Unit<Item>): void {
    const uri = this.units.get(unit);
    if (uri === undefined) return;
    this.units.delete(unit);
    this.units.set(unit, uri);
  }

  add(unit: Unit<Item>): void {
    const uri = unit.file.uri;
    const list = this.byUri.get(uri) ?? [];
    for (const old of list.filter((u) => u.file !== unit.file)) this.remove(old);
    const kept = this.byUri.get(uri) ?? [];
    while (kept.length >= this.variants) this.remove(kept[kept.length - 1] as Unit<Item>);
    kept.unshift(unit);
    this.byUri.set(uri, kept);
    this.units.set(unit, uri);
    this.size += unit.size;
    for (const oldest of this.units.keys()) {
      if (this.size <= this.capacity || oldest === unit) break;
      this.remove(oldest);
    }
  }

  private remove(unit: Unit<Item>): void {
    const uri = this.units.get(unit);
    if (uri === undefined) return;
    this.units.delete(unit);
    this.size -= unit.size;
    const list = this.byUri.get(uri);
    const at = list?.indexOf(unit) ?? -1;
    if (list !== undefined && at >= 0) list.splice(at, 1);
    if (list?.length === 0) this.byUri.delete(uri);
  }
}

/** The macros of a file's #define lines by offset, so that reading the file again gives the same ones. Mostly asked for in order. */
class DefineLines {
  private readonly offsets: number[] = [];
  private readonly macros: Macro[] = [];
  private cursor = 0;
  constructor(readonly file: SourceFile) {}

  at(offset: number): Macro | undefined {
    const { offsets } = this;
    if (offsets[this.cursor] !== offset) this.cursor = this.lowerBound(offset);
    return offsets[this.cursor] === offset ? this.macros[this.cursor++] : undefined;
  }

  /** Adds the macro of an offset that `at` did not find just now. */
  add(offset: number, macro: Macro): void {
    if (this.cursor === this.offsets.length) {
      this.offsets.push(offset);
      this.macros.push(macro);
    } else {
      this.offsets.splice(this.cursor, 0, offset);
      this.macros.splice(this.cursor, 0, macro);
    }
    this.cursor++;
  }

  private lowerBound(offset: number): number {
    const { offsets } = this;
    let low = 0;
    let high = offsets.length;
    if (high > 0 && (offsets[high - 1] as number) < offset) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What several preprocessing runs share: names, file-version caches, units. */
export class SourceCache<Item> {
  private readonly defineLines = new WeakMap<SourceFile, DefineLines>();
  private readonly options = new Map<string, Macro>();
  readonly units: UnitCache<Item>;
  serial = 0;
  /** Macro definitions by name number during a run; empty between runs. */
  readonly macros: (Macro | undefined)[] = [];
  private readonly stampTables: Stamps[] = [];
  constructor(
    readonly names: Names,
    capacity: number,
  ) {
    this.units = new UnitCache<Item>(capacity);
  }

  stampsAt(depth: number): Stamps {
    while (this.stampTables.length <= depth) this.stampTables.push(new Stamps());
    return this.stampTables[depth] as Stamps;
  }

  /** Makes room in `macros` for all names that there are, and more. */
  growMacros(): void {
    for (let room = 2 * this.names.count - this.macros.length; room > 0; room--) this.macros.push(undefined);
  }

  definesOf(file: SourceFile): DefineLines {
    if (this.lastDefines?.file === file) return this.lastDefines;
    let known = this.defineLines.get(file);
    if (known === undefined) {
      known = new DefineLines(file);
      this.defineLines.set(file, known);
    }
    this.lastDefines = known;
    return known;
  }

  private lastDefines: DefineLines | null = null;

  /** The macro of a `-D NAME=VALUE`; equal text gives the same object. */
  optionMacro(name: string, value: string): Macro {
    const key = `${name}\0${value}`;
    let macro = this.options.get(key);
    if (macro === undefined) {
      const reader = textReader(this.names, value);
      const body: PpToken[] = [];
      for (let token = reader.next(); token !== null; token = reader.next()) body.push(token);
      macro = new Macro(this.names, this.names.id(name), null, false, null, 0, 0, 0, 0, body);
      this.options.set(key, macro);
    }
    return macro;
  }

  builtinMacro(name: BuiltinName): Macro {
    const key = `\0${name}`;
    let macro = this.options.get(key);
    if (macro === undefined) {
      macro = new Macro(this.names, this.names.id(name), null, false, null, 0, 0, 0, 0, [], name);
      this.options.set(key, macro);
    }
    return macro;
  }
}
