/**
 * IOMMUs and properties that only vendors' kernels know: facts of their bindings and drivers, as data (catalogue/vendor.json, each with
 * its source). The binding catalogue is of mainline; what stands here no mainline kernel reads.
 */
import type { DtNode } from '../devicetree/model';
import { cellsOf, compatibles, wide } from '../devicetree/read';
import { PerObject } from '../source/per-object';
import { type AddressRange, addressCells, sizeCells } from './addresses';
import data from './catalogue/vendor.json';
import { iommusEntries, nodeByPhandle, phandleTarget } from './nodes';

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

/**
 * How a value is written: `ranges` are address and size in the cells of the bus, `window` the same in cells of the node's own,
 * `u64-pairs` start and size of 64 bits each, `pairs` any number of two cells, `phandle-pairs` of a node and two cells.
 */
export type VendorValue =
  | 'flag'
  | 'cell'
  | 'cells'
  | 'u64'
  | 'pair'
  | 'pairs'
  | 'phandle-pairs'
  | 'window'
  | 'string'
  | 'strings'
  | 'ranges'
  | 'u64-pairs'
  | 'phandle'
  | 'phandles';

export interface VendorProperty {
  readonly name: string;
  readonly vendor: Vendor;
  /** Its name is no vendor's own: it counts only where the IOMMU is this vendor's. */
  readonly generic?: boolean;
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
  /** Whether the simulated boot follows it. */
  readonly simulated: boolean;
  /** Repository, file, function. */
  readonly source: string;
}

/** What a vendor's driver does otherwise than the driver that it stands in for. */
export interface VendorDifference {
  readonly effect: string;
  readonly says: string;
  /** Whether the simulated boot follows it. */
  readonly simulated: boolean;
  readonly source: string;
}

/** A vendor's IOMMU driver. */
export interface VendorDriver {
  /** Whether its source was read, or no public copy of it was found. */
  readonly looked: 'driver' | 'none';
  /** The driver of mainline that it replaces, null for hardware that mainline has no driver for. */
  readonly replaces: string | null;
  /** For one that was not looked at: the driver that it is taken for. Absent: none. */
  readonly as?: string;
  readonly differs: readonly VendorDifference[];
}

/** How an IOMMU behaves that no model of mainline's hardware fits: what its driver gives masters. */
export interface VendorSimulation {
  /** Who shares a group: all masters of the instance or of the system, those that name one group node, those of one entry of `domains`, those with one first stream ID. */
  readonly group: 'instance' | 'system' | 'samsung,iommu-group' | 'domains' | 'stream';
  /** First and last IOVA; `iova_info`: a child node has them; of the SMMU or of the master; `domains`: the nodes of its address spaces. */
  readonly window: readonly [string, string] | 'iova_info' | 'iova_info of the master' | 'domains';
  /** Whether mappings outside of the window are refused. */
  readonly enforced: boolean;
  readonly pageSizes: readonly string[];
  /** What of a specifier is the stream. */
  readonly id: 'none' | 'first-cell' | 'all-cells';
}

/** An IOMMU that only a vendor's kernel drives, or drives with a driver of its own. */
export interface VendorIommu {
  readonly model: string;
  readonly vendor: Vendor;
  readonly compatibles: readonly string[];
  /** It is this one only when the compatible comes first: behind a chip's own it is mainline's too. */
  readonly first?: boolean;
  /** The binding of the mainline catalogue whose hardware it is (Binding.id); null: none. */
  readonly like: string | null;
  /** Which driver it is (VendorDriver). */
  readonly driver: string;
  /** Null: the driver registers no IOMMU with the kernel, or what it does is not known. Absent: as `like`. */
  readonly simulation?: VendorSimulation | null;
  readonly source: string;
}

const file = data as unknown as {
  readonly iommus: readonly VendorIommu[];
  /** IOMMUs that mainline drives too: this vendor's only where the tree is written for its kernel. */
  readonly written: readonly VendorIommu[];
  readonly drivers: Readonly<Record<string, VendorDriver>>;
  readonly parts: Readonly<Record<string, string>>;
  readonly properties: readonly VendorProperty[];
};

export const vendorProperties: readonly VendorProperty[] = file.properties;
export const vendorIommus: readonly VendorIommu[] = file.iommus;
/** Those that mainline drives too, each with what a vendor's kernel does with it. */
export const writtenIommus: readonly VendorIommu[] = file.written;
export const vendorDrivers: Readonly<Record<string, VendorDriver>> = file.drivers;

const byName = new Map<string, VendorProperty[]>();
for (const property of file.properties) byName.set(property.name, [...(byName.get(property.name) ?? []), property]);
/** The properties whose names say whose they are: what a tree with them is written for. */
const telling = new Map(file.properties.filter((p) => p.generic !== true).map((p) => [p.name, p]));
const byWritten = new Map(file.written.flatMap((iommu) => iommu.compatibles.map((name) => [name, iommu] as const)));
const byCompatible = new Map(file.iommus.flatMap((iommu) => iommu.compatibles.map((name) => [name, iommu] as const)));

/** The vendor's IOMMU that a node is; null for mainline's and for what is none. */
export function vendorIommuOf(node: DtNode): VendorIommu | null {
  const names = compatibles(node);
  for (const [i, name] of names.entries()) {
    const iommu = byCompatible.get(name);
    if (iommu !== undefined && (iommu.first !== true || i === 0)) return iommu;
  }
  return null;
}

/** Whether one of these compatibles is an IOMMU's that a vendor's kernel drives: what `vendorOf` needs, at the price of a lookup each. */
export function namesVendorIommu(names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (byCompatible.has(name) || byWritten.has(name)) return true;
  }
  return false;
}

/** The driver of a vendor's IOMMU. */
export function vendorDriverOf(iommu: VendorIommu): VendorDriver {
  const driver = file.drivers[iommu.driver];
  if (driver === undefined) throw new Error(`no driver ${iommu.driver}`);
  return driver;
}

/** What a vendor's kernel would make of an IOMMU that mainline drives too; null for any other. */
export function writtenIommuOf(node: DtNode): VendorIommu | null {
  for (const name of compatibles(node)) {
    const iommu = byWritten.get(name);
    if (iommu !== undefined) return iommu;
  }
  return null;
}

const writtenFor = new PerObject<DtNode, ReadonlyMap<DtNode, ReadonlySet<Vendor>>>();

/** The IOMMUs of a tree that carry a property of a vendor's, or whose masters do. */
function evidenceOf(root: DtNode): ReadonlyMap<DtNode, ReadonlySet<Vendor>> {
  const known = writtenFor.get(root);
  if (known !== undefined) return known;
  const found = new Map<DtNode, Set<Vendor>>();
  const visit = (node: DtNode): void => {
    for (const name of node.properties.keys()) {
      const property = telling.get(name);
      if (property === undefined) continue;
      for (const target of property.provider === true ? [node] : iommusOf(node))
        found.set(target, (found.get(target) ?? new Set()).add(property.vendor));
    }
    node.children.forEach(visit);
  };
  visit(root);
  writtenFor.set(root, found);
  return found;
}

/** The IOMMUs that a node's `iommus` and the first row of its `iommu-map` name, or those of its `domain-clients`. */
function iommusOf(node: DtNode): DtNode[] {
  const clients = cellsOf(node.properties.get('domain-clients')).map((phandle) => nodeByPhandle(node, phandle));
  const named = [node, ...clients].flatMap((at) =>
    at === null ? [] : iommusEntries(at).map((entry) => entry.provider),
  );
  const map = cellsOf(node.properties.get('iommu-map'));
  const host = map.length > 1 ? nodeByPhandle(node, map[1] ?? 0) : null;
  return host === null ? named : [...named, host];
}

/**
 * The vendor's IOMMU that a node is for the kernel that boots: one that mainline does not drive, or one of mainline's in a tree
 * that has properties of this vendor's kernel for it. Null for mainline's and for what is none.
 */
export function vendorOf(node: DtNode): VendorIommu | null {
  const own = vendorIommuOf(node);
  if (own !== null) return own;
  const written = writtenIommuOf(node);
  if (written === null) return null;
  let root = node;
  while (root.parent !== null) root = root.parent;
  return evidenceOf(root).get(node)?.has(written.vendor) === true ? written : null;
}

/** Whose kernel reads the properties of a node: of the IOMMU that it is or is a part of, else of the one that it or its parent names first. */
export function vendorOfUse(node: DtNode): Vendor | null {
  for (const iommu of [
    node,
    node.parent,
    node.parent?.parent,
    iommusOf(node)[0],
    node.parent === null ? null : iommusOf(node.parent)[0],
  ]) {
    const vendor = iommu == null ? null : vendorOf(iommu);
    if (vendor !== null) return vendor.vendor;
  }
  return null;
}

/** A vendor's property by its name on a node; null when it is none there. */
export function vendorPropertyAt(node: DtNode, name: string): VendorProperty | null {
  const known = byName.get(name);
  if (known === undefined) return null;
  const own = known.find((property) => property.generic !== true);
  if (own !== undefined) return own;
  const vendor = vendorOfUse(node);
  return known.find((property) => property.vendor === vendor) ?? null;
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
