/** Quick fixes for text that cannot be read: the one character that is missing or too much. */
import type { Problem } from '../../devicetree/model';
import type { Fix } from '../rules/rule';

/** What to put at the end of the problem's span, by its code; the message names the bracket. */
const MISSING: Readonly<Record<string, (message: string) => string | null>> = {
  'dts/missing-semicolon': () => ';',
  'dts/missing-bracket': (message) => /^missing ([>\])])$/.exec(message)?.[1] ?? null,
  'dts/missing-comma': () => ',',
  'dts/missing-equals': () => ' =',
};

/** The fixes of a problem of the front end; null when there is none. */
export function syntaxFixes(problem: Problem): (() => readonly Fix[]) | null {
  const { file, start, end } = problem.span;
  const missing = MISSING[problem.code]?.(problem.message) ?? null;
  if (missing !== null) {
    // a name or a bracket ends where the character is missing; a blank before it stays behind it
    let at = end;
    while (at > start && /\s/.test(file.text[at - 1] ?? '')) at--;
    return () => [
      {
        title: `Add the missing ${missing.trim()}`,
        edits: [{ span: { file, start: at, end: at }, text: missing }],
        preferred: true,
      },
    ];
  }
  if (problem.code === 'dts/unexpected' && file.text.slice(start, end) === ';')
    return () => [{ title: 'Remove the ;', edits: [{ span: problem.span, text: '' }], preferred: true }];
  return null;
}
