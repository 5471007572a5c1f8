/**
 * Physical memory as drivers get it from the page allocator. The kernel's real choice of pages is not predictable;
 * this one is deterministic and keeps what matters: natural alignment of every block and an end of memory.
 */

/** Largest block the page allocator gives, in pages as a power of two (MAX_PAGE_ORDER). */
const MAX_ORDER = 10;

/** The contiguous buffer that a driver maps streaming regions of: 4 MiB, aligned to its size. */
const BUFFER_SIZE = 4 << 20;

/** A run of physically contiguous bytes. */
export interface PhysRun {
  readonly phys: bigint;
  readonly size: bigint;
}

export class PhysicalMemory {
  private next: bigint;
  private readonly freeBlocks: bigint[][] = [];

  /** `ranges`: [start, size] of RAM; the first one is used. `pageSize` in bytes. */
  constructor(
    private readonly ranges: readonly (readonly [bigint, bigint])[],
    readonly pageSize: number,
  ) {
    const [start] = this.ranges[0] ?? [0n, 0n];
    // The kernel itself and its early allocations.
    this.next = start + BigInt(BUFFER_SIZE);
  }

  /** The last byte of RAM. */
  get top(): bigint {
    let top = 0n;
    for (const [start, size] of this.ranges) if (start + size - 1n > top) top = start + size - 1n;
    return top;
  }

  /** One block of 2^order pages, aligned to its size; null when memory is full. */
  block(order: number): bigint | null {
    const reused = this.freeBlocks[order]?.pop();
    if (reused !== undefined) return reused;
    const size = BigInt(this.pageSize) << BigInt(order);
    const start = (this.next + size - 1n) & ~(size - 1n);
    const range = this.ranges.find(([base, length]) => start < base + length);
    if (range === undefined) return null;
    const [base, length] = range;
    const at = start < base ? (base + size - 1n) & ~(size - 1n) : start;
    if (at + size > base + length) {
      const later = this.ranges.find(([other]) => other > base);
      if (later === undefined) return null;
      this.next = later[0];
      return this.block(order);
    }
    this.next = at + size;
    return at;
  }

  /** A driver's streaming buffer of so many bytes, aligned to its size. */
  buffer(bytes: number = BUFFER_SIZE): bigint {
    let order = 0;
    while (this.pageSize * 2 ** order < bytes) order++;
    return this.block(order) ?? this.ranges[0]?.[0] ?? 0n;
  }

  /**
   * Pages for `size` bytes in blocks of the given orders, largest first (__iommu_dma_alloc_pages): contiguous runs in
   * the order in which they are mapped; null when memory is full.
   */
  pages(size: bigint, orders: readonly number[]): PhysRun[] | null {
    const runs: { phys: bigint; size: bigint }[] = [];
    let left = Number((size + BigInt(this.pageSize) - 1n) / BigInt(this.pageSize));
    const allowed = orders.filter((order) => order <= MAX_ORDER).sort((a, b) => b - a);
    while (left > 0) {
      const order = allowed.find((candidate) => 2 ** candidate <= left) ?? 0;
      const at = this.block(order);
      if (at === null) {
        this.release(runs);
        return null;
      }
      const bytes = BigInt(this.pageSize) << BigInt(order);
      const last = runs[runs.length - 1];
      if (last !== undefined && last.phys + last.size === at) last.size += bytes;
      else runs.push({ phys: at, size: bytes });
      left -= 2 ** order;
    }
    return runs;
  }

  /** Gives runs back, in the largest aligned blocks. */
  release(runs: readonly PhysRun[]): void {
    for (const run of runs) {
      let at = run.phys;
      const end = run.phys + run.size;
      while (at < end) {
        let order = MAX_ORDER;
        let size = BigInt(this.pageSize) << BigInt(order);
        while (order > 0 && (at % size !== 0n || at + size > end)) {
          order--;
          size >>= 1n;
        }
        let list = this.freeBlocks[order];
        if (list === undefined) {
          list = [];
          this.freeBlocks[order] = list;
        }
        list.push(at);
        at += size;
      }
    }
  }
}
