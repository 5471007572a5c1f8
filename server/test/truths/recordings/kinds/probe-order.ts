import { isFirst, releaseOf } from '../adapter/kernels';
import type { FactKind } from './kind';

/** Calls of the rig's own probe functions, in order. */
export const probeOrder: FactKind = {
  name: 'probe_order',
  incomplete: true,
  compare({ file, outcome }, tally) {
    // The 3.19 rig counts by node: a device that is made again goes on with the number of the one before it.
    const counts = new Map<string, number>();
    const counted = (ref: string): number => {
      const n = (counts.get(ref) ?? 0) + 1;
      counts.set(ref, n);
      return n;
    };
    const first = isFirst(releaseOf(file));
    const recorded = file.probe_order.map((p) => [p.name, p.driver, p.attempt]);
    const predicted = outcome.machine.core.log
      .filter((e) => e.event === 'driver-probe' && /^oracle-(?!pci|edu)/.test(String(e.detail.driver)))
      .map((e) => [e.device?.name, e.detail.driver, first ? counted(e.device?.ref ?? '') : e.detail.attempt]);
    tally.list(this.name, 'call', recorded, predicted);
  },
};
