/**
 * The texts that are being read, one inside the other: files, includes, expansions; the macros defined now; the units in
 * the making; and where an include is looked for.
 */
import { PADDING, writeCodes } from './characters';
import { type ExpansionError, expandRun, expandTokens, type MacroLookup } from './expand';
import { Expansion } from './expansion';
import { type FileProvider, positionAt, type SourceFile, type Span } from './file';
import { trimEnd } from './lines';
import { fileReader, type Macro, type PpToken } from './macro';
import type { Names } from './names';
import type { IncludeFolder, PreprocessOptions, RelatedPlace, SourceProblem, TextOrigin } from './options';
import { Frame, filesUnchanged, type SourceCache, type Unit } from './units';
import { folderOf, joinUri, pathOfUri } from './uri';

interface SavedInput {
  readonly input: TextOrigin;
  readonly text: string;
  readonly codes: Uint8Array;
  readonly pos: number;
  readonly preprocessed: boolean;
  readonly macrosActive: boolean;
  readonly conditions: Condition[];
  readonly skipped: number[];
  readonly lineShift: number;
  readonly folder: string;
}

/** Never written to. */
const NONE_SKIPPED: number[] = [];

export interface Condition {
  readonly start: number;
  readonly end: number;
  /** Whether a branch of it was taken already. */
  taken: boolean;
  sawElse: boolean;
  /** Opened by an #else without #if. */
  readonly stray: boolean;
}

/** Lexer states of dtc; the preprocessor only keeps the current one, as units depend on it. */
export const MODE_INITIAL = 0;
export const MODE_NAME = 1;
export const MODE_VALUE = 2;
export const MODE_BYTES = 3;

export abstract class Inputs<Item extends object> implements MacroLookup {
  readonly names: Names;
  readonly budget: { left: number };
  protected input: TextOrigin;
  protected text: string;
  /** The codes of `text`. */
  protected codes: Uint8Array;
  private scratch = new Uint8Array(512);
  private openExpansions = 0;
  protected pos = 0;
  protected mode = MODE_INITIAL;
  protected frame: Frame<Item>;
  /** Set between top-level statements. */
  protected atBoundary = true;
  /** Whether identifiers of the current input may be macros: a preprocessed file, not text that macros made. */
  protected macrosActive = true;
  protected preprocessed = true;
  protected conditions: Condition[] = [];
  /** What conditionals left out of the current file: start and end offsets by turns. */
  private skipped: number[] = NONE_SKIPPED;
  /** What #line makes of the current file's line numbers, for __LINE__ only: places stay what they are. */
  protected lineShift = 0;
  protected readonly stack: SavedInput[] = [];
  protected fileDepth = 0;
  protected folder: string;
  protected counter = 0;
  protected readonly written: number[] = [];
  protected totalSize = 0;
  protected includeCount = 0;
  /** Whether a file that includes itself without end was met: then none is entered again inside itself. */
  protected cycled = false;
  protected readonly entryFolder: string;
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
    this.codes = entry.codes;
    this.folder = folderOf(entry.uri);
    this.entryFolder = this.folder;
    this.frame = new Frame<Item>(entry, ++cache.serial, null, MODE_INITIAL, true, cache.stampsAt(0));
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
    this.closeFile();
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
    const { macros } = this.cache;
    const macro = id < macros.length ? macros[id] : undefined;
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

  protected define(macro: Macro): void {
    this.write(macro.id, macro);
  }

  protected write(id: number, macro: Macro | undefined): void {
    const { macros } = this.cache;
    if (macros.length <= id) this.cache.growMacros();
    macros[id] = macro;
    this.written.push(id);
    if (this.frame.parent !== null) this.frame.write(id, macro);
  }

  builtin(macro: Macro, file: SourceFile | null, offset: number): string {
    switch (macro.builtin) {
      case '__LINE__': {
        this.frame.cacheable &&= file === this.frame.file;
        if (this.lineShift !== 0) this.poison();
        return String(file === null ? 1 : positionAt(file, offset).line + 1 + this.lineShift);
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
    const room = expansion.text.length + PADDING;
    let { scratch } = this;
    if (this.openExpansions > 0) scratch = new Uint8Array(room);
    else if (scratch.length < room) {
      scratch = new Uint8Array(2 * room);
      this.scratch = scratch;
    }
    writeCodes(expansion.text, scratch);
    this.pushExpansion(expansion, scratch);
  }

  protected pushExpansion(expansion: Expansion, codes: Uint8Array): void {
    this.save();
    this.openExpansions++;
    this.input = expansion;
    this.text = expansion.text;
    this.codes = codes;
    this.pos = 0;
    this.macrosActive = false;
  }

  protected reportExpansion(file: SourceFile, errors: readonly ExpansionError[]): void {
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

  protected save(): void {
    this.stack.push({
      input: this.input,
      text: this.text,
      codes: this.codes,
      pos: this.pos,
      preprocessed: this.preprocessed,
      macrosActive: this.macrosActive,
      conditions: this.conditions,
      skipped: this.skipped,
      lineShift: this.lineShift,
      folder: this.folder,
    });
  }

  /** Goes back to the input that included this one. False at the end of the entry file. */
  protected popInput(): boolean {
    const saved = this.stack.pop();
    if (saved === undefined) return false;
    if (!(this.input instanceof Expansion)) {
      this.closeFile();
      this.fileDepth--;
      if (!this.atBoundary) this.poison();
      if (this.frameDepths[this.frameDepths.length - 1] === this.stack.length) this.closeFrame();
    } else this.openExpansions--;
    this.input = saved.input;
    this.text = saved.text;
    this.codes = saved.codes;
    this.pos = saved.pos;
    this.preprocessed = saved.preprocessed;
    this.macrosActive = saved.macrosActive;
    this.conditions = saved.conditions;
    this.skipped = saved.skipped;
    this.lineShift = saved.lineShift;
    this.folder = saved.folder;
    return true;
  }

  /** Heights of the input stack at which the open frames began. */
  protected readonly frameDepths: number[] = [];

  /** Nothing that is being read now may be kept as a unit. */
  protected poison(): void {
    for (let at: Frame<Item> | null = this.frame; at !== null; at = at.parent) at.cacheable = false;
  }

  /** Called where a unit begins, ends or is used again: what the parser remembers must not reach over that line. */
  protected abstract unitBoundary(): void;

  protected closeFrame(): void {
    this.unitBoundary();
    const done = this.frame;
    const parent = done.parent as Frame<Item>;
    this.frameDepths.pop();
    const unit: Unit<Item> = {
      file: done.file,
      items: done.items,
      problems: done.problems,
      includes: done.includes,
      readings: done.readings,
      log: done.log,
      files: done.files,
      mode: done.mode,
      preprocessed: done.preprocessed,
      size: done.size + 256,
    };
    this.frame = parent;
    this.merge(unit);
    if (done.cacheable && !this.incomplete) this.cache.units.add(unit);
  }

  protected merge(unit: Unit<Item>): void {
    const parent = this.frame;
    parent.items.push(unit);
    parent.size += unit.size;
    if (parent.parent !== null) parent.log.nested(unit);
  }

  protected replay(unit: Unit<Item>): void {
    const { macros } = this.cache;
    const { writes, writeValues } = unit.log.effect;
    for (let i = 0; i < writes.length; i++) {
      const id = writes[i] as number;
      if (macros.length <= id) this.cache.growMacros();
      macros[id] = writeValues[i];
      this.written.push(id);
    }
    this.merge(unit);
  }

  /** Units whose files were compared already: no file changes while a board is read. */
  private readonly unchanged = new Map<Unit<Item>, boolean>();

  protected reusable(file: SourceFile, preprocessed: boolean): Unit<Item> | null {
    const { macros } = this.cache;
    search: for (const unit of this.cache.units.candidates(file.uri)) {
      if (
        unit.file !== file ||
        unit.preprocessed !== preprocessed ||
        (unit.mode !== this.mode && unit.items.length > 0)
      )
        continue;
      const { reads, readValues, writes, writeValues } = unit.log.effect;
      for (let i = 0; i < reads.length; i++) if (macros[reads[i] as number] !== readValues[i]) continue search;
      // A redefinition is worth a warning, which only reading the file anew gives.
      for (let i = 0; i < writes.length; i++) {
        const before = macros[writes[i] as number];
        if (before !== undefined && writeValues[i] !== undefined && before !== writeValues[i]) continue search;
      }
      if (filesUnchanged(unit, (uri) => this.files.read(uri), this.unchanged)) return unit;
    }
    return null;
  }

  protected pushFile(found: SourceFile, preprocessed: boolean, place: Span): void {
    const file = preprocessed ? found : found.asWritten;
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
      const stamps = this.cache.stampsAt(this.frameDepths.length + 1);
      this.frame = new Frame<Item>(file, ++this.cache.serial, this.frame, this.mode, preprocessed, stamps);
      this.frameDepths.push(this.stack.length - 1);
    }
    this.frame.size += file.text.length;
    this.input = file;
    this.text = file.text;
    this.codes = file.codes;
    this.pos = file.text.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.preprocessed = preprocessed;
    this.macrosActive = preprocessed;
    this.conditions = [];
    this.skipped = NONE_SKIPPED;
    this.lineShift = 0;
    this.folder = folderOf(file.uri);
  }

  protected isOpen(file: SourceFile): boolean {
    return this.input === file || this.stack.some((saved) => saved.input === file);
  }

  protected tooLarge(file: SourceFile, start: number, end: number, at: SourceFile = file): void {
    const text = `${pathOfUri(file.uri)} has ${file.text.length} characters, more than the limit of ${this.options.limits.fileSize}`;
    this.report('error', 'cpp/file-too-large', text, { file: at, start, end });
    if (at === file) this.pos = this.text.length;
    this.poison();
  }

  /** Notes lines [start, end) of the current file as left out by a conditional. */
  protected skip(start: number, end: number): void {
    if (end <= start) return;
    if (this.skipped === NONE_SKIPPED) this.skipped = [];
    this.skipped.push(start, end);
  }

  private closeFile(): void {
    if (this.input instanceof Expansion) return;
    this.frame.readings.push({ file: this.input, skipped: this.skipped });
    for (const { start, end, stray } of this.conditions) {
      if (stray) continue;
      this.report('error', 'cpp/unbalanced', 'this conditional has no #endif', {
        file: this.input,
        start,
        end: trimEnd(this.codes, start, end),
      });
    }
    this.conditions = [];
  }

  // ---- includes ---------------------------------------------------------------------------------------------------

  protected includeDirective(file: SourceFile, directive: string, at: number, end: number): void {
    const line = this.text.slice(at, end);
    const start = at + (line.length - line.trimStart().length);
    let written = /^\s*("[^"\n]*"|<[^>\n]*>)/.exec(line)?.[1];
    let stop = start + (written?.length ?? 0);
    if (written === undefined) {
      const reader = fileReader(this.names, file, at, end);
      const tokens: PpToken[] = [];
      for (let token = reader.next(); token !== null; token = reader.next()) tokens.push(token);
      const errors: ExpansionError[] = [];
      const joined = expandTokens(this, tokens, errors, false)
        .map((token, i) => (i > 0 && token.space ? ` ${token.text}` : token.text))
        .join('');
      this.reportExpansion(file, errors);
      written = /^("[^"]*"|<[^>]*>)/.exec(joined)?.[1];
      stop = trimEnd(this.codes, start, end);
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

  protected notFound(code: string, name: string, span: Span): void {
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

  protected find(name: string, quoted: boolean, after: SourceFile | null = null): SourceFile | null {
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

  protected probeIn(folder: IncludeFolder, name: string): SourceFile | null {
    const uri = nameIn(folder, name);
    return uri === null ? null : this.probe(uri);
  }

  protected probe(uri: string): SourceFile | null {
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
