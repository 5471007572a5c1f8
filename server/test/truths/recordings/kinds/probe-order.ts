import { isFirst, releaseOf } from '../adapter/kernels';
import type { FactKind } from './kind';

/** Calls of the rig's own probe functions, in order. */
export const probeOrder: FactKind = {
  name: 'probe_order',
  incomplete: true,
  compare({ file, outcome, racing }, tally) {
    const recorded = file.probe_order.map((p) => [p.name, p.driver, p.attempt]);
    // The 3.19 rig counts the attempts of a node, whose device may have been made anew.
    const first = isFirst(releaseOf(file));
    const seen = new Map<string, number>();
    const again = (name: string): number => {
      const n = (seen.get(name) ?? 0) + 1;
      seen.set(name, n);
      return n;
    };
    const predicted = outcome.machine.core.log
      .filter((e) => e.event === 'driver-probe' && /^oracle-(?!pci|edu)/.test(String(e.detail.driver)))
      .map((e) => [e.device?.name, e.detail.driver, first ? again(e.device?.name ?? '') : e.detail.attempt]);
    if (racing) tally.raced(this.name, 'call', recorded, predicted);
    else tally.list(this.name, 'call', recorded, predicted);
  },
};
