/** Kconfig expressions: symbols and constants, comparisons, `!`, `&&`, `||`, brackets. */
import type { Expr, KconfigSymbol } from './symbols';

type Named = (name: string, constant: boolean) => KconfigSymbol;

const MAX_DEPTH = 200;

/** The expression of a text; null when there is none, or no way to read it. */
export function parseExpr(text: string, named: Named): Expr | null {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|&&|\|\||!=|<=|>=|[!=<>()]|#.*$|[\w./+-]+/g) ?? [];
  const comment = tokens.findIndex((token) => token.startsWith('#'));
  if (comment >= 0) tokens.length = comment;
  let at = 0;
  const operand = (): KconfigSymbol | null => {
    const token = tokens[at];
    if (token === undefined || /^[!=<>()&|]/.test(token)) return null;
    at++;
    if (token.startsWith('"') || token.startsWith("'")) return named(token.slice(1, -1).replace(/\\(.)/g, '$1'), true);
    // numbers are constants whatever names them
    return named(token, /^-?(?:0x[0-9a-f]+|\d+)$/i.test(token));
  };
  const unary = (depth: number): Expr | null => {
    if (depth > MAX_DEPTH) return null;
    const token = tokens[at];
    if (token === '!') {
      at++;
      const of = unary(depth + 1);
      return of === null ? null : { kind: 'not', of };
    }
    if (token === '(') {
      at++;
      const inner = either(depth + 1);
      if (tokens[at] === ')') at++;
      return inner;
    }
    const left = operand();
    if (left === null) return null;
    const operator = tokens[at];
    if (operator !== undefined && /^(?:!?=|[<>]=?)$/.test(operator)) {
      at++;
      const right = operand();
      return right === null
        ? null
        : { kind: 'compare', operator: operator as '=' | '!=' | '<' | '<=' | '>' | '>=', left, right };
    }
    return { kind: 'symbol', symbol: left };
  };
  const all = (depth: number): Expr | null => {
    let left = unary(depth);
    while (left !== null && tokens[at] === '&&') {
      at++;
      const right = unary(depth);
      left = right === null ? left : { kind: 'and', left, right };
    }
    return left;
  };
  function either(depth: number): Expr | null {
    let left = all(depth);
    while (left !== null && tokens[at] === '||') {
      at++;
      const right = all(depth);
      left = right === null ? left : { kind: 'or', left, right };
    }
    return left;
  }
  return either(0);
}
