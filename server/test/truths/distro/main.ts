/**
 * npm run test:distro [-- --dir DIR] [--only NAME] [--show]
 *
 * Recorded boots of a distribution's kernels with real drivers against the simulator, which is told the tree, the
 * configuration, the command line and the list of PCI devices. On each boot groups and binds must be equal, and of the
 * drivers' first ten mappings nine in ten. What is known to fall short is listed in golden/open.json, and must: a boot that
 * holds is to be taken off the list (BLESS=1 writes it anew). `--dir` takes any folder of such boots, without that list.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArguments } from '../../../src/cli/options';
import { readBoot } from './boot';
import { compareBoot } from './compare';

const SHARE = 0.9;

function main(): number {
  const args = parseArguments(process.argv.slice(2), { values: ['--dir', '--only'], flags: ['--show'] });
  const own = join(resolve(dirname(process.argv[1] ?? '.'), '../../../..'), 'server/test/truths/distro');
  const folder = args.value('--dir') ?? join(own, 'fixtures');
  const list = join(own, 'golden/open.json');
  const known: Readonly<Record<string, readonly string[]>> =
    args.value('--dir') === undefined ? JSON.parse(readFileSync(list, 'utf8')) : {};
  const only = args.value('--only') ?? '';
  const boots = readdirSync(folder)
    .sort()
    .filter((name) => name.includes(only) && existsSync(join(folder, name, 'groups.txt')));
  let failed = boots.length === 0;
  let all = 0;
  let equal = 0;
  const open: Record<string, string[]> = {};
  for (const name of boots)
    try {
      const { groups, binds, mappings } = compareBoot(readBoot(join(folder, name)));
      const total = (c: typeof groups): number => c.equal + c.different.length;
      const rate = (c: typeof groups): string => `${c.equal} of ${total(c)}`;
      console.log(`${name}: groups ${rate(groups)}, binds ${rate(binds)}, mappings ${rate(mappings)}`);
      const short = [
        ...(groups.different.length > 0 ? ['groups'] : []),
        ...(binds.different.length > 0 ? ['binds'] : []),
        ...(mappings.equal < SHARE * total(mappings) ? ['mappings'] : []),
      ];
      if (short.length > 0) open[name] = short;
      const listed = known[name] ?? [];
      for (const what of short) if (!listed.includes(what)) console.log(`  ${what}: not as recorded`);
      for (const what of listed) if (!short.includes(what)) console.log(`  ${what}: holds, but is listed as open`);
      if (short.join() !== listed.join()) failed = true;
      for (const [what, count] of Object.entries({ groups, binds, mappings }))
        if (args.flag('--show') || !listed.includes(what))
          for (const line of args.flag('--show') || what !== 'mappings' ? count.different : [])
            console.log(`  ${what}: ${line}`);
      all += total(mappings);
      equal += mappings.equal;
    } catch (error) {
      failed = true;
      console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  console.log(
    `${boots.length} boots; ${equal} of ${all} first mappings (${((100 * equal) / Math.max(1, all)).toFixed(1)} %)`,
  );
  if (process.env.BLESS === '1' && args.value('--dir') === undefined && only === '') {
    writeFileSync(list, `${JSON.stringify(open, null, 2)}\n`);
    return 0;
  }
  return failed ? 1 : 0;
}

process.exitCode = main();
