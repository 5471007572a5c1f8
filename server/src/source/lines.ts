/** Lines as C's preprocessor counts them: joined by comments. All offsets are in a text's codes. */
import { BLANK, isClass, PADDING } from './characters';

/** Whether only blanks and comments stand between the start of the line and `at`. */
export function startsLine(codes: Uint8Array, at: number): boolean {
  let i = at - 1;
  while (i >= 0) {
    const c = codes[i] as number;
    if (c === 10) return true;
    // 255 at the very start is a byte order mark
    if (isClass(c, BLANK) || (c === 255 && i === 0)) i--;
    else if (c === 47 && codes[i - 1] === 42) {
      i -= 2;
      while (i >= 1 && !(codes[i] === 42 && codes[i - 1] === 47)) i--;
      if (i < 1) return false;
      i -= 2;
    } else return false;
  }
  return true;
}

/** The end of the logical line (before its newline): block comments carry it on. */
export function logicalLineEnd(codes: Uint8Array, at: number): number {
  const length = codes.length - PADDING;
  let i = at;
  for (;;) {
    const c = codes[i] as number;
    if (c === 10) return i;
    if (c === 47 && codes[i + 1] === 42) i = commentEnd(codes, i);
    else if (c === 47 && codes[i + 1] === 47) return lineEnd(codes, i);
    else if (c === 34 || c === 39) i = quotedOnLine(codes, i);
    else if (c === 0 && i >= length) return length;
    else i++;
  }
}

export function quotedOnLine(codes: Uint8Array, at: number): number {
  const quote = codes[at];
  const length = codes.length - PADDING;
  for (let i = at + 1; i < length; i++) {
    const c = codes[i];
    if (c === quote) return i + 1;
    if (c === 92) i++;
    else if (c === 10) return at + 1;
  }
  return at + 1;
}

/** Behind the block comment that begins at `at`; the end of the text when it does not end. */
export function commentEnd(codes: Uint8Array, at: number): number {
  const length = codes.length - PADDING;
  for (let i = at + 2; i < length; i++) if (codes[i] === 42 && codes[i + 1] === 47) return i + 2;
  return length;
}

/** The next newline from `at`, or the end of the text. */
export function lineEnd(codes: Uint8Array, at: number): number {
  const length = codes.length - PADDING;
  let i = at;
  while (i < length && codes[i] !== 10) i++;
  return i;
}

/** The start of the next line in skipped text; block comments that begin on this line are passed. */
export function nextLine(codes: Uint8Array, at: number): number {
  const length = codes.length - PADDING;
  let i = at;
  while (i < length) {
    const c = codes[i] as number;
    if (c === 10) return i + 1;
    if (c === 47 && codes[i + 1] === 42) i = commentEnd(codes, i);
    else if (c === 47 && codes[i + 1] === 47) return Math.min(length, lineEnd(codes, i) + 1);
    else if (c === 34 || c === 39) i = quotedOnLine(codes, i);
    else i++;
  }
  return length;
}

export function trimEnd(codes: Uint8Array, start: number, end: number): number {
  let i = end;
  while (i > start && isClass(codes[i - 1] as number, BLANK)) i--;
  return i;
}
