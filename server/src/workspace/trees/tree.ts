/** What a source tree is to the front end, and how folders are looked at. */
import { join } from 'node:path';
import type { DtcRules } from '../../devicetree/dtc';
import type { IncludeFolder } from '../../source/options';
import { uriOfPath } from '../../source/uri';
import { type Disk, isFolder, textOf } from '../disk';

export type TreeKind = 'linux' | 'u-boot' | 'barebox' | 'rebasing' | 'zephyr' | 'op-tee' | 'tf-a' | 'vendor' | 'folder';

/** A source tree: its kind, root folder, and what the preprocessor and dtc get there. Paths are absolute. */
export interface SourceTree {
  readonly kind: TreeKind;
  readonly root: string;
  /** Of a Linux tree, or of the kernel beside a vendor's devicetrees: the release that its Makefile states (`7.3.4`); null: none is stated. */
  readonly release: string | null;
  /** Of devicetrees outside of a kernel: the root of the kernel source that lies beside, as their vendor's build has it. */
  readonly kernel?: string;
  /** For `#include`, in search order, after the file's own folder. */
  readonly includeFolders: readonly IncludeFolder[];
  /** Macros that this tree's build passes with -D. */
  readonly defines?: readonly (readonly [name: string, value: string])[];
  /** Headers that a build makes: without a build they are missing, and nobody's mistake. */
  readonly generated?: RegExp;
  /** Whether a configuration's symbols are among `defines`; `unknown`: nobody configured the tree. Absent: its build gives none. */
  readonly kconfig?: 'set' | 'unknown';
  /** The build passes macros by options of its call; of these it gives no value that can be told. Absent: it passes none so. */
  readonly byOption?: readonly string[];
  /** The dtc that this tree builds with: its own, else the newest. */
  readonly dtc: DtcRules;
  /** Folders that may hold boards, nearest first is up to the caller. */
  readonly boardFolders: readonly string[];
  /** Whether two files of one folder may get different folders and macros. */
  readonly perFile?: boolean;
}

/** The root of the kernel source that boots the boards of a tree; null when none is known. */
export const kernelOf = (tree: SourceTree): string | null =>
  tree.kind === 'linux' ? tree.root : (tree.kernel ?? null);

export { isFolder } from '../disk';

export const isFile = (disk: Disk, path: string): boolean => disk.stat(path)?.folder === false;

export const folders = (disk: Disk, paths: readonly string[]): string[] =>
  [...new Set(paths)].filter((path) => isFolder(disk, path));

export const searched = (disk: Disk, paths: readonly string[]): IncludeFolder[] =>
  folders(disk, paths).map((path) => ({ uri: uriOfPath(path) }));

/** Entries of one folder that count; a folder with more is no folder of sources. */
const MAX_ENTRIES = 20_000;
/** No makefile or setting that counts is larger (bytes). */
const MAX_TEXT = 4 << 20;

/** The folders in a folder, by name. */
export function foldersIn(disk: Disk, folder: string): string[] {
  return entriesIn(disk, folder, true);
}

/** The files in a folder, by name. */
export function filesIn(disk: Disk, folder: string): string[] {
  return entriesIn(disk, folder, false);
}

function entriesIn(disk: Disk, folder: string, wanted: boolean): string[] {
  return disk
    .list(folder)
    .slice(0, MAX_ENTRIES)
    .filter((entry) => entry.folder === wanted)
    .map((entry) => join(folder, entry.name))
    .sort();
}

/** The start of a text file, null when it cannot be read. */
export function headOf(disk: Disk, path: string, length = 1 << 20): string | null {
  const stat = disk.stat(path);
  if (stat === null || stat.folder || stat.size > MAX_TEXT) return null;
  return textOf(disk, path)?.slice(0, length) ?? null;
}
