/** Reads the drivers of a kernel tree, by what an earlier reading kept on disk where nothing has changed since. */

import type { KeptScan, Progress } from '../../scanner/discover';
import { encode } from '../../scanner/encode';
import { isUnchanged, WatchedFiles } from '../../scanner/kernel-files';
import { scanTree } from '../../scanner/scan';
import type { CatalogueData } from '../../simulator/kernel/catalogue/data';
import { DiskFiles } from './disk';
import { Kept } from './kept';

/** A kernel tree and the folders of modules that are built for it; absolute paths. */
export interface KernelRequest {
  readonly root: string;
  readonly modules: readonly string[];
  /** Where results are kept; null: nowhere. */
  readonly cache: string | null;
}

export interface KernelRead {
  readonly data: CatalogueData;
  /** What Makefiles name and is not there: folders below the tree. */
  readonly missing: readonly string[];
  /** What could not be read or kept, for people. */
  readonly problems: readonly string[];
  /** Objects that were read anew; null: nothing had changed, the catalogue is the kept one. */
  readonly read: number | null;
}

interface KeptCatalogue {
  readonly seen: readonly (readonly [string, string])[];
  readonly data: CatalogueData;
  readonly missing: readonly string[];
  readonly problems: readonly string[];
}

/** Throws an Error for people when the folder is no kernel tree, and what `progress` throws. */
export function readKernel({ root, modules, cache }: KernelRequest, progress: Progress = () => undefined): KernelRead {
  const outside = new Map(modules.map((folder, i) => [`modules-${i}`, folder] as const));
  const disk = new DiskFiles(root, outside);
  if (!disk.has('Makefile')) throw new Error(`${root} is no kernel source: it has no Makefile`);
  if (!disk.has('drivers/Makefile')) throw new Error(`${root} has no drivers: it has no drivers/Makefile`);
  const kept = cache === null ? null : new Kept(cache, [root, ...modules].join('\n'));
  const last = kept?.read<KeptCatalogue>('catalogue') ?? null;
  if (last !== null && isUnchanged(disk, last.seen))
    return {
      data: last.data,
      missing: last.missing,
      problems: [...last.problems, ...(kept?.problems ?? [])],
      read: null,
    };
  const files = new WatchedFiles(disk);
  const before = kept?.read<KeptScan>('scan') ?? null;
  const scan = scanTree(files, { before, progress, modules: [...outside.keys()] });
  const { data } = encode(named(scan.tree, outside));
  const problems = disk.problems;
  kept?.write('scan', scan.kept);
  // what objects were made from counts as seen, whether or not it was read this time
  scan.kept.paths.forEach((path, i) => {
    if (!files.seen.has(path)) files.seen.set(path, scan.kept.stamps[i] ?? '');
  });
  kept?.write('catalogue', { seen: [...files.seen], data, missing: scan.missing, problems } satisfies KeptCatalogue);
  kept?.forgetOldest();
  return { data, missing: scan.missing, problems: [...problems, ...(kept?.problems ?? [])], read: scan.read };
}

type Tree = Parameters<typeof encode>[0];

/** Files of modules outside the tree under their own paths. */
function named(tree: Tree, outside: ReadonlyMap<string, string>): Tree {
  if (outside.size === 0) return tree;
  const path = (file: string): string => {
    const folder = outside.get(file.slice(0, file.indexOf('/')));
    return folder === undefined ? file : `${folder}${file.slice(file.indexOf('/'))}`;
  };
  const place = <T extends { readonly place: { readonly file: string; readonly line: number } | null }>(item: T): T =>
    item.place === null ? item : { ...item, place: { ...item.place, file: path(item.place.file) } };
  return {
    ...tree,
    found: {
      ...tree.found,
      drivers: tree.found.drivers.map((driver) => ({ ...place(driver), of: driver.of.map(place) })),
      early: tree.found.early.map(place),
    },
  };
}
