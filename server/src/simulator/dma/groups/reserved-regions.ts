/**
 * Regions of a device's IOVA space that are not the allocator's to give: what the IOMMU driver reports, what
 * `iommu-addresses` promises, and the windows of a PCI host bridge.
 */

import type { DeviceTree, DtNode } from '../../../devicetree/model';
import { cellsOf, wide } from '../../../devicetree/read';
import { addressCells, isPciBus, rangesOf, regOf, sizeCells, translateUp } from '../../../iommu/addresses';
import type { SimDevice } from '../../contract/device';
import type { IommuInstance, ReservedRegion } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { DmaCookie } from '../iova/dma-cookie';

/** sysfs names of region types. */
export const REGION_NAMES: Readonly<Record<ReservedRegion['type'], string>> = {
  direct: 'direct',
  'direct-relaxable': 'direct-relaxable',
  reserved: 'reserved',
  msi: 'msi',
  'software-msi': 'msi',
};

/** The order in which the kernel sorts types at one address (enum iommu_resv_type). */
const TYPE_ORDER: Readonly<Record<ReservedRegion['type'], number>> = {
  direct: 0,
  'direct-relaxable': 1,
  reserved: 2,
  msi: 3,
  'software-msi': 4,
};

export interface RegionContext {
  readonly tree: DeviceTree;
  readonly machine: MachineServices;
  readonly kernel: KernelView;
}

/** iommu_get_resv_regions: the driver's regions, then those of the tree where its driver asks for them. */
export function reservedRegions(context: RegionContext, device: SimDevice, instance: IommuInstance): ReservedRegion[] {
  const regions = [...instance.reservedRegions(device)];
  // Without CONFIG_IOMMU_DMA iommu_dma_get_resv_regions() is empty (32-bit ARM).
  const reads = context.kernel.model.readsIommuAddresses && context.kernel.config('CONFIG_IOMMU_DMA') === 'y';
  if (instance.firmwareRegions && device.node !== null && reads)
    regions.push(...treeRegions(context, device, device.node));
  return regions;
}

/**
 * of_iommu_get_resv_regions: `iommu-addresses` of every `memory-region`. The list is read a cell at a time: the cells
 * of other devices' entries are each taken for a phandle.
 */
function treeRegions(context: RegionContext, device: SimDevice, node: DtNode): ReservedRegion[] {
  const { machine } = context;
  const found: ReservedRegion[] = [];
  for (const phandle of cellsOf(node.properties.get('memory-region'))) {
    const region = context.tree.phandles.get(phandle);
    if (region === undefined) continue;
    let physStart = 0n;
    let physEnd = 0n;
    if (region.properties.has('reg')) {
      const reg = regOf(region)[0];
      const start = reg === undefined ? null : translateUp(region.parent, reg.address);
      if (reg === undefined || start === null) {
        machine.message('err', device, `failed to parse memory region ${region.path}: -22`);
        continue;
      }
      physStart = start;
      physEnd = start + reg.size - 1n;
    }
    const cells = cellsOf(region.properties.get('iommu-addresses'));
    // What a value too short is read into: the token that follows it in the blob.
    const listed = [...cells, tokenAfter(region, 'iommu-addresses')];
    const bus = node.parent;
    for (let at = 0; at < cells.length; ) {
      const target = context.tree.phandles.get(cells[at++] ?? 0);
      if (target !== node) continue;
      const na = addressCells(bus);
      const ns = sizeCells(bus);
      const pci = bus !== null && isPciBus(bus);
      const address = pci ? wide(listed, at + 1, 2) : wide(listed, at, na);
      const iova = translateUp(bus, address, 'dma-ranges');
      if (iova === null || bus === null)
        return machine.panic(
          `NULL pointer dereference in of_iommu_get_resv_regions(): iommu-addresses of ${region.path} for ${node.path} cannot be translated`,
        );
      const length = wide(listed, at + na, ns);
      at += na + ns;
      if (length === 0n) {
        machine.message('warn', device, 'Cannot reserve IOVA region of 0 size');
        continue;
      }
      const end = iova + length - 1n;
      let type: ReservedRegion['type'] = 'reserved';
      if (physStart < physEnd) {
        if (iova === physStart && end === physEnd) type = 'direct';
        else
          machine.message(
            'warn',
            device,
            `treating non-direct mapping [mem 0x${physStart.toString(16).padStart(8, '0')}-0x${physEnd.toString(16).padStart(8, '0')}] -> [0x${iova.toString(16).padStart(16, '0')}-0x${end.toString(16).padStart(16, '0')}] as reservation`,
          );
      }
      found.push({ start: iova, length, type });
    }
  }
  return found;
}

/** The token that follows a property in a flattened tree: FDT_PROP, FDT_BEGIN_NODE or FDT_END_NODE. */
function tokenAfter(node: DtNode, name: string): number {
  const names = [...node.properties.keys()];
  if (names.indexOf(name) < names.length - 1) return 3;
  return node.children.size > 0 ? 1 : 2;
}

/** iommu_get_group_resv_regions: sorted by address and type, overlapping and touching ones of one type merged. */
export function mergeRegions(all: readonly ReservedRegion[]): ReservedRegion[] {
  let list: { start: bigint; length: bigint; type: ReservedRegion['type'] }[] = [];
  for (const added of all) {
    const at = list.findIndex(
      (other) =>
        added.start < other.start || (added.start === other.start && TYPE_ORDER[added.type] <= TYPE_ORDER[other.type]),
    );
    list.splice(at < 0 ? list.length : at, 0, { ...added });
    const merged: typeof list = [];
    for (const region of list) {
      const same = region.type === added.type ? merged.filter((other) => other.type === region.type) : [];
      const top = same[same.length - 1];
      if (top === undefined || region.start > top.start + top.length) merged.push(region);
      else {
        const end = region.start + region.length;
        if (end > top.start + top.length) top.length = end - top.start;
      }
    }
    list = merged;
  }
  return list;
}

/**
 * iova_reserve_pci_windows: the memory windows of the host bridge and the gaps between its `dma-ranges`. Returns false
 * when the ranges overlap (-EINVAL).
 */
export function reservePciWindows(
  machine: MachineServices,
  device: SimDevice,
  host: DtNode,
  cookie: DmaCookie,
): boolean {
  const { iova, hostWindows } = cookie;
  if (iova === null) return true;
  const shift = BigInt(Math.log2(iova.granule));
  const reserve = (start: bigint, end: bigint): void => {
    iova.reserve(Number(start >> shift), Number(end >> shift));
    hostWindows.push({ start, end });
  };
  for (const row of rangesOf(host, 'ranges') ?? [])
    if (row.flags !== null && isMemory(row.flags) && row.size > 0n) reserve(row.child, row.child + row.size - 1n);

  // iommu_dma_ranges_sort: by CPU address, although what is reserved are bus addresses.
  const windows = (rangesOf(host, 'dma-ranges') ?? [])
    .filter((row) => row.flags !== null && isMemory(row.flags) && row.size > 0n)
    .sort((a, b) => (a.parent < b.parent ? -1 : a.parent > b.parent ? 1 : 0))
    .map((row) => ({ start: row.child, end: row.child + row.size - 1n }));
  const last = (1n << 64n) - 1n;
  let start = 0n;
  for (const [index, window] of windows.entries()) {
    const gaps = [window.start];
    if (index === windows.length - 1) gaps.push(last);
    for (const [n, end] of gaps.entries()) {
      if (n === 1) start = window.end + 1n;
      if (end > start) reserve(start, end);
      else if (end < start) {
        machine.message('err', device, `Failed to reserve IOVA [0x${hex16(start)}-0x${hex16(end)}]`);
        return false;
      }
    }
    start = window.end + 1n;
  }
  return true;
}

const hex16 = (value: bigint): string => value.toString(16).padStart(16, '0');

/** of_bus_pci_get_flags: 32 or 64 bit memory space. */
function isMemory(flags: number): boolean {
  const space = (flags >>> 24) & 3;
  return space === 2 || space === 3;
}
