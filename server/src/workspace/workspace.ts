/** Boards and contexts: which board a file is seen through, and the current snapshot of each board. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import { type BuildResult, TreeBuilder } from '../devicetree/build';
import { isBlob, openTree } from '../devicetree/open-tree';
import type { IncludeFolder } from '../source/options';
import { type Board, BoardSnapshot, type Simulate } from './board';
import { FileStore, toPath, toUri } from './files';
import { IncludeGraph, isBoard } from './graph';
import { type SourceTree, treeAt, treeOf } from './trees';

export interface WorkspaceOptions {
  /** Absolute paths of the folders open in the editor. */
  readonly folders: readonly string[];
  /** Additional include folders, absolute or relative to the first folder. */
  readonly includePaths: readonly string[];
  /** The include folders above are all there are: those of the source tree a board lies in do not count. */
  readonly ownIncludesOnly?: boolean;
  /** Absolute paths of overlays that every board gets, in this order. */
  readonly overlays?: readonly string[];
  readonly defines: readonly (readonly [name: string, value: string])[];
  /** A kernel tree to take the includes from, whatever the file stands in. */
  readonly kernelTree: string | null;
}

/** Boards kept built; the one used longest ago goes first. */
const MAX_BOARDS = 6;

interface State {
  readonly board: Board;
  version: number;
  snapshot: BoardSnapshot | null;
}

export class Workspace {
  readonly files = new FileStore();
  private builder = new TreeBuilder();
  private readonly graph = new IncludeGraph();
  private readonly trees = new Map<string, SourceTree>();
  private readonly states = new Map<string, State>();
  /** A file's URI to the board chosen for it by hand. */
  private readonly chosen = new Map<string, string>();
  private readonly found = new Map<string, readonly Board[]>();

  constructor(
    private options: WorkspaceOptions,
    private simulate: Simulate,
  ) {}

  /** New settings: every board is built anew when it is asked for. */
  configure(options: WorkspaceOptions, simulate: Simulate): void {
    this.options = options;
    this.simulate = simulate;
    this.trees.clear();
    this.found.clear();
    for (const state of this.states.values()) state.snapshot = null;
    this.builder = new TreeBuilder();
  }

  /** Something besides the sources changed (a scenario, a kernel configuration): snapshots are made anew from the same tree. */
  resimulate(): void {
    for (const state of this.states.values()) if (state.snapshot !== null) this.renew(state, state.snapshot.result);
  }

  /** A document was opened or edited. Returns the URIs of the boards that this changes. */
  setOpen(uri: string, text: string): string[] {
    this.files.setOpen(uri, text);
    return this.touched(uri);
  }

  /** A document was closed. */
  setClosed(uri: string): string[] {
    this.files.setClosed(uri);
    return this.touched(uri);
  }

  /** A file changed, came or went on disk. */
  changedOnDisk(uri: string): string[] {
    // the document of a blob is its printed text: the file itself still counts
    if (this.files.isOpen(uri) && !isBlob(uri)) return [];
    this.files.invalidate(uri);
    const path = toPath(uri);
    if (path !== null) this.graph.invalidate(path);
    this.found.clear();
    return this.touched(uri);
  }

  private touched(uri: string): string[] {
    const real = this.files.realUri(uri) ?? uri;
    const boards: string[] = [];
    for (const state of this.states.values()) {
      const { snapshot } = state;
      if (snapshot === null) continue;
      const used = snapshot.file(real);
      if (used === null && !snapshot.result.missing.includes(uri)) continue;
      // the same text again (a document opened, unchanged): the board stands
      if (used !== null && this.files.read(real)?.text === used.text) continue;
      state.snapshot = null;
      boards.push(state.board.uri);
    }
    return boards;
  }

  /** The boards that a file can be seen through, best first: chosen, open in the editor, nearest. */
  boardsOf(uri: string, everywhere = false): readonly Board[] {
    const path = toPath(uri);
    if (path === null) return [];
    if (isBoard(path)) return [this.board(uri, path)];
    const key = `${everywhere} ${uri}`;
    let boards = this.found.get(key);
    if (boards === undefined) {
      boards = this.graph.boardsOf(path, this.treeOf(path), everywhere).map((p) => this.board(toUri(p), p));
      this.found.set(key, boards);
    }
    return boards;
  }

  /** The board a file is seen through now; null when no board includes it. */
  boardOf(uri: string): Board | null {
    const path = toPath(uri);
    if (path === null) return null;
    if (isBoard(path)) return this.board(uri, path);
    const chosen = this.chosen.get(uri);
    if (chosen !== undefined) return this.boardAt(chosen);
    // a board that is built already and includes the file: the one used last
    const real = this.files.realUri(uri) ?? uri;
    for (const state of [...this.states.values()].reverse())
      if (state.snapshot?.file(real) != null && this.files.isOpen(state.board.uri)) return state.board;
    const boards = this.boardsOf(uri);
    return boards.find((b) => this.files.isOpen(b.uri)) ?? boards[0] ?? null;
  }

  /** Sees a file, and every include of that board, through a board from now on; null: by itself again. */
  selectBoard(uri: string, board: string | null): void {
    if (board === null) {
      this.chosen.delete(uri);
      return;
    }
    this.chosen.set(uri, board);
    const snapshot = this.snapshot(board);
    if (snapshot !== null)
      for (const { uri: file } of snapshot.result.files.values()) if (file !== board) this.chosen.set(file, board);
  }

  /** The current snapshot of the board a file is seen through; a file that no board includes stands for itself. */
  snapshotOf(uri: string): BoardSnapshot | null {
    return this.snapshot(this.boardOf(uri)?.uri ?? uri);
  }

  /** The current snapshot of a board; built when anything changed. Null for a URI that is no file. */
  snapshot(boardUri: string): BoardSnapshot | null {
    const board = this.boardAt(boardUri);
    if (board === null) return null;
    let state = this.states.get(board.uri);
    if (state === undefined) {
      state = { board, version: 0, snapshot: null };
    } else this.states.delete(board.uri);
    this.states.set(board.uri, state);
    if (state.snapshot === null) {
      this.renew(state, this.open(board));
    }
    this.forgetOldBoards();
    return state.snapshot;
  }

  /** The tree of a board that nobody looks at: not kept, not simulated. A snapshot that holds is used. */
  buildOnce(board: Board): BuildResult {
    const known = this.states.get(board.uri)?.snapshot;
    if (known != null) return known.result;
    return this.open(board);
  }

  private open(board: Board): BuildResult {
    const overlays = (this.options.overlays ?? []).map((path) => {
      const overlay = this.board(toUri(path), path);
      return { uri: overlay.uri, options: this.buildOptions(overlay) };
    });
    return openTree(this.builder, board.uri, this.files, this.buildOptions(board), overlays);
  }

  /** Boards with a snapshot that still holds. */
  built(): BoardSnapshot[] {
    return [...this.states.values()].flatMap((s) => (s.snapshot === null ? [] : [s.snapshot]));
  }

  /** What a board is built with. */
  buildOptions(board: Board): { includeFolders: IncludeFolder[]; defines: WorkspaceOptions['defines'] } {
    const root = this.options.folders[0] ?? dirname(board.path);
    const own = this.options.includePaths.map((path) => (isAbsolute(path) ? path : join(root, path)));
    const ofTree = this.options.ownIncludesOnly === true ? [] : board.tree.includeFolders;
    const folders = [...own.map((path): IncludeFolder => ({ uri: toUri(path) })), ...ofTree];
    return { includeFolders: folders, defines: this.options.defines };
  }

  private renew(state: State, result: BoardSnapshot['result']): void {
    state.version += 1;
    state.snapshot = new BoardSnapshot(state.board, state.version, result, this.simulate);
  }

  private forgetOldBoards(): void {
    for (const [uri, state] of this.states) {
      if (this.states.size <= MAX_BOARDS) return;
      if (this.files.isOpen(state.board.uri)) continue;
      this.states.delete(uri);
    }
  }

  private boardAt(uri: string): Board | null {
    const path = toPath(uri);
    return path === null ? null : this.board(uri, path);
  }

  private board(uri: string, path: string): Board {
    return { uri, path, name: basename(path, extname(path)), tree: this.treeOf(path) };
  }

  private treeOf(path: string): SourceTree {
    const folder = dirname(path);
    let tree = this.trees.get(folder);
    if (tree === undefined) {
      const inside = this.options.folders.find((f) => path.startsWith(f.endsWith('/') ? f : `${f}/`)) ?? null;
      tree = treeOf(path, inside);
      if (this.options.kernelTree !== null && existsSync(this.options.kernelTree))
        tree = { ...tree, includeFolders: treeAt(this.options.kernelTree).includeFolders };
      this.trees.set(folder, tree);
    }
    return tree;
  }
}
