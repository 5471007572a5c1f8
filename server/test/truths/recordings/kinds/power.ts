/** Orders of suspend and resume, and the lists behind them. */
import type { Outcome } from '../../../../src/simulator/probe/run';
import { releaseOf } from '../adapter/kernels';
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

export const suspendOrder: FactKind = {
  name: 'suspend_order',
  compare({ file, outcome }, tally) {
    tally.list(this.name, 'suspend', file.suspend_order, ours(outcome, 'suspend'));
  },
};

export const resumeOrder: FactKind = {
  name: 'resume_order',
  compare({ file, outcome }, tally) {
    tally.list(this.name, 'resume', file.resume_order, ours(outcome, 'resume'));
  },
};

export const powerList: FactKind = {
  name: 'dpm_list',
  compare(comparison, tally) {
    const shown = comparison.outcome.events.snapshots.find((s) => s.name === 'lists');
    const known = lists(comparison);
    tally.list(this.name, 'dpm_list', known(comparison.file.dpm_list), known(shown?.powerList ?? []));
  },
};

export const shutdownList: FactKind = {
  name: 'devices_kset',
  compare(comparison, tally) {
    const shown = comparison.outcome.events.snapshots.find((s) => s.name === 'lists');
    const known = lists(comparison);
    tally.list(this.name, 'devices_kset', known(comparison.file.devices_kset), known(shown?.shutdownList ?? []));
  },
};
