/**
 * Mutation check: makes the mistakes people make in real boards and asks whether the right rule speaks.
 *   npm run test:mutants -- [--linux DIR] [--per-kind N] [--only KIND] [--json OUT]
 * Finds the Linux source tree as test:corpus does. The choice of places is fixed by a seed.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ruleContext } from '../../../src/language/rules/context';
import { type Diagnosis, diagnose } from '../../../src/language/rules/findings';
import type { BoardSnapshot } from '../../../src/workspace/board';
import { toUri } from '../../../src/workspace/files';
import { simulateBoard } from '../../../src/workspace/simulation';
import { Workspace } from '../../../src/workspace/workspace';
import { findLinuxSource } from '../corpus/linux-source';
import { BOARDS } from './boards';
import { kinds, type Mutation } from './kinds';

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** A small generator with a fixed seed: the same mutants every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<T>(items: readonly T[], count: number, next: () => number): T[] {
  const pool = [...items];
  const chosen: T[] = [];
  while (chosen.length < count && pool.length > 0) chosen.push(...pool.splice(Math.floor(next() * pool.length), 1));
  return chosen;
}

const key = (d: Diagnosis) => `${d.code} ${d.message}`;

function findings(snapshot: BoardSnapshot): Diagnosis[] {
  return diagnose(ruleContext(snapshot.tree, snapshot.view, snapshot.report), snapshot.problems, {});
}

function main(): number {
  const source = findLinuxSource(option('--linux') ?? null);
  if (source.root === null) {
    process.stdout.write(`mutants: SKIPPED, ${source.how}\n`);
    return process.env.CI ? 1 : 0;
  }
  const linux = resolve(source.root);
  const only = option('--only');
  const perKind = Number(option('--per-kind') ?? 3);
  const workspace = new Workspace(
    { folders: [linux], includePaths: [], defines: [], kernelTree: null },
    simulateBoard({ kernel: '', cmdline: '', config: '', scenario: null }),
  );
  const counts = new Map<string, { right: number; total: number }>();
  const missed: string[] = [];
  const next = random(20150115);
  for (const name of BOARDS) {
    const uri = toUri(join(linux, 'arch', name));
    const before = workspace.files.realUri(uri) === null ? null : workspace.snapshot(uri);
    if (before === null) continue;
    const known = new Set(findings(before).map(key));
    for (const kind of kinds) {
      if (only !== undefined && !kind.name.includes(only)) continue;
      if (kind.boot === true && before.report === null) continue;
      for (const mutation of pick(kind.mutations(before), perKind, next)) {
        const after = mutated(workspace, uri, mutation);
        const fresh = findings(after).filter((d) => !known.has(key(d)));
        const count = counts.get(kind.name) ?? { right: 0, total: 0 };
        counts.set(kind.name, count);
        count.total++;
        if (fresh.some((d) => kind.expect.includes(d.code))) count.right++;
        else
          missed.push(
            `${kind.name}: ${name}: ${mutation.uri.split('/').pop()} "${context(before, mutation)}" -> "${mutation.text.trim()}"; said: ${[...new Set(fresh.map((d) => d.code))].join(', ') || 'nothing'}`,
          );
        workspace.setClosed(mutation.uri);
      }
    }
    workspace.setClosed(uri);
  }
  let right = 0;
  let total = 0;
  for (const [name, count] of counts) {
    right += count.right;
    total += count.total;
    process.stdout.write(`${String(count.right).padStart(4)}/${String(count.total).padEnd(4)} ${name}\n`);
  }
  for (const line of missed) process.stdout.write(`missed ${line}\n`);
  const share = total === 0 ? 0 : (100 * right) / total;
  process.stdout.write(`${right} of ${total} mutants found (${share.toFixed(1)} %)\n`);
  const out = option('--json');
  if (out !== undefined)
    writeFileSync(
      out,
      JSON.stringify(
        { total, right, kinds: Object.fromEntries([...counts].map(([k, c]) => [k, [c.right, c.total]])), missed },
        null,
        1,
      ),
    );
  return share >= 98 ? 0 : 1;
}

function mutated(workspace: Workspace, board: string, mutation: Mutation): BoardSnapshot {
  const text = workspace.files.read(mutation.uri)?.text ?? '';
  workspace.setOpen(mutation.uri, text.slice(0, mutation.start) + mutation.text + text.slice(mutation.end));
  const snapshot = workspace.snapshot(board);
  if (snapshot === null) throw new Error(`${board} cannot be built`);
  return snapshot;
}

function context(snapshot: BoardSnapshot, { uri, start, end }: Mutation): string {
  const text = snapshot.file(uri)?.text ?? '';
  return text
    .slice(
      text.lastIndexOf('\n', start) + 1,
      Math.min(text.length, text.indexOf('\n', end) < 0 ? text.length : text.indexOf('\n', end)),
    )
    .trim();
}

process.exitCode = main();
