// What npm start says while nothing else does, and the copy of the examples that it opens.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Writes a dot every few seconds until it is ended, or its parent is gone. */
const DOTS = `const parent = process.ppid;
setInterval(() => (process.ppid === parent ? process.stdout.write('.') : process.exit()), Number(process.argv[1]));`;

/** Runs something long that blocks this process, with a dot every few seconds on standard output from another. */
export function whileWorking(work, { every = 4000 } = {}) {
  const dots = spawn(process.execPath, ['-e', DOTS, String(every)], { stdio: ['ignore', 'inherit', 'ignore'] });
  dots.on('error', () => {}); // then it is silent
  const from = Date.now();
  try {
    return work();
  } finally {
    dots.kill();
    if (Date.now() - from > every) process.stdout.write('\n');
  }
}

/** A copy of examples/ that may be changed; its path. */
export function copyOfExamples() {
  const copy = join(mkdtempSync(join(tmpdir(), 'smmu-scope-')), 'examples');
  cpSync(join(root, 'examples'), copy, { recursive: true });
  return copy;
}
