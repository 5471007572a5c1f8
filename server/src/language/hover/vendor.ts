/** Hover on properties that only vendors' kernels read: what they do, what this one says, and who does not read it. */
import type { DtNode, DtProperty } from '../../devicetree/model';
import { stringsOf } from '../../devicetree/read';
import {
  outsideOf,
  qcomGroupNode,
  qcomRanges,
  type VendorProperty,
  vendorIommuOf,
  vendorProperty,
} from '../../iommu/vendor';
import { hex, bytes as size } from '../../iommu/words';
import type { BoardSnapshot } from '../../workspace/board';
import { code, nodeLink, table } from '../markdown';

/** What a vendor's property does and says here; null for any other property. */
export function hoverVendor(snapshot: BoardSnapshot, node: DtNode, property: DtProperty): string | null {
  const known = vendorProperty(property.name);
  if (known === null) return null;
  const lines = [`Vendor property (${known.effect}): ${known.says}.`, meaning(snapshot, node, property, known)];
  if (known.absent !== '') lines.push(`Without it: ${known.absent}.`);
  lines.push(readBy(snapshot, node, known), `Source: ${known.source}`);
  return lines.filter((line) => line !== '').join('\n\n');
}

function meaning(snapshot: BoardSnapshot, node: DtNode, property: DtProperty, known: VendorProperty): string {
  if (known.words !== undefined) {
    const words = stringsOf(property);
    return table(
      ['word', 'meaning'],
      words.map((word) => [code(word), known.words?.[word] ?? 'unknown: the driver does not compare with it']),
    );
  }
  if (known.value === 'ranges') {
    const found = qcomRanges(node, property.name);
    if (found === null) return '';
    if (found.error === 'length')
      return 'Its length is no whole number of ranges in the cells of the bus: the driver refuses it (-EINVAL).';
    if (found.error === 'overlap') return 'Its ranges overlap: the driver refuses them (-EINVAL).';
    const inside = found.ranges.map(
      (r) => `${code(hex(r.address))} – ${code(hex(r.address + r.size - 1n))} (${size(r.size)})`,
    );
    const outside = property.name === 'qcom,iommu-dma-addr-pool' ? outsideOf(found.ranges).length : 0;
    return `${inside.join(', ')}${outside > 0 ? `; ${outside === 1 ? 'one region' : `${outside} regions`} outside reserved` : ''}`;
  }
  if (property.name === 'qcom,iommu-group') {
    const group = qcomGroupNode(node);
    if (group === node) return '';
    const others = snapshot.view.masters.filter((m) => m.node !== node && qcomGroupNode(m.node) === group);
    const with_ =
      others.length === 0
        ? 'no other device names it'
        : `together with ${others.map((m) => nodeLink(m.node)).join(', ')}`;
    return `Group node ${nodeLink(group)}: ${with_}.`;
  }
  return '';
}

/** Whose kernel reads it on this board. */
function readBy(snapshot: BoardSnapshot, node: DtNode, { vendor, provider }: VendorProperty): string {
  const target = provider === true ? node : (snapshot.view.master(node)?.list.entries[0]?.node ?? null);
  const iommu = target === null ? null : vendorIommuOf(target);
  if (iommu?.vendor === vendor)
    return `Read by the vendor's driver of ${target === null ? 'the IOMMU' : nodeLink(target)}, as no mainline kernel drives it; no mainline kernel reads this property.`;
  return '**Mainline does not read it**: only kernels of this vendor do.';
}
