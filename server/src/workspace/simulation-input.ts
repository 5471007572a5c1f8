/** What is wrong in a file that a simulation reads. */
import type { ScenarioProblem } from '../scenario/json';

/** Something wrong in a scenario, a .config or a project file; line and column count from 1, `length` is in characters. */
export type InputProblem = Pick<ScenarioProblem, 'severity' | 'message' | 'line' | 'column' | 'length'>;
