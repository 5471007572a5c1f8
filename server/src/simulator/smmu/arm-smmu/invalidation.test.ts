/**
 * What unmaps leave in the TLB registers of a context bank (arm_smmu_tlb_inv_range_s1 and its neighbours; offsets of the
 * bank: 0x600 TLBIVA, 0x610 TLBIASID, 0x620 TLBIVAL, 0x630 TLBIIPAS2, 0x638 TLBIIPAS2L, 0x7f0 TLBSYNC).
 */
import { describe, expect, it } from 'vitest';
import { TestRig } from '../../../../test/helpers/hardware-rig';
import type { HardwareDomain } from '../../contract/hardware-domain';
import type { ArmSmmuCapture } from './report';

const board = (
  compatible: string,
): string => `smmu: iommu@5c000000 { compatible = ${compatible}; reg = <0x5c000000 0x10000>;
  #global-interrupts = <1>; interrupts = <1>, <2>, <3>, <4>, <5>, <6>, <7>, <8>, <9>; #iommu-cells = <1>; dma-coherent; };
  scm { compatible = "qcom,scm"; }; c1: client@1000 { reg = <0x1000 0x1000>; }; c2: client@2000 { reg = <0x2000 0x1000>; };`;
const ID = { '0x20': '0x7c085e10', '0x24': '0x20000008', '0x28': '0x5555', '0x3c': '0x21' };
/** Stage 2 only. */
const STAGE2 = { ...ID, '0x20': '0x38085e10' };

interface Setting {
  readonly arch?: 'arm' | 'arm64';
  readonly config?: Readonly<Record<string, string>>;
  readonly registers?: Readonly<Record<string, string>>;
  readonly compatible?: string;
  readonly kernel?: string;
}

/** Two domains on one SMMU, so that the second one's ASID is 1; `run` works on it. The words of its bank's TLB registers. */
function tlb(setting: Setting, run: (domain: HardwareDomain) => void): Record<string, string> {
  const { arch, config, kernel } = setting;
  const rig = new TestRig(board(setting.compatible ?? '"arm,mmu-500"'), {
    ...(arch === undefined ? {} : { arch }),
    ...(config === undefined ? {} : { config }),
    ...(kernel === undefined ? {} : { kernel }),
  });
  const smmu = rig.instance('smmu', { registers: setting.registers ?? ID });
  let domain: HardwareDomain | number = -1;
  for (const [name, id] of [
    ['c1', 5],
    ['c2', 6],
  ] as const) {
    rig.add(smmu, name, [[id]]);
    domain = rig.attach(smmu, name);
  }
  if (typeof domain === 'number') throw new Error(`no domain: ${domain}`);
  run(domain);
  const capture = smmu.capture?.() as ArmSmmuCapture;
  const base = (capture.globalPages + 1) * 2 ** capture.pageShift;
  const found: Record<string, string> = {};
  for (const [offset, word] of capture.spaces[0] ?? [])
    if (offset >= base + 0x600 && offset < base + 0x800 && word !== 0)
      found[`0x${(offset - base).toString(16)}`] = `0x${word.toString(16)}`;
  return found;
}

const pages = (domain: HardwareDomain): void => {
  expect(domain.map(0x12340000n, 0x80000000n, 0x3000n, 3)).toBe(0);
  expect(domain.unmap(0x12340000n, 0x3000n)).toBe(0x3000n);
};
/** 2 MiB, mapped in pages first so that a table stands there, unmapped at once. */
const table = (domain: HardwareDomain): void => {
  for (let at = 0n; at < 0x200000n; at += 0x1000n) domain.map(0x40000000n + at, 0x80001000n, 0x1000n, 3);
  expect(domain.unmap(0x40000000n, 0x200000n)).toBe(0x200000n);
};
const short: Setting = {
  arch: 'arm',
  config: { CONFIG_IOMMU_IO_PGTABLE_ARMV7S: 'y' },
  registers: { ...ID, '0x28': '0x55' },
};

describe('the TLB registers of a context bank', () => {
  it.each<[string, Setting, (domain: HardwareDomain) => void, Record<string, string>]>([
    ['nothing before an unmap', {}, (d) => void d.map(0x1000n, 0x80000000n, 0x1000n, 3), {}],
    [
      'the last page and the ASID above it',
      {},
      pages,
      { '0x620': '0x12342', '0x624': '0x10000', '0x7f0': '0xffffffff' },
    ],
    [
      'walks of a table that goes, page by page',
      {},
      table,
      { '0x600': '0x401ff', '0x604': '0x10000', '0x620': '0x40000', '0x624': '0x10000', '0x7f0': '0xffffffff' },
    ],
    [
      'Qualcomm parts take the whole ASID for walks',
      { compatible: '"qcom,sc7180-smmu-500", "qcom,smmu-500", "arm,mmu-500"' },
      table,
      { '0x610': '0x1', '0x620': '0x40000', '0x624': '0x10000', '0x7f0': '0xffffffff' },
    ],
    [
      'in lazy mode nothing, until all of it is flushed',
      {},
      (d) => {
        d.map(0x12340000n, 0x80000000n, 0x1000n, 3);
        d.unmap(0x12340000n, 0x1000n, true);
      },
      {},
    ],
    ['the whole domain by ASID', {}, (d) => d.flushTlb(), { '0x610': '0x1', '0x7f0': '0xffffffff' }],
    ['a domain that goes', {}, (d) => d.free(), { '0x610': '0x1', '0x7f0': '0xffffffff' }],
    ['stage 2: the IPA', { registers: STAGE2 }, pages, { '0x638': '0x12342', '0x7f0': '0xffffffff' }],
    [
      'stage 2 of version 1: nothing in the bank',
      { registers: STAGE2, compatible: '"arm,mmu-400", "arm,smmu-v1"' },
      pages,
      {},
    ],
    ['short descriptors: address and ASID in one word', short, pages, { '0x620': '0x12342001', '0x7f0': '0xffffffff' }],
    [
      'short descriptors: a section goes with its table',
      short,
      table,
      { '0x600': '0x401ff001', '0x7f0': '0xffffffff' },
    ],
  ])('%s', (_what, setting, run, words) => {
    expect(tlb(setting, run)).toEqual(words);
  });
});

describe('an unmap of a part of a block', () => {
  const part = (domain: HardwareDomain): bigint => {
    expect(domain.map(0x40000000n, 0x80000000n, 0x200000n, 3)).toBe(0);
    return domain.unmap(0x40000000n, 0x1000n);
  };
  it.each([
    ['6.12', {}, 0x1000n],
    ['6.18', {}, 0n],
    ['6.12', short, 0x1000n],
    ['6.18', short, 0n],
  ] as const)('splits the block, or is refused from 6.13 on: %s %j', (kernel, setting, size) => {
    tlb({ ...setting, kernel }, (domain) => {
      expect(part(domain)).toBe(size);
      expect(domain.translate(0x40000000n)).toBe(size === 0n ? 0x80000000n : null);
      expect(domain.translate(0x40001000n)).toBe(0x80001000n);
    });
  });
});
