/**
 * npm run test:edits [-- --edits N] [--seed S] [--boards N] [--linux DIR]
 *   with --way kept|scratch --show N: what one way says, in full of one edit
 * Random edits of real boards, one after the other in one workspace as an editor keeps it, against a workspace made for that one
 * text: trees, findings and simulated boots must be equal, to the byte. The two ways run in processes of their own, as much is kept
 * for all boards of a process (drivers chosen, tables, names), and what one way knows must not help the other.
 * Exit status 0 all the same, 1 differences, 2 without a Linux tree.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeFdt } from '../../src/devicetree/fdt-writer';
import { contextOf } from '../../src/language/board-context';
import { diagnose } from '../../src/language/rules';
import { defaultScenario } from '../../src/simulator/scenario';
import { simulate } from '../../src/simulator/simulate';
import { positionAt } from '../../src/source/file';
import { uriOfPath } from '../../src/source/uri';
import type { Simulate } from '../../src/workspace/board';
import { simulateBoard } from '../../src/workspace/simulation';
import { Workspace } from '../../src/workspace/workspace';
import { corpusBoards } from '../truths/corpus/boards';
import { findLinuxSource } from '../truths/corpus/linux-source';
import { mutate } from './mutate';
import { Random } from './sources';

function option(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

/** A session on one board goes on from where it is; every so often the person undoes it all. */
const SESSION = 12;

const ID = () => ['0x400', '0x7ff', '0x10', '0', '0xffff'];
/** Edits that leave a sound source, and a tree that says something else: most of what people type amounts to one of them. */
const SOUND: readonly ((text: string, random: Random) => string)[] = [
  // a number
  (text, random) => {
    const at = [...text.matchAll(/\b(?:0x[\da-f]+|\d+)\b(?=[ >])/gi)];
    const found = at[random.below(Math.max(1, at.length))];
    return found === undefined
      ? text
      : `${text.slice(0, found.index)}${random.pick(['0', '1', '2', '0x10', '0x800', '64'])}${text.slice(found.index + found[0].length)}`;
  },
  // a status, there or not
  (text, random) =>
    random.below(2) === 0
      ? text.replace(/status = "okay";/, random.pick(['status = "disabled";', '']))
      : text.replace(/status = "disabled";/, 'status = "okay";'),
  // a statement goes
  (text, random) => {
    const at = [...text.matchAll(/^\t+[\w,#-]+( = [^;{}]*)?;\n/gm)];
    const found = at[random.below(Math.max(1, at.length))];
    return found === undefined ? text : text.slice(0, found.index) + text.slice(found.index + found[0].length);
  },
  // a label that the board overrides gets another master, supply or state
  (text, random) => {
    const labels = [...text.matchAll(/^&([\w]+) \{/gm)].map((match) => match[1] ?? '');
    if (labels.length === 0) return text;
    const [a, b] = [random.pick(labels), random.pick(labels)];
    const what = random.pick([
      `iommus = <&${b} ${random.pick(ID())}>;`,
      `iommus = <&${b} ${random.pick(ID())} ${random.pick(ID())}>;`,
      `power-domains = <&${b}>;`,
      `clocks = <&${b} 0>;`,
      `foo-supply = <&${b}>;`,
      'dma-coherent;',
      `#iommu-cells = <${random.below(3)}>;`,
      'status = "disabled";',
      'status = "okay";',
      'compatible = "arm,mmu-500";',
      `/delete-property/ ${random.pick(['iommus', 'clocks', 'power-domains', 'reg', 'compatible'])};`,
    ]);
    return `${text}\n&${a} { ${what} };\n`;
  },
  // a node of its own
  (text, random) => {
    const unit = random.below(4);
    return `${text}\n/ { device@${unit} { compatible = "${random.pick(['arm,smmu-v3', 'virtio,mmio', 'nobody,drives', 'arm,pl330', 'simple-bus'])}"; reg = <${unit} 1>; }; };\n`;
  },
];

function edited(text: string, random: Random): string {
  // one in four is damage, as a half-typed line is
  if (random.below(4) === 0)
    return mutate(text, [{ at: random.below(1000) / 1000, kind: random.below(8), argument: random.below(1000) }]);
  return random.pick(SOUND)(text, random);
}

/** A boot with nothing kept of another: the scenario is another object each time. */
const scratchBoot: Simulate = (tree, board) =>
  simulate(tree, {
    board: board.name,
    path: board.path,
    treeRelease: board.tree.release,
    scenario: { ...defaultScenario },
  });

const SETTINGS = { folders: [], includePaths: [], defines: [], kernelTree: null };

/** One state of a session: a board seen with a file of it (itself, or an include) in the hands of an editor. */
interface Edit {
  readonly board: string;
  readonly file: string;
  readonly text: string;
}

/** The board itself, or one of the includes beside it. */
function fileOf(board: string, random: Random): string {
  const beside = [...readFileSync(board, 'utf8').matchAll(/^#include "([^"]+)"/gm)]
    .map((match) => join(dirname(board), match[1] ?? ''))
    .filter((path) => existsSync(path));
  return beside.length > 0 && random.once(3) ? random.pick(beside) : board;
}

function* sessions(root: string, edits: number, seed: number, count: number): Generator<readonly Edit[]> {
  const all = corpusBoards();
  const random = new Random(seed);
  const boards = Array.from({ length: count }, () => join(root, random.pick(all).path));
  for (let done = 0; done < edits; ) {
    const board = random.pick(boards);
    const file = fileOf(board, random);
    const original = readFileSync(file, 'utf8');
    let text = original;
    const session: Edit[] = [];
    for (let i = 0; i < SESSION && done < edits; i++, done++) {
      text = i % 5 === 4 && random.once(2) ? original : edited(text, random);
      session.push({ board, file, text });
    }
    yield session;
  }
}

/** Everything a board state says, each part by its hash, or in full where that is asked for. */
function said(workspace: Workspace, { board, file, text }: Edit, whole: boolean): string {
  workspace.setOpen(uriOfPath(file), text);
  const snapshot = workspace.snapshot(uriOfPath(board));
  if (snapshot === null) return 'no snapshot';
  const findings = diagnose(contextOf(snapshot), snapshot.problems, {}, snapshot.unknown).map(
    ({ code, severity, message, span }) => [
      code,
      severity,
      message,
      span === null ? null : [span.file.uri, positionAt(span.file, span.start), positionAt(span.file, span.end)],
    ],
  );
  if (whole) return [text, ...findings.map((f) => JSON.stringify(f)), JSON.stringify(snapshot.report)].join('\n');
  const hash = (bytes: string | Uint8Array) => createHash('sha1').update(bytes).digest('hex').slice(0, 16);
  return `tree ${hash(writeFdt(snapshot.tree))} findings ${hash(JSON.stringify(findings))} boot ${hash(JSON.stringify(snapshot.report))}`;
}

/** One way over all edits: a line each. */
function walk(way: string, root: string, edits: number, seed: number, boards: number): void {
  const kept = new Workspace(SETTINGS, simulateBoard({ kernel: '', cmdline: '', config: '', scenario: null }));
  const shown = Number(option('--show') ?? 0);
  let number = 0;
  for (const session of sessions(root, edits, seed, boards)) {
    for (const edit of session) {
      number++;
      const workspace = way === 'kept' ? kept : new Workspace(SETTINGS, scratchBoot);
      process.stdout.write(`${edit.file} on ${basename(edit.board)}: ${said(workspace, edit, number === shown)}\n`);
    }
    const [first] = session;
    if (first !== undefined) kept.setClosed(uriOfPath(first.file));
  }
}

async function* lines(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout === null) return;
  yield* createInterface({ input: child.stdout });
}

async function main(): Promise<number> {
  const source = findLinuxSource(option('--linux'));
  if (source.root === null) {
    process.stderr.write(`test:edits: ${source.how}\n`);
    return 2;
  }
  const edits = Number(option('--edits') ?? 20_000);
  const seed = Number(option('--seed') ?? 1);
  const boards = Number(option('--boards') ?? 60);
  const way = option('--way');
  if (way !== null) {
    walk(way, source.root, edits, seed, boards);
    return 0;
  }
  const [kept, scratch] = ['kept', 'scratch'].map((name) =>
    spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--way', name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  ) as [ChildProcess, ChildProcess];
  const theirs = lines(scratch);
  let done = 0;
  let different = 0;
  for await (const ours of lines(kept)) {
    done++;
    const other = (await theirs.next()).value as string | undefined;
    if (ours !== other && ++different <= 20) process.stdout.write(`edit ${done}: ${ours}\n  from scratch: ${other}\n`);
    if (done % 1000 === 0 && process.stderr.isTTY) process.stderr.write(`${done} of ${edits}\r`);
  }
  const complete = done === edits && (await theirs.next()).done === true;
  process.stdout.write(
    `${done} of ${edits} edits of ${boards} boards (seed ${seed}): ${different} different${complete ? '' : '; a process ended early'}\n`,
  );
  return different === 0 && complete ? 0 : 1;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
