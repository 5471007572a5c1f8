/** The token being read, and the literals among the tokens: numbers, strings, characters (dtc-lexer.l). */
import { DIGIT, HEX, isClass } from '../source/characters';
import { Expansion } from '../source/expansion';
import type { Span } from '../source/file';
import type { Macro } from '../source/macro';
import type { TextOrigin } from '../source/options';
import { Preprocessor } from '../source/preprocessor';
import { unescapeString } from './escapes';
import { T_CHARACTER, T_EOF, T_LITERAL, T_STRING } from './tokens';

export abstract class Literals<Item extends object> extends Preprocessor<Item> {
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
  protected malformed(code: string, message: string, start: number, end: number): void {
    if (this.complained) return;
    this.complained = true;
    this.report('error', code, message, this.placeOf(this.input, start, end));
  }

  protected scanNumber(start: number): boolean {
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

  protected scanString(start: number): boolean {
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

  protected scanCharacter(start: number): boolean {
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
