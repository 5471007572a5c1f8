/** The value of a constant expression of C: numbers, ~ - | & + << >> and parentheses. */

/** The value as an unsigned 32-bit number; null when the text is anything else. */
export function constantOf(text: string | null): number | null {
  if (text === null) return null;
  const tokens = text.match(/0[xX][0-9a-fA-F]+|\d+|<<|>>|[~|&+()-]|\S/g) ?? [];
  let at = 0;
  const unary = (): number | null => {
    const token = tokens[at++];
    if (token === undefined) return null;
    if (token === '~' || token === '-') {
      const value = unary();
      return value === null ? null : token === '~' ? ~value : -value;
    }
    if (token === '(') {
      const value = binary(0);
      return tokens[at++] === ')' ? value : null;
    }
    if (!/^\d/.test(token)) return null;
    while (/^[uUlL]$/.test(tokens[at] ?? '')) at++;
    return Number(/^0[0-7]+$/.test(token) ? `0o${token.slice(1)}` : token) | 0;
  };
  const levels: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
    { '|': (a, b) => a | b },
    { '&': (a, b) => a & b },
    { '<<': (a, b) => a << b, '>>': (a, b) => (a >>> 0) >> b },
    { '+': (a, b) => (a + b) | 0, '-': (a, b) => (a - b) | 0 },
  ];
  const binary = (level: number): number | null => {
    const operators = levels[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    for (;;) {
      const apply = Object.hasOwn(operators, tokens[at] ?? '') ? operators[tokens[at] ?? ''] : undefined;
      if (apply === undefined || left === null) return left;
      at++;
      const right = binary(level + 1);
      left = right === null ? null : apply(left, right);
    }
  };
  const value = binary(0);
  return value === null || at < tokens.length ? null : value >>> 0;
}
