/** `smmu-scope simulate`: boots a board on paper and prints the report as text, JSON or a page of HTML. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { TreeBuilder } from '../devicetree/build';
import { openTree } from '../devicetree/open-tree';
import { parseConfig } from '../simulator/kernel/config';
import type { SimulationReport, StrategyId } from '../simulator/report';
import { defaultScenario } from '../simulator/scenario';
import { parseScenario } from '../simulator/scenario-parse';
import { STRATEGIES, simulate } from '../simulator/simulate';
import { FileStore, toUri } from '../workspace/files';
import { buildOptionsFor, type ParsedArguments, parseArguments, UsageError } from './options';
import { problemText } from './report';
import { reportHtml } from './simulate-html';
import { reportText } from './simulate-text';

const FORMATS = ['text', 'json', 'html'] as const;

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`cannot read ${path}`);
  }
}

function strategiesOf(text: string | undefined): StrategyId[] {
  if (text === undefined || text === 'all') return [...STRATEGIES];
  const wanted = STRATEGIES.filter((id) => text.split(',').includes(id));
  if (wanted.length === 0) throw new UsageError(`--strategy is S1 to S6 or all, not ${text}`);
  return wanted;
}

/** Simulates one file; null when it cannot be read as a tree. */
function reportOf(file: string, options: ParsedArguments): { report: SimulationReport; broken: boolean } {
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
  const report = simulate(result.tree, {
    board: basename(file),
    path: resolve(file),
    scenario,
    ...(kernel === undefined ? {} : { kernel }),
    ...(cmdline === undefined ? {} : { cmdline }),
    ...(configPath === undefined ? {} : { config: parseConfig(readText(configPath)) }),
    strategies: strategiesOf(options.value('--strategy')),
  });
  return { report, broken: result.problems.some((p) => p.severity === 'error') };
}

export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, {
    values: ['--scenario', '--kernel', '--cmdline', '--config', '--strategy', '--format', '-o'],
  });
  const [file, ...more] = options.files;
  if (file === undefined || more.length > 0) throw new UsageError('simulate needs one file');
  const format = FORMATS.find((f) => f === (options.value('--format') ?? 'text'));
  if (format === undefined) throw new UsageError(`--format is ${FORMATS.join(', ')}`);
  const { report, broken } = reportOf(file, options);
  const text =
    format === 'json'
      ? `${JSON.stringify(report, null, 1)}\n`
      : format === 'html'
        ? reportHtml(report)
        : reportText(report);
  const out = options.value('-o');
  if (out === undefined || out === '-') process.stdout.write(text);
  else writeFileSync(out, text);
  return broken ? 1 : 0;
}
