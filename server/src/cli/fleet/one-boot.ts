/** Two sides of a comparison booted alike: what is compared are the trees, not what the folders around them say. */
import { type Board, BoardSnapshot, type Simulate } from '../../workspace/board';

/** How the sides boot. */
export interface OneBoot {
  /** A side's board with the surroundings that count for both. */
  board(side: BoardSnapshot): Board;
  /** What one side takes from the other, for people; empty where both have the same. */
  readonly lent: readonly string[];
  /** The path whose kernel tree has the drivers. */
  readonly driversOf: string;
}

/** What is asked about a side. */
export interface Surroundings {
  /** The scenario and configuration that count for it; null: nobody says any. */
  said(board: Board): string | null;
  /** The drivers of its kernel tree, or the release of the tree; null: it lies in none. */
  kernel(board: Board): string | null;
}

/**
 * Scenario, configuration and what a project file says come from one side, kernel and drivers from one side: the later side
 * when it has them, else the earlier. `names` are the sides as a person named them.
 */
export function oneBoot(
  names: readonly [before: string, now: string],
  [before, now]: readonly [BoardSnapshot, BoardSnapshot],
  { said, kernel }: Surroundings,
): OneBoot {
  const lent: string[] = [];
  const from = (what: string, of: (board: Board) => string | null): Board => {
    const [old, young] = [of(before.board), of(now.board)];
    const giver = young === null && old !== null ? 0 : 1;
    const text = giver === 0 ? old : young;
    if (old !== young) lent.push(`${names[1 - giver]} boots with ${what} of ${names[giver]} (${text})`);
    return giver === 0 ? before.board : now.board;
  };
  const told = from('scenario and settings', said);
  const tree = from('the kernel', kernel);
  return {
    lent,
    driversOf: (tree.base ?? tree).path,
    board({ board }) {
      const { base: _, before: __, ...own } = board;
      return { ...own, path: told.path, tree: tree.tree, ...(told.base === undefined ? {} : { base: told.base }) };
    },
  };
}

/** The same tree with other surroundings. */
export const within = (snapshot: BoardSnapshot, board: Board, simulate: Simulate): BoardSnapshot =>
  new BoardSnapshot(board, snapshot.version, snapshot.result, simulate);
