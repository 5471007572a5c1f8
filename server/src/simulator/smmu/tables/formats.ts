/** The vendors' own two-level formats, to the extent that they decide addresses and rights. */
import { PROT_READ, PROT_WRITE } from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { type TwoLevelFormat, TwoLevelTable } from './two-level';

const EADDRINUSE = -98;
const EBUSY = -16;

const readWrite = (read: boolean, write: boolean): { readonly read: boolean; readonly write: boolean } => ({
  read,
  write,
});

/** Bits 39:32 of an address in bits 11:4 of a Rockchip v2 entry (rk_mk_dte_v2). */
function rockchipHigh(address: bigint): number {
  return Number(((address >> 32n) & 0xfn) << 8n) | Number(((address >> 36n) & 0xfn) << 4n);
}

/**
 * Rockchip (drivers/iommu/rockchip-iommu.c): 1024 directory entries of 4 MiB, 1024 pages each; any power of two from
 * 4K to 4M is mapped as 4K pages. Version 2 (rk3568) keeps address bits 39:32 in bits 11:4.
 */
export function rockchipTable(version: 1 | 2, memory: TableMemory): TwoLevelTable {
  const phys = (descriptor: number): bigint => {
    const low = BigInt((descriptor & 0xfffff000) >>> 0);
    if (version === 1) return low;
    return low | (BigInt((descriptor >>> 8) & 0xf) << 32n) | (BigInt((descriptor >>> 4) & 0xf) << 36n);
  };
  const address = (value: bigint): number => Number(value & 0xffff_f000n) | (version === 2 ? rockchipHigh(value) : 0);
  const readBit = version === 1 ? 1 << 1 : 1 << 1;
  const writeBit = 1 << 2;
  return new TwoLevelTable(
    {
      sectionShift: 22,
      rootEntries: 1024,
      limits: null,
      pageSizes: 0x7ff000n,
      repeated: [],
      existing: EADDRINUSE,
      partial: 'refuse',
      freesEmptyTables: false,
      onePageACall: false,
      alwaysSmallPages: true,
      tableDescriptor: (table) => (address(table) | 1) >>> 0,
      leafDescriptor: (_level, _size, value, prot) =>
        (address(value) | 1 | ((prot & PROT_READ) !== 0 ? readBit : 0) | ((prot & PROT_WRITE) !== 0 ? writeBit : 0)) >>>
        0,
      isTable: (descriptor) => (descriptor & 1) !== 0,
      leafSize: () => 4096,
      physOf: (_level, descriptor) => phys(descriptor),
      access: (_level, descriptor) => readWrite((descriptor & readBit) !== 0, (descriptor & writeBit) !== 0),
    },
    memory,
  );
}

/**
 * Verisilicon (vsi-iommu.c): Rockchip's two levels without a read bit; bits 39:32 of a page's address in 11:4 of its entry. A
 * page that is mapped already ends a call at its first page with what was mapped less a page, -4096 (vsi_iommu_map_iova).
 */
export function vsiTable(memory: TableMemory): TwoLevelTable {
  const writeBit = 1 << 2;
  return new TwoLevelTable(
    {
      sectionShift: 22,
      rootEntries: 1024,
      limits: null,
      pageSizes: 0x1000n,
      repeated: [],
      existing: -4096,
      partial: 'refuse',
      freesEmptyTables: false,
      onePageACall: false,
      tableDescriptor: (table) => (Number(table & 0xffff_ffc0n) | 1) >>> 0,
      leafDescriptor: (_level, _size, value, prot) =>
        (Number(value & 0xffff_f000n) |
          Number(((value >> 32n) & 0xffn) << 4n) |
          ((prot & PROT_WRITE) !== 0 ? writeBit : 0) |
          1) >>>
        0,
      isTable: (descriptor) => (descriptor & 1) !== 0,
      leafSize: () => 4096,
      physOf: (_level, descriptor) =>
        BigInt((descriptor & 0xfffff000) >>> 0) | (BigInt((descriptor >>> 4) & 0xff) << 32n),
      access: (_level, descriptor) => readWrite(true, (descriptor & writeBit) !== 0),
    },
    memory,
  );
}

/** Samsung SysMMU (exynos-iommu.c): 1M sections, 64K large and 4K small pages; version 5 shifts addresses by 4. */
export function exynosTable(version5: boolean, memory: TableMemory): TwoLevelTable {
  const shift = version5 ? 4n : 0n;
  // SYSMMU_LV1_PROT, SYSMMU_LV2_PROT: access permission and its extension; write alone counts as both. From version 5
  // on read and write are one bit each (SYSMMU_V5_LV1_PROT, SYSMMU_V5_LV2_PROT).
  const protection = (level: 1 | 2, prot: number): number => {
    const bits = prot & (PROT_READ | PROT_WRITE);
    if (version5) return bits << (level === 1 ? 4 : 2);
    const [readOnly, enable] = level === 1 ? [1 << 15, 1 << 10] : [1 << 9, 1 << 4];
    return bits === 0 ? 0 : bits === PROT_READ ? readOnly | enable : enable;
  };
  const format: TwoLevelFormat = {
    sectionShift: 20,
    rootEntries: 4096,
    limits: null,
    pageSizes: 0x1000n | 0x10000n | 0x100000n,
    repeated: [{ level: 2, size: 0x10000 }],
    existing: EADDRINUSE,
    partial: 'refuse',
    freesEmptyTables: false,
    onePageACall: false,
    tableDescriptor: (table) => (Number(table >> shift) | 1) >>> 0,
    leafDescriptor: (level, size, phys, prot) =>
      (Number(BigInt.asUintN(32, phys >> shift)) |
        (level === 1 ? 2 : size > 4096 ? 1 : 2) |
        protection(level, prot)) >>>
      0,
    isTable: (descriptor) => (descriptor & 3) === 1,
    leafSize: (level, descriptor) => (level === 1 ? 0x100000 : (descriptor & 3) === 1 ? 0x10000 : 4096),
    physOf(level, descriptor) {
      const size = BigInt(this.leafSize(level, descriptor));
      return (BigInt(descriptor >>> 0) << shift) & ~(size - 1n);
    },
    access(level, descriptor) {
      const shifted = descriptor >>> (level === 1 ? 4 : 2);
      if (version5) return readWrite((shifted & PROT_READ) !== 0, (shifted & PROT_WRITE) !== 0);
      const [readOnly, enable] = level === 1 ? [1 << 15, 1 << 10] : [1 << 9, 1 << 4];
      const allowed = (descriptor & enable) !== 0;
      return readWrite(allowed, allowed && (descriptor & readOnly) === 0);
    },
  };
  return new TwoLevelTable(format, memory);
}

/** Allwinner (sun50i-iommu.c): 4096 directory entries of 1 MiB, 256 pages; rights by an authority index in 7:4. */
export function sun50iTable(memory: TableMemory): TwoLevelTable {
  // Authority control indexes (enum sun50i_iommu_aci): none 1, read 2, write 3, both 4.
  const authority = (prot: number): number => [1, 2, 3, 4][prot & 3] ?? 1;
  return new TwoLevelTable(
    {
      sectionShift: 20,
      rootEntries: 4096,
      limits: null,
      pageSizes: 0x1000n,
      repeated: [],
      existing: EBUSY,
      partial: 'refuse',
      freesEmptyTables: false,
      onePageACall: true,
      tableDescriptor: (table) => (Number(BigInt.asUintN(32, table)) | 1) >>> 0,
      leafDescriptor: (_level, _size, phys, prot) =>
        (Number(phys & 0xffff_f000n) | (authority(prot) << 4) | (1 << 1)) >>> 0,
      isTable: (descriptor) => (descriptor & 3) === 1,
      leafSize: () => 4096,
      physOf: (_level, descriptor) => BigInt((descriptor & 0xfffff000) >>> 0),
      access(_level, descriptor) {
        const index = (descriptor >>> 4) & 0xf;
        return readWrite(index === 2 || index === 4, index === 3 || index === 4);
      },
    },
    memory,
  );
}

/** OMAP (omap-iommu.c): the layout of the short-descriptor format without rights; maps overwrite. */
export function omapTable(memory: TableMemory): TwoLevelTable {
  return new TwoLevelTable(
    {
      sectionShift: 20,
      rootEntries: 4096,
      limits: null,
      pageSizes: 0x1000n | 0x10000n | 0x100000n | 0x1000000n,
      repeated: [
        { level: 2, size: 0x10000 },
        { level: 1, size: 0x1000000 },
      ],
      existing: 'overwrite',
      partial: 'refuse',
      freesEmptyTables: true,
      onePageACall: true,
      tableDescriptor: (table) => (Number(BigInt.asUintN(32, table)) | 1) >>> 0,
      leafDescriptor: (level, size, phys) =>
        (Number(BigInt.asUintN(32, phys)) |
          (level === 1 ? (size > 0x100000 ? (1 << 18) | 2 : 2) : size > 4096 ? 1 : 2)) >>>
        0,
      isTable: (descriptor) => (descriptor & 3) === 1,
      leafSize: (level, descriptor) =>
        level === 1 ? ((descriptor & (1 << 18)) !== 0 ? 0x1000000 : 0x100000) : (descriptor & 2) !== 0 ? 4096 : 0x10000,
      physOf(level, descriptor) {
        return BigInt(descriptor >>> 0) & ~(BigInt(this.leafSize(level, descriptor)) - 1n);
      },
      access: () => readWrite(true, true),
    },
    memory,
  );
}
