/** Boards and contexts: which board a file is seen through, and the current snapshot of each board. */
import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path';
import { type BuildOptions, type BuildResult, TreeBuilder } from '../devicetree/build';
import { isBlob, openTree } from '../devicetree/open-tree';
import type { SourceFile } from '../source/file';
import type { IncludeFolder } from '../source/options';
import { buildAppended, isAppended } from './appended';
import { type Board, BoardSnapshot, type Simulate } from './board';
import { type Disk, exists } from './disk';
import { FileStore, toPath, toUri } from './files';
import { IncludeGraph, type IncludeMemory, type IncludeStep, isBoard } from './graph';
import { basesOf, boardsBeside, type OverlayBase } from './overlays';
import type { Projects } from './project';
import { realDisk } from './real-disk';
import { dtcOfBoard, includesAt, type SourceTree, treeAt, treeOf } from './trees';
import { ZephyrBoards } from './trees/zephyr';

export interface WorkspaceOptions {
  /** Absolute paths of the folders open in the editor. */
  readonly folders: readonly string[];
  /** Additional include folders, absolute or relative to the first folder. */
  readonly includePaths: readonly string[];
  /** The include folders above are all there are: those of the source tree a board lies in do not count. */
  readonly ownIncludesOnly?: boolean;
  /** Overlays (file name, or the end of the path) to the board they are put on: absolute, or from the overlay's or the first folder. */
  readonly overlayBases?: Readonly<Record<string, string>>;
  /** Absolute paths of overlays that every board gets, in this order. */
  readonly overlays?: readonly string[];
  readonly defines: readonly (readonly [name: string, value: string])[];
  /** Project files (smmu-scope.json); absent: none count. */
  readonly projects?: Projects;
  /** A kernel tree to take the includes from, whatever the file stands in. */
  readonly kernelTree: string | null;
}

/** `/plugin/;` at the start of a line, or behind the version: not what a comment says of it. */
const PLUGIN = /^[ \t]*(?:\/dts-v1\/[ \t]*;?[ \t]*)?\/plugin\/[ \t]*;/m;

/** How an overlay comes onto its board: dtc compiles it by itself, or Zephyr's build adds its text. */
type OverlayKind = 'plugin' | 'appended';

/** Boards kept built; the one used longest ago goes first. */
const MAX_BOARDS = 6;

interface State {
  readonly board: Board;
  version: number;
  snapshot: BoardSnapshot | null;
}

export class Workspace {
  readonly files: FileStore;
  private builder: TreeBuilder;
  private readonly graph: IncludeGraph;
  private readonly disk: Disk;
  private readonly trees = new Map<string, SourceTree>();
  private readonly states = new Map<string, State>();
  /** A file's URI to the board chosen for it by hand. */
  private readonly chosen = new Map<string, string>();
  /** A board's URI to the overlays chosen for it by hand, in order (absolute paths). */
  private readonly chosenOverlays = new Map<string, readonly string[]>();
  private readonly found = new Map<string, readonly Board[]>();
  /** An overlay's URI to what it is put on. */
  private readonly bases = new Map<string, OverlayBase | null>();
  /** Which kind of overlay a file's text is: asked at every request. */
  private readonly overlays = new WeakMap<SourceFile, OverlayKind | null>();
  private zephyr: ZephyrBoards;

  constructor(
    private options: WorkspaceOptions,
    private simulate: Simulate,
    /** Another place to read from than the disk, and a builder to share with other workspaces. */
    source: { readonly disk: Disk; readonly files: FileStore; readonly builder: TreeBuilder } | null = null,
  ) {
    this.disk = source?.disk ?? realDisk;
    this.files = source?.files ?? new FileStore();
    this.builder = source?.builder ?? new TreeBuilder();
    this.graph = new IncludeGraph(this.disk);
    this.zephyr = new ZephyrBoards(this.disk);
  }

  /** New settings: every board is built anew when it is asked for. */
  configure(options: WorkspaceOptions, simulate: Simulate): void {
    this.options = options;
    this.simulate = simulate;
    this.trees.clear();
    this.found.clear();
    this.forgetDisk();
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
    this.forgetDisk();
    return this.touched(uri);
  }

  /** The source tree that a file lies in; null for a URI that is no file. */
  treeOfUri(uri: string): SourceTree | null {
    const path = toPath(uri);
    return path === null ? null : this.treeOf(path);
  }

  /** Reads who includes whom in a file's tree, step by step: what looking for its boards then needs no more. */
  *readIncludes(uri: string, memory: IncludeMemory): Generator<IncludeStep> {
    const path = toPath(uri);
    if (path !== null) yield* this.graph.reading(path, this.treeOf(path), memory);
  }

  /** Files have come that were not there when they were asked for, from an editor that reads them for us. */
  filesArrived(): void {
    this.files.forgetAbsent();
    this.graph.forget();
    this.trees.clear();
    this.found.clear();
    this.forgetDisk();
    this.options.projects?.changed();
    for (const state of this.states.values()) state.snapshot = null;
    this.builder = new TreeBuilder();
  }

  private forgetDisk(): void {
    this.bases.clear();
    this.zephyr = new ZephyrBoards(this.disk);
  }

  private touched(uri: string): string[] {
    const real = this.files.realUri(uri) ?? uri;
    const boards: string[] = [];
    for (const state of this.states.values()) {
      const { snapshot } = state;
      if (snapshot === null) continue;
      const used = snapshot.file(real);
      if (used === null && !snapshot.result.missing.includes(uri)) continue;
      // the same text again (a document opened, unchanged): the board stands. Lines joined by a backslash are the same `text`, and other places.
      if (used !== null && this.files.read(real)?.asWritten.text === used.asWritten.text) continue;
      state.snapshot = null;
      boards.push(state.board.uri);
    }
    return boards;
  }

  /** The boards that a file can be seen through, best first: chosen, open in the editor, nearest. */
  boardsOf(uri: string, everywhere = false): readonly Board[] {
    const path = toPath(uri);
    if (path === null) return [];
    if (isBoard(path)) {
      const own = this.board(uri, path);
      const kind = this.overlayKind(uri, path);
      if (kind === null) return [own];
      // what an overlay can be looked at on
      if (kind === 'appended') {
        const found = everywhere ? this.zephyr.all(this.treeOf(path)) : [];
        const base = own.base === undefined ? [] : [own.base];
        return found.length > 0 ? found.map((board) => this.board(toUri(board), board)) : [...base, own].slice(0, 1);
      }
      const bases = basesOf(path, this.disk).map((base) => base.board);
      const boards = bases.length > 0 || !everywhere ? bases : boardsBeside(path, this.disk);
      return boards.length === 0 ? [own] : boards.map((board) => this.board(toUri(board), board));
    }
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
    let throughOverlay: Board | null = null;
    for (const state of [...this.states.values()].reverse())
      if (state.snapshot?.file(real) != null && this.files.isOpen(state.board.uri)) {
        if (state.board.base === undefined) return state.board;
        throughOverlay ??= state.board;
      }
    if (throughOverlay !== null) return throughOverlay;
    const boards = this.boardsOf(uri);
    return boards.find((b) => this.files.isOpen(b.uri)) ?? boards[0] ?? null;
  }

  /** Sees a file, and every include of that board, through a board from now on; null: by itself again. */
  selectBoard(uri: string, board: string | null): void {
    this.bases.delete(uri);
    if (board === null) {
      this.chosen.delete(uri);
      return;
    }
    this.chosen.set(uri, board);
    // an overlay is put on it
    const path = toPath(uri);
    if (path !== null && isBoard(path)) return;
    const snapshot = this.snapshot(board);
    if (snapshot !== null)
      for (const { uri: file } of snapshot.result.files.values()) if (file !== board) this.chosen.set(file, board);
  }

  /** Puts overlays on a board, in this order, from now on; null: what the project file says. */
  selectOverlays(board: string, overlays: readonly string[] | null): void {
    if (overlays === null) this.chosenOverlays.delete(board);
    else this.chosenOverlays.set(board, overlays);
    const state = this.states.get(board);
    if (state !== undefined) state.snapshot = null;
  }

  /** The overlays that are on a board: chosen by hand, else as the project file says. */
  overlaysOf(board: Board): readonly string[] {
    return this.chosenOverlays.get(board.uri) ?? this.options.projects?.of(board.path)?.overlays(board.path) ?? [];
  }

  /** A project file came, changed or went: every board may be another. */
  projectsChanged(): void {
    this.options.projects?.changed();
    for (const state of this.states.values()) state.snapshot = null;
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
    } else {
      this.states.delete(board.uri);
      // an overlay may have another base now, or others before it
      if (state.board.base?.uri !== board.base?.uri || state.board.before?.join() !== board.before?.join())
        state = { board, version: state.version, snapshot: null };
    }
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
    const { base } = board;
    if (board.appended === true) {
      const paths = [...(base === undefined ? [] : [base.path]), ...(board.before ?? []), board.path];
      return buildAppended(this.builder, this.files, paths, base !== undefined, this.buildOptions(board));
    }
    const inputOf = (path: string) => {
      const uri = toUri(path);
      return { uri, options: this.buildOptions({ uri, path, name: '', tree: this.treeOf(path) }) };
    };
    const onBase =
      base === undefined
        ? []
        : [
            // with symbols (-@): their labels are for the overlays on top
            ...(board.before ?? [])
              .map(inputOf)
              .map(({ uri, options }) => ({ uri, options: { ...options, symbols: true } })),
            { uri: board.uri, options: this.buildOptions(board), lenient: this.files.isOpen(board.uri) },
          ];
    const overlays = [...onBase, ...[...(this.options.overlays ?? []), ...this.overlaysOf(board)].map(inputOf)];
    const bottom = base ?? board;
    return openTree(this.builder, bottom.uri, this.files, this.buildOptions(bottom), overlays);
  }

  /** Boards with a snapshot that still holds. */
  built(): BoardSnapshot[] {
    return [...this.states.values()].flatMap((s) => (s.snapshot === null ? [] : [s.snapshot]));
  }

  /** What a board is built with. */
  buildOptions(board: Board): BuildOptions & { readonly includeFolders: IncludeFolder[] } {
    const root = this.options.folders[0] ?? dirname(board.path);
    const project = this.options.projects?.of(board.path) ?? null;
    const own = [
      ...this.options.includePaths.map((path) => (isAbsolute(path) ? path : join(root, path))),
      ...(project?.includes ?? []),
    ];
    const only = this.options.ownIncludesOnly === true;
    // what is added to a board finds what the board finds
    const trees = only
      ? []
      : [board.tree, ...(board.appended === true && board.base !== undefined ? [board.base.tree] : [])];
    const folders = [
      ...own.flatMap((path): IncludeFolder[] => (only ? null : includesAt(path, this.disk)) ?? [{ uri: toUri(path) }]),
      ...new Map(trees.flatMap((tree) => tree.includeFolders).map((f) => [`${f.prefix} ${f.uri}`, f])).values(),
    ];
    const stated = [...(project?.defines ?? []), ...this.options.defines];
    const decided = new Set(stated.map(([name]) => name));
    // the kernel's build calls cpp in the tree's root
    const name = board.tree.kind === 'linux' ? relative(board.tree.root, board.path) : null;
    return {
      includeFolders: folders,
      defines: [...(only ? [] : (board.tree.defines ?? [])), ...stated],
      dtc: dtcOfBoard(this.disk, board.tree.dtc, board.path),
      ...(board.tree.generated && { generated: board.tree.generated }),
      ...(board.tree.kconfig && { kconfig: board.tree.kconfig }),
      ...(board.tree.byOption && !only && { byOption: { passed: new Set(board.tree.byOption), decided } }),
      ...(name !== null && { name }),
    };
  }

  private renew(state: State, result: BoardSnapshot['result']): void {
    state.version += 1;
    state.snapshot = new BoardSnapshot(state.board, state.version, result, this.simulate);
  }

  /** Lets go of every board that is not open in an editor: who goes through many looks at each once. */
  forgetBoards(): void {
    for (const [uri, { board }] of this.states) if (!this.files.isOpen(board.uri)) this.states.delete(uri);
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
    const name = basename(path, extname(path));
    const plain: Board = { uri, path, name, tree: this.treeOf(path) };
    const kind = this.overlayKind(uri, path);
    if (kind === null) return plain;
    const board: Board = kind === 'appended' ? { ...plain, appended: true } : plain;
    const found = this.baseOf(uri, path, kind);
    if (found === null || found.board === path) return board;
    const base = {
      uri: toUri(found.board),
      path: found.board,
      name: basename(found.board, extname(found.board)),
      tree: this.treeOf(found.board),
    };
    return { ...board, name: `${name} on ${base.name}`, base, before: found.before };
  }

  /** Which overlay a file is: a source that dtc makes one of, or text that Zephyr's build adds to a board; null for none. */
  private overlayKind(uri: string, path: string): OverlayKind | null {
    const file = /\.(dts|dtso|overlay)$/.test(path) ? this.files.read(uri) : null;
    if (file === null) return null;
    let kind = this.overlays.get(file);
    if (kind === undefined) {
      kind = PLUGIN.test(file.text.slice(0, 10_000)) ? 'plugin' : this.isAppended(path, file.text) ? 'appended' : null;
      this.overlays.set(file, kind);
    }
    return kind;
  }

  private isAppended(path: string, text: string): boolean {
    return isAppended(path, text, path.endsWith('.dts') && this.treeOf(path).kind === 'zephyr');
  }

  /** What an overlay is put on: chosen by hand, by the settings, by its build; null when nobody says. */
  private baseOf(uri: string, path: string, kind: OverlayKind): OverlayBase | null {
    let base = this.bases.get(uri);
    if (base === undefined) {
      const discovered =
        kind === 'plugin' ? basesOf(path, this.disk) : [this.zephyr.baseOf(path, this.treeOf(path)) ?? []].flat();
      const chosen = this.chosen.get(uri);
      const named = chosen === undefined ? this.statedBase(path) : toPath(chosen);
      base =
        named === null
          ? (discovered[0] ?? null)
          : (discovered.find((d) => d.board === named) ?? { board: named, before: [] });
      this.bases.set(uri, base);
    }
    return base;
  }

  private statedBase(path: string): string | null {
    for (const [overlay, board] of Object.entries(this.options.overlayBases ?? {})) {
      if (path !== overlay && !path.endsWith(`/${overlay.replace(/^\.?\//, '')}`)) continue;
      for (const folder of [dirname(path), ...this.options.folders]) {
        const at = isAbsolute(board) ? board : join(folder, board);
        if (exists(this.disk, at)) return at;
      }
    }
    return null;
  }

  private treeOf(path: string): SourceTree {
    const folder = dirname(path);
    let tree = this.trees.get(folder) ?? this.trees.get(path);
    if (tree === undefined) {
      const inside = this.options.folders.find((f) => path.startsWith(f.endsWith('/') ? f : `${f}/`)) ?? null;
      tree = treeOf(path, inside, this.disk, this.options.folders);
      if (this.options.kernelTree !== null && exists(this.disk, this.options.kernelTree)) {
        const { includeFolders, dtc } = treeAt(this.options.kernelTree, this.disk);
        tree = { ...tree, includeFolders, dtc };
      }
      this.trees.set(tree.perFile === true || /\.dtbo?$/.test(path) ? path : folder, tree);
    }
    return tree;
  }
}
