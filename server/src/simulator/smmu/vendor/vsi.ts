/** Verisilicon IOMMU (drivers/iommu/vsi-iommu.c, Linux 7.1 on): one group an instance, 32-bit IOVAs, 4K pages. */

import { interruptCount, registerRanges } from '../../../iommu/nodes';
import { EINVAL, ENOMEM, ENXIO } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { vsiTable } from '../tables/formats';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

/** The status bit of a page fault among those that the handler reads (VSI_MMU_IRQ_MASK). */
const PAGE_FAULT = 1;

/** vsi_iommu_probe(). */
export const probeVsi: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null) return { error: EINVAL };
  if (registerRanges(node).length === 0) return { error: ENOMEM };
  if (interruptCount(node) === 0) return { error: ENXIO };
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'vsi-iommu',
    model: 'vsi-iommu',
    sysfsName: device.name,
    pageSizes: 0x1000n,
    // aperture_end is DMA_BIT_MASK(32)
    table: (state) => vsiTable(state.tables),
    group: 'instance',
    // vsi_iommu_of_xlate() adds one ID whatever #iommu-cells says; its binding has none, so it is what the list's memory holds.
    xlate: (_master, cells) => [cells[0] ?? 0],
    link: ['stateless', 'pm-runtime'],
    faultLines: () => [`unexpected int_status=${PAGE_FAULT.toString(16).padStart(8, '0')}`],
  });
  return { error: 0, instance };
};
