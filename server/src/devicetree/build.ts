/** The front end's door: from a board file to its tree. */
import { UNKNOWN_CONSTANT } from '../dts/expressions';
import { parseSource } from '../dts/parser';
import type { ParsedSource, Statement } from '../dts/syntax';
import type { FileProvider, SourceFile, Span } from '../source/file';
import { positionAt, sourceFile } from '../source/file';
import type { Macro } from '../source/macro';
import { Names } from '../source/names';
import {
  type BuildTime,
  DEFAULT_LIMITS,
  type IncludeFolder,
  type IncludeUse,
  type Limits,
  type SourceProblem,
} from '../source/options';
import type { ByOption } from '../source/undecided';
import { MacroLog, SourceCache, type Unit } from '../source/units';
import { type DtcRules, NEWEST_DTC } from './dtc';
import { mergeStatements } from './merge';
import type { DeviceTree, Problem } from './model';
import { resolveTree } from './resolve';

export interface BuildOptions {
  /** Where `#include <…>`, and after the including file's own folder `#include "…"`, are looked up; dtc's /include/ too. */
  readonly includeFolders?: readonly IncludeFolder[];
  /** `-D NAME=VALUE`. `__DTS__` is always defined. */
  readonly defines?: readonly (readonly [name: string, value: string])[];
  /** dtc's -@: __symbols__ and a phandle for every labelled node. */
  readonly symbols?: boolean;
  /** Which dtc's ways to follow; by default the newest's. */
  readonly dtc?: DtcRules;
  readonly limits?: Partial<Limits>;
  /** The entry as cpp is given it, and when: for __FILE__, __BASE_FILE__, __DATE__ and the like. */
  readonly name?: string;
  readonly builtAt?: BuildTime;
  /** The source is a part of a board that is not known: names and labels that are not found are no mistakes. */
  readonly incomplete?: boolean;
  /** Headers that the tree's build makes, by the name in the include: one that is missing is no mistake of the source. */
  readonly generated?: RegExp;
  /** Whether symbols of a configuration are among `defines`, or the tree has none (PreprocessOptions.kconfig). */
  readonly kconfig?: 'set' | 'unknown';
  /** Macros that the build passes by options (PreprocessOptions.byOption). */
  readonly byOption?: ByOption;
}

export interface BuildResult {
  readonly tree: DeviceTree;
  /** Those of the text, an include's before those of the file that includes it; then those of the finished tree. */
  readonly problems: readonly Problem[];
  /** Words that stand for constants of an include that is missing, where they are used: their cells hold 0 here, and mean nothing. */
  readonly unknown: readonly Span[];
  /** The entry and every file that was included, by URI. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** URIs where an include was looked for and no file is: one that appears there changes the tree. */
  readonly missing: readonly string[];
  readonly includes: readonly IncludeUse[];
  /** The macros that are defined at the end of the source, in the order of their definition. */
  readonly macros: readonly Macro[];
  /**
   * The lines of a file that conditionals (#if, #ifdef, …) leave out of this board, in order and without overlap. Where the
   * file is included more than once, lines that no reading took: a header's guard leaves nothing out. Lines that hold
   * only directives stay active. Empty for files that are not part of the board.
   */
  inactiveRegions(uri: string): readonly LineRange[];
}

/** Whole lines [start, end), counted from 0. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** Units of up to this many characters together are kept between builds. */
const UNIT_CACHE = 24 << 20;

/**
 * Builds trees and keeps what they share (words, macros, parsed includes), so that a second board of the same SoC, or the same
 * board after an edit, costs little. One per process or language server. Results are immutable and independent of it.
 */
export class TreeBuilder {
  private readonly cache: SourceCache<Statement>;

  constructor(cacheSize = UNIT_CACHE) {
    this.cache = new SourceCache<Statement>(new Names(), cacheSize);
  }

  /** Builds the tree of a board. Never throws; a file that cannot be read gives an empty tree and a problem. */
  build(entryUri: string, files: FileProvider, options: BuildOptions = {}): BuildResult {
    const entry = files.read(entryUri);
    if (entry === null) return this.unreadable(entryUri);
    const parsed = parseSource(entry, files, this.cache, {
      includeFolders: options.includeFolders ?? [],
      defines: options.defines ?? [],
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      ...(options.name !== undefined && { name: options.name }),
      ...(options.builtAt && { builtAt: options.builtAt }),
      ...(options.incomplete === true && { incomplete: true }),
      ...(options.generated && { generated: options.generated }),
      ...(options.kconfig && { kconfig: options.kconfig }),
      ...(options.byOption && { byOption: options.byOption }),
    });
    return finish(parsed, options.symbols ?? false, options.dtc ?? NEWEST_DTC);
  }

  private unreadable(uri: string): BuildResult {
    const file = sourceFile(uri, '');
    const unit: Unit<Statement> = {
      file,
      items: [],
      problems: [
        { severity: 'error', code: 'cpp/file-not-found', message: 'no such file', span: { file, start: 0, end: 0 } },
      ],
      includes: [],
      readings: [],
      log: new MacroLog(),
      files: new Map([[uri, null]]),
      mode: 0,
      endMode: 0,
      preprocessed: true,
      size: 0,
    };
    return finish({ unit, macros: [], incomplete: true, undecided: new Set() }, false, NEWEST_DTC);
  }
}

/** Builds one tree with nothing kept. */
export function buildTree(entryUri: string, files: FileProvider, options: BuildOptions = {}): BuildResult {
  return new TreeBuilder().build(entryUri, files, options);
}

function finish({ unit, macros, incomplete, undecided }: ParsedSource, symbols: boolean, dtc: DtcRules): BuildResult {
  const merged = mergeStatements(unit, incomplete, undecided);
  const { nodes, phandles } = resolveTree(merged, symbols, dtc);
  const problems: SourceProblem[] = [];
  const unknown: Span[] = [];
  const includes: IncludeUse[] = [];
  const files = new Map<string, SourceFile>([[unit.file.uri, unit.file]]);
  const missing = new Set<string>();
  const seen = new Set<Unit<Statement>>();
  const collect = (at: Unit<Statement>): void => {
    if (seen.has(at)) return;
    seen.add(at);
    for (const [uri, file] of at.files) {
      if (file === null) missing.add(uri);
      else files.set(uri, file);
    }
    for (const item of at.items) if ('items' in item) collect(item);
    // What is wrong in an include comes before what follows from it.
    for (const problem of at.problems)
      if (problem.code === UNKNOWN_CONSTANT) unknown.push(problem.span);
      else problems.push(problem);
    for (const include of at.includes) includes.push(include);
  };
  collect(unit);
  for (const span of merged.unknown) unknown.push(span);
  const tree: DeviceTree = {
    root: merged.root,
    nodes,
    labels: merged.labels,
    phandles,
    memoryReservations: merged.memoryReservations,
    plugin: merged.plugin,
    dtc,
  };
  return {
    tree,
    problems: [...problems, ...merged.problems],
    unknown,
    files,
    missing: [...missing],
    includes,
    macros,
    inactiveRegions: (uri) => inactiveRegions(unit, uri),
  };
}

function inactiveRegions(root: Unit<Statement>, uri: string): readonly LineRange[] {
  const seen = new Set<Unit<Statement>>();
  let file: SourceFile | null = null;
  let offsets: readonly number[] = [];
  const visit = (unit: Unit<Statement>): void => {
    if (seen.has(unit)) return;
    seen.add(unit);
    for (const reading of unit.readings) {
      if (reading.file.uri !== uri) continue;
      offsets = file === null ? reading.skipped : commonRanges(offsets, reading.skipped);
      file = reading.file;
    }
    for (const item of unit.items) if ('items' in item) visit(item);
  };
  visit(root);
  const ranges: LineRange[] = [];
  if (file === null) return ranges;
  const lines = (file as SourceFile).lineStarts;
  const lineOf = (offset: number): number => {
    const { line, character } = positionAt(file as SourceFile, offset);
    return character > 0 ? Math.min(line + 1, lines.length) : line;
  };
  for (let i = 0; i < offsets.length; i += 2)
    ranges.push({ start: lineOf(offsets[i] as number), end: lineOf(offsets[i + 1] as number) });
  return ranges;
}

/** What two ascending lists of ranges (start and end by turns) have in common. */
function commonRanges(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const start = Math.max(a[i] as number, b[j] as number);
    const end = Math.min(a[i + 1] as number, b[j + 1] as number);
    if (start < end) out.push(start, end);
    if ((a[i + 1] as number) < (b[j + 1] as number)) i += 2;
    else j += 2;
  }
  return out;
}
