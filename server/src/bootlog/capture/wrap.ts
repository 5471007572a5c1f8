/** Lines that a mail program broke are put together again. */
import { bodyOf } from './prefix';

export interface TextLine {
  /** Where it begins in the log, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Mailers and consoles break between these columns. */
const NARROWEST = 56;
const WIDEST = 132;

/** Terminals break inside a word at their last column; mailers break between words and leave out the space. */
function joined(first: string, second: string, width: number): string {
  if (/\s$/.test(first) || (width === 80 && !/[,;:]$/.test(first))) return first + second.trimStart();
  return `${first} ${second.trimStart()}`;
}

/**
 * Joins what follows a stamped line without a stamp of its own, where lines of this log are stamped and the first part is
 * as long as a broken line is. Lines of a log without stamps stay as they are.
 */
export function unwrapLines(lines: readonly string[]): TextLine[] {
  const out: TextLine[] = [];
  let open: { line: number; text: string; last: number } | null = null;
  let broken = 0;
  for (const [index, raw] of lines.entries()) {
    const text = raw.replace(/\r$/, '');
    const { stamped } = bodyOf(text);
    if (
      open !== null &&
      !stamped &&
      text.trim() !== '' &&
      !/^\s/.test(text) &&
      open.last >= NARROWEST &&
      open.last <= WIDEST &&
      broken < 3 &&
      !/^(?:-{3,}|-- (?:Boot|Reboot)\b|={3,}|@@|[#$] )/.test(text)
    ) {
      open.text = joined(open.text, text.replace(/^(?:\s?>\s?)+/, ''), open.last);
      open.last = text.length;
      broken++;
      continue;
    }
    if (open !== null) out.push({ line: open.line, text: open.text });
    open = null;
    broken = 0;
    if (stamped) open = { line: index + 1, text, last: text.length };
    else out.push({ line: index + 1, text });
  }
  if (open !== null) out.push({ line: open.line, text: open.text });
  return out;
}
