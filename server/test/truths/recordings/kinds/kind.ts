import type { DeviceTree } from '../../../../src/devicetree/model';
import type { Outcome } from '../../../../src/simulator/probe/run';
import type { Recording, RecordingFile } from '../recording';
import type { Tally } from '../tally';

/** One recording with what was predicted for it. */
export interface Comparison {
  readonly recording: Recording;
  readonly file: RecordingFile;
  readonly tree: DeviceTree;
  readonly outcome: Outcome;
  /** Whether probes of this boot raced (racing.ts): orders are then compared as what no order changes. */
  readonly racing: boolean;
  /** Kernel device name -> what the recording calls it: the node path, else the name. */
  readonly pathOf: (name: string) => string;
}

/** One kind of fact: how it is read from a recording and from a simulation. One file a kind, listed in index.ts. */
export interface FactKind {
  readonly name: string;
  /** Whether a recording that ends in the kernel's own panic still has it. */
  readonly incomplete?: boolean;
  compare(comparison: Comparison, tally: Tally): void;
}
