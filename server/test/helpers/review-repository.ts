/** A repository with three boards and what `review` says of changes in it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Ajv from 'ajv';
import { afterAll, beforeEach, expect } from 'vitest';
import { run as review } from '../../src/cli/fleet/review';
import type { ReviewReport } from '../../src/review/report';
import reviewSchema from '../../src/review/review.schema.json';
import { catchPrinted } from './printed';

export const SOC = `/ {
  #address-cells = <1>;
  #size-cells = <1>;
  interrupt-parent = <&gic>;
  gic: interrupt-controller@1000 { compatible = "arm,gic-v3"; reg = <0x1000 0x1000>, <0x3000 0x1000>; interrupt-controller; #interrupt-cells = <3>; }; pclk: pclk { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <1>; };
  soc {
    compatible = "simple-bus";
    #address-cells = <1>;
    #size-cells = <1>;
    ranges;
    smmu: iommu@100000 { compatible = "arm,mmu-500"; reg = <0x100000 0x10000>; #iommu-cells = <2>; #global-interrupts = <1>; interrupts = <0 1 4>, <0 2 4>, <0 3 4>, <0 4 4>; };
    dma0: dma-controller@200000 { compatible = "arm,pl330", "arm,primecell"; arm,primecell-periphid = <0x41330>; reg = <0x200000 0x1000>; iommus = <&smmu ID0 0x0>; clocks = <&pclk>; clock-names = "apb_pclk"; };
    dma1: dma-controller@300000 { compatible = "arm,pl330", "arm,primecell"; arm,primecell-periphid = <0x41330>; reg = <0x300000 0x1000>; iommus = <&smmu 0x20 0x0>; clocks = <&pclk>; clock-names = "apb_pclk"; };
  };
};
`;
export const board = (name: string): string =>
  `/dts-v1/;\n#include "soc.dtsi"\n/ { model = "${name}"; compatible = "test,${name}"; };\n`;

export const FIRST: Readonly<Record<string, string>> = {
  'dts/soc.dtsi': `#include "ids.h"\n${SOC}`,
  'dts/ids.h': '#define ID0 0x10\n',
  'dts/a.dts': board('a'),
  'dts/b.dts': board('b'),
  'dts/c.dts': `${board('c')}&dma0 { status = "disabled"; };\n`,
  'dts/alone.dts': '/dts-v1/;\n/ { };\n',
  'dts/fix.dtso': '/dts-v1/;\n/plugin/;\n&dma1 { status = "disabled"; };\n',
  'dts/Makefile': 'both-dtbs := alone.dtb\n',
};

export const fitsSchema = new Ajv({ allErrors: true, strict: false }).compile(reviewSchema);
/** A report that was written, which has to fit the shipped schema. */
export const readReport = (path: string): ReviewReport => {
  const report = JSON.parse(readFileSync(path, 'utf8')) as ReviewReport;
  fitsSchema(report);
  expect(fitsSchema.errors ?? []).toEqual([]);
  return report;
};

/** Makes the repository, for the tests of one file; each finds it as it was first committed (tag `first`). */
export function reviewRepository() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-review-')));
  /** For what is written, outside the repository. */
  const folder = mkdtempSync(join(tmpdir(), 'scope-review-out-'));
  const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  git('init', '-q', '-b', 'main');
  git('config', 'user.email', 'a@example.invalid');
  git('config', 'user.name', 'A');
  for (const [path, text] of Object.entries(FIRST)) write(path, text);
  git('add', '-A');
  git('commit', '-qm', 'first');
  git('tag', 'first');
  afterAll(() => {
    for (const made of [root, folder]) rmSync(made, { recursive: true, force: true });
  });
  beforeEach(() => {
    git('reset', '-q', '--hard', 'first');
    git('clean', '-qfd');
  });
  const printed = catchPrinted();
  const listed = async (...args: string[]): Promise<string[]> => {
    expect(await review(['-C', root, '--list', ...args])).toBe(0);
    return printed.out.split('\n').filter((line) => line !== '');
  };
  const reported = async (...args: string[]): Promise<ReviewReport> => {
    await review(['-C', root, '--format', 'json', '-o', join(folder, 'out'), ...args]);
    return readReport(join(folder, 'out'));
  };
  return { root, folder, git, write, printed, listed, reported };
}
