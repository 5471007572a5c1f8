/** Spreadtrum IOMMU (drivers/iommu/sprd-iommu.c): 256 MiB of IOVAs in a flat list of pages; no identity domain. */

import { registerRanges } from '../../../iommu/nodes';
import { EINVAL } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { IntervalTable } from '../tables/intervals';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

const END = 0x0fff_ffffn;

/** sprd_iommu_probe(). */
export const probeSprd: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0) return { error: EINVAL };
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'sprd-iommu',
    model: 'sprd-iommu',
    sysfsName: device.name,
    pageSizes: 0x1000n,
    aperture: () => ({ start: 0n, end: END, force: true }),
    table: () =>
      new IntervalTable({
        pageSizes: 0x1000n,
        start: 0n,
        end: END,
        existing: 'overwrite',
        rights: false,
        whole: false,
      }),
    tableAtAllocation: false,
    group: 'instance',
    identity: false,
    xlate: () => [],
    // The hardware has no fault interrupt; faulting transactions go to a dummy page.
    faultLines: () => [],
  });
  return { error: 0, instance };
};
