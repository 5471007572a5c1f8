/** Apple DART (drivers/iommu/apple-dart.c): streams of one DART or two; 16K pages that a 4K kernel cannot translate. */

import { capacityFlag, capacityNumber, capacityOf } from '../../../iommu/capacity';
import { interruptCount, isCompatible, registerRanges } from '../../../iommu/nodes';
import {
  EINVAL,
  type Errno,
  type GroupFactory,
  type GroupRef,
  type ProbeProvider,
  type SimDevice,
} from '../../contract';
import { LpaeTable } from '../tables/lpae';
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
      // The DART format has the same geometry as a long-descriptor table of its page size.
      const config = { stage: 1, ias, oas, coherentWalk: true, ttbr1: false } as const;
      return LpaeTable.known({ ...config, pageSizes: BigInt(pageSize), cpuPageSize: pageSize }, state.tables);
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
    faultLines: ({ iova, write, stream, fault }) => {
      const [code, name] =
        fault === 'translation'
          ? [1 << 2, 'NO PTE FOR IOVA']
          : write
            ? [1 << 3, 'WRITE FAULT']
            : [1 << 4, 'READ FAULT'];
      const status = (0x80000000 | (stream << 24) | code) >>> 0;
      return [
        `translation fault: status:0x${status.toString(16)} stream:${stream} code:0x${code.toString(16)} (${name}) at 0x${iova.toString(16)}`,
      ];
    },
  };
  const text = `DART [pagesize ${pageSize.toString(16)}, ${streams} streams, bypass support: ${bypass ? 1 : 0}, bypass forced: ${tooLarge ? 1 : 0}, AS ${ias} -> ${oas}] initialized`;
  machine.message('info', device, text);
  return { error: 0, instance: new Dart(device, node, machine, kernel, family) };
};
