import { parseIommuAddresses } from '../../../iommu/reserved';
import { propertySpan, type Rule } from '../rule';

/** `iommu-addresses` outside /reserved-memory. */
export const reservedPlace: Rule = {
  code: 'reserved-place',
  severity: 'warning',
  title: 'iommu-addresses outside /reserved-memory',
  why: "The kernel reads iommu-addresses of the regions that a device's memory-region names, which are children of /reserved-memory. On any other node it does nothing.",
  fix: 'Move the property into the reserved-memory node of the region.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_get_resv_regions)',
  bad: '&b { «iommu-addresses» = <&a 0x80000000 0x800000>; };',
  good: '&fb { iommu-addresses = <&a 0x80000000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ tree, nodesWith }) {
    for (const node of nodesWith('iommu-addresses')) {
      const addresses = parseIommuAddresses(tree, node);
      if (addresses === null || node.parent?.path === '/reserved-memory') continue;
      yield {
        span: propertySpan(addresses.property, node),
        message: `iommu-addresses of ${node.path} does nothing: it belongs into a child of /reserved-memory.`,
      };
    }
  },
};
