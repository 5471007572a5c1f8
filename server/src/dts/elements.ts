/** The elements of values: strings, cells, bytes, references, /incbin/ (dtc-parser.y, propdataprefix to bytestring). */
import { MODE_NAME } from '../source/inputs';
import { OPERATORS } from './expressions';
import { type Int, isTruncated, toBig } from './integer';
import {
  C_CLOSE,
  C_COMMA,
  C_GREATER,
  C_LBRACKET,
  C_LESS,
  C_LPAREN,
  C_OPEN,
  C_RBRACKET,
  C_RPAREN,
  C_SEMICOLON,
} from './punctuation';
import { Recorder } from './recorder';
import {
  PART_BYTES,
  PART_CELL,
  PART_INCBIN,
  PART_LABEL,
  PART_PATH,
  PART_PHANDLE,
  PART_STRING,
  type PropertySyntax,
} from './syntax';
import {
  T_BITS,
  T_BYTE,
  T_CHARACTER,
  T_DELETE_NODE,
  T_DELETE_PROPERTY,
  T_EOF,
  T_INCBIN,
  T_LABEL,
  T_LITERAL,
  T_PATH_REFERENCE,
  T_REFERENCE,
  T_RSHIFT,
  T_STRING,
  T_WORD,
} from './tokens';

export abstract class ElementParser extends Recorder {
  /** One element of a value, up to behind it; false when none starts here. */
  protected element(property: PropertySyntax): boolean {
    switch (this.kind) {
      case T_STRING:
        this.string(property);
        return true;
      case T_BITS:
        this.bits(property);
        return true;
      case C_LESS:
        this.next();
        this.cells(property, 32);
        return true;
      case C_LBRACKET:
        this.byteString(property);
        return true;
      case T_REFERENCE:
      case T_PATH_REFERENCE:
        if (this.looksLikeStatement()) return false;
        this.reference(property, true);
        this.part(property, PART_PATH, 0);
        this.next();
        return true;
      case T_INCBIN:
        this.incbin(property);
        return true;
      default:
        return false;
    }
  }

  private string(property: PropertySyntax): void {
    this.part(property, PART_STRING, 0);
    const { store } = this;
    // The token was read just now: its text is the current input's.
    const { codes } = this;
    const from = store.length;
    const end = codes[this.tokEnd - 1] === 34 && this.tokEnd > this.tokStart + 1 ? this.tokEnd - 1 : this.tokEnd;
    store.reserve(end - this.tokStart + 1);
    const { bytes } = store;
    let to = from;
    for (let i = this.tokStart + 1; i < end; i++) {
      const c = codes[i] as number;
      if (c === 92 || c >= 128) {
        // Escapes and characters beyond ASCII: the whole string anew, the slow way.
        const slow = this.stringBytes();
        store.reserve(slow.length + 1);
        store.bytes.set(slow, from);
        to = from + slow.length;
        break;
      }
      bytes[to++] = c;
    }
    store.bytes[to++] = 0;
    store.length = to;
    this.next();
  }

  private bits(property: PropertySyntax): void {
    this.next();
    let bits = 32;
    if (this.kind === T_LITERAL) {
      bits = this.tokNumber;
      if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) {
        this.errorHere('dts/bad-bits', 'array elements must be 8, 16, 32 or 64 bits wide');
        bits = 32;
      }
      this.next();
    } else this.errorHere('dts/bad-bits', `expected 8, 16, 32 or 64 after /bits/, not ${this.describe()}`);
    if (this.kind === C_LESS) {
      this.next();
      this.cells(property, bits as 8 | 16 | 32 | 64);
    } else this.errorHere('dts/unexpected', `expected < after /bits/ ${bits}, not ${this.describe()}`);
  }

  /** Cells up to behind the `>`. */
  private cells(property: PropertySyntax, bits: 8 | 16 | 32 | 64): void {
    const { store } = this;
    for (;;) {
      switch (this.kind) {
        case T_LITERAL:
          if (bits === 32 && this.tokBig === null && this.tokNumber <= 0xffffffff) {
            store.part(
              PART_CELL,
              32,
              store.length - property.bytesFrom,
              this.tokStart,
              this.tokEnd,
              this.sourceOf(property),
            );
            store.u32(this.tokNumber);
            this.next();
            continue;
          }
          this.cell(property, bits);
          continue;
        case T_CHARACTER:
        case C_LPAREN:
          this.cell(property, bits);
          continue;
        case T_REFERENCE:
        case T_PATH_REFERENCE:
          if (this.looksLikeStatement()) break;
          if (bits === 32) {
            this.reference(property, false);
            this.part(property, PART_PHANDLE, 32);
          } else this.errorHere('dts/reference-width', 'references are only allowed in arrays of 32-bit elements');
          this.put(0xffffffff, bits, true);
          this.next();
          continue;
        case T_LABEL:
          if (this.looksLikeMember()) break;
          this.valueLabel(property);
          continue;
        case C_GREATER:
          this.next();
          return;
        case T_RSHIFT:
          // `>>` cannot end a value: the second > is one too many.
          this.errorHere('dts/unexpected', 'one > too many');
          this.next();
          return;
        case T_WORD:
          if (this.looksLikeMember()) break;
          if (this.mayBeDefined()) this.markUnknown(property);
          this.errorHere('dts/unknown-word', `"${this.tokText}" is neither a number nor a macro that is defined here`);
          this.part(property, PART_CELL, bits);
          this.put(0, bits, false);
          this.skipCall();
          continue;
        case C_COMMA:
          if (/^\s*["<[/]/.test(this.tokInput.text.slice(this.tokEnd, this.tokEnd + 40))) break;
          this.errorHere('dts/unexpected', 'cells are separated by blanks, not by ,');
          this.next();
          continue;
        case C_SEMICOLON:
        case C_CLOSE:
        case C_OPEN:
        case T_EOF:
        case T_DELETE_NODE:
        case T_DELETE_PROPERTY:
        case C_LESS:
        case T_STRING:
        case 35:
          break;
        default:
          this.errorHere('dts/unexpected', this.cellMessage());
          if (OPERATORS.has(this.kind)) this.skipExpression();
          else this.next();
          continue;
      }
      this.missing('dts/missing-bracket', 'missing >');
      property.complete = false;
      // Without its > the statement most likely lacks its ; as well: say it once.
      if (this.looksLikeMember() || this.kind === C_CLOSE) this.pretendSemicolon();
      return;
    }
  }

  private cellMessage(): string {
    if (this.kind === 38) return 'a label or {path} must follow &';
    if (OPERATORS.has(this.kind) || this.kind === 126 || this.kind === 33)
      return 'an expression must stand in parentheses';
    return `${this.describe()} cannot stand between < and >`;
  }

  /** After an operator outside parentheses: skips the operand, which would only be reported again. */
  private skipExpression(): void {
    while (OPERATORS.has(this.kind) && this.kind !== C_GREATER && this.kind !== C_LESS) {
      this.next();
      if (this.kind === T_LITERAL || this.kind === T_CHARACTER || this.kind === T_WORD) this.next();
    }
  }

  /** The cell that comes next stands for a constant that nobody here knows: its bytes are 0, and say nothing. */
  private markUnknown(property: PropertySyntax): void {
    property.unknown ??= [];
    property.unknown.push(this.store.length - property.bytesFrom);
  }

  private cell(property: PropertySyntax, bits: 8 | 16 | 32 | 64): void {
    const input = this.tokInput;
    const start = this.tokStart;
    let source = this.sourceOf(property);
    const simple = this.kind !== C_LPAREN;
    this.expressionMacros = [];
    const offset = this.store.length - property.bytesFrom;
    const before = this.unknownWords;
    const value = this.primary('a number') ?? 0;
    if (this.unknownWords !== before) this.markUnknown(property);
    const end = this.lastInput === input ? this.lastEnd : input.text.length;
    if (!simple && this.expressionMacros.length > 0) source = this.addSource({ input, macros: this.expressionMacros });
    if (isTruncated(value, bits)) {
      const shown = BigInt.asUintN(bits, toBig(value))
        .toString(16)
        .padStart(bits / 4, '0');
      this.errorAt(
        'dts/truncated',
        `value 0x${toBig(value).toString(16)} truncated to 0x${shown}`,
        input,
        start,
        end,
        'warning',
      );
    }
    this.store.part(PART_CELL, bits, offset, start, end, source);
    this.put(value, bits, false);
  }

  private byteString(property: PropertySyntax): void {
    const { store } = this;
    const from = store.length;
    const start = this.tokStart;
    const input = this.tokInput;
    const source = this.sourceOf(property);
    this.next();
    for (;;) {
      if (this.kind === T_BYTE) store.u8(this.tokNumber);
      else if (this.kind === T_LABEL) {
        property.labelled = true;
        this.part(property, PART_LABEL, 0);
      } else if (this.kind === C_RBRACKET) break;
      else if (this.kind === C_SEMICOLON || this.kind === C_CLOSE || this.kind === C_OPEN || this.kind === T_EOF) {
        this.missing('dts/missing-bracket', 'missing ]');
        property.complete = false;
        store.part(PART_BYTES, 0, from - property.bytesFrom, start, this.lastEnd, source);
        if (this.kind !== C_SEMICOLON) this.mode = MODE_NAME;
        return;
      } else if (this.startsLine() && this.memberText()) {
        this.missing('dts/missing-bracket', 'missing ]');
        property.complete = false;
        store.part(PART_BYTES, 0, from - property.bytesFrom, start, this.lastEnd, source);
        return this.pretendSemicolon();
      } else {
        this.errorHere('dts/bad-byte', `${this.describe()} is not a byte of two hexadecimal digits`);
      }
      this.next();
    }
    const end = input === this.tokInput ? this.tokEnd : input.text.length;
    store.part(PART_BYTES, 0, from - property.bytesFrom, start, end, source);
    this.next();
  }

  private incbin(property: PropertySyntax): void {
    const { store } = this;
    const input = this.tokInput;
    const start = this.tokStart;
    const source = this.sourceOf(property);
    const from = store.length;
    this.poison();
    this.next();
    if (this.kind !== C_LPAREN)
      return this.errorHere('dts/bad-incbin', `expected ( after /incbin/, not ${this.describe()}`);
    this.next();
    if (!this.at(T_STRING))
      return this.errorHere('dts/bad-incbin', `/incbin/ needs a file name in quotes, not ${this.describe()}`);
    const name = new TextDecoder().decode(this.stringBytes());
    const place = this.tokenSpan();
    this.next();
    let skip: Int = 0;
    let length: Int | null = null;
    if (this.at(C_COMMA)) {
      this.next();
      skip = this.primary('an offset') ?? 0;
      if (this.at(C_COMMA)) {
        this.next();
        length = this.primary('a length') ?? 0;
      } else this.errorHere('dts/bad-incbin', `expected , and a length, not ${this.describe()}`);
    }
    const found = this.findBytes(name);
    const limit = this.options.limits.incbinSize;
    if (found === null) {
      const { code, message } = this.noBytes(name);
      this.report('error', code, message, place);
    } else {
      const from32 = Number(toBig(skip) > 0xffffffffn ? 0xffffffffn : toBig(skip));
      const to =
        length === null
          ? found.bytes.length
          : from32 + Number(toBig(length) > 0xffffffffn ? 0xffffffffn : toBig(length));
      const bytes = found.bytes.subarray(Math.min(from32, found.bytes.length), Math.min(to, found.bytes.length));
      if (bytes.length > limit)
        this.report(
          'error',
          'dts/incbin-too-large',
          `${name} has ${bytes.length} bytes, more than the limit of ${limit}`,
          place,
        );
      else {
        store.reserve(bytes.length);
        store.bytes.set(bytes, store.length);
        store.length += bytes.length;
      }
    }
    store.part(
      PART_INCBIN,
      0,
      from - property.bytesFrom,
      start,
      this.tokInput === input ? this.tokEnd : start + 8,
      source,
    );
    if (this.at(C_RPAREN)) this.next();
    else this.errorHere('dts/bad-incbin', `expected ) not ${this.describe()}`);
  }
}
