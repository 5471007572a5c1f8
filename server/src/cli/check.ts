/** `smmu-scope check`: the findings of boards, for people and for CI. */

import { relative } from 'node:path';
import { count } from '../iommu/words';
import { contextOf } from '../language/board-context';
import { type Diagnosis, diagnose, holdsAlone } from '../language/rules';
import { positionAt, type Span } from '../source/file';
import { pathOfUri } from '../source/uri';
import type { BoardSnapshot } from '../workspace/board';
import { openBoards } from './boards';
import type { CheckFinding } from './finding';
import { BOOT_VALUES } from './kernel-options';
import { parseArguments, UsageError } from './options';
import { sarif } from './sarif';
import { expandNames } from './shell/inputs';
import { faint, severityText, strong, type Terminal, terminalOf, wrap } from './shell/terminal';

/**
 * Runs the sub-command: 0 clean, 1 findings of error severity (or too many warnings), 2 usage or unreadable input. Findings go
 * to standard output, what could not be read to standard error.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, {
    values: ['--format', '--max-warnings', '--shard', ...BOOT_VALUES],
    flags: ['--progress', '--no-simulation'],
  });
  const format = options.value('--format') ?? 'text';
  if (!['text', 'json', 'sarif'].includes(format))
    throw new UsageError(`unknown format ${format}: text, json or sarif`);
  if (options.files.length === 0) throw new UsageError('check needs a file, a folder or a glob');
  const limit = options.value('--max-warnings');
  if (limit !== undefined && !/^\d+$/.test(limit)) throw new UsageError('--max-warnings takes a number');
  const names = expandNames(options.files);
  const files = shard(options.value('--shard'), names);
  const terminal = terminalOf();
  const progress = progressLine(options.flag('--progress'), files);
  const findings: CheckFinding[] = [];
  const told = new Set<string>();
  const read = new Set<string>();
  let unreadable = false;
  for (const board of openBoards({ ...options, files }, !options.flag('--no-simulation')).boardsAndIncludes()) {
    progress.show(board.name);
    // a reader that has gone is heard of between two boards
    await new Promise((resolve) => setImmediate(resolve));
    const { name, snapshot, include } = board;
    if (snapshot === null) {
      progress.clear();
      process.stderr.write(`smmu-scope: cannot read ${name}\n`);
      unreadable = true;
      continue;
    }
    read.add(name);
    const found = include === undefined ? findingsOf(name, snapshot) : findingsOfInclude(name, snapshot, include, told);
    if (format === 'text' && found.length > 0) {
      progress.clear();
      process.stdout.write(found.map((finding) => line(finding, terminal)).join(''));
    }
    findings.push(...found);
  }
  progress.clear();
  const errors = findings.filter((f) => f.severity === 'error').length;
  const warnings = findings.filter((f) => f.severity === 'warning').length;
  if (format === 'json')
    process.stdout.write(`${JSON.stringify({ schema: 1, files: read.size, findings }, null, 1)}\n`);
  else if (format === 'sarif') process.stdout.write(`${JSON.stringify(sarif(findings), null, 1)}\n`);
  else process.stdout.write(`${count(read.size, 'file')}: ${count(errors, 'error')}, ${count(warnings, 'warning')}\n`);
  if (unreadable) return 2;
  return errors > 0 || (limit !== undefined && warnings > Number(limit)) ? 1 : 0;
}

/** How far a run is, on one line of standard error: on a terminal when asked for, or after a second. */
function progressLine(always: boolean, files: readonly string[]): { show(name: string): void; clear(): void } {
  const tty = process.stderr.isTTY === true;
  const from = performance.now();
  let shown = false;
  return {
    show(name) {
      if (!always && (!tty || files.length < 2 || performance.now() - from < 1000)) return;
      const text = `${files.indexOf(name) + 1}/${files.length} ${name.slice(-60)}`;
      process.stderr.write(tty ? `\r\u001b[K${text}` : `${text}\n`);
      shown = tty;
    },
    clear() {
      if (shown) process.stderr.write('\r\u001b[K');
      shown = false;
    },
  };
}

function shard(given: string | undefined, names: readonly string[]): readonly string[] {
  if (given === undefined) return names;
  const match = /^(\d+)\/(\d+)$/.exec(given);
  const index = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match === null || index < 1 || index > of) throw new UsageError('--shard takes i/n with 1 <= i <= n');
  return names.filter((_, i) => i % of === index - 1);
}

/** Every finding of one board, those of included files too, in the order file, line, column. */
export function findingsOf(name: string, snapshot: BoardSnapshot): CheckFinding[] {
  const context = contextOf(snapshot);
  const found = diagnose(context, snapshot.problems, {}).map((d) => toFinding(name, d));
  return found.sort(
    (a, b) =>
      Number(a.file !== shown(snapshot.board.uri)) - Number(b.file !== shown(snapshot.board.uri)) ||
      (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column),
  );
}

/** The findings in an include as one board sees it, that no board before has had; of its text alone when no board has it. */
function findingsOfInclude(name: string, snapshot: BoardSnapshot, include: string, told: Set<string>): CheckFinding[] {
  const alone = snapshot.file(include) !== null && snapshot.board.uri === include;
  if (alone) process.stderr.write(`smmu-scope: no board includes ${name}: only what its own text says is checked\n`);
  const through = alone ? {} : { through: shown(snapshot.board.uri) };
  return diagnose(contextOf(snapshot), snapshot.problems, {})
    .filter((d) => d.span?.file.uri === include && (!alone || holdsAlone(d.code)))
    .map((d): CheckFinding => ({ ...toFinding(name, d), ...through }))
    .filter((f) => {
      const key = JSON.stringify([f.file, f.line, f.column, f.code, f.message]);
      return !told.has(key) && told.add(key);
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function toFinding(board: string, d: Diagnosis): CheckFinding {
  const place = d.span === null ? { file: board, line: 1, column: 1, endLine: 1, endColumn: 1 } : places(d.span);
  return {
    board,
    ...place,
    severity: d.severity,
    code: d.code,
    message: d.message,
    rule: d.docs,
    related: d.related.map(({ span, message }) => {
      const { file, line, column } = places(span);
      return { file, line, column, message };
    }),
  };
}

function places(span: Span) {
  const start = positionAt(span.file, span.start);
  const end = positionAt(span.file, span.end);
  return {
    file: shown(span.file.uri),
    line: start.line + 1,
    column: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}

function shown(uri: string): string {
  const path = pathOfUri(uri);
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || short === '' ? path : short;
}

function line(f: CheckFinding, terminal: Terminal): string {
  const place = (at: { file: string; line: number; column: number }) =>
    strong(`${at.file}:${at.line}:${at.column}:`, terminal);
  const through = f.through === undefined ? '' : ` (on ${f.through})`;
  const text = `${place(f)} ${severityText(f.severity, terminal)}: ${f.message}${through} ${faint(`[${f.code}]`, terminal)}\n`;
  const notes = f.related.map((r) => `${place(r)} ${faint('note', terminal)}: ${r.message}\n`).join('');
  return wrap(text + notes, terminal);
}
