/** What the strategies view shows: every master under each of the six strategies. */
import type { SimulationReport, StrategyId, StrategyMaster } from '../../../server/src/simulator/report';

/** The strategies in a few words each. */
export const strategyNames: Readonly<Record<StrategyId, { title: string; about: string }>> = {
  S1: { title: 'Early registration', about: 'IOMMU_OF_DECLARE: set up before any device exists (Linux 3.19 to 4.11)' },
  S2: {
    title: 'Explicit only',
    about: 'An ordinary driver without of_xlate: nothing attaches by itself (Tegra, 3.19)',
  },
  S3: { title: 'Initcall order', about: 'As S2, and the IOMMU driver registers at an earlier initcall level' },
  S4: { title: 'Attach and defer', about: 'Drivers call iommu_attach() and retry when it says -EPROBE_DEFER' },
  S5: { title: 'Core defers', about: 'The core attaches just before probe and defers until the IOMMU is there (4.12)' },
  S6: {
    title: 'Device links',
    about: 'As S5, and fw_devlink holds a master back until its suppliers are bound (5.13)',
  },
};

export interface StrategyRow {
  readonly device: string;
  readonly cells: readonly (StrategyMaster | null)[];
}

export interface StrategyTable {
  readonly ids: readonly StrategyId[];
  readonly rows: readonly StrategyRow[];
}

/** Rows in the order of the first strategy that names a master. */
export function strategyTable(report: SimulationReport): StrategyTable {
  const ids = report.strategies.map((strategy) => strategy.id);
  const rows = new Map<string, (StrategyMaster | null)[]>();
  report.strategies.forEach((strategy, column) => {
    for (const master of strategy.masters) {
      const cells = rows.get(master.device) ?? ids.map(() => null);
      cells[column] = master;
      rows.set(master.device, cells);
    }
  });
  return { ids, rows: [...rows].map(([device, cells]) => ({ device, cells })) };
}

export type Verdict = 'good' | 'care' | 'bad';

/**
 * One cell in two words and a colour: bound with a translation in time is good; whatever the driver has to do or to
 * wait for needs care; a teardown, and a device that never comes up, is bad.
 */
export function verdict(master: StrategyMaster): { verdict: Verdict; text: string } {
  if (master.binds === false) return { verdict: 'bad', text: 'never binds' };
  if (master.mustTearDown) return { verdict: 'bad', text: 'tear down' };
  if (master.attachedBy === 'nobody') return { verdict: 'care', text: 'no IOMMU' };
  if (master.attachedBy === 'driver') return { verdict: 'care', text: 'own attach' };
  if (!master.suspendOrderSafe) return { verdict: 'care', text: 'suspend order' };
  if (master.deferrals > 0)
    return { verdict: 'care', text: master.deferrals === 1 ? 'defers once' : `defers ${master.deferrals}×` };
  return { verdict: 'good', text: 'translated' };
}
