/** Overlays of boards: files that no board includes and that take their labels from one all the same. */
import { basename, dirname, extname, join } from 'node:path';
import { type Disk, exists, realDisk, textOf } from './disk';

const OVERLAY = new Set(['.dtso', '.overlay']);

/**
 * The overlays that belong to boards (absolute paths), in order. The folder's Makefile decides where it puts an overlay on
 * a board (`x-dtbs := board.dtb overlay.dtbo`, scripts/Makefile.lib of Linux); an overlay it does not name belongs to
 * all boards of its folder, so it is taken when these are all among the given ones.
 */
export function overlaysOf(boards: readonly string[], disk: Disk = realDisk): string[] {
  const given = new Set(boards);
  const found: string[] = [];
  for (const folder of new Set(boards.map(dirname))) {
    const files = list(disk, folder);
    const composites = compositesOf(disk, folder);
    const all = files.filter((name) => extname(name) === '.dts').every((name) => given.has(join(folder, name)));
    const overlays = [...files, ...list(disk, join(folder, 'overlays')).map((name) => `overlays/${name}`)];
    for (const name of overlays) {
      if (!OVERLAY.has(extname(name))) continue;
      const stem = basename(name, extname(name));
      const bases = composites.filter((c) => c.overlays.has(stem)).flatMap((c) => c.boards);
      if (bases.length === 0 ? all : bases.some((base) => given.has(join(folder, `${base}.dts`))))
        found.push(join(folder, name));
    }
  }
  return found.sort();
}

/** A board that an overlay is put on, after other overlays (absolute paths). */
export interface OverlayBase {
  readonly board: string;
  readonly before: readonly string[];
}

/** What an overlay is put on by its folder's Makefile, or by the Makefile above a folder `overlays`; in the Makefile's order. */
export function basesOf(overlay: string, disk: Disk = realDisk): OverlayBase[] {
  const stem = basename(overlay, extname(overlay));
  const found: OverlayBase[] = [];
  for (const folder of foldersOf(overlay)) {
    const pathOf = (name: string, endings: readonly string[]): string[] =>
      endings
        .flatMap((end) => [join(folder, `${name}${end}`), join(folder, 'overlays', `${name}${end}`)])
        .filter((path) => exists(disk, path))
        .slice(0, 1);
    for (const { boards, overlays } of compositesOf(disk, folder)) {
      if (!overlays.has(stem)) continue;
      const names = [...overlays];
      const before = names.slice(0, names.indexOf(stem)).flatMap((name) => pathOf(name, ['.dtso', '.dts']));
      for (const board of boards.flatMap((name) => pathOf(name, ['.dts'])))
        if (!found.some((base) => base.board === board)) found.push({ board, before });
    }
  }
  return found;
}

/** Every board beside an overlay: what it may be put on when nobody says. */
export function boardsBeside(overlay: string, disk: Disk = realDisk): string[] {
  return foldersOf(overlay).flatMap((folder) =>
    list(disk, folder)
      .filter((name) => extname(name) === '.dts')
      .map((name) => join(folder, name))
      .filter((path) => path !== overlay),
  );
}

function foldersOf(overlay: string): string[] {
  const folder = dirname(overlay);
  return basename(folder) === 'overlays' ? [folder, dirname(folder)] : [folder];
}

function list(disk: Disk, folder: string): string[] {
  return disk.list(folder).map((entry) => entry.name);
}

interface Composite {
  readonly boards: readonly string[];
  readonly overlays: ReadonlySet<string>;
}

function compositesOf(disk: Disk, folder: string): Composite[] {
  const text = textOf(disk, join(folder, 'Makefile'))?.slice(0, 1_000_000).replace(/\\\n/g, ' ') ?? '';
  return [...text.matchAll(/^[\w.+-]+-dtbs[ \t]*[:+]?=[ \t]*(.*)$/gm)].map((match) => {
    const names = (match[1] ?? '').split(/\s+/);
    const ending = (end: string) => names.filter((n) => n.endsWith(end)).map((n) => basename(n, end));
    return { boards: ending('.dtb'), overlays: new Set(ending('.dtbo')) };
  });
}
