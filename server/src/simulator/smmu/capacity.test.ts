/** Defaults, what a scenario may set, and the page that says so to people. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { TestRig } from '../../../test/helpers/hardware-rig';
import { capacityOf } from '../../iommu/capacity';

const IRQS = Array.from({ length: 9 }, (_, i) => `<${i + 1}>`).join(', ');
const SMMU = (compatible: string): string =>
  `iommu: iommu@40000 { compatible = ${compatible}; reg = <0x40000 0x20000>; interrupts = ${IRQS}; #global-interrupts = <1>; #iommu-cells = <1>; };`;
const NODE = (compatible: string, more = ''): string =>
  `iommu: iommu@40000 { compatible = "${compatible}"; reg = <0x40000 0x20000>; interrupts = <1>, <2>; #iommu-cells = <1>; ${more} };`;

/** Node, model where the node does not name it, key, default, a value a scenario sets. */
const TABLE: readonly (readonly [string, string | null, string, unknown, unknown])[] = [
  [SMMU('"arm,mmu-500"'), null, 'streamMatchRegisters', 128, 64],
  [
    `scm: scm { compatible = "qcom,scm"; }; ${SMMU('"qcom,sc7180-smmu-500", "qcom,smmu-500", "arm,mmu-500"')}`,
    null,
    'streamMatchRegisters',
    128,
    80,
  ],
  [SMMU('"cavium,smmu-v2"'), null, 'contextBanks', 8, 4],
  [SMMU('"arm,mmu-401"'), null, 'streamMatchRegisters', 32, 16],
  [SMMU('"arm,mmu-401"'), null, 'addressBits', 40, 36],
  [SMMU('"arm,mmu-500"'), null, 'contextBanks', 8, 5],
  [SMMU('"arm,mmu-500"'), null, 'streamIdBits', 15, 16],
  [SMMU('"arm,mmu-500"'), null, 'addressBits', 48, 44],
  [NODE('arm,smmu-v3'), null, 'sidBits', 32, 16],
  [NODE('arm,smmu-v3'), null, 'ssidBits', 0, 5],
  [NODE('arm,smmu-v3'), null, 'oas', 48, 44],
  [NODE('arm,smmu-v3'), null, 'stage1', true, false],
  [NODE('arm,smmu-v3'), null, 'stage2', true, false],
  [NODE('arm,smmu-v3'), null, 'twoLevel', true, false],
  [NODE('samsung,exynos-sysmmu', 'clock-names = "sysmmu";'), null, 'version', 3, 5],
  [NODE('mediatek,mt8173-m4u'), null, 'enable4GB', false, true],
  [NODE('apple,t8103-dart'), null, 'pageSize', 16384, 4096],
  [NODE('apple,t8103-dart'), null, 'bypass', false, true],
  [NODE('apple,t8110-dart'), null, 'ias', 36, 42],
  [NODE('apple,t6000-dart'), null, 'oas', 42, 40],
  [NODE('apple,t8103-usb4-dart'), null, 'streams', 64, 32],
  [NODE('virtio,mmio'), 'virtio-iommu', 'pageSizeMask', '0xfffffffffffff000', '0x10000'],
  [NODE('virtio,mmio'), 'virtio-iommu', 'inputStart', '0x0', '0x1000'],
  [NODE('virtio,mmio'), 'virtio-iommu', 'inputEnd', '0xffffffffffffffff', '0xffffffff'],
  [NODE('virtio,mmio'), 'virtio-iommu', 'bypassConfig', true, false],
];

const shown = (value: unknown): unknown => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value);

describe('capacity that hardware decides', () => {
  it.each(TABLE)('%s %s: %s', (node, _model, name, standard, other) => {
    const of = (hardware: Record<string, unknown>): unknown => {
      const report = new TestRig(node).instance('iommu', hardware).report();
      const entry = report.capacity?.find((fact) => fact.name === name);
      return [entry?.value, entry?.assumed];
    };
    expect(of({})).toEqual([standard, true]);
    expect(of({ [name]: other })).toEqual([other, false]);
  });

  it('is what the driver then finds', () => {
    const client = (n: number) => `c${n}: client@${n}000 { reg = <0x${n}000 0x1000>; };`;
    const rig = new TestRig(`${SMMU('"arm,mmu-500"')}${client(1)}${client(2)}`);
    const smmu = rig.instance('iommu', { streamMatchRegisters: 1, contextBanks: 1 });
    expect([rig.add(smmu, 'c1', [[1]]), rig.add(smmu, 'c2', [[2]])]).toEqual([0, -28]);
    const wide = new TestRig(`${SMMU('"arm,mmu-500"')}${client(1)}`);
    expect(wide.add(wide.instance('iommu'), 'c1', [[0x8000]])).toBe(-22);
    expect(wide.add(wide.instance('iommu', { streamIdBits: 16 }), 'c1', [[0x8000]])).toBe(0);
  });

  // Sizes of `reg` and coherency of upstream boards: an assumed part agrees with its tree.
  it.each([
    ['0x10000', ''],
    ['0x80000', 'dma-coherent;'],
    ['0x100000', ''],
    ['0x800000', 'dma-coherent;'],
  ])('agrees with a reg of %s bytes, %s', (size, more) => {
    const rig = new TestRig(SMMU('"arm,mmu-500"').replace('0x20000>', `${size}>; ${more}`));
    rig.instance('iommu');
    expect(rig.messages.filter((line) => /differs from|overridden/.test(line))).toEqual([]);
  });

  it('takes stated ID registers for the truth', () => {
    const registers = { '0x20': '0x7c085e10', '0x24': '0x20000004', '0x28': '0x5555' };
    const report = new TestRig(SMMU('"arm,mmu-500"')).instance('iommu', { registers }).report();
    expect(report.capacity?.map((fact) => [fact.name, fact.value, fact.assumed])).toEqual([
      ['streamMatchRegisters', 16, false],
      ['contextBanks', 4, false],
      ['streamIdBits', 15, false],
      ['addressBits', 48, false],
    ]);
    const v3 = new TestRig(NODE('arm,smmu-v3')).instance('iommu', { registers: { '0x4': '0x2518810' } }).report();
    expect(v3.capacity?.find((fact) => fact.name === 'sidBits')).toMatchObject({ value: 16, assumed: false });
  });

  it('ignores what cannot be read, and cuts numbers to what can be', () => {
    const { tree } = snapshotOfTexts({ 'board.dts': `/dts-v1/; / { ${NODE('arm,smmu-v3')} };` });
    const node = tree.labels.get('iommu');
    if (node === undefined) throw new Error('no node');
    const value = (hardware: Record<string, unknown>) =>
      capacityOf(node, hardware).find((fact) => fact.name === 'sidBits');
    expect(value({ sidBits: 'many' })).toMatchObject({ value: 32, assumed: true });
    expect(value({ sidBits: 99 })).toMatchObject({ value: 32, assumed: false });
    expect(value({ sidBits: '0x10' })).toMatchObject({ value: 16, assumed: false });
  });

  it('is documented, key by key', () => {
    const page = readFileSync(resolve('docs/hardware-capacity.md'), 'utf8');
    for (const [node, model] of TABLE) {
      const { tree } = snapshotOfTexts({ 'board.dts': `/dts-v1/; / { ${node} };` });
      const label = tree.labels.get('iommu');
      if (label === undefined) throw new Error('no node');
      for (const fact of capacityOf(label, {}, model)) {
        expect(page).toContain(`\`${fact.name}\``);
        expect(`${fact.name} default ${shown(fact.value)}`).toMatch(/ (true|false|0x[0-9a-f]+|\d+)$/);
      }
    }
  });
});
