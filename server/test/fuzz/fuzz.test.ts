/**
 * Damaged boards: no throw, no hang, a tree that can be walked, and a printed tree that compiles to the same blob.
 * FUZZ_RUNS sets the number of damaged files (300), FUZZ_SEED the seed; with SMMU_SCOPE_LINUX real boards join in.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BuildOptions, TreeBuilder } from '../../src/devicetree/build';
import { writeFdt } from '../../src/devicetree/fdt-writer';
import { printDts } from '../../src/devicetree/print-dts';
import { type FileProvider, sourceFile } from '../../src/source/file';
import { FileStore, toUri } from '../../src/workspace/files';
import { treeOf } from '../../src/workspace/trees';
import { type Mutation, mutate } from './mutate';
import { walk } from './walk';

const RUNS = Number(process.env.FUZZ_RUNS ?? 300);
const SEED = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED);
/** Longest time one build may take, in ms; the bound of the promise is 1,000 on a quiet machine. */
const HANG = 1000;

function boardsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.dtso?$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

const REAL = [
  'arch/arm64/boot/dts/qcom/sm8550-qrd.dts',
  'arch/arm64/boot/dts/apple/t8103-j274.dts',
  'arch/arm64/boot/dts/rockchip/rk3399-rock-pi-4a.dts',
  'arch/arm/boot/dts/st/stm32mp151a-prtt1a.dts',
  'arch/arm/boot/dts/aspeed/aspeed-bmc-delta-ahe50dc.dts',
  'arch/arm/boot/dts/nvidia/tegra124-jetson-tk1.dts',
  'arch/arm64/boot/dts/freescale/imx8mp-evk.dts',
  'arch/arm64/boot/dts/qcom/sdm845-mtp.dts',
];
const linux = process.env.SMMU_SCOPE_LINUX;
const examples = boardsIn(resolve('examples'));
const boards = [
  ...examples,
  ...boardsIn(resolve('server/test/truths/errors/cases')),
  ...(linux === undefined ? [] : REAL.map((path) => join(linux, path))),
];

const disk = new FileStore();
const builder = new TreeBuilder();

function optionsFor(path: string): BuildOptions {
  return { includeFolders: treeOf(path, dirname(path)).includeFolders };
}

/** A provider that serves `text` under the board's own URI, and as `self.dts` beside it. */
function withText(path: string, text: string): FileProvider {
  const uri = toUri(path);
  const file = sourceFile(uri, text);
  const self = toUri(join(dirname(path), 'self.dts'));
  return {
    read: (asked) => (asked === uri || asked === self ? file : disk.read(asked)),
    readBytes: (asked) => disk.readBytes(asked),
  };
}

function compileText(text: string): Uint8Array {
  const uri = 'file:///printed.dts';
  const file = sourceFile(uri, text);
  const result = builder.build(uri, { read: (asked) => (asked === uri ? file : null), readBytes: () => null });
  return writeFdt(result.tree);
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 0.9999, noNaN: true }),
  kind: fc.nat(8),
  argument: fc.nat(1000),
});
const damage = fc.record({
  board: fc.nat(boards.length - 1),
  mutations: fc.array(mutation, { minLength: 1, maxLength: 12 }),
});

describe('damaged boards', () => {
  test(`${RUNS} of them: no throw, no hang, a tree to walk`, { timeout: 600_000 }, () => {
    let slowest = 0;
    fc.assert(
      fc.property(damage, ({ board, mutations }) => {
        const path = boards[board] as string;
        const text = mutate(readFileSync(path, 'utf8'), mutations);
        if (text.length > 100_000) return;
        const files = withText(path, text);
        const start = process.cpuUsage();
        const result = builder.build(toUri(path), files, optionsFor(path));
        const { user, system } = process.cpuUsage(start);
        slowest = Math.max(slowest, (user + system) / 1000);
        walk(result);
        writeFdt(result.tree);
      }),
      { numRuns: RUNS, ...(SEED !== undefined && { seed: SEED }) },
    );
    expect(slowest).toBeLessThan(HANG);
  });

  test('a warm builder and a new one give the same blob', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(damage, ({ board, mutations }) => {
        const path = boards[board] as string;
        const files = withText(path, mutate(readFileSync(path, 'utf8'), mutations));
        const warm = builder.build(toUri(path), files, optionsFor(path));
        const cold = new TreeBuilder().build(toUri(path), files, optionsFor(path));
        expect(Buffer.from(writeFdt(warm.tree)).equals(writeFdt(cold.tree))).toBe(true);
        expect(warm.problems.map((p) => `${p.code} ${p.span.start}`)).toEqual(
          cold.problems.map((p) => `${p.code} ${p.span.start}`),
        );
      }),
      { numRuns: Math.ceil(RUNS / 6), ...(SEED !== undefined && { seed: SEED }) },
    );
  });
});

describe('printed trees', () => {
  test.each(examples)('%s compiles to the same blob', (path) => {
    const { tree } = builder.build(toUri(path), disk, optionsFor(path));
    expect(Buffer.from(compileText(printDts(tree).text)).equals(writeFdt(tree))).toBe(true);
  });

  test('of damaged boards are stable', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(damage, ({ board, mutations }) => {
        const path = boards[board] as string;
        const files = withText(path, mutate(readFileSync(path, 'utf8'), mutations));
        const { tree } = builder.build(toUri(path), files, optionsFor(path));
        const once = compileText(printDts(tree).text);
        const uri = 'file:///printed.dts';
        const file = sourceFile(uri, printDts(tree).text);
        const again = builder.build(uri, { read: (asked) => (asked === uri ? file : null), readBytes: () => null });
        expect(Buffer.from(compileText(printDts(again.tree).text)).equals(once)).toBe(true);
      }),
      { numRuns: Math.ceil(RUNS / 6), ...(SEED !== undefined && { seed: SEED }) },
    );
  });
});
