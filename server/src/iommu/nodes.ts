/** What provider drivers read from their own nodes: interrupts, register ranges, coherency, phandles. */
import type { DtNode } from '../devicetree/model';
import { cellAt, cellsOf, compatibles, u32, wide } from '../devicetree/read';
import { PerObject } from '../source/per-object';

const phandleMaps = new PerObject<DtNode, Map<number, DtNode>>();

function rootOf(node: DtNode): DtNode {
  let at = node;
  while (at.parent !== null) at = at.parent;
  return at;
}

function addPhandles(node: DtNode, into: Map<number, DtNode>): void {
  if (node.phandle !== null) into.set(node.phandle, node);
  node.children.forEach((child) => {
    addPhandles(child, into);
  });
}

/** The node with a phandle in the tree that `from` belongs to, or null. */
export function nodeByPhandle(from: DtNode, phandle: number): DtNode | null {
  const root = rootOf(from);
  let map = phandleMaps.get(root);
  if (map === undefined) {
    map = new Map();
    addPhandles(root, map);
    phandleMaps.set(root, map);
  }
  return map.get(phandle) ?? null;
}

/** The first node of the tree that is compatible with one of `names`, depth first (of_find_matching_node), or null. */
export function firstCompatible(from: DtNode, matches: (compatible: string) => boolean): DtNode | null {
  const search = (node: DtNode): DtNode | null => {
    if (compatibles(node).some(matches)) return node;
    for (const child of node.children.values()) {
      const found = search(child);
      if (found !== null) return found;
    }
    return null;
  };
  return search(rootOf(from));
}

/** The node that a one-cell phandle property names, or null (of_parse_phandle with index 0). */
export function phandleTarget(node: DtNode, property: string): DtNode | null {
  const value = node.properties.get(property);
  return value === undefined || value.bytes.length < 4 ? null : nodeByPhandle(node, cellAt(value.bytes, 0));
}

function interruptParent(node: DtNode): DtNode | null {
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    const phandle = u32(at, 'interrupt-parent', 0);
    if (phandle !== 0) return nodeByPhandle(at, phandle);
    if (at !== node && at.properties.has('#interrupt-cells')) return at;
  }
  return null;
}

/** How many interrupts a node has (platform_irq_count, of_irq_count): `interrupts-extended` wins over `interrupts`. */
export function interruptCount(node: DtNode): number {
  const extended = node.properties.get('interrupts-extended');
  if (extended !== undefined) {
    const cells = cellsOf(extended);
    let count = 0;
    for (let at = 0; at < cells.length; count++) {
      const controller = nodeByPhandle(node, cells[at] ?? 0);
      if (controller === null) return count;
      at += 1 + u32(controller, '#interrupt-cells', 0);
    }
    return count;
  }
  const parent = interruptParent(node);
  const width = parent === null ? 0 : u32(parent, '#interrupt-cells', 0);
  return width === 0 ? 0 : Math.floor(cellsOf(node.properties.get('interrupts')).length / width);
}

/** The `reg` entries of a node in its parent's cells. */
export function registerRanges(node: DtNode): { readonly base: bigint; readonly size: bigint }[] {
  const parent = node.parent;
  const addressCells = parent === null ? 2 : u32(parent, '#address-cells', 2);
  const sizeCells = parent === null ? 1 : u32(parent, '#size-cells', 1);
  const width = addressCells + sizeCells;
  const cells = cellsOf(node.properties.get('reg'));
  const ranges: { base: bigint; size: bigint }[] = [];
  if (width === 0) return ranges;
  for (let at = 0; at + width <= cells.length; at += width)
    ranges.push({ base: wide(cells, at, addressCells), size: wide(cells, at + addressCells, sizeCells) });
  return ranges;
}

/** of_dma_is_coherent(): the nearest `dma-coherent` or `dma-noncoherent` on the way up decides; default not coherent. */
export function isDmaCoherent(node: DtNode): boolean {
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    if (at.properties.has('dma-coherent')) return true;
    if (at.properties.has('dma-noncoherent')) return false;
  }
  return false;
}

/** of_device_is_compatible() for any of `names`. */
export function isCompatible(node: DtNode, ...names: readonly string[]): boolean {
  const own = compatibles(node);
  return names.some((name) => own.includes(name));
}

/**
 * The entries of a node's `iommus` as of_parse_phandle_with_args() walks them: up to the first that does not parse
 * (unknown phandle, no `#iommu-cells`, too few cells).
 */
export function iommusEntries(node: DtNode): { readonly provider: DtNode; readonly cells: readonly number[] }[] {
  const cells = cellsOf(node.properties.get('iommus'));
  const entries: { provider: DtNode; cells: readonly number[] }[] = [];
  for (let at = 0; at < cells.length; ) {
    const provider = nodeByPhandle(node, cells[at] ?? 0);
    const width = provider?.properties.has('#iommu-cells') === true ? u32(provider, '#iommu-cells', 0) : null;
    if (provider === null || width === null || at + 1 + width > cells.length) break;
    entries.push({ provider, cells: cells.slice(at + 1, at + 1 + width) });
    at += 1 + width;
  }
  return entries;
}

/** The node of entry `index` of a phandle list whose providers state their cells in `cellsName`, or null. */
export function phandleEntry(node: DtNode, property: string, cellsName: string, index: number): DtNode | null {
  const cells = cellsOf(node.properties.get(property));
  for (let at = 0, n = 0; at < cells.length; n++) {
    const target = nodeByPhandle(node, cells[at] ?? 0);
    if (n === index) return target;
    at += 1 + (target === null ? 0 : u32(target, cellsName, 0));
  }
  return null;
}
