/** `smmu-scope rules [CODE...]`: the rules, or the pages of some: what a finding means, in a terminal. */
import { rulePage, rules } from '../language/rules';
import { parseArguments, UsageError } from './options';
import { terminalOf, wrap } from './shell/terminal';

/** Prints the list of rules, or the pages of those named (`smmu/cell-count` or `cell-count`). */
export async function run(args: readonly string[]): Promise<number> {
  const { files } = parseArguments(args, { bare: true });
  if (files.length === 0) {
    for (const rule of rules)
      process.stdout.write(`${`smmu/${rule.code}`.padEnd(32)} ${rule.severity.padEnd(12)} ${rule.title}\n`);
    return 0;
  }
  const pages = files.map((name) => {
    const rule = rules.find((r) => r.code === name.replace(/^smmu\//, ''));
    if (rule === undefined) throw new UsageError(`no rule ${name}: smmu-scope rules lists them`);
    return rulePage(rule);
  });
  process.stdout.write(wrap(pages.join('\n'), terminalOf()));
  return 0;
}
