/** Includes: where a file is looked for, and whether what it gave before is used again (see preprocessor.ts) or it is read. */
import { type ExpansionError, expandTokens } from './expand';
import type { SourceFile, Span } from './file';
import { Inputs } from './inputs';
import { trimEnd } from './lines';
import { fileReader, type PpToken } from './macro';
import type { IncludeFolder } from './options';
import { Frame, filesUnchanged, type Unit } from './units';
import { joinUri, pathOfUri } from './uri';

export abstract class Includes<Item extends object> extends Inputs<Item> {
  protected includeDirective(file: SourceFile, directive: string, at: number, end: number): void {
    const line = this.text.slice(at, end);
    const start = at + (line.length - line.trimStart().length);
    let written = /^\s*("[^"\n]*"|<[^>\n]*>)/.exec(line)?.[1];
    let stop = start + (written?.length ?? 0);
    if (written === undefined) {
      const joined = this.expandedText(file, at, end);
      written = /^("[^"]*"|<[^>]*>)/.exec(joined)?.[1];
      stop = trimEnd(this.codes, start, end);
    }
    const span = { file, start, end: Math.max(stop, start) };
    if (written === undefined || written.length <= 2) {
      this.report('error', 'cpp/bad-include', `#${directive} expects "FILENAME" or <FILENAME>`, span);
      return;
    }
    const name = written.slice(1, -1);
    this.refused = null;
    const found = this.find(name, written.startsWith('"'), directive === 'include_next' ? file : null);
    this.frame.includes.push({ span, text: name, target: found?.uri ?? null, kind: 'cpp' });
    if (found === null) this.notFound('cpp/include-not-found', name, span);
    else this.pushFile(found, true, span, this.foundAs);
  }

  /** What stands in [at, end) of a directive's line once its macros are expanded, without leading white space. */
  protected expandedText(file: SourceFile, at: number, end: number): string {
    const reader = fileReader(this.names, file, at, end);
    const tokens: PpToken[] = [];
    for (let token = reader.next(); token !== null; token = reader.next()) tokens.push(token);
    const errors: ExpansionError[] = [];
    const expanded = expandTokens(this, tokens, errors, false);
    this.reportExpansion(file, errors);
    return expanded.map((token, i) => (i > 0 && token.space ? ` ${token.text}` : token.text)).join('');
  }

  /** dtc's own `/include/ "name"`: the text comes in as it is, without the preprocessor. */
  protected includeByDtc(name: string, span: Span): void {
    const folders = this.preprocessed ? [this.entryFolder] : [this.folder, this.entryFolder];
    this.refused = null;
    let found: SourceFile | null = null;
    for (const folder of folders) found ??= this.probe(joinUri(folder, name));
    if (!name.startsWith('/')) for (const folder of this.options.includeFolders) found ??= this.probeIn(folder, name);
    this.frame.includes.push({ span, text: name, target: found?.uri ?? null, kind: 'dtc' });
    if (found === null) this.notFound('dts/include-not-found', name, span);
    else this.pushFile(found, false, span, pathOfUri(found.uri));
  }

  private notFound(code: string, name: string, span: Span): void {
    this.incomplete = true;
    if (this.refused !== null) this.report('error', code.replace('not-found', 'refused'), this.refusal(name), span);
    else if (this.options.generated?.test(name) === true)
      this.report('information', 'cpp/generated', `${name} is made by the build, and there is none here`, span);
    else this.report('error', code, `${name}: no such file in the include folders`, span);
  }

  /** The file that would have been found, were it not outside of what may be read. */
  private refused: string | null = null;

  private refusal(name: string): string {
    const path = pathOfUri(this.refused ?? '');
    return `${name}: ${path} lies outside of the folder that is open and of the include folders in your settings; it is not read, as this folder is not trusted`;
  }

  /** Why findBytes found nothing. */
  protected noBytes(name: string): { readonly code: string; readonly message: string } {
    return this.refused === null
      ? { code: 'dts/incbin-not-found', message: `${name}: no such file` }
      : { code: 'dts/incbin-refused', message: this.refusal(name) };
  }

  /** Finds a file for /incbin/: dtc looks beside the file, then in its search path. */
  protected findBytes(name: string): { uri: string; bytes: Uint8Array } | null {
    this.refused = null;
    const folders = [this.entryFolder, ...(this.preprocessed ? [] : [this.folder])].map((uri) => ({ uri }));
    for (const folder of [...folders, ...this.options.includeFolders]) {
      const uri = nameIn(folder, name);
      const bytes = uri === null ? null : this.files.readBytes(uri);
      if (uri !== null && bytes !== null) return { uri, bytes };
      if (uri !== null && this.files.refused?.(uri) === true) this.refused ??= uri;
    }
    return null;
  }

  /** What cpp calls the file that `find` found last: the including file's folder or the -I, then the name as written. */
  private foundAs = '';

  protected find(name: string, quoted: boolean, after: SourceFile | null = null): SourceFile | null {
    if (name.startsWith('/')) {
      this.foundAs = name;
      return this.probe(joinUri(this.folder, name));
    }
    let passed = after === null;
    if (quoted && passed) {
      const beside = this.probe(joinUri(this.folder, name));
      if (beside !== null) {
        this.foundAs = this.shown.slice(0, this.shown.lastIndexOf('/') + 1) + name;
        return beside;
      }
    }
    for (const folder of this.options.includeFolders) {
      const found = this.probeIn(folder, name);
      if (found === null) continue;
      if (passed) {
        this.foundAs = shownIn(folder, name, found);
        return found;
      }
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
    if (file === null && this.files.refused?.(uri) === true) this.refused ??= uri;
    this.frame.files.set(uri, file);
    return file;
  }

  // ---- reading a file, or using what it gave before ---------------------------------------------------------------

  private replay(unit: Unit<Item>): void {
    const { macros } = this.cache;
    const { writes, writeValues } = unit.log.effect;
    for (let i = 0; i < writes.length; i++) {
      const id = writes[i] as number;
      if (macros.length <= id) this.cache.growMacros();
      macros[id] = writeValues[i];
      this.written.push(id);
    }
    if (unit.endMode !== unit.mode) this.mode = unit.endMode;
    this.merge(unit);
  }

  /** Units whose files were compared already: no file changes while a board is read. */
  private readonly unchanged = new Map<Unit<Item>, boolean>();

  private reusable(file: SourceFile, preprocessed: boolean): Unit<Item> | null {
    const { macros } = this.cache;
    search: for (const unit of this.cache.units.candidates(file.uri)) {
      if (
        unit.file !== file ||
        unit.preprocessed !== preprocessed ||
        // macros and nothing else read alike in every mode, and leave it as it was
        (unit.mode !== this.mode && (unit.items.length > 0 || unit.problems.length > 0 || unit.endMode !== unit.mode))
      )
        continue;
      const { reads, readValues, writes, writeValues } = unit.log.effect;
      for (let i = 0; i < reads.length; i++) if (macros[reads[i] as number] !== readValues[i]) continue search;
      // A redefinition is worth a warning, which only reading the file anew gives.
      for (let i = 0; i < writes.length; i++) {
        const before = macros[writes[i] as number];
        if (before !== undefined && writeValues[i] !== undefined && before !== writeValues[i]) continue search;
      }
      // where something is missing an unknown word is no mistake, and what is read is not kept: the same is said as often as it is read
      if (this.incomplete && hasProblems(unit)) continue;
      if (filesUnchanged(unit, (uri) => this.files.read(uri), this.unchanged)) return unit;
    }
    return null;
  }

  private pushFile(found: SourceFile, preprocessed: boolean, place: Span, shown: string): void {
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
    const unit = this.atBoundary && this.undecided === null ? this.reusable(file, preprocessed) : null;
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
    this.enterFile(file, preprocessed, shown);
  }

  private isOpen(file: SourceFile): boolean {
    return this.input === file || this.stack.some((saved) => saved.input === file);
  }
}

/** Whether a unit or one within it has a problem. */
function hasProblems<Item extends object>({ problems, items }: Unit<Item>): boolean {
  return problems.length > 0 || items.some((item) => 'items' in item && hasProblems(item));
}

function nameIn(folder: IncludeFolder, name: string): string | null {
  if (folder.prefix === undefined) return joinUri(folder.uri, name);
  if (!name.startsWith(`${folder.prefix}/`)) return null;
  return joinUri(folder.uri, name.slice(folder.prefix.length + 1));
}

function shownIn({ name: folder }: IncludeFolder, name: string, found: SourceFile): string {
  if (folder === undefined) return pathOfUri(found.uri);
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
