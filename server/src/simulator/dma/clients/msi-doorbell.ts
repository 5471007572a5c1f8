/** Where a device's message-signalled interrupts go. */
import type { DeviceTree, DtNode } from '../../../devicetree/model';
import { cellsOf, compatibles } from '../../../devicetree/read';
import { addressCells, regOf, translateUp } from '../../../iommu/addresses';
import { msiControllerOf, type RowReading } from '../../../iommu/map';
import type { SimDevice } from '../../contract/device';

/**
 * The address that a device writes to raise an MSI: the translation register of the ITS or of the GICv2m frame that
 * `msi-map` or `msi-parent` names; null when the tree names none. `reading`: how this kernel cuts maps into rows.
 */
export function doorbellOf(tree: DeviceTree, device: SimDevice, reading: RowReading): bigint | null {
  const node = device.pci === null ? device.node : device.pci.host.node;
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    // of_msi_xlate: the first node with a map ends the search, whether a row holds the ID or none does
    const mapped = device.pci === null ? undefined : msiControllerOf(tree, at, device.pci.rid, reading);
    const parent = cellsOf(at.properties.get('msi-parent'))[0];
    if (mapped === undefined && parent === undefined) continue;
    const controller = mapped === undefined ? tree.phandles.get(parent ?? 0) : mapped;
    if (controller === undefined || controller === null) return null;
    const reg = regOf(controller)[0];
    const base = reg === undefined ? null : translateUp(controller.parent, reg.address);
    if (base === null || addressCells(controller.parent) === 0) return null;
    if (compatibles(controller).includes('arm,gic-v3-its')) return base + 0x10040n;
    if (compatibles(controller).includes('arm,gic-v2m-frame')) return base + 0x40n;
    return null;
  }
  return null;
}
