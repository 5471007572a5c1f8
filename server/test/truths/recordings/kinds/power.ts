/** Orders of suspend and resume, and the lists behind them. */
import type { Outcome } from '../../../../src/simulator/probe/run';
import type { FactKind } from './kind';

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
  compare({ file, outcome }, tally) {
    const lists = outcome.events.snapshots.find((s) => s.name === 'lists');
    tally.list(this.name, 'dpm_list', file.dpm_list, lists?.powerList ?? []);
  },
};

export const shutdownList: FactKind = {
  name: 'devices_kset',
  compare({ file, outcome }, tally) {
    const lists = outcome.events.snapshots.find((s) => s.name === 'lists');
    tally.list(this.name, 'devices_kset', file.devices_kset, lists?.shutdownList ?? []);
  },
};
