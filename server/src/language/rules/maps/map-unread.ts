import { isEnabled } from '../../../devicetree/read';
import { modelFor } from '../../../simulator/kernel/rules';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { propertySpan, type Rule } from '../rule';

/** `iommu-map` on a kernel that does not read it. */
export const mapUnread: Rule = {
  code: 'map-unread',
  severity: 'warning',
  title: 'This kernel does not read iommu-map',
  why: 'The kernel that boots the board knows no iommu-map (it came with Linux 4.9), so the functions behind this bus run untranslated, whatever the map says.',
  fix: 'Nothing in the tree helps: the kernel needs the change, or another kernel has to be chosen.',
  kernel: 'drivers/iommu/of_iommu.c (of_pci_iommu_configure, since 4.9), drivers/of/of_pci.c (of_pci_map_rid)',
  bad: '&pcie { «iommu-map» = <0x0 &smmu 0x100 0x100>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ view, kernel }) {
    if (modelFor(kernel)?.iommuMap !== 'none') return;
    for (const { node, property } of view.maps)
      if (isEnabled(node))
        yield {
          span: propertySpan(property, node),
          message: `Linux ${kernel} does not read iommu-map: what is behind ${node.path} ${RUNS_UNTRANSLATED}.`,
        };
  },
};
