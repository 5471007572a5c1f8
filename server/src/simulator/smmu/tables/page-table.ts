/** What every page-table format offers to the domain above it. */
import type { Errno } from '../../contract/errno';
import type { WalkStep } from '../../contract/hardware-domain';

/** One leaf descriptor: `count` is 1 in an iteration; runs are joined by the reader. */
export interface Leaf {
  readonly iova: bigint;
  readonly phys: bigint;
  readonly size: bigint;
  readonly level: number;
  readonly descriptor: bigint;
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * What an unmap asks of the TLB, in bytes: a leaf (io_pgtable_tlb_add_page), or what walks through a table that is gone or
 * changed may have kept, in steps of `granule` (io_pgtable_tlb_flush_walk).
 */
export type Invalidation = (iova: bigint, size: bigint, granule: bigint, kind: 'leaf' | 'walk') => void;

export interface PageTable {
  /** Bit n set: pages of 2^n bytes. */
  readonly pageSizes: bigint;
  /** map_pages of `count` pages of one size; may stop early (then call again), as the kernel's formats do. */
  mapPages(
    iova: bigint,
    phys: bigint,
    page: bigint,
    count: bigint,
    prot: number,
  ): { readonly mapped: bigint; readonly error: Errno };
  /** unmap_pages: bytes unmapped, 0 when the first page is not mapped. */
  unmapPages(iova: bigint, page: bigint, count: bigint): bigint;
  /** The leaf that translates an address, or null. */
  lookup(iova: bigint): Leaf | null;
  walk(iova: bigint): readonly WalkStep[];
  /** All leaves in ascending IOVA order. */
  leaves(): Iterable<Leaf>;
  /** How many tables exist at each level. */
  tableCounts(): ReadonlyMap<number, number>;
}

/** `0x…` of a number or bigint. */
export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
