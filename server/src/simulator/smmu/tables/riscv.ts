/**
 * The page tables of a RISC-V IOMMU's first stage: Sv39, Sv48 and Sv57 (RISC-V Privileged Architecture, 12.4-12.6;
 * riscv_iommu_map_pages of Linux 6.13): 512 entries of eight bytes a table, leaves at any level.
 */
import { ENOMEM } from '../../contract/errno';
import { PROT_WRITE } from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { RadixTable } from './radix';

const VALID = 1n;
const READ = 2n;
const WRITE = 4n;
const USER = 0x10n;
const ACCESSED = 0x40n;
const DIRTY = 0x80n;
/** PTE.PPN is bits 53:10: an address without its 12 offset bits. */
const PPN_MASK = (1n << 44n) - 1n;

const entryOf = (address: bigint): bigint => ((address >> 12n) & PPN_MASK) << 10n;

/** A live table for 39, 48 or 57 input bits. `hardwareDirty`: the part sets D itself (capabilities.AMO_HWAD). */
export function riscvTable(vaBits: number, hardwareDirty: boolean, memory: TableMemory): RadixTable {
  // 4K, 2M, 1G, 512G, as far as half the space holds one (riscv_iommu_alloc_paging_domain).
  const pageSizes = [12n, 21n, 30n, 39n]
    .filter((shift) => shift < BigInt(vaBits - 1))
    .reduce((sizes, shift) => sizes | (1n << shift), 0n);
  return new RadixTable(
    {
      vaBits,
      pageShift: 12,
      tableBits: 9,
      rootLevel: (vaBits - 12) / 9 - 1,
      pageSizes,
      belowLeaf: ENOMEM,
      existing: null,
      table: (address) => entryOf(address) | VALID,
      leaf(phys, prot) {
        const rights = (prot & PROT_WRITE) !== 0 ? WRITE | (hardwareDirty ? 0n : DIRTY) : 0n;
        return entryOf(phys) | VALID | READ | USER | ACCESSED | rights;
      },
      decode: (descriptor) => ({
        phys: ((descriptor >> 10n) & PPN_MASK) << 12n,
        read: (descriptor & READ) !== 0n,
        write: (descriptor & WRITE) !== 0n,
      }),
    },
    memory,
  );
}
