/** `smmu-scope review`: what a patch changes in the behaviour of the boards that it reaches. */
import { existsSync, realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { githubAnnotations, gitlabQuality, newFindings } from '../../review/formats/annotations';
import { reviewMarkdown, reviewText } from '../../review/formats/text';
import { type Commit, Git, GitError, type Head } from '../../review/git';
import { overlayOn } from '../../review/overlay-name';
import { FAIL_ON, failsOn, originOf, type ReviewReport, reportOf } from '../../review/report';
import { type BoardReview, planReview, Review } from '../../review/review';
import { CONFIG_DELIMITER } from '../../workspace/configs';
import { whyUnreadable } from '../../workspace/regular-file';
import { kernelOptions } from '../kernel-options';
import { type ParsedArguments, parseArguments, UsageError } from '../options';
import { output } from '../output';
import { sarif } from '../sarif';
import { ENGINE } from './engine-path';
import { runFleet } from './run';
import { shardName, shardOf } from './shard';
import type { WorkerData } from './worker';

/** Each format of a review. */
const FORMATS: Readonly<Record<string, (report: ReviewReport) => string>> = {
  text: (report) => reviewText(report),
  json: (report) => `${JSON.stringify(report, null, 1)}\n`,
  markdown: reviewMarkdown,
  sarif: (report) =>
    `${JSON.stringify(
      sarif(
        newFindings(report).map(({ finding }) => finding),
        originOf(report),
      ),
      null,
      1,
    )}\n`,
  github: githubAnnotations,
  gitlab: (report) => `${JSON.stringify(gitlabQuality(report), null, 1)}\n`,
};

/** A review's text in a format that a person named. Throws a UsageError for others. */
export function formatted(report: ReviewReport, format: string): string {
  if (!Object.hasOwn(FORMATS, format))
    throw new UsageError(`unknown format ${format}: one of ${Object.keys(FORMATS).join(', ')}`);
  return (FORMATS[format] as (typeof FORMATS)[string])(report);
}

const RANGE = /^(.*?)(\.{2,3})(.*)$/;

/** The commits that the first argument likely names, in a folder. */
function commitsIn(folder: string, text: string | undefined): string[] {
  if (text === undefined || existsSync(resolve(folder, text))) return ['HEAD'];
  const [, from, , to] = RANGE.exec(text) ?? [];
  return from === undefined ? [text] : [from || 'HEAD', to || 'HEAD'];
}

/** What the first argument names, if it names commits: BASE, BASE..HEAD, BASE...HEAD (from where they parted). */
function rangeOf(git: Git, text: string | undefined): { base: Commit; head: Head; names: [string, string] } | null {
  if (text === undefined) return null;
  const [, from, dots, to] = RANGE.exec(text) ?? [];
  if (dots === undefined) {
    const base = git.commit(text);
    return base === null ? null : { base, head: { kind: 'worktree' }, names: [text, 'working tree'] };
  }
  const [a, b] = [git.commit(from || 'HEAD'), git.commit(to || 'HEAD')];
  if (a === null || b === null) return null;
  const forked = dots === '...' ? git.mergeBase(a.oid, b.oid) : null;
  const base = dots === '...' ? (forked === null ? null : git.commit(forked)) : a;
  if (base === null) throw new UsageError(`${text}: these have no commit in common`);
  // where they parted is neither of the two
  const name = base.oid === a.oid ? from || 'HEAD' : base.oid.slice(0, 12);
  return { base, head: { kind: 'commit', oid: b.oid }, names: [name, to || 'HEAD'] };
}

/** Git's pathspecs count from where it runs: the top. `path` is as it was typed, in the folder that was asked from. */
function pathsOf(git: Git, folder: string, paths: readonly string[]): string[] {
  return paths.map((path) => {
    const given = resolve(folder, path);
    // the top's own name has its links resolved; a path that is gone keeps its name below the folder
    const from = realpathSync.native(existsSync(given) ? given : folder);
    const at = existsSync(given) ? from : join(from, relative(folder, given));
    if (at !== git.root && !at.startsWith(`${git.root}/`)) throw new UsageError(`${path} lies outside ${git.root}`);
    return at === git.root ? '.' : at.slice(git.root.length + 1);
  });
}

/** A usage error, as of git, for what is both a commit and a path: BASE, and the argument behind it that may mean a second commit. */
function refuseAmbiguous(git: Git, folder: string, ...names: readonly (string | undefined)[]): void {
  for (const name of names) {
    if (name === undefined || !existsSync(resolve(folder, name)) || rangeOf(git, name) === null) continue;
    throw new UsageError(
      `${name} is both a commit and a file or folder: '${name} --' means the commit, '-- ${name}' the path`,
    );
  }
}

/** A usage error for what stands before -- and is no commit. `first`: whether the first one is. */
function refuseNoCommits(git: Git, names: readonly string[], first: boolean): void {
  const [base, other] = names;
  if (base !== undefined && !first)
    throw new UsageError(
      RANGE.test(base) ? `${base} names no two commits` : `${base} is no commit: paths stand behind --`,
    );
  if (other === undefined) return;
  throw new UsageError(
    git.commit(other) === null
      ? `${other} is no commit: paths stand behind --`
      : `${other} is a commit: two are compared as ${base}..${other}`,
  );
}

/** Asks for the plan of a review: both sides and what differs. */
function planOf(options: ParsedArguments, folder: string) {
  const { kernels, cmdline } = kernelOptions(options, true);
  const { files, dashes } = options;
  // what stands behind -- are paths
  const [first, ...rest] = dashes === 0 ? [] : files;
  const git = Git.at(folder, commitsIn(folder, first));
  const range = rangeOf(git, first);
  if (dashes === null) refuseAmbiguous(git, folder, first, range?.head.kind === 'worktree' ? rest[0] : undefined);
  else refuseNoCommits(git, files.slice(0, dashes), range !== null);
  const paths = pathsOf(git, folder, range === null ? options.files : rest);
  if (range === null && first !== undefined && /\.\./.test(first) && !first.includes('/'))
    throw new UsageError(`${first} names no two commits`);
  const staged = options.flag('--staged');
  const base = range?.base ?? git.commit('HEAD');
  if (base === null) throw new UsageError('this repository has no commit yet');
  if (staged && range !== null && range.head.kind === 'commit')
    throw new UsageError('--staged takes the index as the later side: name one commit');
  const head: Head = staged ? { kind: 'index' } : (range?.head ?? { kind: 'worktree' });
  const names = range?.names ?? ['HEAD', 'working tree'];
  const plan = planReview(git, base, head, paths, {
    kernels: kernels.length === 0 ? [''] : kernels,
    cmdline: cmdline ?? '',
    config: options
      .all('--config')
      .map((path) => resolve(path))
      .join(CONFIG_DELIMITER),
  });
  // a slip in a name of a branch must not be a path that nothing differs below
  paths.forEach((path, i) => {
    const known =
      existsSync(join(git.root, path)) ||
      plan.changed.some((file) => file.path === path || file.path.startsWith(`${path}/`)) ||
      git.files(base.oid, [path]).length > 0;
    const name = (range === null ? options.files : rest)[i] ?? path;
    if (known) return;
    if (range !== null && range.head.kind === 'worktree' && git.commit(name) !== null)
      throw new UsageError(`${name} is a commit: two are compared as ${first}..${name}`);
    throw new UsageError(`${name} is neither a commit nor a file or folder`);
  });
  return { plan, names: { base: names[0] as string, head: staged ? 'index' : (names[1] as string) } };
}

/** Runs the sub-command: 0 no new errors (or what --fail-on says), 1 such, 2 what cannot be read or is broken, 130 interrupted. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, {
    values: ['--kernel', '--cmdline', '--config', '--format', '--fail-on', '--jobs', '--shard', '-o', '-C'],
    bare: true,
    flags: ['--staged', '--progress', '--list', '--all'],
  });
  const format = options.value('--format') ?? 'text';
  if (!Object.hasOwn(FORMATS, format)) formatted({} as ReviewReport, format);
  const failOn = FAIL_ON.find((what) => what === (options.value('--fail-on') ?? 'error'));
  if (failOn === undefined) throw new UsageError(`--fail-on is ${FAIL_ON.join(', ')}`);
  try {
    const { plan, names } = planOf(options, resolve(options.value('-C') ?? '.'));
    for (const path of plan.submodules)
      process.stderr.write(`smmu-scope: ${path} is a submodule that differs: what changes in it is not compared\n`);
    const review = new Review(plan);
    // told once and here: every board would be compared with another configuration
    const [unread] = review.unreadable();
    if (unread !== undefined) throw new UsageError(`cannot read ${unread}${whyUnreadable(unread)}`);
    const shard = options.value('--shard');
    const all = review.boards((message) => process.stderr.write(`smmu-scope: ${message}\n`));
    const boards = shardOf(all, shard);
    if (options.flag('--list')) {
      const paths = new Set(boards.map((board) => overlayOn(board).path));
      output(options.value('-o'), [...paths].map((path) => `${path}\n`).join(''));
      return 0;
    }
    const found: BoardReview[] = [];
    const { done, interrupted } = await runFleet<BoardReview>({
      tasks: boards,
      jobs: options.value('--jobs'),
      progress: options.flag('--progress'),
      program: ENGINE,
      data: { smmuScope: 'review', plan } satisfies WorkerData,
      here: () => {
        review.expect(boards);
        return (board) => review.review(board);
      },
      onResult: (board, outcome) =>
        found.push(
          'result' in outcome ? outcome.result : { board, changes: [], booted: [], failed: outcome.failed, broken: [] },
        ),
    });
    review.close();
    const sides = {
      ...names,
      baseCommit: plan.base,
      ...(plan.head.kind === 'commit' ? { headCommit: plan.head.oid } : {}),
      ...(shard === undefined ? {} : { shard: shardName(shard), reachedInAll: all.length }),
      changed: plan.changed.length,
    };
    const report = reportOf(sides, found, boards.length - done);
    output(
      options.value('-o'),
      format === 'text' ? reviewText(report, options.flag('--all')) : formatted(report, format),
    );
    // the text has them
    if (format !== 'text')
      for (const { file, line, column, severity, message } of report.broken ?? [])
        process.stderr.write(`${file}:${line}:${column}: ${severity}: ${message}\n`);
    if (interrupted) return 130;
    if (report.failed.length > 0 || report.broken !== undefined || plan.submodules.length > 0) return 2;
    return failsOn(report, failOn) ? 1 : 0;
  } catch (error) {
    if (error instanceof GitError) throw new UsageError(error.message);
    throw error;
  }
}
