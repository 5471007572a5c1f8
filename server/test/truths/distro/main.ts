/**
 * npm run test:distro [-- --dir DIR] [--only NAME] [--show]
 *
 * Recorded boots of a distribution's kernels with real drivers against the simulator, which is told the tree, the
 * configuration, the command line and the list of PCI devices. Groups and binds must be equal, and of the drivers' first
 * ten mappings nine in ten. `--dir` takes any folder of such boots. Exit status 1 when something does not hold.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArguments } from '../../../src/cli/options';
import { readBoot } from './boot';
import { compareBoot } from './compare';

function main(): number {
  const args = parseArguments(process.argv.slice(2), { values: ['--dir', '--only'], flags: ['--show'] });
  const here = resolve(dirname(process.argv[1] ?? '.'), '../../..');
  const folder = args.value('--dir') ?? join(here, 'server/test/truths/distro/fixtures');
  const only = args.value('--only') ?? '';
  const boots = readdirSync(folder)
    .sort()
    .filter((name) => name.includes(only) && existsSync(join(folder, name, 'groups.txt')));
  let failed = boots.length === 0;
  let all = 0;
  let equal = 0;
  for (const name of boots)
    try {
      const { groups, binds, mappings } = compareBoot(readBoot(join(folder, name)));
      const rate = (c: typeof groups): string => `${c.equal} of ${c.equal + c.different.length}`;
      console.log(`${name}: groups ${rate(groups)}, binds ${rate(binds)}, mappings ${rate(mappings)}`);
      for (const [what, count] of Object.entries({ groups, binds, mappings }))
        for (const line of args.flag('--show') || what !== 'mappings' ? count.different : [])
          console.log(`  ${what}: ${line}`);
      if (groups.different.length > 0 || binds.different.length > 0) failed = true;
      all += mappings.equal + mappings.different.length;
      equal += mappings.equal;
    } catch (error) {
      failed = true;
      console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  const tenth = all === 0 ? 0 : equal / all;
  console.log(`${boots.length} boots; ${equal} of ${all} first mappings (${(100 * tenth).toFixed(1)} %)`);
  return failed || tenth < 0.9 ? 1 : 0;
}

process.exitCode = main();
