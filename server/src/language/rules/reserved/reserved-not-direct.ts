import { memoryRegionsOf } from '../../../iommu/reserved';
import { hex } from '../../../iommu/words';
import { cellsSpan, propertySpan, type Rule } from '../rule';

/** The IOVAs promised differ from the memory itself. */
export const reservedNotDirect: Rule = {
  code: 'reserved-not-direct',
  severity: 'warning',
  title: 'iommu-addresses differs from reg: reserved, not mapped',
  why: "Only a promise that equals the region's memory becomes a direct (1:1) mapping. Any other is treated as a reservation: nothing is mapped, and a device that already reads there (a boot framebuffer) faults.",
  fix: 'Use the address and size of reg, if the boot loader left the device running with physical addresses.',
  kernel: 'drivers/iommu/of_iommu.c (iommu_resv_region_get_type: "treating non-direct mapping as reservation")',
  bad: '&fb { iommu-addresses = <&a «0x90000000 0x800000»>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  good: '&fb { iommu-addresses = <&a 0x80000000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ tree, view }) {
    for (const master of view.masters)
      for (const region of memoryRegionsOf(tree, master.node)?.regions ?? []) {
        const reg = region.reg[0];
        const property = region.node.properties.get('iommu-addresses');
        if (reg === undefined || property === undefined) continue;
        for (const promise of region.promised) {
          if (promise.size === 0n || (promise.iova === reg.address && promise.size === reg.size)) continue;
          const cells = (property.bytes.length / 4 - 1 - promise.cell) | 0;
          const at = propertySpan(region.node.properties.get('reg'), region.node);
          yield {
            span: cellsSpan(property, promise.cell + 1, Math.min(cells, width(property, promise.cell))),
            message: `IOVA ${hex(promise.iova)} + ${hex(promise.size)} is not the memory of the region (${hex(reg.address)} + ${hex(reg.size)}): the kernel reserves the IOVAs without mapping them.`,
            related: at === null ? [] : [{ span: at, message: 'The memory' }],
          };
        }
      }
  },
};

function width(
  property: { parts: readonly { offset: number; kind: string; reference?: unknown }[] },
  cell: number,
): number {
  const next = property.parts.find((p) => p.kind === 'cell' && p.reference !== undefined && p.offset > cell * 4);
  return (next === undefined ? Number.MAX_SAFE_INTEGER : next.offset / 4) - cell - 1;
}
