/** `smmu-scope compile`: devicetree source to FDT blobs, byte for byte as `cpp | dtc` (and fdtoverlay) writes them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkProblems } from '../devicetree/checks/run';
import { writeFdt } from '../devicetree/fdt-writer';
import { makeFolders, whyUnreadable } from '../workspace/regular-file';
import { optimiseAfter } from '../workspace/v8-flags';
import { parseArguments, UsageError } from './options';
import { problemText } from './report';
import { Sources } from './sources';

/** dtc's checks of error severity that the tree's own building does not make already: with them dtc writes no blob. */
const REFUSING: ReadonlySet<string> = new Set([
  'node_name_chars',
  'node_name_format',
  'node_name_not_empty',
  'property_name_chars',
]);

function makeOutputFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (error) {
    throw new UsageError(
      `cannot make the folder ${folder} (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
}

/** Runs the sub-command; the exit status: 0 fine, 1 a file has errors, 2 a file cannot be read. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['-o', '--out-dir'], flags: ['--sha256', '--symbols', '-@'] });
  if (options.files.length === 0) throw new UsageError('compile needs a file');
  // A few boards are done before much of the program is worth optimizing; V8's own threshold starts on everything at once.
  if (options.files.length < 8) optimiseAfter(600_000);
  const output = options.value('-o');
  const folder = options.value('--out-dir');
  if (output !== undefined && options.files.length > 1) throw new UsageError('-o is for one file; use --out-dir');
  if (folder !== undefined) makeOutputFolder(folder);
  const sources = new Sources(options, options.flag('--symbols') || options.flag('-@'));
  let status = 0;
  for (const name of options.files) {
    const result = sources.open(name);
    if (result === null) {
      process.stderr.write(`smmu-scope: cannot read ${name}${whyUnreadable(name)}\n`);
      if (options.flag('--sha256')) process.stdout.write(`-  ${name}\n`);
      status = 2;
      continue;
    }
    const problems = [...result.problems, ...checkProblems(result.tree, { enabled: REFUSING })];
    for (const problem of problems)
      if (problem.severity !== 'information') process.stderr.write(`${problemText(problem)}\n`);
    const broken = problems.some((problem) => problem.severity === 'error');
    if (problems.some((problem) => problem.code === 'cpp/file-not-found')) status = 2;
    else if (broken) status = Math.max(status, 1);
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
  return status;
}
