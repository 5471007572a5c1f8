import { nameOf } from '../../../iommu/words';
import { replaceValue } from '../../fixes/edits';
import { propertySpan, type Rule } from '../rule';

/** #iommu-cells outside what the driver reads. */
export const iommuCellsValue: Rule = {
  code: 'iommu-cells-value',
  severity: 'error',
  title: '#iommu-cells is not what the driver takes',
  why: 'An SMMUv3 refuses to probe unless #iommu-cells is 1. Other drivers ignore cells beyond those they know, or take an ID of 0 where none is written.',
  fix: 'Use the number of cells of the binding.',
  kernel: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c (arm_smmu_device_dt_probe), of_xlate of each driver',
  bad: '&smmu3 { «#iommu-cells» = <2>; };',
  good: '&smmu3 { #iommu-cells = <1>; };',
  *check({ view }) {
    for (const provider of view.providers) {
      const { binding, cells } = provider;
      if (binding === null || cells === null || !provider.enabled) continue;
      const [least, most] = binding.cells;
      if (cells >= least && cells <= most) continue;
      const property = provider.node.properties.get('#iommu-cells');
      yield {
        span: propertySpan(property, provider.node),
        message: `${binding.model} takes ${least === most ? least : `${least} or ${most}`} cells, but #iommu-cells of ${nameOf(provider.node)} is ${cells}${binding.streamSharing === 'exclusive' ? ': its driver refuses to probe' : ''}.`,
        severity: binding.streamSharing === 'exclusive' || cells < least ? 'error' : 'warning',
        fixes: () => (property === undefined ? [] : replaceValue(property, `<${most}>`, `Set #iommu-cells to ${most}`)),
      };
    }
  },
};
