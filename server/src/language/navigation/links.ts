/** Includes as links to the files they found. */
import type { SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { outlineOf } from '../structure/outline';

export interface DocumentLink {
  readonly start: number;
  readonly end: number;
  readonly target: string;
}

/** The includes of a document as the board resolved them; one that found no file is no link. */
export function documentLinks(snapshot: BoardSnapshot, file: SourceFile): DocumentLink[] {
  const uses = snapshot.result.includes.filter((use) => use.span.file === file && use.target !== null);
  return outlineOf(file).includes.flatMap(({ start, end }) => {
    const use = uses.find(({ span }) => span.start <= end && start <= span.end);
    return use?.target == null ? [] : [{ start, end, target: use.target }];
  });
}
