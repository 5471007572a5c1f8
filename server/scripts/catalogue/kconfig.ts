/** The resolved values of a default configuration. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/simulator/kernel/config';

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
