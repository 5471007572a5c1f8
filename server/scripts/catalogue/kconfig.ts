/** Kconfig: which symbols are tristate, and the resolved values of a default configuration. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/simulator/kernel/config';

/** The tristate symbols (with CONFIG_ prefix) of every Kconfig file that `file` sources. */
export function tristateSymbols(root: string, arches: readonly string[]): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const read = (file: string, arch: string): void => {
    const key = `${file}:${file.includes('$') ? arch : ''}`;
    const path = join(root, file.replaceAll('$(SRCARCH)', arch));
    if (seen.has(key) || !existsSync(path)) return;
    seen.add(key);
    let symbol: string | null = null;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
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

/** Runs the kernel's own Kconfig in one temporary build folder, so that its programs are compiled once. */
export class Kconfig {
  private readonly out = mkdtempSync(join(tmpdir(), 'catalogue-'));

  constructor(private readonly root: string) {}

  /** The .config that a make target gives. */
  resolve(arch: string, target: string): Map<string, string | null> {
    execFileSync('make', ['-s', '-C', this.root, `O=${this.out}`, `ARCH=${arch}`, target], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return parseConfig(readFileSync(join(this.out, '.config'), 'utf8'));
  }

  close(): void {
    rmSync(this.out, { recursive: true, force: true });
  }
}
