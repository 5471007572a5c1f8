/** The simulated boot as tests use it: the catalogue's drivers, the default kernel, no scenario. */
import { simulate } from '../../src/simulator/simulate';
import type { Simulate } from '../../src/workspace/board';

export const simulateForTest: Simulate = (tree, board) => simulate(tree, { board: board.name });

/** The same on a kernel of choice. */
export const simulateOn =
  (kernel: string): Simulate =>
  (tree, board) =>
    simulate(tree, { board: board.name, kernel });
