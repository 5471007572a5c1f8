/** Each hardware model against numbers of its driver (Linux 6.12) or public specification. */
import { describe, expect, it } from 'vitest';
import { TestRig } from '../../../../test/helpers/hardware-rig';
import type { HardwareDomain } from '../../contract/hardware-domain';

const client = (n: number, extra = ''): string => `c${n}: client@${n}000 { reg = <0x${n}000 0x1000>; ${extra} };`;
const clients = (count: number): string => Array.from({ length: count }, (_, i) => client(i + 1)).join('\n');
const domainOf = (value: HardwareDomain | number): HardwareDomain => {
  if (typeof value === 'number') throw new Error(`no domain: ${value}`);
  return value;
};

const SMMU = `smmu: iommu@5c000000 { compatible = "arm,mmu-500"; reg = <0x5c000000 0x10000>; #global-interrupts = <1>;
	interrupts = <1>, <2>, <3>, <4>, <5>, <6>, <7>, <8>, <9>; #iommu-cells = <1>; dma-coherent; };`;
/** ID0: stages 1, 2, nested, matching, no ATS, 16 SMRs, 15-bit IDs; ID1: 8 banks; ID2: 48 bits, 4K, 64K. */
const ID = { '0x20': '0x7c085e10', '0x24': '0x20000008', '0x28': '0x5555', '0x3c': '0x21' };

describe('Arm SMMUv1/v2 (arm-smmu.c; Arm IHI 0062D)', () => {
  it('programs stream table and bank as the driver does', () => {
    const rig = new TestRig(`${SMMU}${clients(1)}`);
    const smmu = rig.instance('smmu', { registers: ID });
    expect(rig.add(smmu, 'c1', [[5]])).toBe(0);
    const domain = domainOf(rig.attach(smmu, 'c1'));
    const { registers, contextBanks } = smmu.report();
    expect(registers.sCR0).toBe('0x1c36');
    expect(registers.SMR0).toBe('0x80000005');
    expect(registers.S2CR0).toBe('0x0');
    expect(contextBanks[0]).toMatchObject({
      CBAR: '0x1f300',
      CBA2R: '0x1',
      SCTLR: '0x1067',
      TCR: '0x803510',
      TCR2: '0x38015',
      MAIR0: '0xf404ff44',
      MAIR1: '0xffffffff',
    });
    expect([domain.aperture.end, domain.pageSizes]).toEqual([0xffff_ffff_ffffn, 0x40201000n]);
    expect(rig.links).toEqual(['1000.client -> 5c000000.iommu']);
  });

  // arm_smmu_find_sme(): entries of one client each, in order, as [id, mask]; the result is a group or an errno.
  const STREAMS: readonly (readonly [
    string,
    readonly (readonly (readonly [number, number])[])[],
    readonly number[],
  ])[] = [
    ['the same stream twice', [[[1, 0]], [[1, 0]]], [0, 0]],
    ['narrow inside wide', [[[0x100, 0xff]], [[0x123, 0]]], [0, 0]],
    ['wide after narrow', [[[0x123, 0]], [[0x100, 0xff]]], [0, -22]],
    ['partial overlap', [[[0x10, 0xf]], [[0x8, 0x17]]], [0, -22]],
    ['an ID inside its own mask', [[[0x13, 0xf]], [[0x1f, 0]]], [0, 0]],
    [
      'two groups already',
      [
        [[1, 0]],
        [[2, 0]],
        [
          [1, 0],
          [2, 0],
        ],
      ],
      [0, 1, -22],
    ],
    [
      'only the last entry counts',
      [
        [[1, 0]],
        [
          [1, 0],
          [9, 0],
        ],
        [[9, 0]],
      ],
      [0, 1, 1],
    ],
    [
      'a known one last',
      [
        [[1, 0]],
        [
          [9, 0],
          [1, 0],
        ],
        [[9, 0]],
      ],
      [0, 0, 1],
    ],
    [
      'a gap hides the conflict',
      [
        [[1, 0]],
        [[2, 0]],
        [
          [1, 0],
          [9, 0],
          [2, 0],
        ],
      ],
      [0, 1, 1],
    ],
    ['an ID beyond 15 bits', [[[0x8000, 0]]], [-22]],
    ['an ID is cut to 16 bits', [[[0x10005, 0]], [[5, 0]]], [0, 0]],
    ['a mask beyond 15 bits', [[[1, 0x8000]]], [-22]],
    ['too many entries', [Array.from({ length: 17 }, (_, i): [number, number] => [i * 16, 0])], [-28]],
  ];
  it.each(STREAMS)('%s', (_name, list, expected) => {
    const rig = new TestRig(`${SMMU}${clients(3)}`);
    const smmu = rig.instance('smmu', { registers: ID });
    expect(list.map((entries, index) => rig.add(smmu, `c${index + 1}`, entries))).toEqual(expected);
  });

  // Who was refused, and by what: the kernel tells an errno alone.
  const WHY: readonly (readonly [string, readonly (readonly [number, number])[][], string, readonly string[]])[] = [
    [
      'an overlap',
      [[[1, 0]], [[0x10, 0xf]], [[0x8, 0x17]]],
      'stream 0x8 with mask 0x17 overlaps entry 1, 0x10 with mask 0xf, without lying inside it',
      ['c2'],
    ],
    [
      'an overlap of its own',
      [
        [
          [1, 0],
          [0, 3],
        ],
      ],
      'stream 0x0 with mask 0x3 overlaps entry 0, 0x1 with mask 0x0, without lying inside it',
      [],
    ],
    [
      'no entry left',
      [Array.from({ length: 16 }, (_, i): [number, number] => [i * 16, 0]), [[7, 0]]],
      'no stream-mapping entry is free for stream 0x7 with mask 0x0: all 16 are in use',
      [],
    ],
    ['an ID that is none', [[[0x8000, 0]]], 'stream ID 0x8000 out of range for SMMU (0x7fff)', []],
  ];
  it.each(WHY)('says who was refused and why: %s', (_name, list, why, others) => {
    const rig = new TestRig(`${SMMU}${clients(3)}`);
    const smmu = rig.instance('smmu', { registers: ID });
    const results = list.map((entries, index) => rig.add(smmu, `c${index + 1}`, entries));
    const [refused, ...more] = smmu.report().refused ?? [];
    expect(refused).toEqual({
      device: rig.device(`c${list.length}`).ref,
      error: results.at(-1),
      why,
      others: others.map((name) => rig.device(name).ref),
    });
    expect(more).toEqual([]);
  });

  it('who is taken at a later attempt is not refused', () => {
    const rig = new TestRig(`${SMMU}${clients(2)}`);
    const smmu = rig.instance('smmu', { registers: ID });
    rig.add(smmu, 'c1', [[0x123, 0]]);
    expect(rig.add(smmu, 'c2', [[0x100, 0xff]])).toBe(-22);
    expect(smmu.report().refused).toHaveLength(1);
    expect(rig.add(smmu, 'c2', [[0x200, 0xff]])).toBe(1);
    expect(smmu.report().refused).toBeUndefined();
  });

  it('takes the mask of one-cell specifiers from the SMMU', () => {
    const rig = new TestRig(`${SMMU.replace('dma-coherent;', 'stream-match-mask = <0x7f80>;')}${clients(2)}`);
    const smmu = rig.instance('smmu', { registers: ID });
    expect(rig.add(smmu, 'c1', [[0x14]])).toBe(0);
    expect(rig.add(smmu, 'c2', [[0x15, 0]])).toBe(1);
    expect([smmu.report().registers.SMR0, smmu.report().registers.SMR1]).toEqual(['0xff800014', '0x80000015']);
  });

  it('runs out of context banks, and gives a bank back with its domain', () => {
    const rig = new TestRig(`${SMMU}${clients(3)}`);
    const smmu = rig.instance('smmu', { registers: { ...ID, '0x24': '0x20000002' } });
    for (const n of [1, 2, 3]) expect(rig.add(smmu, `c${n}`, [[n]])).toBe(n - 1);
    const first = domainOf(rig.attach(smmu, 'c1'));
    domainOf(rig.attach(smmu, 'c2'));
    expect(rig.attach(smmu, 'c3')).toBe(-28);
    expect(smmu.blocked?.attach(rig.device('c1'))).toBe(0);
    first.free();
    domainOf(rig.attach(smmu, 'c3'));
    expect(smmu.report().contextBanks.map((bank) => bank.bank)).toEqual([0, 1]);
  });

  // arm_smmu_device_cfg_probe() and arm_smmu_device_probe(): ID words and node -> errno.
  const REFUSALS: readonly (readonly [string, Readonly<Record<string, string>>, string, number])[] = [
    ['no translation support', { '0x20': '0x08085e10' }, '', -19],
    ['matching without SMRs', { '0x20': '0x7c085e00' }, '', -19],
    ['more stage-2 banks than banks', { '0x24': '0x20090008' }, '', -19],
    ['fewer interrupts than banks', { '0x24': '0x20000010' }, '', -19],
    ['no #global-interrupts', {}, '#global-interrupts = <1>;', -19],
  ];
  it.each(REFUSALS)('refuses: %s', (_name, words, without, errno) => {
    const rig = new TestRig(SMMU.replace(without === '' ? '\0' : without, ''));
    expect(rig.probe('smmu', { registers: { ...ID, ...words } })).toBe(errno);
  });

  // Stage, input bits and format decide TCR and VTCR (arm_smmu_lpae_tcr, _vtcr).
  const BANKS: readonly (readonly [string, Readonly<Record<string, string>>, string, string])[] = [
    ['stage 2, 40-bit IPA', { '0x20': '0x2c085e10', '0x28': '0x5552' }, '0x80053558', '0x1'],
    ['stage 1, 36 bits', { '0x28': '0x5155' }, '0x80351c', '0x1f300'],
    ['AArch32 formats only', { '0x28': '0x0555' }, '0x80803520', '0x1f300'],
  ];
  it.each(BANKS)('%s', (_name, words, tcr, cbar) => {
    const rig = new TestRig(`${SMMU}${clients(1)}`);
    const smmu = rig.instance('smmu', { registers: { ...ID, ...words } });
    rig.add(smmu, 'c1', [[1]]);
    domainOf(rig.attach(smmu, 'c1'));
    expect(smmu.report().contextBanks[0]).toMatchObject({ TCR: tcr, CBAR: cbar });
  });

  it('prints a fault in three lines, and ten in five seconds', () => {
    const rig = new TestRig(`${SMMU}${clients(1)}`);
    const smmu = rig.instance('smmu', { registers: ID });
    rig.add(smmu, 'c1', [[5]]);
    domainOf(rig.attach(smmu, 'c1'));
    const outcome = smmu.access(5, 0xfffe0000n, true);
    expect(outcome.lines).toEqual([
      'Unhandled context fault: fsr=0x402, iova=0xfffe0000, fsynr=0x10, cbfrsynra=0x5, cb=0',
      'FSR    = 00000402 [Format=2 TF], SID=0x5',
      'FSYNR0 = 00000010 [S1CBNDX=0 WNR PLVL=0]',
    ]);
    for (let i = 0; i < 9; i++) expect(smmu.access(5, 0n, false).lines).toHaveLength(3);
    expect(smmu.access(5, 0n, false).lines).toEqual([]);
    rig.time = 5001;
    expect(smmu.access(5, 0n, false).lines).toHaveLength(3);
    expect(rig.messages).toContain('arm_smmu_context_fault: 1 callbacks suppressed');
    expect(smmu.access(0x85, 0n, false).lines[0]).toContain('Blocked unknown Stream ID 0x85;');
  });

  it('shows the stale window of lazy invalidation', () => {
    const rig = new TestRig(`${SMMU}${clients(1)}`);
    const smmu = rig.instance('smmu', { registers: ID });
    rig.add(smmu, 'c1', [[5]]);
    const domain = domainOf(rig.attach(smmu, 'c1'));
    expect(domain.map(0x10000n, 0x80000000n, 0x1000n, 3)).toBe(0);
    expect(smmu.access(5, 0x10010n, false)).toMatchObject({ result: 'translated', phys: 0x80000010n, stale: false });
    expect(domain.unmap(0x10000n, 0x1000n, true)).toBe(0x1000n);
    expect(smmu.access(5, 0x10010n, false)).toMatchObject({ result: 'translated', stale: true });
    domain.flushTlb();
    expect(smmu.access(5, 0x10010n, false)).toMatchObject({ result: 'fault', fault: 'translation' });
    expect(domain.map(0x10000n, 0x80000000n, 0x1000n, 1)).toBe(0);
    expect(smmu.access(5, 0x10010n, true)).toMatchObject({ result: 'fault', fault: 'permission' });
    domain.unmap(0x10000n, 0x1000n);
    expect(smmu.access(5, 0x10010n, false).result).toBe('fault');
  });

  it('keeps firmware entries on Qualcomm parts, and rewrites a wider one that a master takes', () => {
    const node = SMMU.replace('"arm,mmu-500"', '"qcom,sc7180-smmu-500", "qcom,smmu-500", "arm,mmu-500"');
    const rig = new TestRig(
      `${node}scm: scm { compatible = "qcom,scm"; };${client(1)}${client(2, 'compatible = "qcom,sc7180-mdss";')}`,
    );
    const smmu = rig.instance('smmu', { registers: { ...ID, '0x804': '0x807f0100' } });
    expect(smmu.report().registers.SMR1).toBe('0x807f0100');
    expect(rig.add(smmu, 'c1', [[0x120]])).toBe(0);
    expect(smmu.report().registers.SMR1).toBe('0x80000120');
    expect(rig.add(smmu, 'c2', [[0x800]])).toBe(1);
    expect(smmu.defaultDomainType(rig.device('c2'))).toBe('identity');
    expect(smmu.defaultDomainType(rig.device('c1'))).toBeNull();
  });
});
