/**
 * npm run test:catalogue [-- RELEASE...]
 *
 * The drivers of a kernel's source, read as `smmu-scope catalogue` reads them, against the shipped catalogue of that
 * release: equal, whichever of them is packed as what differs. Without a release, every one that is shipped; a tree is found
 * as for `npm run catalogue`. Prints time and memory, and what git's search for one word in the same tree takes.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelTree, RELEASES } from '../../../scripts/kernel-trees';
import { shippedCatalogue } from '../../../src/simulator/kernel/catalogue';
import type { CatalogueData } from '../../../src/simulator/kernel/catalogue/data';
import { Catalogue } from '../../../src/simulator/kernel/catalogue/tables';
import { catalogueFacts } from '../../helpers/catalogue-facts';

const MAX_SHOWN = 10;
const asked = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'test-catalogue-'));
let failed = 0;
try {
  for (const release of RELEASES.filter((each) => asked.length === 0 || asked.includes(each))) {
    const root = kernelTree(release, []);
    const out = join(folder, `${release}.json`);
    const run = (): string => {
      const from = performance.now();
      const done = spawnSync(process.execPath, ['dist/cli.js', 'catalogue', root, '-o', out], {
        env: { ...process.env, SMMU_SCOPE_CACHE: folder },
        encoding: 'utf8',
      });
      if (done.status !== 0) throw new Error(done.stderr);
      return `${((performance.now() - from) / 1000).toFixed(1)} s`;
    };
    const first = run();
    const again = run();
    const data = JSON.parse(readFileSync(out, 'utf8')) as CatalogueData;
    const own = Catalogue.whole(data);
    const symbols = new Set(own.symbols);
    const made = new Set(catalogueFacts(own, symbols));
    const shipped = new Set(catalogueFacts(shippedCatalogue(release), symbols));
    const lost = [...shipped].filter((fact) => !made.has(fact));
    const added = [...made].filter((fact) => !shipped.has(fact));
    const order = [...made].join('\n') === [...shipped].join('\n');
    for (const fact of lost.slice(0, MAX_SHOWN)) console.log(`  shipped only: ${fact.slice(0, 300)}`);
    for (const fact of added.slice(0, MAX_SHOWN)) console.log(`  made only: ${fact.slice(0, 300)}`);
    const same = lost.length + added.length === 0;
    if (!same) failed++;
    console.log(
      `${release}: ${made.size} facts, ${same ? 'equal' : `${lost.length} lost, ${added.length} added`}${same && !order ? ' (tables in another order)' : ''}; read in ${first}, again in ${again}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
