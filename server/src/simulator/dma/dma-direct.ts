/** The DMA API without an IOMMU (kernel/dma/direct.c): bus addresses are physical ones, moved by the bus window. */
import type { DeviceState } from './device-state';

/** phys_to_dma: null outside every window. */
export function busAddress(state: DeviceState, phys: bigint): bigint | null {
  if (state.windows === null) return phys;
  for (const window of state.windows) {
    if (window.size === 0n) break;
    if (phys >= window.cpu && phys < window.cpu + window.size) return phys - window.cpu + window.bus;
  }
  return null;
}

/** dma_capable: the whole range is below the mask and the bus limit. */
export function isReachable(state: DeviceState, phys: bigint, size: bigint, mask: bigint): boolean {
  const bus = busAddress(state, phys);
  if (bus === null) return false;
  const limit = state.busLimit !== 0n && state.busLimit < mask ? state.busLimit : mask;
  return bus + size - 1n <= limit;
}

/**
 * dma_direct_supported: whether a mask reaches all memory that the kernel can fall back to (the DMA zone, where there
 * is one). `top`: last byte of RAM.
 */
export function directMaskSupported(state: DeviceState, mask: bigint, top: bigint, hasDmaZone: boolean): boolean {
  if (mask >= 0xffffffffn) return true;
  let needed = top & ~0xfffn;
  if (hasDmaZone && needed > 0xffffffffn) needed = 0xffffffffn;
  const bus = busAddress(state, needed);
  return bus !== null && mask >= bus;
}
