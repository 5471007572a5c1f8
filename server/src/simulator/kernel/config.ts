/** Kernel configurations: CONFIG symbol -> value, as `.config` files state them. */

/**
 * Reads the text of a `.config`: `CONFIG_X=y`, `=m`, numbers and quoted strings; "# CONFIG_X is not set" gives null.
 * The last line of a symbol wins (as conf_read does); lines of any other form are skipped.
 * Returns a map with the CONFIG_ prefix kept and string values without their quotes.
 */
export function parseConfig(text: string): Map<string, string | null> {
  const symbols = new Map<string, string | null>();
  for (const line of text.split(/\r?\n/)) {
    const set = /^(CONFIG_\w+)=(.*)$/.exec(line);
    if (set !== null) {
      const value = (set[2] ?? '').trimEnd();
      const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value);
      const plain = quoted === null ? value : (quoted[1] ?? '').replace(/\\(.)/g, '$1');
      symbols.set(set[1] ?? '', value === 'n' ? null : plain);
      continue;
    }
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (unset !== null) symbols.set(unset[1] ?? '', null);
  }
  return symbols;
}
