/**
 * The IOVA allocator of the DMA API (drivers/iommu/iova.c), answer for answer: top-down search from a remembered node
 * (one for the space below 4 GiB, one for all), the remembered size that failed below 4 GiB, and the caches in front.
 * All numbers are page frames of the domain's granule.
 */
import { CACHED_ORDERS, type CachePolicy, type Clock, OrderCache } from './iova-cache';
import { NONE, RangeTree } from './range-tree';

const CURRENT_POLICY: CachePolicy = { magazineSize: 127, depotLimit: null };

/** The smallest power of two that is not below `size`. */
export function roundUpPowerOfTwo(size: number): number {
  if (size <= 1) return 1;
  if (size <= 0x40000000) return 1 << (32 - Math.clz32(size - 1));
  let power = 0x40000000;
  while (power < size) power *= 2;
  return power;
}

/** order_base_2: log2 of a size, rounded up. */
function orderOf(size: number): number {
  return size <= 1 ? 0 : size > 0x40000000 ? 31 : 32 - Math.clz32(size - 1);
}

export interface IovaOptions {
  readonly clock?: Clock;
  readonly policy?: CachePolicy;
  /** Kernels without the per-CPU caches. */
  readonly uncached?: boolean;
  /** A search looks above the remembered range too, and the depot is emptied before the last try (5.11 on). Absent: true. */
  readonly retries?: boolean;
}

export class IovaDomain {
  /** 4 GiB in frames. */
  private readonly boundary32: number;
  private readonly tree: RangeTree;
  /** The range above all others, and the remembered ones below 4 GiB and at all. */
  private readonly anchor: number;
  private cached: number;
  private cached32: number;
  private max32AllocSize: number;
  private readonly caches: OrderCache[] = [];
  private readonly retries: boolean;

  /**
   * init_iova_domain with iova_domain_init_rcaches. `granule` in bytes, a power of two; `startFrame` is the lowest
   * frame that may be handed out.
   */
  constructor(
    readonly granule: number,
    readonly startFrame: number,
    options: IovaOptions = {},
  ) {
    this.boundary32 = 2 ** 32 / granule;
    this.max32AllocSize = this.boundary32;
    this.tree = new RangeTree(startFrame);
    this.anchor = this.tree.insert(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    this.cached = this.anchor;
    this.cached32 = this.anchor;
    const release = (frames: readonly number[]): void => {
      for (const frame of frames) this.free(frame);
    };
    this.retries = options.retries ?? true;
    const policy = options.policy ?? CURRENT_POLICY;
    for (let order = 0; order < CACHED_ORDERS && options.uncached !== true; order++)
      this.caches.push(new OrderCache(policy, options.clock ?? null, release));
  }

  /** Allocated and reserved ranges in the tree, those that wait in the caches included. */
  get ranges(): number {
    return this.tree.size - 1;
  }

  /** Freed ranges that wait in the caches. */
  get cachedRanges(): number {
    return this.caches.reduce((sum, cache) => sum + cache.held, 0);
  }

  /** put_iova_domain: stops the depot's worker. */
  destroy(): void {
    for (const cache of this.caches) cache.destroy();
  }

  /**
   * alloc_iova_fast: `size` frames, none above `limit`. `flush`: give the caches back and try once more before
   * failing. Returns the first frame, or 0.
   */
  allocateFast(size: number, limit: number, flush: boolean): number {
    const rounded = size < 1 << (this.caches.length - 1) ? roundUpPowerOfTwo(size) : size;
    const order = orderOf(rounded);
    if (order < this.caches.length) {
      // The kernel computes limit + 1 - size in unsigned arithmetic: a limit below the size becomes "no limit".
      const highest = limit + 1 - rounded;
      const frame = (this.caches[order] as OrderCache).take(highest < 0 ? Number.POSITIVE_INFINITY : highest);
      if (frame !== 0) return frame;
    }
    const frame = this.allocate(rounded, limit, true);
    if (frame !== 0 || !flush) return frame;
    for (const cache of this.caches) cache.flushCpu();
    if (this.retries) for (const cache of this.caches) cache.flushDepot();
    return this.allocate(rounded, limit, true);
  }

  /** free_iova_fast: into the cache of its order, or straight back. */
  freeFast(frame: number, size: number): void {
    const order = orderOf(size);
    if (order < this.caches.length) (this.caches[order] as OrderCache).put(frame);
    else this.free(frame);
  }

  /** alloc_iova: past the caches. Returns the first frame, or 0 when nothing fits. */
  allocate(size: number, limit: number, sizeAligned: boolean): number {
    const alignment = sizeAligned ? roundUpPowerOfTwo(size) : 1;
    const bound = limit + 1;
    if (bound <= this.boundary32 && size >= this.max32AllocSize) return 0;
    const start = bound <= this.boundary32 ? this.cached32 : this.cached;
    // Read before the search: the second pass covers only what lies above the remembered node.
    const retryAbove = this.tree.high(start);
    if (this.place(start, size, bound, alignment, this.startFrame)) return this.placed;
    if (this.retries && retryAbove < bound) {
      // iova_find_limit gives the anchor above 4 GiB; place() starts from the lowest range at or above the bound.
      if (this.place(this.anchor, size, bound, alignment, retryAbove + 1)) return this.placed;
    }
    this.max32AllocSize = size;
    return 0;
  }

  /** free_iova: the range that holds `frame`; nothing happens when there is none. */
  free(frame: number): void {
    const range = this.tree.find(frame);
    if (range === NONE || range === this.anchor) return;
    this.forget(range);
    this.tree.remove(range);
  }

  /** find_iova: first and last frame of the range that holds `frame`, or null. */
  find(frame: number): { readonly low: number; readonly high: number } | null {
    const range = this.tree.find(frame);
    return range === NONE || range === this.anchor ? null : { low: this.tree.low(range), high: this.tree.high(range) };
  }

  /** reserve_iova: takes [low, high] out, joining the ranges it meets. */
  reserve(low: number, high: number): void {
    const { tree } = this;
    let from = low;
    let overlapped = false;
    for (let range = tree.first(); range !== NONE; range = tree.next(range)) {
      if (from <= tree.high(range) && high >= tree.low(range)) {
        if (from < tree.low(range)) tree.extendDown(range, from);
        if (high > tree.high(range)) from = tree.high(range) + 1;
        if (from >= tree.low(range) && high <= tree.high(range)) return;
        overlapped = true;
      } else if (overlapped) break;
    }
    tree.insert(from, high);
  }

  /** Calls back for every range in the tree from the lowest up. */
  forEach(visit: (low: number, high: number) => void): void {
    const { tree } = this;
    for (let range = tree.first(); range !== NONE && range !== this.anchor; range = tree.next(range))
      visit(tree.low(range), tree.high(range));
  }

  private placed = 0;

  /**
   * The search loop of __alloc_and_insert_iova_range: the highest aligned place below `start` and below `bound`, not
   * under `lowest`. The candidate only falls as the search goes down, so the first one under `lowest` ends it.
   */
  private place(start: number, size: number, bound: number, alignment: number, lowest: number): boolean {
    const { tree } = this;
    let node = start;
    if (tree.low(node) >= bound) node = tree.ceiling(bound);
    while (node !== NONE) {
      const high = Math.min(tree.low(node), bound);
      const candidate = Math.floor((high - size) / alignment) * alignment;
      if (candidate < lowest) return false;
      const below = tree.prev(node);
      if (below === NONE || candidate > tree.high(below)) {
        const last = candidate + size - 1;
        const range = tree.insertBefore(candidate, last, node);
        if (last < this.boundary32) this.cached32 = range;
        else this.cached = range;
        this.placed = candidate;
        return true;
      }
      node = alignment === 1 ? below : tree.previousWithRoom(node, size);
    }
    return false;
  }

  /** __cached_rbnode_delete_update. */
  private forget(range: number): void {
    const { tree } = this;
    const next = tree.next(range);
    const low = tree.low(range);
    if (range === this.cached32 || (tree.high(range) < this.boundary32 && low >= tree.low(this.cached32)))
      this.cached32 = next;
    if (low < this.boundary32) this.max32AllocSize = this.boundary32;
    if (low >= tree.low(this.cached)) this.cached = next;
  }
}
