/** One change of one flag, shown by a boot. */
import type { KernelFlags } from '../../src/simulator/kernel/model';
import type { KernelVersion } from '../../src/simulator/kernel/versions';
import type { SimulationReport } from '../../src/simulator/report';
import type { RigOptions, RigResult } from '../helpers/rig';

export interface Row {
  readonly flag: keyof KernelFlags;
  readonly from: KernelVersion;
  readonly to: KernelVersion;
  readonly soc: string;
  readonly options?: RigOptions;
  readonly see: (report: SimulationReport, result: RigResult) => unknown;
  /** What is seen in `from`, in `to`, and in `to` with the flag of `from`. */
  readonly expect: readonly [from: unknown, to: unknown, alone: unknown];
  /** The third value is seen in `from` with the flag of `to`: in `to` another rule makes the flag idle. */
  readonly inFrom?: true;
}
