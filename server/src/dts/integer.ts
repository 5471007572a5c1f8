/**
 * dtc's 64-bit unsigned arithmetic. A value is a number while it is a safe integer, a bigint beyond: nearly all cells are small.
 */
export type Int = number | bigint;

const MAX = Number.MAX_SAFE_INTEGER;
const TWO_64 = 1n << 64n;

function norm(value: bigint): Int {
  const wrapped = value >= 0n && value < TWO_64 ? value : BigInt.asUintN(64, value);
  return wrapped <= BigInt(MAX) ? Number(wrapped) : wrapped;
}

export function toBig(value: Int): bigint {
  return typeof value === 'bigint' ? value : BigInt(value);
}

/** The low 32 bits. */
export function low32(value: Int): number {
  return typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value));
}

/** Whether cutting a value to `bits` bits loses something other than sign bits (dtc-parser.y, arrayprefix). */
export function isTruncated(value: Int, bits: number): boolean {
  if (bits >= 64) return false;
  const mask = 2 ** bits - 1;
  if (typeof value === 'number') return value > mask;
  return (value | BigInt(mask)) !== TWO_64 - 1n;
}

export function negate(a: Int): Int {
  return a === 0 ? 0 : norm(-toBig(a));
}

export function invert(a: Int): Int {
  return norm(~toBig(a));
}

/** A binary operator of dtc's expressions; null for a division by zero. */
export function apply(op: string, a: Int, b: Int): Int | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const fast = applySmall(op, a, b);
    if (fast !== undefined) return fast;
  }
  const x = toBig(a);
  const y = toBig(b);
  switch (op) {
    case '+':
      return norm(x + y);
    case '-':
      return norm(x - y);
    case '*':
      return norm(x * y);
    case '/':
      return y === 0n ? null : norm(x / y);
    case '%':
      return y === 0n ? null : norm(x % y);
    case '<<':
      return y < 64n ? norm(x << y) : 0;
    case '>>':
      return y < 64n ? norm(x >> y) : 0;
    case '|':
      return norm(x | y);
    case '&':
      return norm(x & y);
    case '^':
      return norm(x ^ y);
    case '==':
      return x === y ? 1 : 0;
    case '!=':
      return x !== y ? 1 : 0;
    case '<':
      return x < y ? 1 : 0;
    case '>':
      return x > y ? 1 : 0;
    case '<=':
      return x <= y ? 1 : 0;
    case '>=':
      return x >= y ? 1 : 0;
    case '&&':
      return x !== 0n && y !== 0n ? 1 : 0;
    default:
      return x !== 0n || y !== 0n ? 1 : 0;
  }
}

function applySmall(op: string, a: number, b: number): Int | undefined {
  const word = a <= 0xffffffff && b <= 0xffffffff;
  switch (op) {
    case '|':
      return word ? (a | b) >>> 0 : undefined;
    case '&':
      return word ? (a & b) >>> 0 : undefined;
    case '^':
      return word ? (a ^ b) >>> 0 : undefined;
    case '+':
      return a + b <= MAX ? a + b : undefined;
    case '-':
      return a >= b ? a - b : undefined;
    case '*':
      return a * b <= MAX ? a * b : undefined;
    case '<<':
      return b < 22 && a <= 0x7fffffff ? a * 2 ** b : undefined;
    case '>>':
      return b < 64 ? Math.floor(a / 2 ** b) : 0;
    default:
      return undefined;
  }
}
