/** Units: what a file that was included between two top-level statements gave, kept for the next time. */
import type { SourceFile } from './file';
import { type BuiltinName, Macro, PpReader, type PpToken } from './macro';
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
  /** Names looked at before the unit defined them, and what they were. */
  readonly reads: readonly number[];
  readonly readValues: readonly (Macro | undefined)[];
  /** Names it defined or undefined, in order. */
  readonly writes: readonly number[];
  readonly writeValues: readonly (Macro | undefined)[];
  /** Files asked for on the way: the version, or null for one that is not there. */
  readonly files: ReadonlyMap<string, SourceFile | null>;
  readonly mode: number;
  readonly preprocessed: boolean;
  /** Characters read, nested units included: the measure of the cache's size. */
  readonly size: number;
}

/** A unit in the making: the file being read between top-level statements. */
export class Frame<Item> {
  items: (Item | Unit<Item>)[] = [];
  problems: SourceProblem[] = [];
  includes: IncludeUse[] = [];
  readonly readings: Reading[] = [];
  readonly reads: number[] = [];
  readonly readValues: (Macro | undefined)[] = [];
  readonly writes: number[] = [];
  readonly writeValues: (Macro | undefined)[] = [];
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
    private readonly stamps: number[],
  ) {}

  read(id: number, value: Macro | undefined): void {
    if (this.stamps[id] === this.serial) return;
    this.stamp(id);
    this.reads.push(id);
    this.readValues.push(value);
  }

  write(id: number, value: Macro | undefined): void {
    this.stamp(id);
    this.writes.push(id);
    this.writeValues.push(value);
  }

  private stamp(id: number): void {
    const { stamps } = this;
    while (stamps.length <= id) stamps.push(0);
    stamps[id] = this.serial;
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

/** What several preprocessing runs share: names, file-version caches, units. */
export class SourceCache<Item> {
  private readonly defineLines = new WeakMap<SourceFile, Map<number, Macro | null>>();
  private readonly options = new Map<string, Macro>();
  readonly units: UnitCache<Item>;
  serial = 0;
  /** Macro definitions by name number during a run; empty between runs. */
  readonly macros: (Macro | undefined)[] = [];
  private readonly stampTables: number[][] = [];
  constructor(
    readonly names: Names,
    capacity: number,
  ) {
    this.units = new UnitCache<Item>(capacity);
  }

  stampsAt(depth: number): number[] {
    while (this.stampTables.length <= depth) this.stampTables.push([]);
    return this.stampTables[depth] as number[];
  }

  definesOf(file: SourceFile): Map<number, Macro | null> {
    let known = this.defineLines.get(file);
    if (known === undefined) {
      known = new Map();
      this.defineLines.set(file, known);
    }
    return known;
  }

  /** The macro of a `-D NAME=VALUE`; equal text gives the same object. */
  optionMacro(name: string, value: string): Macro {
    const key = `${name}\0${value}`;
    let macro = this.options.get(key);
    if (macro === undefined) {
      const reader = new PpReader(this.names, null, value, 0, value.length);
      const body: PpToken[] = [];
      for (let token = reader.next(); token !== null; token = reader.next()) body.push(token);
      macro = new Macro(name, this.names.id(name), null, false, null, 0, 0, body);
      this.options.set(key, macro);
    }
    return macro;
  }

  builtinMacro(name: BuiltinName): Macro {
    const key = `\0${name}`;
    let macro = this.options.get(key);
    if (macro === undefined) {
      macro = new Macro(name, this.names.id(name), null, false, null, 0, 0, [], name);
      this.options.set(key, macro);
    }
    return macro;
  }
}
