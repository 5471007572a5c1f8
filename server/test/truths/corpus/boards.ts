/** The expected blobs of all boards of the kernel. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RELEASE } from './linux-source';

export interface CorpusBoard {
  /** Path in the kernel tree. */
  readonly path: string;
  /** sha256 of the blob, base64url: plain and with symbols (-@). */
  readonly plain: string;
  readonly symbols: string;
}

/** Reads the fixture: a folder line, then the boards in it. */
export function corpusBoards(): CorpusBoard[] {
  const boards: CorpusBoard[] = [];
  let folder = '';
  for (const line of readFileSync(resolve(`server/test/truths/corpus/fixtures/linux-${RELEASE}.tsv`), 'utf8').split(
    '\n',
  )) {
    if (line === '' || line.startsWith('#')) continue;
    const [name, plain, symbols] = line.split('\t');
    if (plain === undefined || symbols === undefined) folder = line;
    else boards.push({ path: `${folder}${name}`, plain, symbols });
  }
  return boards;
}
