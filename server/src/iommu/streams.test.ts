import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, formatMatched, intersects, matchedRanges, sameStreams } from './streams';

const pair = fc.record({ id: fc.integer({ min: 0, max: 0xff }), mask: fc.integer({ min: 0, max: 0xff }) });
const matches = (p: { id: number; mask: number }) =>
  Array.from({ length: 256 }, (_, i) => i).filter((i) => ((i ^ p.id) & ~p.mask) === 0);

describe('stream sets', () => {
  test('against the obvious enumeration', () => {
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const setA = new Set(matches(a));
        const setB = matches(b);
        expect(intersects(a, b)).toBe(setB.some((i) => setA.has(i)));
        expect(covers(a, b)).toBe(setB.every((i) => setA.has(i)));
        expect(sameStreams(a, b)).toBe(setB.length === setA.size && setB.every((i) => setA.has(i)));
        const { ranges, count } = matchedRanges(a.id, a.mask, 256);
        expect(count).toBe(setA.size);
        expect(
          ranges
            .flatMap((r) => Array.from({ length: r.last - r.first + 1 }, (_, i) => r.first + i))
            .sort((x, y) => x - y),
        ).toEqual(matches(a));
      }),
    );
  });

  test.each([
    [0x480, 0x0, '0x480'],
    [0x480, 0x3, '0x480-0x483'],
    [0x80, 0x420, '0x80, 0xa0, 0x480, 0x4a0'],
    [0x11, 0x7f80, '0x11, 0x91, 0x111, 0x191, … (256 IDs)'],
  ])('%x mask %x', (id, mask, text) => {
    expect(formatMatched(id, mask)).toBe(text);
  });
});
