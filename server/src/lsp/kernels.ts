/** The kernel trees that an editor's boards boot: read in the background, with progress; boards boot anew when one is there. */
import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Connection } from 'vscode-languageserver/node';
import { driversText, isShippedRelease, type KernelCatalogue } from '../simulator/kernel/catalogue';
import type { Board } from '../workspace/board';
import { cacheFolder } from '../workspace/own-kernel/kept';
import { catalogueOf, readInThread, shortcomings } from '../workspace/own-kernel/kernels';
import { kernelOf, treeOf } from '../workspace/trees';
import { backgroundProgress } from './progress';

/** The setting that keeps to the shipped drivers. */
const NONE = 'none';
/** A tree is read again so long after its last change (milliseconds). */
const SETTLED = 3000;
/** Folders looked through for a kernel tree, below those that are open. */
const MAX_SEARCHED = 200;

type State =
  | { readonly kind: 'reading'; readonly before: KernelCatalogue | null; readonly abort: AbortController }
  | { readonly kind: 'ready'; readonly catalogue: KernelCatalogue }
  | { readonly kind: 'failed'; readonly message: string };

export interface KernelSettings {
  readonly kernelSource: string;
  readonly kernelModules: readonly string[];
}

export class Kernels {
  private readonly states = new Map<string, State>();
  private readonly changedAt = new Map<string, NodeJS.Timeout>();
  private source = '';
  private modules: readonly string[] = [];
  private folders: readonly string[] = [];
  private inWorkspace: string | null | undefined;
  /** Whether the client shows the progress of work that the server starts. */
  showsProgress = false;
  /** A kernel has been read, or could not be. */
  onRead: () => void = () => undefined;

  constructor(private readonly connection: Connection) {}

  configure({ kernelSource, kernelModules }: KernelSettings, folders: readonly string[]): void {
    const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(folders[0] ?? '.', path));
    const source = kernelSource === '' || kernelSource === NONE ? kernelSource : absolute(kernelSource);
    const modules = kernelModules.map(absolute);
    if (source === this.source && modules.join('\n') === this.modules.join('\n') && folders === this.folders) return;
    this.source = source;
    this.modules = modules;
    this.folders = folders;
    this.inWorkspace = undefined;
    for (const state of this.states.values()) if (state.kind === 'reading') state.abort.abort();
    this.states.clear();
  }

  /** The root of the kernel tree whose drivers a board boots with; null: the shipped ones count. */
  rootOf(board: Board): string | null {
    if (this.source === NONE) return null;
    if (this.source !== '') return this.source;
    const { tree } = board.base ?? board;
    const own = kernelOf(tree);
    if (own !== null && hasDrivers(own))
      return this.modules.length === 0 && tree.release !== null && isShippedRelease(tree.release) ? null : own;
    if (this.inWorkspace === undefined) this.inWorkspace = kernelIn(this.folders);
    return this.inWorkspace;
  }

  /** The drivers for a board; null while they are read, and when there are none but the shipped ones. */
  driversOf(board: Board): KernelCatalogue | null {
    const root = this.rootOf(board);
    if (root === null) return null;
    const state = this.states.get(root);
    if (state === undefined) this.read(root, null);
    else if (state.kind === 'ready') return state.catalogue;
    else if (state.kind === 'reading') return state.before;
    return null;
  }

  /** For people: whose drivers a board boots with; null: the shipped ones, which go without saying. */
  textOf(board: Board): string | null {
    const root = this.rootOf(board);
    const state = root === null ? undefined : this.states.get(root);
    if (state === undefined || root === null) return null;
    if (state.kind === 'ready') return driversText(state.catalogue);
    return state.kind === 'reading' ? `reading the drivers of ${root}` : `drivers of ${root} unread: ${state.message}`;
  }

  /** A file changed on disk: the tree that it stands in is read again once the changes have an end. */
  changed(path: string): void {
    for (const [root, state] of this.states) {
      const inside = [root, ...this.modules].some((folder) => path.startsWith(`${folder}/`));
      if (!inside || state.kind === 'reading') continue;
      clearTimeout(this.changedAt.get(root));
      const before = state.kind === 'ready' ? state.catalogue : null;
      this.changedAt.set(
        root,
        setTimeout(() => {
          this.changedAt.delete(root);
          if (this.states.get(root) === state) this.read(root, before);
        }, SETTLED).unref(),
      );
    }
  }

  private read(root: string, before: KernelCatalogue | null): void {
    const abort = new AbortController();
    const state: State = { kind: 'reading', before, abort };
    this.states.set(root, state);
    const title = `Reading the drivers of ${root}`;
    const progress = backgroundProgress(this.connection, title, () => this.showsProgress, abort);
    const end = (next: State): void => {
      progress.end();
      // other settings have come meanwhile
      if (this.states.get(root) !== state) return;
      this.states.set(root, next);
      this.onRead();
    };
    readInThread(
      { root, modules: this.modules, cache: cacheFolder() },
      { onProgress: progress.show, signal: abort.signal },
    ).then(
      (read) => {
        for (const line of shortcomings(read)) this.connection.console.warn(`${root}: ${line}`);
        end({ kind: 'ready', catalogue: catalogueOf(read, { path: root, named: this.source !== '' }) });
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.connection.console.warn(`${message}: the drivers of the nearest release are used`);
        end({ kind: 'failed', message });
      },
    );
  }
}

const hasDrivers = (root: string): boolean => existsSync(join(root, 'drivers/Makefile'));

/** The one kernel tree among the open folders and the two levels below them; null when there is none, or several. */
function kernelIn(folders: readonly string[]): string | null {
  const found = new Set<string>();
  let left = MAX_SEARCHED;
  const visit = (folder: string, depth: number): void => {
    if (left-- <= 0) return;
    if (hasDrivers(folder)) {
      const tree = treeOf(join(folder, 'Makefile'), null);
      if (tree.kind === 'linux' && tree.root === folder && tree.release !== null) found.add(folder);
      return;
    }
    if (depth === 0) return;
    let names: string[] = [];
    try {
      names = readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
        .map((entry) => entry.name);
    } catch {
      // gone, or not ours to read
    }
    for (const name of names) visit(join(folder, name), depth - 1);
  };
  for (const folder of folders) visit(folder, 2);
  const [only, ...more] = found;
  if (only === undefined || more.length > 0) return null;
  const { release } = treeOf(join(only, 'Makefile'), null);
  return release !== null && isShippedRelease(release) ? null : only;
}
