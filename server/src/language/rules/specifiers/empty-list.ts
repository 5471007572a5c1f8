import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { removeProperty } from '../../fixes/edits';
import { propertySpan, type Rule } from '../rule';

/** `iommus;` or `iommus = <>`. */
export const emptyList: Rule = {
  code: 'empty-list',
  severity: 'warning',
  title: 'An empty iommus or iommu-map',
  why: 'An empty list names no IOMMU: the device runs untranslated. An empty iommu-map is refused (-EINVAL).',
  fix: 'Name an IOMMU; to take the property of an include file away, write /delete-property/.',
  kernel: 'drivers/of/base.c (of_map_id: "Bad iommu-map length"), drivers/iommu/of_iommu.c',
  bad: '&a { «iommus»; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ view }) {
    for (const item of [...view.masters, ...view.maps])
      if (item.property.bytes.length === 0)
        yield {
          span: propertySpan(item.property, item.node),
          message: `${item.property.name} of ${item.node.path} is empty: it names no IOMMU, and the device ${RUNS_UNTRANSLATED}.`,
          fixes: () => removeProperty(item.property, `Remove ${item.property.name}`),
        };
  },
};
