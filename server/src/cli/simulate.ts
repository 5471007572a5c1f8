/** `smmu-scope simulate`: boots a board on paper and prints the report as text, JSON or a page of HTML. */

import { writeFileSync } from 'node:fs';
import { iommuView } from '../iommu/view';
import { contextOf } from '../language/board-context';
import { diagnose } from '../language/rules';
import { pageFindings } from '../page/findings';
import { type PageFinding, reportPage } from '../page/report-page';
import type { StrategyId } from '../simulator/report';
import { compareKernels } from '../simulator/reporting/compare-kernels';
import { STRATEGIES, simulate } from '../simulator/simulate';
import { openBoards } from './boards';
import { comparisonText } from './compare-text';
import { BOOT_VALUES } from './kernel-options';
import { type ParsedArguments, parseArguments, UsageError } from './options';
import { shownPath } from './report';
import { terminalOf, wrap } from './shell/terminal';
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
  const { tree, broken, settings, scenarioName, kernels } = await simulationInput(file, options, true);
  const write = (text: string): number => {
    const out = options.value('-o');
    if (out === undefined || out === '-') process.stdout.write(format === 'text' ? wrap(text, terminalOf()) : text);
    else writeFileSync(out, text);
    return broken ? 1 : 0;
  };
  if (kernels.length > 1) {
    if (format === 'html') throw new UsageError('several kernels are compared as text or json');
    const reports = kernels.map((kernel) => simulate(tree, { ...settings, kernel }));
    const masters = iommuView(tree).masters.flatMap((m) => (m.enabled ? m.node.path : []));
    const comparison = compareKernels(reports, masters);
    return write(format === 'json' ? `${JSON.stringify(comparison, null, 1)}\n` : comparisonText(comparison));
  }
  const report = simulate(tree, { ...settings, strategies });
  const text =
    format === 'json'
      ? `${JSON.stringify(report, null, 1)}\n`
      : format === 'html'
        ? reportPage(report, findingsFor({ ...options, files: [file] }))
        : reportText(report, scenarioName);
  return write(text);
}

/** The findings of the board, for the page; null when it cannot be read as one (it then says nothing of findings). */
function findingsFor(options: ParsedArguments): PageFinding[] | null {
  for (const { name, snapshot } of openBoards(options, true).boards())
    if (snapshot !== null)
      return pageFindings(diagnose(contextOf(snapshot), snapshot.problems, snapshot.severity), name, shownPath);
  return null;
}
