/** Text that conditionals leave out of the board: drawn faded, as a hint that no list of problems shows. */
import { offsetAt } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import type { Diagnosis } from '../rules/findings';

export const INACTIVE = 'cpp/inactive';

/** One entry for each run of left-out lines of a document, as the board reads it. */
export function inactiveText(snapshot: BoardSnapshot, uri: string): Diagnosis[] {
  const file = snapshot.file(uri);
  if (file === null) return [];
  return snapshot.result.inactiveRegions(file.uri).map(({ start, end }) => ({
    span: {
      file,
      start: offsetAt(file, { line: start, character: 0 }),
      // without the last line's end: the line of the directive that follows stays as it is
      end: Math.max(offsetAt(file, { line: start, character: 0 }), offsetAt(file, { line: end, character: 0 }) - 1),
    },
    severity: 'hint',
    code: INACTIVE,
    docs: null,
    message: `Left out of ${snapshot.board.name} by the preprocessor.`,
    related: [],
    unnecessary: true,
    deprecated: false,
    fixes: null,
  }));
}
