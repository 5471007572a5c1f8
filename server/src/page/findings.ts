/** Findings as the report page lists them. */
import type { Diagnosis } from '../language/rules';
import { positionAt } from '../source/file';
import { pathOfUri } from '../source/uri';
import type { PageFinding } from './report-page';

/** @param board the board's file, where nothing else is known */
export const pageFindings = (findings: readonly Diagnosis[], board: string): PageFinding[] =>
  findings.map(({ severity, code, message, span }) => {
    if (span === null) return { severity, code, message, place: board };
    const { line, character } = positionAt(span.file, span.start);
    return { severity, code, message, place: `${pathOfUri(span.file.uri)}:${line + 1}:${character + 1}` };
  });
