/** What DMA means for one device at a moment, as a plain record. */
import type { DeviceDmaView } from '../contract/dma-core';
import type { DeviceState } from './device-state';

export function viewOf(state: DeviceState): DeviceDmaView {
  const domain = state.domain;
  const geometry = domain?.geometry ?? null;
  const mapping = state.armMapping;
  return {
    ids: [...(state.fwspec?.ids ?? [])],
    provider: state.instance?.device ?? null,
    group: state.group?.id ?? null,
    domain: domain?.type ?? null,
    domainDriver: domain?.owner.driver ?? null,
    domainFreed: domain?.freed ?? false,
    aperture: geometry === null ? null : { start: geometry.start, end: geometry.end },
    pageSizes: geometry?.pageSizes ?? 0n,
    dmaIommu: state.dmaIommu,
    mapping:
      mapping === null
        ? null
        : {
            base: mapping.base,
            bits: mapping.bits,
            bitmaps: mapping.bitmaps.length,
            extensions: mapping.extensions,
            references: mapping.references,
            usedPages: mapping.usedPages,
            current: domain === mapping.domain,
          },
    coherent: state.coherent,
    dmaMask: state.dmaMask,
    coherentMask: state.coherentMask,
    busLimit: state.busLimit,
    configureResult: state.configureResult,
    unknownStream: state.unknownStream,
    letGo: state.letGo,
  };
}
