/** Sets of stream IDs: which IDs a masked ID matches, and which uses of a provider meet. */

import type { StreamUse } from './view';
import { hex } from './words';

/** Whether two (ID, mask) pairs have a common ID: equal outside both masks. */
export function intersects(a: { id: number; mask: number }, b: { id: number; mask: number }): boolean {
  return ((a.id ^ b.id) & ~(a.mask | b.mask)) >>> 0 === 0;
}

/** Whether every ID of `inner` is one of `outer` (arm_smmu_find_sme: mask subset, IDs equal outside the outer mask). */
export function covers(outer: { id: number; mask: number }, inner: { id: number; mask: number }): boolean {
  return (inner.mask & outer.mask) >>> 0 === inner.mask >>> 0 && ((inner.id ^ outer.id) & ~outer.mask) >>> 0 === 0;
}

/** Whether two pairs match the same IDs. */
export function sameStreams(a: { id: number; mask: number }, b: { id: number; mask: number }): boolean {
  return a.mask === b.mask && intersects(a, b);
}

/** A run of consecutive IDs, both ends included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The IDs that a masked ID matches, as runs, lowest first; at most `limit` runs are made (the count is always right).
 * Example: 0x480 with mask 0x3 gives 0x480-0x483.
 */
export function matchedRanges(
  id: number,
  mask: number,
  limit = 16,
): { ranges: IdRange[]; count: number; runs: number } {
  const bits: number[] = [];
  for (let bit = 0; bit < 16; bit++) if ((mask >> bit) & 1) bits.push(bit);
  const base = (id & ~mask) >>> 0;
  // the low contiguous mask bits make one run; the others multiply the runs
  let low = 0;
  while (bits[low] === low) low++;
  const length = 2 ** low;
  const high = bits.slice(low);
  const runs = 2 ** high.length;
  const ranges: IdRange[] = [];
  for (let i = 0; i < Math.min(runs, limit); i++) {
    let first = base;
    high.forEach((bit, k) => {
      if ((i >> k) & 1) first |= 1 << bit;
    });
    ranges.push({ first: first >>> 0, last: (first >>> 0) + length - 1 });
  }
  return { ranges, count: length * runs, runs };
}

/** The matched IDs for people: `0x480-0x483`, `0x80, 0xa0, … (32 IDs)`. */
export function formatMatched(id: number, mask: number): string {
  const { ranges, count, runs } = matchedRanges(id, mask, 4);
  const text = ranges.map((r) => (r.first === r.last ? hex(r.first) : `${hex(r.first)}-${hex(r.last)}`)).join(', ');
  return runs > ranges.length ? `${text}, … (${count} IDs)` : text;
}

/** Two uses of one provider whose IDs meet. */
export interface StreamMeeting {
  readonly a: StreamUse;
  readonly b: StreamUse;
  /** `same`: equal sets; `a-covers`, `b-covers`: one inside the other; `partial`: neither. */
  readonly kind: 'same' | 'a-covers' | 'b-covers' | 'partial';
}

/** Beyond this many uses of one provider the search stops: no real IOMMU has as many stream-mapping entries. */
const MAX_USES = 4096;
const MAX_MEETINGS = 10_000;

/**
 * All pairs of specifier uses (not map rows) of one provider that have a stream in common, in list order.
 * Pairs of masks are few, IDs are many: IDs are hashed for each pair of masks, so the work stays near linear.
 */
export function meetings(uses: readonly StreamUse[]): StreamMeeting[] {
  const single = uses.filter((use) => use.from.kind === 'iommus').slice(0, MAX_USES);
  const byMask = new Map<number, number[]>();
  single.forEach((use, i) => {
    const list = byMask.get(use.mask);
    if (list === undefined) byMask.set(use.mask, [i]);
    else list.push(i);
  });
  const pairs: [number, number][] = [];
  const masks = [...byMask.keys()];
  for (let m = 0; m < masks.length && pairs.length < MAX_MEETINGS; m++)
    for (let n = m; n < masks.length && pairs.length < MAX_MEETINGS; n++) {
      const care = ~((masks[m] ?? 0) | (masks[n] ?? 0));
      const seen = new Map<number, number[]>();
      for (const i of byMask.get(masks[m] ?? 0) ?? []) {
        const key = ((single[i]?.id ?? 0) & care) >>> 0;
        const list = seen.get(key);
        if (list === undefined) seen.set(key, [i]);
        else list.push(i);
      }
      for (const j of byMask.get(masks[n] ?? 0) ?? [])
        for (const i of seen.get(((single[j]?.id ?? 0) & care) >>> 0) ?? [])
          if (i !== j && (m !== n || i < j) && pairs.length < MAX_MEETINGS)
            pairs.push([Math.min(i, j), Math.max(i, j)]);
    }
  pairs.sort((x, y) => x[0] - y[0] || x[1] - y[1]);
  return pairs.flatMap(([i, j]) => {
    const a = single[i];
    const b = single[j];
    if (a === undefined || b === undefined) return [];
    const kind = sameStreams(a, b) ? 'same' : covers(a, b) ? 'a-covers' : covers(b, a) ? 'b-covers' : 'partial';
    return [{ a, b, kind }];
  });
}
