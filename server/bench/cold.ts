/**
 * npm run bench:cold -- --base DIST [--linux DIR] [--rounds N]: one board in a fresh process against another build of ours (its dist
 * folder), by turns: the median of the ratios of CPU.
 */
import { join, resolve } from 'node:path';
import { findLinuxSource } from '../test/truths/corpus/linux-source';
import { median, option, timed } from './timed';

const BOARD = 'arch/arm64/boot/dts/qcom/x1e80100-crd.dts';

function main(): number {
  const source = findLinuxSource(option('--linux') ?? null);
  const base = option('--base');
  if (source.root === null || base === undefined) {
    console.log(source.root === null ? `bench:cold: ${source.how}` : 'bench:cold needs --base DIST, another build');
    return 2;
  }
  const board = join(source.root, BOARD);
  const rounds = Number(option('--rounds') ?? 9);
  for (const command of ['check', 'compile', 'simulate']) {
    const run = (dist: string) => timed([join(resolve(dist), 'cli.js'), command, board]);
    // the compiled code is kept from the first run on
    run('dist');
    run(base);
    const pairs = Array.from({ length: rounds }, () => ({ theirs: run(base), ours: run('dist') }));
    const ms = (of: 'theirs' | 'ours') => (1000 * median(pairs.map((pair) => pair[of].cpu))).toFixed(0);
    const ratio = median(pairs.map(({ theirs, ours }) => ours.cpu / theirs.cpu)).toFixed(2);
    const memory = median(pairs.map(({ theirs, ours }) => ours.kib / theirs.kib)).toFixed(2);
    console.log(`${command.padEnd(9)} CPU ${ratio} (${ms('ours')} ms, other ${ms('theirs')} ms), memory ${memory}`);
  }
  return 0;
}

process.exitCode = main();
