/** `smmu-scope collect`: prints the script that gathers on a board what `explain` reads. */
import { COLLECT_SCRIPT } from '../bootlog/collect-script';
import { parseArguments, UsageError } from './options';

/** Runs the sub-command. Exit status 0. */
export async function run(args: readonly string[]): Promise<number> {
  if (parseArguments(args, { bare: true }).files.length > 0) throw new UsageError('collect takes no files');
  process.stdout.write(COLLECT_SCRIPT);
  return 0;
}
