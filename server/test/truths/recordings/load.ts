/** Reads recordings: from a folder in their own format, or from the compact bundles under fixtures/. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { type Recording, type RecordingFile, wellFormed } from './recording';

/** What a bundle leaves out: times of day of the rig, and what other fields say already. */
const dropped = new Set(['t', 'pm_callbacks', 'iommu_trace']);
/** Here the order of the times decides what a row means (kinds/dma.ts, kinds/lazy.ts). */
const timed = new Set(['dma', 'iommu_info']);

interface Timed {
  readonly t: number;
  readonly domain?: string;
}

/**
 * Times of the rows in `dma` and `iommu_info` for a bundle: ranks, which pack well; real ones where a flush queue's
 * timer counts.
 */
function rankOf(file: RecordingFile): (t: number) => number {
  const infos = file.iommu_info as readonly Timed[];
  if (infos.some((info) => info.domain === 'DMA-FQ')) return (t) => t;
  const times = new Set([...infos, ...(file.dma as readonly Timed[])].map((row) => row.t));
  const ranks = new Map([...times].sort((a, b) => a - b).map((t, i) => [t, i]));
  return (t) => ranks.get(t) ?? 0;
}

function slim(value: unknown, time: ((t: number) => number) | null): unknown {
  if (Array.isArray(value)) return value.map((inner) => slim(inner, time));
  if (value === null || typeof value !== 'object') return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value))
    if (key === 't' && time !== null && typeof inner === 'number') kept[key] = time(inner);
    else if (!dropped.has(key)) kept[key] = slim(inner, time);
  return kept;
}

function slimFile(file: RecordingFile): RecordingFile {
  const time = rankOf(file);
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(file))
    if (!dropped.has(key)) kept[key] = slim(value, timed.has(key) ? time : null);
  return kept as unknown as RecordingFile;
}

/** One recording's folder. What cannot be read is a recording with `problems`, never an exception. */
function readOne(path: string, set: string): Recording {
  const problems: string[] = [];
  const text = (name: string): string => {
    try {
      return readFileSync(join(path, name), 'utf8');
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return '';
    }
  };
  const json = text('recording.json');
  let parsed: unknown = {};
  try {
    if (json !== '') parsed = JSON.parse(json);
  } catch (error) {
    problems.push(`recording.json: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = wellFormed(parsed, basename(path));
  // The README of the 3.19 set: a folder's name says with which configuration its tree was booted.
  if (basename(path).endsWith('-rockchip'))
    Object.assign(checked.file, { name: basename(path), kernel_build: 'rockchip' });
  return { set, dts: text('scenario.dts'), file: checked.file, problems: [...problems, ...checked.problems] };
}

/** Folders of recordings may lie this deep below the given one. */
const DEPTH = 3;
const signs = ['recording.json', 'scenario.dts', 'boot.log.gz'];

/** All recordings below a folder: itself, its own children, or sets of them. A set is called after its folder. */
export function readFolder(folder: string): Recording[] {
  const found: Recording[] = [];
  const walk = (path: string, set: string, depth: number): void => {
    if (signs.some((name) => existsSync(join(path, name)))) {
      found.push(readOne(path, set));
      return;
    }
    if (depth === DEPTH) return;
    for (const name of readdirSync(path).sort()) {
      const inner = join(path, name);
      if (statSync(inner, { throwIfNoEntry: false })?.isDirectory() === true) walk(inner, basename(path), depth + 1);
    }
  };
  const top = resolve(folder);
  walk(top, basename(resolve(top, '..')), 0);
  return found;
}

/** The bundles of a fixtures folder: `SET.json.br`. */
export function readBundles(folder: string): Recording[] {
  const found: Recording[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json.br')) continue;
    const text = brotliDecompressSync(readFileSync(join(folder, name))).toString('utf8');
    found.push(...(JSON.parse(text) as Recording[]));
  }
  return found;
}

/** Writes a folder of recordings as one bundle; returns its size in bytes. */
export function writeBundle(folder: string, out: string): number {
  const text = JSON.stringify(readFolder(folder).map((r) => ({ set: r.set, dts: r.dts, file: slimFile(r.file) })));
  const packed = brotliCompressSync(Buffer.from(text), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  writeFileSync(out, packed);
  return packed.length;
}
