/**
 * Apple DART tables (drivers/iommu/io-pgtable-dart.c): two levels of granule-sized tables, up to four of them at the top;
 * only the granule itself is mapped.
 */
import { PROT_READ, PROT_WRITE } from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { RadixTable } from './radix';

const EEXIST = -17;
const VALID = 1n;
/** Sub-pages 0 to 0xfff: the whole page (APPLE_DART_PTE_SUBPAGE_END). */
const WHOLE_PAGE = 0xfffn << 40n;
/** The first format (T8103): address bits 35:12 in place, no-read 8, no-write 7, sub-page protection off 1. */
const FIRST = { address: 0xf_ffff_f000n, shift: 0n, noRead: 1n << 8n, noWrite: 1n << 7n } as const;
/** The second (T6000, T8110): address bits 41:14 in 37:10, no-read 3, no-write 2, no-cache 1. */
const SECOND = { address: 0x3f_ffff_fc00n, shift: 4n, noRead: 1n << 3n, noWrite: 1n << 2n } as const;

/** A live table, or null for more input bits than four top tables reach (apple_dart_alloc_pgtable). */
export function dartTable(version: 1 | 2, granule: number, ias: number, memory: TableMemory): RadixTable | null {
  const pageShift = Math.log2(granule);
  const tableBits = pageShift - 3;
  const topBits = Math.max(0, ias - pageShift - 2 * tableBits);
  if (topBits > 2) return null;
  const layout = version === 1 ? FIRST : SECOND;
  const entryOf = (address: bigint): bigint => (address >> layout.shift) & layout.address;
  return new RadixTable(
    {
      vaBits: ias,
      pageShift,
      tableBits,
      // Several top tables are one more level of four registers.
      rootLevel: topBits > 0 ? 2 : 1,
      pageSizes: BigInt(granule),
      belowLeaf: EEXIST,
      existing: EEXIST,
      table: (address) => entryOf(address) | VALID,
      leaf(phys, prot) {
        // dart_init_pte() sets SP_DIS whatever the format; in the second that bit is no-cache.
        let rights = 2n;
        if ((prot & PROT_READ) === 0) rights |= layout.noRead;
        if ((prot & PROT_WRITE) === 0) rights |= layout.noWrite;
        return WHOLE_PAGE | entryOf(phys) | rights | VALID;
      },
      decode: (descriptor) => ({
        phys: (descriptor & layout.address) << layout.shift,
        read: (descriptor & layout.noRead) === 0n,
        write: (descriptor & layout.noWrite) === 0n,
      }),
    },
    memory,
  );
}
