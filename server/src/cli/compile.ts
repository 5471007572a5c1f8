/** `smmu-scope compile`: devicetree source to FDT blobs, byte for byte as `cpp | dtc` (and fdtoverlay) writes them. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { TreeBuilder } from '../devicetree/build';
import { writeFdt } from '../devicetree/fdt-writer';
import { openTree } from '../devicetree/open-tree';
import { FileStore, toUri } from '../workspace/files';
import { buildOptionsFor, parseArguments, UsageError } from './options';
import { problemText } from './report';

/** Runs the sub-command; the exit status: 0 fine, 1 a file has errors, 2 nothing to do. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['-o', '--out-dir'], flags: ['--sha256', '--symbols', '-@'] });
  if (options.files.length === 0) throw new UsageError('compile needs a file');
  const output = options.value('-o');
  const folder = options.value('--out-dir');
  if (output !== undefined && options.files.length > 1) throw new UsageError('-o is for one file; use --out-dir');
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const builder = new TreeBuilder();
  const files = new FileStore();
  const symbols = options.flag('--symbols') || options.flag('-@');
  const overlays = options.all('--overlay').map((overlay) => ({
    uri: toUri(resolve(overlay)),
    options: { ...buildOptionsFor(overlay, options), symbols },
  }));
  let failed = false;
  for (const name of options.files) {
    const result = openTree(
      builder,
      toUri(resolve(name)),
      files,
      { ...buildOptionsFor(name, options), symbols },
      overlays,
    );
    for (const problem of result.problems)
      if (problem.severity !== 'information') process.stderr.write(`${problemText(problem)}\n`);
    const broken = result.problems.some((problem) => problem.severity === 'error');
    failed ||= broken;
    const blob = broken ? null : writeFdt(result.tree, 0);
    if (options.flag('--sha256')) {
      const hash = blob === null ? '-' : createHash('sha256').update(blob).digest('hex');
      process.stdout.write(`${hash}  ${name}\n`);
    } else if (blob !== null) {
      const target =
        output ?? (folder === undefined ? null : join(folder, basename(name).replace(/\.dts(o?)$/, '.dtb$1')));
      if (target === null || target === '-') process.stdout.write(blob);
      else writeFileSync(target, blob);
    }
  }
  return failed ? 1 : 0;
}
