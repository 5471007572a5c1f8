import type { FactKind } from './kind';

/** Calls of the rig's own probe functions, in order. */
export const probeOrder: FactKind = {
  name: 'probe_order',
  incomplete: true,
  compare({ file, outcome, racing }, tally) {
    const recorded = file.probe_order.map((p) => [p.name, p.driver, p.attempt]);
    const predicted = outcome.machine.core.log
      .filter((e) => e.event === 'driver-probe' && /^oracle-(?!pci|edu)/.test(String(e.detail.driver)))
      .map((e) => [e.device?.name, e.detail.driver, e.detail.attempt]);
    if (racing) tally.raced(this.name, 'call', recorded, predicted);
    else tally.list(this.name, 'call', recorded, predicted);
  },
};
