/**
 * npm run bench:catalogue [-- LINUX-TREE]
 *
 * What reading a kernel's drivers costs: the first time, again, and after one file changed; beside it `git grep -c of_device_id`
 * over the same files in the same run. Wall-clock seconds, CPU seconds of all threads, the largest memory of the process, and how
 * many times the median of the greps' each is.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kernelTree } from '../scripts/kernel-trees';

const given = process.argv[2] === undefined ? kernelTree('6.12', []) : resolve(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'bench-catalogue-'));
// One of its files is to change: that is a copy's. Links where they can be had, as only that file is written.
const root = join(folder, 'tree');
if (spawnSync('cp', ['-al', given, root]).status !== 0) {
  rmSync(root, { recursive: true, force: true });
  if (spawnSync('cp', ['-a', given, root]).status !== 0) throw new Error(`${given} cannot be copied`);
}

interface Cost {
  readonly wall: number;
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

function measure(name: string, command: string, args: readonly string[]): Cost {
  const times = join(folder, 'times');
  const from = performance.now();
  spawnSync('/usr/bin/time', ['-f', '%U %S %M', '-o', times, command, ...args], {
    env: { ...process.env, SMMU_SCOPE_CACHE: join(folder, 'cache'), LC_ALL: 'C' },
    stdio: 'ignore',
    cwd: root,
  });
  const wall = (performance.now() - from) / 1000;
  const [user = 0, system = 0, memory = 0] = (readFileSync(times, 'utf8').trim().split('\n').pop() ?? '')
    .split(' ')
    .map(Number);
  const cost = { wall, cpu: user + system, memory: Math.round(memory / 1024) };
  console.log(
    `${name.padEnd(34)} ${wall.toFixed(1).padStart(6)} s, ${cost.cpu.toFixed(1).padStart(6)} s of CPU, ${cost.memory} MiB`,
  );
  return cost;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const cli = resolve('dist/cli.js');
const costs = new Map<string, Cost>();
const catalogue = (name: string): void => {
  costs.set(name, measure(name, process.execPath, [cli, 'catalogue', root, '-o', '/dev/null']));
};
const greps: Cost[] = [];
// the tree need not be a repository
const grep = (name: string): void => {
  greps.push(measure(name, 'git', ['grep', '--no-index', '-c', 'of_device_id', '--', '*.[ch]']));
};
try {
  // the first one reads the files from the disk
  measure('git grep -c of_device_id, first', 'git', ['grep', '--no-index', '-c', 'of_device_id', '--', '*.[ch]']);
  grep('git grep -c of_device_id');
  catalogue('catalogue, first');
  catalogue('catalogue, nothing changed');
  const changed = join(root, 'drivers/iommu/arm/arm-smmu/arm-smmu.c');
  const text = readFileSync(changed);
  rmSync(changed);
  writeFileSync(changed, text);
  catalogue('catalogue, one file changed');
  grep('git grep -c of_device_id, again');
  grep('git grep -c of_device_id, again');
  const base = (of: (cost: Cost) => number): number => median(greps.map(of));
  const [wall, cpu, memory] = [base((c) => c.wall), base((c) => c.cpu), base((c) => c.memory)];
  const times = (value: number, by: number): string => (by === 0 ? '?' : (value / by).toFixed(1));
  for (const [name, cost] of costs)
    console.log(
      `${name}: ${times(cost.wall, wall)} times git grep's time, ${times(cost.cpu, cpu)} times its CPU, ${times(cost.memory, memory)} times its memory`,
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
