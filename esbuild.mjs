// Bundles the programs into dist/: the extension, the language server, the command line (with a part for `compile` alone) and the panel;
// into dist/web the extension and the language server for a browser.
//   node esbuild.mjs [--watch] [--minify]
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import esbuild from 'esbuild';
import { licenceProblems, noticesOf, packagesIn } from './client/scripts/notices.mjs';
import { forBrowser } from './esbuild-browser.mjs';
import { raw } from './esbuild-raw.mjs';

const watch = process.argv.includes('--watch');
const common = {
  bundle: true,
  plugins: [raw],
  sourcemap: true,
  minify: process.argv.includes('--minify'),
  outdir: 'dist',
  logLevel: 'info',
  // Notices of all bundles stand in one file, which is made from the packages themselves.
  legalComments: 'none',
  metafile: true,
};
const node = { ...common, platform: 'node', target: 'node20', format: 'cjs', mainFields: ['module', 'main'] };
const web = {
  ...common,
  plugins: [raw, forBrowser],
  platform: 'browser',
  target: 'es2022',
  outdir: 'dist/web',
  inject: ['server/src/browser/globals.ts'],
  define: { SMMU_SCOPE_VERSION: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version) },
};
const targets = [
  { ...node, entryPoints: { extension: 'client/src/extension.ts' }, external: ['vscode'] },
  { ...node, entryPoints: { server: 'server/src/lsp/main.ts' } },
  {
    ...node,
    entryPoints: { cli: 'server/src/cli/main.ts' },
    banner: { js: '#!/usr/bin/env node' },
    // require(), not import(): Node would look through the whole engine for the names that it exports first.
    supported: { 'dynamic-import': false },
  },
  { ...node, entryPoints: { 'kernel-worker': 'server/src/workspace/own-kernel/worker.ts' } },
  { ...node, entryPoints: { 'cli-engine': 'server/src/cli/engine.ts' } },
  { ...common, platform: 'browser', target: 'es2022', format: 'iife', entryPoints: { panel: 'webview/src/panel.ts' } },
  // VS Code loads the extension as a CommonJS module there too
  { ...web, format: 'cjs', entryPoints: { extension: 'client/src/extension.ts' }, external: ['vscode'] },
  { ...web, format: 'iife', entryPoints: { server: 'server/src/browser/main.ts' } },
].filter((t) => existsSync(Object.values(t.entryPoints)[0]));

// Contracts that other programs read: VS Code validates *.smmu.json with the first.
mkdirSync('dist', { recursive: true });
copyFileSync('server/src/scenario/scenario.schema.json', 'dist/scenario.schema.json');
copyFileSync('server/src/workspace/smmu-scope.schema.json', 'dist/smmu-scope.schema.json');
copyFileSync('server/src/simulator/reporting/report.schema.json', 'dist/report.schema.json');
copyFileSync('server/src/review/review.schema.json', 'dist/review.schema.json');

if (watch) {
  for (const target of targets) await (await esbuild.context(target)).watch();
} else {
  const built = await Promise.all(targets.map((target) => esbuild.build(target)));
  const packages = packagesIn(built.map(({ metafile }) => metafile));
  const problems = licenceProblems(packages);
  for (const problem of problems) console.error(`licence: ${problem}`);
  if (problems.length > 0) process.exit(1);
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', noticesOf(packages));
}
