/** The example board with a fragment added, and the cursor at its `$0`. */
import { exampleBoard } from '../../src/language/rules/examples';
import type { Simulate } from '../../src/workspace/board';
import { snapshotOfTexts, uriOf } from './board';

export function cursorBoard(fragment: string, simulate?: Simulate) {
  const at = fragment.indexOf('$0');
  if (at < 0) throw new Error('no $0 in the fragment');
  const text = `${exampleBoard}${fragment.slice(0, at)}${fragment.slice(at + 2)}`;
  const snapshot = snapshotOfTexts({ 'board.dts': text }, simulate);
  const file = snapshot.file(uriOf('board.dts'));
  if (file === null) throw new Error('no board');
  return { snapshot, file, offset: exampleBoard.length + at };
}
