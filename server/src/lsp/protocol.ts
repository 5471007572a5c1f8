/**
 * What the client, the panel and the server say to each other beyond the Language Server Protocol.
 * Plain data and names only: the client imports this file, so it must not import the engine.
 * URIs are strings as the editor writes them; positions count from 0 as in the Language Server Protocol.
 */
import type { LogResult } from '../bootlog/explain/result';
import type { SimulationReport } from '../simulator/report';

/** A board file (.dts, .dtso or .dtb) through which a file is looked at. */
export interface BoardInfo {
  readonly uri: string;
  /** A short name for people: the file name without its extension, of an overlay with its base (`overlay on base`). */
  readonly name: string;
  /** The board that this overlay is put on. */
  readonly base?: string;
  /** The tree kind whose include folders are used. */
  readonly tree: 'linux' | 'u-boot' | 'barebox' | 'rebasing' | 'zephyr' | 'op-tee' | 'tf-a' | 'vendor' | 'folder';
  /** The root of that tree as a URI. */
  readonly root: string;
  /** The kernel that boots it, and who says so: `7.3 (the tree's)`. */
  readonly kernel: string;
  /** Whose drivers it boots with, where these are of a kernel tree: `drivers of /src/linux (Linux 5.15.104)`. */
  readonly drivers?: string;
}

/** `smmuScope/simulate`: boots the board of a file on paper. Takes a work-done token; cancellable. */
export interface SimulateParams {
  /** Any file of the board: the board itself, or an include of it. */
  readonly textDocument: { readonly uri: string };
  /** A `*.smmu.json`; default: `<board>.smmu.json` beside the board when it exists. */
  readonly scenario?: string;
  readonly workDoneToken?: string | number;
}

export interface SimulateResult {
  readonly board: BoardInfo;
  /** Grows with every change of the board's sources; equal numbers mean an equal report. */
  readonly version: number;
  readonly report: SimulationReport;
  /** Wall-clock milliseconds the simulation took. */
  readonly milliseconds: number;
}

/** `smmuScope/activeBoard` and `smmuScope/boards`: the board of a file, all boards that include it. */
export interface BoardParams {
  readonly textDocument: { readonly uri: string };
}

/** `smmuScope/configs`: the kernel configurations that stand in the tree of a file's board, the likely ones first. */
export interface ConfigsResult {
  /** The tree's folder, as a path. */
  readonly root: string;
  /** `value` is what the setting `smmuScope.config` takes. */
  readonly configs: readonly { readonly label: string; readonly value: string; readonly likely: boolean }[];
}

/** `smmuScope/selectBoard`: look at a file (and all includes of that board) through this board from now on; put an overlay on it. */
export interface SelectBoardParams {
  readonly textDocument: { readonly uri: string };
  /** The board's URI, or null to go back to the automatic choice. */
  readonly board: string | null;
}

/** `smmuScope/locate`: where a device is written. `device` is a node path as reports use it. */
export interface LocateParams {
  readonly board: string;
  readonly device: string;
  /** A property of that node, to go to its statement instead of the node's name. */
  readonly property?: string;
}

export interface Place {
  readonly uri: string;
  readonly range: {
    readonly start: { readonly line: number; readonly character: number };
    readonly end: { readonly line: number; readonly character: number };
  };
}

/** `smmuScope/boardChanged` (server to client): the board shown for a file, its sources, or what it boots on, changed. */
export interface BoardChangedParams {
  /** An open document, or a file whose board was simulated lately. */
  readonly uri: string;
  readonly board: BoardInfo | null;
  readonly version: number;
}

/** `smmuScope/blobText` (BoardParams of a .dtb or .dtbo): the blob printed as source; null when it is no blob. */
export interface BlobTextResult {
  readonly text: string;
}

/** `smmuScope/mergedText`: the board of a file as one source text. */
export interface MergedTextParams extends BoardParams {
  /** A place in the document: the answer says where its node is in the text. */
  readonly position?: { readonly line: number; readonly character: number };
}

export interface MergedTextResult {
  readonly board: BoardInfo;
  readonly text: string;
  /** The line (from 0) of the node at the position, null without one. */
  readonly line: number | null;
}

/** `smmuScope/explainLog`: what a boot log says, matched against a board. Takes a work-done token; cancellable. */
export interface ExplainLogParams {
  /** The log's text, or the path of its file (any size, gzip, xz or zstd too). */
  readonly log: { readonly text: string } | { readonly path: string };
  /** Any file of the board; null: the log is read without one, or with the tree that it holds. */
  readonly textDocument: { readonly uri: string } | null;
  readonly workDoneToken?: string | number;
}

/** What a log says; places are those of the board's sources. */
export interface ExplainLogResult extends LogResult<Place> {
  readonly board: BoardInfo | null;
  /** The whole explanation as text, as the command line prints it. */
  readonly text: string;
}

/** `smmuScope/simulateOn`: the report of the board of a file on another kernel model (`6.1`), without strategies. */
export interface SimulateOnParams extends BoardParams {
  readonly kernel: string;
}

/** `smmuScope/compareKernels`: what these kernels, oldest first, make of the board; as `simulate --kernel A,B` prints. */
export interface CompareKernelsParams extends BoardParams {
  readonly kernels: readonly string[];
}

/** `smmuScope/translate`: one access of a booted board, step by step; as `translate --format json` prints. */
export interface TranslateParams extends BoardParams {
  /** A node by path or label, or `PROVIDER:ID`. */
  readonly by: { readonly master: string } | { readonly stream: string };
  /** `0x…` or decimal. */
  readonly iova: string;
  readonly write: boolean;
}

/** What `smmu-scope translate --format json` prints, and of it what stays. */
export interface TranslateResult {
  readonly iova: string;
  readonly master: string | null;
  readonly provider: string | null;
  readonly stream: string | null;
  readonly group: number | null;
  readonly result: 'translated' | 'untranslated' | 'fault' | 'aborted';
  readonly reason: string | null;
  readonly phys: string | null;
  readonly fault: string | null;
  readonly messages: readonly string[];
  readonly [more: string]: unknown;
}

/** `smmuScope/files`, from the server to a client that reads for it: listings and contents, by URI. */
export interface FilesParams {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** As asked for, in order; null where there is no such folder, or no file that can be read. Contents are base64. */
export interface FilesResult {
  readonly folders: readonly (readonly { readonly name: string; readonly folder: boolean }[] | null)[];
  readonly files: readonly (string | null)[];
}

/** `smmuScope/setup` (BoardParams): what the board's boot rests on. `smmuScope/reportPage` (BoardParams): the report as HTML. */
export interface SetupResult {
  /** The models there are, oldest first. */
  readonly kernels: readonly string[];
  /** The settings; empty where none is set. */
  readonly kernel: string;
  readonly cmdline: string;
  readonly config: string;
  /** The path of the scenario that counts for the board; where there is none, of the one that would. */
  readonly scenario: string;
  readonly scenarioExists: boolean;
  /** `smmuScope.scenarios` names it. */
  readonly scenarioChosen: boolean;
}

/** `smmuScope/overlays`: the overlays that are on the board of a file, and those that could be. */
export interface OverlaysResult {
  readonly board: BoardInfo;
  /** URIs, in the order in which they are put on. */
  readonly chosen: readonly string[];
  readonly possible: readonly string[];
}

/** `smmuScope/selectOverlays`: puts overlays on the board of a file, in this order; null: what smmu-scope.json says. */
export interface SelectOverlaysParams extends BoardParams {
  readonly overlays: readonly string[] | null;
}

/** Which view of the panel a lens or a link opens. */
export type PanelView = 'iova' | 'chains' | 'timeline' | 'groups' | 'strategies';

/** The one argument of the command `smmuScope.reveal`, which code lenses and hover links carry: open the panel there. */
export interface RevealArguments {
  /** Any file of the board. */
  readonly uri: string;
  readonly view: PanelView;
  /** The node path to show. */
  readonly device?: string;
}

/** The one argument of the command `smmuScope.ignore`: where the comment goes, and for which rule. */
export interface IgnoreArguments {
  readonly uri: string;
  /** The line (from 0) above which the comment goes, and its indent. */
  readonly line: number;
  readonly indent: string;
  /** `cell-count`. */
  readonly rule: string;
}

/** Method names of the custom requests and notifications. */
export const methods = {
  simulate: 'smmuScope/simulate',
  activeBoard: 'smmuScope/activeBoard',
  boards: 'smmuScope/boards',
  configs: 'smmuScope/configs',
  selectBoard: 'smmuScope/selectBoard',
  locate: 'smmuScope/locate',
  blobText: 'smmuScope/blobText',
  mergedText: 'smmuScope/mergedText',
  explainLog: 'smmuScope/explainLog',
  overlays: 'smmuScope/overlays',
  selectOverlays: 'smmuScope/selectOverlays',
  boardChanged: 'smmuScope/boardChanged',
  simulateOn: 'smmuScope/simulateOn',
  compareKernels: 'smmuScope/compareKernels',
  translate: 'smmuScope/translate',
  setup: 'smmuScope/setup',
  reportPage: 'smmuScope/reportPage',
  files: 'smmuScope/files',
} as const;

/** Commands the client registers; the server names them in lenses and links. */
export const commands = {
  reveal: 'smmuScope.reveal',
  chooseIncludeFolder: 'smmuScope.chooseIncludeFolder',
  /** Asks for the reason of an ignored finding, and writes the comment; IgnoreArguments. */
  ignore: 'smmuScope.ignore',
} as const;

/** Argument of `smmuScope.chooseIncludeFolder`: the board (or another file) whose includes are missing. */
export interface ChooseFolderArguments {
  readonly uri: string;
}

/** The settings section `smmuScope` as the server reads it (workspace/configuration). */
export interface Settings {
  /** Kernel model, for example `6.12`; empty: the scenario's, else the newest that recordings verify. */
  readonly kernel: string;
  /** Kernels whose findings are shown too, as information where the active kernel has none. */
  readonly kernels: readonly string[];
  /** Kernel command line for simulations. */
  readonly cmdline: string;
  /** Path of a kernel .config, or empty. */
  readonly config: string;
  /** A kernel tree whose drivers count, absolute or relative to the first folder; empty: the one around the board or in the workspace; `none`. */
  readonly kernelSource: string;
  /** Folders of modules that are built outside that tree. */
  readonly kernelModules: readonly string[];
  /** Additional include folders, absolute or relative to the workspace folder. */
  readonly includePaths: readonly string[];
  /** Macros as `NAME` or `NAME=VALUE`. */
  readonly defines: readonly string[];
  /** A board (file name, or the end of its path) to its scenario, absolute or relative to the board or the workspace folder. */
  readonly scenarios: Readonly<Record<string, string>>;
  /** An overlay (file name, or the end of its path) to the board it is put on; without one a Makefile decides. */
  readonly overlayBases: Readonly<Record<string, string>>;
  /** A rule's code (`smmu/unknown-label`) to `error | warning | information | hint | off`. */
  readonly severity: Readonly<Record<string, 'error' | 'warning' | 'information' | 'hint' | 'off'>>;
  /** Features that are not about IOMMUs: `auto`, unless the client says that another devicetree server is there. */
  readonly general: 'auto' | 'always' | 'never';
  readonly codeLens: boolean;
  readonly inlayHints: boolean;
}

/** What a client may say at initialization: settings, and how it opens the page of a rule. */
export interface InitializationOptions extends Partial<Settings> {
  /** Whether the client has the command `smmuScope.chooseIncludeFolder`: then a quick fix for missing includes names it. */
  readonly choosesFolders?: boolean;
  /** The commands of `commands` that the client has; lenses, hovers and fixes name no other. */
  readonly commands?: readonly string[];
  /** Another devicetree server works on the same files. */
  readonly otherServer?: boolean;
  /** The client wants findings sent, although it could ask for them: they come sooner. */
  readonly pushDiagnostics?: boolean;
  /** A URI with `{code}` for the rule's name (`cell-count`); without it, the page's file. */
  readonly rulePages?: string;
}

export const defaultSettings: Settings = {
  kernel: '',
  kernels: [],
  cmdline: '',
  config: '',
  kernelSource: '',
  kernelModules: [],
  includePaths: [],
  defines: [],
  scenarios: {},
  overlayBases: {},
  severity: {},
  general: 'auto',
  codeLens: true,
  inlayHints: true,
};
