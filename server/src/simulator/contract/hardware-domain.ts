/** What `smmu/` promises the IOMMU core about address spaces: a domain that maps, and what an access to it does. */
import type { SimDevice } from './device';
import type { Errno } from './errno';

export type DomainType = 'DMA' | 'DMA-FQ' | 'identity' | 'unmanaged' | 'blocked';

/** Bits of iommu_map's prot (include/linux/iommu.h). */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_CACHE = 4;
export const PROT_NOEXEC = 8;
export const PROT_MMIO = 16;
export const PROT_PRIV = 32;

/** One step of a table walk, from the root down. */
export interface WalkStep {
  /** Level as the format numbers it (Arm: 0 to 3; two-level formats: 1 and 2). */
  readonly level: number;
  /** Address of the table in memory and the index into it. Table addresses are of a notional allocator. */
  readonly table: bigint;
  readonly index: number;
  readonly descriptor: bigint;
  readonly meaning: 'table' | 'block' | 'page' | 'invalid';
  /** What the descriptor's bits say: `next 0x…`, `phys 0x… RW nG AF`. */
  readonly text: string;
}

/**
 * A domain as its IOMMU driver made it (struct iommu_domain with its domain ops). `pageSizes` and `aperture` are
 * final after the first attach only (arm_smmu_init_domain_context and its like): read them again after it.
 */
export interface HardwareDomain {
  readonly kind: 'paging' | 'identity' | 'blocked';
  /** Bit n set: pages of 2^n bytes. */
  readonly pageSizes: bigint;
  readonly aperture: { readonly start: bigint; readonly end: bigint; readonly force: boolean };
  attach(device: SimDevice): Errno;
  /**
   * iommu_map(): one range of any length; chooses the block sizes (iommu_pgsize), gives -EINVAL when iova, phys or size
   * is not a multiple of the smallest page, and takes back what it mapped when a later part fails.
   */
  map(iova: bigint, phys: bigint, size: bigint, prot: number): Errno;
  /**
   * iommu_unmap(): returns the number of bytes unmapped. `deferFlush` is the flush-queue case: the TLB keeps what it
   * holds until `flushTlb()`; without it the TLB forgets the range at once.
   */
  unmap(iova: bigint, size: bigint, deferFlush?: boolean): bigint;
  /** iommu_flush_iotlb_all(), what the flush queue does when it drains. */
  flushTlb(): void;
  /** iommu_iova_to_phys(); null when nothing is mapped there. */
  translate(iova: bigint): bigint | null;
  /** The table walk of an address, from the root; empty for domains without tables. */
  walk(iova: bigint): readonly WalkStep[];
  /** iommu_set_fault_handler(): called on a fault; a result other than -ENOSYS silences the kernel's message. */
  faultHandler: ((iova: bigint, write: boolean) => Errno) | null;
  free(): void;
}

/** What the hardware does with one access of a master (one bus transaction of a stream). */
export interface AccessOutcome {
  /** `translated`, passed `untranslated` (bypass), `fault` (reported), `aborted` (silently). */
  readonly result: 'translated' | 'untranslated' | 'fault' | 'aborted';
  readonly stream: number;
  readonly iova: bigint;
  readonly write: boolean;
  /** Where the access goes; null when it goes nowhere. */
  readonly phys: bigint | null;
  /** Translated by a TLB entry whose mapping is gone (the lazy-invalidation window). */
  readonly stale: boolean;
  /** A fault that held the transaction until the driver answered (SMMUv3 stall model): absent when it ended at once. */
  readonly stalled?: 'aborted';
  /** The panic with which the kernel answers the fault; absent: it goes on. */
  readonly panics?: string;
  /** `translation`, `permission`, `unknown-stream`, `address-size`, …; null without a fault. */
  readonly fault: string | null;
  /** What the kernel prints, in lines without the device prefix; empty when the rate limit or a handler swallows it. */
  readonly lines: readonly string[];
  readonly walk: readonly WalkStep[];
}
