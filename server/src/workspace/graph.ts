/**
 * Who includes whom, by the include lines alone: enough to find the boards of an include file without building
 * thousands of trees. Folders are read as needed and kept until a file in them changes.
 */
import { basename, dirname, extname, join, resolve } from 'node:path';
import { type Disk, textOf } from './disk';
import { realDisk } from './real-disk';
import type { SourceTree } from './trees';

const SOURCE = new Set(['.dts', '.dtsi', '.dtso', '.overlay', '.h']);
const BOARD = new Set(['.dts', '.dtso', '.overlay']);
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]|\/include\/[ \t]*"([^"\n]+)"/gm;
/** Where an include begins, in whatever form. */
const BEGINNING = /#[ \t]*include\b|\/include\//g;
/** What cpp takes away before it looks for directives: joined lines, comments (not those in strings). */
const NO_TEXT = /"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const ANY_FORM = /^[ \t]*#[ \t]*include\b[ \t]*(?:[<"]([^>"\n]+)[>"]|(\w))?|\/include\/\s*"([^"\n]+)"/gm;
/** The name of an include that a macro makes: it may be any file. */
const COMPUTED = '*';
/** No more folders than this are searched for one file. */
const MAX_FOLDERS = 4000;
/** Nor folders nested more deeply. */
const DEPTH = 8;

/** Whether a file name is a board's: something a tree can be built from by itself. */
export function isBoard(path: string): boolean {
  return BOARD.has(extname(path)) || path.endsWith('.dtb') || path.endsWith('.dtbo');
}

/** What files include, from an earlier session. */
export interface IncludeMemory {
  /** The names that a file in this state includes; null when they are not known. */
  get(path: string, stamp: string): readonly string[] | null;
  set(path: string, stamp: string, names: readonly string[]): void;
}

/** A step of reading a tree: a file that is read, of so many found so far. */
export interface IncludeStep {
  readonly path: string | null;
  readonly done: number;
  readonly of: number;
}

export class IncludeGraph {
  /** Absolute path to the names it includes, as written. */
  private readonly includes = new Map<string, readonly string[]>();
  private readonly listings = new Map<string, { files: string[]; folders: string[] }>();

  constructor(private readonly disk: Disk = realDisk) {}

  /** Forgets a file (and its folder's listing) that changed. */
  invalidate(path: string): void {
    this.includes.delete(path);
    this.listings.delete(dirname(path));
  }

  /** Forgets everything: what was not there may have come. */
  forget(): void {
    this.includes.clear();
    this.listings.clear();
  }

  /**
   * The boards that include a file, directly or through other includes, nearest first: fewest steps, then by name.
   * Looks in the file's own folder first and in the whole tree only when `everywhere` or nothing was found.
   */
  boardsOf(path: string, tree: SourceTree, everywhere: boolean): string[] {
    if (isBoard(path)) return [path];
    const near = this.search(path, this.sourcesBelow([dirname(path)], 0));
    if (near.length > 0 && !everywhere) return near;
    return this.search(path, this.sourcesBelow(searchRoots(path, tree), DEPTH));
  }

  /** Reads what a search from this file in its whole tree would, step by step; what was read before is not read again. */
  *reading(path: string, tree: SourceTree, memory: IncludeMemory): Generator<IncludeStep> {
    const files: string[] = [];
    for (const folder of this.foldersBelow(searchRoots(path, tree), DEPTH)) {
      files.push(...this.list(folder).files);
      yield { path: null, done: 0, of: files.length };
    }
    let done = 0;
    for (const file of files) {
      this.includesOf(file, memory);
      yield { path: file, done: ++done, of: files.length };
    }
  }

  private search(path: string, candidates: readonly string[]): string[] {
    return boardsThatInclude([path], candidates, (from) => this.includesOf(from));
  }

  private includesOf(path: string, memory: IncludeMemory | null = null): readonly string[] {
    const known = this.includes.get(path);
    if (known !== undefined) return known;
    const stamp = memory === null ? null : (this.disk.stat(path)?.stamp ?? null);
    const kept = stamp === null ? null : (memory?.get(path, stamp) ?? null);
    const names = kept ?? includeNames(textOf(this.disk, path) ?? '');
    if (stamp !== null && kept === null) memory?.set(path, stamp, names);
    this.includes.set(path, names);
    return names;
  }

  private sourcesBelow(roots: readonly string[], depth: number): string[] {
    return [...this.foldersBelow(roots, depth)].flatMap((folder) => this.list(folder).files);
  }

  private *foldersBelow(roots: readonly string[], depth: number): Generator<string> {
    const queue = roots.map((folder) => ({ folder, depth }));
    const seen = new Set<string>();
    for (let i = 0; i < queue.length && seen.size < MAX_FOLDERS; i++) {
      const item = queue[i];
      if (item === undefined || seen.has(item.folder)) continue;
      seen.add(item.folder);
      yield item.folder;
      if (item.depth > 0)
        for (const sub of this.list(item.folder).folders) queue.push({ folder: sub, depth: item.depth - 1 });
    }
  }

  private list(folder: string): { files: string[]; folders: string[] } {
    const known = this.listings.get(folder);
    if (known !== undefined) return known;
    const listing = { files: [] as string[], folders: [] as string[] };
    for (const entry of this.disk.list(folder)) {
      if (entry.folder) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.'))
          listing.folders.push(join(folder, entry.name));
      } else if (SOURCE.has(extname(entry.name)) && extname(entry.name) !== '.h')
        listing.files.push(join(folder, entry.name));
    }
    this.listings.set(folder, listing);
    return listing;
  }
}

/** Where the boards of a file may lie: beside it, and where its tree has boards. */
const searchRoots = (path: string, tree: SourceTree): string[] => [...new Set([dirname(path), ...tree.boardFolders])];

/** The names that a text includes, as written, whatever conditionals say; `*` where a macro makes the name. */
export function includeNames(text: string): string[] {
  const names = [...text.matchAll(INCLUDE)].flatMap((match) => match[1] ?? match[2] ?? []);
  if (beginnings(text) <= names.length) return names;
  const plain = text.replace(/\\\r?\n/g, '').replace(NO_TEXT, (part) => (part.startsWith('"') ? part : ' '));
  for (const [, name, other, byDtc] of plain.matchAll(ANY_FORM)) {
    const found = name ?? byDtc ?? (other === undefined ? undefined : COMPUTED);
    if (found !== undefined) names.push(found);
  }
  return [...new Set(names)];
}

const beginnings = (text: string): number => text.match(BEGINNING)?.length ?? 0;

/** Whether lines of a file with the word `include` do not say by themselves what it includes. */
export function areCut(lines: string): boolean {
  return beginnings(lines) > (lines.match(INCLUDE)?.length ?? 0);
}

/**
 * The boards among `candidates` (absolute paths) that include any of the files, directly or through other candidates: fewest
 * steps first, then by name. With `throughBoards` also those that include such a board, or a file that a macro names.
 */
export function boardsThatInclude(
  files: readonly string[],
  candidates: Iterable<string>,
  includesOf: (path: string) => readonly string[],
  throughBoards = false,
): string[] {
  // reverse edges by base name first: resolving every include of every file would touch the disk for nothing
  const byName = new Map<string, { from: string; name: string }[]>();
  for (const from of candidates)
    for (const name of includesOf(from)) {
      const key = name.slice(name.lastIndexOf('/') + 1);
      const list = byName.get(key);
      if (list === undefined) byName.set(key, [{ from, name }]);
      else list.push({ from, name });
    }
  const boards: string[] = [];
  const computed = (throughBoards ? byName.get(COMPUTED) : undefined) ?? [];
  const seen = new Set(files);
  let layer = [...files];
  while (layer.length > 0) {
    const next: string[] = [];
    const found: string[] = [];
    for (const target of layer)
      for (const { from, name } of [...(byName.get(basename(target)) ?? []), ...computed]) {
        if (seen.has(from) || (name !== COMPUTED && !mayResolve(from, name, target))) continue;
        seen.add(from);
        if (isBoard(from)) found.push(from);
        if (!isBoard(from) || throughBoards) next.push(from);
      }
    boards.push(...found.sort());
    layer = next;
  }
  return boards;
}

/**
 * Whether `name` written in `from` can mean `target`: relative to the including file, or the end of the target's path
 * (include folders; `arm64/qcom/x.dtsi` for arch/arm64/boot/dts/qcom/x.dtsi through the kernel's include prefixes).
 */
function mayResolve(from: string, name: string, target: string): boolean {
  if (resolve(dirname(from), name) === target) return true;
  const plainName = name.replace(/^(\.\.?\/)+/, '');
  if (target.endsWith(`/${plainName}`)) return true;
  const [arch, ...rest] = plainName.split('/');
  return rest.length > 0 && target.endsWith(`/arch/${arch}/boot/dts/${rest.join('/')}`);
}
