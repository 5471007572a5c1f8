import { cellPartAt } from '../../../iommu/specifiers';
import { hex } from '../../../iommu/words';
import { cellsSpan, propertySpan, type Rule } from '../rule';

/** A row whose RID base has bits that iommu-map-mask removes. */
export const mapMask: Rule = {
  code: 'map-mask',
  severity: 'error',
  title: 'A RID base outside iommu-map-mask',
  why: 'The kernel masks the requester ID before it looks for a row. A base with bits outside the mask can never match; the kernel calls the whole map invalid (-EFAULT) when it reaches such a row.',
  fix: 'Clear the bits in the base, or widen iommu-map-mask.',
  kernel: 'drivers/of/base.c (of_map_id: "Invalid iommu-map translation")',
  bad: '&pcie { iommu-map = <«0x108» &smmu 0x100 0x1>; iommu-map-mask = <0xff00>; };',
  good: '&pcie { iommu-map = <0x100 &smmu 0x100 0x1>; iommu-map-mask = <0xff00>; };',
  *check({ view }) {
    for (const map of view.maps)
      for (const row of map.rows) {
        const outside = (row.ridBase & ~map.mask) >>> 0;
        if (outside === 0) continue;
        const part = cellPartAt(map.property, row.cell);
        const clean = hex((row.ridBase & map.mask) >>> 0);
        const mask = propertySpan(map.node.properties.get('iommu-map-mask'), map.node);
        yield {
          span: cellsSpan(map.property, row.cell),
          message: `RID base ${hex(row.ridBase)} has bits ${hex(outside)} that iommu-map-mask ${hex(map.mask)} removes: the kernel refuses the map (-EFAULT).`,
          related: mask === null ? [] : [{ span: mask, message: 'The mask' }],
          fixes: () =>
            part === null ? [] : [{ title: `Change the base to ${clean}`, edits: [{ span: part.span, text: clean }] }],
        };
      }
  },
};
