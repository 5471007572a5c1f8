/** Findings as the report page lists them. */
import type { Diagnosis } from '../language/rules';
import { positionAt } from '../source/file';
import { pathOfUri } from '../source/uri';
import type { PageFinding } from './report-page';

const SEVERITIES = ['error', 'warning', 'information', 'hint'];

/**
 * The worst come first.
 * @param board the board's file, where nothing else is known
 * @param shown a path as a reader elsewhere understands it: the page is sent to people
 */
export const pageFindings = (
  findings: readonly Diagnosis[],
  board: string,
  shown: (path: string) => string,
): PageFinding[] =>
  findings
    .map(({ severity, code, message, span }) => {
      if (span === null) return { severity, code, message, place: shown(board) };
      const { line, character } = positionAt(span.file, span.start);
      return { severity, code, message, place: `${shown(pathOfUri(span.file.uri))}:${line + 1}:${character + 1}` };
    })
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
