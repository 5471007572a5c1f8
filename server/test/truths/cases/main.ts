/**
 * Logs as people have them, of our own making: the command line is run on each, and what it prints is held against what is
 * right. `npm run test:cases [-- --linux DIR] [--only NAME]`; the boards come from Linux 6.12 (found as test:corpus does).
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { findLinuxSource } from '../corpus/linux-source';
import { CASES } from './table';

const args = process.argv.slice(2);
const option = (name: string): string | null => {
  const at = args.indexOf(name);
  return at < 0 ? null : (args[at + 1] ?? null);
};
const source = findLinuxSource(option('--linux'));
if (source.root === null) {
  console.error(source.how);
  process.exit(2);
}
const only = option('--only');
const cli = resolve('dist/cli.js');
const folder = resolve('server/test/truths/cases');
let failed = 0;
let ran = 0;
for (const { name, command, status, holds, lacks } of CASES) {
  if (only !== null && !name.includes(only)) continue;
  ran++;
  const words = command.map((word) => word.replace('$LINUX', source.root ?? ''));
  const run = spawnSync(process.execPath, [cli, ...words], {
    cwd: join(folder, name.split('/')[0] ?? ''),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const printed = `${run.stdout}\n${run.stderr}`.replaceAll(source.root, '$LINUX');
  const problems = [
    ...(run.status === status ? [] : [`exit status ${run.status}, not ${status}`]),
    ...holds.filter((pattern) => !pattern.test(printed)).map((pattern) => `does not say ${pattern}`),
    ...(lacks ?? []).filter((pattern) => pattern.test(printed)).map((pattern) => `says ${pattern}`),
  ];
  if (problems.length === 0) continue;
  failed++;
  console.log(`${name}: ${problems.join('; ')}`);
}
console.log(`${ran} cases, ${failed} wrong (${source.how})`);
process.exit(failed === 0 ? 0 : 1);
