/** The report of a review: what `review --format json` prints. A contract (review.schema.json). */
import type { CheckFinding } from './finding';
import { type BoardChanges, type ChangeGroup, fold, unfold } from './fold';
import type { BoardReview } from './review';

/** What a document is of: which states, and which part of the boards. */
export interface Origin {
  /** `2/4`, or `1,3/4` for several that were merged; absent: all boards. */
  readonly shard?: string;
  /** With `shard`: how many boards the changed files reach in all shards together. */
  readonly reachedInAll?: number;
  /** The full names of the commits; absent for the index, the working tree and files. */
  readonly baseCommit?: string;
  readonly headCommit?: string;
}

export interface ReviewReport extends Origin {
  readonly schema: 1;
  readonly tool: 'smmu-scope review';
  /** The two sides, as a person names them. */
  readonly base: string;
  readonly head: string;
  /** How many files differ; 0 when two files were named. */
  readonly changed: number;
  /** How many boards the changed files reach (in a shard: those of the shard). */
  readonly reached: number;
  /** The kernels that booted them, and who chose these. */
  readonly booted: readonly string[];
  /** How many of them behave or say something different. */
  readonly different: number;
  /** Boards that were not looked at any more, as somebody interrupted. */
  readonly left: number;
  readonly groups: readonly ChangeGroup[];
  readonly failed: readonly { readonly board: string; readonly message: string }[];
  /** What is broken in scenarios and project files that count, new or not; absent: nothing. */
  readonly broken?: readonly CheckFinding[];
}

type Sides = Pick<ReviewReport, 'base' | 'head' | 'changed' | keyof Origin>;

export function reportOf(sides: Sides, boards: readonly BoardReview[], left = 0): ReviewReport {
  return assemble(sides, {
    reached: boards.length + left,
    left,
    booted: boards.flatMap((board) => board.booted),
    changes: boards.flatMap((board) => board.changes),
    failed: boards.flatMap(({ board, failed }) => (failed === null ? [] : [{ board, message: failed }])),
    broken: boards.flatMap((board) => board.broken),
  });
}

interface Found extends Pick<ReviewReport, 'reached' | 'left' | 'booted' | 'failed'> {
  readonly changes: readonly BoardChanges[];
  readonly broken: readonly CheckFinding[];
}

function assemble(
  { base, head, changed, ...origin }: Sides,
  { reached, left, booted, changes, failed, broken }: Found,
): ReviewReport {
  // many boards rest on one file
  const once = new Map(broken.map((finding) => [placeKey(finding), finding]));
  return {
    schema: 1,
    tool: 'smmu-scope review',
    base,
    head,
    ...originOf(origin),
    changed,
    reached,
    booted: [...new Set(booted)].sort(),
    different: new Set(changes.map((found) => found.board)).size,
    left,
    groups: fold(changes),
    failed: [...failed].sort((a, b) => (a.board < b.board ? -1 : 1)),
    ...(once.size === 0 ? {} : { broken: [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, f]) => f) }),
  };
}

/** Only what says where something is from. */
export const originOf = ({ shard, reachedInAll, baseCommit, headCommit }: Origin): Origin => ({
  ...(shard === undefined ? {} : { shard }),
  ...(reachedInAll === undefined ? {} : { reachedInAll }),
  ...(baseCommit === undefined ? {} : { baseCommit }),
  ...(headCommit === undefined ? {} : { headCommit }),
});

/** The same for a finding that several boards have. */
const placeKey = ({ file, line, column, message }: CheckFinding): string => [file, line, column, message].join('\n');

/** What is broken and not told as a new finding. */
export function brokenBefore({ groups, broken = [] }: ReviewReport): readonly CheckFinding[] {
  const told = new Set(
    groups.flatMap(({ changes }) =>
      changes.flatMap(({ kind, finding }) =>
        kind === 'new-finding' && finding !== undefined ? [placeKey(finding)] : [],
      ),
    ),
  );
  return broken.filter((finding) => !told.has(placeKey(finding)));
}

/** One report of the reports of shards, which is of `origin`; null when they are not of one review. */
export function mergeReports(reports: readonly ReviewReport[], origin: Origin): ReviewReport | null {
  const [first] = reports;
  if (first === undefined) return null;
  if (
    reports.some(({ base, head, changed }) => base !== first.base || head !== first.head || changed !== first.changed)
  )
    return null;
  const sum = (of: (report: ReviewReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const { base, head, changed } = first;
  return assemble(
    { base, head, changed, ...origin },
    {
      reached: sum((report) => report.reached),
      left: sum((report) => report.left),
      booted: reports.flatMap((report) => report.booted),
      changes: reports.flatMap((report) => unfold(report.groups)),
      failed: reports.flatMap((report) => report.failed),
      broken: reports.flatMap((report) => report.broken ?? []),
    },
  );
}

export const FAIL_ON = ['error', 'warning', 'change', 'never'] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** Whether a review is a failure: new errors (a kernel that stops is one), new warnings too, or any change. */
export function failsOn({ groups }: ReviewReport, what: FailOn): boolean {
  if (what === 'never') return false;
  return groups.some(({ changes }) =>
    changes.some(({ kind, finding, text }) => {
      if (what === 'change') return true;
      if (kind === 'stops') return !text.includes('no longer');
      if (kind !== 'new-finding') return false;
      return finding?.severity === 'error' || (what === 'warning' && finding?.severity === 'warning');
    }),
  );
}
