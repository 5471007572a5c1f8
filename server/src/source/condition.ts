/** The integer expressions of #if and #elif (C11 6.10.1), in 64 bits with C's signed and unsigned rules. */
import { type ExpansionError, expandTokens, type MacroLookup } from './expand';
import type { PpToken } from './macro';

export interface ConditionResult {
  readonly value: boolean;
  readonly error: { readonly message: string; readonly start: number; readonly end: number } | null;
}

interface Value {
  readonly bits: bigint;
  readonly unsigned: boolean;
}

const PRECEDENCE: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const MAX_NESTING = 200;

/** Operators of #if that count as defined. */
export const HAS_INCLUDE = /^__has_include(?:_next)?$/;

/** linux/kconfig.h: whether a symbol is set; of a configuration without modules they are one. */
const IS_SET = /^(?:IS_ENABLED|IS_BUILTIN|IS_REACHABLE|CONFIG_IS_ENABLED)$/;

/** Evaluates a condition. `hasInclude` answers __has_include; with `kconfig`, IS_ENABLED is known without its header. Never throws; an error counts as false, as in cpp. */
export function evaluateCondition(
  lookup: MacroLookup,
  tokens: readonly PpToken[],
  hasInclude: (name: string, quoted: boolean) => boolean,
  errors: ExpansionError[],
  kconfig = false,
): ConditionResult {
  const expanded = expandTokens(lookup, tokens, errors, true);
  const parser = new ConditionParser(lookup, expanded, hasInclude, tokens, kconfig);
  try {
    return parser.run();
  } catch (thrown) {
    if (!(thrown instanceof ConditionError)) throw thrown;
    return { value: false, error: { message: thrown.message, start: thrown.start, end: thrown.end } };
  }
}

class ConditionError extends Error {
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(message);
  }
}

class ConditionParser {
  private at = 0;
  private depth = 0;
  constructor(
    private readonly lookup: MacroLookup,
    private readonly tokens: readonly PpToken[],
    private readonly hasInclude: (name: string, quoted: boolean) => boolean,
    private readonly raw: readonly PpToken[],
    private readonly kconfig: boolean,
  ) {}

  run(): ConditionResult {
    if (this.tokens.length === 0) throw this.error('#if with no expression');
    let value = this.ternary(true);
    while (this.peek() === ',') {
      this.at++;
      value = this.ternary(true);
    }
    if (this.at < this.tokens.length) throw this.error(`unexpected "${this.peek()}" in the condition`);
    return { value: value.bits !== 0n, error: null };
  }

  private peek(): string {
    return this.tokens[this.at]?.text ?? '';
  }

  private error(message: string): ConditionError {
    const first = this.raw[0];
    const last = this.raw[this.raw.length - 1];
    return new ConditionError(message, first?.start ?? 0, last?.end ?? 0);
  }

  private ternary(live: boolean): Value {
    if (++this.depth > MAX_NESTING) throw this.error('the condition nests too deep');
    const condition = this.binary(0, live);
    let result = condition;
    if (this.peek() === '?') {
      this.at++;
      const yes = this.ternary(live && condition.bits !== 0n);
      if (this.peek() !== ':') throw this.error("'?' without following ':'");
      this.at++;
      const no = this.ternary(live && condition.bits === 0n);
      result = { bits: condition.bits !== 0n ? yes.bits : no.bits, unsigned: yes.unsigned || no.unsigned };
    }
    this.depth--;
    return result;
  }

  private binary(level: number, live: boolean): Value {
    const operators = PRECEDENCE[level];
    if (operators === undefined) return this.unary(live);
    let left = this.binary(level + 1, live);
    for (let op = this.peek(); operators.includes(op) && this.tokens[this.at]?.kind === 'other'; op = this.peek()) {
      this.at++;
      const right = this.binary(
        level + 1,
        live && !(op === '&&' && left.bits === 0n) && !(op === '||' && left.bits !== 0n),
      );
      left = this.apply(op, left, right, live);
    }
    return left;
  }

  private apply(op: string, a: Value, b: Value, live: boolean): Value {
    const unsigned = a.unsigned || b.unsigned;
    const wrap = (bits: bigint): Value => ({
      bits: unsigned ? BigInt.asUintN(64, bits) : BigInt.asIntN(64, bits),
      unsigned,
    });
    const truth = (yes: boolean): Value => ({ bits: yes ? 1n : 0n, unsigned: false });
    const x = unsigned ? BigInt.asUintN(64, a.bits) : a.bits;
    const y = unsigned ? BigInt.asUintN(64, b.bits) : b.bits;
    switch (op) {
      case '||':
        return truth(a.bits !== 0n || b.bits !== 0n);
      case '&&':
        return truth(a.bits !== 0n && b.bits !== 0n);
      case '|':
        return wrap(x | y);
      case '^':
        return wrap(x ^ y);
      case '&':
        return wrap(x & y);
      case '==':
        return truth(x === y);
      case '!=':
        return truth(x !== y);
      case '<':
        return truth(x < y);
      case '>':
        return truth(x > y);
      case '<=':
        return truth(x <= y);
      case '>=':
        return truth(x >= y);
      case '<<':
      case '>>': {
        const count = BigInt.asIntN(64, b.bits);
        const left = op === '<<' ? count : -count;
        const bits =
          left >= 64n ? 0n : left <= -64n ? (a.bits < 0n ? -1n : 0n) : left >= 0n ? a.bits << left : a.bits >> -left;
        return { bits: a.unsigned ? BigInt.asUintN(64, bits) : BigInt.asIntN(64, bits), unsigned: a.unsigned };
      }
      case '+':
        return wrap(x + y);
      case '-':
        return wrap(x - y);
      case '*':
        return wrap(x * y);
      default:
        if (y === 0n) {
          if (live) throw this.error('division by zero in #if');
          return wrap(0n);
        }
        return wrap(op === '/' ? x / y : x % y);
    }
  }

  private unary(live: boolean): Value {
    const token = this.tokens[this.at];
    if (token === undefined) throw this.error('the condition ends too early');
    if (++this.depth > MAX_NESTING) throw this.error('the condition nests too deep');
    const value = this.primary(token, live);
    this.depth--;
    return value;
  }

  private primary(token: PpToken, live: boolean): Value {
    this.at++;
    if (token.kind === 'number') return this.number(token.text);
    if (token.kind === 'string' && token.text.startsWith("'"))
      return { bits: characterValue(token.text), unsigned: false };
    if (token.kind === 'identifier') {
      if (token.text === 'defined') return this.defined();
      if (token.text === '__has_include' || token.text === '__has_include_next') return this.include();
      // an argument that is a symbol without a value counts as 0, one that is set was expanded
      if (this.kconfig && IS_SET.test(token.text) && this.peek() === '(') return this.unary(live);
      return { bits: 0n, unsigned: false };
    }
    switch (token.text) {
      case '(': {
        const value = this.ternary(live);
        if (this.peek() !== ')') throw this.error("missing ')' in the condition");
        this.at++;
        return value;
      }
      case '!':
        return { bits: this.unary(live).bits === 0n ? 1n : 0n, unsigned: false };
      case '-':
        return this.signed(this.unary(live), (v) => -v);
      case '+':
        return this.unary(live);
      case '~':
        return this.signed(this.unary(live), (v) => ~v);
      case '--':
        return this.unary(live);
      case '++':
        return this.unary(live);
    }
    throw this.error(`"${token.text}" is not valid in a condition`);
  }

  private signed(value: Value, change: (v: bigint) => bigint): Value {
    const bits = change(value.bits);
    return { bits: value.unsigned ? BigInt.asUintN(64, bits) : BigInt.asIntN(64, bits), unsigned: value.unsigned };
  }

  private number(text: string): Value {
    const match = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)([uUlL]*)$/.exec(text);
    const digits = match?.[1];
    if (digits === undefined) throw this.error(`"${text}" is not an integer`);
    const octal = /^0[0-7]+$/.test(digits);
    const bits = BigInt.asUintN(64, BigInt(octal ? `0o${digits.slice(1)}` : digits));
    const unsigned = /u/i.test(match?.[2] ?? '') || bits >= 1n << 63n;
    return { bits, unsigned };
  }

  private defined(): Value {
    const parenthesis = this.peek() === '(';
    if (parenthesis) this.at++;
    const name = this.tokens[this.at];
    if (name?.kind !== 'identifier') throw this.error('operator "defined" requires an identifier');
    this.at++;
    if (parenthesis) {
      if (this.peek() !== ')') throw this.error('missing \')\' after "defined"');
      this.at++;
    }
    const found = this.lookup.macro(name.id) !== undefined || HAS_INCLUDE.test(name.text);
    return { bits: found ? 1n : 0n, unsigned: false };
  }

  private include(): Value {
    if (this.peek() !== '(') throw this.error('missing \'(\' before "__has_include" operand');
    this.at++;
    let name = '';
    const first = this.tokens[this.at];
    const quoted = first?.kind === 'string';
    while (this.at < this.tokens.length && this.peek() !== ')') name += this.tokens[this.at++]?.text ?? '';
    if (this.peek() !== ')') throw this.error('missing \')\' after "__has_include" operand');
    this.at++;
    return { bits: this.hasInclude(name.slice(1, -1), quoted) ? 1n : 0n, unsigned: false };
  }
}

function characterValue(text: string): bigint {
  const inner = text.slice(1, -1);
  const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '0': 0 };
  if (inner.startsWith('\\')) {
    const c = inner[1] ?? '';
    if (c === 'x') return BigInt(Number.parseInt(inner.slice(2), 16) || 0);
    if (/[0-7]/.test(c)) return BigInt(Number.parseInt(inner.slice(1), 8) || 0);
    return BigInt(escapes[c] ?? inner.charCodeAt(1));
  }
  return BigInt(inner.charCodeAt(0) || 0);
}
