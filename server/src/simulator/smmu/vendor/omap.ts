/** TI OMAP IOMMU (drivers/iommu/omap-iommu.c): no of_xlate, so the core of these kernels attaches nobody by itself. */

import { interruptCount, registerRanges } from '../../../iommu/nodes';
import { EINVAL } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { omapTable } from '../tables/formats';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

/** omap_iommu_probe(). */
export const probeOmap: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0 || interruptCount(node) === 0) return { error: EINVAL };
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'omap-iommu',
    model: 'omap-iommu',
    sysfsName: device.name,
    pageSizes: 0x1000n | 0x10000n | 0x100000n | 0x1000000n,
    table: (state) => omapTable(state.tables),
    group: 'instance',
    xlate: () => [],
    handlerSilences: true,
    // iommu_fault_handler() writes 0 to MMU_IRQENABLE before it prints.
    reportsOnce: true,
    faultLines: ({ iova, domain }) => {
      const walk = domain.walk(iova);
      const word = (value: bigint | undefined): string => (value ?? 0n).toString(16).padStart(8, '0');
      // MMU_IRQ_TRANSLATIONFAULT: the table walking logic finds an invalid descriptor, at whichever level.
      const head = `${device.name}: errs:0x${word(2n)} da:0x${word(iova)} pgd:0x(ptrval)`;
      if (walk.length < 2) return [`${head} *pgd:px${word(walk[0]?.descriptor)}`];
      return [`${head} *pgd:0x${word(walk[0]?.descriptor)} pte:0x(ptrval) *pte:0x${word(walk[1]?.descriptor)}`];
    },
  });
  return { error: 0, instance };
};
