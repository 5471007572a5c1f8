/** The report of a review: what `review --format json` prints. A contract (review.schema.json). */
import { type BoardChanges, type ChangeGroup, fold, unfold } from './fold';
import type { BoardReview } from './review';

export interface ReviewReport {
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
}

export function reportOf(
  sides: Pick<ReviewReport, 'base' | 'head' | 'changed'>,
  boards: readonly BoardReview[],
  left = 0,
): ReviewReport {
  return assemble(
    sides,
    boards.length + left,
    left,
    boards.flatMap((board) => board.booted),
    boards.flatMap((board) => board.changes),
    boards.flatMap(({ board, failed }) => (failed === null ? [] : [{ board, message: failed }])),
  );
}

function assemble(
  { base, head, changed }: Pick<ReviewReport, 'base' | 'head' | 'changed'>,
  reached: number,
  left: number,
  booted: readonly string[],
  changes: readonly BoardChanges[],
  failed: ReviewReport['failed'],
): ReviewReport {
  return {
    schema: 1,
    tool: 'smmu-scope review',
    base,
    head,
    changed,
    reached,
    booted: [...new Set(booted)].sort(),
    different: new Set(changes.map((found) => found.board)).size,
    left,
    groups: fold(changes),
    failed: [...failed].sort((a, b) => (a.board < b.board ? -1 : 1)),
  };
}

/** One report of the reports of shards; null when they are not of one review. */
export function mergeReports(reports: readonly ReviewReport[]): ReviewReport | null {
  const [first] = reports;
  if (first === undefined) return null;
  if (
    reports.some(({ base, head, changed }) => base !== first.base || head !== first.head || changed !== first.changed)
  )
    return null;
  const sum = (of: (report: ReviewReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  return assemble(
    first,
    sum((report) => report.reached),
    sum((report) => report.left),
    reports.flatMap((report) => report.booted),
    reports.flatMap((report) => unfold(report.groups)),
    reports.flatMap((report) => report.failed),
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
