/** Each hardware model against numbers of its driver (Linux 6.12) or public specification. */
import { describe, expect, it } from 'vitest';
import { TestRig } from '../../../test/helpers/hardware-rig';
import type { HardwareDomain } from '../contract/hardware-domain';

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

const SMMU3 = `smmu: iommu@5c000000 { compatible = "arm,smmu-v3"; reg = <0x5c000000 0x20000>; #iommu-cells = <1>; dma-coherent; };`;

describe('Arm SMMUv3 (arm-smmu-v3.c; Arm IHI 0070)', () => {
  it('gives every stream to one master, and none beyond SIDSIZE', () => {
    const rig = new TestRig(`${SMMU3}${clients(3)}`);
    const smmu = rig.instance('smmu', { sidBits: 16 });
    expect(rig.add(smmu, 'c1', [[7], [7]])).toBe(0);
    expect(rig.add(smmu, 'c2', [[7]])).toBe(-22);
    expect(rig.messages.at(-1)).toBe('2000.client: stream 7 already in tree from dev 1000.client');
    expect(rig.add(smmu, 'c3', [[0x10000]])).toBe(-34);
    expect(rig.add(smmu, 'c3', [[0xffff]])).toBe(1);
  });

  it('wants #iommu-cells = <1> and 128 KiB of registers', () => {
    expect(new TestRig(SMMU3.replace('#iommu-cells = <1>', '#iommu-cells = <2>')).probe('smmu')).toBe(-22);
    expect(new TestRig(SMMU3.replace('#iommu-cells = <1>;', '')).probe('smmu')).toBe(-22);
    expect(new TestRig(SMMU3.replace('0x20000', '0x10000')).probe('smmu')).toBe(-22);
  });

  it('records events: bad stream ID, translation, permission; an abort entry is silent', () => {
    const rig = new TestRig(`${SMMU3}${clients(1)}`);
    const smmu = rig.instance('smmu', { sidBits: 16, eventClass: false });
    expect(smmu.access(8, 0n, false).lines[1]).toBe('\t0x0000000800000002');
    rig.add(smmu, 'c1', [[8]]);
    expect(smmu.access(9, 0n, false)).toMatchObject({ result: 'aborted', lines: [] });
    const domain = domainOf(rig.attach(smmu, 'c1'));
    expect(smmu.access(8, 0x10000000n, false).lines).toEqual([
      'event 0x10 received:',
      '\t0x0000000800000010',
      '\t0x0000000800000000',
      '\t0x0000000010000000',
      '\t0x0000000000000000',
    ]);
    domain.map(0x1000n, 0x80000000n, 0x1000n, 1);
    expect(smmu.access(8, 0x1000n, true).lines[0]).toBe('event 0x13 received:');
  });

  // IDR0.STALL_MODEL 0 (stall and terminate), 1 (terminate only), 2 (stall forced); dma-can-stall; S1STALLD, CD.S.
  it.each([
    [0, 'dma-can-stall;', true, 0n, 1n],
    [0, '', false, 1n, 0n],
    [1, 'dma-can-stall;', false, 0n, 0n],
    [2, '', true, 0n, 1n],
  ])('stall model %i, %s', (model, property, stalls, disabled, stallBit) => {
    const idr0 = (1 << 27) | (model << 24) | (2 << 21) | (1 << 12) | (1 << 4) | (2 << 2) | 3;
    const rig = new TestRig(`${SMMU3}${client(1, property)}`);
    const smmu = rig.instance('smmu', { registers: { '0x0': idr0 >>> 0 } });
    rig.add(smmu, 'c1', [[8]]);
    domainOf(rig.attach(smmu, 'c1'));
    const outcome = smmu.access(8, 0x10000000n, true);
    expect(outcome.stalled).toBe(stalls ? 'aborted' : undefined);
    expect(outcome.lines[2]).toBe(`\t0x00000200${stalls ? '8' : '0'}0000000`);
    const { streamTable, contextBanks } = smmu.report();
    const words = ((streamTable[0]?.entry ?? []) as string[]).map((word) => BigInt(word));
    expect(((words[1] ?? 0n) >> 27n) & 1n).toBe(disabled);
    expect((BigInt(contextBanks[0]?.CD0 as string) >> 44n) & 1n).toBe(stallBit);
  });

  it('writes stream table entries and context descriptors (5.2, 5.4)', () => {
    const rig = new TestRig(`${SMMU3}${clients(1)}`);
    const smmu = rig.instance('smmu', {});
    rig.add(smmu, 'c1', [[8]]);
    domainOf(rig.attach(smmu, 'c1'));
    const { streamTable, contextBanks } = smmu.report();
    const words = ((streamTable[0]?.entry ?? []) as string[]).map((word) => BigInt(word));
    expect((words[0] ?? 0n) & 0xfn).toBe(0xbn);
    expect((words[1] ?? 0n) & 0xffn).toBe(0xd6n);
    const descriptor = BigInt(contextBanks[0]?.CD0 as string);
    expect([descriptor & 0x3fn, descriptor >> 48n, (descriptor >> 31n) & 1n]).toEqual([16n, 1n, 1n]);
  });
});

describe('Tegra SMMU (tegra-smmu.c, tegra210.c, tegra30.c; Tegra TRMs)', () => {
  const mc = (soc: string): string =>
    `mc: memory-controller@70019000 { compatible = "nvidia,${soc}-mc"; reg = <0x70019000 0x1000>; interrupts = <1>; #iommu-cells = <1>; };`;
  const owned = (n: number, swgroup: number): string => client(n, `iommus = <&mc ${swgroup}>;`);

  it('gives swgroups ASIDs from 0, doubles IDs, and keeps the ASID when it lets go', () => {
    const rig = new TestRig(`${mc('tegra210')}${owned(1, 22)}${owned(2, 6)}`);
    const smmu = rig.instance('mc');
    expect(smmu.report().registers).toMatchObject({
      CONFIG: '0x1',
      TLB_CONFIG: '0x30000030',
      PTC_CONFIG: '0x2800003f',
      INTMASK: '0x13d40',
    });
    expect([rig.add(smmu, 'c1', [[22]]), rig.add(smmu, 'c2', [[6]])]).toEqual([0, 1]);
    const domain = domainOf(rig.attach(smmu, 'c1'));
    domainOf(rig.attach(smmu, 'c2'));
    const rows = (): unknown[] => smmu.report().streamTable.map((row) => [row.name, row.value]);
    expect(rows()).toEqual([
      ['hc', '0x80000001'],
      ['vic', '0x80000000'],
    ]);
    expect(smmu.report().contextBanks[0]?.users).toBe(2);
    expect(smmu.identity?.attach(rig.device('c1'))).toBe(0);
    expect(rows()).toEqual([
      ['hc', '0x80000001'],
      ['vic', '0x0'],
    ]);
    expect(() => domain.map(0n, 0x80000000n, 0x1000n, 3)).toThrow('NULL pointer');
  });

  it('groups by first swgroup, or by the SoC list', () => {
    const rig = new TestRig(`${mc('tegra124')}${owned(1, 1)}${owned(2, 2)}${owned(3, 24)}${owned(4, 6)}`);
    const smmu = rig.instance('mc');
    const swgroups = [1, 2, 24, 6];
    expect(swgroups.map((id, index) => rig.add(smmu, `c${index + 1}`, [[id]]))).toEqual([0, 0, 0, 1]);
  });

  it('has 4 ASIDs on Tegra30; a fifth space is -ENOSPC', () => {
    const swgroups = [1, 3, 5, 6, 7];
    const rig = new TestRig(`${mc('tegra30')}${swgroups.map((id, i) => owned(i + 1, id)).join('')}`, { arch: 'arm' });
    const smmu = rig.instance('mc');
    swgroups.forEach((id, index) => {
      rig.add(smmu, `c${index + 1}`, [[id]]);
    });
    const results = swgroups.map((_, index) => typeof rig.attach(smmu, `c${index + 1}`));
    expect(results).toEqual(['object', 'object', 'object', 'object', 'number']);
  });

  it('prints what the memory controller prints', () => {
    const rig = new TestRig(`${mc('tegra210')}${owned(1, 22)}`);
    const smmu = rig.instance('mc');
    rig.add(smmu, 'c1', [[22]]);
    domainOf(rig.attach(smmu, 'c1'));
    expect(smmu.access(22, 0x80001000n, false).lines).toEqual([
      'vicsrd: read @0x0000000080001000: Page fault (SMMU translation error [--S])',
    ]);
    expect(smmu.access(22, 0x1000n, true).lines[0]).toMatch(/^vicswr: write @/);
    expect(smmu.access(6, 0x1000n, true).result).toBe('untranslated');
  });
});

/** The small families: node, hardware facts, specifier; page sizes, aperture, groups of two masters, fault line. */
interface Family {
  readonly name: string;
  readonly node: string;
  readonly specifiers: readonly [readonly number[], readonly number[]];
  readonly pageSizes: bigint;
  readonly end: bigint;
  readonly groups: readonly [number, number];
  /** The kernel panics after the line. */
  readonly panics?: boolean;
  readonly fault: RegExp;
  readonly extra?: string;
}

const node = (compatible: string, more = ''): string =>
  `iommu: iommu@40000 { compatible = "${compatible}"; reg = <0x40000 0x10000>; interrupts = <1>; #iommu-cells = <1>; ${more} };`;

const FAMILIES: readonly Family[] = [
  {
    name: 'Rockchip (RK_IOMMU_PGSIZE_BITMAP, generic_single_device_group)',
    node: node('rockchip,iommu'),
    specifiers: [[], []],
    pageSizes: 0x7ff000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^Page fault at 0x0000000012345000 of type write$/,
  },
  {
    name: 'Exynos (SECT_SIZE | LPAGE_SIZE | SPAGE_SIZE)',
    node: node('samsung,exynos-sysmmu', 'clock-names = "sysmmu";'),
    specifiers: [[], []],
    pageSizes: 0x111000n,
    end: (1n << 64n) - 1n,
    groups: [0, 1],
    fault: /1000.client: \[READ\] PAGE FAULT occurred at 0x12345000$/,
    panics: true,
  },
  {
    name: 'Allwinner (SZ_4K)',
    node: node('allwinner,sun50i-h6-iommu'),
    specifiers: [[1], [2]],
    pageSizes: 0x1000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^Page fault for 0x0000000012345000 \(master 1, dir rd\)$/,
  },
  {
    name: 'Renesas IPMMU of R-Car Gen2 (SZ_1G | SZ_2M | SZ_4K)',
    node: node('renesas,ipmmu-vmsa'),
    specifiers: [[1], [2]],
    pageSizes: 0x40201000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^Unhandled fault: status 0x00000001 iova 0x12345000$/,
  },
  {
    name: 'Qualcomm MSM (MSM_IOMMU_PGSIZES)',
    node: node('qcom,apq8064-iommu', 'qcom,ncb = <3>;'),
    specifiers: [[1], [2]],
    pageSizes: 0x1111000n,
    end: 0xffff_ffffn,
    groups: [0, 1],
    fault: /^msm_iommu: Unexpected IOMMU page fault!$/,
  },
  {
    name: 'Qualcomm context banks (qcom_iommu_ops)',
    node: node(
      'qcom,msm-iommu-v1',
      `clock-names = "iface", "bus"; qcom,iommu-secure-id = <17>; #address-cells = <1>; #size-cells = <1>;
      ctx@1000 { compatible = "qcom,msm-iommu-v1-ns"; reg = <0x1000 0x1000>; }; ctx@2000 { compatible = "qcom,msm-iommu-v1-ns"; reg = <0x2000 0x1000>; };`,
    ),
    specifiers: [[1], [2]],
    pageSizes: 0x1111000n,
    end: 0xffff_ffffn,
    groups: [0, 1],
    fault: /^Unhandled context fault: fsr=0x2, iova=0x0000000012345000, fsynr=0x10, cb=1$/,
  },
  {
    name: 'Spreadtrum (256 MiB)',
    node: node('sprd,iommu-v1'),
    specifiers: [[], []],
    pageSizes: 0x1000n,
    end: 0x0fff_ffffn,
    groups: [0, 0],
    fault: /^$/,
  },
  {
    name: 'MediaTek M4U of mt8173 (one region)',
    node: node('mediatek,mt8173-m4u', 'mediatek,larbs = <&larb0>;'),
    extra: 'larb0: larb@50000 { reg = <0x50000 0x1000>; };',
    specifiers: [[1], [2]],
    pageSizes: 0x1111000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^fault type=0x1 iova=0x12345002 pa=0x0 master=0x4\(larb=0 port=1\) layer=0 write$/,
  },
];

describe('the other families', () => {
  it.each(FAMILIES)('$name', (family) => {
    const rig = new TestRig(`${family.node}${family.extra ?? ''}${clients(2)}`);
    const iommu = rig.instance('iommu');
    const groups = family.specifiers.map((cells, index) => rig.add(iommu, `c${index + 1}`, [cells]));
    expect(groups).toEqual(family.groups);
    const domain = domainOf(rig.attach(iommu, 'c1'));
    expect(domain.pageSizes === family.pageSizes || (family.pageSizes & domain.pageSizes) === 0x1000n).toBe(true);
    expect([domain.aperture.start, domain.aperture.end]).toEqual([0n, family.end]);
    expect(domain.map(0x100000n, 0x48000000n, 0x2000n, 3)).toBe(0);
    const stream = iommu.streamsOf(rig.device('c1'))[0] ?? 0;
    expect(iommu.access(stream, 0x101234n, true)).toMatchObject({ result: 'translated', phys: 0x48001234n });
    const outcome = iommu.access(stream, 0x12345000n, true);
    expect(outcome.result).toBe('fault');
    expect(outcome.lines[0] ?? '').toMatch(family.fault);
    expect(outcome.panics !== undefined).toBe(family.panics === true);
  });

  it('Renesas Gen3: only listed masters, and a leaf waits for its root (ipmmu_device_is_allowed, ipmmu_probe)', () => {
    const rig = new TestRig(`soc { compatible = "renesas,r8a77965"; };
      leaf: iommu@40000 { compatible = "renesas,ipmmu-r8a77965"; reg = <0x40000 0x1000>; renesas,ipmmu-main = <&root 0>; #iommu-cells = <1>; };
      root: iommu@50000 { compatible = "renesas,ipmmu-r8a77965"; reg = <0x50000 0x1000>; interrupts = <1>; #iommu-cells = <1>; };
      sd: mmc@ee100000 { reg = <0xee100000 0x1000>; }; ${clients(1)}`);
    expect(rig.probe('leaf')).toBe(-517);
    expect(rig.probe('root')).toBe(0);
    const leaf = rig.instance('leaf');
    expect([rig.add(leaf, 'sd', [[32]]), rig.add(leaf, 'c1', [[1]])]).toEqual([0, -19]);
  });

  it('MediaTek mt8192: groups and apertures by IOVA region (mt8192_larb_region_msk)', () => {
    const rig =
      new TestRig(`m4u: iommu@40000 { compatible = "mediatek,mt8192-m4u"; reg = <0x40000 0x1000>; interrupts = <1>; #iommu-cells = <1>;
      mediatek,larbs = <&l0>, <&l4>, <&l13>; };
      l0: larb@50000 { mediatek,larb-id = <0>; }; l4: larb@51000 { mediatek,larb-id = <4>; }; l13: larb@52000 { mediatek,larb-id = <13>; };
      ${clients(4)}`);
    const m4u = rig.instance('m4u');
    const id = (larb: number, port: number): number[] => [(larb << 5) | port];
    expect([rig.add(m4u, 'c1', [id(0, 1)]), rig.add(m4u, 'c2', [id(4, 0)]), rig.add(m4u, 'c3', [id(13, 9)])]).toEqual([
      0, 1, 2,
    ]);
    expect(rig.add(m4u, 'c4', [id(0, 1), id(4, 0)])).toBe(-22);
    expect(domainOf(rig.attach(m4u, 'c2')).aperture.start).toBe(0x1_0000_0000n);
    expect(domainOf(rig.attach(m4u, 'c3')).aperture).toMatchObject({ start: 0x2_4000_0000n, end: 0x2_43ff_ffffn });
  });

  it('Apple DART: 16K pages force identity on a 4K kernel (apple_dart_def_domain_type)', () => {
    const rig = new TestRig(`${node('apple,t8103-dart')}${clients(2)}`);
    const dart = rig.instance('iommu');
    expect([rig.add(dart, 'c1', [[0]]), rig.add(dart, 'c2', [[0]])]).toEqual([0, 0]);
    expect(dart.defaultDomainType(rig.device('c1'))).toBe('identity');
    expect(rig.add(dart, 'c1', [[16]])).toBe(-22);
    // apple_dart_attach_dev_identity(): the identity domain exists, hardware without bypass refuses it.
    expect(dart.identity?.attach(rig.device('c1'))).toBe(-22);
  });

  it('virtio-iommu: unknown endpoints are -ENOENT, all sizes from 4K (Virtio 1.2, 5.13)', () => {
    const rig = new TestRig(`viommu: iommu { compatible = "virtio,mmio"; #iommu-cells = <1>; };${clients(2)}`);
    const viommu = rig.instance('viommu', { endpoints: [8] });
    expect([rig.add(viommu, 'c1', [[8]]), rig.add(viommu, 'c2', [[9]])]).toEqual([0, -2]);
    const domain = domainOf(rig.attach(viommu, 'c1'));
    expect(domain.pageSizes).toBe(0xffff_ffff_ffff_f000n);
    expect(viommu.access(8, 0x10000000n, false).lines).toEqual(['page fault from EP 8 at 0x10000000 []']);
    expect(viommu.reservedRegions(rig.device('c1'))).toEqual([{ start: 0x8090000n, length: 0x10000n, type: 'msi' }]);
  });

  // RISC-V IOMMU Architecture Specification 1.0 (2.1-2.3, 3.2); riscv_iommu_get_dc(), riscv_iommu_alloc_paging_domain().
  const RISCV =
    'iommu: iommu@40000 { compatible = "riscv,iommu"; reg = <0x40000 0x1000>; interrupts = <1>; #iommu-cells = <1>; };';
  const riscv = (): TestRig => new TestRig(`${RISCV}${clients(3)}`, { kernel: '6.18', arch: 'riscv' });
  it.each([
    // levels, extended contexts, last device ID, first one beyond
    [1, false, 0x7f, 0x80],
    [2, false, 0xffff, 0x10000],
    [3, false, 0xffffff, 0x1000000],
    [1, true, 0x3f, 0x40],
    [2, true, 0x7fff, 0x8000],
    [3, true, 0xffffff, 0x1000000],
  ])('RISC-V: a directory of %i levels, extended contexts %s', (ddtLevels, msiFlat, last, beyond) => {
    const rig = riscv();
    const iommu = rig.instance('iommu', { ddtLevels, msiFlat });
    expect([rig.add(iommu, 'c1', [[last]]), rig.add(iommu, 'c2', [[beyond]])]).toEqual([0, -19]);
  });

  it.each([
    [39, 0x3f_ffff_ffffn, 0x40201000n],
    [48, 0x7fff_ffff_ffffn, 0x8040201000n],
    [57, 0xff_ffff_ffff_ffffn, 0x8040201000n],
  ])('RISC-V: Sv%i gives half its space, and pages up to 512 GiB', (vaBits, end, pageSizes) => {
    const rig = riscv();
    const iommu = rig.instance('iommu', { vaBits });
    expect(rig.add(iommu, 'c1', [[5]])).toBe(0);
    const domain = domainOf(rig.attach(iommu, 'c1'));
    expect([domain.aperture.end, domain.pageSizes]).toEqual([end, pageSizes]);
    expect(domain.map(0x40000000n, 0x80000000n, 0x40000000n, 3)).toBe(0);
    expect(iommu.access(5, 0x40001234n, true)).toMatchObject({ result: 'translated', phys: 0x80001234n });
    // A second master of the same device ID is only warned about.
    expect(rig.add(iommu, 'c2', [[5]])).toBe(1);
    expect(rig.messages).toEqual(['2000.client: already attached to IOMMU device directory']);
  });

  it('RISC-V: no interrupt, no IOMMU', () => {
    const rig = new TestRig(RISCV.replace('interrupts = <1>;', ''), { kernel: '6.18', arch: 'riscv' });
    expect(rig.probe('iommu')).toBe(-19);
  });

  it('RISC-V has no driver in 6.12', () => {
    expect(
      new TestRig(`iommu: iommu@40000 { compatible = "riscv,iommu"; reg = <0x40000 0x1000>; };`).probe('iommu'),
    ).toBe(-19);
  });
});
