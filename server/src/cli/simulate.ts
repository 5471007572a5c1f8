/** `smmu-scope simulate`: boots a board on paper and prints the report as text, JSON or a page of HTML. */

import { writeFileSync } from 'node:fs';
import type { StrategyId } from '../simulator/report';
import { STRATEGIES, simulate } from '../simulator/simulate';
import { BOOT_VALUES } from './kernel-options';
import { parseArguments, UsageError } from './options';
import { reportHtml } from './simulate-html';
import { reportText } from './simulate-text';
import { simulationInput } from './simulation-input';

const FORMATS = ['text', 'json', 'html'] as const;

function strategiesOf(text: string | undefined): StrategyId[] {
  if (text === undefined || text === 'all') return [...STRATEGIES];
  const asked = text.split(',');
  const wanted = STRATEGIES.filter((id) => asked.includes(id));
  if (wanted.length < new Set(asked).size) throw new UsageError(`--strategy is S1 to S6 or all, not ${text}`);
  return wanted;
}

export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, {
    values: [...BOOT_VALUES, '--strategy', '--format', '-o'],
  });
  const [file, ...more] = options.files;
  if (file === undefined || more.length > 0) throw new UsageError('simulate needs one file');
  const format = FORMATS.find((f) => f === (options.value('--format') ?? 'text'));
  if (format === undefined) throw new UsageError(`--format is ${FORMATS.join(', ')}`);
  const strategies = strategiesOf(options.value('--strategy'));
  const { tree, broken, settings, scenarioName } = simulationInput(file, options);
  const report = simulate(tree, { ...settings, strategies });
  const text =
    format === 'json'
      ? `${JSON.stringify(report, null, 1)}\n`
      : format === 'html'
        ? reportHtml(report)
        : reportText(report, scenarioName);
  const out = options.value('-o');
  if (out === undefined || out === '-') process.stdout.write(text);
  else writeFileSync(out, text);
  return broken ? 1 : 0;
}
