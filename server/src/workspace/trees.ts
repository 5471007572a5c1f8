/** Which kind of source tree a file stands in, and the include folders that tree's own build uses. */
import { dirname, join, relative, sep } from 'node:path';
import { type DtcRules, dtcOfSource, NEWEST_DTC } from '../devicetree/dtc';
import type { IncludeFolder } from '../source/options';
import { uriOfPath } from '../source/uri';
import { type Disk, exists, isFolder, realDisk, textOf } from './disk';
import { kernelIncludeFolders } from './kernel-includes';

export type TreeKind = 'linux' | 'u-boot' | 'zephyr' | 'folder';

/** A source tree: its kind, root folder, and what the preprocessor and dtc get there. Paths are absolute. */
export interface SourceTree {
  readonly kind: TreeKind;
  readonly root: string;
  /** Of a Linux tree: the release that its Makefile states (`7.3.4`); null: none is stated. */
  readonly release: string | null;
  /** For `#include`, in search order, after the file's own folder. */
  readonly includeFolders: readonly IncludeFolder[];
  /** The dtc that this tree builds with: its own, else the newest. */
  readonly dtc: DtcRules;
  /** Folders that may hold boards, nearest first is up to the caller. */
  readonly boardFolders: readonly string[];
}

const folders = (disk: Disk, paths: readonly string[]): string[] => paths.filter((path) => isFolder(disk, path));
const searched = (disk: Disk, paths: readonly string[]): IncludeFolder[] =>
  folders(disk, paths).map((path) => ({ uri: uriOfPath(path) }));

function makefileSays(disk: Disk, root: string, word: string): boolean {
  return textOf(disk, join(root, 'Makefile'))?.slice(0, 200_000).includes(word) ?? false;
}

/** The kind of tree whose root is this very folder, or null. */
function kindOf(disk: Disk, folder: string): TreeKind | null {
  // U-Boot carries scripts/dtc too: its own marks come first
  if (exists(disk, join(folder, 'include/configs')) && makefileSays(disk, folder, 'UBOOT')) return 'u-boot';
  if (isFolder(disk, join(folder, 'scripts/dtc')) && isFolder(disk, join(folder, 'include/dt-bindings')))
    return 'linux';
  if (exists(disk, join(folder, 'west.yml')) && isFolder(disk, join(folder, 'dts/bindings'))) return 'zephyr';
  return null;
}

const dtcs = new Map<string, { readonly state: string; readonly dtc: DtcRules }>();

/** The dtc in a tree's scripts/dtc; read again when its sources change. The newest where there is none. */
function dtcOf(disk: Disk, root: string): DtcRules {
  const at = (name: string): string => join(root, 'scripts/dtc', name);
  try {
    const state = ['checks.c', 'livetree.c', 'version_gen.h']
      .map((name) => disk.stat(at(name))?.stamp ?? '-')
      .join(' ');
    const known = dtcs.get(root);
    if (known?.state === state) return known.dtc;
    const [checks, livetree] = [textOf(disk, at('checks.c')), textOf(disk, at('livetree.c'))];
    if (checks === null || livetree === null) return NEWEST_DTC;
    const dtc = dtcOfSource(checks, livetree, textOf(disk, at('version_gen.h')));
    dtcs.set(root, { state, dtc });
    return dtc;
  } catch {
    return NEWEST_DTC;
  }
}

/** The architecture folder a path below a tree's root stands in (`arch/arm64/...` gives `arm64`), or null. */
function archOf(root: string, path: string): string | null {
  const parts = relative(root, path).split(sep);
  return parts[0] === 'arch' || parts[0] === 'dts' ? (parts[1] ?? null) : null;
}

/** VERSION, PATCHLEVEL and SUBLEVEL of a kernel's Makefile. */
function releaseOf(disk: Disk, root: string): string | null {
  const text = textOf(disk, join(root, 'Makefile'))?.slice(0, 4000);
  if (text === undefined) return null;
  const field = (name: string): string | undefined => new RegExp(`^${name}\\s*=\\s*(\\d+)\\s*$`, 'm').exec(text)?.[1];
  const [version, patchlevel, sublevel] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(field);
  if (version === undefined || patchlevel === undefined) return null;
  return `${version}.${patchlevel}${sublevel === undefined ? '' : `.${sublevel}`}`;
}

function linux(disk: Disk, root: string): SourceTree {
  return {
    kind: 'linux',
    root,
    release: releaseOf(disk, root),
    includeFolders: kernelIncludeFolders(root, disk),
    dtc: dtcOf(disk, root),
    boardFolders: folders(disk, [join(root, 'arch')]),
  };
}

function uBoot(disk: Disk, root: string, path: string): SourceTree {
  // scripts/Makefile.lib of U-Boot: dts-src and upstream folders of the architecture
  const arch = archOf(root, path) ?? 'arm';
  return {
    kind: 'u-boot',
    root,
    release: null,
    includeFolders: searched(disk, [
      join(root, 'arch', arch, 'dts'),
      join(root, 'arch', arch, 'dts/include'),
      join(root, 'include'),
      join(root, 'arch', arch, 'include'),
      join(root, 'dts/upstream/include'),
      join(root, 'dts/upstream/src', arch),
      join(root, 'dts/upstream/src/arm64'),
      join(root, 'dts/upstream/src/arm'),
    ]),
    dtc: dtcOf(disk, root),
    boardFolders: folders(disk, [join(root, 'arch', arch, 'dts'), join(root, 'dts/upstream/src')]),
  };
}

function zephyr(disk: Disk, root: string): SourceTree {
  // cmake/modules/dts.cmake: DTS_ROOT folders and the system includes
  const arches = ['arc', 'arm', 'arm64', 'mips', 'nios2', 'posix', 'riscv', 'rx', 'sparc', 'x86', 'xtensa'];
  return {
    kind: 'zephyr',
    root,
    release: null,
    includeFolders: searched(disk, [
      join(root, 'include'),
      join(root, 'include/zephyr'),
      join(root, 'dts/common'),
      join(root, 'dts/vendor'),
      ...arches.map((arch) => join(root, 'dts', arch)),
      join(root, 'dts'),
    ]),
    dtc: NEWEST_DTC,
    boardFolders: folders(disk, [join(root, 'boards')]),
  };
}

function plain(disk: Disk, folder: string, limit: string | null): SourceTree {
  // the usual places beside and above the file, up to the workspace folder (or six levels)
  const includeFolders: IncludeFolder[] = [];
  let root = folder;
  for (let at = folder, level = 0; level < 6; level++) {
    includeFolders.push(
      ...searched(disk, [join(at, 'include'), join(at, 'dts/include'), join(at, 'include-prefixes')]),
    );
    root = at;
    const up = dirname(at);
    if (at === limit || up === at || limit === null) break;
    at = up;
  }
  return { kind: 'folder', root, release: null, includeFolders, dtc: NEWEST_DTC, boardFolders: [root] };
}

/**
 * Finds the tree of a file. `workspaceFolder` bounds the search of a plain folder; a Linux, U-Boot or Zephyr root is
 * looked for up to the file system's root.
 */
export function treeOf(path: string, workspaceFolder: string | null, disk: Disk = realDisk): SourceTree {
  const start = dirname(path);
  for (let at = start; ; ) {
    const kind = kindOf(disk, at);
    if (kind === 'linux') return linux(disk, at);
    if (kind === 'u-boot') return uBoot(disk, at, path);
    if (kind === 'zephyr') return zephyr(disk, at);
    const up = dirname(at);
    if (up === at) break;
    at = up;
  }
  return plain(disk, start, workspaceFolder);
}

/** The tree at a folder the user named (`--kernel-tree`). */
export function treeAt(root: string, disk: Disk = realDisk): SourceTree {
  return kindOf(disk, root) === 'u-boot' ? uBoot(disk, root, root) : linux(disk, root);
}
