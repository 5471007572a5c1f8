/** The capacity of an IOMMU in the report: what was stated, what was assumed. */
import type { Capacity } from '../../iommu/capacity';
import type { ReportCapacity } from '../report';

/** Wide values become "0x…" text. */
export function reportCapacity(list: readonly Capacity[]): ReportCapacity[] {
  return list.map(({ name, value, assumed, source }) => ({
    name,
    value: typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
    assumed,
    source,
  }));
}
