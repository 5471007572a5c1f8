import type { DtNode } from '../../../../src/devicetree/model';
import type { FactKind } from './kind';

/** "Fixed dependency cycle(s) with": consumer and supplier, in order. */
export const cycles: FactKind = {
  name: 'cycles',
  incomplete: true,
  compare({ file, outcome, racing }, tally) {
    const recorded = file.events.filter((e) => e.kind === 'cycle-fixed').map((e) => [e.device, e.detail]);
    const predicted = outcome.machine.core.log
      .filter((e) => e.event === 'cycle')
      .map((e) => [(e.detail.consumer as DtNode).path, (e.detail.supplier as DtNode).path]);
    if (racing) tally.raced(this.name, 'cycle', recorded, predicted);
    else tally.list(this.name, 'cycle', recorded, predicted);
  },
};
