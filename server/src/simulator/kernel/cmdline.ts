/** The kernel command line (next_arg and parameq in lib/cmdline.c and kernel/params.c). */

/** One word of a command line. */
interface Parameter {
  /** As written, without quotes. */
  readonly name: string;
  /** Null for a bare word. */
  readonly value: string | null;
}

const isSpace = (c: string | undefined): boolean => c === ' ' || (c !== undefined && c >= '\t' && c <= '\r');

/**
 * Splits a command line as the kernel does: blanks separate, double quotes keep blanks together and are taken off when
 * they enclose the whole word or the whole value; ` -- ` ends the kernel's part.
 */
export function splitCmdline(text: string): Parameter[] {
  const found: Parameter[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text[at])) at++;
    if (at >= text.length) return found;
    let start = at;
    const quoted = text[at] === '"';
    if (quoted) {
      start++;
      at++;
    }
    let inQuote = quoted;
    let equals = -1;
    for (; at < text.length; at++) {
      const c = text[at];
      if (isSpace(c) && !inQuote) break;
      if (equals < 0 && c === '=' && at > start) equals = at;
      if (c === '"') inQuote = !inQuote;
    }
    let end = at;
    let name: string;
    let value: string | null = null;
    if (equals < 0) {
      if (quoted && text[end - 1] === '"' && end - 1 >= start) end--;
      name = text.slice(start, end);
    } else {
      name = text.slice(start, equals);
      let from = equals + 1;
      if (text[from] === '"') {
        from++;
        if (text[end - 1] === '"' && end - 1 >= from) end--;
      } else if (quoted && text[end - 1] === '"') end--;
      value = text.slice(from, end);
    }
    if (name === '--' && value === null) return found;
    found.push({ name, value });
  }
}

/** The name under which parameters are equal: dashes are underscores. */
const key = (name: string): string => name.replaceAll('-', '_');

/** The last value of each parameter: `""` for a bare word. Keys are written with underscores. */
export function parseCmdline(text: string): (name: string) => string | null {
  const values = new Map<string, string>();
  for (const { name, value } of splitCmdline(text)) values.set(key(name), value ?? '');
  return (name) => values.get(key(name)) ?? null;
}
