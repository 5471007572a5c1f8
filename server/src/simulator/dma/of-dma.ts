/** What of_dma_configure_id() reads of a master besides its IOMMU (drivers/of/address.c). */
import { propertiesByName } from '../../devicetree/by-name';
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { stringsOf } from '../../devicetree/read';
import { parsePhandleList } from '../../iommu/specifiers';
import type { KernelView } from '../contract/kernel-view';

/** __of_get_dma_parent: the interconnect named `dma-mem`, else the parent. */
export function dmaParent(tree: DeviceTree, node: DtNode): DtNode | null {
  // most trees name none, and every device asks for each of its ancestors
  if (!propertiesByName(tree).has('interconnect-names')) return node.parent;
  const names = node.properties.get('interconnect-names');
  if (names === undefined) return node.parent;
  const index = stringsOf(names).indexOf('dma-mem');
  if (index < 0) return node.parent;
  const list = parsePhandleList(tree, node.properties.get('interconnects'), '#interconnect-cells');
  return list.entries[index]?.node ?? node.parent;
}

/** of_dma_is_coherent. */
export function isDmaCoherent(tree: DeviceTree, arch: KernelView['arch'], node: DtNode): boolean {
  const stated = propertiesByName(tree);
  if (!stated.has('dma-coherent') && !stated.has('dma-noncoherent')) return arch === 'riscv';
  for (let at: DtNode | null = node; at !== null; at = dmaParent(tree, at)) {
    if (at.properties.has('dma-coherent')) return true;
    if (at.properties.has('dma-noncoherent')) return false;
  }
  return arch === 'riscv';
}
