/** Properties of the address spaces: against slow oracles, and over whole boots with random operations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rig } from '../../../test/helpers/rig';
import { Bitmap } from './arm/bitmap';
import { Client } from './clients/client';
import { FlushQueue } from './iova/flush-queue';
import { SortedMappings } from './sorted-mappings';

describe('a page table as sorted mappings', () => {
  const pages = fc.record({
    map: fc.boolean(),
    start: fc.integer({ min: 0, max: 60 }),
    count: fc.integer({ min: 1, max: 12 }),
    phys: fc.integer({ min: 0, max: 40 }),
  });

  it('answers as a table with an entry for each page', () => {
    fc.assert(
      fc.property(fc.array(pages, { maxLength: 60 }), (script) => {
        const table = new SortedMappings();
        const oracle = new Map<number, number>();
        for (const { map, start, count, phys } of script) {
          const range = Array.from({ length: count }, (_, i) => start + i);
          if (map) {
            const taken = range.some((page) => oracle.has(page));
            expect(table.map(BigInt(start), BigInt(phys), BigInt(count), 3)).toBe(taken ? -17 : 0);
            if (!taken) for (const [i, page] of range.entries()) oracle.set(page, phys + i);
          } else {
            let removed = 0;
            while (removed < count && oracle.delete(start + removed)) removed++;
            expect(table.unmap(BigInt(start), BigInt(count))).toBe(BigInt(removed));
          }
        }
        for (let page = 0; page < 80; page++) {
          const phys = oracle.get(page);
          expect(table.translate(BigInt(page))).toBe(phys === undefined ? null : BigInt(phys));
        }
        const { entries } = table;
        for (let i = 1; i < entries.length; i++)
          expect((entries[i - 1]?.end ?? 0n) <= (entries[i]?.start ?? 0n)).toBe(true);
      }),
    );
  });
});

describe('the bitmap of the ARM glue', () => {
  it('finds the first aligned room as a bit-by-bit search does', () => {
    const step = fc.record({
      set: fc.boolean(),
      count: fc.integer({ min: 1, max: 40 }),
      order: fc.integer({ min: 0, max: 6 }),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (script) => {
        const bits = 256;
        const bitmap = new Bitmap(bits);
        const oracle = new Array<boolean>(bits).fill(false);
        const live: [number, number][] = [];
        for (const { set, count, order, pick } of script) {
          if (!set && live.length > 0) {
            const [gone] = live.splice(pick % live.length, 1);
            if (gone === undefined) continue;
            bitmap.clear(gone[0], gone[1]);
            oracle.fill(false, gone[0], gone[0] + gone[1]);
            continue;
          }
          let wanted = -1;
          for (let at = 0; at + count <= bits && wanted < 0; at += 2 ** order)
            if (oracle.slice(at, at + count).every((bit) => !bit)) wanted = at;
          const found = bitmap.findZeroArea(count, 2 ** order);
          expect(found).toBe(wanted);
          if (found < 0) continue;
          bitmap.set(found, count);
          oracle.fill(true, found, found + count);
          live.push([found, count]);
        }
        expect(bitmap.used).toBe(oracle.filter((bit) => bit).length);
      }),
    );
  });
});

describe('the flush queue', () => {
  function queue() {
    const timers: { time: number; action: () => void }[] = [];
    const released: number[] = [];
    let flushes = 0;
    const clock = {
      now: () => 1,
      at: (time: number, action: () => void) => {
        timers.push({ time, action });
        return () => undefined;
      },
    };
    const fq = new FlushQueue(
      clock,
      4,
      () => flushes++,
      (frame) => released.push(frame),
    );
    return { fq, timers, released, flushes: () => flushes };
  }

  it('releases nothing before the timer, and everything with it', () => {
    const { fq, timers, released } = queue();
    for (let i = 0; i < 10; i++) fq.add(i, 1);
    expect(released).toEqual([]);
    expect(timers.map((t) => t.time)).toEqual([12]);
    timers[0]?.action();
    expect(released).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    fq.add(10, 1);
    expect(timers.length).toBe(2);
  });

  it('flushes when the 256th entry comes', () => {
    const { fq, released, flushes } = queue();
    for (let i = 0; i < 255; i++) fq.add(i, 1);
    expect([flushes(), released.length]).toEqual([0, 0]);
    fq.add(255, 1);
    expect([flushes(), released.length, fq.length]).toEqual([1, 255, 1]);
  });
});

describe('whole boots', () => {
  const op = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(fc.constant(1), fc.nat({ max: 15 }), fc.integer({ min: 1, max: 0x60000 }), fc.constant(0)),
    },
    {
      weight: 5,
      arbitrary: fc.tuple(
        fc.constant(3),
        fc.nat({ max: 15 }),
        fc.integer({ min: 1, max: 0x60000 }),
        fc.nat({ max: 4095 }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constant(5),
        fc.nat({ max: 15 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 9000 }),
      ),
    },
    { weight: 6, arbitrary: fc.tuple(fc.constant(2), fc.nat({ max: 15 }), fc.constant(0), fc.constant(0)) },
  );
  /** Every slot is freed before it is filled again, as drivers do. */
  const script = fc.array(op, { minLength: 1, maxLength: 60 }).map((ops) => {
    const taken = new Set<number>();
    return ops.flatMap((entry) => {
      const [kind, slot] = entry;
      const before: (readonly number[])[] = kind !== 2 && taken.has(slot) ? [[2, slot, 0, 0]] : [];
      if (kind === 2) taken.delete(slot);
      else taken.add(slot);
      return [...before, entry];
    });
  });

  it.each([
    { what: 'dma-iommu', arm: false, cmdline: '' },
    { what: 'dma-iommu, lazy', arm: false, cmdline: 'iommu.strict=0' },
    { what: 'the ARM glue', arm: true, cmdline: '' },
  ])(
    '$what: live regions never overlap, each translates to its memory, and nothing else does',
    ({ arm, cmdline }) => {
      fc.assert(
        fc.property(script, fc.constantFrom(20, 24, 32, 40), (ops, bits) => {
          const list = ops.map((row) => `<${row.join(' ')}>`).join(', ');
          const { outcome } = rig(
            `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; };
           c0: client@a100000 { compatible = "oracle,client"; reg = <0 0xa100000 0 0x1000>; iommus = <&oi 1>;
             oracle,dma-bits = <${bits}>; oracle,ops = ${list}; };`,
            { arm, cmdline },
          );
          const client = outcome.machine.work;
          if (!(client instanceof Client)) throw new Error('no clients');
          const device = outcome.machine.core.devices.find((d) => d.name === 'a100000.client');
          if (device === undefined) throw new Error('no client');
          const state = client.core.states.of(device);
          const domain = arm ? state.armMapping?.domain : state.group?.defaultDomain;
          if (!domain) throw new Error('no domain');
          const pages = new Set<bigint>();
          const page = (address: bigint): bigint => address / 4096n;
          for (const region of client.live()) {
            if (region.size === 0n) continue;
            if (region.kind === 'map') expect(domain.translate(region.iova)).toBe(region.phys);
            for (let at = page(region.iova); at <= page(region.iova + region.size - 1n); at++) {
              expect(domain.translate(at * 4096n)).not.toBe(0n);
              if (region.kind !== 'sg') expect(pages.has(at)).toBe(false);
              pages.add(at);
            }
            // The 32-bit glue does not look at the mask.
            if (!arm) expect(region.iova + region.size <= 1n << BigInt(bits)).toBe(true);
          }
          for (const at of pages)
            for (const near of [at - 1n, at + 1n]) {
              // Page 0 of an ARM mapping stays mapped when it is unmapped as a page.
              if (pages.has(near) || near < 1n || (arm && near < 0x61n)) continue;
              expect(domain.translate(near * 4096n)).toBe(0n);
            }
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );
});
