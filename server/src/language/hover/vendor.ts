/** Hover on properties that only vendors' kernels read: what they do, what this one says, and who does not read it. */
import type { DtNode, DtProperty } from '../../devicetree/model';
import { stringsOf } from '../../devicetree/read';
import {
  outsideOf,
  qcomGroupNode,
  qcomRanges,
  type VendorIommu,
  type VendorProperty,
  vendorIommuOf,
  vendorOf,
  vendorPropertyAt,
  writtenIommuOf,
} from '../../iommu/vendor';
import {
  dmaWindow,
  iovaInfo,
  l4tDirect,
  l4tReserved,
  l4tSpaces,
  samsungRanges,
  wideValue,
} from '../../iommu/vendor-values';
import { differencesOf, driverWords, vendorName } from '../../iommu/vendor-words';
import { hex, bytes as size } from '../../iommu/words';
import type { BoardSnapshot } from '../../workspace/board';
import { code, nodeLink, table } from '../markdown';

/** What a vendor's property does and says here; null for any other property. */
export function hoverVendor(snapshot: BoardSnapshot, node: DtNode, property: DtProperty): string | null {
  const known = vendorPropertyAt(node, property.name);
  if (known === null) return null;
  const lines = [`Vendor property (${known.effect}): ${known.says}.`, meaning(snapshot, node, property, known)];
  if (known.absent !== '') lines.push(`Without it: ${known.absent}.`);
  lines.push(
    readBy(snapshot, node, known),
    known.simulated ? '' : 'The simulated boot does not follow it.',
    `Source: ${known.source}`,
  );
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
  const own = OWN_VALUES[property.name]?.(node);
  if (own !== undefined) return own;
  if (known.value === 'ranges') {
    const found = qcomRanges(node, property.name);
    if (found === null) return '';
    if (found.error === 'length')
      return 'Its length is no whole number of ranges in the cells of the bus: the driver refuses it (-EINVAL).';
    if (found.error === 'overlap') return 'Its ranges overlap: the driver refuses them (-EINVAL).';
    const inside = found.ranges.map(spanText);
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
  const target =
    provider === true
      ? vendorOf(node.parent?.parent ?? node) === null
        ? node
        : (node.parent?.parent ?? node)
      : (snapshot.view.master(node)?.list.entries[0]?.node ?? null);
  const iommu =
    target === null ? null : (vendorOf(target) ?? (target.parent === null ? null : vendorOf(target.parent)));
  if (iommu?.vendor !== vendor || target === null)
    return `**Mainline does not read it**: only kernels of ${vendorName(vendor)} do.`;
  const why =
    vendorIommuOf(target) === null && writtenIommuOf(target) !== null
      ? `the tree is written for ${vendorName(vendor)}'s kernel, which drives it with a driver of its own`
      : 'no mainline kernel drives it';
  return `Read by the vendor's driver of ${nodeLink(target)}, as ${why}; no mainline kernel reads this property.`;
}

function spanText(range: { readonly address: bigint; readonly size: bigint }): string {
  return `${code(hex(range.address))} – ${code(hex(range.address + range.size - 1n))} (${size(range.size)})`;
}

/** What the values of single properties say; undefined for one that says nothing more. */
const OWN_VALUES: Readonly<Record<string, (node: DtNode) => string>> = {
  'iommu-resv-regions': (node) =>
    l4tReserved(node)?.map(spanText).join(', ') ??
    'It is no list of pairs of 64 bits: the driver warns and reserves nothing.',
  'iommu-direct-regions': (node) => l4tDirect(node).map(spanText).join(', '),
  'samsung,iommu-identity-map': (node) => samsungText(node, 'samsung,iommu-identity-map'),
  'samsung,iommu-reserved-map': (node) => samsungText(node, 'samsung,iommu-reserved-map'),
  'dma-window': (node) => {
    const window = dmaWindow(node);
    return window === null
      ? 'It has too few cells.'
      : `Window ${code(hex(window.start))} – ${code(hex(window.end))}, the last address included.`;
  },
  'dma-iova-offset': (node) => `Moved by ${code(hex(wideValue(node, 'dma-iova-offset') ?? 0n))}.`,
  'start-addr': (node) => iovaInfoText(node),
  size: (node) => iovaInfoText(node),
  domains: (node) =>
    l4tSpaces(node)
      ?.map(
        (space) =>
          `swgroups ${code(hex(space.mask))} in ${nodeLink(space.node)}: ${code(hex(space.start))} – ${code(hex(space.end))}`,
      )
      .join('\n\n') ?? 'The driver takes none of it.',
};

function samsungText(node: DtNode, name: string): string {
  return (
    samsungRanges(node, name)?.map(spanText).join(', ') ??
    'Its length is no whole number of ranges in the cells of the bus: the driver takes none of them.'
  );
}

function iovaInfoText(node: DtNode): string {
  const window = node.parent === null ? null : iovaInfo(node.parent);
  return window === null
    ? 'Together they make no window: no master attaches.'
    : `Window ${code(hex(window.start))} – ${code(hex(window.end))}.`;
}

/** What drives a vendor's IOMMU, and a table of what that driver does otherwise than mainline's; null for mainline's. */
export function vendorDriverText(node: DtNode): string | null {
  const iommu = vendorOf(node);
  return iommu === null ? null : describe(iommu);
}

/** The same for a compatible alone: with what a vendor's kernel would do where mainline drives it too. */
export function vendorCompatibleText(node: DtNode, compatible: string): string | null {
  const iommu = vendorOf(node) ?? writtenIommuOf(node);
  if (iommu?.compatibles.includes(compatible) !== true) return null;
  const written = vendorOf(node) === null;
  return `**${iommu.model}**${written ? `, where ${vendorName(iommu.vendor)}'s kernel boots (this tree has none of its properties)` : ''}: ${describe(iommu)}`;
}

function describe(iommu: VendorIommu): string {
  const rows = differencesOf(iommu).map((d) => [d.effect, d.says, d.simulated ? 'yes' : 'no', d.source]);
  const head = `${driverWords(iommu)} (${iommu.source}).`;
  return rows.length === 0 ? head : `${head}\n\n${table(['what', "the vendor's driver", 'simulated', 'source'], rows)}`;
}
