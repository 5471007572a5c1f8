/** The expected blobs of all boards of the kernel. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type CorpusKernel, LINUX_6_12 } from './linux-source';

export interface CorpusBoard {
  /** Path in the kernel tree. */
  readonly path: string;
  /** sha256 of the blob, base64url, all of it or its start: plain and with symbols (-@). */
  readonly plain: string;
  readonly symbols: string;
}

/** The text of a fixture, which may be compressed. */
export function fixtureText(name: string): string {
  const path = resolve('server/test/truths/corpus/fixtures', name);
  return existsSync(path) ? readFileSync(path, 'utf8') : gunzipSync(readFileSync(`${path}.gz`)).toString('utf8');
}

/** Reads the fixture: a folder line, then the boards in it. */
export function corpusBoards(kernel: CorpusKernel = LINUX_6_12): CorpusBoard[] {
  const boards: CorpusBoard[] = [];
  let folder = '';
  for (const line of fixtureText(`linux-${kernel.release}.tsv`).split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [name, plain, symbols] = line.split('\t');
    if (plain === undefined || symbols === undefined) folder = line;
    else boards.push({ path: `${folder}${name}`, plain, symbols });
  }
  return boards;
}
