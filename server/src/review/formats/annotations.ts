/** A review as remarks on lines of a change: for GitHub Actions (workflow commands) and GitLab (Code Quality report). */
import { createHash } from 'node:crypto';
import type { CheckFinding } from '../finding';
import { brokenBefore, type ReviewReport } from '../report';
import { summary } from './text';

/** The findings that are new, once each, with the boards that have them. */
export function newFindings({
  groups,
}: ReviewReport): { readonly finding: CheckFinding; readonly boards: readonly string[] }[] {
  return groups.flatMap(({ boards, changes }) =>
    changes.flatMap(({ kind, finding }) =>
      kind === 'new-finding' && finding !== undefined ? [{ finding, boards }] : [],
    ),
  );
}

/** What a person has to look at on its line: the new findings, and what is broken although it is not new. */
const remarks = (report: ReviewReport): ReturnType<typeof newFindings> => [
  ...newFindings(report),
  ...brokenBefore(report).map((finding) => ({ finding, boards: [finding.board] })),
];

const onBoards = (boards: readonly string[]): string =>
  boards.length === 1 ? ` (on ${boards[0]})` : ` (on ${boards.length} boards, first ${boards[0]})`;

const LEVEL = { error: 'error', warning: 'warning', information: 'notice', hint: 'notice' } as const;
/** docs.github.com, workflow commands: what must be escaped in data and in properties. */
const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

/** Workflow commands, one a line. */
export function githubAnnotations(report: ReviewReport): string {
  const lines = remarks(report).map(({ finding: f, boards }) => {
    const place = `file=${property(f.file)},line=${f.line},col=${f.column},endLine=${f.endLine},title=${property(f.code)}`;
    return `::${LEVEL[f.severity]} ${place}::${data(f.message + onBoards(boards))}`;
  });
  lines.push(`::notice title=SMMU Scope::${data(summary(report))}`);
  return `${lines.join('\n')}\n`;
}

const SEVERITY = { error: 'critical', warning: 'major', information: 'minor', hint: 'info' } as const;

/** GitLab's Code Quality report: an array of objects with description, check_name, fingerprint, severity and location. */
export function gitlabQuality(report: ReviewReport): unknown[] {
  return remarks(report).map(({ finding: f, boards }) => ({
    description: f.message + onBoards(boards),
    check_name: f.code,
    fingerprint: createHash('sha256')
      .update([f.code, f.file, f.message, ...boards].join('\n'))
      .digest('hex'),
    severity: SEVERITY[f.severity],
    location: { path: f.file, lines: { begin: f.line, end: f.endLine } },
  }));
}
