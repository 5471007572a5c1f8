/** Boots a board on paper with the settings of an editor or a command line, and the scenario beside the board. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseConfig } from '../simulator/kernel/config';
import { type ParsedScenario, parseScenario } from '../simulator/scenario-parse';
import { STRATEGIES, simulate } from '../simulator/simulate';
import type { Board, Simulate } from './board';

export interface SimulationSettings {
  /** Kernel model (`6.12`); empty for the scenario's. */
  readonly kernel: string;
  readonly cmdline: string;
  /** Path of a .config, or empty. */
  readonly config: string;
  /** Path of a scenario; null: `<board>.smmu.json` beside the board when it exists. */
  readonly scenario: string | null;
  /** Told what could not be read or simulated. */
  readonly onProblem?: (message: string) => void;
}

/** A file's parsed form, kept until the file changes: the simulator recognizes a configuration by its object. */
class Parsed<T> {
  private readonly kept = new Map<string, { readonly stamp: string; readonly value: T }>();
  constructor(private readonly parse: (text: string) => T) {}

  /** The parsed file; null when it cannot be read. */
  read(path: string): T | null {
    try {
      const { mtimeMs, size } = statSync(path);
      const stamp = `${mtimeMs} ${size}`;
      const known = this.kept.get(path);
      if (known?.stamp === stamp) return known.value;
      const value = this.parse(readFileSync(path, 'utf8'));
      this.kept.set(path, { stamp, value });
      return value;
    } catch {
      return null;
    }
  }
}

/** The path of the scenario that stands beside a board, if there is one. */
export function scenarioBeside(boardPath: string): string {
  return `${boardPath.replace(/\.\w+$/, '')}.smmu.json`;
}

/** A function that boots boards with these settings; null (and a problem told) when a board cannot be simulated. */
export function simulateBoard(settings: SimulationSettings): Simulate {
  const scenarios = new Parsed<ParsedScenario>(parseScenario);
  const configs = new Parsed(parseConfig);
  const tell = settings.onProblem ?? (() => undefined);
  const run: Simulate = (tree, board, strategies) => {
    const path = settings.scenario ?? scenarioBeside(board.path);
    const parsed = scenarios.read(path);
    if (parsed === null && settings.scenario !== null) tell(`cannot read ${path}`);
    for (const problem of parsed?.problems ?? [])
      tell(`${path}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}`);
    const configPath =
      settings.config !== ''
        ? settings.config
        : parsed?.configPath == null
          ? null
          : resolve(dirname(path), parsed.configPath);
    const config = configPath === null ? null : configs.read(configPath);
    if (configPath !== null && config === null) tell(`cannot read ${configPath}`);
    try {
      return simulate(tree, {
        board: board.name,
        path: board.path,
        ...(parsed === null ? {} : { scenario: parsed.scenario }),
        ...(settings.kernel === '' ? {} : { kernel: settings.kernel }),
        ...(settings.cmdline === '' ? {} : { cmdline: settings.cmdline }),
        ...(config === null ? {} : { config }),
        ...(strategies ? { strategies: STRATEGIES } : {}),
      });
    } catch (error) {
      tell(
        `${board.name} cannot be simulated: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return null;
    }
  };
  const configGiven = (board: Board): boolean => {
    const parsed = scenarios.read(settings.scenario ?? scenarioBeside(board.path));
    return (
      settings.config !== '' ||
      (parsed !== null && (parsed.configPath !== null || (parsed.scenario.config?.size ?? 0) > 0))
    );
  };
  return Object.assign(run, { configGiven });
}
