/** Findings as plain data, and what of them is new. */
import { contextOf, contextWithoutBoot } from '../language/board-context';
import { type Diagnosis, diagnose, holdsAlone } from '../language/rules';
import { positionAt, type Span } from '../source/file';
import { pathOfUri } from '../source/uri';
import type { BoardSnapshot } from '../workspace/board';
import type { InputProblem } from '../workspace/simulation-input';

/** One finding as `--format json` prints it; lines and columns count from 1. */
export interface CheckFinding {
  /** The FILE given. */
  readonly board: string;
  /** The board through which an include was looked at; absent: the FILE is a board. */
  readonly through?: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly code: string;
  readonly message: string;
  readonly rule: string | null;
  readonly related: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  }[];
}

/** Makes findings plain: `board` is the FILE that was given, `shown` how a path is written. */
function plainly(board: string, shown: (path: string) => string): (d: Diagnosis) => CheckFinding {
  const places = (span: Span) => {
    const start = positionAt(span.file, span.start);
    const end = positionAt(span.file, span.end);
    return {
      file: shown(pathOfUri(span.file.uri)),
      line: start.line + 1,
      column: start.character + 1,
      endLine: end.line + 1,
      endColumn: end.character + 1,
    };
  };
  return (d) => ({
    board,
    ...(d.span === null ? { file: board, line: 1, column: 1, endLine: 1, endColumn: 1 } : places(d.span)),
    severity: d.severity,
    code: d.code,
    message: d.message,
    rule: d.docs,
    related: d.related.map(({ span, message }) => {
      const { file, line, column } = places(span);
      return { file, line, column, message };
    }),
  });
}

/**
 * Every finding of one board, those of included files too: the board's own file first, then by file, line, column. `booted`: whether
 * rules are told of a simulated boot.
 */
export function findingsOf(
  board: string,
  snapshot: BoardSnapshot,
  shown: (path: string) => string,
  booted = true,
): CheckFinding[] {
  const own = shown(snapshot.board.path);
  return diagnose(
    booted ? contextOf(snapshot) : contextWithoutBoot(snapshot),
    snapshot.problems,
    snapshot.severity,
    snapshot.unknown,
  )
    .map(plainly(board, shown))
    .sort(
      (a, b) =>
        Number(a.file !== own) - Number(b.file !== own) ||
        (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column),
    );
}

/** What is wrong in a scenario, a .config or a project file, as a finding of a board that rests on it. */
export function inputFinding(board: string, file: string, problem: InputProblem): CheckFinding {
  const { line, column, length, severity, message } = problem;
  const end = { endLine: line, endColumn: column + Math.max(1, length) };
  return { board, file, line, column, ...end, severity, code: 'smmu-scope/input', message, rule: null, related: [] };
}

/** The findings in an include (its URI) as one board sees it; those of its text alone when `snapshot` is the include's own. */
export function findingsInInclude(
  name: string,
  snapshot: BoardSnapshot,
  include: string,
  shown: (path: string) => string,
): CheckFinding[] {
  const alone = snapshot.board.uri === include;
  const through = alone ? {} : { through: shown(snapshot.board.path) };
  const plain = plainly(name, shown);
  return diagnose(contextOf(snapshot), snapshot.problems, snapshot.severity, snapshot.unknown)
    .filter((d) => d.span?.file.uri === include && (!alone || holdsAlone(d.code)))
    .map((d): CheckFinding => ({ ...plain(d), ...through }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** What makes two findings the same one although lines have moved. */
export function findingKey({ severity, code, file, message }: CheckFinding): string {
  return `${severity} ${code} ${file}: ${message}`;
}

/** The findings of `now` that `before` has not, and those of `before` that `now` has not; equal ones are counted. */
export function newAndGone(
  before: readonly CheckFinding[],
  now: readonly CheckFinding[],
  keyOf: (finding: CheckFinding) => string = findingKey,
): { readonly fresh: readonly CheckFinding[]; readonly gone: readonly CheckFinding[] } {
  const left = new Map<string, CheckFinding[]>();
  for (const finding of before) {
    const key = keyOf(finding);
    const list = left.get(key);
    if (list === undefined) left.set(key, [finding]);
    else list.push(finding);
  }
  const fresh = now.filter((finding) => left.get(keyOf(finding))?.shift() === undefined);
  return { fresh, gone: [...left.values()].flat() };
}

/** What makes two findings the same one. */
interface Sameness {
  readonly keyOf: (finding: CheckFinding) => string;
  /** The message with the names of nodes as they are now. */
  readonly wordsOf: (finding: CheckFinding) => string;
  /** Where a line of the earlier state is now; null: nobody knows. */
  readonly lineNow: (file: string, line: number) => number | null;
}

/**
 * New and gone findings; one that only moved to another file is neither. `changed`: findings of `now` that were there at the same
 * place, which say it in other words (more masters are affected, another file is missing too).
 */
export function compareFindings(
  before: readonly CheckFinding[],
  now: readonly CheckFinding[],
  { keyOf, wordsOf, lineNow }: Sameness,
): Record<'fresh' | 'gone' | 'changed', readonly CheckFinding[]> {
  const lines = new Map<CheckFinding, number | null>(now.map((finding) => [finding, finding.line]));
  for (const finding of before) lines.set(finding, lineNow(finding.file, finding.line));
  const placeOf = (finding: CheckFinding): string =>
    `${finding.file}:${lines.get(finding) ?? 'gone'}:${finding.column}`;
  // of several that say the same those at one place are one
  const still = newAndGone(before, now, (finding) => `${keyOf(finding)} ${placeOf(finding)}`);
  const all = newAndGone(still.gone, still.fresh, keyOf);
  const moved = newAndGone(all.gone, all.fresh, (finding) => `${finding.severity} ${finding.code} ${wordsOf(finding)}`);
  const { fresh, gone } = newAndGone(
    moved.gone,
    moved.fresh,
    (finding) => `${finding.severity} ${finding.code} ${placeOf(finding)}`,
  );
  const left = new Set(fresh);
  return { fresh, gone, changed: moved.fresh.filter((finding) => !left.has(finding)) };
}
