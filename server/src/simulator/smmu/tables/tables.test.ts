/** Every table format against a plain map of pages: maps, unmaps and splits at random, then every address. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROT_READ, PROT_WRITE } from '../../contract';
import { TableMemory } from '../kernel-state';
import { mapRange, nextPages, unmapRange } from '../page-sizes';
import { exynosTable, omapTable, rockchipTable, sun50iTable } from './formats';
import { IntervalTable } from './intervals';
import { LpaeTable, restrictPageSizes } from './lpae';
import type { PageTable } from './page-table';
import { ShortTable } from './short';
import { TegraTable } from './tegra';

const SIZES_4K = 0x40201000n;

function lpae(stage: 1 | 2, granule: 4096 | 16384 | 65536, ias: number, coherentWalk = true): LpaeTable {
  const pageSizes = granule === 4096 ? SIZES_4K : granule === 16384 ? 0x2004000n : 0x20010000n;
  const config = { stage, pageSizes, ias, oas: 48, coherentWalk, ttbr1: false, cpuPageSize: granule };
  return LpaeTable.known(config, new TableMemory());
}

interface Format {
  readonly name: string;
  make(): PageTable;
  readonly page: bigint;
  /** Whether a part of a block can be unmapped. */
  readonly splits: boolean;
  /** Whether a map onto something mapped overwrites it. */
  readonly overwrites: boolean;
}

const nobody = { rootWritten: () => {}, leafWritten: () => {} };
const memory = (): TableMemory => new TableMemory();

const FORMATS: readonly Format[] = [
  { name: 'LPAE stage 1, 4K, 48 bits', make: () => lpae(1, 4096, 48), page: 4096n, splits: true, overwrites: false },
  { name: 'LPAE stage 1, 4K, 32 bits', make: () => lpae(1, 4096, 32), page: 4096n, splits: true, overwrites: false },
  {
    name: 'LPAE stage 2, 40 bits, concatenated',
    make: () => lpae(2, 4096, 40),
    page: 4096n,
    splits: true,
    overwrites: false,
  },
  { name: 'LPAE stage 1, 16K', make: () => lpae(1, 16384, 47), page: 16384n, splits: true, overwrites: false },
  { name: 'LPAE stage 1, 64K', make: () => lpae(1, 65536, 48), page: 65536n, splits: true, overwrites: false },
  { name: 'short descriptors', make: () => new ShortTable({}, memory()), page: 4096n, splits: true, overwrites: false },
  {
    name: 'MediaTek short descriptors, 34 bits',
    make: () => new ShortTable({ mediatek: true, noPermissions: true, ias: 34, oas: 35 }, memory()),
    page: 4096n,
    splits: true,
    overwrites: false,
  },
  { name: 'Tegra', make: () => new TegraTable(34, memory(), nobody), page: 4096n, splits: true, overwrites: true },
  { name: 'Rockchip v1', make: () => rockchipTable(1, memory()), page: 4096n, splits: true, overwrites: false },
  { name: 'Rockchip v2', make: () => rockchipTable(2, memory()), page: 4096n, splits: true, overwrites: false },
  { name: 'Exynos v3', make: () => exynosTable(false, memory()), page: 4096n, splits: false, overwrites: false },
  { name: 'Exynos v5', make: () => exynosTable(true, memory()), page: 4096n, splits: false, overwrites: false },
  { name: 'Allwinner', make: () => sun50iTable(memory()), page: 4096n, splits: true, overwrites: false },
  { name: 'OMAP', make: () => omapTable(memory()), page: 4096n, splits: false, overwrites: true },
  {
    name: 'flat list',
    make: () =>
      new IntervalTable({ pageSizes: 4096n, start: 0n, end: 0xffff_ffffn, existing: -17, rights: true, whole: false }),
    page: 4096n,
    splits: true,
    overwrites: false,
  },
];

/** A space of 12 MiB (in pages), so that blocks, tables and neighbours meet. */
const SPACE = 3072;

type Step = { readonly map: boolean; readonly at: number; readonly count: number; readonly phys: number };

const steps = fc.array(
  fc.record({
    map: fc.boolean(),
    at: fc.oneof(fc.integer({ min: 0, max: SPACE - 1 }), fc.constantFrom(0, 512, 1024, 2048, 256)),
    count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(16, 256, 512, 1024, 513)),
    phys: fc.oneof(fc.integer({ min: 0, max: 4000 }), fc.constantFrom(0, 512, 1024, 256)),
  }),
  { minLength: 1, maxLength: 25 },
);

function run(format: Format, list: readonly Step[]): void {
  const table = format.make();
  const page = format.page;
  const model = new Map<number, bigint>();
  for (const step of list) {
    const count = Math.min(step.count, SPACE - step.at);
    const pages = Array.from({ length: count }, (_, i) => step.at + i);
    const taken = pages.filter((at) => model.has(at));
    if (step.map) {
      // A map over something mapped is refused as a whole, or overwrites: the model needs no more than that.
      if (taken.length > 0 && !(format.overwrites && format.splits)) continue;
      const phys = BigInt(step.phys) * page;
      expect(mapRange(table, BigInt(step.at) * page, phys, BigInt(count) * page, PROT_READ | PROT_WRITE)).toBe(0);
      pages.forEach((at, i) => {
        model.set(at, phys + BigInt(i) * page);
      });
    } else {
      // The core unmaps what is mapped; it stops at the first hole.
      if (taken.length !== count) continue;
      const done = unmapRange(table, BigInt(step.at) * page, BigInt(count) * page);
      if (format.splits) expect(done).toBe(BigInt(count) * page);
      for (let i = 0; i < Number(done / page); i++) model.delete(step.at + i);
    }
  }
  for (let at = 0; at < SPACE; at++) {
    const iova = BigInt(at) * page + 0x123n;
    const leaf = table.lookup(iova);
    const expected = model.get(at);
    const found = leaf === null ? undefined : leaf.phys + (iova - leaf.iova) - 0x123n;
    if (found !== expected) expect(`page ${at}: ${found}`).toBe(`page ${at}: ${expected}`);
    const last = table.walk(iova).at(-1);
    if ((last !== undefined && last.meaning !== 'invalid') !== (expected !== undefined))
      expect(`walk of page ${at} ends ${last?.meaning}`).toBe(`${expected}`);
  }
  const leaves = [...table.leaves()];
  expect(leaves.reduce((sum, leaf) => sum + leaf.size, 0n)).toBe(BigInt(model.size) * page);
}

describe('page tables', () => {
  for (const format of FORMATS)
    it(`${format.name}: walks of live regions give their phys, all others fault`, () => {
      fc.assert(
        fc.property(steps, (list) => run(format, list)),
        { numRuns: 25 },
      );
    });
});

describe('which pages a range becomes (iommu_pgsize)', () => {
  const table: readonly (readonly [bigint, bigint, bigint, bigint, bigint])[] = [
    // iova, phys, size -> page, count
    [0x200000n, 0x40200000n, 0x200000n, 0x200000n, 1n],
    [0x1ff000n, 0x401ff000n, 0x401000n, 0x1000n, 1n],
    [0x200000n, 0x40201000n, 0x200000n, 0x1000n, 0x200n],
    [0x40000000n, 0x80000000n, 0x80000000n, 0x40000000n, 2n],
    [0x0n, 0x0n, 0x3000n, 0x1000n, 3n],
  ];
  it.each(table)('%x -> %x, %x bytes', (iova, phys, size, page, count) => {
    expect(nextPages(SIZES_4K, iova, phys, size)).toEqual({ page, count });
  });
});

describe('LPAE descriptors (io-pgtable-arm.c, arm_lpae_prot_to_pte; recorded leaves of a real kernel)', () => {
  const table: readonly (readonly [1 | 2, number, bigint, string])[] = [
    // stage, prot, size, low 12 bits
    [1, 3, 0x1000n, 'e43'],
    [1, 1, 0x1000n, 'ec3'],
    [1, 2, 0x1000n, 'e43'],
    [1, 3, 0x200000n, 'e41'],
    [1, 3 | 4, 0x1000n, 'f47'],
    [1, 3 | 32, 0x1000n, 'e03'],
    [2, 3, 0x1000n, '6d7'],
    [2, 1, 0x1000n, '657'],
    [2, 2, 0x1000n, '697'],
    [2, 3, 0x200000n, '6d5'],
  ];
  it.each(table)('stage %i, prot %i, %x bytes: 0x…%s', (stage, prot, size, low) => {
    const made = lpae(stage, 4096, 48);
    expect(mapRange(made, 0n, 0x40000000n, size, prot)).toBe(0);
    const descriptor = made.lookup(0n)?.descriptor ?? 0n;
    expect((descriptor & 0xfffn).toString(16)).toBe(low);
  });

  it('execute-never sets both bits', () => {
    const made = lpae(1, 4096, 48);
    mapRange(made, 0n, 0x40000000n, 0x1000n, 3 | 16 | 8);
    expect(((made.lookup(0n)?.descriptor ?? 0n) >> 53n) & 3n).toBe(3n);
  });
});

describe('LPAE geometry (Arm ARM D8.2; facts of the recordings)', () => {
  const table: readonly (readonly [1 | 2, number, number, number])[] = [
    // stage, input bits, start level, log2 of root entries
    [1, 48, 0, 9],
    [1, 44, 0, 5],
    [1, 42, 0, 3],
    [1, 40, 0, 1],
    [1, 36, 1, 6],
    [1, 32, 1, 2],
    [2, 40, 1, 10],
    [2, 44, 0, 5],
    [2, 48, 0, 9],
  ];
  it.each(table)('stage %i, %i bits: level %i, 2^%i entries', (stage, bits, level, entries) => {
    const made = lpae(stage, 4096, bits);
    expect([made.startLevel, made.rootBits]).toEqual([level, entries]);
  });

  it('takes the granule of the CPU when the hardware offers it, else a smaller, else a larger one', () => {
    const all = 0x62215000n;
    expect(restrictPageSizes(all, 4096, 48).sizes).toBe(SIZES_4K);
    expect(restrictPageSizes(all, 16384, 48).sizes).toBe(0x2004000n);
    expect(restrictPageSizes(0x20010000n, 4096, 48).sizes).toBe(0x20010000n);
    expect(restrictPageSizes(SIZES_4K, 65536, 48).sizes).toBe(SIZES_4K);
  });

  it('refuses addresses beyond the input and output size', () => {
    const made = lpae(1, 4096, 32);
    expect(mapRange(made, 1n << 32n, 0x40000000n, 0x1000n, 3)).toBe(-34);
    expect(mapRange(made, 0n, 1n << 48n, 0x1000n, 3)).toBe(-34);
    expect(mapRange(made, 0x800n, 0x40000000n, 0x1000n, 3)).toBe(-22);
    expect(mapRange(made, 0n, 0x40000000n, 0x1000n, 0)).toBe(-22);
  });

  it('maps the upper half for TTBR1 only', () => {
    const config = { stage: 1, pageSizes: SIZES_4K, ias: 48, oas: 48, coherentWalk: true, ttbr1: true } as const;
    const made = LpaeTable.known({ ...config, cpuPageSize: 4096 }, memory());
    expect(mapRange(made, 0x10000000n, 0x40000000n, 0x1000n, 3)).toBe(-34);
    expect(mapRange(made, 0xffff000010000000n, 0x40000000n, 0x1000n, 3)).toBe(0);
    expect([...made.leaves()][0]?.iova).toBe(0xffff000010000000n);
  });

  it('splits a 2 MiB block when 4 KiB of it go', () => {
    const made = lpae(1, 4096, 48);
    mapRange(made, 0x200000n, 0x40200000n, 0x200000n, 3);
    expect(unmapRange(made, 0x201000n, 0x1000n)).toBe(0x1000n);
    expect(made.lookup(0x201000n)).toBeNull();
    expect(made.lookup(0x202000n)?.phys).toBe(0x40202000n);
    expect(made.tableCounts().get(3)).toBe(1);
  });
});

describe('Tegra tables (tegra-smmu.c)', () => {
  it('cuts an IOVA to 32 bits, overwrites, and frees a table with its last page', () => {
    const made = new TegraTable(34, memory(), nobody);
    expect(mapRange(made, 0x1_0000_0000n, 0x80000000n, 0x1000n, 3)).toBe(0);
    expect(made.lookup(0n)?.phys).toBe(0x80000000n);
    expect(mapRange(made, 0n, 0x90000000n, 0x1000n, 1)).toBe(0);
    expect(made.lookup(0n)?.descriptor).toBe(0xa0090000n);
    expect(made.tableCounts().get(2)).toBe(1);
    expect(unmapRange(made, 0n, 0x1000n)).toBe(0x1000n);
    expect(made.tableCounts().get(2)).toBe(0);
  });
});

describe('short descriptors (io-pgtable-arm-v7s.c)', () => {
  const table: readonly (readonly [bigint, number, string])[] = [
    // size, prot, descriptor of phys 0x48000000
    [0x1000n, 3, '48000c72'],
    [0x1000n, 1, '48000e72'],
    [0x10000n, 3, '48001c31'],
    [0x100000n, 3, '48031c02'],
    [0x1000000n, 3, '48071c02'],
  ];
  it.each(table)('%x bytes, prot %i', (size, prot, descriptor) => {
    const made = new ShortTable({}, memory());
    expect(mapRange(made, 0n, 0x48000000n, size, prot)).toBe(0);
    expect(made.lookup(0n)?.descriptor.toString(16)).toBe(descriptor);
    expect(made.lookup(0n)?.size).toBe(size);
  });
});
