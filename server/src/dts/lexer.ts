/** dtc's tokens (dtc-lexer.l) on top of the preprocessor, with its four states. */
import { DIGIT, HEX, IDENT, IDENT_START, isClass, NAME, SPACE, skipClass } from '../source/characters';
import { Expansion } from '../source/expansion';
import type { SourceFile } from '../source/file';
import { MODE_BYTES, MODE_NAME, MODE_VALUE } from '../source/inputs';
import { Literals } from './literals';
import {
  T_AND,
  T_BITS,
  T_BYTE,
  T_DELETE_NODE,
  T_DELETE_PROPERTY,
  T_EOF,
  T_EQ,
  T_GE,
  T_INCBIN,
  T_LABEL,
  T_LE,
  T_LITERAL,
  T_LSHIFT,
  T_MEMRESERVE,
  T_NAME,
  T_NE,
  T_OMIT,
  T_OR,
  T_PATH_REFERENCE,
  T_PLUGIN,
  T_REFERENCE,
  T_RSHIFT,
  T_VERSION,
  T_WORD,
} from './tokens';

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

export abstract class Lexer<Item extends object> extends Literals<Item> {
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
