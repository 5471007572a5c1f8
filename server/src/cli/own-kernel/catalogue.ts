/** `smmu-scope catalogue DIR`: the drivers of a kernel tree as a file that `--catalogue` takes. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { count } from '../../iommu/words';
import { catalogueText } from '../../scanner/text';
import { shortcomings } from '../../workspace/own-kernel/kernels';
import { parseArguments, UsageError } from '../options';
import { moduleFolders, readWithProgress } from './drivers';

/** Runs the sub-command: 0 done, 2 no kernel tree, or nothing could be written. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['-o', '--modules'] });
  const [folder, ...more] = options.files;
  if (folder === undefined || more.length > 0) throw new UsageError('catalogue needs one folder: a kernel tree');
  const read = await readWithProgress(resolve(folder), moduleFolders(options));
  const { data, missing } = read;
  const text = catalogueText(missing.length === 0 ? data : { ...data, missing });
  const out = options.value('-o') ?? '-';
  if (out === '-') process.stdout.write(text);
  else
    try {
      writeFileSync(out, text);
    } catch {
      throw new UsageError(`cannot write ${out}`);
    }
  for (const line of shortcomings(read)) process.stderr.write(`smmu-scope: ${line}\n`);
  process.stderr.write(
    `smmu-scope: Linux ${data.kernel}: ${count(data.drivers.length, 'driver')}, ${count(data.early.length, 'early provider')}; default configurations: ${Object.keys(data.configs).join(', ') || 'none'}${
      read.read === null ? '; nothing had changed since the last reading' : ''
    }\n`,
  );
  return 0;
}
