/** Which kind of source tree a file stands in, and the include folders that tree's own build uses. */
import { dirname, join } from 'node:path';
import type { IncludeFolder } from '../source/options';
import type { Disk } from './disk';
import { realDisk } from './real-disk';
import { barebox, isBarebox, isRebasing, isUBoot, rebasing, uBoot } from './trees/bootloaders';
import { builtFrom } from './trees/build-folder';
import { isOpTee, isTfA, opTee, tfA } from './trees/firmware';
import { isLinux, linux } from './trees/linux';
import { type SourceTree, searched } from './trees/tree';
import { plain, statedIncludes } from './trees/vendor';
import { zephyr } from './trees/zephyr';

export { dtcOfBoard } from './trees/linux';
export type { SourceTree, TreeKind } from './trees/tree';
export { kernelOf } from './trees/tree';

/** The tree whose root is this very folder, of a file in it; null when it is no such root. */
function rootedAt(disk: Disk, folder: string, path: string): SourceTree | null {
  if (isUBoot(disk, folder)) return uBoot(disk, folder, path);
  if (isBarebox(disk, folder)) return barebox(disk, folder, path);
  if (isLinux(disk, folder)) return inLinux(disk, folder, path);
  if (isRebasing(disk, folder)) {
    // a copy that a bootloader carries is built by the bootloader
    const [up, higher] = [dirname(folder), dirname(dirname(folder))];
    if (isUBoot(disk, higher)) return uBoot(disk, higher, path);
    return isBarebox(disk, up) ? barebox(disk, up, path) : rebasing(disk, folder, path);
  }
  if (isOpTee(disk, folder)) return opTee(disk, folder);
  if (isTfA(disk, folder)) return tfA(disk, folder, path);
  return null;
}

/** A file of a Linux tree: vendors put theirs into dts/vendor, with folders that the makefiles there name. */
function inLinux(disk: Disk, root: string, path: string): SourceTree {
  const tree = linux(disk, root, path);
  if (!path.includes('/dts/vendor/')) return tree;
  const more: IncludeFolder[] = searched(disk, statedIncludes(disk, path, [root]));
  return { ...tree, includeFolders: [...tree.includeFolders, ...more] };
}

/**
 * Finds the tree of a file. `workspaceFolder` bounds the search of a plain folder; the root of a known tree is
 * looked for up to the file system's root. `others` are folders opened too: a kernel among them is a vendor tree's.
 */
export function treeOf(
  path: string,
  workspaceFolder: string | null,
  disk: Disk = realDisk,
  others: readonly string[] = [],
): SourceTree {
  for (let at = dirname(path); ; ) {
    const tree = rootedAt(disk, at, path);
    if (tree !== null) return tree;
    const up = dirname(at);
    if (up === at) break;
    at = up;
  }
  return zephyr(disk, path) ?? builtFrom(disk, path) ?? plain(disk, path, workspaceFolder, others);
}

/** The tree at a folder the user named (`--kernel-tree`). */
export function treeAt(root: string, disk: Disk = realDisk): SourceTree {
  return isUBoot(disk, root) ? uBoot(disk, root, join(root, 'board.dts')) : linux(disk, root);
}

/** Whether a folder is the root of a tree that `treeAt` knows. */
export const isTree = (root: string, disk: Disk = realDisk): boolean => isUBoot(disk, root) || isLinux(disk, root);

/** The include folders that a folder named by the user stands for: those of the tree's build when it is the root of one. */
export function includesAt(folder: string, disk: Disk): IncludeFolder[] | null {
  return isTree(folder, disk) ? [...treeAt(folder, disk).includeFolders] : null;
}
