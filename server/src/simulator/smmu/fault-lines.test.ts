/**
 * What each family's driver prints for a fault, in its own format (Linux 6.12; events of SMMUv3 and RISC-V 6.18), and that
 * the reader of logs finds IOMMU, stream, address, direction and kind in it again.
 */
import { describe, expect, it } from 'vitest';
import { TestRig } from '../../../test/helpers/hardware-rig';
import type { FaultFact } from '../../bootlog/facts';
import { readLog as readReport } from '../../bootlog/read';

const CLIENT = 'c1: client@1000 { reg = <0x1000 0x1000>; };';
const node = (compatible: string, more = ''): string =>
  `iommu: iommu@40000 { compatible = "${compatible}"; reg = <0x40000 0x20000>; interrupts = <1>; #iommu-cells = <1>; ${more} };`;
const larbs = (...ids: readonly number[]): string =>
  ids.map((id) => `l${id}: larb@${id}100000 { mediatek,larb-id = <${id}>; };`).join(' ');
const m4u = (compatible: string, ...ids: readonly number[]): string =>
  `${node(compatible, `mediatek,larbs = ${ids.map((id) => `<&l${id}>`).join(', ')};`)} ${larbs(...ids)}`;

interface Case {
  readonly name: string;
  readonly tree: string;
  readonly hardware?: Readonly<Record<string, unknown>>;
  readonly options?: ConstructorParameters<typeof TestRig>[1];
  readonly specifier: readonly number[];
  /** Mapped read-only before the access; the access then is a write there. */
  readonly readOnly?: boolean;
  readonly attached?: boolean;
  readonly write: boolean;
  readonly lines: readonly string[];
  /** How the driver core names the driver in front of the device; null: the lines carry no device. */
  readonly driver: string | null;
  readonly panics?: boolean;
  /** What the reader of the log says: stream or client, address, write, kind. */
  readonly fact: readonly [number | string | null, bigint | null, boolean | null, FaultFact['kind']];
}

const IOVA = 0x12345678n;
const readLog = (text: string) => readReport(text).facts;

const SMMU =
  'iommu: iommu@40000 { compatible = "arm,mmu-500"; reg = <0x40000 0x20000>; #global-interrupts = <1>; interrupts = <1>, <2>; #iommu-cells = <1>; };';
const BANKS = `clock-names = "iface", "bus"; qcom,iommu-secure-id = <17>; #address-cells = <1>; #size-cells = <1>;
  ctx@4000 { compatible = "qcom,msm-iommu-v1-ns"; reg = <0x4000 0x1000>; };`;

const RISCV: Pick<Case, 'tree' | 'options' | 'specifier' | 'driver'> = {
  tree: node('riscv,iommu'),
  options: { kernel: '6.18', arch: 'riscv' },
  specifier: [0x102],
  driver: 'riscv,iommu',
};

const CASES: readonly Case[] = [
  {
    name: 'arm-smmu: translation (arm_smmu_context_fault, arm_smmu_print_context_fault_info)',
    tree: SMMU,
    specifier: [5],
    write: true,
    lines: [
      'Unhandled context fault: fsr=0x402, iova=0x12345678, fsynr=0x10, cbfrsynra=0x5, cb=0',
      'FSR    = 00000402 [Format=2 TF], SID=0x5',
      'FSYNR0 = 00000010 [S1CBNDX=0 WNR PLVL=0]',
    ],
    driver: 'arm-smmu',
    fact: [5, IOVA, true, 'translation'],
  },
  {
    name: 'arm-smmu: permission',
    tree: SMMU,
    specifier: [5],
    readOnly: true,
    write: true,
    lines: [
      'Unhandled context fault: fsr=0x408, iova=0x12345678, fsynr=0x13, cbfrsynra=0x5, cb=0',
      'FSR    = 00000408 [Format=2 PF], SID=0x5',
      'FSYNR0 = 00000013 [S1CBNDX=0 WNR PLVL=3]',
    ],
    driver: 'arm-smmu',
    fact: [5, IOVA, true, 'permission'],
  },
  {
    name: 'arm-smmu-v3: raw words',
    tree: node('arm,smmu-v3'),
    specifier: [8],
    write: false,
    lines: [
      'event 0x10 received:',
      '\t0x0000000800000010',
      '\t0x0000020800000000',
      '\t0x0000000012345678',
      '\t0x0000000000000000',
    ],
    driver: 'arm-smmu-v3',
    fact: [8, IOVA, false, 'translation'],
  },
  {
    name: 'arm-smmu-v3: decoded since 6.14 (arm_smmu_dump_event)',
    tree: node('arm,smmu-v3'),
    options: { kernel: '6.18' },
    specifier: [8],
    readOnly: true,
    write: true,
    lines: [
      'event 0x13 received:',
      '\t0x0000000800000013',
      '\t0x0000020000000000',
      '\t0x0000000012345678',
      '\t0x0000000000000000',
      'event: F_PERMISSION client: 1000.client sid: 0x8 ssid: 0 iova: 0x12345678 ipa: 0',
      'unpriv data write s1 "Input address caused fault" stag: 0',
    ],
    driver: 'arm-smmu-v3',
    fact: [8, IOVA, true, 'permission'],
  },
  {
    name: 'tegra-mc (tegra30_mc_handle_irq)',
    tree: `mc: memory-controller@70019000 { compatible = "nvidia,tegra210-mc"; reg = <0x70019000 0x1000>; interrupts = <1>; #iommu-cells = <1>; };`,
    specifier: [22],
    write: true,
    lines: ['vicswr: write @0x0000000012345678: Page fault (SMMU translation error [--S])'],
    driver: 'tegra-mc',
    fact: ['vicswr', IOVA, true, 'translation'],
  },
  {
    name: 'Rockchip: translation (rk_iommu_irq, log_iova)',
    tree: node('rockchip,iommu'),
    specifier: [],
    write: true,
    lines: [
      'Page fault at 0x0000000012345678 of type write',
      'iova = 0x0000000012345678: dte_index: 0x48 pte_index: 0x345 page_offset: 0x678',
      'mmu_dte_addr: 0x0000000010000000 dte@0x0000000010000120: 00000000 valid: 0 pte@0x0000000000000000: 00000000 valid: 0 page@0x0000000000000000 flags: 000',
    ],
    driver: 'rk_iommu',
    fact: [null, IOVA, true, 'translation'],
  },
  {
    name: 'Rockchip: permission shows the page',
    tree: node('rockchip,iommu'),
    specifier: [],
    readOnly: true,
    write: true,
    lines: [
      'Page fault at 0x0000000012345678 of type write',
      'iova = 0x0000000012345678: dte_index: 0x48 pte_index: 0x345 page_offset: 0x678',
      'mmu_dte_addr: 0x0000000010000000 dte@0x0000000010000120: 0x10001001 valid: 1 pte@0x0000000010001d14: 0x48000003 valid: 1 page@0x0000000048000678 flags: 0x2',
    ],
    driver: 'rk_iommu',
    fact: [null, IOVA, true, 'translation'],
  },
  {
    name: 'Exynos v3: every page fault is a read (sysmmu_v1_faults), and the kernel panics',
    tree: node('samsung,exynos-sysmmu', 'clock-names = "sysmmu";'),
    specifier: [],
    write: true,
    lines: ['1000.client: [READ] PAGE FAULT occurred at 0x12345678'],
    driver: 'exynos-sysmmu',
    panics: true,
    fact: ['1000.client', IOVA, false, 'translation'],
  },
  {
    name: 'Exynos v5: read and write apart (sysmmu_v5_fault_names)',
    tree: node('samsung,exynos-sysmmu', 'clock-names = "sysmmu";'),
    hardware: { version: 5 },
    specifier: [],
    readOnly: true,
    write: true,
    lines: ['1000.client: [WRITE] ACCESS PROTECTION FAULT occurred at 0x12345678'],
    driver: 'exynos-sysmmu',
    panics: true,
    fact: ['1000.client', IOVA, true, 'permission'],
  },
  {
    name: 'MediaTek mt8173: the write bit stands in the address (mtk_iommu_isr)',
    tree: m4u('mediatek,mt8173-m4u', 0, 2),
    specifier: [(2 << 5) | 3],
    write: true,
    lines: ['fault type=0x1 iova=0x12345002 pa=0x0 master=0x10c(larb=2 port=3) layer=0 write'],
    driver: 'mtk-iommu',
    fact: [(2 << 5) | 3, 0x12345000n, true, 'translation'],
  },
  {
    name: 'MediaTek mt6779: larb 8 is the second behind common port 5 (larbid_remap)',
    tree: m4u('mediatek,mt6779-m4u', 8),
    specifier: [(8 << 5) | 1],
    write: false,
    lines: ['fault type=0x1 iova=0x12345000 pa=0x0 master=0xa84(larb=8 port=1) layer=0 read'],
    driver: 'mtk-iommu',
    fact: [(8 << 5) | 1, 0x12345000n, false, 'translation'],
  },
  {
    name: 'MediaTek mt8192: 34-bit addresses are masked',
    tree: m4u('mediatek,mt8192-m4u', 4),
    specifier: [4 << 5],
    write: true,
    lines: ['fault type=0x1 iova=0x12345000 pa=0x0 master=0x400(larb=4 port=0) layer=0 write'],
    driver: 'mtk-iommu',
    fact: [4 << 5, 0x12345000n, true, 'translation'],
  },
  {
    name: 'Renesas IPMMU (ipmmu_domain_irq)',
    tree: node('renesas,ipmmu-r8a7790'),
    options: { arch: 'arm' },
    specifier: [3],
    write: true,
    lines: ['Unhandled fault: status 0x00000001 iova 0x12345678'],
    driver: 'ipmmu-vmsa',
    fact: [null, IOVA, null, 'translation'],
  },
  {
    name: 'Qualcomm context banks (qcom_iommu_fault)',
    tree: node('qcom,msm-iommu-v1', BANKS),
    specifier: [4],
    write: true,
    lines: ['Unhandled context fault: fsr=0x2, iova=0x0000000012345678, fsynr=0x10, cb=4'],
    driver: 'qcom-iommu-ctx',
    fact: [null, IOVA, true, 'translation'],
  },
  {
    name: 'Qualcomm MSM (msm_iommu_fault_handler, print_ctx_regs)',
    tree: node('qcom,apq8064-iommu', 'qcom,ncb = <3>;'),
    specifier: [2],
    write: true,
    lines: [
      'msm_iommu: Unexpected IOMMU page fault!',
      'msm_iommu: base = 00000000',
      'msm_iommu: Fault occurred in context 0.',
      'msm_iommu: Interesting registers:',
      'msm_iommu: FAR    = 12345678    PAR    = 00000000',
      'msm_iommu: FSR    = 00000002 [TF ]',
      'msm_iommu: FSYNR0 = 00000000    FSYNR1 = 00000000',
      'msm_iommu: TTBR0  = 10000000    TTBR1  = 00000000',
      'msm_iommu: SCTLR  = 00000007    ACTLR  = 00037072',
    ],
    driver: null,
    fact: [null, IOVA, null, 'translation'],
  },
  {
    name: 'Allwinner: a missing page is a read (sun50i_iommu_handle_pt_irq)',
    tree: node('allwinner,sun50i-h6-iommu'),
    specifier: [2],
    write: true,
    lines: ['Page fault for 0x0000000012345678 (master 2, dir rd)'],
    driver: 'sun50i-iommu',
    fact: [2, IOVA, false, 'translation'],
  },
  {
    name: 'Allwinner: a write to a read-only page (sun50i_iommu_handle_perm_irq)',
    tree: node('allwinner,sun50i-h6-iommu'),
    specifier: [2],
    readOnly: true,
    write: true,
    lines: ['Page fault for 0x0000000012345678 (master 2, dir wr)'],
    driver: 'sun50i-iommu',
    fact: [2, IOVA, true, 'translation'],
  },
  {
    name: 'Apple DART T8103: no table below the first (apple_dart_t8020_irq)',
    tree: node('apple,t8103-dart'),
    specifier: [3],
    write: true,
    lines: ['translation fault: status:0x83000002 stream:3 code:0x2 (NO PMD FOR IOVA) at 0x12345678'],
    driver: 'apple-dart',
    fact: [3, IOVA, null, 'translation'],
  },
  {
    name: 'Apple DART T8110: its own codes and stream field (apple_dart_t8110_irq)',
    tree: node('apple,t8110-dart'),
    specifier: [3],
    readOnly: true,
    write: true,
    lines: ['translation fault: status:0x80300010 stream:3 code:0x10 (WRITE FAULT) at 0x12345678'],
    driver: 'apple-dart',
    fact: [3, IOVA, true, 'permission'],
  },
  {
    name: 'RISC-V (riscv_iommu_fault)',
    ...RISCV,
    write: true,
    lines: ['Fault 15 devid: 0x102 iotval: 12345678 iotval2: 0'],
    fact: [0x102, IOVA, true, 'translation'],
  },
  {
    name: 'RISC-V: a context that is not valid',
    ...RISCV,
    attached: false,
    write: false,
    lines: ['Fault 258 devid: 0x102 iotval: 12345678 iotval2: 0'],
    fact: [0x102, IOVA, null, 'unknown-stream'],
  },
  {
    name: 'virtio-iommu (viommu_fault_handler)',
    tree: node('virtio,mmio'),
    specifier: [8],
    write: true,
    lines: ['page fault from EP 8 at 0x12345678 []'],
    driver: 'virtio_iommu',
    fact: [8, IOVA, null, 'translation'],
  },
];

describe('fault lines', () => {
  it.each(CASES)('$name', (entry) => {
    const rig = new TestRig(`${entry.tree}${CLIENT}`, entry.options);
    const label = entry.tree.startsWith('mc:') ? 'mc' : 'iommu';
    const iommu = rig.instance(label, entry.hardware ?? {});
    expect(rig.add(iommu, 'c1', [entry.specifier])).toBe(0);
    if (entry.attached !== false) {
      const domain = rig.attach(iommu, 'c1');
      if (typeof domain === 'number') throw new Error(`attach: ${domain}`);
      if (entry.readOnly === true) {
        const page = domain.pageSizes & -domain.pageSizes;
        expect(domain.map(IOVA & ~(page - 1n), 0x48000000n, page, 1)).toBe(0);
      }
    }
    const before = rig.messages.length;
    const stream = iommu.streamsOf(rig.device('c1'))[0] ?? 0;
    const outcome = iommu.access(stream, IOVA, entry.write);
    expect(outcome.lines).toEqual(entry.lines);
    expect(outcome.panics).toBe(entry.panics === true ? 'Unrecoverable System MMU Fault!' : undefined);
    const printed = rig.messages.slice(before);
    const prefix = entry.driver === null ? '' : `${rig.device(label).name}: `;
    expect(printed).toEqual(entry.lines.map((line) => `${prefix}${line}`));

    const log = printed.map((line) => `[    1.0] ${entry.driver === null ? '' : `${entry.driver} `}${line}`).join('\n');
    const [fact, ...more] = readLog(log);
    expect(more.filter((other) => other.type === 'fault' && other.iova === null)).toEqual([]);
    if (fact?.type !== 'fault') throw new Error('no fault');
    expect([fact.stream ?? fact.client, fact.iova, fact.write, fact.kind]).toEqual(entry.fact);
  });

  it('arm-smmu: an unknown stream (arm_smmu_global_fault)', () => {
    const rig = new TestRig(`${SMMU}${CLIENT}`);
    const iommu = rig.instance('iommu');
    const before = rig.messages.length;
    expect(iommu.access(0x85, IOVA, true).lines[0]).toBe(
      'Blocked unknown Stream ID 0x85; boot with "arm-smmu.disable_bypass=0" to allow, but this may have security implications',
    );
    const [fact] = readLog(
      rig.messages
        .slice(before)
        .map((line) => `[    1.0] arm-smmu ${line}`)
        .join('\n'),
    );
    expect(fact).toMatchObject({
      type: 'fault',
      stream: 0x85,
      write: true,
      kind: 'unknown-stream',
      iommu: '40000.iommu',
    });
  });

  it('Spreadtrum has no fault interrupt: nothing is printed', () => {
    const rig = new TestRig(`${node('sprd,iommu-v1')}${CLIENT}`);
    const iommu = rig.instance('iommu');
    rig.add(iommu, 'c1', [[]]);
    rig.attach(iommu, 'c1');
    expect(iommu.access(0, 0x1000n, true)).toMatchObject({ result: 'fault', lines: [] });
  });

  it('MediaTek generation 1 counts its ports through (mtk_iommu_v1_isr, mt2701-larb-port.h)', () => {
    const [fact] = readLog(
      '[    1.0] mtk-iommu-v1 10205000.iommu: fault type=0x1 iova=0x12345000 pa=0x0 larb=1 port=3',
    );
    expect(fact).toMatchObject({ type: 'fault', iova: 0x12345000n, client: 'larb 1 port 3', stream: 14 });
  });

  it('OMAP prints once, then its interrupt stays off (iommu_fault_handler)', () => {
    const [fact] = readLog(
      '[    1.0] omap-iommu 40000.iommu: 40000.iommu: errs:0x00000002 da:0x12345678 pgd:0x(ptrval) *pgd:px00000000',
    );
    expect(fact).toMatchObject({ type: 'fault', iova: IOVA, decoded: ['translation fault'] });
  });
});
