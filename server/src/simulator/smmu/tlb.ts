/**
 * A translation look-aside buffer of one domain: it remembers leaves that accesses used. With strict invalidation an
 * unmap removes them at once; in lazy mode they stay, and translate, until the flush queue drains.
 */
import type { Leaf } from './tables/page-table';

/** Entries of a domain; the oldest goes first. Real sizes differ from part to part and are not discoverable. */
const CAPACITY = 512;

export class Tlb {
  private readonly entries = new Map<bigint, Leaf>();
  /** Block sizes seen, so that a look-up needs one probe a size. */
  private readonly sizes = new Set<bigint>();

  lookup(iova: bigint): Leaf | null {
    for (const size of this.sizes) {
      const entry = this.entries.get(iova & ~(size - 1n));
      if (entry !== undefined && iova < entry.iova + entry.size) return entry;
    }
    return null;
  }

  fill(leaf: Leaf): void {
    this.sizes.add(leaf.size);
    this.entries.delete(leaf.iova);
    this.entries.set(leaf.iova, leaf);
    if (this.entries.size > CAPACITY) {
      const oldest = this.entries.keys().next();
      if (oldest.done !== true) this.entries.delete(oldest.value);
    }
  }

  invalidate(iova: bigint, size: bigint): void {
    if (this.entries.size === 0) return;
    for (const [base, leaf] of this.entries)
      if (base < iova + size && iova < base + leaf.size) this.entries.delete(base);
  }

  clear(): void {
    this.entries.clear();
    this.sizes.clear();
  }
}
