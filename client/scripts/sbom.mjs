// npm run sbom: the bill of materials (CycloneDX, dist/sbom.cdx.json) of what the extension ships, by npm itself; fails when a
// package whose code is in a bundle is missing from it. After a build.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const bill = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], { encoding: 'utf8', maxBuffer: 1 << 26 }),
);
// Not with --omit dev: npm 11 then leaves out dependencies that a development dependency needs too (findings/npm-sbom-omit-dev.sh).
const forDevelopment = ({ properties = [] }) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
bill.components = bill.components.filter((component) => !forDevelopment(component));
const kept = new Set([bill.metadata.component, ...bill.components].map((component) => component['bom-ref']));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => kept.has(on)) }));
const listed = new Set(
  bill.components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`),
);
const bundled = [...readFileSync('dist/THIRD-PARTY-NOTICES.txt', 'utf8').matchAll(/^-+\n\n(\S+ \S+) \(/gm)].map(
  ([, of]) => of,
);
const missing = bundled.filter((of) => !listed.has(of));
writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(bill, null, 2)}\n`);
console.log(`${listed.size} packages in dist/sbom.cdx.json, ${bundled.length} of them in bundles`);
for (const of of missing) console.error(`${of} is in a bundle and not in the bill of materials`);
process.exit(missing.length === 0 && bundled.length > 0 ? 0 : 1);
