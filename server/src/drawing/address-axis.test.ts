import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutAxis } from './address-axis';

const someStretches = fc.array(
  fc.record({ start: fc.bigInt(0n, 600n), size: fc.bigInt(1n, 90n), quiet: fc.boolean() }),
  { maxLength: 25 },
);
const someAperture = fc.tuple(fc.bigInt(0n, 300n), fc.bigInt(0n, 700n)).map(([a, size]) => [a, a + size] as const);

test('the segments begin where anything begins or ends, in order, and are used where a stretch lies', () => {
  fc.assert(
    fc.property(someStretches, someAperture, (stretches, aperture) => {
      const axis = layoutAxis(stretches, aperture, 4n);
      const segments = axis.cuts.slice(1).map((_, i) => axis.segment(i));
      const bounds = new Set([aperture[0], aperture[1] + 1n]);
      for (const { start, size } of stretches) bounds.add(start).add(start + size);
      const cuts = [...bounds].sort((a, b) => Number(a - b));
      expect(segments.map(({ start, size }) => [start, start + size])).toEqual(
        cuts.slice(1).map((end, i) => [cuts[i], end]),
      );
      for (const { start, used } of segments)
        expect(used).toBe(stretches.some((each) => each.start <= start && start < each.start + each.size));
      for (const [i, { start, size, from, to }] of segments.entries()) {
        expect([axis.segmentAt(start), axis.segmentAt(start + size - 1n)]).toEqual([i, i]);
        expect([axis.position(start), axis.position(start + size)]).toEqual([from, to]);
      }
      expect([segments[0]?.from, segments.at(-1)?.to]).toEqual([0, 1]);
    }),
  );
});

test('a position does not depend on what was asked before, and grows with the address', () => {
  fc.assert(
    fc.property(
      someStretches,
      someAperture,
      fc.array(fc.bigInt(0n, 1100n), { minLength: 1, maxLength: 60 }),
      (stretches, aperture, asked) => {
        const axis = layoutAxis(stretches, aperture, 4n);
        const positions = asked.map((address) => axis.position(address));
        asked.forEach((address, i) => {
          expect(layoutAxis(stretches, aperture, 4n).position(address)).toBe(positions[i]);
        });
        const sorted = [...asked].sort((a, b) => Number(a - b)).map((address) => axis.position(address));
        for (const [i, position] of sorted.entries()) expect(position).toBeGreaterThanOrEqual(sorted[i - 1] ?? 0);
      },
    ),
  );
});
