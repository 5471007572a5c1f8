/** `smmu-scope simulate`: boots a board on paper and prints the report as text, JSON or a page of HTML. */
import { writeFileSync } from 'node:fs';
import type { SimulationReport, StrategyId } from '../simulator/report';
import { STRATEGIES, simulate } from '../simulator/simulate';
import { type ParsedArguments, parseArguments, UsageError } from './options';
import { reportHtml } from './simulate-html';
import { reportText } from './simulate-text';
import { SIMULATION_VALUES, simulationInput } from './simulation-input';

const FORMATS = ['text', 'json', 'html'] as const;

function strategiesOf(text: string | undefined): StrategyId[] {
  if (text === undefined || text === 'all') return [...STRATEGIES];
  const wanted = STRATEGIES.filter((id) => text.split(',').includes(id));
  if (wanted.length === 0) throw new UsageError(`--strategy is S1 to S6 or all, not ${text}`);
  return wanted;
}

/** Simulates one file. */
function reportOf(file: string, options: ParsedArguments): { report: SimulationReport; broken: boolean } {
  const { tree, broken, settings } = simulationInput(file, options);
  return { report: simulate(tree, { ...settings, strategies: strategiesOf(options.value('--strategy')) }), broken };
}

export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, {
    values: [...SIMULATION_VALUES, '--strategy', '--format', '-o'],
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
