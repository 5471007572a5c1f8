/** Who includes whom in a source tree, read in the background when the first file of the tree is opened. */
import type { Connection } from 'vscode-languageserver/node';
import { KeptIncludes } from '../workspace/graph-cache';
import type { Workspace } from '../workspace/workspace';
import { backgroundProgress } from './progress';

/** Opening a file comes first: its findings, hovers, the next file (milliseconds). */
const DELAY = 300;
/** What the reading takes of each turn, and what it leaves to requests (milliseconds). */
const SLICE = 4;
const PAUSE = 4;

export interface IndexOptions {
  readonly delay?: number;
  /** Progress is shown for what takes longer (milliseconds). */
  readonly patience?: number;
  /** Where trees are kept; by default the user's caches. */
  readonly cache?: string;
}

export class IncludeIndex {
  /** Roots of trees that are read, or being read. */
  private readonly seen = new Map<string, Promise<void>>();
  private readonly running = new Set<AbortController>();
  /** Whether the client shows progress. */
  showsProgress = false;

  constructor(
    private readonly connection: Pick<Connection, 'window' | 'console'>,
    private readonly workspace: Workspace,
    private readonly options: IndexOptions = {},
  ) {}

  /** A file was opened: its tree is read once, later. */
  opened(uri: string): Promise<void> {
    const tree = this.workspace.treeOfUri(uri);
    if (tree === null) return Promise.resolve();
    const known = this.seen.get(tree.root);
    if (known !== undefined) return known;
    const reading = this.read(uri, tree.root).catch((error: unknown) =>
      this.connection.console.warn(`the includes of ${tree.root} are read as needed: ${error}`),
    );
    this.seen.set(tree.root, reading);
    return reading;
  }

  /** Ends what is under way. */
  stop(): void {
    for (const abort of this.running) abort.abort();
  }

  private async read(uri: string, root: string): Promise<void> {
    const abort = new AbortController();
    this.running.add(abort);
    await rest(this.options.delay ?? DELAY);
    const title = `Reading who includes whom in ${root}`;
    const progress = backgroundProgress(this.connection, title, () => this.showsProgress, abort, this.options.patience);
    const memory = new KeptIncludes(root, this.options.cache);
    const there = new Set<string>();
    try {
      let from = performance.now();
      for (const { path, done, of } of this.workspace.readIncludes(uri, memory)) {
        if (path !== null) there.add(path);
        if (performance.now() - from < SLICE) continue;
        await rest(PAUSE);
        if (abort.signal.aborted) return;
        progress.show(Math.floor((100 * done) / Math.max(1, of)));
        from = performance.now();
      }
      for (const problem of memory.save(there)) this.connection.console.warn(problem);
    } finally {
      progress.end();
      this.running.delete(abort);
    }
  }
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
