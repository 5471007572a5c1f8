/**
 * The front end against cpp and dtc on the kernel's boards, on the same machine in one run:
 *   npm run bench:front [-- --linux DIR] [--every N] [--edits N] [--json OUT]
 * Prints a table and writes it as JSON (dist/bench/front-end.json). Without cpp or dtc their columns stay empty.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { TreeBuilder } from '../src/devicetree/build';
import { writeFdt } from '../src/devicetree/fdt-writer';
import { type FileProvider, sourceFile } from '../src/source/file';
import { FileStore, toUri } from '../src/workspace/files';
import { treeAt } from '../src/workspace/trees';
import { corpusBoards } from '../test/truths/corpus/boards';
import { findLinuxSource } from '../test/truths/corpus/linux-source';
import { serverMemory } from './server-memory';

interface Row {
  readonly what: string;
  readonly ours: number;
  /** cpp and dtc, where they do the same. */
  readonly theirs: number | null;
  readonly unit: string;
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function share(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Runs `cpp | dtc` over boards as the kernel's build does: CPU of all, wall time of each, in ms. */
function references(root: string, boards: readonly string[]): { cpu: number; wall: number[] } | null {
  const script = `cd "$1" && shift && for b in "$@"; do a=$EPOCHREALTIME
cpp -nostdinc -I scripts/dtc/include-prefixes -undef -D__DTS__ -x assembler-with-cpp "$b" 2>/dev/null |
dtc -I dts -O dtb -b 0 -i "\${b%/*}" -i scripts/dtc/include-prefixes -o /dev/null 2>/dev/null
z=$EPOCHREALTIME; echo $(( \${z/./} - \${a/./} )); done; times`;
  const run = spawnSync('bash', ['-c', `command -v cpp dtc >/dev/null || exit 9; ${script}`, 'bash', root, ...boards], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.status === 9 || run.error !== undefined) return null;
  const lines = run.stdout.trim().split('\n');
  const children = lines.pop() ?? '';
  lines.pop();
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, m) => sum + Number(m[1]) * 60 + Number(m[2]),
    0,
  );
  return { cpu: seconds * 1000, wall: lines.map((line) => Number(line) / 1000) };
}

async function main(): Promise<number> {
  const source = findLinuxSource(option('--linux') ?? null);
  if (source.root === null) {
    console.log(`bench: SKIPPED, ${source.how}`);
    return 0;
  }
  const { root } = source;
  const every = Number(option('--every') ?? 16);
  const boards = corpusBoards()
    .map((board) => board.path)
    .filter((_, i) => i % every === 0);
  const { includeFolders } = treeAt(root);
  const rows: Row[] = [];
  const theirs = references(root, boards);

  // One process, everything shared: what a build of all boards costs. What they share goes with the function.
  const compileAll = (): void => {
    const files = new FileStore();
    const builder = new TreeBuilder();
    for (const path of boards) writeFdt(builder.build(toUri(join(root, path)), files, { includeFolders }).tree, 0);
  };
  let start = process.cpuUsage();
  compileAll();
  rows.push({
    what: `${boards.length} boards in one process, CPU`,
    ours: cpuSince(start),
    theirs: theirs?.cpu ?? null,
    unit: 'ms',
  });
  rows.push({
    what: 'resident memory after them, at most',
    ours: process.resourceUsage().maxRSS / 1024,
    theirs: null,
    unit: 'MiB',
  });

  // Nothing shared but the compiled program.
  const wall: number[] = [];
  start = process.cpuUsage();
  for (const path of boards) {
    const at = performance.now();
    writeFdt(new TreeBuilder().build(toUri(join(root, path)), new FileStore(), { includeFolders }).tree, 0);
    wall.push(performance.now() - at);
  }
  const mean = theirs === null ? null : theirs.cpu / boards.length;
  rows.push({ what: 'one board cold, mean CPU', ours: cpuSince(start) / boards.length, theirs: mean, unit: 'ms' });
  rows.push({
    what: 'one board cold, median wall',
    ours: share(wall, 0.5),
    theirs: theirs === null ? null : share(theirs.wall, 0.5),
    unit: 'ms',
  });
  rows.push({
    what: 'one board cold, p95 wall',
    ours: share(wall, 0.95),
    theirs: theirs === null ? null : share(theirs.wall, 0.95),
    unit: 'ms',
  });

  const board = 'arch/arm64/boot/dts/qcom/x1e80100-crd.dts';
  const uri = toUri(join(root, board));
  const files = new FileStore();
  const text = files.read(uri)?.text ?? '';
  const place = text.lastIndexOf('status = "okay"') + 12;
  const times: number[] = [];
  const editing = new TreeBuilder();
  const edits = Number(option('--edits') ?? 200);
  start = process.cpuUsage();
  for (let i = 0; i < edits + 20; i++) {
    const edited = sourceFile(uri, `${text.slice(0, place)}${String.fromCharCode(97 + (i % 26))}${text.slice(place)}`);
    const provider: FileProvider = {
      read: (asked) => (asked === uri ? edited : files.read(asked)),
      readBytes: (asked) => files.readBytes(asked),
    };
    const at = performance.now();
    editing.build(uri, provider, { includeFolders });
    if (i >= 20) times.push(performance.now() - at);
  }
  const own = theirs === null ? null : references(root, [board]);
  rows.push({
    what: 'x1e80100-crd: one character to the new tree, median',
    ours: share(times, 0.5),
    theirs: own?.wall[0] ?? null,
    unit: 'ms',
  });
  rows.push({
    what: 'x1e80100-crd: one character to the new tree, p95',
    ours: share(times, 0.95),
    theirs: null,
    unit: 'ms',
  });
  rows.push({
    what: 'x1e80100-crd: the same in CPU, mean',
    ours: cpuSince(start) / (edits + 20),
    theirs: null,
    unit: 'ms',
  });

  const process1 = performance.now();
  spawnSync(process.execPath, [resolve('dist/cli.js'), 'compile', '--sha256', join(root, board)], { encoding: 'utf8' });
  rows.push({
    what: 'x1e80100-crd: a fresh process (node and all), wall',
    ours: performance.now() - process1,
    theirs: own?.wall[0] ?? null,
    unit: 'ms',
  });

  const memory = await serverMemory([process.execPath, resolve('dist/cli.js'), 'lsp', '--stdio'], root, board);
  for (const [what, mebibytes] of Object.entries(memory ?? {}))
    rows.push({
      what: `x1e80100-crd: the language server's resident memory, ${what}`,
      ours: mebibytes,
      theirs: null,
      unit: 'MiB',
    });

  const number = (value: number | null): string =>
    (value === null ? '-' : value.toFixed(value < 100 ? 1 : 0)).padStart(9);
  console.log(`${''.padEnd(66)}${'ours'.padStart(9)}${'cpp|dtc'.padStart(10)}`);
  for (const row of rows) console.log(`${row.what.padEnd(66)}${number(row.ours)} ${number(row.theirs)} ${row.unit}`);
  const out = resolve(option('--json') ?? 'dist/bench/front-end.json');
  mkdirSync(dirname(out), { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
  writeFileSync(out, `${JSON.stringify({ schema: 1, machine, linux: source.how, rows }, null, 1)}\n`);
  return 0;
}

main().then((status) => {
  process.exitCode = status;
});
