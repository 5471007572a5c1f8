import { describe, expect, it, test } from 'vitest';
import { boardOf } from '../../test/helpers/vendor-board';
import { buildTree } from '../devicetree/build';
import { sourceFile } from '../source/file';
import { bindings } from './catalogue';
import { outsideOf, qcomGroupNode, qcomRanges, vendorIommuOf, vendorIommus, vendorProperties } from './vendor';
import { iommuView } from './view';

describe('the data', () => {
  it.each(vendorProperties)(
    '$name says what it does, and where that stands',
    ({ name, says, source, words, value }) => {
      expect([says, source].every((text) => text.length > 10)).toBe(true);
      expect(words !== undefined).toBe(value === 'string' || value === 'strings');
      expect(name).toMatch(/^[a-z]+,|^iommu-/);
    },
  );
  it.each(vendorIommus)('$model is like one of mainline, or like none', ({ like, source }) => {
    expect(like === null || bindings.some((binding) => binding.id === like)).toBe(true);
    expect(source.length).toBeGreaterThan(10);
  });
});

const board = boardOf(`
	phone: iommu@1 { compatible = "qcom,qsmmu-v500"; #iommu-cells = <2>; };
	both: iommu@2 { compatible = "qcom,sdm845-smmu-v2", "qcom,smmu-v2"; #iommu-cells = <1>; };
	alone: iommu@3 { compatible = "qcom,smmu-v2"; #iommu-cells = <1>; };
	mainline: iommu@4 { compatible = "arm,mmu-500"; #iommu-cells = <1>; };
	group: group { qcom,iommu-dma-addr-pool = <0x10000000 0x1000>; };
	shares: a@5 { qcom,iommu-group = <&group>; };
	two: a@6 { qcom,iommu-dma-addr-pool = <0x20000000 0x1000>, <0x10000000 0x1000>; };
	overlap: a@7 { qcom,iommu-dma-addr-pool = <0x10000000 0x2000>, <0x10001000 0x1000>; };
	odd: a@8 { qcom,iommu-dma-addr-pool = <0x10000000>; };
	whole: a@9 { qcom,iommu-dma-addr-pool = <0 0xffffffff>; };
`);

test.each([
  ['phone', 'qcom'],
  ['alone', 'qcom'],
  ['both', null],
  ['mainline', null],
])('%s is driven by a kernel of %s', (label, vendor) => {
  expect(vendorIommuOf(board.node(label))?.vendor ?? null).toBe(vendor);
});

test.each([
  ['group', [[0x10000000n, 0x1000n]], null],
  [
    'two',
    [
      [0x10000000n, 0x1000n],
      [0x20000000n, 0x1000n],
    ],
    null,
  ],
  ['overlap', [], 'overlap'],
  ['odd', [], 'length'],
])('the pool of %s', (label, ranges, error) => {
  const found = qcomRanges(board.node(label), 'qcom,iommu-dma-addr-pool');
  expect(found?.error).toBe(error);
  expect(found?.ranges.map((r) => [r.address, r.size])).toEqual(ranges);
});

test('a group node holds the properties', () => {
  expect(qcomGroupNode(board.node('shares')).path).toBe('/group');
  expect(qcomGroupNode(board.node('two')).path).toBe('/a@6');
  expect(qcomRanges(board.node('mainline'), 'qcom,iommu-geometry')).toBeNull();
});

test('what is outside of a pool', () => {
  const pool = [
    { address: 0x1000n, size: 0x1000n },
    { address: 0x2000n, size: 0x1000n },
    { address: 0x8000n, size: 0x1000n },
  ];
  expect(outsideOf(pool).map((r) => [r.address, r.address + r.size])).toEqual([
    [0n, 0x1000n],
    [0x3000n, 0x8000n],
    [0x9000n, 1n << 64n],
  ]);
  expect(outsideOf([{ address: 0n, size: 1n << 64n }])).toEqual([]);
});

test("what dtc notes of an overlay's own references is no master", () => {
  const uri = 'file:///o.dts';
  const text = '/dts-v1/;\n/plugin/;\n&{/soc} { s: iommu { #iommu-cells = <1>; }; a { iommus = <&s 1>; }; };\n';
  const file = sourceFile(uri, text);
  const { tree } = buildTree(uri, { read: (at) => (at === uri ? file : null), readBytes: () => null });
  expect(tree.nodes.some((node) => node.path.startsWith('/__local_fixups__') && node.properties.has('iommus'))).toBe(
    true,
  );
  expect(iommuView(tree).masters.map((master) => master.node.name)).toEqual(['a']);
});
