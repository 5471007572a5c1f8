/** How the command line shows problems: `file:line:column: severity: message [code]`. */
import { relative } from 'node:path';
import type { Problem } from '../devicetree/model';
import { positionAt, type Span } from '../source/file';
import { pathOfUri } from '../source/uri';

/** `file:line:column` of a place, counted from 1; the path is relative when it lies below the current folder. */
export function placeText(span: Span): string {
  const path = pathOfUri(span.file.uri);
  const short = relative(process.cwd(), path);
  const { line, character } = positionAt(span.file, span.start);
  return `${short.startsWith('..') || short === '' ? path : short}:${line + 1}:${character + 1}`;
}

/** One problem as a line, its related places as further lines. */
export function problemText(problem: Problem): string {
  const lines = [`${placeText(problem.span)}: ${problem.severity}: ${problem.message} [${problem.code}]`];
  for (const { span, message } of problem.related ?? []) lines.push(`${placeText(span)}: note: ${message}`);
  return lines.join('\n');
}
