/** What the tree says of a device's bus before its IOMMU is asked (of_dma_configure_id): windows, masks, coherency. */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { stringsOf } from '../../devicetree/read';
import { dmaWindowsOf } from '../../iommu/addresses';
import { parsePhandleList } from '../../iommu/specifiers';
import type { SimDevice } from '../contract/device';
import type { KernelView } from '../contract/kernel-view';
import type { DeviceState } from './device-state';
import { windowBounds } from './dma-iommu';

const MASK64 = (1n << 64n) - 1n;
const MASK32 = 0xffffffffn;

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
  const bus = device.pci === null ? dmaParent(tree, master) : master;
  const found = dmaWindowsOf(bus, kernel.model.dmaRangesNeedAll);
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
  const coherent = isCoherent(tree, kernel, master);
  state.coherent = kernel.arch === 'arm' ? state.coherent || coherent : coherent;
  return windows !== null;
}

/** __of_get_dma_parent: the interconnect named `dma-mem`, else the parent. */
function dmaParent(tree: DeviceTree, node: DtNode): DtNode | null {
  const names = node.properties.get('interconnect-names');
  if (names === undefined) return node.parent;
  const index = stringsOf(names).indexOf('dma-mem');
  if (index < 0) return node.parent;
  const list = parsePhandleList(tree, node.properties.get('interconnects'), '#interconnect-cells');
  return list.entries[index]?.node ?? node.parent;
}

/** of_dma_is_coherent. */
function isCoherent(tree: DeviceTree, kernel: KernelView, master: DtNode): boolean {
  for (let node: DtNode | null = master; node !== null; node = dmaParent(tree, node)) {
    if (node.properties.has('dma-coherent')) return true;
    if (node.properties.has('dma-noncoherent')) return false;
  }
  return kernel.arch === 'riscv';
}
