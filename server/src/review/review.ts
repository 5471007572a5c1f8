/** Both sides of a patch: its boards built and booted before and after, and what is different. */
import { relative, sep } from 'node:path';
import { TreeBuilder } from '../devicetree/build';
import type { BoardSnapshot, Simulate } from '../workspace/board';
import type { Disk } from '../workspace/disk';
import { FileStore, SourcePool, toUri } from '../workspace/files';
import { Boots, scenarioBeside, simulateBoard } from '../workspace/simulation';
import { Workspace } from '../workspace/workspace';
import { changesOf } from './change';
import type { BoardChanges } from './fold';
import { type ChangedFile, Git, GitError, type Head, ObjectReader } from './git';
import { GitDisk } from './git-disk';
import { reached } from './reach';
import { type BoardState, stateOf } from './state';

/** What is compared. Plain data: a worker is told it. */
export interface ReviewPlan {
  readonly root: string;
  /** The full name of the earlier commit, and of its tree. */
  readonly base: string;
  readonly tree: string;
  readonly head: Head;
  readonly changed: readonly ChangedFile[];
  /** Kernel models; empty text: the one that the board's tree chooses. */
  readonly kernels: readonly string[];
  readonly cmdline: string;
  /** Absolute path of a .config, or empty. */
  readonly config: string;
}

/** A board's result. */
export interface BoardReview {
  readonly board: string;
  readonly changes: readonly BoardChanges[];
  /** Why it could not be compared; null when it was. */
  readonly failed: string | null;
}

interface Side {
  readonly disk: Disk;
  readonly workspace: Workspace;
  readonly simulate: readonly Simulate[];
}

/** Asks git what a patch is. Throws GitError when it cannot say. */
export function planReview(
  git: Git,
  base: string,
  head: Head,
  paths: readonly string[],
  settings: Pick<ReviewPlan, 'kernels' | 'cmdline' | 'config'>,
): ReviewPlan {
  const tree = git
    .run(['rev-parse', '--verify', '--quiet', `${base}^{tree}`])
    .toString('latin1')
    .trim();
  return { root: git.root, base, tree, head, changed: git.changed(base, head, paths), ...settings };
}

export class Review {
  private readonly reader: ObjectReader;
  private readonly before: Side;
  private readonly now: Side;
  private readonly problems: string[] = [];

  constructor(private readonly plan: ReviewPlan) {
    this.reader = new ObjectReader(plan.root);
    const pool = new SourcePool();
    const builder = new TreeBuilder();
    const boots = plan.kernels.map(() => new Boots());
    const side = (changed: readonly ChangedFile[]): Side => {
      const disk = new GitDisk(plan.root, this.reader, plan.tree, changed);
      const simulate = plan.kernels.map((kernel, i) =>
        simulateBoard({
          kernel,
          cmdline: plan.cmdline,
          config: plan.config,
          scenario: null,
          disk,
          ...(boots[i] && { boots: boots[i] }),
          onProblem: (message) => this.problems.push(message),
        }),
      );
      const options = { folders: [plan.root], includePaths: [], defines: [], kernelTree: null };
      const files = new FileStore(disk, pool);
      const [first = () => null] = simulate;
      return { disk, simulate, workspace: new Workspace(options, first, { disk, files, builder }) };
    };
    this.before = side([]);
    this.now = side(plan.changed);
  }

  /** The boards that the patch reaches, as paths from the top of the repository. */
  boards(): string[] {
    const { root, base, changed, config } = this.plan;
    const git = Git.at(root);
    const [before, now] = [this.before.disk, this.now.disk];
    return reached({ git, base, changed, before, now, config: config === '' ? null : config }).map((path) =>
      this.shown(path),
    );
  }

  private shown(path: string): string {
    const short = relative(this.plan.root, path);
    if (short === '' || short.startsWith('..')) return path;
    return sep === '/' ? short : short.split(sep).join('/');
  }

  /** Builds and boots a board on both sides. Throws nothing but a GitError when git is gone. */
  review(board: string): BoardReview {
    this.problems.length = 0;
    try {
      const path = `${this.plan.root}${sep}${board}`;
      const [a, b] = [this.before, this.now].map(({ disk, workspace }) =>
        disk.stat(path)?.folder === false ? workspace.snapshot(toUri(path)) : null,
      );
      if (a != null && b != null && this.sameInput(a, b)) return { board, changes: [], failed: null };
      const changes = this.plan.kernels.map((kernel, i) => {
        const state = (side: Side, snapshot: BoardSnapshot | null | undefined): BoardState | null =>
          snapshot == null ? null : stateOf(board, snapshot, side.simulate[i] as Simulate, (p) => this.shown(p));
        return { board, kernel, changes: changesOf(state(this.before, a), state(this.now, b)) };
      });
      if (this.reader.silent) throw new GitError('git cat-file does not answer');
      const failed = this.problems.length === 0 ? null : (this.problems[0]?.split('\n')[0] ?? '');
      return { board, changes: changes.filter((found) => found.changes.length > 0), failed };
    } catch (error) {
      if (error instanceof GitError) throw error;
      return { board, changes: [], failed: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Whether two states of a board were made of the same: an include may be reached by its name and not be read. */
  private sameInput(a: BoardSnapshot, b: BoardSnapshot): boolean {
    const [one, other] = [a.result.files, b.result.files];
    if (one.size !== other.size) return false;
    for (const [uri, file] of one) if (other.get(uri) !== file) return false;
    const beside = [a.board, ...(a.board.base === undefined ? [] : [a.board.base])].map((x) => scenarioBeside(x.path));
    const inputs = [...beside, ...(this.plan.config === '' ? [] : [this.plan.config])];
    return (
      a.board.base?.uri === b.board.base?.uri &&
      a.board.before?.join() === b.board.before?.join() &&
      JSON.stringify(a.board.tree) === JSON.stringify(b.board.tree) &&
      // what a scenario names is looked at by the boot itself
      inputs.every((path) => this.before.disk.stat(path) === null && this.now.disk.stat(path) === null)
    );
  }

  close(): void {
    this.reader.close();
  }
}
