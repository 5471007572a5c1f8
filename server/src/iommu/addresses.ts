/** Addresses as the kernel reads them: `reg`, `ranges`, `dma-ranges` (drivers/of/address.c). */
import type { DtNode } from '../devicetree/model';
import { cellAt, cellsOf, stringOf, wide } from '../devicetree/read';

const MAX_CELLS = 8;

/** #address-cells that hold for the children of `bus`: its own or the nearest ancestor's, else 1 (of_bus_n_addr_cells). */
export function addressCells(bus: DtNode | null): number {
  return inheritedCells(bus, '#address-cells');
}

/** #size-cells that hold for the children of `bus` (of_bus_n_size_cells). */
export function sizeCells(bus: DtNode | null): number {
  return inheritedCells(bus, '#size-cells');
}

function inheritedCells(bus: DtNode | null, name: string): number {
  for (let at = bus; at !== null; at = at.parent) {
    const property = at.properties.get(name);
    if (property !== undefined && property.bytes.length >= 4) return Math.min(cellAt(property.bytes, 0), MAX_CELLS);
  }
  return 1;
}

/** One address and size as written in `reg` or a similar list; `size` is 0n where #size-cells is 0. */
export interface AddressRange {
  readonly address: bigint;
  readonly size: bigint;
}

/** The address/size pairs of a node's `reg` on its own bus, `most` at most; an incomplete tail is left out. */
export function regOf(node: DtNode, most = Number.POSITIVE_INFINITY): AddressRange[] {
  const cells = cellsOf(node.properties.get('reg'));
  const na = addressCells(node.parent);
  const ns = sizeCells(node.parent);
  const ranges: AddressRange[] = [];
  if (na + ns === 0) return ranges;
  for (let at = 0; at + na + ns <= cells.length && ranges.length < most; at += na + ns)
    ranges.push({ address: wide(cells, at, na), size: wide(cells, at + na, ns) });
  return ranges;
}

/** One row of `ranges` or `dma-ranges`: child (bus) address, parent address on the next bus, size. */
export interface RangeRow {
  readonly child: bigint;
  readonly parent: bigint;
  readonly size: bigint;
  /** The first cell of a PCI address (space code and flags), null on other buses. */
  readonly flags: number | null;
}

/** Whether the node is a PCI bus (of_bus_pci_match: device_type, or a name that starts with pcie). */
export function isPciBus(node: DtNode): boolean {
  const type = stringOf(node.properties.get('device_type'));
  return type === 'pci' || type === 'pciex' || type === 'vci' || type === 'ht' || /^pcie?(@|$)/.test(node.name);
}

/**
 * The rows of `ranges` or `dma-ranges` of a bus node. Null: the property is absent (no translation possible);
 * an empty list: present and empty (addresses are the same on both sides).
 */
export function rangesOf(bus: DtNode, name: 'ranges' | 'dma-ranges'): RangeRow[] | null {
  const property = bus.properties.get(name);
  if (property === undefined) return null;
  const cells = cellsOf(property);
  const na = addressCells(bus);
  const pa = addressCells(bus.parent);
  const ns = sizeCells(bus);
  const width = na + pa + ns;
  const rows: RangeRow[] = [];
  if (width === 0) return rows;
  const pci = isPciBus(bus) && na === 3;
  for (let at = 0; at + width <= cells.length; at += width)
    rows.push({
      child: pci ? wide(cells, at + 1, 2) : wide(cells, at, na),
      parent: wide(cells, at + na, pa),
      size: wide(cells, at + na + pa, ns),
      flags: pci ? (cells[at] ?? 0) : null,
    });
  return rows;
}

/**
 * Translates an address on `bus` (the parent of the device) to a CPU address through every `ranges` (or `dma-ranges`)
 * above it; null where a bus has no row for it (of_translate_one; a missing dma-ranges counts as empty there).
 */
export function translateUp(
  bus: DtNode | null,
  address: bigint,
  name: 'ranges' | 'dma-ranges' = 'ranges',
): bigint | null {
  let value = address;
  for (let at = bus; at !== null && at.parent !== null; at = at.parent) {
    const rows = rangesOf(at, name);
    if (rows === null) {
      if (name === 'ranges') return null;
      continue;
    }
    if (rows.length === 0) continue;
    const row = rows.find((r) => value >= r.child && value < r.child + r.size);
    if (row === undefined) return null;
    value = value - row.child + row.parent;
  }
  return value;
}

/** `reg` of a node in CPU addresses; entries that no bus translates are left out. */
export function cpuRegOf(node: DtNode): AddressRange[] {
  return regOf(node).flatMap((range) => {
    const address = translateUp(node.parent, range.address);
    return address === null ? [] : [{ address, size: range.size }];
  });
}

/** One window through which a device sees memory: bus address, CPU address and size in bytes. */
export interface DmaWindow {
  readonly bus: bigint;
  readonly cpu: bigint;
  readonly size: bigint;
}

/** The DMA windows of the devices on a bus, and the node whose `dma-ranges` states them. */
export interface DmaWindows {
  readonly from: DtNode;
  readonly windows: readonly DmaWindow[];
  /** Rows whose parent address no bus above translates (the kernel drops them with a message). */
  readonly untranslated: readonly RangeRow[];
}

function allHave(bus: DtNode | null): boolean {
  for (let at = bus; at !== null && at.parent !== null; at = at.parent)
    if (!at.properties.has('dma-ranges')) return false;
  return true;
}

/**
 * The DMA windows that of_dma_get_range finds for a device on `bus`: the nearest non-empty `dma-ranges`, where from
 * the second bus on a missing one ends the search. Null: no window, the device's mask alone limits it.
 * `needAll`: rows count only when every bus above has the property too (to 5.4). `firstMayLack` false: a missing one
 * ends the search at once.
 */
export function dmaWindowsOf(
  bus: DtNode | null,
  { needAll = false, firstMayLack = true }: { readonly needAll?: boolean; readonly firstMayLack?: boolean } = {},
): DmaWindows | null {
  let first = firstMayLack;
  for (let at = bus; at !== null; at = at.parent) {
    const rows = rangesOf(at, 'dma-ranges');
    if (rows !== null && rows.length > 0) {
      const windows: DmaWindow[] = [];
      const untranslated: RangeRow[] = [];
      for (const row of rows) {
        const cpu = needAll && !allHave(at.parent) ? null : translateUp(at.parent, row.parent, 'dma-ranges');
        if (cpu === null) untranslated.push(row);
        else windows.push({ bus: row.child, cpu, size: row.size });
      }
      return { from: at, windows, untranslated };
    }
    if (!first && rows === null) return null;
    first = false;
  }
  return null;
}
