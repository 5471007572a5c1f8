/**
 * npm run test:review [-- --patches N] [--seed S] [--linux DIR] [--most BOARDS] [--only KIND] [--reports DIR]
 * Patches of the kinds of mistake that people make, over Linux 6.12 in a repository of its own: `review` of each must not throw, must
 * reach the boards that gcc, dtc and make say depend on what was changed, must tell of the findings in which two checks differ, must
 * say nothing of boards whose blobs and findings are the same, and must say the opposite of the patch taken back. `--reports` keeps
 * each patch with its reports. Exit status 0 all the same, 1 inequalities, 2 without a Linux tree.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reviewText } from '../../../src/review/formats/text';
import type { ReviewReport } from '../../../src/review/report';
import { findLinuxSource } from '../corpus/linux-source';
import { boardsOf, type Dependencies, dependenciesOf, Pairs } from './dependencies';
import {
  type Changed,
  equalityProblems,
  type Facts,
  type Finding,
  findingProblems,
  mirrorProblems,
  mustReach,
  reachProblems,
  statusProblems,
  type Tree,
} from './judge';
import { type Patch, patches } from './patches';
import { PLACES, Repository } from './repository';

const cli = resolve('dist/cli.js');
/** Lines of a screen: what is told of one property of an include must fit on it. */
const SCREEN = 50;

function option(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

class Programs {
  constructor(private readonly repository: Repository) {}

  run(folder: string, args: readonly string[]): Run {
    const { caches } = this.repository;
    const env = { ...process.env, XDG_CACHE_HOME: caches, SMMU_SCOPE_CACHE: '' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env,
    });
    return { status, out: stdout, error: stderr };
  }

  /** Adds what `check` and `compile` say of boards. */
  look(folder: string, boards: readonly string[], facts: MutableFacts): void {
    const there = boards.filter((board) => existsSync(join(folder, board)));
    const wanted = there.filter((board) => !facts.findings.has(board));
    if (wanted.length > 0) {
      for (const board of wanted) facts.findings.set(board, []);
      const { findings } = JSON.parse(this.run(folder, ['check', '--format', 'json', ...wanted]).out) as {
        findings: readonly Finding[];
      };
      for (const finding of findings) facts.findings.get(finding.board)?.push(finding);
      this.hash(folder, wanted, [], facts.plain);
    }
    // labels matter where overlays are put on boards
    const labelled = there.filter((board) => !facts.symbols.has(board));
    if (labelled.length > 0 && boards.some((board) => board.endsWith('.dtso')))
      this.hash(folder, labelled, ['-@'], facts.symbols);
  }

  private hash(folder: string, boards: readonly string[], more: readonly string[], into: Map<string, string>): void {
    for (const line of this.run(folder, ['compile', '--sha256', ...more, ...boards]).out.split('\n')) {
      const [hash, name] = line.split('  ');
      if (hash !== undefined && name !== undefined) into.set(name, hash);
    }
  }
}

interface MutableFacts extends Facts {
  readonly findings: Map<string, Finding[]>;
  readonly plain: Map<string, string>;
  readonly symbols: Map<string, string>;
}

const noFacts = (): MutableFacts => ({ findings: new Map(), plain: new Map(), symbols: new Map() });

/** The report that a run printed; the problems of one that printed none. */
function reportIn({ status, out, error }: Run, what: string): { report: ReviewReport | null; problems: string[] } {
  const problems: string[] = [];
  if (/^ {4}at /m.test(error) || /Error:/.test(error))
    problems.push(`throw: ${what}: ${error.split('\n', 3).join(' ')}`);
  try {
    const report = JSON.parse(out) as ReviewReport;
    return { report, problems: [...problems, ...statusProblems(status, report, what)] };
  } catch {
    return {
      report: null,
      problems: [
        ...problems,
        `throw: ${what} ends with ${status} and prints ${JSON.stringify(out.slice(0, 80))}: ${error.slice(0, 300)}`,
      ],
    };
  }
}

interface Verdict {
  readonly problems: readonly string[];
  readonly reached: number;
  readonly different: number;
  readonly equal: number;
  readonly lines: number;
}

class Judgement {
  private readonly programs: Programs;
  private readonly before: MutableFacts = noFacts();
  private readonly tree: Tree;

  constructor(
    private readonly repository: Repository,
    dependencies: Dependencies,
    pairs: Pairs,
    private readonly reports: string | null,
  ) {
    this.programs = new Programs(repository);
    this.tree = { dependencies, pairs, there: new Set(boardsOf(repository.before)) };
  }

  async of(patch: Patch, number: number): Promise<Verdict> {
    const { repository, programs } = this;
    const place = PLACES[number % PLACES.length] ?? 'commit';
    try {
      const asked = ['review', ...repository.apply(patch.files, place)];
      const run = programs.run(repository.now, [...asked, '--format', 'json']);
      const listed = new Set(
        programs
          .run(repository.now, [...asked, '--list'])
          .out.split('\n')
          .filter((line) => line !== ''),
      );
      const commit = repository.commit();
      const { report, problems } = reportIn(run, `review of the ${place}`);
      const text = report === null ? '' : reviewText(report);
      this.keep(number, patch, commit, run, text);
      if (report === null) return { problems, reached: 0, different: 0, equal: 0, lines: 0 };
      const changed: Changed = { files: new Set(repository.changed(commit)), moved: patch.moved ?? null };
      const there = new Set(boardsOf(repository.now));
      const old = mustReach([this.tree, this.tree], changed);
      const candidates = [...new Set([...old, ...listed])].filter((board) => there.has(board));
      const now: Tree = {
        dependencies: await dependenciesOf(repository.now, candidates),
        pairs: new Pairs(repository.now),
        there,
      };
      const trees = [this.tree, now] as const;
      const boards = [...listed];
      const after = noFacts();
      programs.look(repository.now, boards, after);
      programs.look(repository.before, [...boards, ...(patch.moved ?? [])], this.before);
      const facts = [this.before, after] as const;
      const alone = boards.filter((board) => !byOverlay(board, trees));
      const equality = equalityProblems(alone, report, changed, trees, facts);
      const back = reportIn(
        programs.run(repository.now, ['review', `${commit}..${repository.base}`, '--format', 'json']),
        'review back',
      );
      const lines = text.split('\n').length - 1;
      return {
        problems: [
          ...problems,
          ...reachProblems(trees, changed, listed, report),
          ...findingProblems(alone, report, changed, facts, patch.renames === true),
          ...equality.problems,
          ...back.problems,
          ...(back.report === null ? [] : mirrorProblems(report, back.report, changed)),
          ...(patch.equal === true && report.different > 0 ? [`equal: ${report.different} are told of`] : []),
          ...(patch.oneProperty === true && lines > SCREEN ? [`screen: ${lines} lines`] : []),
        ],
        reached: report.reached,
        different: report.different,
        equal: equality.equal,
        lines,
      };
    } finally {
      repository.undo();
    }
  }

  private keep(number: number, patch: Patch, commit: string, run: Run, text: string): void {
    if (this.reports === null) return;
    const name = join(this.reports, String(number).padStart(3, '0'));
    writeFileSync(`${name}.patch`, `${patch.kind}\n\n${this.repository.patchText(commit)}`);
    writeFileSync(`${name}.txt`, text);
    writeFileSync(`${name}.json`, run.out);
  }
}

/** Whether an overlay is looked at on several boards, or on another than before: `check` knows one. */
function byOverlay(path: string, trees: readonly [Tree, Tree]): boolean {
  const [was, is] = trees.map(({ pairs, there }) =>
    there.has(path) ? pairs.of(path).map(({ board }) => board) : null,
  );
  return [was, is].some((bases) => (bases?.length ?? 0) > 1) || (was != null && is != null && was.join() !== is.join());
}

async function main(): Promise<number> {
  const source = findLinuxSource(option('--linux'));
  if (source.root === null) {
    process.stdout.write(`review: SKIPPED, ${source.how}\n`);
    return process.env.CI ? 1 : 2;
  }
  const count = Number(option('--patches') ?? 8);
  const seed = Number(option('--seed') ?? 1);
  const only = option('--only');
  const reports = option('--reports');
  if (reports !== null) mkdirSync(reports, { recursive: true });
  const repository = new Repository(resolve(source.root));
  try {
    const dependencies = await dependenciesOf(repository.before, boardsOf(repository.before));
    const reach = new Map<string, number>();
    for (const files of dependencies.values()) for (const file of files) reach.set(file, (reach.get(file) ?? 0) + 1);
    const pairs = new Pairs(repository.before);
    const judgement = new Judgement(repository, dependencies, pairs, reports);
    const ground = { repository, dependencies, reach, most: Number(option('--most') ?? 16), pairs };
    const tally = { made: 0, reached: 0, different: 0, equal: 0, longest: 0 };
    const problems = new Map<string, number>();
    let number = 0;
    for (const patch of patches(ground, count, seed)) {
      number++;
      if (only !== null && !patch.kind.includes(only) && only !== String(number)) continue;
      const found = await judgement.of(patch, number);
      tally.made++;
      tally.reached += found.reached;
      tally.different += found.different;
      tally.equal += found.equal;
      if (patch.oneProperty) tally.longest = Math.max(tally.longest, found.lines);
      const files = [...patch.files.keys()].join(', ');
      const title = `${number} ${patch.kind}: ${files}: ${found.reached} reached, ${found.different} different, ${found.lines} lines`;
      if (found.problems.length > 0 || reports !== null) process.stdout.write(`${title}\n`);
      for (const problem of found.problems) {
        const sort = /^\w+/.exec(problem)?.[0] ?? '';
        problems.set(sort, (problems.get(sort) ?? 0) + 1);
        process.stdout.write(`  ${problem}\n`);
      }
    }
    const wrong = [...problems].map(([sort, times]) => `${times} ${sort}`).join(', ') || 'nothing wrong';
    process.stdout.write(
      `${tally.made} patches (seed ${seed}) over ${dependencies.size} boards: ${tally.reached} reached, ${tally.different} told of, ${tally.equal} with the same blob and findings; one property: at most ${tally.longest} lines; ${wrong}\n`,
    );
    return tally.made > 0 && problems.size === 0 ? 0 : 1;
  } finally {
    repository.remove();
  }
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
