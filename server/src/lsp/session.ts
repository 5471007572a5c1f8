/**
 * One client's session: documents, settings, and the running of requests. A request waits two turns of the event loop, so
 * that a cancellation or an edit that is already in the pipe is seen before any work is done for it.
 */
import { dirname, resolve } from 'node:path';
import type { CancellationToken, Connection, Position, Range } from 'vscode-languageserver/node';
import { DiagnosticSeverity, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { TreeBuilder } from '../devicetree/build';
import { ruleCodes } from '../language/rules';
import { concernsIommus } from '../language/structure';
import { offsetAt, positionAt, type SourceFile } from '../source/file';
import { pathOfUri, uriOfPath } from '../source/uri';
import type { Board, BoardSnapshot, Simulate } from '../workspace/board';
import { chosenScenario } from '../workspace/chosen-scenario';
import { configFiles, configsIn } from '../workspace/configs';
import type { Disk } from '../workspace/disk';
import { FencedDisk } from '../workspace/fenced-disk';
import { FileStore, toPath } from '../workspace/files';
import { KernelSource } from '../workspace/kernel-source';
import { Projects } from '../workspace/project';
import { realDisk } from '../workspace/real-disk';
import { scenarioBeside, simulateBoard } from '../workspace/simulation';
import type { InputProblem } from '../workspace/simulation-input';
import { Workspace } from '../workspace/workspace';
import { type ClientAbilities, type PositionEncoding, plainClient } from './client';
import { ClientDisk } from './client-disk';
import { unitsAt } from './encoding';
import { Kernels } from './kernels';
import {
  type BoardChangedParams,
  type BoardInfo,
  defaultSettings,
  type FilesResult,
  methods,
  type Settings,
} from './protocol';

/** Files that include each other are asked for round by round: no tree of sources is as deep. */
const MAX_ROUNDS = 100;

interface OpenDocument {
  /** As the client writes it. */
  readonly clientUri: string;
  version: number;
  text: string;
  file: SourceFile | null;
}

/** What a feature gets: the board's state, and the document as that state has it. */
export interface Place {
  readonly snapshot: BoardSnapshot;
  readonly uri: string;
  readonly file: SourceFile;
}

/** What a session reads: everything, only what is in its folders and in those of its settings, or what the client reads for it. */
export type FileAccess = 'all' | 'fenced' | 'client';

/** Files that are looked at without being open: panels a person has in sight. */
const mostLooked = 3;

export class Session {
  settings: Settings = defaultSettings;
  client: ClientAbilities = plainClient;
  /** Another devicetree server works on the same files. */
  otherServer = false;

  /** Whether what is not about IOMMUs is ours too. */
  get general(): boolean {
    const { general } = this.settings;
    return general === 'always' || (general === 'auto' && !this.otherServer);
  }

  /** Whether a place is left to the other devicetree server: nothing about IOMMUs stands there. */
  leaves(file: SourceFile, offset: number): boolean {
    return !this.general && !concernsIommus(file, offset);
  }

  folders: readonly string[] = [];
  /** How the client opens a rule's page, with `{code}` for its name; null: as a file. */
  rulePages: string | null = null;
  /** Whether the client can ask for an include folder. */
  choosesFolders = false;
  readonly projects: Projects;
  /** The disk of a session whose user does not trust the folders; null otherwise. */
  private readonly fence: FencedDisk | null;
  /** The disk of a session whose client reads the files; null: they are on this machine's. */
  readonly disk: ClientDisk | null;
  readonly workspace: Workspace;
  readonly kernels: Kernels;
  private readonly documents = new Map<string, OpenDocument>();
  private boot: Simulate = () => null;

  constructor(
    readonly connection: Connection,
    access: FileAccess,
  ) {
    this.kernels = new Kernels(connection);
    this.disk =
      access === 'client'
        ? new ClientDisk(
            (params) => connection.sendRequest<FilesResult>(methods.files, params),
            (message) => connection.console.warn(message),
          )
        : null;
    this.fence = access === 'fenced' ? new FencedDisk(realDisk) : null;
    this.projects = new Projects(
      () => this.folders,
      (path, problems) => this.showInput(uriOfPath(path), problems),
      this.sources,
      ruleCodes,
    );
    const options = { folders: [], includePaths: [], defines: [], kernelTree: null };
    const { sources: disk } = this;
    const source = disk === undefined ? null : { disk, files: new FileStore(disk), builder: new TreeBuilder() };
    this.workspace = new Workspace(options, () => null, source);
  }

  /** Applies settings: includes and defines for the trees, the kernel for the simulations. */
  configure(settings: Settings): void {
    this.settings = settings;
    this.reach();
    this.kernels.configure(settings, this.folders);
    this.boot = simulateBoard({
      project: (board) => this.projects.of(board),
      kernel: settings.kernel,
      cmdline: settings.cmdline,
      config: configsIn(this.folders[0] ?? '/', settings.config),
      scenario: null,
      chosen: (board) => chosenScenario(board.path, settings.scenarios, this.folders, this.sources ?? realDisk),
      ...(this.sources === undefined ? {} : { disk: this.sources }),
      drivers: (board) => this.kernels.driversOf(board),
      onProblem: (message) => this.connection.console.warn(message),
      onInput: (path, problems) => this.showInput(uriOfPath(path), problems),
    });
    this.workspace.configure(
      {
        folders: this.folders,
        includePaths: settings.includePaths,
        overlayBases: settings.overlayBases,
        defines: settings.defines.map((text): [string, string] => {
          const equals = text.indexOf('=');
          return equals < 0 ? [text, '1'] : [text.slice(0, equals), text.slice(equals + 1)];
        }),
        kernelTree: null,
        projects: this.projects,
      },
      this.boot,
    );
  }

  /** Shows what is wrong in a scenario or a .config as diagnostics of that file. */
  private showInput(uri: string, problems: readonly InputProblem[]): void {
    const diagnostics = problems.map(({ severity, message, line, column, length }) => ({
      severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
      message,
      source: 'smmu-scope',
      range: {
        start: { line: line - 1, character: column - 1 },
        end: { line: line - 1, character: column - 1 + length },
      },
    }));
    void this.connection.sendDiagnostics({ uri: this.theirs(uri), diagnostics });
  }

  /** The scenario that counts for a board. */
  scenarioOf(board: Board): { readonly path: string; readonly read: boolean; readonly stated: boolean } {
    return this.boot.scenario?.(board) ?? { path: scenarioBeside(board.path), read: false, stated: false };
  }

  /** The kernel that boots a board, and who says so. */
  kernelText(board: Board): string {
    return this.boot.kernel?.(board) ?? '';
  }

  /** The URI the engine uses: percent-encoding and drive letters in one form. */
  own(clientUri: string): string {
    return clientUri.startsWith('file:') ? uriOfPath(pathOfUri(clientUri)) : clientUri;
  }

  /** The URI the client uses for a file. */
  theirs(uri: string): string {
    return this.documents.get(uri)?.clientUri ?? uri;
  }

  open(clientUri: string, version: number, text: string): string[] {
    const uri = this.own(clientUri);
    this.documents.set(uri, { clientUri, version, text, file: null });
    this.reach();
    return this.workspace.setOpen(uri, text);
  }

  /** Applies the changes of a didChange; ranges count in the text as it stands after the changes before. */
  change(
    clientUri: string,
    version: number,
    changes: readonly ({ text: string } | { range: Range; text: string })[],
  ): string[] {
    const uri = this.own(clientUri);
    const document = this.documents.get(uri);
    if (document === undefined) return [];
    let { text } = document;
    for (const change of changes) {
      if (!('range' in change) || change.range === undefined) {
        text = change.text;
        continue;
      }
      const [start, end] = offsets(text, change.range, this.client.encoding);
      text = text.slice(0, start) + change.text + text.slice(end);
    }
    document.text = text;
    document.version = version;
    return this.workspace.setOpen(uri, text);
  }

  close(clientUri: string): string[] {
    const uri = this.own(clientUri);
    this.documents.delete(uri);
    this.announced.delete(uri);
    return this.workspace.setClosed(uri);
  }

  /** Where sources come from, when it is not simply the disk. */
  get sources(): Disk | undefined {
    return this.disk ?? this.fence ?? undefined;
  }

  private readonly pointedAt = new Set<string>();

  /** A person has named this file: it may be read, wherever it lies. */
  allow(clientUri: string): void {
    const path = toPath(this.own(clientUri));
    if (path === null || this.sources === undefined) return;
    this.pointedAt.add(dirname(path));
    this.reach();
  }

  /** Says where files may be read: the open folders, those of the settings, and the folders of files that are open by themselves. */
  reach(): void {
    const { folders, settings } = this;
    const alone = this.openUris().flatMap((uri) => toPath(uri) ?? []);
    const outside = alone.filter((path) => !folders.some((folder) => path.startsWith(`${folder}/`)));
    const roots = [...folders, ...this.pointedAt, ...outside.map((path) => dirname(path))];
    this.disk?.setRoots(roots);
    const named = [...settings.includePaths, ...configFiles(settings.config)];
    this.fence?.setRoots([...roots, ...named.map((path) => resolve(folders[0] ?? '/', path))]);
  }

  /** A file changed, came or went where it is kept. */
  changedOnDisk(clientUri: string): void {
    const uri = this.own(clientUri);
    this.disk?.forget(toPath(uri) ?? '');
    if (/\/smmu-scope\.json$/.test(uri)) this.workspace.projectsChanged();
    else if (/\.smmu\.json$|\/\.config$/.test(uri)) this.workspace.resimulate();
    else this.workspace.changedOnDisk(uri);
  }

  /** Does work over files, again as long as files come that it asked for in vain. */
  async settled<T>(work: () => T | Promise<T>): Promise<T> {
    const { disk } = this;
    if (disk === null) return work();
    for (let round = 0; ; round++) {
      const before = disk.arrivals;
      const outcome = await attempt(work);
      const more = (await disk.load()) || disk.arrivals !== before;
      if (!more || round >= MAX_ROUNDS) {
        if (more) this.connection.console.warn(`files are still missing after ${MAX_ROUNDS} rounds of reading`);
        return outcome();
      }
      this.workspace.filesArrived();
    }
  }

  private readonly announced = new Map<string, string>();
  /** Files whose boards were asked for last, by the engine's URI: the client's. A panel may show one that nobody has open. */
  private readonly looked = new Map<string, string>();

  /** The board of a file is shown somewhere: what becomes of it is announced, also while the file is not open. */
  look(clientUri: string): void {
    const uri = this.own(clientUri);
    this.looked.delete(uri);
    this.looked.set(uri, clientUri);
    for (const oldest of this.looked.keys()) {
      if (this.looked.size <= mostLooked) return;
      this.looked.delete(oldest);
    }
  }

  /** What is announced: open documents, and files that are looked at without being open. */
  announcedUris(): string[] {
    return [...new Set([...this.documents.keys(), ...this.looked.keys()])];
  }

  /** Tells the client which board state a file is seen through, when that changed. */
  async announce(uri: string, board: BoardInfo | null, version: number): Promise<void> {
    const state = `${board?.uri ?? ''} ${version} ${board?.kernel ?? ''} ${board?.drivers ?? ''}`;
    if (this.announced.get(uri) === state) return;
    this.announced.set(uri, state);
    const params: BoardChangedParams = { uri: this.looked.get(uri) ?? this.theirs(uri), board, version };
    await this.connection.sendNotification(methods.boardChanged, params);
  }

  /** The text of a file by the client's URI: as the client has it open, else as it is on disk; null when there is none. */
  text(clientUri: string): string | null {
    const uri = this.own(clientUri);
    return this.documents.get(uri)?.text ?? this.workspace.files.read(uri)?.text ?? null;
  }

  /** Open documents as engine URIs. */
  openUris(): string[] {
    return [...this.documents.keys()];
  }

  version(uri: string): number | null {
    return this.documents.get(uri)?.version ?? null;
  }

  /** The board state and the document for a request; null when there is none. */
  place(clientUri: string): Place | null {
    const uri = this.own(clientUri);
    const snapshot = this.workspace.snapshotOf(uri);
    const real = this.workspace.files.realUri(uri) ?? uri;
    const file = snapshot?.file(real) ?? snapshot?.file(uri) ?? this.workspace.files.read(uri);
    return snapshot === null || file === null || file === undefined ? null : { snapshot, uri: file.uri, file };
  }

  /** The source of the kernel that a board lies in; null when it lies in none. */
  kernelOf({ board }: BoardSnapshot): KernelSource | null {
    const own = this.kernels.rootOf(board);
    return own === null
      ? KernelSource.of((board.base ?? board).tree, this.workspace.files)
      : KernelSource.at(own, this.workspace.files);
  }

  /** Runs a request after what is in the pipe: drops it when it was cancelled, or when its document changed meanwhile. */
  async run<T>(clientUri: string | null, token: CancellationToken, work: () => T | Promise<T>): Promise<T> {
    const uri = clientUri === null ? null : this.own(clientUri);
    const before = uri === null ? null : this.version(uri);
    // the connection hands out one message a turn: two turns let the next one in
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    if (uri !== null && this.version(uri) !== before)
      throw new ResponseError(LSPErrorCodes.ContentModified, 'the document changed');
    return this.settled(work);
  }

  /** A handler for requests at a position: `feature(place, offset)`. */
  at<P extends { textDocument: { uri: string }; position: Position }, T>(
    feature: (place: Place, offset: number, params: P) => T | null,
  ): (params: P, token: CancellationToken) => Promise<T | null> {
    return (params, token) =>
      this.run(params.textDocument.uri, token, () => {
        const place = this.place(params.textDocument.uri);
        return place === null ? null : feature(place, offsetAt(place.file, params.position), params);
      });
  }

  /** A handler for requests about a document: `feature(place, params)`. */
  document<P extends { textDocument: { uri: string } }, T>(
    feature: (place: Place, params: P) => T | null,
  ): (params: P, token: CancellationToken) => Promise<T | null> {
    return (params, token) =>
      this.run(params.textDocument.uri, token, () => {
        const place = this.place(params.textDocument.uri);
        return place === null ? null : feature(place, params);
      });
  }
}

/** What work came to: called, it gives the value or throws what was thrown. */
async function attempt<T>(work: () => T | Promise<T>): Promise<() => T> {
  try {
    const value = await work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function offsets(text: string, range: Range, encoding: PositionEncoding): [number, number] {
  // only the lines up to the range are walked
  const at = (line: number, from: number, fromLine: number): number => {
    let offset = from;
    for (let i = fromLine; i < line; i++) {
      const next = text.indexOf('\n', offset);
      if (next < 0) return text.length;
      offset = next + 1;
    }
    return offset;
  };
  const startLine = at(range.start.line, 0, 0);
  const endLine = at(range.end.line, startLine, range.start.line);
  return [
    Math.min(startLine + unitsAt(text, startLine, range.start.character, encoding), text.length),
    Math.min(endLine + unitsAt(text, endLine, range.end.character, encoding), text.length),
  ];
}

/** An engine span's range for the client. */
export function rangeOf(file: SourceFile, start: number, end: number): Range {
  return { start: positionAt(file, start), end: positionAt(file, end) };
}
