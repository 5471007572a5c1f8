/** The properties that the language features are about. */
export const IOMMU_PROPERTIES: ReadonlySet<string> = new Set([
  'iommus',
  'iommu-map',
  'iommu-map-mask',
  '#iommu-cells',
  'iommu-addresses',
  'stream-match-mask',
  '#global-interrupts',
  'dma-coherent',
  'dma-ranges',
  'memory-region',
  'mmu-masters',
]);
