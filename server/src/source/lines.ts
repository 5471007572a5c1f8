/** Lines as C's preprocessor counts them: joined by splices and by comments. */
import { BLANK, isClass } from './characters';

export function isSpliced(text: string, newline: number): boolean {
  const before = text.charCodeAt(newline - 1);
  return before === 92 || (before === 13 && text.charCodeAt(newline - 2) === 92);
}

/** Whether only blanks and comments stand between the start of the line and `at`. */
export function startsLine(text: string, at: number): boolean {
  let i = at - 1;
  for (;;) {
    const c = text.charCodeAt(i);
    if (i < 0 || c === 10) return i < 0 || !isSpliced(text, i);
    if (isClass(c, BLANK) || c === 0xfeff) i--;
    else if (c === 47 && text.charCodeAt(i - 1) === 42) {
      const open = text.lastIndexOf('/*', i - 2);
      if (open < 0) return false;
      i = open - 1;
    } else return false;
  }
}

/** The end of the logical line (before its newline): splices and block comments carry it on; a line comment ends the text, not the line. */
export function logicalLineEnd(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (Number.isNaN(c)) return text.length;
    if (c === 10) {
      if (!isSpliced(text, i)) return i;
      i++;
    } else if (c === 47 && text.charCodeAt(i + 1) === 42) {
      const close = text.indexOf('*/', i + 2);
      if (close < 0) return text.length;
      i = close + 2;
    } else if (c === 47 && text.charCodeAt(i + 1) === 47) {
      let end = text.indexOf('\n', i);
      while (end > 0 && isSpliced(text, end)) end = text.indexOf('\n', end + 1);
      return end < 0 ? text.length : end;
    } else if (c === 34 || c === 39) {
      const close = quotedOnLine(text, i);
      i = close;
    } else i++;
  }
}

export function quotedOnLine(text: string, at: number): number {
  const quote = text.charCodeAt(at);
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === quote) return i + 1;
    if (c === 92) i++;
    else if (c === 10) return at + 1;
  }
  return at + 1;
}

/** The start of the next line in skipped text; block comments that begin on this line are passed. */
export function nextLine(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (Number.isNaN(c)) return text.length;
    if (c === 10) return i + 1;
    if (c === 47 && text.charCodeAt(i + 1) === 42) {
      const close = text.indexOf('*/', i + 2);
      if (close < 0) return text.length;
      i = close + 2;
    } else if (c === 47 && text.charCodeAt(i + 1) === 47) {
      const end = text.indexOf('\n', i);
      return end < 0 ? text.length : end + 1;
    } else if (c === 34 || c === 39) i = quotedOnLine(text, i);
    else i++;
  }
}

export function trimEnd(text: string, start: number, end: number): number {
  let i = end;
  while (i > start && isClass(text.charCodeAt(i - 1), BLANK)) i--;
  return i;
}
