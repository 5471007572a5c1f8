/** Build folders of Buildroot and Yocto: a compiled tree lies apart from the kernel that it was built with. */
import { basename, dirname, join } from 'node:path';
import type { Disk } from '../disk';
import { isLinux, linux } from './linux';
import { foldersIn, isFile, type SourceTree } from './tree';

/** Folders above a blob that are looked at. */
const MAX_UP = 8;

/**
 * The kernel tree that a blob was built from: Buildroot's `output/build/linux-*` for `output/images/x.dtb`; Yocto's
 * `tmp/work-shared/MACHINE/kernel-source`, or `tmp/work/…/linux-*` below, for `tmp/deploy/images/MACHINE/x.dtb`. Null for anything else.
 */
export function builtFrom(disk: Disk, path: string): SourceTree | null {
  if (!/\.dtbo?$/.test(path)) return null;
  for (let at = dirname(path), level = 0; level < MAX_UP && dirname(at) !== at; at = dirname(at), level++) {
    const kernels = [...buildroot(disk, at), ...yocto(disk, at, path)].filter((at) => isLinux(disk, at));
    const [root] = kernels.sort(
      (a, b) => Number(isFile(disk, join(b, '.config'))) - Number(isFile(disk, join(a, '.config'))),
    );
    if (root !== undefined) return linux(disk, root);
  }
  return null;
}

function buildroot(disk: Disk, at: string): string[] {
  // linux-headers-* is there too, without a build
  return foldersIn(disk, join(at, 'build')).filter((folder) => /^linux-/.test(basename(folder)));
}

function yocto(disk: Disk, at: string, path: string): string[] {
  const machine = /\/deploy\/images\/([^/]+)\//.exec(path)?.[1];
  const shared = foldersIn(disk, join(at, 'work-shared')).map((folder) => join(folder, 'kernel-source'));
  const own = shared.filter((folder) => machine !== undefined && basename(dirname(folder)) === machine);
  return own.length > 0 ? own : shared;
}
