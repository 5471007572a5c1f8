/** `smmu-scope check`: the findings of boards, for people and for CI. */
import { count } from '../iommu/words';
import { type CheckFinding, newAndGone } from '../review/finding';
import { type CheckDocument, isCheckDocument } from '../review/shards';
import { isStream } from '../workspace/regular-file';
import { CHECK_OPTIONS, type Checked, Checker } from './fleet/checker';
import { ENGINE } from './fleet/engine-path';
import { runFleet } from './fleet/run';
import { shardName, shardOf } from './fleet/shard';
import type { WorkerData } from './fleet/worker';
import { parseArguments, UsageError } from './options';
import { prepareDrivers } from './own-kernel/drivers';
import { sarif } from './sarif';
import { expandNames } from './shell/inputs';
import { faint, severityText, strong, type Terminal, terminalOf, wrap } from './shell/terminal';
import { readText } from './simulation-input';

/**
 * Runs the sub-command: 0 clean, 1 findings of error severity (or too many warnings), 2 usage or unreadable input, 130
 * interrupted. Findings go to standard output, what could not be read to standard error.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, CHECK_OPTIONS);
  const format = options.value('--format') ?? 'text';
  if (!['text', 'json', 'sarif'].includes(format))
    throw new UsageError(`unknown format ${format}: text, json or sarif`);
  if (options.files.length === 0) throw new UsageError('check needs a file, a folder or a glob');
  const limit = options.value('--max-warnings');
  if (limit !== undefined && !/^\d+$/.test(limit)) throw new UsageError('--max-warnings takes a number');
  const known = baseline(options.value('--baseline'));
  const all = expandNames(options.files);
  const shard = options.value('--shard');
  const files = shardOf(all, shard);
  const origin = shard === undefined ? {} : { shard: shardName(shard) };
  const findings: CheckFinding[] = [];
  const told = new Set<string>();
  let unreadable = false;
  let broken = false;
  let readable = 0;
  const terminal = terminalOf();
  // what can be read once cannot be shared out
  const standard = files.some(isStream);
  // wrong options are told here, not by every worker
  await prepareDrivers(options, options.flag('--no-simulation') ? [] : files);
  const checker = new Checker(args, __filename);
  const { done, interrupted } = await runFleet<Checked>({
    tasks: files,
    jobs: options.value('--jobs'),
    progress: options.flag('--progress'),
    program: standard ? null : ENGINE,
    data: { smmuScope: 'check', args, program: __filename } satisfies WorkerData,
    here: () => (name) => checker.check(name),
    onResult: (name, outcome) => {
      const checked =
        'result' in outcome
          ? outcome.result
          : { readable: true, broken: false, messages: [], findings: [notChecked(name, outcome.failed)] };
      // what counts for many boards is told by each, and by each worker
      for (const message of checked.messages) if (!told.has(message)) process.stderr.write(`${message}\n`);
      for (const message of checked.messages) told.add(message);
      if (checked.readable) readable++;
      unreadable ||= !checked.readable;
      broken ||= checked.broken;
      const found = known === null ? checked.findings : newAndGone(known.get(name) ?? [], checked.findings).fresh;
      if (format === 'text' && found.length > 0)
        process.stdout.write(found.map((finding) => line(finding, terminal)).join(''));
      for (const finding of found) findings.push(finding);
    },
  });
  const errors = findings.filter((f) => f.severity === 'error').length;
  const warnings = findings.filter((f) => f.severity === 'warning').length;
  if (interrupted) process.stderr.write(`smmu-scope: interrupted after ${done} of ${files.length} files\n`);
  if (format === 'json')
    process.stdout.write(json({ schema: 1, files: readable, ...origin, findings } satisfies CheckDocument));
  else if (format === 'sarif') process.stdout.write(json(sarif(findings, origin)));
  else {
    const none = files.length === 0 ? ` (none of the ${all.length} is in shard ${shard})` : '';
    const said = `${count(readable, 'file')}${none}: ${count(errors, 'error')}, ${count(warnings, 'warning')}`;
    process.stdout.write(`${said}${broken ? '; an input is broken' : ''}\n`);
  }
  if (interrupted) return 130;
  if (unreadable || broken) return 2;
  return errors > 0 || (limit !== undefined && warnings > Number(limit)) ? 1 : 0;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** A board that took its worker with it twice. */
function notChecked(board: string, why: string): CheckFinding {
  const place = { file: board, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const message = `This board could not be checked: ${why}.`;
  return { board, ...place, severity: 'error', code: 'smmu-scope/not-checked', message, rule: null, related: [] };
}

/** The findings of an earlier check, by board. */
function baseline(path: string | undefined): Map<string, CheckFinding[]> | null {
  if (path === undefined) return null;
  let document: unknown;
  try {
    document = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    document = null;
  }
  if (!isCheckDocument(document)) throw new UsageError(`${path} is no output of check --format json`);
  const byBoard = new Map<string, CheckFinding[]>();
  for (const finding of document.findings) {
    const list = byBoard.get(finding.board);
    if (list === undefined) byBoard.set(finding.board, [finding]);
    else list.push(finding);
  }
  return byBoard;
}

function line(f: CheckFinding, terminal: Terminal): string {
  const place = (at: { file: string; line: number; column: number }) =>
    strong(`${at.file}:${at.line}:${at.column}:`, terminal);
  const through = f.through === undefined ? '' : ` (on ${f.through})`;
  const text = `${place(f)} ${severityText(f.severity, terminal)}: ${f.message}${through} ${faint(`[${f.code}]`, terminal)}\n`;
  const notes = f.related.map((r) => `${place(r)} ${faint('note', terminal)}: ${r.message}\n`).join('');
  return wrap(text + notes, terminal);
}
