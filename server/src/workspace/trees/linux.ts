/** Linux source trees, of any age and of vendors too. */
import { basename, dirname, extname, join } from 'node:path';
import { type DtcRules, dtcOfSource, NEWEST_DTC, switchedOff } from '../../devicetree/dtc';
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

/** Where a tree's build says which of dtc's checks it switches off; the first that is there. */
const BUILD = ['scripts/Makefile.dtbs', 'scripts/Makefile.lib'];

/** The checks that the build of a tree switches off unless it is asked for more (W=1); null: it does not say. */
function silentIn(disk: Disk, root: string): string[] | null {
  for (const name of BUILD) {
    const off = switchedOff(textOf(disk, join(root, name)) ?? '');
    if (off.length > 0) return off;
  }
  return null;
}

/** The dtc in a tree's scripts/dtc; read again when its sources change. The newest where there is none. */
export function dtcOf(disk: Disk, root: string): DtcRules {
  const at = (name: string): string => join(root, 'scripts/dtc', name);
  try {
    const sources = [...['checks.c', 'livetree.c', 'version_gen.h'].map(at), ...BUILD.map((name) => join(root, name))];
    const state = sources.map((path) => disk.stat(path)?.stamp ?? '-').join(' ');
    const known = dtcs.get(root);
    if (known?.state === state) return known.dtc;
    const [checks, livetree] = [textOf(disk, at('checks.c')), textOf(disk, at('livetree.c'))];
    if (checks === null || livetree === null) return NEWEST_DTC;
    const silent = silentIn(disk, root);
    const dtc = { ...dtcOfSource(checks, livetree, textOf(disk, at('version_gen.h'))), ...(silent && { silent }) };
    dtcs.set(root, { state, dtc });
    return dtc;
  } catch {
    return NEWEST_DTC;
  }
}

/** The lines of a Makefile that give one board's dtc flags of its own (`DTC_FLAGS_board := -Wno-interrupt_map`), by board. */
const flagsIn = new Map<string, { readonly stamp: string; readonly silent: ReadonlyMap<string, readonly string[]> }>();

/** Those that were made, so that a board has the same one each time. */
const withFlags = new WeakMap<DtcRules, Map<string, DtcRules>>();

/** The dtc with which the Makefile beside a board has it built. The same object while nothing changes. */
export function dtcOfBoard(disk: Disk, dtc: DtcRules, board: string): DtcRules {
  const makefile = join(dirname(board), 'Makefile');
  const stamp = disk.stat(makefile)?.stamp;
  if (stamp === undefined) return dtc;
  let known = flagsIn.get(makefile);
  if (known?.stamp !== stamp) {
    const lines = (textOf(disk, makefile) ?? '').matchAll(/^DTC_FLAGS_(\S+?)[ \t]*[:+?]?=(.*)$/gm);
    known = { stamp, silent: new Map([...lines].map(([, name = '', flags = '']) => [name, switchedOff(flags)])) };
    flagsIn.set(makefile, known);
  }
  const silentHere = known.silent.get(basename(board, extname(board))) ?? [];
  if (silentHere.length === 0) return dtc;
  const made = withFlags.get(dtc) ?? new Map<string, DtcRules>();
  withFlags.set(dtc, made);
  const key = silentHere.join(' ');
  const rules = made.get(key) ?? { ...dtc, silentHere };
  made.set(key, rules);
  return rules;
}
