/**
 * The C preprocessor as the kernel runs it (`cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp`), without a text in between:
 * the lexer above pulls characters, and white space, comments, directives, includes and macros are dealt with on the way.
 *
 * A file included between two top-level statements is a *unit*: what it gave (statements, problems, macro changes) is kept and
 * used again wherever the macros that it looked at have the same definitions and the files it read are the same versions.
 */
import { BLANK, DIGIT, IDENT, isClass, skipClass } from './characters';
import { evaluateCondition } from './condition';
import { Expansion, type ExpansionError, expandRun, expandTokens, type MacroLookup } from './expand';
import type { FileProvider, SourceFile, Span } from './file';
import { type BuiltinName, Macro, PpReader, type PpToken, parseDefine } from './macro';
import type { Names } from './names';
import { folderOf, joinUri, pathOfUri } from './uri';

/** Where a text comes from: a file, or macros. */
export type TextOrigin = SourceFile | Expansion;

/** A folder to search for includes; with `prefix`, only names below `prefix/` are looked up there, without it. */
export interface IncludeFolder {
  readonly uri: string;
  readonly prefix?: string;
}

/** Bounds that turn a runaway input into a problem. */
export interface Limits {
  readonly includeDepth: number;
  readonly fileSize: number;
  readonly incbinSize: number;
  readonly nodeDepth: number;
  /** Characters of all files of one tree together, each time they are included. */
  readonly totalSize: number;
  /** Includes of one tree. */
  readonly includes: number;
  /** Tokens that macro expansion of one tree may handle. */
  readonly expansionSteps: number;
}

export const DEFAULT_LIMITS: Limits = {
  includeDepth: 200,
  fileSize: 16 << 20,
  incbinSize: 64 << 20,
  nodeDepth: 200,
  totalSize: 256 << 20,
  includes: 20_000,
  expansionSteps: 4_000_000,
};

export interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

export interface SourceProblem {
  readonly severity: 'error' | 'warning' | 'information';
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly related?: readonly RelatedPlace[];
}

/** One include as it was met: where, what it says, and what it found (null: not found). */
export interface IncludeUse {
  readonly span: Span;
  readonly text: string;
  readonly target: string | null;
  readonly kind: 'cpp' | 'dtc';
}

/** What an include gave, kept for the next time. `Item` is the statement type of the grammar above. */
export interface Unit<Item> {
  readonly file: SourceFile;
  readonly items: readonly (Item | Unit<Item>)[];
  readonly problems: readonly SourceProblem[];
  readonly includes: readonly IncludeUse[];
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

export interface PreprocessOptions {
  readonly includeFolders: readonly IncludeFolder[];
  readonly defines: readonly (readonly [name: string, value: string])[];
  readonly limits: Limits;
}

interface SavedInput {
  readonly input: TextOrigin;
  readonly text: string;
  readonly pos: number;
  readonly preprocessed: boolean;
  readonly macrosActive: boolean;
  readonly conditions: Condition[];
  readonly folder: string;
}

interface Condition {
  readonly start: number;
  readonly end: number;
  /** Whether a branch of it was taken already. */
  taken: boolean;
  sawElse: boolean;
  /** Opened by an #else without #if. */
  readonly stray: boolean;
}

const DIRECTIVES = new Set([
  'define',
  'undef',
  'include',
  'include_next',
  'import',
  'if',
  'ifdef',
  'ifndef',
  'elif',
  'elifdef',
  'elifndef',
  'else',
  'endif',
  'error',
  'warning',
  'pragma',
  'line',
  'ident',
  'sccs',
  'assert',
  'unassert',
]);

/** Lexer states of dtc; the preprocessor only keeps the current one, as units depend on it. */
export const MODE_INITIAL = 0;
export const MODE_NAME = 1;
export const MODE_VALUE = 2;
export const MODE_BYTES = 3;

export abstract class Preprocessor<Item> implements MacroLookup {
  readonly names: Names;
  readonly budget: { left: number };
  protected input: TextOrigin;
  protected text: string;
  protected pos = 0;
  protected mode = MODE_INITIAL;
  protected frame: Frame<Item>;
  /** Set between top-level statements. */
  protected atBoundary = true;
  /** Whether identifiers of the current input may be macros: a preprocessed file, not text that macros made. */
  protected macrosActive = true;
  private preprocessed = true;
  private conditions: Condition[] = [];
  private readonly stack: SavedInput[] = [];
  private fileDepth = 0;
  private folder: string;
  private counter = 0;
  private readonly written: number[] = [];
  private totalSize = 0;
  private includeCount = 0;
  /** Whether a file that includes itself without end was met: then none is entered again inside itself. */
  private cycled = false;
  private readonly entryFolder: string;
  /** Whether an include was not found: then names and labels that are not there are no mistakes of their own. */
  protected incomplete = false;

  constructor(
    entry: SourceFile,
    protected readonly files: FileProvider,
    protected readonly cache: SourceCache<Item>,
    protected readonly options: PreprocessOptions,
  ) {
    this.names = cache.names;
    this.budget = { left: options.limits.expansionSteps };
    this.input = entry;
    this.text = entry.text;
    this.folder = folderOf(entry.uri);
    this.entryFolder = this.folder;
    this.frame = new Frame<Item>(entry, ++cache.serial, null, MODE_INITIAL, true, []);
    this.frame.size = entry.text.length;
    this.totalSize = entry.text.length;
    for (const name of ['__DTS__', '__ASSEMBLER__', '__STDC__', '__STDC_HOSTED__'])
      this.define(this.cache.optionMacro(name, '1'));
    for (const name of ['__FILE__', '__LINE__', '__COUNTER__', '__INCLUDE_LEVEL__'] as const)
      this.define(cache.builtinMacro(name));
    for (const [name, value] of options.defines) this.define(cache.optionMacro(name, value));
    if (entry.text.length > options.limits.fileSize) this.tooLarge(entry, 0, 0);
    if (this.text.charCodeAt(0) === 0xfeff) this.pos = 1;
  }

  /** Puts the shared tables back as they were. Call once, at the end of a run. Gives the macros defined at the end. */
  protected finishRun(): {
    readonly frame: Frame<Item>;
    readonly macros: readonly Macro[];
    readonly incomplete: boolean;
  } {
    while (this.stack.length > 0) this.popInput();
    this.closeConditions();
    const macros: Macro[] = [];
    for (const id of this.written) {
      const macro = this.cache.macros[id];
      if (macro === undefined) continue;
      macros.push(macro);
      this.cache.macros[id] = undefined;
    }
    return { frame: this.frame, macros, incomplete: this.incomplete };
  }

  // ---- macros -----------------------------------------------------------------------------------------------------

  macro(id: number): Macro | undefined {
    const macro = this.cache.macros[id];
    const { frame } = this;
    if (frame.parent !== null) frame.read(id, macro);
    return macro;
  }

  /** Whether any identifier inside a word is a macro now. */
  protected hasMacro(id: number): boolean {
    let found = false;
    for (const part of this.names.identifiersOf(id)) if (this.macro(part) !== undefined) found = true;
    return found;
  }

  private define(macro: Macro): void {
    this.write(macro.id, macro);
  }

  private write(id: number, macro: Macro | undefined): void {
    const { macros } = this.cache;
    while (macros.length <= id) macros.push(undefined);
    macros[id] = macro;
    this.written.push(id);
    if (this.frame.parent !== null) this.frame.write(id, macro);
  }

  builtin(macro: Macro, file: SourceFile | null, offset: number): string {
    switch (macro.builtin) {
      case '__LINE__': {
        this.frame.cacheable &&= file === this.frame.file;
        const text = file?.text ?? '';
        let line = 1;
        for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
        return String(line);
      }
      case '__FILE__':
        return `"${pathOfUri(file?.uri ?? '').replace(/[\\"]/g, '\\$&')}"`;
      case '__COUNTER__':
        this.poison();
        return String(this.counter++);
      default:
        this.poison();
        return String(this.fileDepth);
    }
  }

  /** Replaces the run that starts at `start` by its expansion, which becomes the input. */
  protected expandAt(start: number): void {
    const file = this.input as SourceFile;
    const errors: ExpansionError[] = [];
    const { expansion, next } = expandRun(this, file, start, errors);
    this.reportExpansion(file, errors);
    this.pos = next;
    if (expansion.text.length === 0) return;
    this.save();
    this.input = expansion;
    this.text = expansion.text;
    this.pos = 0;
    this.macrosActive = false;
  }

  private reportExpansion(file: SourceFile, errors: readonly ExpansionError[]): void {
    for (const { code, message, start, end, macro } of errors) {
      const related =
        macro?.file != null
          ? [
              {
                span: { file: macro.file, start: macro.start, end: macro.end },
                message: `"${macro.name}" is defined here`,
              },
            ]
          : undefined;
      this.report('error', code, message, { file, start, end }, related);
    }
  }

  // ---- problems ---------------------------------------------------------------------------------------------------

  protected report(
    severity: SourceProblem['severity'],
    code: string,
    message: string,
    span: Span,
    related?: readonly RelatedPlace[],
  ): void {
    if (this.frame.problems.length >= 1000) return;
    this.frame.problems.push(
      related === undefined ? { severity, code, message, span } : { severity, code, message, span, related },
    );
  }

  /** The place of text[start, end) of an input in a file that the user can see. */
  protected placeOf(input: TextOrigin, start: number, end: number): Span {
    return input instanceof Expansion ? input.spanOf(start, end) : { file: input, start, end };
  }

  // ---- inputs -----------------------------------------------------------------------------------------------------

  private save(): void {
    this.stack.push({
      input: this.input,
      text: this.text,
      pos: this.pos,
      preprocessed: this.preprocessed,
      macrosActive: this.macrosActive,
      conditions: this.conditions,
      folder: this.folder,
    });
  }

  /** Goes back to the input that included this one. False at the end of the entry file. */
  private popInput(): boolean {
    const saved = this.stack.pop();
    if (saved === undefined) return false;
    if (!(this.input instanceof Expansion)) {
      this.closeConditions();
      this.fileDepth--;
      if (!this.atBoundary) this.poison();
      if (this.frameDepths[this.frameDepths.length - 1] === this.stack.length) this.closeFrame();
    }
    this.input = saved.input;
    this.text = saved.text;
    this.pos = saved.pos;
    this.preprocessed = saved.preprocessed;
    this.macrosActive = saved.macrosActive;
    this.conditions = saved.conditions;
    this.folder = saved.folder;
    return true;
  }

  /** Heights of the input stack at which the open frames began. */
  private readonly frameDepths: number[] = [];

  /** Nothing that is being read now may be kept as a unit. */
  protected poison(): void {
    for (let at: Frame<Item> | null = this.frame; at !== null; at = at.parent) at.cacheable = false;
  }

  /** Called where a unit begins, ends or is used again: what the parser remembers must not reach over that line. */
  protected abstract unitBoundary(): void;

  private closeFrame(): void {
    this.unitBoundary();
    const done = this.frame;
    const parent = done.parent as Frame<Item>;
    this.frameDepths.pop();
    const unit: Unit<Item> = {
      file: done.file,
      items: done.items,
      problems: done.problems,
      includes: done.includes,
      reads: done.reads,
      readValues: done.readValues,
      writes: done.writes,
      writeValues: done.writeValues,
      files: done.files,
      mode: done.mode,
      preprocessed: done.preprocessed,
      size: done.size + 256,
    };
    this.frame = parent;
    this.merge(unit);
    if (done.cacheable && !this.incomplete) this.cache.units.add(unit);
  }

  private merge(unit: Unit<Item>): void {
    const parent = this.frame;
    parent.items.push(unit);
    parent.size += unit.size;
    if (parent.parent === null) return;
    const { reads, readValues, writes, writeValues } = unit;
    for (let i = 0; i < reads.length; i++) parent.read(reads[i] as number, readValues[i]);
    for (let i = 0; i < writes.length; i++) parent.write(writes[i] as number, writeValues[i]);
    for (const [uri, file] of unit.files) parent.files.set(uri, file);
  }

  private replay(unit: Unit<Item>): void {
    const { macros } = this.cache;
    const { writes, writeValues } = unit;
    for (let i = 0; i < writes.length; i++) {
      const id = writes[i] as number;
      while (macros.length <= id) macros.push(undefined);
      macros[id] = writeValues[i];
      this.written.push(id);
    }
    this.merge(unit);
  }

  private reusable(file: SourceFile, preprocessed: boolean): Unit<Item> | null {
    const { macros } = this.cache;
    search: for (const unit of this.cache.units.candidates(file.uri)) {
      if (
        unit.file !== file ||
        unit.preprocessed !== preprocessed ||
        (unit.mode !== this.mode && unit.items.length > 0)
      )
        continue;
      const { reads, readValues } = unit;
      for (let i = 0; i < reads.length; i++) if (macros[reads[i] as number] !== readValues[i]) continue search;
      const { writes, writeValues } = unit;
      // A redefinition is worth a warning, which only reading the file anew gives.
      for (let i = 0; i < writes.length; i++) {
        const before = macros[writes[i] as number];
        if (before !== undefined && writeValues[i] !== undefined && before !== writeValues[i]) continue search;
      }
      for (const [uri, version] of unit.files) if (this.files.read(uri) !== version) continue search;
      return unit;
    }
    return null;
  }

  private pushFile(file: SourceFile, preprocessed: boolean, place: Span): void {
    const { limits } = this.options;
    if (this.fileDepth >= limits.includeDepth) {
      this.report('error', 'cpp/include-depth', `includes nest more than ${limits.includeDepth} deep`, place);
      this.poison();
      return;
    }
    if (this.isOpen(file)) {
      // A file without a guard that includes itself; one with a guard ends by itself.
      let times = 0;
      for (const saved of this.stack) if (saved.input === file) times++;
      if (this.cycled) return;
      if (times >= 8) {
        this.cycled = true;
        this.incomplete = true;
        this.report('error', 'cpp/include-cycle', `this file includes itself`, place);
        this.poison();
        return;
      }
    }
    if (file.text.length > limits.fileSize) return this.tooLarge(file, place.start, place.end, place.file);
    const unit = this.atBoundary ? this.reusable(file, preprocessed) : null;
    this.totalSize += unit === null ? file.text.length : unit.size;
    this.includeCount++;
    if (this.totalSize > limits.totalSize || this.includeCount > limits.includes) {
      if (!this.incomplete) {
        const bound = `${limits.includes} files or ${limits.totalSize >> 20} MiB`;
        this.report('error', 'cpp/too-much-text', `the includes of this board come to more than ${bound}`, place);
      }
      this.incomplete = true;
      this.poison();
      return;
    }
    if (unit !== null) {
      this.cache.units.touch(unit);
      this.replay(unit);
      this.unitBoundary();
      return;
    }
    this.save();
    this.fileDepth++;
    if (this.atBoundary) {
      this.unitBoundary();
      const stamps = this.cache.stampsAt(this.frameDepths.length);
      this.frame = new Frame<Item>(file, ++this.cache.serial, this.frame, this.mode, preprocessed, stamps);
      this.frameDepths.push(this.stack.length - 1);
    }
    this.frame.size += file.text.length;
    this.input = file;
    this.text = file.text;
    this.pos = file.text.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.preprocessed = preprocessed;
    this.macrosActive = preprocessed;
    this.conditions = [];
    this.folder = folderOf(file.uri);
  }

  private isOpen(file: SourceFile): boolean {
    return this.input === file || this.stack.some((saved) => saved.input === file);
  }

  private tooLarge(file: SourceFile, start: number, end: number, at: SourceFile = file): void {
    const text = `${pathOfUri(file.uri)} has ${file.text.length} characters, more than the limit of ${this.options.limits.fileSize}`;
    this.report('error', 'cpp/file-too-large', text, { file: at, start, end });
    if (at === file) this.pos = this.text.length;
    this.poison();
  }

  // ---- white space, comments, directives --------------------------------------------------------------------------

  /** Moves to the next character that is neither white space, comment nor directive; its code, or NaN at the very end. */
  protected skipBlank(): number {
    for (;;) {
      const c = this.text.charCodeAt(this.pos);
      if (c === 32 || (c >= 9 && c <= 13)) {
        this.pos++;
        continue;
      }
      if (c === 47) {
        const after = this.text.charCodeAt(this.pos + 1);
        if (after === 42) {
          this.skipComment();
          continue;
        }
        if (after === 47) {
          this.skipLineComment();
          continue;
        }
        return c;
      }
      if (c === 35) {
        if (this.directive()) continue;
        return c;
      }
      if (c === 92) {
        const after = this.text.charCodeAt(this.pos + 1);
        if (after === 10 || (after === 13 && this.text.charCodeAt(this.pos + 2) === 10)) {
          this.pos += after === 10 ? 2 : 3;
          continue;
        }
        return c;
      }
      if (Number.isNaN(c)) {
        if (this.popInput()) continue;
        return c;
      }
      return c;
    }
  }

  private skipComment(): void {
    const close = this.text.indexOf('*/', this.pos + 2);
    if (close < 0) {
      this.report(
        'error',
        'cpp/unterminated-comment',
        'this comment has no end',
        this.placeOf(this.input, this.pos, this.pos + 2),
      );
      this.pos = this.text.length;
    } else this.pos = close + 2;
  }

  private skipLineComment(): void {
    let at = this.text.indexOf('\n', this.pos);
    while (at > 0 && this.preprocessed && isSpliced(this.text, at)) at = this.text.indexOf('\n', at + 1);
    this.pos = at < 0 ? this.text.length : at;
  }

  /** Handles the directive at a `#`. False when the line is text (a property such as `#address-cells`). */
  private directive(): boolean {
    const { text } = this;
    if (this.input instanceof Expansion || !startsLine(text, this.pos)) return false;
    const hash = this.pos;
    const nameAt = skipClass(text, hash + 1, BLANK);
    if (isClass(text.charCodeAt(nameAt), DIGIT)) return this.lineMarker(hash, nameAt);
    if (!this.preprocessed) return false;
    const nameEnd = skipClass(text, nameAt, IDENT);
    const name = text.slice(nameAt, nameEnd);
    if (name === '') {
      // `#` alone on its line: the null directive.
      if (nameAt < text.length && text.charCodeAt(nameAt) !== 10) return false;
      this.pos = nameAt;
      return true;
    }
    if (!DIRECTIVES.has(name)) return false;
    const lineEnd = logicalLineEnd(text, nameEnd);
    this.pos = lineEnd;
    this.runDirective(name, hash, nameAt, nameEnd, lineEnd);
    return true;
  }

  /** `# 12 "file"` as another preprocessor leaves it: dtc reads it, so does this lexer, and goes on with its own places. */
  private lineMarker(hash: number, at: number): boolean {
    const match = /^#(?:line)?[ \t]+[0-9]+[ \t]+"(?:[^\\"\n]|\\.)*"(?:[ \t]+[0-9]+)*/.exec(
      this.text.slice(hash, logicalLineEnd(this.text, at)),
    );
    if (match === null) return false;
    this.pos = hash + match[0].length;
    return true;
  }

  private runDirective(name: string, hash: number, nameAt: number, nameEnd: number, lineEnd: number): void {
    const file = this.input as SourceFile;
    const here = (start: number, end: number): Span => ({ file, start, end });
    switch (name) {
      case 'define':
        return this.defineDirective(file, nameEnd, lineEnd);
      case 'undef': {
        const token = new PpReader(this.names, file, this.text, nameEnd, lineEnd).next();
        if (token?.kind === 'identifier') this.write(token.id, undefined);
        else
          this.report('error', 'cpp/bad-directive', 'no macro name given in #undef directive', here(nameAt, nameEnd));
        return;
      }
      case 'include':
      case 'include_next':
      case 'import':
        return this.includeDirective(file, name, nameEnd, lineEnd);
      case 'if':
      case 'ifdef':
      case 'ifndef':
        this.conditions.push({ start: hash, end: lineEnd, taken: false, sawElse: false, stray: false });
        if (this.conditions.length > 1000)
          this.report('error', 'cpp/too-deep', 'conditionals nest too deep', here(hash, nameEnd));
        if (this.holds(name, file, nameAt, nameEnd, lineEnd))
          (this.conditions[this.conditions.length - 1] as Condition).taken = true;
        else this.skipBranch();
        return;
      case 'elif':
      case 'elifdef':
      case 'elifndef':
      case 'else': {
        const condition = this.conditions[this.conditions.length - 1];
        if (condition === undefined) {
          this.report('error', 'cpp/unbalanced', `#${name} without #if`, here(hash, nameEnd));
          // An #endif that belongs to it is no further mistake.
          this.conditions.push({ start: hash, end: lineEnd, taken: true, sawElse: true, stray: true });
          return;
        }
        if (condition.sawElse) this.report('error', 'cpp/unbalanced', `#${name} after #else`, here(hash, nameEnd));
        if (name === 'else') condition.sawElse = true;
        this.skipBranch();
        return;
      }
      case 'endif':
        if (this.conditions.pop() === undefined)
          this.report('error', 'cpp/unbalanced', '#endif without #if', here(hash, nameEnd));
        return;
      case 'error':
      case 'warning':
        return this.report(
          name === 'error' ? 'error' : 'warning',
          name === 'error' ? 'cpp/error-directive' : 'cpp/warning-directive',
          `#${name} ${this.text.slice(nameEnd, lineEnd).trim()}`,
          here(hash, trimEnd(this.text, hash, lineEnd)),
        );
      default:
        // #pragma and #line change nothing in a tree; #ident, #sccs and assertions neither.
        return;
    }
  }

  private defineDirective(file: SourceFile, at: number, end: number): void {
    const known = this.cache.definesOf(file);
    let macro = known.get(at);
    if (macro === undefined) {
      const parsed = parseDefine(this.names, file, this.text, at, end);
      if ('message' in parsed) {
        this.report('error', 'cpp/bad-define', parsed.message, { file, start: parsed.start, end: parsed.end });
        known.set(at, null);
        return;
      }
      macro = parsed;
      known.set(at, macro);
    }
    if (macro === null) {
      const parsed = parseDefine(this.names, file, this.text, at, end);
      if ('message' in parsed)
        this.report('error', 'cpp/bad-define', parsed.message, { file, start: parsed.start, end: parsed.end });
      return;
    }
    const before = this.cache.macros[macro.id];
    if (before !== undefined && before !== macro && !sameDefinition(before, macro)) {
      const related =
        before.file === null
          ? undefined
          : [{ span: { file: before.file, start: before.start, end: before.end }, message: 'the earlier definition' }];
      this.report(
        'warning',
        'cpp/redefined',
        `"${macro.name}" redefined`,
        { file, start: macro.start, end: macro.end },
        related,
      );
    }
    this.write(macro.id, macro);
  }

  private holds(name: string, file: SourceFile, nameAt: number, nameEnd: number, lineEnd: number): boolean {
    const reader = new PpReader(this.names, file, this.text, nameEnd, lineEnd);
    const short = name.replace(/^(el)?if/, '');
    if (short === 'def' || short === 'ndef') {
      const token = reader.next();
      if (token?.kind !== 'identifier') {
        this.report('error', 'cpp/bad-directive', `no macro name given in #${name} directive`, {
          file,
          start: nameAt,
          end: nameEnd,
        });
        return false;
      }
      return (this.macro(token.id) !== undefined) === (short === 'def');
    }
    const tokens: PpToken[] = [];
    for (let token = reader.next(); token !== null; token = reader.next()) tokens.push(token);
    if (tokens.length === 0) {
      this.report('error', 'cpp/bad-condition', `#${name} with no expression`, { file, start: nameAt, end: nameEnd });
      return false;
    }
    const errors: ExpansionError[] = [];
    const result = evaluateCondition(this, tokens, (target, quoted) => this.find(target, quoted) !== null, errors);
    this.reportExpansion(file, errors);
    if (result.error !== null) {
      const { message, start, end } = result.error;
      this.report('error', 'cpp/bad-condition', message, { file, start, end });
    }
    return result.value;
  }

  /** Skips from a branch that is not taken to the one that is, or beyond the #endif. */
  private skipBranch(): void {
    const { text } = this;
    const file = this.input as SourceFile;
    let nesting = 0;
    let at = this.pos;
    while (at < text.length) {
      // `at` is somewhere in a line's middle or end: go to the next line's start.
      at = nextLine(text, at);
      let i = skipClass(text, at, BLANK);
      while (text.charCodeAt(i) === 47 && text.charCodeAt(i + 1) === 42) {
        const close = text.indexOf('*/', i + 2);
        i = skipClass(text, close < 0 ? text.length : close + 2, BLANK);
      }
      at = i;
      if (text.charCodeAt(i) !== 35) continue;
      const nameAt = skipClass(text, i + 1, BLANK);
      const nameEnd = skipClass(text, nameAt, IDENT);
      const name = text.slice(nameAt, nameEnd);
      if (name === 'if' || name === 'ifdef' || name === 'ifndef') nesting++;
      else if (name === 'endif') {
        if (nesting-- > 0) continue;
        this.conditions.pop();
        this.pos = logicalLineEnd(text, nameEnd);
        return;
      } else if (nesting === 0 && (name === 'else' || name.startsWith('elif')) && DIRECTIVES.has(name)) {
        const condition = this.conditions[this.conditions.length - 1] as Condition;
        const lineEnd = logicalLineEnd(text, nameEnd);
        if (condition.sawElse)
          this.report('error', 'cpp/unbalanced', `#${name} after #else`, { file, start: i, end: nameEnd });
        if (name === 'else') condition.sawElse = true;
        if (condition.taken) continue;
        this.pos = lineEnd;
        if (name === 'else' || this.holds(name, file, nameAt, nameEnd, lineEnd)) {
          condition.taken = true;
          return;
        }
      }
    }
    this.pos = text.length;
  }

  private closeConditions(): void {
    if (this.input instanceof Expansion) return;
    for (const { start, end, stray } of this.conditions) {
      if (stray) continue;
      this.report('error', 'cpp/unbalanced', 'this conditional has no #endif', {
        file: this.input,
        start,
        end: trimEnd(this.text, start, end),
      });
    }
    this.conditions = [];
  }

  // ---- includes ---------------------------------------------------------------------------------------------------

  private includeDirective(file: SourceFile, directive: string, at: number, end: number): void {
    const line = this.text.slice(at, end);
    const start = at + (line.length - line.trimStart().length);
    let written = /^\s*("[^"\n]*"|<[^>\n]*>)/.exec(line)?.[1];
    let stop = start + (written?.length ?? 0);
    if (written === undefined) {
      const reader = new PpReader(this.names, file, this.text, at, end);
      const tokens: PpToken[] = [];
      for (let token = reader.next(); token !== null; token = reader.next()) tokens.push(token);
      const errors: ExpansionError[] = [];
      const joined = expandTokens(this, tokens, errors, false)
        .map((token, i) => (i > 0 && token.space ? ` ${token.text}` : token.text))
        .join('');
      this.reportExpansion(file, errors);
      written = /^("[^"]*"|<[^>]*>)/.exec(joined)?.[1];
      stop = trimEnd(this.text, start, end);
    }
    const span = { file, start, end: Math.max(stop, start) };
    if (written === undefined || written.length <= 2) {
      this.report('error', 'cpp/bad-include', `#${directive} expects "FILENAME" or <FILENAME>`, span);
      return;
    }
    const name = written.slice(1, -1);
    const found = this.find(name, written.startsWith('"'), directive === 'include_next' ? file : null);
    this.frame.includes.push({ span, text: name, target: found?.uri ?? null, kind: 'cpp' });
    if (found === null) this.notFound('cpp/include-not-found', name, span);
    else this.pushFile(found, true, span);
  }

  /** dtc's own `/include/ "name"`: the text comes in as it is, without the preprocessor. */
  protected includeByDtc(name: string, span: Span): void {
    const folders = this.preprocessed ? [this.entryFolder] : [this.folder, this.entryFolder];
    let found: SourceFile | null = null;
    for (const folder of folders) found ??= this.probe(joinUri(folder, name));
    if (!name.startsWith('/')) for (const folder of this.options.includeFolders) found ??= this.probeIn(folder, name);
    this.frame.includes.push({ span, text: name, target: found?.uri ?? null, kind: 'dtc' });
    if (found === null) this.notFound('dts/include-not-found', name, span);
    else this.pushFile(found, false, span);
  }

  private notFound(code: string, name: string, span: Span): void {
    this.incomplete = true;
    this.report('error', code, `${name}: no such file in the include folders`, span);
  }

  /** Finds a file for /incbin/: dtc looks beside the file, then in its search path. */
  protected findBytes(name: string): { uri: string; bytes: Uint8Array } | null {
    const folders = [this.entryFolder, ...(this.preprocessed ? [] : [this.folder])].map((uri) => ({ uri }));
    for (const folder of [...folders, ...this.options.includeFolders]) {
      const uri = nameIn(folder, name);
      const bytes = uri === null ? null : this.files.readBytes(uri);
      if (uri !== null && bytes !== null) return { uri, bytes };
    }
    return null;
  }

  private find(name: string, quoted: boolean, after: SourceFile | null = null): SourceFile | null {
    if (name.startsWith('/')) return this.probe(joinUri(this.folder, name));
    let passed = after === null;
    if (quoted && passed) {
      const beside = this.probe(joinUri(this.folder, name));
      if (beside !== null) return beside;
    }
    for (const folder of this.options.includeFolders) {
      const found = this.probeIn(folder, name);
      if (found === null) continue;
      if (passed) return found;
      if (found === after) passed = true;
    }
    return null;
  }

  private probeIn(folder: IncludeFolder, name: string): SourceFile | null {
    const uri = nameIn(folder, name);
    return uri === null ? null : this.probe(uri);
  }

  private probe(uri: string): SourceFile | null {
    const file = this.files.read(uri);
    this.frame.files.set(uri, file);
    return file;
  }
}

function nameIn(folder: IncludeFolder, name: string): string | null {
  if (folder.prefix === undefined) return joinUri(folder.uri, name);
  if (!name.startsWith(`${folder.prefix}/`)) return null;
  return joinUri(folder.uri, name.slice(folder.prefix.length + 1));
}

function isSpliced(text: string, newline: number): boolean {
  const before = text.charCodeAt(newline - 1);
  return before === 92 || (before === 13 && text.charCodeAt(newline - 2) === 92);
}

/** Whether only blanks and comments stand between the start of the line and `at`. */
function startsLine(text: string, at: number): boolean {
  let i = at - 1;
  for (;;) {
    const c = text.charCodeAt(i);
    if (i < 0 || c === 10) return i < 0 || !isSpliced(text, i);
    if (isClass(c, BLANK) || c === 0xfeff) i--;
    else if (c === 47 && text.charCodeAt(i - 1) === 42) {
      const open = text.lastIndexOf('/*', i - 2);
      if (open < 0) return false;
      i = open - 1;
    } else return false;
  }
}

/** The end of the logical line (before its newline): splices and block comments carry it on; a line comment ends the text, not the line. */
function logicalLineEnd(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (Number.isNaN(c)) return text.length;
    if (c === 10) {
      if (!isSpliced(text, i)) return i;
      i++;
    } else if (c === 47 && text.charCodeAt(i + 1) === 42) {
      const close = text.indexOf('*/', i + 2);
      if (close < 0) return text.length;
      i = close + 2;
    } else if (c === 47 && text.charCodeAt(i + 1) === 47) {
      let end = text.indexOf('\n', i);
      while (end > 0 && isSpliced(text, end)) end = text.indexOf('\n', end + 1);
      return end < 0 ? text.length : end;
    } else if (c === 34 || c === 39) {
      const close = quotedOnLine(text, i);
      i = close;
    } else i++;
  }
}

function quotedOnLine(text: string, at: number): number {
  const quote = text.charCodeAt(at);
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === quote) return i + 1;
    if (c === 92) i++;
    else if (c === 10) return at + 1;
  }
  return at + 1;
}

/** The start of the next line in skipped text; block comments that begin on this line are passed. */
function nextLine(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (Number.isNaN(c)) return text.length;
    if (c === 10) return i + 1;
    if (c === 47 && text.charCodeAt(i + 1) === 42) {
      const close = text.indexOf('*/', i + 2);
      if (close < 0) return text.length;
      i = close + 2;
    } else if (c === 47 && text.charCodeAt(i + 1) === 47) {
      const end = text.indexOf('\n', i);
      return end < 0 ? text.length : end + 1;
    } else if (c === 34 || c === 39) i = quotedOnLine(text, i);
    else i++;
  }
}

function trimEnd(text: string, start: number, end: number): number {
  let i = end;
  while (i > start && isClass(text.charCodeAt(i - 1), BLANK)) i--;
  return i;
}

/** C11 6.10.3: a redefinition is fine when it reads the same. */
function sameDefinition(a: Macro, b: Macro): boolean {
  if (a.body.length !== b.body.length || a.variadic !== b.variadic) return false;
  if ((a.parameters === null) !== (b.parameters === null)) return false;
  if (a.parameters !== null && b.parameters !== null && a.parameters.join() !== b.parameters.join()) return false;
  return a.body.every((token, i) => token.text === b.body[i]?.text && token.space === b.body[i]?.space);
}
