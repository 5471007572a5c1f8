// Bundles one of our TypeScript programs into .tsc/ and runs it:  node server/scripts/run.mjs PROGRAM.ts ARGS...
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { raw } from '../../esbuild-raw.mjs';

const [program, ...args] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const outfile = join(here, '../../.tsc/scripts', program.replace(/\.ts$/, '.cjs'));
await esbuild.build({
  entryPoints: [join(here, program)],
  outfile,
  bundle: true,
  plugins: [raw],
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
});
process.exit(
  spawnSync(process.execPath, ['--max-old-space-size=6000', outfile, ...args], { stdio: 'inherit' }).status ?? 1,
);
