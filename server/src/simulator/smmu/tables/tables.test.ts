/** Every table format against a plain map of pages: maps, unmaps and splits at random, then every address. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROT_READ, PROT_WRITE } from '../../contract/hardware-domain';
import { TableMemory } from '../kernel-state';
import { mapRange, nextPages, unmapRange } from '../page-sizes';
import { dartTable } from './dart';
import { exynosTable, omapTable, rockchipTable, sun50iTable } from './formats';
import { IntervalTable } from './intervals';
import { LpaeTable, restrictPageSizes } from './lpae';
import type { PageTable } from './page-table';
import { riscvTable } from './riscv';
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

function dart(version: 1 | 2, granule: number, ias: number): PageTable {
  const table = dartTable(version, granule, ias, new TableMemory());
  if (table === null) throw new Error('no table');
  return table;
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
  { name: 'RISC-V Sv39', make: () => riscvTable(39, false, memory()), page: 4096n, splits: false, overwrites: true },
  { name: 'RISC-V Sv48', make: () => riscvTable(48, true, memory()), page: 4096n, splits: false, overwrites: true },
  { name: 'RISC-V Sv57', make: () => riscvTable(57, false, memory()), page: 4096n, splits: false, overwrites: true },
  { name: 'DART, 16K', make: () => dart(1, 16384, 32), page: 16384n, splits: true, overwrites: false },
  { name: 'DART 2, 16K', make: () => dart(2, 16384, 36), page: 16384n, splits: true, overwrites: false },
  { name: 'DART, 4K, four top tables', make: () => dart(1, 4096, 32), page: 4096n, splits: true, overwrites: false },
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

/** Where a run happens: units of a number of bytes from an IOVA and a physical address on. */
interface Place {
  readonly unit: bigint;
  readonly units: number;
  readonly iova: bigint;
  readonly phys: bigint;
}

function run(format: Format, list: readonly Step[], place: Place): void {
  const table = format.make();
  const { unit, units } = place;
  const model = new Map<number, bigint>();
  for (const step of list) {
    const first = step.at % units;
    const count = Math.min(step.count, units - first);
    const pages = Array.from({ length: count }, (_, i) => first + i);
    const taken = pages.filter((at) => model.has(at));
    const iova = place.iova + BigInt(first) * unit;
    if (step.map) {
      // A map over something mapped is refused as a whole, or overwrites: the model needs no more than that.
      if (taken.length > 0 && !(format.overwrites && format.splits)) continue;
      const phys = place.phys + BigInt(step.phys % units) * unit;
      expect(mapRange(table, iova, phys, BigInt(count) * unit, PROT_READ | PROT_WRITE)).toBe(0);
      pages.forEach((at, i) => {
        model.set(at, phys + BigInt(i) * unit);
      });
    } else {
      // The core unmaps what is mapped; it stops at the first hole.
      if (taken.length !== count) continue;
      const done = unmapRange(table, iova, BigInt(count) * unit);
      if (format.splits) expect(done).toBe(BigInt(count) * unit);
      for (let i = 0; i < Number(done / unit); i++) model.delete(first + i);
    }
  }
  const look = (iova: bigint, expected: bigint | undefined): void => {
    const leaf = table.lookup(iova);
    const found = leaf === null ? undefined : leaf.phys + (iova - leaf.iova);
    if (found !== expected) expect(`${iova.toString(16)}: ${found}`).toBe(`${iova.toString(16)}: ${expected}`);
    const last = table.walk(iova).at(-1);
    if ((last !== undefined && last.meaning !== 'invalid') !== (expected !== undefined))
      expect(`walk of ${iova.toString(16)} ends ${last?.meaning}`).toBe(`${expected}`);
  };
  for (let at = 0; at < units; at++) {
    const start = place.iova + BigInt(at) * unit;
    const phys = model.get(at);
    for (const offset of unit > format.page ? [0x123n, unit / 2n, unit - 1n] : [0x123n])
      look(start + offset, phys === undefined ? undefined : phys + offset);
  }
  // Nothing beside what was mapped.
  look(place.iova + BigInt(units) * unit, undefined);
  if (place.iova > 0n) look(place.iova - 1n, undefined);
  const leaves = [...table.leaves()];
  expect(leaves.reduce((sum, leaf) => sum + leaf.size, 0n)).toBe(BigInt(model.size) * unit);
  for (const leaf of leaves) expect(leaf.iova & (leaf.size - 1n)).toBe(0n);
}

const MEGABYTE = 0x100000n;
/** Formats with blocks, or addresses beyond 32 bits: larger units, higher up. */
const LARGE: Readonly<Record<string, Omit<Place, 'units'>>> = {
  'LPAE stage 1, 4K, 48 bits': { unit: 2n * MEGABYTE, iova: 0xffff_c000_0000n, phys: 0x1_0000_0000n },
  'LPAE stage 1, 4K, 32 bits': { unit: 2n * MEGABYTE, iova: 0x4000_0000n, phys: 0x80_0000_0000n },
  'LPAE stage 2, 40 bits, concatenated': { unit: 2n * MEGABYTE, iova: 0xff_0000_0000n, phys: 0x4000_0000n },
  'LPAE stage 1, 16K': { unit: 32n * MEGABYTE, iova: 0x1000_0000_0000n, phys: 0x1_0000_0000n },
  'LPAE stage 1, 64K': { unit: 512n * MEGABYTE, iova: 0x8000_0000_0000n, phys: 0x8_0000_0000n },
  'short descriptors': { unit: MEGABYTE, iova: 0xf000_0000n - 64n * MEGABYTE, phys: 0x4000_0000n },
  'MediaTek short descriptors, 34 bits': { unit: MEGABYTE, iova: 0x3_8000_0000n, phys: 0x6_4000_0000n },
  Tegra: { unit: 64n * 4096n, iova: 0xf000_0000n, phys: 0x3_0000_0000n },
  'Rockchip v1': { unit: MEGABYTE / 4n, iova: 0xfe00_0000n, phys: 0x8000_0000n },
  'Rockchip v2': { unit: MEGABYTE / 4n, iova: 0xfe00_0000n, phys: 0xa5_4000_0000n },
  'Exynos v3': { unit: MEGABYTE, iova: 0xf000_0000n, phys: 0x4000_0000n },
  'Exynos v5': { unit: MEGABYTE, iova: 0xf000_0000n, phys: 0x8_4000_0000n },
  Allwinner: { unit: MEGABYTE / 4n, iova: 0xf000_0000n, phys: 0x4000_0000n },
  OMAP: { unit: MEGABYTE, iova: 0xf000_0000n, phys: 0x4000_0000n },
  'RISC-V Sv39': { unit: 2n * MEGABYTE, iova: 0x3f_0000_0000n, phys: 0x80_0000_0000n },
  'RISC-V Sv48': { unit: 1024n * MEGABYTE, iova: 0x7f00_0000_0000n, phys: 0x100_0000_0000n },
  'RISC-V Sv57': { unit: 512n * 1024n * MEGABYTE, iova: 0xff_0000_0000_0000n, phys: 0x0n },
  'DART, 16K': { unit: 16n * 16384n, iova: 0xf000_0000n, phys: 0x8_0000_0000n },
  'DART 2, 16K': { unit: 16n * 16384n, iova: 0xf_0000_0000n, phys: 0x100_0000_0000n },
  'DART, 4K, four top tables': { unit: 16n * 4096n, iova: 0xf000_0000n, phys: 0x8_0000_0000n },
  'flat list': { unit: 16n * 4096n, iova: 0xf000_0000n, phys: 0x8_0000_0000n },
};

describe('page tables', () => {
  for (const format of FORMATS) {
    it(`${format.name}: walks of live regions give their phys, all others fault`, () => {
      const place = { unit: format.page, units: SPACE, iova: 0n, phys: 0n };
      fc.assert(
        fc.property(steps, (list) => run(format, list, place)),
        { numRuns: 25 },
      );
    });
    it(`${format.name}: the same with blocks, far up`, () => {
      const large = LARGE[format.name];
      if (large === undefined) throw new Error('every format has a place of its own');
      fc.assert(
        fc.property(steps, (list) => run(format, list, { ...large, units: 48 })),
        { numRuns: 40 },
      );
    });
  }
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

describe("the vendors' descriptors, from the drivers' own numbers", () => {
  const R = PROT_READ;
  const RW = PROT_READ | PROT_WRITE;
  // format, size, prot, physical address, descriptor
  const table: readonly (readonly [string, () => PageTable, bigint, number, bigint, string])[] = [
    // rk_mk_pte(), rk_mk_pte_v2(): valid 0, readable 1, writable 2; version 2 keeps bits 35:32 in 11:8, 39:36 in 7:4.
    ['Rockchip v1', () => rockchipTable(1, memory()), 0x1000n, RW, 0x48000000n, '48000007'],
    ['Rockchip v1', () => rockchipTable(1, memory()), 0x1000n, R, 0x48000000n, '48000003'],
    ['Rockchip v2', () => rockchipTable(2, memory()), 0x1000n, RW, 0xa5_48000000n, '480005a7'],
    // mk_lv2ent_spage, _lpage, mk_lv1ent_sect with SYSMMU_LV2_PROT, SYSMMU_LV1_PROT; version 5 shifts by 4.
    ['Exynos v3', () => exynosTable(false, memory()), 0x1000n, RW, 0x48000000n, '48000012'],
    ['Exynos v3', () => exynosTable(false, memory()), 0x1000n, R, 0x48000000n, '48000212'],
    ['Exynos v3', () => exynosTable(false, memory()), 0x10000n, RW, 0x48000000n, '48000011'],
    ['Exynos v3', () => exynosTable(false, memory()), 0x100000n, R, 0x48000000n, '48008402'],
    ['Exynos v5', () => exynosTable(true, memory()), 0x1000n, RW, 0x8_48000000n, '8480000e'],
    ['Exynos v5', () => exynosTable(true, memory()), 0x1000n, R, 0x48000000n, '4800006'],
    ['Exynos v5', () => exynosTable(true, memory()), 0x100000n, RW, 0x48000000n, '4800032'],
    // sun50i_mk_pte(): authority index 2 read, 3 write, 4 both in 7:4, valid in bit 1.
    ['Allwinner', () => sun50iTable(memory()), 0x1000n, RW, 0x48000000n, '48000042'],
    ['Allwinner', () => sun50iTable(memory()), 0x1000n, R, 0x48000000n, '48000022'],
    ['Allwinner', () => sun50iTable(memory()), 0x1000n, PROT_WRITE, 0x48000000n, '48000032'],
    // IOPTE_SMALL 2, IOPTE_LARGE 1, IOPGD_SECTION 2, IOPGD_SUPER bit 18 too.
    ['OMAP', () => omapTable(memory()), 0x1000n, RW, 0x48000000n, '48000002'],
    ['OMAP', () => omapTable(memory()), 0x10000n, RW, 0x48000000n, '48000001'],
    ['OMAP', () => omapTable(memory()), 0x100000n, RW, 0x48000000n, '48000002'],
    ['OMAP', () => omapTable(memory()), 0x1000000n, RW, 0x48000000n, '48040002'],
    // PDE and PTE of tegra-smmu.c: readable 31, writable 30, non-secure 29, frame below.
    ['Tegra', () => new TegraTable(34, memory(), nobody), 0x1000n, RW, 0x3_48000000n, 'e0348000'],
    ['Tegra', () => new TegraTable(34, memory(), nobody), 0x1000n, R, 0x48000000n, 'a0048000'],
    // paddr_to_iopte() of io-pgtable-arm-v7s.c for MediaTek: bits 32, 33, 34 in 9, 4, 5.
    [
      'MediaTek',
      () => new ShortTable({ mediatek: true, noPermissions: true, ias: 34, oas: 35 }, memory()),
      0x1000n,
      RW,
      0x7_48000000n,
      '48000e72',
    ],
    // Privileged Architecture 12.4.1: PPN in 53:10; D A U W R V.
    ['RISC-V', () => riscvTable(48, false, memory()), 0x1000n, RW, 0x48000000n, '120000d7'],
    ['RISC-V', () => riscvTable(48, true, memory()), 0x1000n, RW, 0x48000000n, '12000057'],
    ['RISC-V', () => riscvTable(39, false, memory()), 0x40000000n, R, 0x80000000n, '20000053'],
    // dart_init_pte(), dart_prot_to_pte().
    ['DART', () => dart(1, 16384, 32), 0x4000n, RW, 0x8_48000000n, 'fff0848000003'],
    ['DART', () => dart(1, 16384, 32), 0x4000n, R, 0x48000000n, 'fff0048000083'],
    ['DART 2', () => dart(2, 16384, 36), 0x4000n, RW, 0x100_48000000n, 'fff1004800003'],
    ['DART 2', () => dart(2, 16384, 36), 0x4000n, PROT_WRITE, 0x48000000n, 'fff000480000b'],
  ];
  it.each(table)('%s: %x bytes', (_name, make, size, prot, phys, descriptor) => {
    const made = make();
    expect(mapRange(made, 0n, phys, size, prot)).toBe(0);
    const leaf = made.lookup(0n);
    expect(leaf?.descriptor.toString(16)).toBe(descriptor);
    expect([leaf?.phys, leaf?.size]).toEqual([phys, size]);
    expect(leaf?.write).toBe((prot & PROT_WRITE) !== 0 || /OMAP|MediaTek/.test(_name));
  });

  it('DART: only what four top tables reach', () => {
    expect(dartTable(1, 16384, 38, memory())).not.toBeNull();
    expect(dartTable(2, 16384, 42, memory())).toBeNull();
  });

  it('RISC-V: a page on a block is refused, a block on pages takes their place, a part of a block stays', () => {
    const made = riscvTable(39, false, memory());
    expect(mapRange(made, 0x200000n, 0x40200000n, 0x200000n, 3)).toBe(0);
    expect(made.mapPages(0x201000n, 0x80000000n, 0x1000n, 1n, 3)).toEqual({ mapped: 0n, error: -12 });
    expect(made.unmapPages(0x201000n, 0x1000n, 1n)).toBe(0n);
    expect(mapRange(made, 0x400000n, 0x80000000n, 0x1000n, 3)).toBe(0);
    expect(mapRange(made, 0x400000n, 0x40400000n, 0x200000n, 3)).toBe(0);
    expect(made.lookup(0x401000n)?.phys).toBe(0x40400000n);
  });
});
