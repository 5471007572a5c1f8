/** Reads recordings: from a folder in their own format, or from the compact bundles under fixtures/. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Recording, RecordingFile } from './recording';

/** What a bundle leaves out: times of day of the rig, and what other fields say already. */
const dropped = new Set(['t', 'pm_callbacks', 'iommu_trace']);

function slim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(slim);
  if (value === null || typeof value !== 'object') return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (!dropped.has(key)) kept[key] = slim(inner);
  return kept;
}

/** All recordings below a folder: its own children, or one level of sets. */
export function readFolder(folder: string): Recording[] {
  const found: Recording[] = [];
  const walk = (at: string, set: string, depth: number): void => {
    for (const name of readdirSync(at).sort()) {
      const path = join(at, name);
      if (!statSync(path).isDirectory()) continue;
      if (existsSync(join(path, 'recording.json')))
        found.push({
          set,
          dts: readFileSync(join(path, 'scenario.dts'), 'utf8'),
          file: JSON.parse(readFileSync(join(path, 'recording.json'), 'utf8')) as RecordingFile,
        });
      else if (depth === 0) walk(path, name, 1);
    }
  };
  if (existsSync(join(folder, 'recording.json'))) walk(resolve(folder, '..'), basename(resolve(folder, '..')), 1);
  else walk(folder, basename(resolve(folder)), 0);
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
  const text = JSON.stringify(readFolder(folder).map((r) => ({ ...r, file: slim(r.file) })));
  const packed = brotliCompressSync(Buffer.from(text), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  writeFileSync(out, packed);
  return packed.length;
}
