/** Overlays of boards: files that no board includes and that take their labels from one all the same. */
import { basename, dirname, extname, join } from 'node:path';
import { type Disk, exists } from './disk';
import { realDisk } from './real-disk';
import { Makefile } from './trees/make';
import { headOf } from './trees/tree';

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

/** What an overlay is put on by its folder's Makefile, else by a boot loader that looks for its chip; the likeliest first. */
export function basesOf(overlay: string, disk: Disk = realDisk): OverlayBase[] {
  const found = builtOn(overlay, disk);
  return found.length > 0 ? found : byMsmId(disk, overlay).map((board) => ({ board, before: [] }));
}

/** What an overlay is put on by its folder's Makefile, or by the Makefile above a folder `overlays`; in the Makefile's order. */
export function builtOn(overlay: string, disk: Disk): OverlayBase[] {
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

/** The start of a file in which `qcom,msm-id` is looked for, and how many boards. */
const HEAD = 64 * 1024;
const MAX_BOARDS = 3000;

/** The chips that a source is for: the pairs of its root's `qcom,msm-id`, as numbers. */
function msmIds(disk: Disk, path: string): Set<string> {
  const text = headOf(disk, path, HEAD)?.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '') ?? '';
  const value = /\bqcom,msm-id\s*=\s*([^;]*);/.exec(text)?.[1] ?? '';
  const cells = value.match(/\b(?:0[xX][\da-fA-F]+|\d+)\b/g)?.map(Number) ?? [];
  const ids = new Set<string>();
  for (let i = 0; i + 1 < cells.length; i += 2) ids.add(`${cells[i]} ${cells[i + 1]}`);
  return ids;
}

const PLUGIN = /^[ \t]*(?:\/dts-v1\/[ \t]*;?[ \t]*)?\/plugin\/[ \t]*;/m;

/**
 * The boards that Qualcomm's boot loader puts an overlay on: those with a chip (`qcom,msm-id`) of the overlay's. The
 * boards of a vendor's module trees (display, camera, audio) lie beside the kernel: `devicetree/qcom` of kernel_platform or
 * of the folder of all devicetrees.
 */
function byMsmId(disk: Disk, overlay: string): string[] {
  const wanted = msmIds(disk, overlay);
  if (wanted.size === 0) return [];
  const found: string[] = [];
  for (let at = dirname(overlay), level = 0; level < 8 && dirname(at) !== at; at = dirname(at), level++) {
    const places = [
      at,
      join(at, 'qcom'),
      join(at, 'devicetree/qcom'),
      join(at, 'qcom/proprietary/devicetree/qcom'),
      join(at, 'kernel_platform/qcom/proprietary/devicetree/qcom'),
    ];
    for (const folder of places)
      for (const name of list(disk, folder).slice(0, MAX_BOARDS)) {
        if (extname(name) !== '.dts') continue;
        const path = join(folder, name);
        if (path === overlay || found.includes(path)) continue;
        const { plugin, ids } = aboutBoard(disk, path);
        if (!plugin && [...ids].some((id) => wanted.has(id))) found.push(path);
      }
    if (found.length > 0) break;
  }
  // the plainest name is the chip's own file, without a board
  return found.sort((a, b) => basename(a).length - basename(b).length || (a < b ? -1 : 1));
}

const boardsRead = new Map<
  string,
  { readonly stamp: string; readonly plugin: boolean; readonly ids: ReadonlySet<string> }
>();

function aboutBoard(disk: Disk, path: string): { readonly plugin: boolean; readonly ids: ReadonlySet<string> } {
  const stamp = disk.stat(path)?.stamp ?? '';
  const known = boardsRead.get(path);
  if (known?.stamp === stamp) return known;
  const about = { stamp, plugin: PLUGIN.test(headOf(disk, path, HEAD) ?? ''), ids: msmIds(disk, path) };
  if (boardsRead.size > MAX_BOARDS) boardsRead.clear();
  boardsRead.set(path, about);
  return about;
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

/** Every overlay beside a board, and in the folder `overlays` there: what may be put on it. */
export function overlaysBeside(board: string, disk: Disk = realDisk): string[] {
  const folder = dirname(board);
  return [folder, join(folder, 'overlays')].flatMap((at) =>
    list(disk, at)
      .filter((name) => /\.(dtso|dtbo|overlay)$/.test(name))
      .sort()
      .map((name) => join(at, name)),
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

const compositesRead = new Map<string, { readonly stamp: string; readonly composites: readonly Composite[] }>();
/** Folders whose makefile is kept. */
const MAX_KEPT = 200;

/** What a folder's Makefile, or the one above it for a folder that it lists, puts on what. */
function compositesOf(disk: Disk, folder: string): readonly Composite[] {
  return [folder, dirname(folder)].flatMap((at) =>
    ['Makefile', 'Kbuild'].flatMap((name) => compositesIn(disk, join(at, name))),
  );
}

function compositesIn(disk: Disk, path: string): readonly Composite[] {
  const stamp = disk.stat(path)?.stamp;
  if (stamp === undefined) return [];
  const known = compositesRead.get(path);
  if (known?.stamp === stamp) return known.composites;
  const make = Makefile.open(disk, path);
  const composites = make === null ? [] : compositesBy(make);
  if (compositesRead.size >= MAX_KEPT) compositesRead.clear();
  compositesRead.set(path, { stamp, composites });
  return composites;
}

/**
 * `x-dtbs := board.dtb overlay.dtbo` (scripts/Makefile.lib); Qualcomm's `$(call add-overlays,OVERLAYS,BOARDS)`, every overlay on
 * every board, and its older `overlay.dtbo-base := board.dtb …`.
 */
function compositesBy(make: Makefile): Composite[] {
  const found: Composite[] = [];
  const ending = (names: readonly string[], end: string): string[] =>
    names.filter((name) => name.endsWith(end)).map((name) => basename(name, end));
  const pairs = (overlays: readonly string[], boards: readonly string[]): void => {
    for (const overlay of overlays) found.push({ boards, overlays: new Set([overlay]) });
  };
  for (const { name, value } of make.assignments) {
    if (/-dtbs$/.test(name)) {
      const names = make.wordsOf(value);
      found.push({ boards: ending(names, '.dtb'), overlays: new Set(ending(names, '.dtbo')) });
    }
    const overlay = /^(.+)\.dtbo-base$/.exec(name)?.[1];
    if (overlay !== undefined) pairs([basename(overlay)], ending(make.wordsOf(value), '.dtb'));
  }
  for (const [overlays = '', boards = ''] of make.calls(/overlay/))
    pairs(ending(make.wordsOf(overlays), '.dtbo'), ending(make.wordsOf(boards), '.dtb'));
  return found.filter(({ boards, overlays }) => boards.length > 0 && overlays.size > 0);
}
