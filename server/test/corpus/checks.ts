/**
 * npm run test:checks [-- --linux DIR] [--only TEXT] [--every N] [--dtc FILE]
 * Runs our checks and dtc's over a sample of the kernel's boards and compares which check finds fault with which node.
 * Exit status 0 all equal (or skipped, said so), 1 differences.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { type BuildResult, buildTree, TreeBuilder } from '../../src/devicetree/build';
import { CHECK_NAMES, checkTree } from '../../src/devicetree/checks/run';
import { sourceFile } from '../../src/source/file';
import { FileStore, toUri } from '../../src/workspace/files';
import { treeAt } from '../../src/workspace/trees';
import { corpusBoards } from './boards';
import { CHECK_CASES, caseSource } from './check-cases';
import { findLinuxSource } from './linux-source';

/** dtc 1.6.1 has an older interrupt_provider (it asks for #address-cells too) and no interrupt_map yet. */
const SINCE_1_7: readonly string[] = ['interrupt_provider', 'interrupt_map'];
const OPTIONAL = [
  'property_name_chars_strict',
  'node_name_chars_strict',
  'deprecated_gpio_property',
  'unique_unit_address_if_enabled',
];

function option(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

/** The version of a program's first output line, or null when it cannot be run. */
function version(program: string, args: readonly string[]): string | null {
  try {
    return /\d+\.\d+(\.\d+)?/.exec(execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }))?.[0] ?? null;
  } catch {
    return null;
  }
}

/** `check node` of everything dtc complains about in a source; null when it cannot parse it. */
function complaints(
  dtc: string,
  source: string,
  flags: readonly string[],
  root: string,
  compared: ReadonlySet<string>,
): Set<string> | null {
  const warnings = OPTIONAL.map((name) => `-W${name}`);
  const all = ['-I', 'dts', '-O', 'dtb', '-o', '/dev/null', '-b', '0', '-f', ...flags, ...warnings, '-'];
  const run = spawnSync(dtc, all, { cwd: root, encoding: 'utf8', input: source, maxBuffer: 1 << 28 });
  if (run.status !== 0) return null;
  const found = new Set<string>();
  for (const [, check = '', node = ''] of run.stderr.matchAll(/: (?:Warning|ERROR) \((\w+)\): (\/[^:\s]*)/g))
    if (compared.has(check)) found.add(`${check} ${node}`);
  return found;
}

/** The same of a board of the kernel. */
function theirs(dtc: string, root: string, board: string, compared: ReadonlySet<string>): Set<string> | null {
  const prefixes = 'scripts/dtc/include-prefixes';
  const cpp = spawnSync(
    'cpp',
    ['-nostdinc', '-I', prefixes, '-undef', '-D__DTS__', '-x', 'assembler-with-cpp', board],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (cpp.status !== 0) return null;
  return complaints(dtc, cpp.stdout, ['-i', dirname(board), '-i', prefixes], root, compared);
}

/** The cases of the unit test, against dtc: the number that differ. */
function compareCases(dtc: string, root: string, compared: ReadonlySet<string>, old: boolean): number {
  const cases = CHECK_CASES.filter((item) => !old || item.since17 !== true);
  let different = 0;
  for (const item of cases) {
    const source = caseSource(item);
    const { tree } = buildText(source);
    const expected = complaints(dtc, source, [], root, compared);
    const findings = checkTree(tree, { enabled: new Set(CHECK_NAMES) });
    const ours = new Set(findings.flatMap((f) => (compared.has(f.check) ? [`${f.check} ${f.node.path}`] : [])));
    const sorted = (set: ReadonlySet<string> | null): string => [...(set ?? ['no parse'])].sort().join(', ');
    if (sorted(ours) === sorted(expected)) continue;
    different++;
    console.log(`case ${item.text}\n  dtc:  ${sorted(expected)}\n  here: ${sorted(ours)}`);
  }
  console.log(`cases: ${cases.length - different} of ${cases.length} equal`);
  return different;
}

function buildText(text: string): BuildResult {
  const file = sourceFile('file:///case.dts', text);
  return buildTree(file.uri, { read: (uri) => (uri === file.uri ? file : null), readBytes: () => null });
}

function main(): number {
  const source = findLinuxSource(option('--linux'));
  const dtc = option('--dtc') ?? process.env.DTC ?? 'dtc';
  const dtcVersion = version(dtc, ['--version']);
  const missing = source.root === null ? source.how : dtcVersion === null ? `no ${dtc}` : null;
  if (source.root === null || dtcVersion === null || version('cpp', ['--version']) === null) {
    console.log(`checks: SKIPPED, ${missing ?? 'no cpp'}`);
    return 0;
  }
  const { root } = source;
  const old = /^1\.[0-6](\.|$)/.test(dtcVersion);
  const compared = new Set(CHECK_NAMES.filter((name) => !old || !SINCE_1_7.includes(name)));
  const differentCases = compareCases(dtc, root, compared, old);
  const only = option('--only');
  const every = Number(option('--every') ?? 40);
  const boards = corpusBoards().filter((board, i) => i % every === 0 && (only === null || board.path.includes(only)));
  const files = new FileStore();
  const builder = new TreeBuilder();
  const { includeFolders } = treeAt(root);
  const seen = new Map<string, number>();
  const differences: string[] = [];
  let [equal, pairs, time, unparsed] = [0, 0, 0, 0];
  for (const board of boards) {
    const expected = theirs(dtc, root, board.path, compared);
    if (expected === null) {
      unparsed++;
      continue;
    }
    const { tree } = builder.build(toUri(join(root, board.path)), files, { includeFolders });
    const start = performance.now();
    const findings = checkTree(tree, { enabled: new Set(CHECK_NAMES) });
    time += performance.now() - start;
    const ours = new Set(findings.flatMap((f) => (compared.has(f.check) ? [`${f.check} ${f.node.path}`] : [])));
    const before = differences.length;
    for (const pair of expected) {
      pairs++;
      const [check = ''] = pair.split(' ');
      seen.set(check, (seen.get(check) ?? 0) + 1);
      if (!ours.has(pair)) differences.push(`${board.path}: only dtc: ${pair}`);
    }
    for (const pair of ours) if (!expected.has(pair)) differences.push(`${board.path}: only here: ${pair}`);
    if (differences.length === before) equal++;
  }
  for (const line of differences.slice(0, 50)) console.log(line);
  const checks = [...seen].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
  console.log(checks.join(', '));
  const parsed = boards.length - unparsed;
  console.log(
    `checks (dtc ${dtcVersion}): ${equal} of ${parsed} boards equal, ${pairs} pairs of check and node, ${differences.length} different; ${unparsed} boards dtc cannot parse; ${(time / Math.max(parsed, 1)).toFixed(1)} ms a board`,
  );
  return differences.length === 0 && differentCases === 0 && parsed > 0 ? 0 : 1;
}

process.exitCode = main();
