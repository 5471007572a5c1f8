// The packages that a bundle holds, from esbuild's own account of its inputs: their licences, as notices for the extension and
// as a check that all may be shipped.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Licences whose code may be shipped in the extension. */
const SHIPPED = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  // as permissive; of minimatch, which vscode-languageclient brings
  'BlueOak-1.0.0',
]);

/** The folder of the package that a file of node_modules belongs to, or null for a file of this project. */
function packageFolder(input) {
  const at = input.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const [scope, name] = input.slice(at + 'node_modules/'.length).split('/');
  return input.slice(0, at) + join('node_modules', scope.startsWith('@') ? join(scope, name) : scope);
}

function describe(folder) {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying|copyright)(\.|-|$)/i.test(entry));
  if (file !== undefined) return { name, version, license, text: readFileSync(join(folder, file), 'utf8').trim() };
  // Some packages state a licence and carry no text of it (FAST, which the toolkit brings): then what they state is the notice.
  const stated = [author?.name ?? author, repository?.url ?? repository].filter((part) => typeof part === 'string');
  return { name, version, license, text: stated.length > 0 ? stated.join('\n') : null };
}

/** The packages in bundles, by name: `metafiles` are esbuild's, paths in them relative to the current folder. */
export function packagesIn(metafiles) {
  const folders = new Set();
  for (const { outputs } of metafiles)
    for (const { inputs } of Object.values(outputs))
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = bytesInOutput > 0 ? packageFolder(input.replace(/^[a-z-]+:/, '')) : null;
        if (folder !== null && existsSync(join(folder, 'package.json'))) folders.add(folder);
        else if (folder !== null) throw new Error(`${input}: no package.json in ${dirname(folder)}`);
      }
  return [...folders].map(describe).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is wrong with shipping these packages, a line each. */
export function licenceProblems(packages) {
  return packages.flatMap(({ name, version, license, text }) => [
    ...(SHIPPED.has(license)
      ? []
      : [`${name} ${version}: licence ${license ?? 'not stated'} is none of ${[...SHIPPED].join(', ')}`]),
    ...(text === null ? [`${name} ${version}: neither a licence text nor an author in the package`] : []),
  ]);
}

/** The notices as one text. */
export function noticesOf(packages) {
  const parts = packages.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text ?? ''}`);
  return `${['SMMU Scope contains code of these packages.', ...parts].join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}
