import { isEnabled } from '../../devicetree/read';
import { isPciBus } from '../../iommu/addresses';
import { propertySpan, type Rule } from './rule';

/** A PCI host with `iommus` and no `iommu-map`. */
export const pciIommus: Rule = {
  code: 'pci-iommus',
  severity: 'warning',
  title: 'A PCI host with iommus but without iommu-map',
  why: 'iommus describes the host bridge as a platform device. The functions behind it are looked up in iommu-map only: they run untranslated.',
  fix: 'Add iommu-map for the functions.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_configure: dev_is_pci)',
  bad: '&pcie { «iommus» = <&smmu 0x100 0x0>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x10000>; };',
  *check({ view }) {
    for (const master of view.masters) {
      if (!isPciBus(master.node) || view.map(master.node) !== null || !isEnabled(master.node)) continue;
      yield {
        span: propertySpan(master.property, master.node),
        message: `${master.node.path} is a PCI host: iommus speaks for the bridge only, its functions need iommu-map.`,
      };
    }
  },
};
