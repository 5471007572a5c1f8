/** Integer expressions of devicetree source (dtc-parser.y, integer_prim to integer_expr), and how the parser says what is wrong. */
import { Expansion } from '../source/expansion';
import type { Span } from '../source/file';
import type { Macro, Via } from '../source/macro';
import { CONFIG_SYMBOL, type SourceProblem, type TextOrigin } from '../source/options';
import { apply, type Int, invert, negate, toBig } from './integer';
import { Lexer } from './lexer';
import { C_CLOSE, C_GREATER, C_LESS, C_LPAREN, C_OPEN, C_RPAREN, C_SEMICOLON, C_SLASH } from './punctuation';
import type { Statement } from './syntax';
import {
  T_AND,
  T_CHARACTER,
  T_EOF,
  T_EQ,
  T_GE,
  T_LE,
  T_LITERAL,
  T_LSHIFT,
  T_NE,
  T_OR,
  T_RSHIFT,
  T_WORD,
} from './tokens';

/** Binary operators by token, with their level: a higher one binds tighter. */
export const OPERATORS: ReadonlyMap<number, readonly [op: string, level: number]> = new Map([
  [T_OR, ['||', 1]],
  [T_AND, ['&&', 2]],
  [124, ['|', 3]],
  [94, ['^', 4]],
  [38, ['&', 5]],
  [T_EQ, ['==', 6]],
  [T_NE, ['!=', 6]],
  [C_LESS, ['<', 7]],
  [C_GREATER, ['>', 7]],
  [T_LE, ['<=', 7]],
  [T_GE, ['>=', 7]],
  [T_LSHIFT, ['<<', 8]],
  [T_RSHIFT, ['>>', 8]],
  [43, ['+', 9]],
  [45, ['-', 9]],
  [42, ['*', 10]],
  [C_SLASH, ['/', 10]],
  [37, ['%', 10]],
] as const);

/** Problems of form, of which a statement needs only one. */
const FORM = /^dts\/(missing|unexpected|expected|bad-byte|bad-incbin|bad-bits|bad-label|not-in-node|unknown-keyword)/;

/** What an unknown word is told as where an include is missing; BuildResult.unknown has their places. */
export const UNKNOWN_CONSTANT = 'dts/unknown-constant';

const MAX_EXPRESSION_DEPTH = 200;

export abstract class ExpressionParser extends Lexer<Statement> {
  /** Macros met inside the expression being read. */
  protected expressionMacros: (Via | Macro)[] = [];

  // ---- problems ---------------------------------------------------------------------------------------------------

  /** An error at the current token; in text that macros made, with the macro's definition as related place. */
  protected errorHere(code: string, message: string): void {
    this.errorAt(code, message, this.tokInput, this.tokStart, this.tokEnd);
  }

  /** Whether a problem is to be kept quiet, as the statement has one of its form already. */
  protected quiet(code: string): boolean {
    if (!FORM.test(code)) return false;
    if (this.complained) return true;
    this.complained = true;
    return false;
  }

  /** Whether the word at hand may be a macro that only the real build knows: of a missing include, or of a configuration. */
  protected mayBeDefined(): boolean {
    if (this.undecided?.has(this.tokText) === true) {
      this.firstUndecided ??= { name: this.tokText, span: this.placeOf(this.tokInput, this.tokStart, this.tokEnd) };
      this.usedUndecided.add(this.tokText);
      return true;
    }
    return this.incomplete || (this.options.kconfig === 'unknown' && CONFIG_SYMBOL.test(this.tokText));
  }

  private firstUndecided: { readonly name: string; readonly span: Span } | null = null;
  private readonly usedUndecided = new Set<string>();

  /** The one finding of a source with words that options of the build decide. Call at its end. */
  protected reportUndecided(): void {
    if (this.firstUndecided === null || this.undecided === null) return;
    const { name, span } = this.firstUndecided;
    const message = this.undecided.message(name, this.usedUndecided.size - 1);
    this.report('information', 'cpp/build-option', message, span);
  }

  /** How many words were met that only the real build knows. */
  protected unknownWords = 0;

  protected unknownAt(name: string, input: TextOrigin, start: number, end: number): void {
    const message = `"${name}" is no macro that is defined here`;
    this.report('information', UNKNOWN_CONSTANT, message, this.placeOf(input, start, end));
  }

  protected errorAt(
    code: string,
    message: string,
    input: TextOrigin,
    start: number,
    end: number,
    severity: SourceProblem['severity'] = 'error',
  ): void {
    if (this.quiet(code)) return;
    // an include is missing: the word may be defined there
    if (code === 'dts/unknown-word' && this.mayBeDefined()) {
      this.unknownWords++;
      this.report('information', UNKNOWN_CONSTANT, message, this.placeOf(input, start, end));
      return;
    }
    const macro = input instanceof Expansion ? input.macrosAt(start)[0]?.macro : undefined;
    const related =
      macro?.file != null
        ? [
            {
              span: { file: macro.file, start: macro.start, end: macro.end },
              message: `in the expansion of macro "${macro.name}"`,
            },
          ]
        : undefined;
    this.report(severity, code, message, this.placeOf(input, start, end), related);
  }

  /** A zero-width place just behind the last token: where something is missing. */
  protected missing(code: string, message: string, related?: { span: Span; message: string }): void {
    if (this.quiet(code)) return;
    const at = Math.max(0, this.lastEnd);
    const span = this.placeOf(this.lastInput, Math.max(0, at - 1), at);
    this.report('error', code, message, span, related === undefined ? undefined : [related]);
  }

  /** `this.kind === kind`, without the compiler believing that the kind stays what it was tested for. */
  protected at(kind: number): boolean {
    return this.kind === kind;
  }

  protected describe(): string {
    if (this.kind === T_EOF) return 'the end of the file';
    const text = this.tokInput.text.slice(this.tokStart, Math.min(this.tokEnd, this.tokStart + 40));
    return `"${text.split('\n', 1)[0]}"`;
  }
  // ---- integers ---------------------------------------------------------------------------------------------------

  protected noteMacro(): void {
    if (this.tokMacro !== null) {
      const { file, start, end } = this.tokenSpan();
      this.expressionMacros.push({ macro: this.tokMacro, file, start, end, parent: null });
    } else if (this.tokInput instanceof Expansion) {
      for (const via of this.tokInput.macrosAt(this.tokStart))
        if (!this.expressionMacros.includes(via)) this.expressionMacros.push(via);
    }
  }

  /** A literal, a character or `( expression )`; null (and a problem) when nothing of that stands here. */
  protected primary(what: string): Int | null {
    if (this.kind === T_LITERAL || this.kind === T_CHARACTER) {
      const value = this.tokBig ?? this.tokNumber;
      if (this.tokMacro !== null || this.tokInput instanceof Expansion) this.noteMacro();
      this.next();
      return value;
    }
    if (this.kind === C_LPAREN) {
      this.next();
      const value = this.expression(0);
      if (this.at(C_RPAREN)) this.next();
      else if (value !== null) {
        this.missing('dts/missing-parenthesis', 'missing )');
        while (this.at(T_LITERAL)) this.next();
        if (this.at(C_RPAREN)) this.next();
      } else if (this.skipToParenthesis()) this.next();
      return value ?? 0;
    }
    if (this.kind === T_WORD) {
      this.errorHere('dts/unknown-word', `"${this.tokText}" is neither a number nor a macro that is defined here`);
      this.skipCall();
      return 0;
    }
    this.errorHere('dts/expected-number', `expected ${what}, not ${this.describe()}`);
    return null;
  }

  protected skipToParenthesis(): boolean {
    for (;;) {
      if (this.kind === C_RPAREN) return true;
      if (
        this.kind === C_SEMICOLON ||
        this.kind === C_CLOSE ||
        this.kind === C_OPEN ||
        this.kind === C_GREATER ||
        this.kind === T_EOF
      )
        return false;
      this.next();
    }
  }

  protected expressionDepth = 0;

  protected expression(level: number): Int | null {
    if (++this.expressionDepth > MAX_EXPRESSION_DEPTH) {
      if (this.expressionDepth === MAX_EXPRESSION_DEPTH + 1)
        this.errorHere('dts/too-deep', 'this expression nests too deep');
      this.expressionDepth--;
      return null;
    }
    const value = this.ternary(level);
    this.expressionDepth--;
    return value;
  }

  protected ternary(level: number): Int | null {
    const condition = this.binary(level);
    if (condition === null || level > 0 || this.kind !== 63) return condition;
    this.next();
    const yes = this.expression(0);
    if (yes === null) return null;
    if (!this.at(58)) {
      this.errorHere('dts/expected-number', `expected : of the ? operator, not ${this.describe()}`);
      return null;
    }
    this.next();
    const no = this.expression(0);
    if (no === null) return null;
    return toBig(condition) !== 0n ? yes : no;
  }

  protected binary(level: number): Int | null {
    let left = this.unary();
    for (;;) {
      if (left === null) return null;
      const operator = OPERATORS.get(this.kind);
      if (operator === undefined || operator[1] <= level) return left;
      const [op, strength] = operator;
      this.next();
      const right = this.binary(strength);
      if (right === null) return null;
      const result = apply(op, left, right);
      if (result === null) this.missing('dts/division-by-zero', 'division by zero');
      left = result ?? 0;
    }
  }

  protected unary(): Int | null {
    const { kind } = this;
    if (kind === 45 || kind === 126 || kind === 33) {
      if (++this.expressionDepth > MAX_EXPRESSION_DEPTH) {
        this.errorHere('dts/too-deep', 'this expression nests too deep');
        this.expressionDepth--;
        return null;
      }
      this.next();
      const value = this.unary();
      this.expressionDepth--;
      if (value === null) return null;
      if (kind === 45) return negate(value);
      return kind === 126 ? invert(value) : toBig(value) === 0n ? 1 : 0;
    }
    return this.primary('a number');
  }

  /** After an unknown word: skips `( … )` right behind it, the arguments of a macro that is not there. */
  protected skipCall(): void {
    this.next();
    if (this.kind !== C_LPAREN) return;
    for (let nesting = 0; ; this.next()) {
      if (this.kind === C_LPAREN) nesting++;
      else if (this.kind === C_RPAREN && --nesting === 0) return this.next();
      else if (this.kind === C_SEMICOLON || this.kind === C_CLOSE || this.kind === T_EOF || this.kind === C_GREATER)
        return;
    }
  }
}
