/** What `kernel/` promises everybody: which kernel runs, as questions that can be asked of it. */
import type { KernelModel } from '../kernel/model';
import type { Architecture, KernelParameter, KernelSymbol } from '../kernel/names';

/** Which kernel runs: version, config, command line, page size. Made by `kernel/`. */
export interface KernelView {
  readonly version: string;
  /** What this version does differently (kernel/model.ts): branch on these flags, never on `version`. */
  readonly model: KernelModel;
  readonly arch: Architecture;
  /** CPU page size in bytes. */
  readonly pageSize: number;
  /** Raw value of a CONFIG symbol (`y`, `m`, a number or string), or null when not set. */
  config(symbol: KernelSymbol): string | null;
  /** The last value of a command-line parameter (`iommu.strict`), `""` for a bare word, or null. Dashes equal underscores. */
  param(name: KernelParameter): string | null;
}
