/** What the sub-commands that boot a board read: the tree, the scenario, kernel, command line and configuration. */
import { existsSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import type { DeviceTree } from '../devicetree/model';
import { parseScenario } from '../scenario/parse';
import { defaultScenario } from '../simulator/scenario';
import type { SimulateOptions } from '../simulator/simulate';
import { configFiles, mergeConfigs } from '../workspace/configs';
import { isStream, NotRegular, namedBytes, whyUnreadable } from '../workspace/regular-file';
import { readConfig, scenarioBeside } from '../workspace/simulation';
import { treeOf } from '../workspace/trees';
import { configOption, kernelOptions } from './kernel-options';
import { type ParsedArguments, pathOf, projects, UsageError } from './options';
import { driversNow, prepareDrivers } from './own-kernel/drivers';
import { inputProblemText, problemText } from './report';
import { Sources } from './sources';

/** The text of a file, or a usage error. */
export function readText(path: string): string {
  try {
    return namedBytes(path).toString('utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${path}${error instanceof NotRegular ? ` (${error.message})` : ''}`);
  }
}

export interface SimulationInput {
  readonly tree: DeviceTree;
  /** Whether the source has errors (they have been printed). */
  readonly broken: boolean;
  readonly settings: SimulateOptions;
  /** The kernels that the command line names; more than one are compared. */
  readonly kernels: readonly string[];
  /** The scenario that is read, as a person would name it; null: none, the catalogue and default workloads apply. */
  readonly scenarioName: string | null;
}

/** The scenario of a board: the one that is asked for, else `<board>.smmu.json` beside it when there is one. */
function scenarioOf(file: string, options: ParsedArguments): string | undefined {
  const given = options.value('--scenario');
  if (given !== undefined) return given;
  const beside = isStream(file) ? null : relative('.', scenarioBeside(resolve(file)));
  if (beside !== null && existsSync(beside)) return beside;
  return projects.of(pathOf(file))?.scenario ?? undefined;
}

/** Opens a board and reads everything that its simulation needs; problems go to standard error. */
export async function simulationInput(
  file: string,
  options: ParsedArguments,
  several = false,
  /** The board's blob, where `file` only holds it. */
  blob: Uint8Array | null = null,
): Promise<SimulationInput> {
  const sources = new Sources(options);
  const result = blob === null ? sources.open(file) : sources.openBytes(file, blob);
  if (result === null) throw new UsageError(`cannot read ${file}${whyUnreadable(file)}`);
  for (const problem of result.problems)
    if (problem.severity === 'error') process.stderr.write(`${problemText(problem)}\n`);
  const scenarioPath = scenarioOf(file, options);
  let scenario = defaultScenario;
  let configPath = configOption(options);
  if (scenarioPath !== undefined) {
    const parsed = parseScenario(readText(scenarioPath));
    for (const problem of parsed.problems) process.stderr.write(`${inputProblemText(scenarioPath, problem)}\n`);
    if (parsed.problems.some((p) => p.severity === 'error')) throw new UsageError(`${scenarioPath} is no scenario`);
    scenario = parsed.scenario;
    if (parsed.configPath !== null) configPath ??= resolve(scenarioPath, '..', parsed.configPath);
  }
  const asked = kernelOptions(options, several);
  const project = projects.of(pathOf(file));
  // a scenario knows its board better than the folder
  const kernel = asked.kernel ?? (scenario.kernel === null ? project?.kernel || undefined : undefined);
  const cmdline = asked.cmdline ?? (scenario.cmdline === '' ? project?.cmdline || undefined : undefined);
  const { kernels } = asked;
  if (configPath === undefined && (scenario.config?.size ?? 0) === 0 && project !== null && project.config !== '')
    configPath = project.config;
  let config: ReadonlyMap<string, string | null> | undefined;
  if (configPath !== undefined) {
    const parts = configFiles(configPath).map((path) => {
      const { symbols, problems } = readConfig(readText(path));
      for (const problem of problems) process.stderr.write(`${inputProblemText(path, problem)}\n`);
      return symbols;
    });
    config = mergeConfigs(parts);
  }
  await prepareDrivers(options, [file]);
  const drivers = driversNow(options, (message) => process.stderr.write(`${message}\n`))(pathOf(file));
  return {
    tree: result.tree,
    broken: result.problems.some((p) => p.severity === 'error'),
    scenarioName: scenarioPath ?? null,
    kernels,
    settings: {
      board: isStream(file) ? file : basename(file),
      path: pathOf(file),
      treeRelease: isStream(file) ? null : treeOf(resolve(file), null).release,
      scenario,
      drivers,
      ...(kernel === undefined ? {} : { kernel }),
      ...(cmdline === undefined ? {} : { cmdline }),
      ...(config === undefined ? {} : { config }),
    },
  };
}
