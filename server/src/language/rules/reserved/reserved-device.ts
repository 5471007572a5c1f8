import { memoryRegionsOf, parseIommuAddresses } from '../../../iommu/reserved';
import { nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** `iommu-addresses` promises IOVAs to a device that does not list the region, or has no IOMMU. */
export const reservedDevice: Rule = {
  code: 'reserved-device',
  severity: 'warning',
  title: 'iommu-addresses names a device that will not use it',
  why: "The kernel starts from the device: it walks the device's memory-region and looks for the device in each region's iommu-addresses. A device that does not list the region never finds the promise; one without an IOMMU has no use for it.",
  fix: 'Add the region to memory-region of the device, or remove the entry.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_get_resv_regions)',
  bad: '&fb { iommu-addresses = <«&a» 0x80000000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&fb { iommu-addresses = <&a 0x80000000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ tree, view, nodesWith }) {
    for (const node of nodesWith('iommu-addresses')) {
      const addresses = parseIommuAddresses(tree, node);
      if (addresses === null) continue;
      for (const entry of addresses.entries) {
        const regions = memoryRegionsOf(tree, entry.device);
        const lists = regions?.regions.some((r) => r.node === node) ?? false;
        const behind = view.master(entry.device) !== null || view.map(entry.device) !== null;
        if (lists && behind) continue;
        yield {
          span: cellsSpan(addresses.property, entry.cell),
          message: lists
            ? `${nameOf(entry.device)} has no IOMMU: the IOVAs promised here mean nothing.`
            : `${nameOf(entry.device)} does not list ${nameOf(node)} in memory-region: the kernel never finds this entry.`,
        };
      }
    }
  },
};
