/**
 * npm run bench:catalogue [-- LINUX-TREE]
 *
 * What reading a kernel's drivers costs: the first time, again, and after one file changed; beside it `grep -rc of_device_id`
 * over the same files in the same run. CPU seconds of all threads, wall-clock seconds, and the largest memory of the process.
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

function measure(name: string, command: string, args: readonly string[]): void {
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
  console.log(
    `${name.padEnd(34)} ${wall.toFixed(1).padStart(6)} s, ${(user + system).toFixed(1).padStart(6)} s of CPU, ${Math.round(memory / 1024)} MiB`,
  );
}

const cli = resolve('dist/cli.js');
const catalogue = (name: string): void => measure(name, process.execPath, [cli, 'catalogue', root, '-o', '/dev/null']);
try {
  measure('grep -rc of_device_id', 'grep', ['-rc', '--include=*.[ch]', 'of_device_id', '.']);
  catalogue('catalogue, first');
  catalogue('catalogue, nothing changed');
  const changed = join(root, 'drivers/iommu/arm/arm-smmu/arm-smmu.c');
  const text = readFileSync(changed);
  rmSync(changed);
  writeFileSync(changed, text);
  catalogue('catalogue, one file changed');
  measure('grep -rc of_device_id, again', 'grep', ['-rc', '--include=*.[ch]', 'of_device_id', '.']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
