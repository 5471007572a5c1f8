/** What the power view shows: the order of suspend and resume, and the pairs that the engine says are safe or not. */
import type { ReportPowerPair, SimulationReport } from '../../../server/src/simulator/report';

export interface PowerRow {
  readonly device: string;
  /** From 1, in the order of suspend. */
  readonly suspend: number;
  readonly iommu: boolean;
  /** The pairs of the report that it is a part of. */
  readonly pairs: readonly ReportPowerPair[];
}

/** Rows in the order of suspend. @param concerned only IOMMUs and their masters */
export function powerRows(report: SimulationReport, concerned: boolean): PowerRow[] {
  const byDevice = new Map<string, ReportPowerPair[]>();
  const iommus = new Set<string>();
  for (const pair of report.power.pairs ?? []) {
    iommus.add(pair.iommu);
    for (const device of [pair.master, pair.iommu]) {
      const list = byDevice.get(device);
      if (list === undefined) byDevice.set(device, [pair]);
      else list.push(pair);
    }
  }
  return report.power.suspend
    .map((device, i) => ({ device, suspend: i + 1, iommu: iommus.has(device), pairs: byDevice.get(device) ?? [] }))
    .filter(({ pairs }) => !concerned || pairs.length > 0);
}

export const unsafePairs = (report: SimulationReport): ReportPowerPair[] =>
  (report.power.pairs ?? []).filter(({ safe }) => !safe);
