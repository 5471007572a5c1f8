/**
 * npm run test:recordings [-- --dir DIR] [--only NAME] [--kind KIND] [--json OUT] [--all]
 * npm run test:recordings -- --pack DIR OUT.json.br     writes a folder of recordings as a fixture
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compareAll } from './compare';
import { readBundles, readFolder, writeBundle } from './load';

function option(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

function main(): number {
  const pack = process.argv.indexOf('--pack');
  if (pack >= 0) {
    const [from, to] = [process.argv[pack + 1], process.argv[pack + 2]];
    if (from === undefined || to === undefined) return 2;
    console.log(`${to}: ${writeBundle(from, to)} bytes`);
    return 0;
  }
  const dir = option('--dir');
  const only = option('--only');
  const kind = option('--kind');
  const all = dir === null ? readBundles(resolve('server/test/recordings/fixtures')) : readFolder(dir);
  const chosen =
    only === null ? all : all.filter((r) => r.file.name === only || `${r.set}/${r.file.name}`.startsWith(only));
  if (chosen.length === 0) {
    console.error('no recordings found');
    return 2;
  }
  const tally = compareAll(chosen);
  let right = 0;
  let total = 0;
  for (const [name, [good, count]] of [...tally.kinds].sort()) {
    console.log(`${name.padEnd(16)} ${good}/${count}`);
    right += good;
    total += count;
  }
  console.log(`${'all'.padEnd(16)} ${right}/${total} in ${chosen.length} recordings`);
  const shown = tally.differences.filter((d) => kind === null || d.kind === kind);
  const limit = process.argv.includes('--all') ? shown.length : 30;
  for (const d of shown.slice(0, limit))
    console.log(
      `${d.recording} ${d.kind} ${d.fact}: recorded ${JSON.stringify(d.recorded)} predicted ${JSON.stringify(d.predicted)}`,
    );
  if (shown.length > limit) console.log(`... and ${shown.length - limit} more (--all, --kind KIND)`);
  const json = option('--json');
  if (json !== null)
    writeFileSync(
      json,
      `${JSON.stringify({ total, right, kinds: Object.fromEntries(tally.kinds), differences: tally.differences }, null, 1)}\n`,
    );
  return right === total ? 0 : 1;
}

process.exitCode = main();
