/**
 * Quiet check: all boards of a Linux tree as they are, each for the kernel of that tree. No error but those that reasons.txt
 * justifies, at most 0.05 warnings a board; the count per rule is a golden file.
 *   npm run test:quiet -- [--kernel 6.12|7.3] [--linux DIR] [--every N] [--json OUT]      BLESS=1 writes the golden file
 * `--every N` takes every Nth board (no comparison with the golden file then).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { contextOf } from '../../../src/language/board-context';
import { ruleContext } from '../../../src/language/rules/context';
import { diagnose } from '../../../src/language/rules/findings';
import { toUri } from '../../../src/workspace/files';
import { simulateBoard } from '../../../src/workspace/simulation';
import { Workspace } from '../../../src/workspace/workspace';
import { CORPUS_KERNELS, corpusKernel, findLinuxSource, LINUX_6_12 } from '../corpus/linux-source';

const GOLDEN_FOLDER = 'server/test/truths/quiet/golden';
const REASONS = 'server/test/truths/quiet/reasons.txt';
const MOST_WARNINGS = 0.05;

interface Reason {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly line: string;
}

/** The reasons for the errors on one kernel's boards. */
function readReasons(kernel: string): Reason[] {
  return readFileSync(REASONS, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => ({ line, parts: line.split(' | ').map((part) => part.trim()) }))
    .filter(({ parts }) => parts[0] === kernel)
    .map(({ line, parts: [, rule = '', pattern = ''] }) => ({ rule, pattern: new RegExp(pattern), line }));
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function boardsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? boardsBelow(path) : entry.name.endsWith('.dts') ? [path] : [];
    });
}

function main(): number {
  const asked = option('--kernel') ?? LINUX_6_12.name;
  const kernel = corpusKernel(asked);
  if (kernel === null) {
    process.stderr.write(`quiet: no kernel ${asked}, there are ${CORPUS_KERNELS.map(({ name }) => name).join(', ')}\n`);
    return 2;
  }
  const source = findLinuxSource(option('--linux') ?? null, kernel);
  if (source.root === null) {
    process.stdout.write(`quiet: SKIPPED, ${source.how}\n`);
    return process.env.CI ? 1 : 0;
  }
  const goldenFile = join(GOLDEN_FOLDER, `upstream-${kernel.name}.txt`);
  const linux = resolve(source.root);
  const every = Number(option('--every') ?? 1);
  const boards = readdirSync(join(linux, 'arch'))
    .map((arch) => join(linux, 'arch', arch, 'boot/dts'))
    .filter((folder) => existsSync(folder))
    .flatMap(boardsBelow)
    .filter((_, i) => i % every === 0);
  const problems: string[] = [];
  const workspace = new Workspace(
    { folders: [linux], includePaths: [], defines: [], kernelTree: null },
    simulateBoard({ kernel: '', cmdline: '', config: '', scenario: null, onProblem: (text) => problems.push(text) }),
  );
  const counts = new Map<string, { findings: number; boards: Set<string> }>();
  const loud: string[] = [];
  const reasons = readReasons(kernel.name);
  const used = new Set<Reason>();
  const unjustified: string[] = [];
  let warnings = 0;
  let errors = 0;
  for (const path of boards) {
    const snapshot = workspace.snapshot(toUri(path));
    if (snapshot === null) continue;
    // no rule reads the boot of a board without IOMMUs
    const { view } = snapshot;
    const concerned = view.providers.length + view.masters.length + view.maps.length > 0;
    const context = concerned ? contextOf(snapshot) : ruleContext(snapshot.tree, view, null);
    for (const d of diagnose(context, snapshot.problems, {})) {
      if (!d.code.startsWith('smmu/')) continue;
      const key = `${d.severity.padEnd(11)} ${d.code}`;
      const count = counts.get(key) ?? { findings: 0, boards: new Set<string>() };
      counts.set(key, count);
      count.findings++;
      count.boards.add(path);
      if (d.severity === 'warning') warnings++;
      if (d.severity === 'error') {
        errors++;
        const what = `${relative(linux, path)}: ${d.message}`;
        const reason = reasons.find((one) => one.rule === d.code && one.pattern.test(what));
        if (reason === undefined) unjustified.push(`${d.code} ${what}`);
        else used.add(reason);
      }
      if (d.severity === 'warning' || d.severity === 'error')
        loud.push(`${relative(linux, path)}: ${d.severity} ${d.code}: ${d.message}`);
    }
  }
  const lines = [...counts]
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
    .map(
      ([key, c]) =>
        `${key.padEnd(44)} ${String(c.findings).padStart(6)} findings on ${String(c.boards.size).padStart(5)} boards`,
    );
  const text = `${boards.length} boards, ${errors} errors, ${warnings} warnings (${(warnings / boards.length).toFixed(3)} a board)\n${lines.join('\n')}\n`;
  process.stdout.write(text);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const out = option('--json');
  if (out !== undefined) writeFileSync(out, JSON.stringify({ boards: boards.length, errors, warnings, loud }, null, 1));
  for (const line of unjustified) process.stdout.write(`no reason in ${REASONS}: ${line}\n`);
  if (every !== 1) return unjustified.length > 0 || problems.length > 0 ? 1 : 0;
  const idle = reasons.filter((reason) => !used.has(reason));
  for (const { line } of idle) process.stdout.write(`nothing found for: ${line}\n`);
  if (process.env.BLESS !== undefined) writeFileSync(goldenFile, text);
  const golden = existsSync(goldenFile) ? readFileSync(goldenFile, 'utf8') : '';
  if (golden !== text) process.stdout.write(`differs from ${goldenFile} (BLESS=1 writes it)\n`);
  const quiet = unjustified.length + idle.length + problems.length === 0 && warnings <= boards.length * MOST_WARNINGS;
  return golden === text && quiet ? 0 : 1;
}

process.exitCode = main();
