/** Memory a device is given (`memory-region`) and IOVAs promised to it (`iommu-addresses`). */
import type { DeviceTree, DtNode, DtProperty } from '../devicetree/model';
import { cellsOf, wide } from '../devicetree/read';
import { type AddressRange, addressCells, cpuRegOf, sizeCells, translateUp } from './addresses';
import { type PhandleList, parsePhandleList } from './specifiers';

/** One region promised to a device: IOVA and size; `cell` is the index of the phandle in `iommu-addresses`. */
export interface PromisedIova {
  readonly device: DtNode;
  readonly cell: number;
  readonly iova: bigint;
  readonly size: bigint;
}

/** `iommu-addresses` of a region, entry by entry as it is meant: phandle, address, size in the device's DMA bus cells. */
export interface IommuAddresses {
  readonly property: DtProperty;
  readonly entries: readonly PromisedIova[];
  readonly problem:
    | { readonly kind: 'unknown-phandle'; readonly cell: number; readonly phandle: number }
    | {
        readonly kind: 'short';
        readonly cell: number;
        readonly device: DtNode;
        readonly wanted: number;
        readonly found: number;
      }
    | null;
}

/** Reads `iommu-addresses` (reserved-memory.yaml); the first broken entry ends the list. Null when absent. */
export function parseIommuAddresses(tree: DeviceTree, region: DtNode): IommuAddresses | null {
  const property = region.properties.get('iommu-addresses');
  if (property === undefined) return null;
  const cells = cellsOf(property);
  const entries: PromisedIova[] = [];
  for (let at = 0; at < cells.length; ) {
    const phandle = cells[at] ?? 0;
    const device = tree.phandles.get(phandle);
    if (device === undefined) return { property, entries, problem: { kind: 'unknown-phandle', cell: at, phandle } };
    const na = addressCells(device.parent);
    const ns = sizeCells(device.parent);
    const found = cells.length - at - 1;
    if (found < na + ns)
      return { property, entries, problem: { kind: 'short', cell: at, device, wanted: na + ns, found } };
    const address = wide(cells, at + 1, na);
    entries.push({
      device,
      cell: at,
      // of_translate_dma_region: the address goes through the dma-ranges above the device
      iova: translateUp(device.parent, address, 'dma-ranges') ?? address,
      size: wide(cells, at + 1 + na, ns),
    });
    at += 1 + na + ns;
  }
  return { property, entries, problem: null };
}

/** One region that a device names. */
export interface MemoryRegion {
  readonly node: DtNode;
  /** `reg` in CPU addresses; empty for a region placed at boot or one that reserves IOVAs only. */
  readonly reg: readonly AddressRange[];
  /** What `iommu-addresses` promises this device; the kernel maps it 1:1 when it equals `reg`, else only reserves it. */
  readonly promised: readonly PromisedIova[];
}

export interface MemoryRegions {
  readonly property: DtProperty;
  readonly list: PhandleList;
  readonly regions: readonly MemoryRegion[];
}

/** The regions of a device's `memory-region`, or null without that property. */
export function memoryRegionsOf(tree: DeviceTree, device: DtNode): MemoryRegions | null {
  const property = device.properties.get('memory-region');
  if (property === undefined) return null;
  const list = parsePhandleList(tree, property, null);
  const regions = list.entries.flatMap((entry) => {
    if (entry.node === null) return [];
    const addresses = parseIommuAddresses(tree, entry.node);
    return [
      {
        node: entry.node,
        reg: cpuRegOf(entry.node),
        promised: addresses === null ? [] : addresses.entries.filter((p) => p.device === device),
      },
    ];
  });
  return { property, list, regions };
}
