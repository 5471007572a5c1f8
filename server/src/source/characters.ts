/** Character classes of C's preprocessor and of dtc's lexer, as bits of one table. */

export const IDENT_START = 1;
export const IDENT = 2;
export const DIGIT = 4;
export const HEX = 8;
/** dtc's PROPNODECHAR: letters, digits and `,._+*#?@-`. */
export const NAME = 16;
/** Blanks within a line. */
export const BLANK = 32;

const classes = new Uint8Array(128);
for (let c = 0; c < 128; c++) {
  const ch = String.fromCharCode(c);
  let bits = 0;
  if (/[A-Za-z_]/.test(ch)) bits |= IDENT_START | IDENT;
  if (/[0-9]/.test(ch)) bits |= IDENT | DIGIT;
  if (/[0-9a-fA-F]/.test(ch)) bits |= HEX;
  if (/[a-zA-Z0-9,._+*#?@-]/.test(ch)) bits |= NAME;
  if (ch === ' ' || ch === '\t' || ch === '\r' || ch === '\f' || ch === '\v') bits |= BLANK;
  classes[c] = bits;
}

/** Whether a character code belongs to any of the classes in `mask`; codes beyond ASCII and NaN (end of text) do not. */
export function isClass(code: number, mask: number): boolean {
  return code < 128 && ((classes[code] as number) & mask) !== 0;
}

/** The offset of the first character from `at` that is not of the classes in `mask`. */
export function skipClass(text: string, at: number, mask: number): number {
  let i = at;
  while (isClass(text.charCodeAt(i), mask)) i++;
  return i;
}

/** The end of a preprocessing number that starts at `at` (C11 6.4.8: digits, letters, dots, and signs after e or p). */
export function skipNumber(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (isClass(c, IDENT) || c === 46) i++;
    else if ((c === 43 || c === 45) && i > at && isExponent(text.charCodeAt(i - 1))) i++;
    else return i;
  }
}

function isExponent(code: number): boolean {
  return code === 101 || code === 69 || code === 112 || code === 80;
}
