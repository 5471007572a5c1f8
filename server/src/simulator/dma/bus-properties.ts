/** What the tree says of a device's bus before its IOMMU is asked (of_dma_configure_id): windows, masks, coherency. */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { type DmaWindows, dmaWindowsOf } from '../../iommu/addresses';
import type { SimDevice } from '../contract/device';
import type { KernelView } from '../contract/kernel-view';
import type { DeviceState } from './device-state';
import { windowBounds } from './dma-iommu';
import { dmaParent, isDmaCoherent } from './of-dma';

const MASK64 = (1n << 64n) - 1n;
const MASK32 = 0xffffffffn;

/** of_dma_get_range(), from where this kernel begins. */
function windowsFrom(tree: DeviceTree, kernel: KernelView, device: SimDevice, master: DtNode): DmaWindows | null {
  const { dmaRangesFrom, dmaRangesNeedAll: needAll } = kernel.model;
  if (dmaRangesFrom === 'above-node') return dmaWindowsOf(master.parent, { needAll, firstMayLack: false });
  const own =
    device.pci !== null || (dmaRangesFrom === 'node' && (master.properties.get('dma-ranges')?.bytes.length ?? 0) > 0);
  if (own) return dmaWindowsOf(master, { needAll });
  return dmaWindowsOf(dmaParent(tree, master), { needAll, firstMayLack: dmaRangesFrom === 'bus' });
}

/**
 * Sets the windows, masks and coherency of `state` by the bus that `master` (the device's node, or its PCI host's) is on.
 * `armMask`: the highest bus address of a 32-bit ARM kernel. Returns whether `dma-ranges` give windows.
 */
export function applyBusProperties(
  tree: DeviceTree,
  kernel: KernelView,
  armMask: bigint,
  device: SimDevice,
  master: DtNode,
  state: DeviceState,
): boolean {
  const found = windowsFrom(tree, kernel, device, master);
  const windows = found === null || found.windows.length === 0 ? null : found.windows;
  const mask = kernel.arch === 'arm' ? armMask : MASK64;
  let end = windows === null ? 0n : windowBounds(windows, mask).max;
  if (windows !== null) {
    state.windows = windows.map((window) => ({ ...window, bus: window.bus & mask }));
    end = windowBounds(state.windows, mask).max;
  }
  if (end === 0n) end = state.coherentMask !== 0n ? state.coherentMask : MASK32;
  if (end !== MASK32 || state.coherentMask !== MASK32 || state.dmaMask !== MASK32) {
    const width = (1n << BigInt(end.toString(2).length)) - 1n;
    state.coherentMask &= width;
    state.dmaMask &= width;
  }
  if (windows !== null) state.busLimit = end;
  const coherent = isDmaCoherent(tree, kernel.arch, master);
  state.coherent = kernel.arch === 'arm' ? state.coherent || coherent : coherent;
  return windows !== null;
}
