/** dtc's tokens (dtc-lexer.l) on top of the preprocessor, with its four states. */
import { DIGIT, HEX, IDENT, IDENT_START, isClass, NAME, SPACE, skipClass } from '../source/characters';
import { Expansion } from '../source/expansion';
import type { SourceFile, Span } from '../source/file';
import { MODE_BYTES, MODE_NAME, MODE_VALUE } from '../source/inputs';
import type { Macro } from '../source/macro';
import type { TextOrigin } from '../source/options';
import { Preprocessor } from '../source/preprocessor';

/** Token kinds; single characters are their own code (below 128). */
export const T_EOF = 256;
export const T_NAME = 257;
export const T_LABEL = 258;
export const T_LITERAL = 259;
export const T_CHARACTER = 260;
export const T_STRING = 261;
export const T_REFERENCE = 262;
export const T_PATH_REFERENCE = 263;
export const T_BYTE = 264;
export const T_VERSION = 265;
export const T_PLUGIN = 266;
export const T_MEMRESERVE = 267;
export const T_BITS = 268;
export const T_DELETE_PROPERTY = 269;
export const T_DELETE_NODE = 270;
export const T_OMIT = 271;
export const T_INCBIN = 272;
/** An identifier where none can stand: dtc would see its letters one by one. */
export const T_WORD = 273;
export const T_LSHIFT = 274;
export const T_RSHIFT = 275;
export const T_LE = 276;
export const T_GE = 277;
export const T_EQ = 278;
export const T_NE = 279;
export const T_AND = 280;
export const T_OR = 281;

const KEYWORDS: readonly (readonly [text: string, kind: number, mode: number])[] = [
  ['/dts-v1/', T_VERSION, MODE_VALUE],
  ['/plugin/', T_PLUGIN, -1],
  ['/memreserve/', T_MEMRESERVE, MODE_VALUE],
  ['/bits/', T_BITS, MODE_VALUE],
  ['/delete-property/', T_DELETE_PROPERTY, MODE_NAME],
  ['/delete-node/', T_DELETE_NODE, MODE_NAME],
  ['/omit-if-no-ref/', T_OMIT, MODE_NAME],
  ['/incbin/', T_INCBIN, -1],
];

export abstract class Lexer<Item extends object> extends Preprocessor<Item> {
  /** The current token: kind, place, and what it carries. */
  protected kind = T_EOF;
  protected tokInput: TextOrigin = this.input;
  protected tokStart = 0;
  protected tokEnd = 0;
  /** The word of a name, label or reference. */
  protected tokText = '';
  /** The number of a literal; exact up to 2^53, else `tokBig` is set. */
  protected tokNumber = 0;
  protected tokBig: bigint | null = null;
  /** The simple macro that gave a literal. */
  protected tokMacro: Macro | null = null;
  /** The place where the token before this one ended: where a missing `;` belongs. */
  protected lastInput: TextOrigin = this.input;
  protected lastEnd = 0;
  /** Set once the statement being read has a problem of form: what follows from it is not said again. */
  protected complained = false;

  protected tokenSpan(): Span {
    return this.placeOf(this.tokInput, this.tokStart, this.tokEnd);
  }

  /** A problem of form found while reading characters. */
  private malformed(code: string, message: string, start: number, end: number): void {
    if (this.complained) return;
    this.complained = true;
    this.report('error', code, message, this.placeOf(this.input, start, end));
  }

  /** Reads the next token into the fields. */
  protected next(): void {
    this.lastInput = this.tokInput;
    this.lastEnd = this.tokEnd;
    this.advance();
  }

  private advance(): void {
    this.tokBig = null;
    this.tokMacro = null;
    for (;;) {
      const c = this.skipBlank();
      this.tokInput = this.input;
      this.tokStart = this.pos;
      if (c < 0) {
        this.kind = T_EOF;
        this.tokEnd = this.pos;
        return;
      }
      if (this.scan(c)) {
        this.tokEnd = this.pos;
        this.atBoundary = false;
        return;
      }
    }
  }

  /** Reads one token at `pos`; false when the input changed instead (an expansion or an include) or nothing was there. */
  private scan(c: number): boolean {
    const { codes } = this;
    const start = this.pos;
    switch (this.mode) {
      case MODE_NAME:
        if (isClass(c, NAME)) return this.scanName(c, start);
        if (c === 92 && isClass(codes[start + 1] as number, NAME)) {
          this.pos = skipClass(codes, start + 1, NAME);
          this.tokText = this.names.text(this.names.intern(codes, start + 1, this.pos));
          this.kind = T_NAME;
          this.mode = MODE_VALUE;
          return true;
        }
        break;
      case MODE_BYTES:
        if (isClass(c, HEX | IDENT_START)) return this.scanBytes(c, start);
        if (c === 93) this.mode = MODE_VALUE;
        break;
      default:
        if (isClass(c, DIGIT)) return this.scanNumber(start);
        if (isClass(c, IDENT_START)) return this.scanWord(start);
    }
    switch (c) {
      case 34:
        return this.scanString(start);
      case 39:
        return this.scanCharacter(start);
      case 38:
        return this.scanReference(start);
      case 47:
        return this.scanSlash(start);
      case 91:
        this.mode = MODE_BYTES;
        break;
      case 123:
      case 59:
        this.mode = MODE_NAME;
        break;
      case 60:
        if (this.pair(60, T_LSHIFT) || this.pair(61, T_LE)) return true;
        break;
      case 62:
        if (this.pair(62, T_RSHIFT) || this.pair(61, T_GE)) return true;
        break;
      case 61:
        if (this.pair(61, T_EQ)) return true;
        break;
      case 33:
        if (this.pair(61, T_NE)) return true;
        break;
      case 124:
        if (this.pair(124, T_OR)) return true;
        break;
    }
    this.kind = c;
    this.pos = start + 1;
    if (c === 255) {
      const unit = this.text.charCodeAt(start);
      if (unit >= 0xd800 && unit < 0xdc00) this.pos = Math.min(this.text.length, start + 2);
    }
    return true;
  }

  private pair(second: number, kind: number): boolean {
    if (this.codes[this.pos + 1] !== second) return false;
    this.kind = kind;
    this.pos += 2;
    return true;
  }

  private scanName(c: number, start: number): boolean {
    const { codes, names } = this;
    const end = skipClass(codes, start, NAME);
    if (codes[end] === 58 && isClass(c, IDENT_START)) {
      const identEnd = skipClass(codes, start, IDENT);
      if (identEnd === end) return this.scanLabel(start, identEnd);
    }
    const id = names.intern(codes, start, end);
    if (this.macrosActive) {
      // Most names are one identifier; of `a-b` and the like each part may be a macro.
      const single = isClass(c, IDENT_START) && skipClass(codes, start, IDENT) === end;
      if ((single ? this.macro(id) !== undefined : this.hasMacro(id)) && this.expands(start, end)) {
        this.expandAt(start);
        return false;
      }
    }
    this.tokText = names.text(id);
    this.pos = end;
    this.kind = T_NAME;
    this.mode = MODE_VALUE;
    return true;
  }

  /** Whether a word that holds a macro's name changes: a function-like macro needs its `(`. */
  private expands(start: number, end: number): boolean {
    const { codes, names } = this;
    for (let at = start; at < end; ) {
      if (!isClass(codes[at] as number, IDENT_START)) {
        at++;
        continue;
      }
      const stop = skipClass(codes, at, IDENT);
      const macro = this.macro(names.intern(codes, at, stop));
      if (macro !== undefined && (macro.parameters === null || this.callFollows(stop))) return true;
      at = stop;
    }
    return false;
  }

  private callFollows(at: number): boolean {
    const { codes } = this;
    let i = at;
    for (;;) {
      const c = codes[i] as number;
      if (c === 40) return true;
      if (isClass(c, SPACE)) i++;
      else if (c === 47 && codes[i + 1] === 42) {
        const close = this.text.indexOf('*/', i + 2);
        if (close < 0) return false;
        i = close + 2;
      } else return false;
    }
  }

  private scanLabel(start: number, end: number): boolean {
    const { names } = this;
    const id = names.intern(this.codes, start, end);
    if (this.macrosActive && this.macro(id) !== undefined && this.expands(start, end)) {
      this.expandAt(start);
      return false;
    }
    this.tokText = names.text(id);
    this.pos = end + 1;
    this.kind = T_LABEL;
    return true;
  }

  private scanWord(start: number): boolean {
    const { codes, names } = this;
    const end = skipClass(codes, start, IDENT);
    const id = names.intern(codes, start, end);
    if (this.macrosActive) {
      const macro = this.macro(id);
      if (macro !== undefined) {
        if (macro.literal >= 0) {
          this.tokNumber = macro.literal;
          this.tokMacro = macro;
          this.pos = end;
          this.kind = T_LITERAL;
          return true;
        }
        const { plain } = macro;
        if (plain !== null && this.budget.left >= 0 && endsWord(codes[end] as number)) {
          this.budget.left -= macro.body.length + 1;
          this.pos = end;
          this.pushExpansion(Expansion.ofPlain(this.input as SourceFile, start, end, macro, plain), plain.codes);
          return false;
        }
        if (macro.parameters === null || this.callFollows(end)) {
          this.expandAt(start);
          return false;
        }
      }
    }
    this.tokText = names.text(id);
    if (codes[end] === 58) {
      this.pos = end + 1;
      this.kind = T_LABEL;
      return true;
    }
    this.pos = end;
    this.kind = T_WORD;
    return true;
  }

  private scanNumber(start: number): boolean {
    const { codes } = this;
    let at = start;
    let value = 0;
    let c = codes[at] as number;
    const second = codes[at + 1] as number;
    let octal = false;
    if (c === 48 && (second === 120 || second === 88) && isClass(codes[at + 2] as number, HEX)) {
      at += 2;
      for (c = codes[at] as number; isClass(c, HEX); c = codes[++at] as number) {
        value = value * 16 + (c <= 57 ? c - 48 : (c | 32) - 87);
      }
    } else {
      octal = c === 48 && isClass(second, DIGIT);
      for (; c >= 48 && c <= 57; c = codes[++at] as number) value = value * 10 + (c - 48);
    }
    const digitsEnd = at;
    if (c === 85 || c === 76) {
      if (c === 85) at++;
      for (let l = 0; l < 2 && codes[at] === 76; l++) at++;
    }
    this.pos = at;
    this.kind = T_LITERAL;
    this.tokNumber = value;
    if (octal) this.octal(this.text.slice(start, digitsEnd), start, at);
    else if (value > Number.MAX_SAFE_INTEGER) this.bigNumber(this.text.slice(start, digitsEnd), start, at);
    return true;
  }

  private octal(digits: string, start: number, end: number): void {
    if (/[89]/.test(digits)) {
      const place = this.placeOf(this.input, start, end);
      this.report('error', 'dts/bad-number', `"${digits}" is not a number: a leading 0 makes it octal`, place);
      this.tokNumber = 0;
      return;
    }
    this.bigNumber(`0o${digits.slice(1)}`, start, end);
  }

  private bigNumber(digits: string, start: number, end: number): void {
    const value = digits.length > 400 ? 1n << 70n : BigInt(digits);
    if (value >= 1n << 64n) {
      this.report(
        'error',
        'dts/bad-number',
        'this number does not fit into 64 bits',
        this.placeOf(this.input, start, end),
      );
      this.tokBig = (1n << 64n) - 1n;
    } else if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.tokBig = value;
    else this.tokNumber = Number(value);
  }

  private scanBytes(c: number, start: number): boolean {
    const { codes, text } = this;
    if (isClass(c, IDENT_START)) {
      const end = skipClass(codes, start, IDENT);
      if (codes[end] === 58) return this.scanLabel(start, end);
      if (this.macrosActive) {
        const macro = this.macro(this.names.intern(codes, start, end));
        if (macro !== undefined && (macro.parameters === null || this.callFollows(end))) {
          this.expandAt(start);
          return false;
        }
      }
    }
    const second = codes[start + 1] as number;
    if (isClass(c, HEX) && isClass(second, HEX)) {
      this.tokNumber = Number.parseInt(text.slice(start, start + 2), 16);
      this.pos = start + 2;
      this.kind = T_BYTE;
      return true;
    }
    this.pos = Math.max(start + 1, skipClass(codes, start, IDENT));
    this.tokText = text.slice(start, this.pos);
    this.kind = T_WORD;
    return true;
  }

  private scanString(start: number): boolean {
    const { codes, text } = this;
    let at = start + 1;
    let newline = -1;
    for (;;) {
      const c = codes[at] as number;
      if (c === 34) break;
      if (c === 92) {
        // left over only in what dtc includes itself, and no escape to it
        if (codes[at + 1] === 10) return this.openString(start, at);
        at += 2;
      } else if (c === 10) {
        // dtc lets a string run over lines. While somebody types, it is a forgotten quote far more often: then what
        // follows reads like statements, and the string ends with its line.
        if (newline < 0) {
          newline = at;
          const close = text.indexOf('"', at);
          if (close < 0 || /[;{}=]/.test(text.slice(at, close))) return this.openString(start, at);
        }
        at++;
      } else if (c === 0 && at >= text.length) return this.openString(start, newline < 0 ? text.length : newline);
      else at++;
    }
    this.pos = at + 1;
    this.kind = T_STRING;
    return true;
  }

  private openString(start: number, lineEnd: number): boolean {
    // A `;` or `>;` at the end of the line belongs to the statement, not to the text.
    const { codes, text } = this;
    let stop = lineEnd;
    const back = (mask: string): void => {
      while (stop > start + 1 && mask.includes(text[stop - 1] as string)) stop--;
    };
    back(' \t\r');
    if (codes[stop - 1] === 59) stop--;
    back(' \t>)]');
    this.pos = Math.max(start + 1, stop);
    this.kind = T_STRING;
    this.malformed('dts/unterminated-string', 'this string has no closing quote', start, this.pos);
    return true;
  }

  private scanCharacter(start: number): boolean {
    const { codes, text } = this;
    let at = start + 1;
    for (;;) {
      const c = codes[at];
      if (c === 39) break;
      if (c === 92) at += 2;
      else if (c === 10 || at >= text.length) {
        this.malformed(
          'dts/bad-character',
          'this character literal has no closing quote',
          start,
          Math.min(at, text.length),
        );
        this.pos = Math.min(at, text.length);
        this.kind = T_CHARACTER;
        this.tokNumber = 0;
        return true;
      } else at++;
    }
    this.pos = at + 1;
    this.kind = T_CHARACTER;
    const bytes = unescapeString(text.slice(start + 1, at), this.bytewiseAt(this.input, start));
    this.tokNumber = bytes[0] ?? 0;
    if (bytes.length !== 1) {
      const message =
        bytes.length === 0
          ? 'empty character literal'
          : `character literal has ${bytes.length} characters instead of 1`;
      this.malformed('dts/bad-character', message, start, this.pos);
    }
    return true;
  }

  private scanReference(start: number): boolean {
    const { codes } = this;
    const c = codes[start + 1] as number;
    if (isClass(c, IDENT_START)) {
      const end = skipClass(codes, start + 1, IDENT);
      const id = this.names.intern(codes, start + 1, end);
      if (this.macrosActive && this.macro(id) !== undefined && this.expands(start + 1, end)) {
        this.expandAt(start);
        return false;
      }
      this.tokText = this.names.text(id);
      this.pos = end;
      this.kind = T_REFERENCE;
      return true;
    }
    if (c === 123) {
      const end = skipPath(codes, start + 2, this.macrosActive);
      if (codes[end] === 125) {
        const word = this.names.intern(codes, start + 2, end);
        if (this.macrosActive && this.hasMacro(word) && this.expands(start + 2, end)) {
          this.expandAt(start);
          return false;
        }
        this.tokText = this.names.text(word);
        this.pos = end + 1;
        this.kind = T_PATH_REFERENCE;
        return true;
      }
    }
    if (c === 123) {
      this.pos = skipPath(codes, start + 2, this.macrosActive);
      this.tokText = this.text.slice(start + 2, this.pos);
      this.malformed('dts/missing-brace', 'missing } of the path reference', start, this.pos);
      this.kind = T_PATH_REFERENCE;
      return true;
    }
    if (c === 38) {
      this.kind = T_AND;
      this.pos = start + 2;
      return true;
    }
    this.kind = 38;
    this.pos = start + 1;
    return true;
  }

  private scanSlash(start: number): boolean {
    const { codes, text } = this;
    for (const [word, kind, mode] of KEYWORDS) {
      if (text.startsWith(word, start)) {
        this.pos = start + word.length;
        this.kind = kind;
        if (mode >= 0) this.mode = mode;
        return true;
      }
    }
    if (text.startsWith('/include/', start)) {
      const quote = skipClass(codes, start + 9, SPACE);
      const close = codes[quote] === 34 ? text.indexOf('"', quote + 1) : -1;
      const line = text.indexOf('\n', quote);
      if (close > 0 && (line < 0 || close < line)) {
        this.pos = close + 1;
        this.includeByDtc(text.slice(quote + 1, close), this.placeOf(this.input, quote, close + 1));
        return false;
      }
      this.pos = start + 9;
      this.malformed('dts/bad-include', '/include/ needs a file name in quotes', start, this.pos);
      return false;
    }
    this.kind = 47;
    this.pos = start + 1;
    return true;
  }

  /** The bytes of the current string token, escapes resolved, without the terminating NUL. */
  protected stringBytes(): Uint8Array {
    const text = this.tokInput.text.slice(this.tokStart + 1, this.tokEnd);
    const bad = /^(?:[^\\]|\\[^x]|\\x[0-9a-fA-F])*?\\x(?![0-9a-fA-F])/s.exec(text)?.[0];
    if (bad !== undefined) {
      // get_escape_char stops dtc here
      const place = this.placeOf(this.tokInput, this.tokStart + bad.length - 1, this.tokStart + bad.length + 1);
      this.report('error', 'dts/bad-escape', '\\x needs hexadecimal digits behind it', place);
    }
    const inner = text.endsWith('"') ? text.slice(0, -1) : text;
    return unescapeString(inner, this.bytewiseAt(this.tokInput, this.tokStart));
  }

  private bytewiseAt(input: TextOrigin, at: number): boolean {
    return input instanceof Expansion ? input.bytewiseAt(at) : input.bytewise;
  }
}

/** Whether what an expansion ends with cannot grow together with a character of this code. */
function endsWord(code: number): boolean {
  return isClass(code, SPACE) || code === 59 || code === 62 || code === 41;
}

/** The end of a path's characters; to the preprocessor, two slashes or a slash and a star begin a comment even here. */
function skipPath(codes: Uint8Array, at: number, comments: boolean): number {
  let i = at;
  for (;;) {
    const c = codes[i] as number;
    if (c === 47) {
      const after = codes[i + 1];
      if (comments && (after === 47 || after === 42)) return i;
    } else if (!isClass(c, NAME)) return i;
    i++;
  }
}

const encoder = new TextEncoder();
const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** A string's bytes with its escapes resolved (dtc's get_escape_char); the text is UTF-8, or one character a byte (`bytewise`). */
export function unescapeString(text: string, bytewise = false): Uint8Array {
  const bytes = bytewise ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : encoder.encode(text);
  if (!text.includes('\\')) return bytes;
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const c = bytes[at] as number;
    if (c !== 92 || at + 1 === bytes.length) {
      out.push(c);
      continue;
    }
    const next = bytes[++at] as number;
    const known = ESCAPES[String.fromCharCode(next)];
    if (known !== undefined) out.push(known);
    else if (next >= 48 && next < 56) {
      let value = 0;
      let digits = 0;
      for (; digits < 3 && ((bytes[at] ?? 0) & 0xf8) === 48; digits++)
        value = value * 8 + ((bytes[at++] as number) & 7);
      out.push(value & 0xff);
      at--;
    } else if (next === 120 && isClass(bytes[at + 1] ?? 0, HEX)) {
      let value = 0;
      for (let digits = 0; digits < 2 && isClass(bytes[at + 1] ?? 0, HEX); digits++)
        value = value * 16 + Number.parseInt(String.fromCharCode(bytes[++at] as number), 16);
      out.push(value);
    } else out.push(next);
  }
  return Uint8Array.from(out);
}
