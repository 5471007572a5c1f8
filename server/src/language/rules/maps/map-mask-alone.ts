import { removeProperty } from '../../fixes/edits';
import { propertySpan, type Rule } from '../rule';

/** `iommu-map-mask` without `iommu-map`. */
export const mapMaskAlone: Rule = {
  code: 'map-mask-alone',
  severity: 'warning',
  title: 'iommu-map-mask without iommu-map',
  why: 'The mask is read only together with iommu-map. Alone it does nothing; usually the map was lost or misspelt.',
  fix: 'Add iommu-map, or remove the mask.',
  kernel: 'drivers/of/base.c (of_map_id)',
  bad: '&pcie { «iommu-map-mask» = <0x0>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x1>; iommu-map-mask = <0x0>; };',
  *check({ nodesWith }) {
    for (const node of nodesWith('iommu-map-mask')) {
      const mask = node.properties.get('iommu-map-mask');
      if (mask === undefined || node.properties.has('iommu-map')) continue;
      yield {
        span: propertySpan(mask, node),
        message: `iommu-map-mask of ${node.path} does nothing without iommu-map.`,
        unnecessary: true,
        fixes: () => removeProperty(mask, 'Remove iommu-map-mask'),
      };
    }
  },
};
