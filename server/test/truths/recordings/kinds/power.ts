/** Orders of suspend and resume, and the lists behind them. */
import type { Outcome } from '../../../../src/simulator/probe/run';
import { isFirst, releaseOf } from '../adapter/kernels';
import { lateDevices } from '../racing';
import type { Tally } from '../tally';
import type { Comparison, FactKind } from './kind';

/**
 * The software IOMMU of the rig's Linux 6.1 leaves its class device behind when its registration fails (that set's
 * DIFFERENCES.md, "Noise of the rig"): such a device is no fact where its IOMMU is not bound.
 */
function lists({ file }: Comparison): (names: readonly string[]) => readonly string[] {
  const release = releaseOf(file);
  if (release === 0 || release >= 6002) return (names) => names;
  const bound = new Set(
    Object.values(file.dumps).flatMap((dump) => dump.bound.flatMap((b) => (b.driver === null ? [] : [b.device]))),
  );
  return (names) => names.filter((name) => !name.startsWith('oiommu.') || bound.has(name.slice('oiommu.'.length)));
}

/** The rig's drivers are the ones whose callbacks were recorded. */
function ours(outcome: Outcome, event: 'suspend' | 'resume'): (string | undefined)[] {
  return outcome.machine.core.log
    .filter((e) => e.event === event && String(e.detail.driver).startsWith('oracle-'))
    .map((e) => e.device?.name);
}

/** The order of one phase of sleep; in a race without devices that were late when the machine went to sleep. */
function compareOrder(
  { file, outcome, racing }: Comparison,
  tally: Tally,
  kind: string,
  event: 'suspend' | 'resume',
  recorded: readonly string[],
): void {
  const predicted = ours(outcome, event);
  if (!racing) {
    tally.list(kind, event, recorded, predicted);
    return;
  }
  const before = ['after-wait', 'boot'].find((name) => file.dumps[name] !== undefined);
  const dump = file.dumps[before ?? ''];
  const snapshot = outcome.events.snapshots.find((s) => s.name === before);
  const isLate = dump === undefined || snapshot === undefined ? () => false : lateDevices(racing, dump, snapshot);
  const known = (list: readonly (string | undefined)[]): unknown[] => list.filter((name) => !isLate(name ?? ''));
  tally.raced(kind, event, known(recorded), known(predicted));
}

export const suspendOrder: FactKind = {
  name: 'suspend_order',
  compare(comparison, tally) {
    // A 3.19 build without suspend refuses to.
    if (isFirst(releaseOf(comparison.file)) && comparison.file.suspended !== true) return;
    compareOrder(comparison, tally, this.name, 'suspend', comparison.file.suspend_order);
  },
};

export const resumeOrder: FactKind = {
  name: 'resume_order',
  compare(comparison, tally) {
    // A 3.19 build without suspend refuses to.
    if (isFirst(releaseOf(comparison.file)) && comparison.file.suspended !== true) return;
    compareOrder(comparison, tally, this.name, 'resume', comparison.file.resume_order);
  },
};

export const powerList: FactKind = {
  name: 'dpm_list',
  compare(comparison, tally) {
    const shown = comparison.outcome.events.snapshots.find((s) => s.name === 'lists');
    const known = lists(comparison);
    (comparison.racing ? tally.raced : tally.list).call(
      tally,
      this.name,
      'dpm_list',
      known(comparison.file.dpm_list),
      known(shown?.powerList ?? []),
    );
  },
};

export const shutdownList: FactKind = {
  name: 'devices_kset',
  compare(comparison, tally) {
    const shown = comparison.outcome.events.snapshots.find((s) => s.name === 'lists');
    const known = lists(comparison);
    (comparison.racing ? tally.raced : tally.list).call(
      tally,
      this.name,
      'devices_kset',
      known(comparison.file.devices_kset),
      known(shown?.shutdownList ?? []),
    );
  },
};
