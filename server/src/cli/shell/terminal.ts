/** Colours and width of a terminal; plain text for everything else. */
import { createColors } from 'picocolors';

/** What an output is: how wide, in colours or not. */
export interface Terminal {
  /** Columns; null: no terminal, lines stay as they are. */
  readonly width: number | null;
  readonly colours: boolean;
}

/** Narrower than this nothing is wrapped: there would be one word a line. */
const NARROWEST = 40;

/**
 * What an output stream is. NO_COLOR (any text) and TERM=dumb mean no colours, FORCE_COLOR (not 0) means colours without a
 * terminal too; https://no-color.org.
 */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Terminal {
  const tty = stream.isTTY === true;
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const never = (NO_COLOR !== undefined && NO_COLOR !== '') || FORCE_COLOR === '0' || TERM === 'dumb';
  const width = tty ? (stream.columns ?? 80) : null;
  return { width: width === null || width < NARROWEST ? null : width, colours: !never && (forced || tty) };
}

/** A line broken at spaces to fit the width, what follows indented by two more than the line. */
function wrapLine(line: string, width: number): string {
  if (line.length <= width) return line;
  const indent = `${/^ */.exec(line)?.[0] ?? ''}    `;
  if (indent.length > width / 2) return line;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const least = lines.length === 0 ? indent.length : indent.length + 1;
    const at = rest.lastIndexOf(' ', width);
    if (at <= least) {
      const next = rest.indexOf(' ', width);
      if (next < 0) break;
      lines.push(rest.slice(0, next));
      rest = indent + rest.slice(next + 1);
      continue;
    }
    lines.push(rest.slice(0, at));
    rest = indent + rest.slice(at + 1);
  }
  lines.push(rest);
  return lines.join('\n');
}

/** Text for a terminal: lines that are too long are broken; without one, as it is. Tables (two spaces in the middle) stay whole. */
export function wrap(text: string, { width }: Terminal): string {
  if (width === null) return text;
  return text
    .split('\n')
    .map((line) => (/\S {2,}\S/.test(line) ? line : wrapLine(line, width)))
    .join('\n');
}

const SEVERITY = { error: 'red', warning: 'yellow', information: 'cyan', hint: 'gray' } as const;

/** `error` in its colour. */
export function severityText(severity: keyof typeof SEVERITY, { colours }: Terminal): string {
  return createColors(colours)[SEVERITY[severity]](severity);
}

/** Text in bold, or faint. */
export function strong(text: string, { colours }: Terminal): string {
  return createColors(colours).bold(text);
}
export function faint(text: string, { colours }: Terminal): string {
  return createColors(colours).dim(text);
}
