/** Allwinner IOMMU (drivers/iommu/sun50i-iommu.c): one group an instance, 4K pages, master numbers as IDs. */

import { interruptCount, registerRanges } from '../../../iommu/nodes';
import { EINVAL } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { sun50iTable } from '../tables/formats';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

/** sun50i_iommu_probe(). */
export const probeSun50i: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0 || interruptCount(node) === 0) return { error: EINVAL };
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'sun50i-iommu',
    model: 'sun50i-iommu',
    sysfsName: device.name,
    pageSizes: 0x1000n,
    table: (state) => sun50iTable(state.tables),
    group: 'instance',
    xlate: (_device, cells) => [cells[0] ?? 0],
    faultLines: ({ iova, write, stream, fault }) => {
      // The direction is known for permission faults only; a missing page is reported as a read.
      const direction = fault === 'permission' && write ? 'wr' : 'rd';
      return [`Page fault for 0x${iova.toString(16).padStart(16, '0')} (master ${stream}, dir ${direction})`];
    },
  });
  return { error: 0, instance };
};
