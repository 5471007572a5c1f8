/** Linux source trees, of any age and of vendors too. */
import { join } from 'node:path';
import { type DtcRules, dtcOfSource, NEWEST_DTC } from '../../devicetree/dtc';
import { type Disk, textOf } from '../disk';
import { kernelIncludeFolders } from './kernel-includes';
import { folders, headOf, isFolder, type SourceTree } from './tree';

/** Whether a folder is the root of a Linux source tree. U-Boot carries scripts/dtc too: its own marks are asked first. */
export function isLinux(disk: Disk, folder: string): boolean {
  if (!isFolder(disk, join(folder, 'include/dt-bindings'))) return false;
  return (
    isFolder(disk, join(folder, 'scripts/dtc')) ||
    (isFolder(disk, join(folder, 'arch')) && releaseOf(disk, folder) !== null)
  );
}

export function linux(disk: Disk, root: string, path: string | null = null): SourceTree {
  return {
    kind: 'linux',
    root,
    release: releaseOf(disk, root),
    includeFolders: kernelIncludeFolders(disk, root, path),
    dtc: dtcOf(disk, root),
    boardFolders: folders(disk, [join(root, 'arch')]),
  };
}

/** VERSION, PATCHLEVEL and SUBLEVEL of a kernel's Makefile. */
export function releaseOf(disk: Disk, root: string): string | null {
  const text = headOf(disk, join(root, 'Makefile'), 4000);
  if (text === null) return null;
  const field = (name: string): string | undefined => new RegExp(`^${name}\\s*=\\s*(\\d+)\\s*$`, 'm').exec(text)?.[1];
  const [version, patchlevel, sublevel] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(field);
  if (version === undefined || patchlevel === undefined) return null;
  return `${version}.${patchlevel}${sublevel === undefined ? '' : `.${sublevel}`}`;
}

const dtcs = new Map<string, { readonly state: string; readonly dtc: DtcRules }>();

/** The dtc in a tree's scripts/dtc; read again when its sources change. The newest where there is none. */
export function dtcOf(disk: Disk, root: string): DtcRules {
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
