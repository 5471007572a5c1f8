import { isFirst, releaseOf } from '../adapter/kernels';
import type { FactKind } from './kind';

/** Every attempt of a driver on a device with the number that initcall_debug printed, in the order in which they ended. */
export const attempts: FactKind = {
  name: 'attempts',
  incomplete: true,
  compare({ file, outcome, racing }, tally) {
    // 3.19 prints no number when a probe returns.
    if (isFirst(releaseOf(file))) return;
    const matched = new Map<string, string>();
    const recorded: unknown[] = [];
    for (const event of file.events) {
      const name = event.name ?? event.device ?? '';
      if (event.kind === 'match') matched.set(name, event.detail ?? '');
      if (event.kind === 'probe-return') recorded.push([name, matched.get(name) ?? null, Number(event.detail)]);
    }
    const predicted = outcome.machine.core.log
      .filter((e) => e.event === 'attempt')
      .map((e) => [e.device?.name, e.detail.driver, e.detail.result]);
    // How often a device is put off before its suppliers are there depends on who comes first.
    if (racing) tally.raced(this.name, 'attempt', recorded, predicted, (row) => (row as unknown[])[2] === -517);
    else tally.list(this.name, 'attempt', recorded, predicted);
  },
};
