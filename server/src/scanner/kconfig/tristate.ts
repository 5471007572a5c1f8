/** What Kconfig files say of symbols. */
import type { KernelFiles } from '../kernel-files';

/** The tristate symbols (with CONFIG_ prefix) of every Kconfig file that `file` sources. */
export function tristateSymbols(files: KernelFiles, arches: readonly string[]): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const read = (file: string, arch: string): void => {
    const key = `${file}:${file.includes('$') ? arch : ''}`;
    const text = seen.has(key) ? null : files.read(file.replaceAll('$(SRCARCH)', arch));
    if (text === null) return;
    seen.add(key);
    let symbol: string | null = null;
    for (const line of text.split('\n')) {
      const config = /^\s*(?:menu)?config\s+(\w+)/.exec(line);
      if (config !== null) symbol = `CONFIG_${config[1] ?? ''}`;
      else if (symbol !== null && /^\s+(def_)?tristate\b/.test(line)) found.add(symbol);
      const source = /^\s*(?:o?r?source)\s+"([^"]+)"/.exec(line);
      if (source !== null) read(source[1] ?? '', arch);
    }
  };
  for (const arch of arches) {
    seen.clear();
    read('Kconfig', arch);
  }
  return found;
}
