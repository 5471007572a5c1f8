/**
 * npm run bench:check -- --base DIST [--linux DIR] [--every N] [--rounds N]: `check` of all boards of a Linux tree against another
 * build of ours (its dist folder), by turns: total CPU, wall time and the largest process, with two jobs, one job, and a second run
 * with the cache.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { corpusBoards } from '../test/truths/corpus/boards';
import { findLinuxSource } from '../test/truths/corpus/linux-source';
import { median, option, timed } from './timed';

function main(): number {
  const source = findLinuxSource(option('--linux') ?? null);
  const base = option('--base');
  if (source.root === null || base === undefined) {
    console.log(source.root === null ? `bench:check: ${source.how}` : 'bench:check needs --base DIST, another build');
    return 2;
  }
  const { root } = source;
  const every = Number(option('--every') ?? 1);
  const rounds = Number(option('--rounds') ?? 1);
  const folder = mkdtempSync(join(tmpdir(), 'scope-bench-'));
  try {
    const boards = corpusBoards().filter((_, i) => i % every === 0);
    writeFileSync(join(folder, 'boards'), boards.map(({ path }) => `${join(root, path)}\n`).join(''));
    const check = (dist: string, ...more: string[]) =>
      timed([join(resolve(dist), 'cli.js'), 'check', `@${join(folder, 'boards')}`, '--format', 'json', ...more]);
    const cache = join(folder, 'cache');
    check('dist', '--cache', cache);
    const ways: readonly (readonly [string, () => ReturnType<typeof timed>])[] = [
      ['two jobs', () => check('dist', '--jobs', '2')],
      ['one job', () => check('dist', '--jobs', '1')],
      ['second run with the cache', () => check('dist', '--cache', cache)],
    ];
    console.log(`${boards.length} boards; ${readdirSync(cache).length} version in the cache`);
    for (const [what, run] of ways) {
      const pairs = Array.from({ length: rounds }, () => ({ theirs: check(base), ours: run() }));
      const ratio = (of: 'cpu' | 'wall') => median(pairs.map(({ theirs, ours }) => ours[of] / theirs[of])).toFixed(2);
      const mib = (kib: number) => (kib / 1024).toFixed(0);
      console.log(
        `${what.padEnd(28)} CPU ${ratio('cpu')}, wall ${ratio('wall')} of the other build; ${mib(median(pairs.map((p) => p.ours.kib)))} MiB (other: ${mib(median(pairs.map((p) => p.theirs.kib)))})`,
      );
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main();
