/** Boots a board on paper with the settings of an editor or a command line. */
import type { Simulate } from './board';

export interface SimulationSettings {
  /** Kernel model (`6.12`); empty for the newest. */
  readonly kernel: string;
  readonly cmdline: string;
  /** Path of a .config, or empty. */
  readonly config: string;
  /** Path of a scenario; null: `<board>.smmu.json` beside the board when it exists. */
  readonly scenario: string | null;
}

/** A function that boots boards with these settings. */
export function simulateBoard(_settings: SimulationSettings): Simulate {
  return () => null;
}
