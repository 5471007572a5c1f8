/** Domains as the drivers make them: paging domains above a page table and a TLB, and the static ones without. */
import type { SimDevice } from '../contract/device';
import { EINVAL, ENODEV, type Errno } from '../contract/errno';
import type { HardwareDomain, WalkStep } from '../contract/hardware-domain';
import { mapRange, unmapRange } from './page-sizes';
import type { Leaf, PageTable } from './tables/page-table';
import { Tlb } from './tlb';

/** What an access of an address in a domain meets. */
export interface Translation {
  readonly leaf: Leaf | null;
  readonly stale: boolean;
}

/**
 * A paging domain. A driver's class gives it a table at the first attach (or at once) and may observe invalidations.
 */
export abstract class PagingDomain implements HardwareDomain {
  readonly kind = 'paging';
  faultHandler: ((iova: bigint, write: boolean) => Errno) | null = null;
  protected table: PageTable | null = null;
  private readonly tlb = new Tlb();

  abstract readonly aperture: { readonly start: bigint; readonly end: bigint; readonly force: boolean };
  /** iommu_ops.pgsize_bitmap: what a domain offers before its table exists. */
  protected abstract readonly initialPageSizes: bigint;

  get pageSizes(): bigint {
    return this.table === null ? this.initialPageSizes : this.table.pageSizes;
  }

  abstract attach(device: SimDevice): Errno;

  map(iova: bigint, phys: bigint, size: bigint, prot: number): Errno {
    const table = this.table;
    if (table === null) return this.mapUnattached(iova, phys, size);
    return mapRange(table, iova, phys, size, prot);
  }

  /** Most drivers have no page-table operations before the first attach: -ENODEV, after the core's alignment check. */
  protected mapUnattached(iova: bigint, phys: bigint, size: bigint): Errno {
    const smallest = this.pageSizes & -this.pageSizes;
    return smallest !== 0n && ((iova | phys | size) & (smallest - 1n)) !== 0n ? EINVAL : ENODEV;
  }

  unmap(iova: bigint, size: bigint, deferFlush = false): bigint {
    if (this.table === null) return 0n;
    const done = unmapRange(this.table, iova, size);
    if (!deferFlush && done > 0n) {
      this.tlb.invalidate(iova, done);
      this.onInvalidate(iova, done);
    }
    return done;
  }

  flushTlb(): void {
    this.tlb.clear();
    this.onFlushAll();
  }

  /** The driver's page and walk invalidations of a strict unmap, with the sync that follows. */
  protected onInvalidate(_iova: bigint, _size: bigint): void {}

  /** The driver's invalidation of the whole domain. */
  protected onFlushAll(): void {}

  translate(iova: bigint): bigint | null {
    const leaf = this.table?.lookup(iova) ?? null;
    return leaf === null ? null : leaf.phys + (iova - leaf.iova);
  }

  /** What the hardware finds: the TLB first, then the tables; a hit whose mapping is gone or changed is stale. */
  access(iova: bigint): Translation {
    const cached = this.tlb.lookup(iova);
    const leaf = this.table?.lookup(iova) ?? null;
    if (cached !== null) {
      const same = leaf !== null && leaf.phys + (iova - leaf.iova) === cached.phys + (iova - cached.iova);
      return { leaf: cached, stale: !same };
    }
    if (leaf !== null) this.tlb.fill(leaf);
    return { leaf, stale: false };
  }

  walk(iova: bigint): readonly WalkStep[] {
    return this.table?.walk(iova) ?? [];
  }

  leaves(): Iterable<Leaf> {
    return this.table?.leaves() ?? [];
  }

  tableCounts(): ReadonlyMap<number, number> {
    return this.table?.tableCounts() ?? new Map();
  }

  free(): void {
    this.onFree();
    this.tlb.clear();
  }

  protected onFree(): void {}
}

/** An identity or blocked domain: no tables, only what attaching does. */
export class StaticDomain implements HardwareDomain {
  readonly pageSizes = 0n;
  readonly aperture = { start: 0n, end: (1n << 64n) - 1n, force: false };
  faultHandler: ((iova: bigint, write: boolean) => Errno) | null = null;

  constructor(
    readonly kind: 'identity' | 'blocked',
    private readonly onAttach: (device: SimDevice) => Errno,
  ) {}

  attach(device: SimDevice): Errno {
    return this.onAttach(device);
  }

  /** __iommu_map() refuses domains that are not paging. */
  map(): Errno {
    return EINVAL;
  }

  unmap(): bigint {
    return 0n;
  }

  flushTlb(): void {}

  /** iommu_iova_to_phys(): the identity domain answers with the address itself. */
  translate(iova: bigint): bigint | null {
    return this.kind === 'identity' ? iova : null;
  }

  walk(): readonly WalkStep[] {
    return [];
  }

  free(): void {}
}
