/** How the command line shows problems: `file:line:column: severity: message [code]`. */
import { relative, resolve } from 'node:path';
import type { Problem } from '../devicetree/model';
import { positionAt, type Span } from '../source/file';
import { pathOfUri } from '../source/uri';
import type { InputProblem } from '../workspace/simulation-input';

/** A path as people see it: relative when it lies below the current folder. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || short === '' ? path : short;
}

/** `file:line:column` of a place, counted from 1; the path is relative when it lies below the current folder. */
export function placeText(span: Span): string {
  const path = pathOfUri(span.file.uri);
  const short = relative(process.cwd(), path);
  const { line, character } = positionAt(span.file, span.start);
  return `${short.startsWith('..') || short === '' ? path : short}:${line + 1}:${character + 1}`;
}

/** A problem of a file that is no devicetree source (scenario, .config), in the same form. */
export function inputProblemText(path: string, problem: InputProblem): string {
  const short = relative(process.cwd(), resolve(path));
  const shown = short.startsWith('..') || short === '' ? path : short;
  return `${shown}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}`;
}

/** One problem as a line, its related places as further lines. */
export function problemText(problem: Problem): string {
  const lines = [`${placeText(problem.span)}: ${problem.severity}: ${problem.message} [${problem.code}]`];
  for (const { span, message } of problem.related ?? []) lines.push(`${placeText(span)}: note: ${message}`);
  return lines.join('\n');
}
