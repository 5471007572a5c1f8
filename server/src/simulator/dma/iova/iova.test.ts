import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IovaDomain, roundUpPowerOfTwo } from './iova';

const GRANULE = 4096;
const BOUNDARY = 2 ** 20;

/** The same policy on a sorted array, each step done the obvious way: no tree, no gap index, no early end. */
class SlowDomain {
  private readonly anchor = { low: Number.POSITIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  private ranges = [this.anchor];
  private cached = this.anchor;
  private cached32 = this.anchor;
  private failed32 = BOUNDARY;
  constructor(private readonly start: number) {}

  list(): string {
    return this.ranges.map((range) => `${range.low}-${range.high}`).join(' ');
  }

  allocate(size: number, limit: number, aligned: boolean): number {
    const bound = limit + 1;
    const step = aligned ? roundUpPowerOfTwo(size) : 1;
    if (bound <= BOUNDARY && size >= this.failed32) return 0;
    const from = bound <= BOUNDARY ? this.cached32 : this.cached;
    const found =
      this.scan(this.ranges.indexOf(from), size, bound, step, this.start) ??
      (from.high < bound ? this.scan(this.ranges.length - 1, size, bound, step, from.high + 1) : null);
    if (found === null) {
      this.failed32 = size;
      return 0;
    }
    const range = { low: found.at, high: found.at + size - 1 };
    this.ranges.splice(found.index, 0, range);
    if (range.high < BOUNDARY) this.cached32 = range;
    else this.cached = range;
    return found.at;
  }

  private scan(index: number, size: number, bound: number, step: number, lowest: number) {
    for (let i = index; i >= 0; i--) {
      const high = Math.min(bound, this.ranges[i]?.low ?? 0);
      const at = Math.floor((high - size) / step) * step;
      if (at < lowest) return null;
      if (i === 0 || at > (this.ranges[i - 1]?.high ?? 0)) return { at, index: i };
    }
    return null;
  }

  free(frame: number): void {
    const index = this.ranges.findIndex((range) => range.low <= frame && frame <= range.high);
    const range = this.ranges[index];
    if (range === undefined || range === this.anchor) return;
    const next = this.ranges[index + 1] ?? this.anchor;
    if (range === this.cached32 || (range.high < BOUNDARY && range.low >= this.cached32.low)) this.cached32 = next;
    if (range.low < BOUNDARY) this.failed32 = BOUNDARY;
    if (range.low >= this.cached.low) this.cached = next;
    this.ranges.splice(index, 1);
  }

  reserve(low: number, high: number): void {
    let from = low;
    for (const range of this.ranges) {
      if (from > range.high || high < range.low) continue;
      range.low = Math.min(range.low, from);
      if (high <= range.high) return;
      from = range.high + 1;
    }
    const at = this.ranges.findIndex((range) => range.low > from);
    this.ranges.splice(at, 0, { low: from, high });
  }
}

type Step =
  | { readonly kind: 'allocate'; readonly size: number; readonly limit: number; readonly aligned: boolean }
  | { readonly kind: 'free'; readonly pick: number };

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3000 }) },
  { weight: 1, arbitrary: fc.constantFrom(BOUNDARY / 2, BOUNDARY / 4, BOUNDARY - 1, BOUNDARY) },
);
const limits = fc.constantFrom(0xfff, 0x1fff, 0xffff, BOUNDARY - 1, BOUNDARY - 1, BOUNDARY, 2 ** 28 - 1, 2 ** 36 - 1);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('allocate' as const),
        size: sizes,
        limit: limits,
        aligned: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('free' as const), pick: fc.nat() }) },
  ),
  { maxLength: 400 },
);
const reservations = fc.array(
  fc.tuple(fc.integer({ min: 0, max: BOUNDARY + 5000 }), fc.integer({ min: 0, max: 9000 })),
  {
    maxLength: 12,
  },
);

function listOf(domain: IovaDomain): string {
  const out: string[] = [];
  domain.forEach((low, high) => {
    out.push(`${low}-${high}`);
  });
  return [...out, 'Infinity-Infinity'].join(' ');
}

describe('the tree', () => {
  it('answers every step as the sorted list does', () => {
    fc.assert(
      fc.property(reservations, steps, fc.constantFrom(1, 0x80, 0x80000), (reserved, script, start) => {
        const fast = new IovaDomain(GRANULE, start);
        const slow = new SlowDomain(start);
        for (const [low, length] of reserved) {
          fast.reserve(low, low + length);
          slow.reserve(low, low + length);
        }
        const live: number[] = [];
        for (const step of script) {
          if (step.kind === 'allocate') {
            const got = fast.allocate(step.size, step.limit, step.aligned);
            expect(got).toBe(slow.allocate(step.size, step.limit, step.aligned));
            if (got !== 0) live.push(got);
          } else if (live.length > 0) {
            const [frame] = live.splice(step.pick % live.length, 1);
            fast.free(frame as number);
            slow.free(frame as number);
          }
        }
        expect(listOf(fast)).toBe(slow.list());
      }),
      { numRuns: 400 },
    );
  });

  it('hands out nothing twice, nothing above the limit, and forgets nothing', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const domain = new IovaDomain(GRANULE, 1);
        const live: { frame: number; size: number }[] = [];
        for (const step of script) {
          if (step.kind === 'allocate') {
            const frame = domain.allocateFast(step.size, step.limit, true);
            if (frame === 0) continue;
            const end = frame + step.size - 1;
            expect(frame).toBeGreaterThanOrEqual(1);
            expect(end).toBeLessThanOrEqual(step.limit);
            expect(frame % roundUpPowerOfTwo(step.size)).toBe(0);
            for (const other of live) expect(end < other.frame || frame >= other.frame + other.size).toBe(true);
            live.push({ frame, size: step.size });
          } else if (live.length > 0) {
            const [gone] = live.splice(step.pick % live.length, 1);
            if (gone !== undefined) domain.freeFast(gone.frame, gone.size);
          }
        }
        expect(domain.ranges).toBe(live.length + domain.cachedRanges);
        for (const { frame, size } of live) domain.freeFast(frame, size);
        // Everything freed: whatever the caches still hold comes back when somebody needs the room.
        // (A free below 4 GiB makes it forget the size that failed there.)
        domain.free(domain.allocate(1, BOUNDARY - 1, true));
        const whole = domain.allocateFast(BOUNDARY / 2, BOUNDARY - 1, true);
        expect(whole).toBe(BOUNDARY / 2);
        expect(domain.allocateFast(BOUNDARY / 2, BOUNDARY - 1, true)).toBe(0);
        domain.freeFast(whole, BOUNDARY / 2);
        expect(domain.ranges).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the caches', () => {
  /** 300 frames freed from the highest down come back in runs of a magazine (recording iova-burst). */
  it('keeps two magazines of 127 and a depot', () => {
    const domain = new IovaDomain(GRANULE, 1);
    const frames = Array.from({ length: 300 }, () => domain.allocateFast(1, BOUNDARY - 1, true));
    expect(frames[0]).toBe(BOUNDARY - 1);
    expect(frames[299]).toBe(BOUNDARY - 300);
    for (const frame of frames) domain.freeFast(frame, 1);
    expect(domain.cachedRanges).toBe(300);
    const again = frames.map(() => domain.allocateFast(1, BOUNDARY - 1, true));
    expect(again.slice(0, 46)).toEqual(frames.slice(254).reverse());
    expect(again.slice(46, 173)).toEqual(frames.slice(0, 127).reverse());
    expect(again.slice(173)).toEqual(frames.slice(127, 254).reverse());
  });

  it('does not hand a cached range to a smaller mask', () => {
    const domain = new IovaDomain(GRANULE, 1);
    domain.freeFast(domain.allocateFast(1, BOUNDARY - 1, true), 1);
    expect(domain.allocateFast(1, 0xfff, true)).toBe(0xfff);
    expect(domain.allocateFast(1, BOUNDARY - 1, true)).toBe(BOUNDARY - 1);
  });

  it('shares the class of the next power of two', () => {
    const domain = new IovaDomain(GRANULE, 1);
    const five = domain.allocateFast(5, BOUNDARY - 1, true);
    expect(five).toBe(BOUNDARY - 8);
    domain.freeFast(five, 5);
    expect(domain.allocateFast(6, BOUNDARY - 1, true)).toBe(five);
  });

  it('keeps one magazine in the depot and gives the others back every 100 ms', () => {
    const due: { time: number; action: () => void }[] = [];
    let now = 0;
    const clock = {
      now: () => now,
      at: (time: number, action: () => void) => {
        due.push({ time, action });
        return () => undefined;
      },
    };
    const domain = new IovaDomain(GRANULE, 1, { clock });
    const frames = Array.from({ length: 700 }, () => domain.allocateFast(1, BOUNDARY - 1, true));
    for (const frame of frames) domain.freeFast(frame, 1);
    for (let next = due.shift(); next !== undefined; next = due.shift()) {
      now = next.time;
      next.action();
    }
    expect(now).toBe(400);
    expect(domain.cachedRanges).toBe(700 - 3 * 127);
    expect(domain.ranges).toBe(700 - 3 * 127);
  });

  it('drops a full magazine when the depot has no room (up to 6.6)', () => {
    const domain = new IovaDomain(GRANULE, 1, { policy: { magazineSize: 127, depotLimit: 1 } });
    const frames = Array.from({ length: 600 }, () => domain.allocateFast(1, BOUNDARY - 1, true));
    for (const frame of frames) domain.freeFast(frame, 1);
    expect(domain.cachedRanges).toBe(600 - 2 * 127);
  });
});

describe('the space below 4 GiB', () => {
  it('remembers the size that failed until something is freed there', () => {
    const domain = new IovaDomain(GRANULE, 1);
    const first = domain.allocate(0x800, 0xfff, true);
    expect(domain.allocate(0x800, 0xfff, true)).toBe(0);
    expect(domain.allocate(0x800, BOUNDARY - 1, true)).toBe(0);
    domain.free(first);
    expect(domain.allocate(0x800, BOUNDARY - 1, true)).not.toBe(0);
  });

  it('joins reservations that meet', () => {
    const domain = new IovaDomain(GRANULE, 1);
    domain.reserve(10, 20);
    domain.reserve(15, 40);
    domain.reserve(5, 12);
    expect(listOf(domain)).toBe('5-20 21-40 Infinity-Infinity');
  });
});
