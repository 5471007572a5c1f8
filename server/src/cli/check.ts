/** `smmu-scope check`: the findings of boards, for people and for CI. */

import { relative } from 'node:path';
import { contextOf } from '../language/board-context';
import { type Diagnosis, diagnose } from '../language/rules';
import { positionAt, type Span } from '../source/file';
import { pathOfUri } from '../source/uri';
import type { BoardSnapshot } from '../workspace/board';
import { openBoards } from './boards';
import type { CheckFinding } from './finding';
import { BOOT_VALUES } from './kernel-options';
import { type ParsedArguments, parseArguments, UsageError } from './options';
import { sarif } from './sarif';

/** Runs the sub-command: 0 clean, 1 findings of error severity (or too many warnings), 2 usage or unreadable input. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, {
    values: ['--format', '--max-warnings', '--shard', '-o', ...BOOT_VALUES],
    flags: ['--progress', '--no-simulation'],
  });
  const format = options.value('--format') ?? 'text';
  if (!['text', 'json', 'sarif'].includes(format))
    throw new UsageError(`unknown format ${format}: text, json or sarif`);
  if (options.files.length === 0) throw new UsageError('check needs a file');
  const limit = options.value('--max-warnings');
  if (limit !== undefined && !/^\d+$/.test(limit)) throw new UsageError('--max-warnings takes a number');
  const files = shard(options);
  const findings: CheckFinding[] = [];
  let unreadable = false;
  let done = 0;
  for (const { name, snapshot } of openBoards({ ...options, files }, !options.flag('--no-simulation')).boards()) {
    done++;
    if (options.flag('--progress')) process.stderr.write(`\r${done}/${files.length} ${name.slice(-60).padEnd(60)}`);
    if (snapshot === null) {
      process.stderr.write(`smmu-scope: cannot read ${name}\n`);
      unreadable = true;
      continue;
    }
    const found = findingsOf(name, snapshot);
    if (format === 'text') for (const finding of found) process.stderr.write(line(finding));
    findings.push(...found);
  }
  if (options.flag('--progress')) process.stderr.write('\n');
  const errors = findings.filter((f) => f.severity === 'error').length;
  const warnings = findings.filter((f) => f.severity === 'warning').length;
  if (format === 'json')
    process.stdout.write(`${JSON.stringify({ schema: 1, files: files.length, findings }, null, 1)}\n`);
  else if (format === 'sarif') process.stdout.write(`${JSON.stringify(sarif(findings), null, 1)}\n`);
  else
    process.stdout.write(
      `${files.length} ${files.length === 1 ? 'file' : 'files'}: ${errors} errors, ${warnings} warnings\n`,
    );
  if (unreadable) return 2;
  return errors > 0 || (limit !== undefined && warnings > Number(limit)) ? 1 : 0;
}

function shard(options: ParsedArguments): readonly string[] {
  const given = options.value('--shard');
  if (given === undefined) return options.files;
  const match = /^(\d+)\/(\d+)$/.exec(given);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) throw new UsageError('--shard takes i/n with 1 <= i <= n');
  return options.files.filter((_, i) => i % count === index - 1);
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

function line(f: CheckFinding): string {
  const notes = f.related.map((r) => `${r.file}:${r.line}:${r.column}: note: ${r.message}\n`).join('');
  return `${f.file}:${f.line}:${f.column}: ${f.severity}: ${f.message} [${f.code}]\n${notes}`;
}
