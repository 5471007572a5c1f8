/**
 * The per-CPU caches of freed IOVA ranges (drivers/iommu/iova.c, iova_rcache_*): for each order of pages two magazines
 * and a depot of full ones. One CPU, as the recordings have it.
 */

/** Sizes of up to 2^5 pages are cached (IOVA_RANGE_CACHE_MAX_SIZE). */
export const CACHED_ORDERS = 6;

/** Time between two looks at the depot (IOVA_DEPOT_DELAY), in ms. */
const DEPOT_DELAY = 100;

/** What differs between kernel versions. */
export interface CachePolicy {
  /** Entries of a magazine: 128 up to 5.15, 127 from 6.1. */
  readonly magazineSize: number;
  /** Most full magazines in a depot (32 up to 6.6); null: grows, and is trimmed by a worker (6.12). */
  readonly depotLimit: number | null;
}

/** Virtual time: the machine's, or a test's. */
export interface Clock {
  now(): number;
  at(time: number, action: () => void): () => void;
}

/** Freed ranges of one order. */
export class OrderCache {
  private loaded: number[] = [];
  private previous: number[] = [];
  private depot: number[][] = [];
  private cancelWork: (() => void) | null = null;

  constructor(
    private readonly policy: CachePolicy,
    private readonly clock: Clock | null,
    private readonly release: (frames: readonly number[]) => void,
  ) {}

  /** Ranges held here. */
  get held(): number {
    let sum = this.loaded.length + this.previous.length;
    for (const magazine of this.depot) sum += magazine.length;
    return sum;
  }

  /** __iova_rcache_insert. */
  put(frame: number): void {
    const full = this.policy.magazineSize;
    if (this.loaded.length >= full) {
      if (this.previous.length < full) this.swap();
      else {
        const { depotLimit } = this.policy;
        if (depotLimit !== null && this.depot.length >= depotLimit) this.release(this.loaded);
        else {
          this.depot.push(this.loaded);
          if (depotLimit === null) this.scheduleWork();
        }
        this.loaded = [];
      }
    }
    this.loaded.push(frame);
  }

  /** __iova_rcache_get: the newest frame of the loaded magazine at or below `limit`, or 0. */
  take(limit: number): number {
    if (this.loaded.length === 0) {
      if (this.previous.length !== 0) this.swap();
      else {
        const magazine = this.depot.pop();
        if (magazine === undefined) return 0;
        this.loaded = magazine;
      }
    }
    const frames = this.loaded;
    let i = frames.length - 1;
    while ((frames[i] as number) > limit) if (i-- === 0) return 0;
    const frame = frames[i] as number;
    const last = frames.pop() as number;
    if (i < frames.length) frames[i] = last;
    return frame;
  }

  /** free_cpu_cached_iovas for this order. */
  flushCpu(): void {
    this.release(this.loaded);
    this.release(this.previous);
    this.loaded = [];
    this.previous = [];
  }

  /** free_global_cached_iovas for this order. */
  flushDepot(): void {
    for (let magazine = this.depot.pop(); magazine !== undefined; magazine = this.depot.pop()) this.release(magazine);
  }

  /** free_iova_rcaches: the worker goes with the cache. */
  destroy(): void {
    this.cancelWork?.();
    this.cancelWork = null;
  }

  private swap(): void {
    const { loaded } = this;
    this.loaded = this.previous;
    this.previous = loaded;
  }

  /** schedule_delayed_work: does nothing while the work is pending. */
  private scheduleWork(): void {
    if (this.clock === null || this.cancelWork !== null) return;
    this.cancelWork = this.clock.at(this.clock.now() + DEPOT_DELAY, () => this.trim());
  }

  /** iova_depot_work_func: keeps one magazine per CPU and gives the others back one by one. */
  private trim(): void {
    this.cancelWork = null;
    if (this.depot.length <= 1) return;
    this.release(this.depot.pop() as number[]);
    this.scheduleWork();
  }
}
