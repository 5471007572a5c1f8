/** Runs a Node program and tells what it took; shared by the benchmarks of the command line. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Took {
  /** User and system seconds of the process with its threads. */
  readonly cpu: number;
  readonly wall: number;
  /** The most that was resident. */
  readonly kib: number;
}

/** Only the main thread tells; the numbers are the whole process's. */
const TELL = `if (require('node:worker_threads').isMainThread) process.on('exit', () => {
  const used = process.resourceUsage();
  process.stderr.write('\\nTOOK ' + (used.userCPUTime + used.systemCPUTime) / 1e6 + ' ' + used.maxRSS + '\\n');
});
`;

export function timed(args: readonly string[]): Took {
  const tell = resolve('.tsc/took.cjs');
  mkdirSync(resolve('.tsc'), { recursive: true });
  writeFileSync(tell, TELL);
  const from = performance.now();
  const { stderr } = spawnSync(process.execPath, ['--require', tell, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const wall = (performance.now() - from) / 1000;
  const [, cpu = 'NaN', kib = 'NaN'] = /TOOK ([\d.]+) (\d+)/.exec(stderr) ?? [];
  return { cpu: Number(cpu), wall, kib: Number(kib) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}
