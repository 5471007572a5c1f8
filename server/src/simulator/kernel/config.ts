/** Kernel configurations: CONFIG symbol -> value, as `.config` files state them. */

/** The symbols of a configuration. `complete`: of all of it; else of a fragment or a defconfig, and the rest has its default. */
export class ConfigSymbols extends Map<string, string | null> {
  complete = true;
}

/**
 * Whether a text is a whole `.config`: Kconfig writes a header into it (conf_write), and it names the compiler. A defconfig
 * (savedefconfig) and a fragment have neither.
 */
function isWhole(text: string, symbols: ReadonlyMap<string, string | null>): boolean {
  return (
    /^# Automatically generated (?:file|make config)/m.test(text) ||
    symbols.has('CONFIG_CC_VERSION_TEXT') ||
    symbols.has('CONFIG_CC_IS_GCC') ||
    symbols.has('CONFIG_DEFCONFIG_LIST')
  );
}

/**
 * Reads the text of a `.config`: `CONFIG_X=y`, `=m`, numbers and quoted strings; "# CONFIG_X is not set" gives null.
 * The last line of a symbol wins (as conf_read does). Lines of any other form but comments are skipped and told of, with
 * their number (from 1), as conf_read warns of "unexpected data".
 * Returns a map with the CONFIG_ prefix kept and string values without their quotes.
 */
export function parseConfig(
  text: string,
  unexpected: (line: number, data: string) => void = () => undefined,
): ConfigSymbols {
  const symbols = new ConfigSymbols();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
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
    else if (line.trim() !== '' && !line.startsWith('#')) unexpected(index + 1, line.trim());
  }
  symbols.complete = isWhole(text, symbols);
  return symbols;
}
