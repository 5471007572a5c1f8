/** Where a device's message-signalled interrupts go. */
import type { DeviceTree, DtNode } from '../../../devicetree/model';
import { cellsOf, compatibles } from '../../../devicetree/read';
import { addressCells, regOf, translateUp } from '../../../iommu/addresses';
import type { SimDevice } from '../../contract/device';

/**
 * The address that a device writes to raise an MSI: the translation register of the ITS or of the GICv2m frame that
 * `msi-map` or `msi-parent` names; null when the tree names none.
 */
export function doorbellOf(tree: DeviceTree, device: SimDevice): bigint | null {
  const node = device.pci === null ? device.node : device.pci.host.node;
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    const map = cellsOf(at.properties.get('msi-map'));
    const parent = cellsOf(at.properties.get('msi-parent'));
    const phandle = map[1] ?? parent[0];
    if (phandle === undefined) continue;
    const controller = tree.phandles.get(phandle);
    if (controller === undefined) return null;
    const reg = regOf(controller)[0];
    const base = reg === undefined ? null : translateUp(controller.parent, reg.address);
    if (base === null || addressCells(controller.parent) === 0) return null;
    if (compatibles(controller).includes('arm,gic-v3-its')) return base + 0x10040n;
    if (compatibles(controller).includes('arm,gic-v2m-frame')) return base + 0x40n;
    return null;
  }
  return null;
}
