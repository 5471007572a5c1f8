/** What the sub-commands that boot a board read: the tree, the scenario, kernel, command line and configuration. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { TreeBuilder } from '../devicetree/build';
import type { DeviceTree } from '../devicetree/model';
import { openTree } from '../devicetree/open-tree';
import { parseConfig } from '../simulator/kernel/config';
import { defaultScenario } from '../simulator/scenario';
import { parseScenario } from '../simulator/scenario-parse';
import type { SimulateOptions } from '../simulator/simulate';
import { FileStore, toUri } from '../workspace/files';
import { buildOptionsFor, type ParsedArguments, UsageError } from './options';
import { problemText } from './report';

/** Options with a value that `simulationInput` reads besides the common ones. */
export const SIMULATION_VALUES = ['--scenario', '--kernel', '--cmdline', '--config'] as const;

/** The text of a file, or a usage error. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`cannot read ${path}`);
  }
}

export interface SimulationInput {
  readonly tree: DeviceTree;
  /** Whether the source has errors (they have been printed). */
  readonly broken: boolean;
  readonly settings: SimulateOptions;
}

/** Opens a board and reads everything that its simulation needs; problems go to standard error. */
export function simulationInput(file: string, options: ParsedArguments): SimulationInput {
  const result = openTree(new TreeBuilder(), toUri(resolve(file)), new FileStore(), buildOptionsFor(file, options), [
    ...options.all('--overlay').map((overlay) => ({
      uri: toUri(resolve(overlay)),
      options: buildOptionsFor(overlay, options),
    })),
  ]);
  for (const problem of result.problems)
    if (problem.severity === 'error') process.stderr.write(`${problemText(problem)}\n`);
  const scenarioPath = options.value('--scenario');
  let scenario = defaultScenario;
  let configPath = options.value('--config');
  if (scenarioPath !== undefined) {
    const parsed = parseScenario(readText(scenarioPath));
    for (const problem of parsed.problems)
      process.stderr.write(
        `${scenarioPath}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}\n`,
      );
    if (parsed.problems.some((p) => p.severity === 'error')) throw new UsageError(`${scenarioPath} is no scenario`);
    scenario = parsed.scenario;
    if (parsed.configPath !== null) configPath ??= resolve(scenarioPath, '..', parsed.configPath);
  }
  const kernel = options.value('--kernel');
  const cmdline = options.value('--cmdline');
  return {
    tree: result.tree,
    broken: result.problems.some((p) => p.severity === 'error'),
    settings: {
      board: basename(file),
      path: resolve(file),
      scenario,
      ...(kernel === undefined ? {} : { kernel }),
      ...(cmdline === undefined ? {} : { cmdline }),
      ...(configPath === undefined ? {} : { config: parseConfig(readText(configPath)) }),
    },
  };
}
