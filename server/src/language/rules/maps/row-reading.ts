/** How the kernel that a board boots cuts iommu-map into rows. */
import type { RowReading } from '../../../iommu/map';
import { modelFor } from '../../../simulator/kernel/rules';
import type { SimulationReport } from '../../../simulator/report';

/** The reading of the simulated kernel; of the newest when nothing was simulated. */
export function readingOf(report: SimulationReport | null): RowReading {
  return (report === null ? null : modelFor(report.kernel))?.mapRows ?? 'by-cells';
}
