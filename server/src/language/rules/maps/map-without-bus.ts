import type { DtNode } from '../../../devicetree/model';
import { compatibles } from '../../../devicetree/read';
import { isPciBus } from '../../../iommu/addresses';
import { modelFor } from '../../../simulator/kernel/rules';
import { propertySpan, type Rule } from '../rule';

/** Buses besides PCI whose devices carry an ID: fsl-mc, host1x contexts, CDX, and the like. */
const ID_BUS = /^(fsl,qoriq-mc|nvidia,tegra\d+-host1x|xlnx,.*cdx.*)$/;

/** `iommu-map` on a node that is no bus with requester IDs. */
export const mapWithoutBus: Rule = {
  code: 'map-without-bus',
  severity: 'warning',
  title: 'iommu-map on a node without requester IDs',
  why: 'Only PCI hosts (and fsl-mc, host1x, CDX, from 7.3 on the GPC DMA of Tegra) hand an ID to the core. On any other node iommu-map is never read: the device is described by iommus.',
  fix: 'Use iommus on a platform device.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_configure: id is NULL for platform devices)',
  bad: '&a { «iommu-map» = <0x0 &smmu 0x100 0x1>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x1>; };',
  *check({ view, kernel }) {
    const channels = modelFor(kernel)?.gpcdmaChannels === true;
    for (const map of view.maps) {
      if (isIdBus(map.node) || (channels && isGpcDma(map.node))) continue;
      yield {
        span: propertySpan(map.property, map.node),
        message: `${map.node.path} is no PCI host or other bus with requester IDs: the kernel does not read iommu-map here.`,
      };
    }
  },
};

/** In kernels where it does, the GPC DMA of Tegra hands its channels' numbers to the core. */
const isGpcDma = (node: DtNode): boolean => compatibles(node).some((c) => /^nvidia,tegra\d+-gpcdma$/.test(c));

function isIdBus(node: DtNode): boolean {
  return (
    isPciBus(node) || node.properties.has('bus-range') || compatibles(node).some((c) => ID_BUS.test(c) || /pci/.test(c))
  );
}
