/**
 * IOMMUs and properties that only vendors' kernels know: facts of their bindings and drivers, as data (catalogue/vendor.json, each with
 * its source). The binding catalogue is of mainline; what stands here no mainline kernel reads.
 */
import type { DtNode } from '../devicetree/model';
import { cellsOf, compatibles, wide } from '../devicetree/read';
import { type AddressRange, addressCells, sizeCells } from './addresses';
import data from './catalogue/vendor.json';
import { phandleTarget } from './nodes';

/** Whose kernels read it. */
export type Vendor =
  | 'qcom'
  | 'nvidia'
  | 'samsung'
  | 'mediatek'
  | 'rockchip'
  | 'hisilicon'
  | 'broadcom'
  | 'allwinner'
  | 'unisoc';

/** How a value is written: `ranges` are address and size in the cells of the bus, `u64-pairs` start and size of 64 bits each. */
export type VendorValue =
  | 'flag'
  | 'cell'
  | 'pair'
  | 'string'
  | 'strings'
  | 'ranges'
  | 'u64-pairs'
  | 'phandle'
  | 'phandles';

export interface VendorProperty {
  readonly name: string;
  readonly vendor: Vendor;
  /** Whether it stands on the IOMMU (or a part of it) rather than on a master. */
  readonly provider?: boolean;
  readonly value: VendorValue;
  /** What each word means, for strings. */
  readonly words?: Readonly<Record<string, string>>;
  /** What it decides: domain, aperture, faults, groups, streams. */
  readonly effect: string;
  readonly says: string;
  /** What holds without it; empty: it must be there. */
  readonly absent: string;
  /** Repository, file, function. */
  readonly source: string;
}

/** An IOMMU that only a vendor's kernel drives. */
export interface VendorIommu {
  readonly model: string;
  readonly vendor: Vendor;
  readonly compatibles: readonly string[];
  /** It is this one only when the compatible comes first: behind a chip's own it is mainline's too. */
  readonly first?: boolean;
  /** The binding of the mainline catalogue whose hardware it is (Binding.id); null: none. */
  readonly like: string | null;
  readonly source: string;
}

const file = data as unknown as {
  readonly iommus: readonly VendorIommu[];
  readonly parts: Readonly<Record<string, string>>;
  readonly properties: readonly VendorProperty[];
};

export const vendorProperties: readonly VendorProperty[] = file.properties;
export const vendorIommus: readonly VendorIommu[] = file.iommus;

const byName = new Map(file.properties.map((property) => [property.name, property]));
const byCompatible = new Map(file.iommus.flatMap((iommu) => iommu.compatibles.map((name) => [name, iommu] as const)));

/** A vendor's property by its name, null when it is none. */
export function vendorProperty(name: string): VendorProperty | null {
  return byName.get(name) ?? null;
}

/** The vendor's IOMMU that a node is; null for mainline's and for what is none. */
export function vendorIommuOf(node: DtNode): VendorIommu | null {
  const names = compatibles(node);
  for (const [i, name] of names.entries()) {
    const iommu = byCompatible.get(name);
    if (iommu !== undefined && (iommu.first !== true || i === 0)) return iommu;
  }
  return null;
}

/** What a part of a vendor's IOMMU is (a TBU), null for anything else. */
export function vendorPartOf(node: DtNode): string | null {
  for (const name of compatibles(node)) if (name in file.parts) return file.parts[name] ?? null;
  return null;
}

/** The node that holds a master's qcom,iommu properties: the one that qcom,iommu-group names, else its own (qcom_iommu_group_parse_phandle). */
export function qcomGroupNode(node: DtNode): DtNode {
  return phandleTarget(node, 'qcom,iommu-group') ?? node;
}

/**
 * The ranges of a property like qcom,iommu-dma-addr-pool, sorted: address and size in the cells that hold for the node that has it
 * (of_property_walk_each_entry, insert_range). `error`: why the driver refuses the property and takes no range of it.
 */
export function qcomRanges(
  node: DtNode,
  name: string,
): { readonly ranges: readonly AddressRange[]; readonly error: 'length' | 'overlap' | null } | null {
  const property = node.properties.get(name);
  if (property === undefined) return null;
  const cells = cellsOf(property);
  const na = addressCells(node.parent);
  const ns = sizeCells(node.parent);
  if (na === 0 || ns === 0 || cells.length === 0 || property.bytes.length % (4 * (na + ns)) !== 0)
    return { ranges: [], error: 'length' };
  const ranges: AddressRange[] = [];
  for (let at = 0; at < cells.length; at += na + ns)
    ranges.push({ address: wide(cells, at, na), size: wide(cells, at + na, ns) });
  ranges.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  const overlaps = ranges.some((range, i) => {
    const next = ranges[i + 1];
    return next !== undefined && range.address + range.size > next.address;
  });
  return overlaps ? { ranges: [], error: 'overlap' } : { ranges, error: null };
}

/** What is left outside of a pool, in the 64-bit space (invert_regions): the regions that nobody is given an IOVA of. */
export function outsideOf(pool: readonly AddressRange[]): AddressRange[] {
  const found: AddressRange[] = [];
  let at = 0n;
  for (const { address, size } of pool) {
    if (address > at) found.push({ address: at, size: address - at });
    at = address + size;
  }
  if (pool.length > 0 && at < 1n << 64n) found.push({ address: at, size: (1n << 64n) - at });
  return found;
}
