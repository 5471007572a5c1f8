/**
 * The Arm short-descriptor format (VMSAv7, Arm DDI 0406C B3.5; drivers/iommu/io-pgtable-arm-v7s.c): 4K and 64K pages,
 * 1M sections, 16M supersections. Used by 32-bit arm-smmu kernels without LPAE, by MSM and by MediaTek.
 */
import { PROT_CACHE, PROT_MMIO, PROT_NOEXEC, PROT_PRIV, PROT_WRITE } from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { type TwoLevelFormat, TwoLevelTable } from './two-level';

const EEXIST = -17;
const MEGABYTE = 0x100000;

export interface ShortConfig {
  readonly coherentWalk?: boolean;
  /** MediaTek: physical addresses up to 35 bits in otherwise unused bits (IO_PGTABLE_QUIRK_ARM_MTK_EXT). */
  readonly mediatek?: boolean;
  /** Access permission bits are not used (IO_PGTABLE_QUIRK_NO_PERMS). */
  readonly noPermissions?: boolean;
  /** Input and output address bits; 32 each when absent. */
  readonly ias?: number;
  readonly oas?: number;
  /** An unmap of a part of a larger page is refused; else it is split (arm_v7s_split_blk_unmap, up to 6.12). */
  readonly refusesParts?: boolean;
}

/** arm_v7s_prot_to_pte(): the low bits of a section (level 1) or small page (level 2). */
function attributes(level: 1 | 2, prot: number, permissions: boolean): number {
  // In the format's own eight attribute bits: AP0 (access flag), AP1 unprivileged, TEX, AP2 read-only, S, nG.
  let bits = (1 << 7) | (1 << 6);
  if ((prot & PROT_MMIO) === 0) bits |= 1 << 2;
  if (permissions) {
    bits |= 1;
    if ((prot & PROT_PRIV) === 0) bits |= 2;
    if ((prot & PROT_WRITE) === 0) bits |= 1 << 5;
  }
  bits <<= level === 1 ? 10 : 4;
  if ((prot & PROT_NOEXEC) !== 0 && permissions) bits |= level === 1 ? 1 << 4 : 1;
  if ((prot & PROT_MMIO) !== 0) bits |= 1 << 2;
  else if ((prot & PROT_CACHE) !== 0) bits |= (1 << 2) | (1 << 3);
  return bits | 2;
}

/** arm_v7s_pte_to_cont(): a supersection or a large page keeps TEX and XN in other places. */
function repeatedForm(level: 1 | 2, bits: number): number {
  if (level === 1) return bits | (1 << 18);
  const xn = bits & 1;
  const tex = bits & (7 << 6);
  return (bits ^ (xn | tex | 2)) | (xn << 15) | (tex << 6) | 1;
}

function mediatekHigh(phys: bigint): number {
  const bit = (at: bigint): number => Number((phys >> at) & 1n);
  // paddr_to_iopte(): bits 32, 33 and 34 of the address live in bits 9, 4 and 5 of the descriptor.
  return (bit(32n) << 9) | (bit(33n) << 4) | (bit(34n) << 5);
}

function mediatekPhys(descriptor: number): bigint {
  const bit = (at: number): bigint => BigInt((descriptor >>> at) & 1);
  return (bit(9) << 32n) | (bit(4) << 33n) | (bit(5) << 34n);
}

function shortFormat(config: ShortConfig): TwoLevelFormat {
  const noPermissions = config.noPermissions === true;
  const mediatek = config.mediatek === true;
  const ias = config.ias ?? 32;
  return {
    sectionShift: 20,
    rootEntries: 2 ** (ias - 20),
    limits: { ias, oas: config.oas ?? 32 },
    pageSizes: 0x1000n | 0x10000n | 0x100000n | 0x1000000n,
    repeated: [
      { level: 2, size: 0x10000 },
      { level: 1, size: 0x1000000 },
    ],
    existing: EEXIST,
    partial: config.refusesParts === true ? 'refuse' : 'split',
    unmapsWhole: true,
    freesEmptyTables: false,
    onePageACall: false,
    tableDescriptor: (address) => (Number(address & 0xffff_fc00n) | 1) >>> 0,
    leafDescriptor(level, size, phys, prot) {
      const bits = attributes(level, prot, !noPermissions);
      const form = size > (level === 1 ? MEGABYTE : 4096) ? repeatedForm(level, bits) : bits;
      return (
        (Number(phys & (level === 1 ? 0xfff0_0000n : 0xffff_f000n)) | (mediatek ? mediatekHigh(phys) : 0) | form) >>> 0
      );
    },
    isTable: (descriptor) => (descriptor & 3) === 1,
    leafSize(level, descriptor) {
      if (level === 1) return (descriptor & (1 << 18)) !== 0 ? 16 * MEGABYTE : MEGABYTE;
      return (descriptor & 2) !== 0 ? 4096 : 0x10000;
    },
    physOf(level, descriptor) {
      const size = BigInt(this.leafSize(level, descriptor));
      const high = mediatek ? mediatekPhys(descriptor) : 0n;
      return high | (BigInt(descriptor >>> 0) & 0xffff_ffffn & ~(size - 1n));
    },
    access(level, descriptor) {
      if (noPermissions) return { read: true, write: true };
      const readOnly = (descriptor & (1 << (level === 1 ? 15 : 9))) !== 0;
      return { read: true, write: !readOnly };
    },
  };
}

/** A live short-descriptor table. */
export class ShortTable extends TwoLevelTable {
  constructor(config: ShortConfig, memory: TableMemory) {
    super(shortFormat(config), memory);
  }
}
