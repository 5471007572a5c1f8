/** The flush queue of lazy mode (drivers/iommu/dma-iommu.c, queue_iova and fq_*), of one CPU. */
import type { Clock } from './iova-cache';

/** Entries of the ring (IOVA_DEFAULT_FQ_SIZE); one of them always stays empty. */
const RING = 256;
/** IOVA_DEFAULT_FQ_TIMEOUT in ms. */
const TIMEOUT = 10;

interface Entry {
  readonly frame: number;
  readonly pages: number;
  /** Flushes that had been started when it was queued. */
  readonly counter: number;
}

export class FlushQueue {
  private queue: Entry[] = [];
  private head = 0;
  private started = 0;
  private finished = 0;
  private cancelTimer: (() => void) | null = null;

  /**
   * `tick`: length of a jiffy in ms. `flush` empties the TLB of the domain; `release` gives a range back to the
   * allocator.
   */
  constructor(
    private readonly clock: Clock,
    private readonly tick: number,
    private readonly flush: () => void,
    private readonly release: (frame: number, pages: number) => void,
  ) {}

  /** Ranges that wait. */
  get length(): number {
    return this.queue.length - this.head;
  }

  /** queue_iova. */
  add(frame: number, pages: number): void {
    this.releaseFlushed();
    if (this.length >= RING - 1) {
      this.flushAll();
      this.releaseFlushed();
    }
    this.queue.push({ frame, pages, counter: this.started });
    if (this.cancelTimer === null) {
      // msecs_to_jiffies rounds up; the timer runs at the tick at which its time has come.
      const jiffy = Math.floor(this.clock.now() / this.tick) + Math.ceil(TIMEOUT / this.tick);
      this.cancelTimer = this.clock.at(jiffy * this.tick, () => this.timeout());
    }
  }

  /** iommu_dma_free_fq: what waits is forgotten with the domain. */
  destroy(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.queue = [];
    this.head = 0;
  }

  private timeout(): void {
    this.cancelTimer = null;
    this.flushAll();
    this.releaseFlushed();
  }

  private flushAll(): void {
    this.started++;
    this.flush();
    this.finished++;
  }

  private releaseFlushed(): void {
    while (this.head < this.queue.length) {
      const entry = this.queue[this.head] as Entry;
      if (entry.counter >= this.finished) break;
      this.head++;
      this.release(entry.frame, entry.pages);
    }
    if (this.head === this.queue.length && this.head > 0) {
      this.queue = [];
      this.head = 0;
    }
  }
}
