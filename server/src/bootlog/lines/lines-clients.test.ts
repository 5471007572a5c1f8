/** Faults as drivers of masters tell of them, MMUs that are a device's own, and lines whose bits were read wrongly. */
import { describe, expect, it } from 'vitest';
import { arm64Board, snapshotOfTexts } from '../../../test/helpers/board';
import { explainFault } from '../explain/fault';
import type { FaultFact } from '../facts';
import { makeBoard } from '../match/board';
import { readLog } from '../read';

/** The function that prints it, the text (more lines behind \n), and what it says. */
const LINES: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
  [
    'rproc_iommu_fault',
    'omap-iommu 55082000.mmu: iommu fault: da 0x9f000000 flags 0x0',
    { type: 'fault', model: 'omap-iommu', iommu: '55082000.mmu', iova: 0x9f000000n, write: null, kind: 'translation' },
  ],
  [
    'rproc_iommu_fault',
    'omap-iommu 55082000.mmu: iommu fault: da 0x9f000000 flags 0x0\nomap-iommu 55082000.mmu: 55082000.mmu: errs:0x00000002 da:0x9f000000 pgd:0x00000000 *pgd:px00000002',
    { type: 'fault', count: 1, decoded: expect.arrayContaining(['translation fault']) },
  ],
  [
    'rproc_iommu_fault',
    '(NULL device *): iommu fault: da 0x1000 flags 0x1',
    { type: 'fault', model: 'remoteproc', iommu: null, iova: 0x1000n, write: true },
  ],
  [
    'sun50i_iommu_report_fault',
    'sun50i-iommu 30f0000.iommu: Page fault for 0x00000000fff01000 (master 3, dir READ)',
    { type: 'fault', stream: 3, iova: 0xfff01000n, write: false },
  ],
  [
    'sun50i_iommu_report_fault',
    'sun50i-iommu 30f0000.iommu: Page fault for 0x00000000fff01000 (master 3, dir wr)',
    { type: 'fault', stream: 3, write: true },
  ],
  [
    'adreno_fault_handler',
    '*** gpu fault: ttbr0=00000001a3b4c000 iova=000000010004f000 dir=WRITE type=PERMISSION source=CCHE (0,0,0,0)',
    { type: 'fault', model: 'adreno-gpu', iommu: null, iova: 0x10004f000n, write: true, kind: 'permission' },
  ],
  [
    'adreno_fault_handler',
    '*** gpu fault: iova=000000010004f000 flags=0 (0,0,0,0)',
    { type: 'fault', iova: 0x10004f000n, write: false, kind: 'translation' },
  ],
  [
    'msm_gpu_fault_handler',
    '*** fault: iova=        9d801000, flags=1',
    { type: 'fault', model: 'msm-drm', iommu: null, iova: 0x9d801000n, write: true },
  ],
  [
    'dump_mmu_fault',
    'etnaviv-gpu 38000000.gpu: MMU 0 fault (page not present) addr 0xfff01000',
    {
      type: 'driver',
      device: '38000000.gpu',
      why: expect.stringMatching(/no IOMMU of the tree: page not present at 0xfff/),
    },
  ],
  [
    'dump_mmu_fault',
    'etnaviv-gpu 38000000.gpu: MMU fault status 0x00000002',
    { type: 'driver', why: expect.stringContaining('status 0x00000002') },
  ],
  [
    'lima_mmu_irq_handler',
    'lima 1c40000.gpu: gpmmu page fault at 0x1000 from bus id 2 of type write',
    { type: 'driver', why: expect.stringContaining('0x1000 (write, gpmmu)') },
  ],
  [
    'panfrost_mmu_irq_handler_thread',
    'panfrost ff9a0000.gpu: Unhandled Page fault in AS0 at VA 0x0000000000001000',
    { type: 'driver', why: expect.stringContaining('address space 0') },
  ],
  [
    'show_fault_information',
    'PAGE FAULT occurred at 0x20000000 by 14650000.sysmmu(Page table base: 0x6e3c0000)',
    { type: 'fault', iommu: '14650000.sysmmu', client: null, iova: 0x20000000n },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x40000',
    {
      type: 'fault',
      kind: 'other',
      iova: null,
      decoded: ['FSR 0x40000 has no bit of a fault', 'the line has no address: it is cut'],
    },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402',
    { type: 'fault', kind: 'translation', iova: null },
  ],
];

describe('lines', () => {
  it.each(LINES)('%s: %s', (by, text, expected) => {
    const stamped = text.split('\n').map((line, i) => `[    ${i + 5}.000000] ${line}`);
    const { facts } = readLog(stamped.join('\n'));
    expect(facts).toHaveLength(1);
    expect(facts[0]).toMatchObject({ printedBy: by, ...expected });
  });
});

const board = makeBoard(
  snapshotOfTexts({
    'board.dts': arm64Board(
      `gpu: gpu@5000000 { compatible = "qcom,adreno-630.2", "qcom,adreno"; reg = <0x5000000 0x1000>; iommus = <&gpu_smmu 0>; };
	c0: client@a100000 { compatible = "x,client"; reg = <0xa100000 0x1000>; iommus = <&apps 5>; };`,
      `gpu_smmu: iommu@5040000 { compatible = "qcom,sdm845-smmu-v2", "qcom,smmu-v2"; reg = <0x5040000 0x10000>; #iommu-cells = <1>; };
	apps: iommu@15000000 { compatible = "arm,mmu-500"; reg = <0x15000000 0x10000>; #iommu-cells = <1>; };
	mc: memory-controller@70019000 { compatible = "nvidia,tegra210-mc"; reg = <0x70019000 0x1000>; #iommu-cells = <1>; };`,
    ),
  }).tree,
  { board: 'board.dts' },
);
const explained = (text: string) => explainFault(readLog(text).facts[0] as FaultFact, board);

it('leads from a fault that the GPU driver tells of to the GPU and its IOMMU', () => {
  const found = explained('*** gpu fault: iova=000000010004f000 flags=0 (0,0,0,0)');
  expect([found.provider?.path, found.masters.map((node) => node.path)]).toEqual([
    '/iommu@5040000',
    ['/soc/gpu@5000000'],
  ]);
});

describe("the letters of Tegra's memory controller", () => {
  /** Access, letters, kind, and what must and must not be said. */
  const LETTERS: readonly (readonly [string, string, string, RegExp, RegExp | null])[] = [
    ['read', '--S', 'translation', /mapped/, /permission/],
    ['write', '---', 'translation', /mapped/, /permission/],
    ['write', 'R--', 'permission', /without write permission/, null],
    ['write', 'R-S', 'permission', /without write permission/, null],
    ['read', '-W-', 'permission', /without read permission/, null],
    [
      'write',
      '-W-',
      'other',
      /the letters allow this access/,
      /without|permission|nothing was mapped|no fault of an address/,
    ],
    [
      'read',
      'RW-',
      'other',
      /the letters allow this access/,
      /without|permission|nothing was mapped|no fault of an address/,
    ],
    ['write', 'RWS', 'permission', /secure accesses alone/, /without|direction/],
    ['secure read', 'RWS', 'other', /the letters allow this access/, /without/],
  ];
  it.each(LETTERS)('%s [%s] is %s', (access, letters, kind, says, never) => {
    const found = explained(
      `tegra-mc 70019000.memory-controller: sdmmcwa: ${access} @0x0000000020001004: Page fault (SMMU translation error [${letters}])`,
    );
    expect(found.fact.kind).toBe(kind);
    const text = found.causes.map((entry) => `${entry.text} (${entry.because})`).join('\n');
    expect(text).toMatch(says);
    if (never !== null) expect(text).not.toMatch(never);
  });
});

it('does not say of a cut line what it does not hold', () => {
  const text = (line: string): string =>
    explained(line)
      .causes.map((entry) => entry.text)
      .join('\n');
  const cut = 'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x40';
  expect(text(`${cut}000`)).toBe('the line does not say what kind of fault it was');
  expect(text(`${cut}2`)).toMatch(/find the whole line/);
});
