/** What L4T's IOMMU drivers reserve for a master (drivers/iommu/of_iommu.c of L4T of Linux 5.10). */
import type { DtNode } from '../../devicetree/model';
import { l4tDirect, l4tReserved } from '../../iommu/vendor-values';
import type { ReservedRegion } from '../contract/iommu-driver';

/** iommu-resv-regions and iommu-direct-regions, in the order of get_resv_regions. */
export function l4tRegions(node: DtNode): ReservedRegion[] {
  return [
    ...(l4tReserved(node) ?? []).map((r) => ({ start: r.address, length: r.size, type: 'reserved' as const })),
    ...l4tDirect(node).map((r) => ({ start: r.address, length: r.size, type: 'direct' as const })),
  ];
}
