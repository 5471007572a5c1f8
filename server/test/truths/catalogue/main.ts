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
import type { CatalogueData, DriverRow } from '../../../src/simulator/kernel/catalogue/data';
import { Catalogue } from '../../../src/simulator/kernel/catalogue/tables';

/**
 * A catalogue without the numbers that only say how it is packed: one line a fact, in the order of the catalogue. Of
 * configurations the `symbols` that the made one knows: one that is packed as what differs has those of its base besides.
 */
function facts(data: CatalogueData, symbols: ReadonlySet<string>): string[] {
  const catalogue = new Catalogue(data);
  const gates = data.gates.split(' ');
  const gate = (number: number): string =>
    number >= 0
      ? (catalogue.symbols[number] ?? '?')
      : (gates[-1 - number] ?? '').replace(/\d+/g, (n) => catalogue.symbols[Number(n)] ?? '?');
  const file = (number: number): string => catalogue.files[number] ?? '-';
  const driver = ([name, bus, level, at, line, own, flags, of = [], ...rest]: DriverRow): string =>
    JSON.stringify([
      name,
      data.buses[bus],
      level,
      `${file(at)}:${line}`,
      gate(own),
      flags,
      of.map((row) => (typeof row === 'object' ? [row[0], row[1], row[2], file(row[3])] : row)),
      // a shorter row has nothing in the columns behind it
      ...[0, 1, 2].map((i) => rest[i] ?? []),
    ]);
  const configs = Object.entries(data.configs).flatMap(([name, row]) => {
    const set = (packed: string, value: string): string[] => {
      let at = -1;
      return packed
        .split(' ')
        .slice(0, -1)
        .flatMap((gap) => {
          at += 1 + (gap === '' ? 0 : Number.parseInt(gap, 36));
          const symbol = catalogue.symbols[at] ?? '';
          return symbols.has(symbol) ? `${name}: ${symbol}=${value}` : [];
        });
    };
    const others = Object.entries(row.other).map(([symbol, value]) => `${name}: CONFIG_${symbol}=${value}`);
    return [...set(row.y, 'y'), ...set(row.m, 'm'), ...others].sort();
  });
  return [
    `${data.kernel}, ${data.beforeCore} before the core`,
    ...data.drivers.map(driver),
    ...data.early.map((row) => JSON.stringify([row[0], row[1], row[2], `${file(row[3])}:${row[4]}`, gate(row[5])])),
    ...data.machines.map(([compatible, own]) => `${compatible} ${gate(own)}`),
    ...configs,
    ...catalogue.symbols
      .filter((symbol) => symbols.has(symbol) && catalogue.isTristate(symbol))
      .map((symbol) => `tristate ${symbol}`),
  ];
}

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
    const symbols = new Set(new Catalogue(data).symbols);
    const made = new Set(facts(data, symbols));
    const shipped = new Set(facts(shippedCatalogue(release), symbols));
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
