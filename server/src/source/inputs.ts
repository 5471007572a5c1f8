/**
 * The texts that are being read, one inside the other: files and expansions; the macros defined now; and the units in the
 * making.
 */
import { PADDING, writeCodes } from './characters';
import { type ExpansionError, expandRun, type MacroLookup } from './expand';
import { Expansion } from './expansion';
import { type FileProvider, positionAt, type SourceFile, type Span } from './file';
import { trimEnd } from './lines';
import { BUILTINS, type Macro } from './macro';
import type { Names } from './names';
import type { PreprocessOptions, RelatedPlace, SourceProblem, TextOrigin } from './options';
import { Undecided } from './undecided';
import { Frame, type SourceCache, type Unit } from './units';
import { folderOf, pathOfUri } from './uri';

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
  readonly shown: string;
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
  /** The options of the build that decide which branch holds; null: none does. */
  byOption: readonly string[] | null;
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
  /** The current file's name as cpp knows it: how it was reached, or what #line says. */
  protected shown: string;
  protected counter = 0;
  protected readonly written: number[] = [];
  protected totalSize = 0;
  protected includeCount = 0;
  /** Whether a file that includes itself without end was met: then none is entered again inside itself. */
  protected cycled = false;
  protected readonly entryFolder: string;
  private readonly entryUri: string;
  /** Whether an include was not found: then names and labels that are not there are no mistakes of their own. */
  protected incomplete = false;
  /** Null: the build passes no macros by options. */
  protected readonly undecided: Undecided | null;

  constructor(
    entry: SourceFile,
    protected readonly files: FileProvider,
    protected readonly cache: SourceCache<Item>,
    protected readonly options: PreprocessOptions,
  ) {
    this.names = cache.names;
    this.incomplete = options.incomplete ?? false;
    this.undecided = options.byOption === undefined ? null : new Undecided(options.byOption, (id) => this.macro(id));
    this.entryUri = entry.uri;
    this.budget = { left: options.limits.expansionSteps };
    this.input = entry;
    this.text = entry.text;
    this.codes = entry.codes;
    this.folder = folderOf(entry.uri);
    this.shown = this.baseName;
    this.entryFolder = this.folder;
    this.frame = new Frame<Item>(entry, ++cache.serial, null, MODE_INITIAL, true, cache.stampsAt(0));
    this.frame.size = entry.text.length;
    this.totalSize = entry.text.length;
    for (const name of ['__DTS__', '__ASSEMBLER__', '__STDC__', '__STDC_HOSTED__'])
      this.define(this.cache.optionMacro(name, '1'));
    for (const name of BUILTINS) this.define(cache.builtinMacro(name));
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

  private get baseName(): string {
    return this.options.name ?? pathOfUri(this.entryUri);
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
        this.poison();
        return quoted(this.shown);
      case '__FILE_NAME__':
        this.poison();
        return quoted(this.shown.slice(this.shown.lastIndexOf('/') + 1));
      case '__BASE_FILE__':
        this.poison();
        return quoted(this.baseName);
      case '__DATE__':
        this.poison();
        return quoted(this.options.builtAt?.date ?? '??? ?? ????');
      case '__TIME__':
        this.poison();
        return quoted(this.options.builtAt?.time ?? '??:??:??');
      case '__TIMESTAMP__':
        this.poison();
        return quoted(this.options.builtAt?.changed(file?.uri ?? '') ?? '??? ??? ?? ??:??:?? ????');
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
      shown: this.shown,
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
    this.shown = saved.shown;
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
      endMode: this.mode,
      preprocessed: done.preprocessed,
      size: done.size + 256,
    };
    this.frame = parent;
    this.merge(unit);
    // what is undecided was learnt by reading the file, which using it again would not do
    if (done.cacheable && !this.incomplete && this.undecided === null) this.cache.units.add(unit);
  }

  protected merge(unit: Unit<Item>): void {
    const parent = this.frame;
    parent.items.push(unit);
    parent.size += unit.size;
    if (parent.parent !== null) parent.log.nested(unit);
  }

  /** Makes a file the input; what was read is saved already. */
  protected enterFile(file: SourceFile, preprocessed: boolean, shown: string): void {
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
    this.shown = shown;
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
}

/** A file's name or a time as a string literal. */
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
