/** Log lines of every model are read, and placed on a board. */
import { describe, expect, it } from 'vitest';
import { arm64Board, snapshotOfTexts } from '../../test/helpers/board';
import { parseScenario } from '../scenario/parse';
import { simulate } from '../simulator/simulate';
import { explainDeferral, explainFault, nodeOfDevice, placeOf } from './causes';
import { type FaultFact, readLog } from './lines';

const fields = (fact: FaultFact): unknown[] => [
  fact.model,
  fact.iommu,
  fact.stream ?? fact.client,
  fact.iova === null ? null : `0x${fact.iova.toString(16)}`,
  fact.write,
  fact.kind,
];

/** One line (or block) of a log, and what it says. */
const LINES: readonly (readonly [string, readonly unknown[]])[] = [
  [
    '[    0.9] arm-smmu 5c000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfffe0000, fsynr=0x10011, cbfrsynra=0x1, cb=0',
    ['arm-smmu', '5c000000.iommu', 1, '0xfffe0000', true, 'translation'],
  ],
  [
    'Nov 22 12:00:00 board kernel: arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x8, iova=0x00001000, fsynr=0x3, cbfrsynra=0x1401, cb=7',
    ['arm-smmu', '15000000.iommu', 0x1401, '0x1000', false, 'permission'],
  ],
  [
    '[    5.1] qcom-iommu-ctx 1e24000.iommu-ctx: Unhandled context fault: fsr=0x2, iova=0x0000000000001000, fsynr=0x10, cb=4',
    ['qcom-iommu', '1e24000.iommu-ctx', null, '0x1000', true, 'translation'],
  ],
  [
    '[    1.0] arm-smmu 5c000000.iommu: Blocked unknown Stream ID 0x85; boot with "arm-smmu.disable_bypass=0" to allow, but this may have security implications\n[    1.0] arm-smmu 5c000000.iommu: \tGFSR 0x00000002, GFSYNR0 0x00000006, GFSYNR1 0x00000085, GFSYNR2 0x00000000',
    ['arm-smmu', '5c000000.iommu', 0x85, null, true, 'unknown-stream'],
  ],
  [
    '[    1.0] arm-smmu-v3 9050000.smmuv3: event 0x10 received:\n[    1.0] arm-smmu-v3 9050000.smmuv3: \t0x0000000800000010\n[    1.0] arm-smmu-v3 9050000.smmuv3: \t0x0000000800000000\n[    1.0] arm-smmu-v3 9050000.smmuv3: \t0x0000000010000000\n[    1.0] arm-smmu-v3 9050000.smmuv3: \t0x0000000000000000',
    ['arm-smmu-v3', '9050000.smmuv3', 8, '0x10000000', false, 'translation'],
  ],
  [
    '[    1.0] arm-smmu-v3 9050000.smmuv3: event: F_PERMISSION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0xffffe000 ipa: 0x0\n[    1.0] arm-smmu-v3 9050000.smmuv3: unpriv data write s1 "Input address caused fault" stag: 0x0',
    ['arm-smmu-v3', '9050000.smmuv3', 8, '0xffffe000', true, 'permission'],
  ],
  [
    '[    2.0] tegra-mc 70019000.memory-controller: vicsrd: read @0x0000000080001000: Page fault (SMMU translation error [--S])',
    ['tegra-smmu', '70019000.memory-controller', 'vicsrd', '0x80001000', false, 'translation'],
  ],
  [
    '[    2.0] virtio_iommu virtio0: page fault from EP 8 at 0xffffe000 [W]',
    ['virtio-iommu', 'virtio0', 8, '0xffffe000', true, 'permission'],
  ],
  [
    '[    3.0] rk_iommu ff3f0000.iommu: Page fault at 0x00000000fff01000 of type write',
    ['rockchip-iommu', 'ff3f0000.iommu', null, '0xfff01000', true, 'translation'],
  ],
  [
    '[    3.0] exynos-sysmmu 13e20000.sysmmu: 13e00000.scaler: [READ] PAGE FAULT occurred at 0x20000000',
    ['exynos-sysmmu', '13e20000.sysmmu', '13e00000.scaler', '0x20000000', false, 'translation'],
  ],
  [
    '[    3.0] mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfebfd000 pa=0x0 master=0x5000400(larb=1 port=2) layer=1 read',
    ['mtk-m4u', '10205000.iommu', 0x22, '0xfebfd000', false, 'translation'],
  ],
  [
    '[    3.0] ipmmu-vmsa e67b0000.iommu: Unhandled fault: status 0x00000002 iova 0x1000',
    ['ipmmu-vmsa', 'e67b0000.iommu', null, '0x1000', null, 'permission'],
  ],
  [
    '[    3.0] sun50i-iommu 30f0000.iommu: Page fault for 0x00000000ff400000 (master 1, dir rd)',
    ['sun50i-iommu', '30f0000.iommu', 1, '0xff400000', false, 'translation'],
  ],
  [
    '[    3.0] apple-dart 231304000.iommu: translation fault: status:0x80000004 stream:0 code:0x4 (NO PTE FOR IOVA) at 0x3fff0000',
    ['apple-dart', '231304000.iommu', 0, '0x3fff0000', null, 'translation'],
  ],
];

describe('log lines', () => {
  it.each(LINES)('%s', (text, expected) => {
    const facts = readLog(text);
    expect(facts).toHaveLength(1);
    expect(fields(facts[0] as FaultFact)).toEqual(expected);
  });

  it('reads deferrals, groups and refusals, and nothing else', () => {
    const log = [
      '[    1.0] platform a100000.client: deferred probe pending: platform: wait for supplier /soc/iommu@1',
      '[    1.0] platform a100000.client: Adding to iommu group 3',
      '[    1.0] oracle-client a101000.client: stream ID 0x8000 out of range for SMMU (0x7fff)',
      '[    1.0] oracle-client a102000.client: Adding to IOMMU failed: -19',
      '[    1.0] usb 1-1: new high-speed USB device number 2',
    ].join('\n');
    expect(readLog(log).map((fact) => [fact.line, fact.type])).toEqual([
      [1, 'deferral'],
      [2, 'group'],
      [3, 'refusal'],
    ]);
  });

  it('survives anything', () => {
    for (const text of ['', '\0\0', '[', 'event 0x10 received:', 'Unhandled context fault: fsr=', '\t', 'a\tb: c'])
      expect(() => readLog(text)).not.toThrow();
  });
});

const BOARD = arm64Board(
  'c0: client@a100000 { compatible = "x,client"; reg = <0xa100000 0x1000>; iommus = <&smmu 5>; };',
  `smmu: iommu@5c000000 {
		compatible = "arm,mmu-500"; reg = <0x5c000000 0x10000>; #global-interrupts = <1>; #iommu-cells = <1>;
		interrupts = <0 1 4>, <0 2 4>, <0 3 4>;
	};`,
);

describe('a fault on a board', () => {
  const { tree, view } = snapshotOfTexts({ 'board.dts': BOARD });
  const report = simulate(tree, { board: 'board.dts' });

  it('finds nodes by kernel names', () => {
    expect(nodeOfDevice(view, null, '5c000000.iommu')?.path).toBe('/iommu@5c000000');
    expect(nodeOfDevice(view, null, 'nobody')).toBeNull();
  });

  const first = (text: string): FaultFact => readLog(text)[0] as FaultFact;

  it('names the master of a stream', () => {
    const found = explainFault(first(LINES[0]?.[0].replace('cbfrsynra=0x1', 'cbfrsynra=0x5') ?? ''), view, report);
    expect(found.provider?.path).toBe('/iommu@5c000000');
    expect(found.masters.map((node) => node.path)).toEqual(['/soc/client@a100000']);
    expect(found.causes.length).toBeGreaterThan(0);
  });

  it('points at the nearest ID for an unknown stream', () => {
    const found = explainFault(first(LINES[3]?.[0] ?? ''), view, report);
    expect(found.masters).toEqual([]);
    expect(found.causes.join('\n')).toContain('0x5 of /soc/client@a100000');
  });

  it('suspects firmware where no buffer is near', () => {
    const { scenario } = parseScenario(
      '{ "drivers": [{ "name": "client", "compatible": ["x,client"], "bus": "platform", "initcall": "device" }] }',
    );
    const probed = simulate(tree, { board: 'board.dts', scenario });
    const text = LINES[0]?.[0].replace('cbfrsynra=0x1', 'cbfrsynra=0x5').replace('0xfffe0000', '0x50000000') ?? '';
    expect(explainFault(first(text), view, probed).causes[0]).toContain('firmware left the device running');
  });

  it('sees a physical address', () => {
    const text = LINES[0]?.[0].replace('cbfrsynra=0x1', 'cbfrsynra=0x5').replace('0xfffe0000', '0x80001000') ?? '';
    expect(explainFault(first(text), view, report).causes[0]).toContain('address of RAM');
  });

  it('says what a deferral waits for', () => {
    const fact = readLog(
      'platform a100000.client: deferred probe pending: platform: wait for supplier /iommu@5c000000',
    )[0];
    if (fact?.type !== 'deferral') throw new Error('no deferral');
    const found = explainDeferral(fact, view, report);
    expect([found.node?.path, found.supplier?.path]).toEqual(['/soc/client@a100000', '/iommu@5c000000']);
  });
});

describe('where an address lies', () => {
  const { tree } = snapshotOfTexts({ 'board.dts': BOARD });
  const base = simulate(tree, { board: 'board.dts' });
  const region = (iova: string, size: string, kind: 'alloc' | 'msi') => ({
    iova,
    size,
    kind,
    owner: '/x',
    phys: null,
    assumption: null,
  });
  const aperture = ['0x0', '0xffffffffffff'] as const;
  const domain = {
    id: 0,
    group: 0,
    type: 'DMA',
    granule: 4096,
    aperture,
    regions: [region('0x8000000', '0x100000', 'msi'), region('0xfffe0000', '0x1000', 'alloc')],
  };
  const other = { ...domain, id: 1, group: 1, regions: [region('0x10000000', '0x1000', 'alloc')] };
  const report = {
    ...base,
    groups: [
      {
        id: 0,
        type: 'DMA',
        devices: ['/x'],
        reservedRegions: [['0x8000000', '0x80fffff', 'msi']] as const,
        provider: null,
      },
    ],
    domains: [domain, other],
  };
  const table: readonly (readonly [bigint, string])[] = [
    [0xfffe0010n, 'inside'],
    [0xfffe1000n, 'after'],
    [0xfffdfff0n, 'before'],
    [0x8000010n, 'reserved'],
    [0x10000000n, 'other-domain'],
    [0x10n, 'zero'],
    [0x50000000n, 'unmapped'],
    [1n << 48n, 'beyond'],
  ];
  it.each(table)('%x is %s', (iova, relation) => {
    expect(placeOf(iova, domain, report).relation).toBe(relation);
  });
});
