/**
 * npm run test:checks [-- --linux DIR] [--only TEXT] [--every N] [--dtc FILE]
 * Runs our checks and dtc's over a sample of the kernel's boards and compares which check finds fault with which node.
 * Exit status 0 all equal (or skipped, said so), 1 differences.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { type BuildResult, buildTree, TreeBuilder } from '../../../src/devicetree/build';
import { CHECK_NAMES, checkTree } from '../../../src/devicetree/checks/run';
import type { DtcRules } from '../../../src/devicetree/dtc';
import type { DeviceTree } from '../../../src/devicetree/model';
import { sourceFile } from '../../../src/source/file';
import { FileStore, toUri } from '../../../src/workspace/files';
import { treeAt } from '../../../src/workspace/trees';
import { rulesOfProgram } from '../../helpers/dtc-program';
import { corpusBoards } from './boards';
import { CHECK_CASES, caseSource, checksOf } from './check-cases';
import { findLinuxSource } from './linux-source';

/** dtc 1.6.1 has an older interrupt_provider (it asks for #address-cells too) and no interrupt_map yet. */
const SINCE_1_7: readonly string[] = ['interrupt_provider', 'interrupt_map'];
/** dtc's checks of names and references, which here are problems of the build, each with those that it waits for. */
const BUILD_CHECKS: ReadonlyMap<string, readonly string[]> = new Map([
  ['duplicate_node_names', []],
  ['duplicate_property_names', []],
  ['duplicate_label', []],
  ['explicit_phandles', []],
  ['name_properties', []],
  ['phandle_references', ['duplicate_node_names', 'explicit_phandles']],
  ['path_references', ['duplicate_node_names']],
]);
/** What follows references; here it is looked at even when one of them fails. */
const AFTER_REFERENCES = /^(?:\w+_property|interrupt_map) /;
/** Of the boards that are compared, how many are compared with mistakes put in too. */
const EVERY_BROKEN = 4;
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
  // As warnings: at the first error dtc would not look at the rest.
  const softened = [...BUILD_CHECKS.keys(), 'omit_unused_nodes'].flatMap((name) => [`-W${name}`, `-Eno-${name}`]);
  const warnings = [...OPTIONAL.map((name) => `-W${name}`), ...softened];
  const all = ['-I', 'dts', '-O', 'dtb', '-o', '/dev/null', '-b', '0', '-f', ...flags, ...warnings, '-'];
  const run = spawnSync(dtc, all, { cwd: root, encoding: 'utf8', input: source, maxBuffer: 1 << 28 });
  if (run.status !== 0) return null;
  const found: string[] = [];
  for (const [, check = '', node = ''] of run.stderr.matchAll(/: (?:Warning|ERROR) \((\w+)\): (\/[^:\s]*)/g))
    if (compared.has(check)) found.push(`${check} ${node}`);
  return withReferences(found);
}

/** The same of what we find, as far as dtc would have come to it. */
function ours({ tree, problems }: BuildResult, compared: ReadonlySet<string>): Set<string> {
  const checks = checkTree(tree, { enabled: new Set(CHECK_NAMES) }).map((f) => [f.check, f.node.path] as const);
  const build = checksOf(problems);
  const failed = new Set(build.map(([check]) => check));
  const waits = (check: string): boolean => (BUILD_CHECKS.get(check) ?? []).some((need) => failed.has(need));
  return withReferences(
    [...build, ...checks].flatMap(([check, node]) =>
      compared.has(check) && !waits(check) ? [`${check} ${node}`] : [],
    ),
  );
}

/** Without what looks at the nodes that references lead to, when they lead nowhere: dtc leaves that out, or works with bad phandles. */
function withReferences(found: readonly string[]): Set<string> {
  const failing = new Set(found.map((pair) => pair.split(' ', 1)[0] ?? ''));
  const failed = ['phandle_references', ...(BUILD_CHECKS.get('phandle_references') ?? [])].some((c) => failing.has(c));
  return new Set(failed ? found.filter((pair) => !AFTER_REFERENCES.test(pair)) : found);
}

const EXPLICIT = 'one { phandle = <0x7fff0001>; }; two { phandle = <0x7fff0001>; }; three { phandle = <0>; };';

/**
 * Statements that make a whole board fail the checks of the build, which boards of the kernel pass: labels that three of its nodes
 * have already, references to nothing, and with `phandles` one that is
 * there twice and one that is none (then dtc looks at no reference).
 */
function mistakesFor({ labels, root }: DeviceTree, phandles: boolean): string {
  const names = [...labels.keys()];
  const label = (part: number): string => names[Math.floor((names.length - 1) * part)] ?? 'none';
  const [child = 'none'] = root.children.keys();
  return `
/ {
	mistakes {
		value-label = <1>, ${label(0.6)}: "x";
		${label(0.9)}: property-label;
		own: own-label = <own: 1>;
		references = <&no_such_label &{/no/such/node}>, <&{/${child}}>;
		paths = &no_such_label, &{/no/such/node}, &{/${child}};
		${label(0.3)}: again { };
		zero { name = "one"; };
		${phandles ? EXPLICIT : ''}
	};
};
`;
}

/** The same of a board of the kernel, with `tail` behind its text. */
function theirs(
  dtc: string,
  root: string,
  board: string,
  compared: ReadonlySet<string>,
  tail = '',
): Set<string> | null {
  const prefixes = 'scripts/dtc/include-prefixes';
  const cpp = spawnSync(
    'cpp',
    ['-nostdinc', '-I', prefixes, '-undef', '-D__DTS__', '-x', 'assembler-with-cpp', board],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (cpp.status !== 0) return null;
  return complaints(dtc, cpp.stdout + tail, ['-i', dirname(board), '-i', prefixes], root, compared);
}

/** The cases of the unit test, against dtc: the number that differ. */
function compareCases(dtc: string, root: string, compared: ReadonlySet<string>, old: boolean, rules: DtcRules): number {
  const cases = CHECK_CASES.filter((item) => !old || item.since17 !== true);
  let different = 0;
  for (const item of cases) {
    const source = caseSource(item);
    const found = ours(buildText(source, rules), compared);
    const expected = complaints(dtc, source, [], root, compared);
    const sorted = (set: ReadonlySet<string> | null): string => [...(set ?? ['no parse'])].sort().join(', ');
    if (sorted(found) === sorted(expected)) continue;
    different++;
    console.log(`case ${item.text}\n  dtc:  ${sorted(expected)}\n  here: ${sorted(found)}`);
  }
  console.log(`cases: ${cases.length - different} of ${cases.length} equal`);
  return different;
}

function buildText(text: string, dtc: DtcRules): BuildResult {
  const file = sourceFile('file:///case.dts', text);
  return buildTree(file.uri, { read: (uri) => (uri === file.uri ? file : null), readBytes: () => null }, { dtc });
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
  const rules = rulesOfProgram(dtc);
  const compared = new Set(
    [...BUILD_CHECKS.keys(), ...CHECK_NAMES].filter((name) => !old || !SINCE_1_7.includes(name)),
  );
  const differentCases = compareCases(dtc, root, compared, old, rules);
  const only = option('--only');
  const every = Number(option('--every') ?? 40);
  const boards = corpusBoards().filter((board, i) => i % every === 0 && (only === null || board.path.includes(only)));
  const files = new FileStore();
  const builder = new TreeBuilder();
  const { includeFolders } = treeAt(root);
  const seen = new Map<string, number>();
  const differences: string[] = [];
  let [equal, pairs, time, unparsed, withMistakes] = [0, 0, 0, 0, 0];
  const compare = (name: string, expected: ReadonlySet<string>, found: ReadonlySet<string>): void => {
    const before = differences.length;
    for (const pair of expected) {
      pairs++;
      const [check = ''] = pair.split(' ');
      seen.set(check, (seen.get(check) ?? 0) + 1);
      if (!found.has(pair)) differences.push(`${name}: only dtc: ${pair}`);
    }
    for (const pair of found) if (!expected.has(pair)) differences.push(`${name}: only here: ${pair}`);
    if (differences.length === before) equal++;
  };
  for (const [i, board] of boards.entries()) {
    const expected = theirs(dtc, root, board.path, compared);
    if (expected === null) {
      unparsed++;
      continue;
    }
    const uri = toUri(join(root, board.path));
    const built = builder.build(uri, files, { includeFolders, dtc: rules });
    const start = performance.now();
    const found = ours(built, compared);
    time += performance.now() - start;
    compare(board.path, expected, found);
    if (i % EVERY_BROKEN !== 0 || built.tree.plugin) continue;
    const tail = mistakesFor(built.tree, i % (2 * EVERY_BROKEN) === 0);
    const broken = theirs(dtc, root, board.path, compared, tail);
    const text = files.read(uri)?.text;
    if (broken === null || text === undefined) throw new Error(`${board.path}: dtc cannot parse the mistakes\n${tail}`);
    files.setOpen(uri, text + tail);
    const rebuilt = builder.build(uri, files, { includeFolders, dtc: rules });
    // Where references fail, dtc keeps the nodes that nobody refers to.
    const paths = new Set(rebuilt.tree.nodes.map((node) => node.path));
    const kept = new Set([...broken].filter((pair) => paths.has(pair.slice(pair.indexOf(' ') + 1))));
    compare(`${board.path} with mistakes`, kept, ours(rebuilt, compared));
    files.setClosed(uri);
    withMistakes++;
  }
  for (const line of differences.slice(0, 50)) console.log(line);
  const checks = [...seen].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
  console.log(checks.join(', '));
  const parsed = boards.length - unparsed;
  console.log(
    `checks (dtc ${dtcVersion}): ${equal} of ${parsed + withMistakes} boards equal (${withMistakes} of them with mistakes put in), ${pairs} pairs of check and node, ${differences.length} different; ${unparsed} boards dtc cannot parse; ${(time / Math.max(parsed, 1)).toFixed(1)} ms a board`,
  );
  return differences.length === 0 && differentCases === 0 && parsed > 0 ? 0 : 1;
}

process.exitCode = main();
