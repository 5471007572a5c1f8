/** Whether two trees say the same: everything but where it is written. */
import type { DeviceTree, DtProperty } from './model';

/**
 * Whether a kernel could not tell the blobs of two trees apart: the same nodes, properties, values, phandles and memory
 * reservations in the same order, and the same labels. Spans, comments and how a value was written do not count.
 */
export function sameTree(a: DeviceTree, b: DeviceTree): boolean {
  if (a === b) return true;
  if (a.nodes.length !== b.nodes.length || a.plugin !== b.plugin || a.labels.size !== b.labels.size) return false;
  if (a.memoryReservations.length !== b.memoryReservations.length) return false;
  for (const [i, one] of a.memoryReservations.entries()) {
    const other = b.memoryReservations[i];
    if (one.address !== other?.address || one.size !== other.size) return false;
  }
  for (const [i, one] of a.nodes.entries()) {
    const other = b.nodes[i];
    if (
      other === undefined ||
      one.name !== other.name ||
      one.phandle !== other.phandle ||
      one.parent?.index !== other.parent?.index ||
      one.properties.size !== other.properties.size
    )
      return false;
    const others = other.properties.values();
    for (const property of one.properties.values()) {
      const counterpart = others.next();
      if (counterpart.done === true || !sameValue(property, counterpart.value)) return false;
    }
  }
  for (const [name, node] of a.labels) if (b.labels.get(name)?.index !== node.index) return false;
  return true;
}

function sameValue(a: DtProperty, b: DtProperty): boolean {
  if (a.name !== b.name) return false;
  const one = a.bytes;
  const other = b.bytes;
  if (one.length !== other.length) return false;
  // an include that was not parsed again: the same bytes in the same store
  if (one.buffer === other.buffer && one.byteOffset === other.byteOffset) return true;
  // the bytes of a constant that nobody knows are those of a 0
  if (a.unknown?.join() !== b.unknown?.join()) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
