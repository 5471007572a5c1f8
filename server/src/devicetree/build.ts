/** The front end's door: from a board file to its tree. */
import { parseSource } from '../dts/parser';
import type { ParsedSource, Statement } from '../dts/syntax';
import type { FileProvider, SourceFile } from '../source/file';
import { sourceFile } from '../source/file';
import type { Macro } from '../source/macro';
import { Names } from '../source/names';
import {
  DEFAULT_LIMITS,
  type IncludeFolder,
  type IncludeUse,
  type Limits,
  type SourceProblem,
} from '../source/options';
import { SourceCache, type Unit } from '../source/units';
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
  readonly limits?: Partial<Limits>;
}

export interface BuildResult {
  readonly tree: DeviceTree;
  /** Those of the text, an include's before those of the file that includes it; then those of the finished tree. */
  readonly problems: readonly Problem[];
  /** The entry and every file that was included, by URI. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** URIs where an include was looked for and no file is: one that appears there changes the tree. */
  readonly missing: readonly string[];
  readonly includes: readonly IncludeUse[];
  /** The macros that are defined at the end of the source, in the order of their definition. */
  readonly macros: readonly Macro[];
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
    });
    return finish(parsed, options.symbols ?? false);
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
      reads: [],
      readValues: [],
      writes: [],
      writeValues: [],
      files: new Map([[uri, null]]),
      mode: 0,
      preprocessed: true,
      size: 0,
    };
    return finish({ unit, macros: [], incomplete: true }, false);
  }
}

/** Builds one tree with nothing kept. */
export function buildTree(entryUri: string, files: FileProvider, options: BuildOptions = {}): BuildResult {
  return new TreeBuilder().build(entryUri, files, options);
}

function finish({ unit, macros, incomplete }: ParsedSource, symbols: boolean): BuildResult {
  const merged = mergeStatements(unit, incomplete);
  const { nodes, phandles } = resolveTree(merged, symbols);
  const problems: SourceProblem[] = [];
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
    for (const problem of at.problems) problems.push(problem);
    for (const include of at.includes) includes.push(include);
  };
  collect(unit);
  const tree: DeviceTree = {
    root: merged.root,
    nodes,
    labels: merged.labels,
    phandles,
    memoryReservations: merged.memoryReservations,
    plugin: merged.plugin,
  };
  return { tree, problems: [...problems, ...merged.problems], files, missing: [...missing], includes, macros };
}
