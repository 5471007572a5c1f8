import type { FactKind } from './kind';

/** Whether the boot came to its end, or stopped in the kernel's own BUG or panic. */
export const complete: FactKind = {
  name: 'complete',
  incomplete: true,
  compare({ file, outcome }, tally) {
    tally.fact(this.name, outcome.reason ?? 'complete', file.complete, outcome.complete);
  },
};
