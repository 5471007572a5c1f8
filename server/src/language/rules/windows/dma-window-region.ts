import { hex, nameOf } from '../../../iommu/words';
import { propertySpan, type Rule } from '../rule';

/** A promised IOVA outside the DMA window of the device. */
export const dmaWindowRegion: Rule = {
  code: 'dma-window-region',
  severity: 'warning',
  title: "A promised IOVA outside the device's DMA window",
  why: 'dma-ranges of the bus limits the addresses that a device can put out. An IOVA outside those windows cannot leave the device, whatever the IOMMU maps there.',
  fix: 'Promise an IOVA inside the window, or widen dma-ranges if the bus can carry more.',
  kernel: 'drivers/of/device.c (of_dma_configure_id: bus_dma_limit)',
  bad: '&bus3 { dma-ranges = <0x0 0x80000000 0x10000000>; };\n&fb { iommu-addresses = <&c 0x40000000 0x800000>; };\n&c { iommus = <&smmu 0x480 0x0>; «memory-region» = <&fb>; };',
  good: '&bus3 { dma-ranges = <0x0 0x80000000 0x10000000>; };\n&fb { iommu-addresses = <&c 0x4000000 0x800000>; };\n&c { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ view, windows, memoryRegions }) {
    for (const { node } of view.masters) {
      const regions = memoryRegions(node);
      const found = regions === null ? null : windows(node.parent);
      if (regions === null || found === null || found.windows.length === 0) continue;
      for (const region of regions.regions)
        for (const promise of region.promised) {
          // the promise is kept in CPU addresses of the window when the bus translates it
          const inside = found.windows.some(
            (w) =>
              (promise.iova >= w.bus && promise.iova + promise.size <= w.bus + w.size) ||
              (promise.iova >= w.cpu && promise.iova + promise.size <= w.cpu + w.size),
          );
          if (inside) continue;
          const at = propertySpan(found.from.properties.get('dma-ranges'), found.from);
          yield {
            span: propertySpan(regions.property, node),
            message: `${nameOf(region.node)} promises IOVA ${hex(promise.iova)}, outside the DMA window of ${nameOf(found.from)} (${found.windows.map((w) => `${hex(w.bus)}-${hex(w.bus + w.size - 1n)}`).join(', ')}).`,
            related: at === null ? [] : [{ span: at, message: 'The window' }],
          };
        }
    }
  },
};
