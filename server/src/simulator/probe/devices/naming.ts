/** Names of platform devices (drivers/of/device.c, of_device_make_bus_id). */
import type { DtNode } from '../../../devicetree/model';
import { cellsOf, u32 } from '../../../devicetree/read';
import { addressCells, regOf, translateUp } from '../../../iommu/addresses';

function baseName(node: DtNode): string {
  const at = node.name.indexOf('@');
  return at < 0 ? node.name : node.name.slice(0, at);
}

/** The CPU address of a node's first `reg` entry, or null when no bus translates it (of_translate_address). */
function firstAddress(node: DtNode): bigint | null {
  const property = node.properties.get('reg');
  if (property === undefined || property.bytes.length >> 2 < addressCells(node.parent)) return null;
  // of_translate_address needs cells to count: a bus without size cells (i2c, cpus) has no addresses.
  for (let at = node.parent; at !== null && at.parent !== null; at = at.parent)
    if (u32(at, '#size-cells', 1) === 0) return null;
  const reg = regOf(node, 1)[0];
  return reg === undefined ? null : translateUp(node.parent, reg.address);
}

/** `address.name`, or the names up to the first address or the root joined by colons, outermost first. */
export function platformName(node: DtNode): string {
  let name = '';
  for (let at: DtNode | null = node; at !== null && at.parent !== null; at = at.parent) {
    const suffix = name === '' ? '' : `:${name}`;
    const address = firstAddress(at);
    if (address !== null) {
      const mask = at.properties.has('mask') ? (cellsOf(at.properties.get('mask'))[0] ?? null) : null;
      const bit = mask === null ? '' : `.${(mask === 0 ? -1 : 31 - Math.clz32(mask & -mask)).toString(16)}`;
      return `${address.toString(16)}${bit}.${baseName(at)}${suffix}`;
    }
    name = `${at.name}${suffix}`;
  }
  return name;
}
