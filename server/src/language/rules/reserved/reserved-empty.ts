import { parseIommuAddresses } from '../../../iommu/reserved';
import { nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** A promise of size 0. */
export const reservedEmpty: Rule = {
  code: 'reserved-empty',
  severity: 'error',
  title: 'iommu-addresses with a size of 0',
  why: 'The kernel warns ("Cannot reserve IOVA region of 0 size") and does nothing.',
  fix: "Write the size of the region; check that address and size have the number of cells of the device's bus.",
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_get_resv_regions)',
  bad: '&fb { iommu-addresses = <«&a 0x80000000 0x0»>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  good: '&fb { iommu-addresses = <&a 0x80000000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ tree, nodesWith }) {
    for (const node of nodesWith('iommu-addresses')) {
      const addresses = parseIommuAddresses(tree, node);
      addresses?.entries ?? [];
      for (const [i, entry] of (addresses?.entries ?? []).entries()) {
        if (entry.size !== 0n || addresses === null) continue;
        const next = addresses.entries[i + 1]?.cell ?? addresses.property.bytes.length / 4;
        yield {
          span: cellsSpan(addresses.property, entry.cell, next - entry.cell),
          message: `The region promised to ${nameOf(entry.device)} has no size: the kernel ignores it.`,
        };
      }
    }
  },
};
