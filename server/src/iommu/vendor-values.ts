/** Values of vendors' properties as their drivers read them. Qualcomm's are in vendor.ts. */
import type { DtNode } from '../devicetree/model';
import { cellAt, cellsOf, compatibles, u32, wide } from '../devicetree/read';
import { PerObject } from '../source/per-object';
import { type AddressRange, addressCells, sizeCells } from './addresses';
import { nodeByPhandle, phandleTarget } from './nodes';

const TOP = (1n << 64n) - 1n;

/**
 * Pairs of start and size with 64 bits each, as L4T takes them (drivers/of/of_iommu.c, parse_resv_regions): a pair of zeros is left
 * out, and a size that runs over the end is cut there. Null: the driver warns and takes none.
 */
function l4tPairs(cells: readonly number[]): AddressRange[] | null {
  if (cells.length === 0 || cells.length % 4 !== 0) return null;
  const ranges: AddressRange[] = [];
  for (let at = 0; at < cells.length; at += 4) {
    const address = wide(cells, at, 2);
    const size = wide(cells, at + 2, 2);
    if (address === 0n && size === 0n) continue;
    ranges.push({ address, size: address + size > TOP ? TOP - address : size });
  }
  return ranges;
}

/** iommu-resv-regions of a master; null where it has none or the driver takes none (of_get_iommu_resv_regions). */
export function l4tReserved(node: DtNode): readonly AddressRange[] | null {
  const property = node.properties.get('iommu-resv-regions');
  return property === undefined ? null : l4tPairs(cellsOf(property));
}

/** `reg` of the nodes that iommu-direct-regions names, read as pairs of 64 bits (of_get_iommu_direct_regions). */
export function l4tDirect(node: DtNode): AddressRange[] {
  return cellsOf(node.properties.get('iommu-direct-regions')).flatMap((phandle) => {
    const region = nodeByPhandle(node, phandle);
    return region === null ? [] : (l4tPairs(cellsOf(region.properties.get('reg'))) ?? []);
  });
}

/**
 * samsung,iommu-identity-map or -reserved-map of a master, in the cells of its bus (samsung_sysmmu_get_resv_regions). Null: absent,
 * or no whole number of ranges, of which the driver then takes none.
 */
export function samsungRanges(node: DtNode, name: string): AddressRange[] | null {
  const cells = cellsOf(node.properties.get(name));
  const na = addressCells(node.parent);
  const ns = sizeCells(node.parent);
  if (cells.length === 0 || na + ns === 0 || cells.length % (na + ns) !== 0) return null;
  const ranges: AddressRange[] = [];
  for (let at = 0; at < cells.length; at += na + ns)
    ranges.push({ address: wide(cells, at, na), size: wide(cells, at + na, ns) });
  return ranges;
}

/** Cells of a dma-window's part: of the node itself, else of its bus (of_get_dma_window). */
function windowCells(node: DtNode, kind: 'address' | 'size'): number {
  for (const name of [`#dma-${kind}-cells`, `#${kind}-cells`]) {
    const property = node.properties.get(name);
    if (property !== undefined && property.bytes.length >= 4) return cellAt(property.bytes, 0);
  }
  return kind === 'address' ? addressCells(node.parent) : sizeCells(node.parent);
}

/** How many cells a dma-window has: address and size. */
export function dmaWindowWidth(node: DtNode): number {
  return windowCells(node, 'address') + windowCells(node, 'size');
}

/** dma-window of a master, cut to 32 bits (samsung_sysmmu_set_domain_range); null where it has none, or too few cells. */
export function dmaWindow(node: DtNode): { readonly start: bigint; readonly end: bigint } | null {
  const cells = cellsOf(node.properties.get('dma-window'));
  const na = windowCells(node, 'address');
  const ns = windowCells(node, 'size');
  if (cells.length === 0 || cells.length < na + ns) return null;
  const start = wide(cells, 0, na);
  const last = start + wide(cells, na, ns);
  return { start, end: last > 0xffff_ffffn ? 0xffff_ffffn : last };
}

/** A value of 64 bits; null where it is absent or shorter (of_property_read_u64). */
export function wideValue(node: DtNode, name: string): bigint | null {
  const cells = cellsOf(node.properties.get(name));
  return cells.length < 2 ? null : wide(cells, 0, 2);
}

/** The window that iova_info of a HiSilicon SMMU states (of_get_iova_info); null: a value is missing, and no master attaches. */
export function iovaInfo(node: DtNode): { readonly start: bigint; readonly end: bigint } | null {
  const child = node.children.get('iova_info');
  const start = child === undefined ? null : wideValue(child, 'start-addr');
  const size = child === undefined ? null : wideValue(child, 'size');
  return start === null || size === null || size === 0n ? null : { start, end: start + size - 1n };
}

/** The window that a node of an address space states (__tegra_smmu_parse_as_prop); null: a value is missing. */
function spaceWindow(node: DtNode): { readonly start: bigint; readonly end: bigint } | null {
  const start = wideValue(node, 'iova-start');
  const size = wideValue(node, 'iova-size');
  const missing = ['num-pf-page', 'gap-page'].some((name) => (node.properties.get(name)?.bytes.length ?? 0) < 4);
  return start === null || size === null || missing ? null : { start, end: start + size - 1n };
}

/**
 * The address space of a stream ID of an SMMU of L4T's Tegra194 (tegra_smmu_of_parse_sids, tegra_smmu_of_get_master_map): by the children
 * of its child `domains`. Null: in none, and the master is refused; undefined: the SMMU has no `domains`.
 */
export function l4tSidSpace(smmu: DtNode, sid: number): Omit<L4tSpace, 'mask'> | null | undefined {
  const domains = smmu.children.get('domains');
  if (domains === undefined) return undefined;
  for (const child of domains.children.values()) {
    const node = phandleTarget(child, 'address-space');
    const window = node === null ? null : spaceWindow(node);
    const sids = cellsOf(child.properties.get('sid-list')).slice(0, u32(child, 'sid-list-len', 0));
    if (node !== null && window !== null && sids.includes(sid)) return { node, ...window };
  }
  return null;
}

/** An address space of L4T's Tegra SMMU: the swgroups in it as bits, first and last IOVA, and the node that describes it. */
export interface L4tSpace {
  readonly node: DtNode;
  readonly mask: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

const bitsIn = (value: bigint): number => value.toString(2).replaceAll('0', '').length;

/**
 * `domains` of a Tegra SMMU as L4T of Linux 3.10 to 4.9 reads it (tegra_smmu_of_register_asprops): node and two cells of bits, the low
 * ones first. Null: the driver refuses it, because a value is missing or swgroups are in two entries (all bits set are left out of that).
 */
export function l4tSpaces(smmu: DtNode): readonly L4tSpace[] | null {
  const cells = cellsOf(smmu.properties.get('domains'));
  const spaces: L4tSpace[] = [];
  let all = 0n;
  let bits = 0;
  for (let at = 0; at < cells.length; at += 3) {
    const node = nodeByPhandle(smmu, cells[at] ?? 0);
    if (node === null || at + 3 > cells.length) return null;
    const window = spaceWindow(node);
    if (window === null) return null;
    const mask = wide([cells[at + 2] ?? 0, cells[at + 1] ?? 0], 0, 2);
    if (mask !== TOP) {
      all |= mask;
      bits += bitsIn(mask);
    }
    spaces.push({ node, mask, ...window });
  }
  return spaces.length > 0 && bits === bitsIn(all) ? spaces : null;
}

/** An address space of Samsung's Exynos kernels: its node, first and last IOVA. */
export interface ExynosSpace {
  readonly node: DtNode;
  readonly start: bigint;
  readonly end: bigint;
  /** The window is one that the driver refuses: then no SysMMU works. */
  readonly refused: boolean;
}

const exynosSpaces = new PerObject<DtNode, ReadonlyMap<DtNode, ExynosSpace>>();

/** The spaces of a tree by master (exynos_iommu_create_domain); the first that names a master is its. */
function exynosSpacesOf(root: DtNode): ReadonlyMap<DtNode, ExynosSpace> {
  const known = exynosSpaces.get(root);
  if (known !== undefined) return known;
  const found = new Map<DtNode, ExynosSpace>();
  const visit = (node: DtNode): void => {
    if (compatibles(node).includes('samsung,exynos-iommu-bus')) {
      const cells = cellsOf(node.properties.get('dma-window'));
      const na = windowCells(node, 'address');
      const ns = windowCells(node, 'size');
      const stated = cells.length > 0 && cells.length >= na + ns;
      const start = stated ? wide(cells, 0, na) : 0x1000_0000n;
      const last = stated ? start + wide(cells, na, ns) : 0xd000_0000n;
      const space = { node, start, end: last - 1n, refused: start === 0n || last > 0xffff_ffffn };
      for (const phandle of cellsOf(node.properties.get('domain-clients'))) {
        const client = nodeByPhandle(node, phandle);
        if (client !== null && !found.has(client)) found.set(client, space);
      }
    }
    node.children.forEach(visit);
  };
  visit(root);
  exynosSpaces.set(root, found);
  return found;
}

function rootOf(node: DtNode): DtNode {
  let root = node;
  while (root.parent !== null) root = root.parent;
  return root;
}

/** The address space whose domain-clients name a master; null: none does. */
export function exynosSpace(master: DtNode): ExynosSpace | null {
  return exynosSpacesOf(rootOf(master)).get(master) ?? null;
}

/** Whether a window of the tree is one that switches all SysMMUs of Samsung's Exynos kernels off. */
export function exynosRefuses(node: DtNode): boolean {
  return [...exynosSpacesOf(rootOf(node)).values()].some((space) => space.refused);
}
