/** Apple DART (drivers/iommu/apple-dart.c): streams of one DART or two; 16K pages that a 4K kernel cannot translate. */

import { capacityFlag, capacityNumber, capacityOf } from '../../../iommu/capacity';
import { interruptCount, isCompatible, registerRanges } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, type Errno } from '../../contract/errno';
import type { GroupFactory, GroupRef, ProbeProvider } from '../../contract/iommu-driver';
import { dartTable } from '../tables/dart';
import { COMMON } from './defaults';
import { type FamilyDescription, SingleIommu } from './single-iommu';

class Dart extends SingleIommu {
  private readonly streamGroups = new Map<number, GroupRef>();

  /** apple_dart_device_group(): all streams of a device must be in one group already, or in none. */
  override deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const streams = this.streamsOf(device);
    let group: GroupRef | undefined;
    for (const stream of [...streams].sort((a, b) => a - b)) {
      const known = this.streamGroups.get(stream);
      if (group !== undefined && group !== known) return EINVAL;
      group = known;
    }
    if (group !== undefined) return group;
    const made = device.pci !== null ? groups.pci(device) : groups.allocate();
    for (const stream of streams) this.streamGroups.set(stream, made);
    groups.onRelease(made, () => {
      for (const [stream, owner] of this.streamGroups) if (owner === made) this.streamGroups.delete(stream);
    });
    return made;
  }
}

/** Error codes by what the driver calls them (DART_T8020_ERROR_*, DART_T8110_ERROR_*). */
const T8020_ERRORS: Readonly<Record<string, number>> = {
  'NO TTBR FOR IOVA': 1 << 0,
  'NO PMD FOR IOVA': 1 << 1,
  'NO PTE FOR IOVA': 1 << 2,
  'WRITE FAULT': 1 << 3,
  'READ FAULT': 1 << 4,
};
const T8110_ERRORS: Readonly<Record<string, number>> = {
  'NO TTBR FOR IOVA': 1 << 0,
  'NO PGD FOR IOVA': 1 << 1,
  'NO PMD FOR IOVA': 1 << 2,
  'NO PTE FOR IOVA': 1 << 3,
  'WRITE FAULT': 1 << 4,
  'READ FAULT': 1 << 5,
};

/**
 * apple_dart_probe(). The hardware says page size, bypass, address bits and streams (iommu/capacity.ts).
 */
export const probeDart: ProbeProvider = (device, machine, kernel, hardware) => {
  const node = device.node;
  const range = node === null ? undefined : registerRanges(node)[0];
  if (node === null || range === undefined || interruptCount(node) === 0) return { error: EINVAL };
  if (range.size < 0x4000n) {
    machine.message('err', device, 'MMIO region too small');
    return { error: EINVAL };
  }
  const first = isCompatible(node, 'apple,t8103-dart', 'apple,t8103-usb4-dart');
  const newer = isCompatible(node, 'apple,t8110-dart');
  const capacity = capacityOf(node, hardware);
  const pageSize = capacityNumber(capacity, 'pageSize');
  if (pageSize !== 4096 && pageSize !== 16384) return { error: EINVAL };
  const bypass = capacityFlag(capacity, 'bypass');
  const ias = capacityNumber(capacity, 'ias');
  const oas = capacityNumber(capacity, 'oas');
  const streams = capacityNumber(capacity, 'streams');
  const tooLarge = pageSize > kernel.pageSize;
  const family: FamilyDescription = {
    ...COMMON,
    driver: 'apple-dart',
    model: 'apple-dart',
    capacity,
    sysfsName: device.name,
    pageSizes: BigInt(pageSize),
    aperture: () => ({ start: 0n, end: (1n << BigInt(ias)) - 1n, force: true }),
    table: (state) => {
      // apple_dart_alloc_pgtable(): two output sizes, and no more input bits than output bits.
      if ((oas !== 36 && oas !== 42) || ias > oas) return null;
      return dartTable(first ? 1 : 2, pageSize, ias, state.tables);
    },
    tableAtAllocation: false,
    cannotBypass: !bypass,
    blocked: true,
    defaultDomain: tooLarge ? 'identity' : bypass ? null : 'DMA',
    xlate: (_master, cells) => {
      const stream = cells[0] ?? 0;
      return cells.length !== 1 || stream >= streams ? EINVAL : [stream];
    },
    link: ['pm-runtime', 'autoremove-supplier'],
    rateLimit: newer ? 'apple_dart_t8110_irq' : 'apple_dart_t8020_irq',
    faultLines: ({ iova, write, stream, fault, domain }) => {
      const names = newer ? T8110_ERRORS : T8020_ERRORS;
      const depth = Math.min(2, domain.walk(iova).length);
      // Which table ends the walk: the last one has pages, the one above it directories of pages.
      const name =
        fault === 'permission'
          ? write
            ? 'WRITE FAULT'
            : 'READ FAULT'
          : (['NO TTBR FOR IOVA', 'NO PMD FOR IOVA', 'NO PTE FOR IOVA'][depth] ?? '');
      const code = names[name] ?? 0;
      const status = (0x80000000 | (stream << (newer ? 20 : 24)) | code) >>> 0;
      return [
        `translation fault: status:0x${status.toString(16)} stream:${stream} code:0x${code.toString(16)} (${name}) at 0x${iova.toString(16)}`,
      ];
    },
  };
  const facts = capacity.filter(({ name }) => name === 'pageSize' || name === 'bypass');
  const impossible =
    tooLarge && !bypass
      ? {
          why: `its pages of ${pageSize / 1024} KiB are larger than the kernel's of ${kernel.pageSize / 1024} KiB, so that it could only pass addresses on, which it has no support for`,
          assumed: facts.some(({ assumed }) => assumed),
        }
      : null;
  const text = `DART [pagesize ${pageSize.toString(16)}, ${streams} streams, bypass support: ${bypass ? 1 : 0}, bypass forced: ${tooLarge ? 1 : 0}, AS ${ias} -> ${oas}] initialized`;
  machine.message('info', device, text);
  const instance = new Dart(device, node, machine, kernel, family);
  return {
    error: 0,
    instance: impossible === null ? instance : Object.assign(instance, { identityImpossible: impossible }),
  };
};
