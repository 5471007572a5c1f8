/** Both sides of a patch: its boards built and booted before and after, and what is different. */
import { basename, dirname, join, posix, relative, sep } from 'node:path';
import { TreeBuilder } from '../devicetree/build';
import { ruleCodes } from '../language/rules';
import type { BoardSnapshot, Simulate } from '../workspace/board';
import { configFiles } from '../workspace/configs';
import { type Disk, textOf } from '../workspace/disk';
import { FileStore, SourcePool, toUri } from '../workspace/files';
import { builtOn } from '../workspace/overlays';
import { Projects } from '../workspace/project';
import { realDisk } from '../workspace/real-disk';
import { Boots, scenarioBeside, simulateBoard } from '../workspace/simulation';
import type { InputProblem } from '../workspace/simulation-input';
import { ARCHES } from '../workspace/trees/kernel-includes';
import { Workspace } from '../workspace/workspace';
import { changesOf } from './change';
import { type CheckFinding, inputFinding } from './finding';
import type { BoardChanges } from './fold';
import { type ChangedFile, type Commit, Git, GitError, type Head, ObjectReader } from './git';
import { GitDisk } from './git-disk';
import { overlayName, overlayOn } from './overlay-name';
import { type Reached, reached } from './reach';
import { type BoardState, stateOf } from './state';

/** What is compared. Plain data: a worker is told it. */
export interface ReviewPlan {
  readonly root: string;
  /** The full name of the earlier commit, and of its tree. */
  readonly base: string;
  readonly tree: string;
  readonly head: Head;
  readonly changed: readonly ChangedFile[];
  /** Boards and overlays that lie elsewhere now, with where they lay. */
  readonly renamed: readonly (readonly [now: string, before: string])[];
  /** Submodules that differ: what changes in them is not compared. */
  readonly submodules: readonly string[];
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
  /** The kernels that booted it, and who chose them; empty: nothing was booted, as nothing differs. */
  readonly booted: readonly string[];
  /** Why it could not be compared; null when it was. */
  readonly failed: string | null;
  /** What is broken on the later side besides its sources, so that it does not count: a scenario, a project file. */
  readonly broken: readonly CheckFinding[];
}

interface Side {
  readonly disk: Disk;
  readonly workspace: Workspace;
  readonly simulate: readonly Simulate[];
  readonly projects: Projects;
  /** What is wrong in scenarios, .configs and project files, by path. */
  readonly wrong: ReadonlyMap<string, readonly InputProblem[]>;
}

/** Asks git what a patch is. Throws GitError when it cannot say. */
export function planReview(
  git: Git,
  base: Commit,
  head: Head,
  paths: readonly string[],
  settings: Pick<ReviewPlan, 'kernels' | 'cmdline' | 'config'>,
): ReviewPlan {
  const { files: changed, submodules } = git.changed(base.oid, head, paths);
  const renamed = git.renamed(base.oid, head, changed);
  return { root: git.root, base: base.oid, tree: base.tree, head, changed, renamed, submodules, ...settings };
}

/** What is looked for in a kernel's tree whatever the board: its release, its dtc, the folders of its include prefixes. */
const TREE_FILES = [
  'Makefile',
  ...['checks.c', 'livetree.c', 'version_gen.h'].map((name) => `scripts/dtc/${name}`),
  ...ARCHES.map((arch) => `arch/${arch}/boot/dts/include`),
  // a link in include/dt-bindings leads there
  'include/uapi/linux/input-event-codes.h',
];
/** More files than this are read as they are asked for. */
const MAX_AHEAD = 2000;

export class Review {
  private readonly reader: ObjectReader;
  private readonly before: Side;
  private readonly now: Side;
  private readonly problems: string[] = [];
  private found: Reached | null = null;
  private readonly changedFiles: ReadonlySet<string>;
  private readonly lines = new Map<string, SameLines>();
  /** Boards that have another name: by that of now, and by that of before. */
  private readonly nameBefore: ReadonlyMap<string, string>;
  private readonly nameNow: ReadonlyMap<string, string>;

  constructor(private readonly plan: ReviewPlan) {
    this.reader = new ObjectReader(plan.root);
    this.changedFiles = new Set(plan.changed.map(({ path }) => path));
    this.nameBefore = new Map(plan.renamed);
    this.nameNow = new Map(plan.renamed.map(([now, before]) => [before, now]));
    const pool = new SourcePool();
    const builder = new TreeBuilder();
    // the later side asks for the boot of the same board before
    const boots = plan.kernels.map(() => new Boots(1));
    const side = (changed: readonly ChangedFile[]): Side => {
      const disk = besideGit(new GitDisk(plan.root, this.reader, plan.tree, changed), configFiles(plan.config));
      const wrong = new Map<string, readonly InputProblem[]>();
      const onInput = (path: string, problems: readonly InputProblem[]) => void wrong.set(path, problems);
      const projects = new Projects(() => [plan.root], onInput, disk, ruleCodes);
      const simulate = plan.kernels.map((kernel, i) =>
        simulateBoard({
          kernel,
          cmdline: plan.cmdline,
          config: plan.config,
          scenario: null,
          disk,
          ...(boots[i] && { boots: boots[i] }),
          project: (board) => projects.of(board),
          onInput,
          onProblem: (message) => this.problems.push(message),
        }),
      );
      const options = { folders: [plan.root], includePaths: [], defines: [], kernelTree: null, projects };
      const files = new FileStore(disk, pool);
      const [first = () => null] = simulate;
      return { disk, simulate, projects, wrong, workspace: new Workspace(options, first, { disk, files, builder }) };
    };
    this.before = side([]);
    this.now = side(plan.changed);
  }

  /**
   * The boards that the patch reaches, as paths from the top of the repository; an overlay that goes on several boards, or on others
   * than before, is one on each (`x.dtso on y.dts`). `tell` hears of what cannot be kept for the next.
   */
  boards(tell: (message: string) => void): string[] {
    const { root, base, changed, config } = this.plan;
    const git = Git.below(root);
    const [before, now] = [this.before.disk, this.now.disk];
    this.readAhead(
      changed.map(({ path }) => path),
      TREE_FILES,
    );
    const found = reached({ git, base, changed, before, now, config: config === '' ? null : config, tell });
    this.found = found;
    return found.boards.flatMap((path) => {
      // told of under its name of now
      if (this.nameNow.has(this.shown(path))) return [];
      const sides = [this.before, this.now].filter(({ disk }) => disk.stat(path)?.folder === false);
      const bases = sides.map(({ disk }) =>
        (/\.dtso?$/.test(path) ? builtOn(path, disk) : []).map(({ board }) => board),
      );
      const all = [...new Set(bases.flat())].sort();
      const one = all.length === 0 || (all.length === 1 && bases.every((of) => of.length === 1));
      return one ? this.shown(path) : all.map((base) => overlayName(this.shown(path), basename(base)));
    });
  }

  /** The .configs of the plan that the later side does not have: nothing can be booted as it was asked for. */
  unreadable(): string[] {
    return configFiles(this.plan.config).filter((path) => this.now.disk.bytes(path) === null);
  }

  /** Says which of the boards will be reviewed here, when these are few: what they read is read in one go. */
  expect(boards: readonly string[]): void {
    const paths = boards.flatMap((name) => {
      const { path, board } = overlayOn(name);
      const at = this.absolute(path);
      return board === null ? [at] : [at, join(dirname(at), board)];
    });
    if (this.found !== null) this.readAhead([...this.found.filesOf(paths)], []);
  }

  /** Files and the folders that they lie in, and further files. */
  private readAhead(paths: readonly string[], more: readonly string[]): void {
    const { tree, changed } = this.plan;
    const names = new Set<string>([`${tree}:`]);
    const ofChange = new Map(changed.map(({ path, now }) => [path, now?.oid ?? null]));
    if (paths.length > MAX_AHEAD) return;
    const slashed = paths.map((path) => (sep === '/' ? path : path.split(sep).join('/')));
    const folders = new Set(slashed.map((path) => posix.dirname(path)));
    const beside = [...folders].flatMap((folder) =>
      ['Makefile', '../Makefile', 'include'].map((name) => posix.join(folder, name)),
    );
    const kernels = slashed.flatMap((path) => /^arch\/[^/]+\//.exec(path)?.[0] ?? []).map((arch) => `${arch}include`);
    for (const path of [...slashed, ...beside, ...kernels, ...more]) {
      names.add(`${tree}:${path}`);
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
        names.add(`${tree}:${path.slice(0, at)}`);
      const oid = ofChange.get(path);
      if (oid != null) names.add(oid);
    }
    this.reader.prefetch(names);
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
      const [a, b] = [this.before, this.now].map((side) => this.snapshotOf(board, side));
      const broken = b == null ? [] : this.brokenOf(board, b);
      // what counts and cannot be read is told, although it could not be read before either
      if (a != null && b != null && this.problems.length === 0 && this.sameInput(a, b))
        return { board, changes: [], booted: [], failed: null, broken };
      const isChanged = (file: string): boolean => this.changedFiles.has(file);
      const changes = this.plan.kernels.map((kernel, i) => {
        const state = (side: Side, snapshot: BoardSnapshot | null | undefined): BoardState | null =>
          snapshot == null ? null : this.stateOf(board, snapshot, side, side.simulate[i] as Simulate);
        return {
          board,
          kernel,
          changes: changesOf(state(this.before, a), state(this.now, b), { isChanged, lineNow: this.lineNow }),
        };
      });
      if (this.reader.silent) throw new GitError('git cat-file does not answer');
      const failed = this.problems.length === 0 ? null : (this.problems[0]?.split('\n')[0] ?? '');
      const booted = this.plan.kernels.flatMap((_, i) => [
        ...this.bootedAs(a, this.before.simulate[i]),
        ...this.bootedAs(b, this.now.simulate[i]),
      ]);
      return { board, changes: changes.filter((found) => found.changes.length > 0), booted, failed, broken };
    } catch (error) {
      if (error instanceof GitError) throw error;
      const failed = error instanceof Error ? error.message : String(error);
      return { board, changes: [], booted: [], failed, broken: [] };
    } finally {
      for (const { workspace } of [this.before, this.now]) workspace.forgetBoards();
    }
  }

  private absolute(path: string): string {
    return `${this.plan.root}${sep}${path}`;
  }

  /** What `boards` names on one side; null: it is not there, or the overlay does not go on that board there. */
  private snapshotOf(name: string, side: Side): BoardSnapshot | null {
    const { disk, workspace } = side;
    const { path, board } = overlayOn(name);
    const at = this.absolute((side === this.before ? this.nameBefore.get(path) : undefined) ?? path);
    if (disk.stat(at)?.folder !== false) return null;
    if (board !== null) {
      const base = builtOn(at, disk).find((each) => basename(each.board) === board);
      if (base === undefined) return null;
      workspace.selectBoard(toUri(at), toUri(base.board));
    }
    return workspace.snapshot(toUri(at));
  }

  /** The kernel of a board's boot as `simulate` names it. */
  private bootedAs(snapshot: BoardSnapshot | null | undefined, simulate: Simulate | undefined): readonly string[] {
    const text = snapshot == null ? undefined : simulate?.kernel?.(snapshot.board);
    return text === undefined ? [] : [text];
  }

  /** The errors in what counts for a board on the later side: a board that nothing changes for is not booted, and rests on it too. */
  private brokenOf(board: string, snapshot: BoardSnapshot): CheckFinding[] {
    for (const simulate of this.now.simulate) simulate.scenario?.(snapshot.board);
    return this.wrongFor(board, snapshot, this.now).filter(({ severity }) => severity === 'error');
  }

  private wrongFor(board: string, snapshot: BoardSnapshot, side: Side): CheckFinding[] {
    return this.inputsOf(snapshot, side).flatMap((path) =>
      (side.wrong.get(path) ?? []).map((problem) => inputFinding(board, this.shown(path), problem)),
    );
  }

  private stateOf(board: string, snapshot: BoardSnapshot, side: Side, simulate: Simulate): BoardState {
    // a file has one name for both sides
    const shown = (path: string): string => this.nameNow.get(this.shown(path)) ?? this.shown(path);
    const state = stateOf(board, snapshot, simulate, side === this.before ? shown : (path) => this.shown(path));
    const found = this.wrongFor(board, snapshot, side);
    return found.length === 0 ? state : { ...state, findings: [...state.findings, ...found] };
  }

  /** Files besides its sources that a board's boot may rest on: not those that a scenario names. */
  private inputsOf(snapshot: BoardSnapshot, { projects }: Side): string[] {
    const { board } = snapshot;
    const project = projects.of(board.path);
    const paths = [
      ...[board, ...(board.base === undefined ? [] : [board.base])].map((each) => scenarioBeside(each.path)),
      ...(project === null ? [] : [project.path, project.scenario ?? '']),
      ...this.configsOf(snapshot, { projects }),
    ];
    return [...new Set(paths)].filter((path) => path !== '');
  }

  /** The .configs that an option or a project file names. */
  private configsOf({ board }: BoardSnapshot, { projects }: Pick<Side, 'projects'>): string[] {
    return [projects.of(board.path)?.config ?? '', this.plan.config].flatMap(configFiles);
  }

  /** Whether two states of a board were made of the same: an include may be reached by its name and not be read. */
  private sameInput(a: BoardSnapshot, b: BoardSnapshot): boolean {
    const [one, other] = [a.result.files, b.result.files];
    if (one.size !== other.size) return false;
    for (const [uri, file] of one) if (other.get(uri) !== file) return false;
    const inputs = [...new Set([...this.inputsOf(a, this.before), ...this.inputsOf(b, this.now)])];
    const same = (path: string): boolean => {
      const [was, is] = [this.before.disk, this.now.disk].map((disk) => disk.stat(path));
      // what a scenario names is looked at by the boot itself
      return was?.stamp === is?.stamp && (was == null || !path.endsWith('.json') || !this.namesConfig(path));
    };
    return (
      a.board.base?.uri === b.board.base?.uri &&
      a.board.before?.join() === b.board.before?.join() &&
      JSON.stringify(a.board.tree) === JSON.stringify(b.board.tree) &&
      JSON.stringify(a.tree.dtc) === JSON.stringify(b.tree.dtc) &&
      inputs.every(same) &&
      this.configsOf(b, this.now).every((path) => this.now.disk.stat(path) !== null)
    );
  }

  /** Where a line of a file is on the later side: lines before and after all that differs keep their text. */
  private readonly lineNow = (file: string, line: number): number | null => {
    if (!this.changedFiles.has(file)) return line;
    let known = this.lines.get(file);
    if (known === undefined) {
      const was = textOf(this.before.disk, this.absolute(this.nameBefore.get(file) ?? file));
      const is = textOf(this.now.disk, this.absolute(file));
      known = sameLines((was ?? '').split('\n'), (is ?? '').split('\n'));
      this.lines.set(file, known);
    }
    if (line <= known.first) return line;
    return line > known.before - known.last ? line + known.now - known.before : null;
  };

  private namesConfig(path: string): boolean {
    return this.now.disk.bytes(path)?.includes('"config"') === true;
  }

  close(): void {
    this.reader.close();
  }
}

/** A state of the repository, and files on disk that git may not know: a build leaves its .config in the tree, ignored. */
function besideGit(disk: Disk, files: readonly string[]): Disk {
  if (files.length === 0) return disk;
  const own = new Set(files);
  const holder = (path: string): Disk => (own.has(path) && disk.stat(path) === null ? realDisk : disk);
  return {
    stat: (path) => holder(path).stat(path),
    bytes: (path) => holder(path).bytes(path),
    list: (path) => disk.list(path),
    real: (path) => holder(path).real(path),
  };
}

/** How many lines two texts have, and how many are the same at their beginnings and ends. */
interface SameLines {
  readonly before: number;
  readonly now: number;
  readonly first: number;
  readonly last: number;
}

function sameLines(before: readonly string[], now: readonly string[]): SameLines {
  const most = Math.min(before.length, now.length);
  let first = 0;
  while (first < most && before[first] === now[first]) first++;
  let last = 0;
  while (last < most - first && before[before.length - 1 - last] === now[now.length - 1 - last]) last++;
  return { before: before.length, now: now.length, first, last };
}
