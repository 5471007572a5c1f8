/** One board at one moment: immutable, everything derived from it made once and only when asked for. */
import type { BuildResult } from '../devicetree/build';
import type { DeviceTree, Problem } from '../devicetree/model';
import { type IommuView, iommuView } from '../iommu/view';
import { driversFor, type KernelCatalogue } from '../simulator/kernel/catalogue';
import { chooseKernel } from '../simulator/kernel/choice';
import type { SimulationReport } from '../simulator/report';
import type { SimulateOptions } from '../simulator/simulate';
import type { SourceFile } from '../source/file';
import type { Severities } from './project';
import type { SourceTree } from './trees';

const NO_SEVERITIES: Severities = {};

/** A board file and the source tree it belongs to. */
export interface Board {
  readonly uri: string;
  readonly path: string;
  /** The file name without its extension; of an overlay with its base, `overlay on base`. */
  readonly name: string;
  readonly tree: SourceTree;
  /** An overlay's: the board it is applied to, after these overlays (absolute paths). Its tree is the result. */
  readonly base?: Board;
  readonly before?: readonly string[];
  /** Of Zephyr: the overlay's text is added to the base's, not applied to its tree; without a base it stands for itself. */
  readonly appended?: boolean;
}

/** Boots a tree on paper, on request once for every strategy; throws nothing. Null when it cannot be simulated. */
export interface Simulate {
  (tree: DeviceTree, board: Board, strategies: boolean): SimulationReport | null;
  /** Whether somebody stated the kernel's configuration for this board; else an architecture's default is assumed. */
  readonly configGiven?: (board: Board) => boolean;
  /** The same with another kernel model. */
  readonly on?: (kernel: string) => Simulate;
  /** The kernel that boots, and who chose it: `7.3 (the tree's)`. */
  readonly kernel?: (board: Board) => string;
  /** The kernel model that boots, known without booting. */
  readonly model?: (board: Board) => string;
  /** What a project file says of the severities of rules on this board. */
  readonly severity?: (board: Board) => Severities;
  /** The drivers of a kernel of the user's own for this board; null: there are none (yet). */
  readonly drivers?: (board: Board) => KernelCatalogue | null;
  /** The kernel's configuration for a tree: a symbol to its value, null when it is not set. */
  readonly config?: (tree: DeviceTree, board: Board) => (symbol: string) => string | null;
  /**
   * The scenario that counts for this board, whether it could be read, and whether somebody named it; unread and unnamed:
   * where one would stand.
   */
  readonly scenario?: (board: Board) => { readonly path: string; readonly read: boolean; readonly stated: boolean };
  /** What a boot of this board is made with. */
  readonly options?: (board: Board) => SimulateOptions;
}

export class BoardSnapshot {
  private madeView: IommuView | null = null;
  private byUri: Map<string, SourceFile> | null = null;
  private madeFullReport: SimulationReport | null | undefined;
  private madeReport: SimulationReport | null | undefined;

  constructor(
    readonly board: Board,
    /** Grows with every rebuild of this board. */
    readonly version: number,
    readonly result: BuildResult,
    private readonly simulate: Simulate,
  ) {}

  get tree(): DeviceTree {
    return this.result.tree;
  }

  get problems(): readonly Problem[] {
    return this.result.problems;
  }

  /** Where constants of missing includes are used. */
  get unknown(): BuildResult['unknown'] {
    return this.result.unknown;
  }

  get view(): IommuView {
    this.madeView ??= iommuView(this.tree);
    return this.madeView;
  }

  /** The simulated boot; null when it cannot be simulated. */
  get report(): SimulationReport | null {
    if (this.madeReport === undefined) this.madeReport = this.simulate(this.tree, this.board, false);
    return this.madeReport;
  }

  /** The severities that a project file gives the rules on this board. */
  get severity(): Severities {
    return this.simulate.severity?.(this.board) ?? NO_SEVERITIES;
  }

  /** The kernel model that boots this board, whether it is booted or not. */
  get kernel(): string {
    return (
      this.madeReport?.kernel ??
      this.simulate.model?.(this.board) ??
      chooseKernel({ tree: this.board.tree.release }).model
    );
  }

  /** The drivers of the kernel that this board boots. */
  get drivers(): KernelCatalogue {
    const own = this.simulate.drivers?.(this.board) ?? null;
    const release = own?.origin?.named === true ? own.kernel : (this.board.tree.release ?? own?.kernel);
    return driversFor(this.report?.kernel ?? chooseKernel({ tree: release }).model, own);
  }

  /**
   * Whether the drivers are those of the kernel that boots this board: of its own tree, nothing of it missing. A kernel that
   * lies beside a vendor's devicetrees leaves drivers to modules that are built outside, and other boards to other kernels.
   */
  get kernelKnown(): boolean {
    const { drivers } = this;
    if (drivers.origin?.named === false && drivers.origin.path === this.board.tree.kernel) return false;
    return drivers.origin?.whole ?? drivers.kernel === this.board.tree.release;
  }

  /** The report of a boot with another kernel model; null where the board cannot be simulated so. */
  reportOn(kernel: string): SimulationReport | null {
    return this.simulate.on?.(kernel)(this.tree, this.board, false) ?? null;
  }

  /** Whether the kernel's configuration was stated, not assumed. */
  get configGiven(): boolean {
    return this.simulate.configGiven?.(this.board) ?? false;
  }

  /** What the kernel's configuration says of a symbol (`y`, `m`, null for not set); undefined when nobody boots this board. */
  config(symbol: string): string | null | undefined {
    return this.simulate.config?.(this.tree, this.board)(symbol);
  }

  /** What boots of this board are made with: for one under another kernel. */
  get options(): SimulateOptions {
    return this.simulate.options?.(this.board) ?? { board: this.board.name };
  }

  /** The report with all strategies compared; costs a second boot. */
  get fullReport(): SimulationReport | null {
    if (this.madeFullReport === undefined) this.madeFullReport = this.simulate(this.tree, this.board, true);
    return this.madeFullReport;
  }

  /** The version of a file that this board was built from, by the URI of the real file; null when it is no part of it. */
  file(uri: string): SourceFile | null {
    if (this.byUri === null) {
      // an include through a symbolic link is known by the link's name
      this.byUri = new Map(this.result.files);
      for (const file of this.result.files.values()) this.byUri.set(file.uri, file);
    }
    return this.byUri.get(uri) ?? null;
  }
}
