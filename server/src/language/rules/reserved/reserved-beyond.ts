import { memoryRegionsOf } from '../../../iommu/reserved';
import { hex, nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** A promised IOVA that the IOMMU cannot translate. */
export const reservedBeyond: Rule = {
  code: 'reserved-beyond',
  severity: 'error',
  title: "A promised IOVA beyond the IOMMU's address space",
  why: "The direct mapping is made when the group gets its default domain. An IOVA outside the domain's aperture cannot be mapped: the domain is not set up, and the device runs untranslated or not at all.",
  fix: 'Place the region inside the address space of the IOMMU.',
  kernel: 'drivers/iommu/iommu.c (iommu_create_device_direct_mappings), io-pgtable-arm.c',
  bad: '&fb_high { iommu-addresses = <«&a64» 0x10 0x0 0x0 0x800000>; };\n&a64 { iommus = <&rkmmu>; memory-region = <&fb_high>; };',
  good: '&fb { iommu-addresses = <&a64 0x0 0x80000000 0x0 0x800000>; };\n&a64 { iommus = <&rkmmu>; memory-region = <&fb>; };',
  *check({ tree, view }) {
    for (const master of view.masters) {
      const first = master.read[0]?.node;
      const binding = first == null ? null : (view.provider(first)?.binding ?? null);
      if (binding === null || binding.iovaBits >= 64) continue;
      const end = 1n << BigInt(binding.iovaBits);
      for (const region of memoryRegionsOf(tree, master.node)?.regions ?? [])
        for (const promise of region.promised) {
          const property = region.node.properties.get('iommu-addresses');
          if (property === undefined || promise.iova + promise.size <= end) continue;
          yield {
            span: cellsSpan(property, promise.cell),
            message: `IOVA ${hex(promise.iova + promise.size - 1n)} is beyond the ${binding.iovaBits} bits of ${nameOf(first ?? master.node)} (${binding.model}): it cannot be mapped.`,
          };
        }
    }
  },
};
