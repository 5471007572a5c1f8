/** Overlays of boards: files that no board includes and that take their labels from one all the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

const OVERLAY = new Set(['.dtso', '.overlay']);

/**
 * The overlays that belong to boards (absolute paths), in order. The folder's Makefile decides where it puts an overlay on
 * a board (`x-dtbs := board.dtb overlay.dtbo`, scripts/Makefile.lib of Linux); an overlay it does not name belongs to
 * all boards of its folder, so it is taken when these are all among the given ones.
 */
export function overlaysOf(boards: readonly string[]): string[] {
  const given = new Set(boards);
  const found: string[] = [];
  for (const folder of new Set(boards.map(dirname))) {
    const files = list(folder);
    const composites = compositesOf(folder);
    const all = files.filter((name) => extname(name) === '.dts').every((name) => given.has(join(folder, name)));
    const overlays = [...files, ...list(join(folder, 'overlays')).map((name) => `overlays/${name}`)];
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

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

interface Composite {
  readonly boards: readonly string[];
  readonly overlays: ReadonlySet<string>;
}

function compositesOf(folder: string): Composite[] {
  let text: string;
  try {
    text = readFileSync(join(folder, 'Makefile'), 'latin1').slice(0, 1_000_000).replace(/\\\n/g, ' ');
  } catch {
    return [];
  }
  return [...text.matchAll(/^[\w.+-]+-dtbs[ \t]*[:+]?=[ \t]*(.*)$/gm)].map((match) => {
    const names = (match[1] ?? '').split(/\s+/);
    const ending = (end: string) => names.filter((n) => n.endsWith(end)).map((n) => basename(n, end));
    return { boards: ending('.dtb'), overlays: new Set(ending('.dtbo')) };
  });
}
