/**
 * npm run test:differential [-- --runs N] [--seed S] [--kind values|trees|macros] [--dtc FILE]
 * Random sources through the front end and through `cpp | dtc`: both must refuse a source, or give the same blob. A source that
 * they answer differently is printed with as many lines and characters taken away as it can lose.
 * Exit status 0 all the same, 1 differences, 2 without cpp or dtc.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTree } from '../../src/devicetree/build';
import { checkProblems } from '../../src/devicetree/checks/run';
import type { DtcRules } from '../../src/devicetree/dtc';
import { writeFdt } from '../../src/devicetree/fdt-writer';
import { type FileProvider, sourceFile } from '../../src/source/file';
import { rulesOfProgram } from '../helpers/dtc-program';
import { SPLICE_CASES, spliceSource } from '../truths/corpus/splice-cases';
import { minimised } from './minimise';
import { BESIDE, KINDS, Random, spliced } from './sources';

/** dtc's checks that stop it and that here are no problems of the build. */
const STOPPING = new Set(['node_name_chars', 'node_name_format', 'node_name_not_empty', 'property_name_chars']);
/** dtc before 1.7 refuses what it warns about since. */
const REFUSED_BEFORE_1_7 = 'dts/truncated';
/** A path that leads out of an overlay: dtc before 1.7 makes a fixup of it that nothing can apply. */
const PATH_FIXUP = /^phandle_references: .* by label only/;
const FOLDER = 'file:///differential';

function option(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

/** The program to compare with, and the folder in which it works. */
interface Reference {
  readonly dtc: string;
  readonly old: boolean;
  readonly rules: DtcRules;
  readonly folder: string;
}

type Answer = { readonly blob: Uint8Array } | { readonly refused: string };

function ours(source: string, { old, rules }: Reference): Answer {
  const files = new Map(
    Object.entries({ ...BESIDE, 'case.dts': source }).map(([name, text]) => [
      `${FOLDER}/${name}`,
      sourceFile(`${FOLDER}/${name}`, text),
    ]),
  );
  const provider: FileProvider = {
    read: (uri) => files.get(uri) ?? null,
    readBytes: (uri) => {
      const text = files.get(uri)?.text;
      return text === undefined ? null : Buffer.from(text, 'latin1');
    },
  };
  const { tree, problems } = buildTree(`${FOLDER}/case.dts`, provider, {
    includeFolders: [{ uri: FOLDER }],
    dtc: rules,
  });
  const all = [...problems, ...checkProblems(tree, { enabled: STOPPING })];
  const error = all.find(({ severity, code }) => severity === 'error' || (old && code === REFUSED_BEFORE_1_7));
  return error === undefined ? { blob: writeFdt(tree, 0) } : { refused: `${error.code}: ${error.message}` };
}

function theirs(source: string, { dtc, folder }: Reference): Answer {
  writeFileSync(join(folder, 'case.dts'), source);
  const options = { cwd: folder, maxBuffer: 1 << 26, timeout: 20_000 };
  const flags = ['-nostdinc', '-undef', '-D__DTS__', '-x', 'assembler-with-cpp', '-I', '.', 'case.dts'];
  const cpp = spawnSync('cpp', flags, options);
  if (cpp.status !== 0) return { refused: firstError(cpp.stderr.toString()) };
  const run = spawnSync(dtc, ['-I', 'dts', '-O', 'dtb', '-b', '0', '-i', '.', '-'], { ...options, input: cpp.stdout });
  return run.status === 0 ? { blob: run.stdout } : { refused: firstError(run.stderr.toString()) };
}

const firstError = (text: string): string => text.split('\n').find((line) => /error/i.test(line)) ?? text.trim();

/** What is different about a source, or null. */
function difference(source: string, reference: Reference): string | null {
  const here = ours(source, reference);
  if (reference.old && 'refused' in here && PATH_FIXUP.test(here.refused)) return null;
  const there = theirs(source, reference);
  if ('refused' in here) return 'refused' in there ? null : `refused here only: ${here.refused}`;
  if ('refused' in there) return `refused there only: ${there.refused}`;
  return Buffer.compare(here.blob, there.blob) === 0 ? null : 'the blobs differ';
}

/** Differences of one sort: while a source is made smaller, it must not turn into one of another. */
const sortOf = (found: string): string => /^[^:]*(?:: [\w/-]+)?/.exec(found)?.[0] ?? found;

function main(): number {
  const dtc = option('--dtc') ?? process.env.DTC ?? 'dtc';
  for (const program of ['cpp', dtc]) {
    if (spawnSync(program, ['--version']).status === 0) continue;
    console.error(`test:differential needs cpp and dtc: cannot run ${program}`);
    return 2;
  }
  const runs = Number(option('--runs') ?? 1000);
  const seed = Number(option('--seed') ?? 1);
  const only = option('--kind');
  const kinds = Object.entries(KINDS).filter(([name]) => only === null || name === only);
  const folder = mkdtempSync(join(tmpdir(), 'differential-'));
  const old = /\b1\.[0-6]\b/.test(spawnSync(dtc, ['--version'], { encoding: 'utf8' }).stdout);
  const reference: Reference = { dtc, old, rules: rulesOfProgram(dtc), folder };
  let [accepted, failures] = [0, 0];
  const compare = (name: string, source: string): void => {
    const found = difference(source, reference);
    if (found === null) {
      if (!('refused' in ours(source, reference))) accepted++;
      return;
    }
    failures++;
    const sort = sortOf(found);
    const differs = (part: string): boolean => sortOf(difference(part, reference) ?? '') === sort;
    const small = minimised(source, differs, 400);
    console.log(`${name}: ${difference(small, reference) ?? found}\n${small.replace(/^/gm, '    ')}\n`);
  };
  try {
    for (const [name, text] of Object.entries(BESIDE)) writeFileSync(join(folder, name), text, 'latin1');
    for (const [name, joined, whole] of SPLICE_CASES)
      for (const text of [joined, whole]) compare(`splice: ${name}`, spliceSource(text));
    for (let i = 0; i < runs && failures < 20; i++) {
      const [kind, make] = kinds[i % kinds.length] ?? [];
      if (kind === undefined || make === undefined) throw new Error(`no such kind: ${only}`);
      const random = new Random((seed * 1_000_003 + i) | 0);
      for (let n = 0; n < 4; n++) random.below(2);
      const source = make(random);
      compare(`${kind} ${i}`, random.once(3) ? spliced(random, source) : source);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const total = runs + 2 * SPLICE_CASES.length;
  console.log(`differential (seed ${seed}): ${total} sources, ${accepted} with equal blobs, ${failures} different`);
  return failures === 0 && accepted > 0 ? 0 : 1;
}

process.exitCode = main();
