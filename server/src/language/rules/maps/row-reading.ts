/** How the kernel that a board boots cuts iommu-map into rows. */
import type { RowReading } from '../../../iommu/map';
import { modelFor } from '../../../simulator/kernel/rules';

/** The reading of a kernel model (`6.12`). */
export function readingOf(kernel: string): RowReading {
  return modelFor(kernel)?.mapRows ?? 'by-cells';
}
