import { describe, expect, it, test } from 'vitest';
import { boardOf } from '../../test/helpers/vendor-board';
import { buildTree } from '../devicetree/build';
import { sourceFile } from '../source/file';
import { bindings } from './catalogue';
import {
  outsideOf,
  qcomGroupNode,
  qcomRanges,
  vendorDriverOf,
  vendorIommuOf,
  vendorIommus,
  vendorOf,
  vendorProperties,
  vendorPropertyAt,
  writtenIommus,
} from './vendor';
import { dmaWindow, dmaWindowWidth, iovaInfo, l4tDirect, l4tReserved, samsungRanges, wideValue } from './vendor-values';
import { differencesOf, driverWords, vendorName } from './vendor-words';
import { iommuView } from './view';

describe('the data', () => {
  it.each(vendorProperties)(
    '$name says what it does, and where that stands',
    ({ name, says, source, words, value, generic }) => {
      expect([says, source].every((text) => text.length > 10)).toBe(true);
      expect(words !== undefined).toBe(value === 'string' || value === 'strings');
      expect(/^[a-z]+,|^iommu-|^domain-clients$/.test(name) || generic === true).toBe(true);
    },
  );
  it.each([...vendorIommus, ...writtenIommus])('$model has a driver, and what it does otherwise', (iommu) => {
    const { looked, as } = vendorDriverOf(iommu);
    const differs = differencesOf(iommu);
    expect(differs.length > 0).toBe(looked === 'driver' || as !== undefined);
    for (const { says, source } of differs) expect([says.length > 5, source.length > 20]).toEqual([true, true]);
    expect(driverWords(iommu)).toContain(vendorName(iommu.vendor));
    expect(/no public copy/.test(driverWords(iommu))).toBe(looked === 'none');
  });
  it.each([...vendorIommus, ...writtenIommus])('$model is like one of mainline, or like none', ({ like, source }) => {
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

describe('a tree that is written for a vendor', () => {
  const l4t = (master: string, smmu = '"nvidia,tegra234-smmu", "nvidia,smmu-500"', on = '') =>
    boardOf(`s: iommu@1 { compatible = ${smmu}; #iommu-cells = <1>; ${on} }; a: a@2 { ${master} };`);
  it.each([
    ['a property of a master', l4t('iommus = <&s 1>; iommu-group-id = <1>;'), 'l4t-arm-smmu'],
    ['of a PCI host', l4t('iommu-map = <0 &s 0 1>; iommu-resv-regions = <0 0 0 1>;'), 'l4t-arm-smmu'],
    ['none', l4t('iommus = <&s 1>;'), null],
    ["another vendor's", l4t('iommus = <&s 1>; qcom,iommu-dma = "bypass";'), null],
    ['of the IOMMU', l4t('iommus = <&s 1>;', '"rockchip,iommu"', 'rockchip,skip-mmu-read;'), 'rockchip-bsp'],
    ["a name that is no vendor's own", l4t('iommus = <&s 1>; dma-window = <0 1>;'), null],
  ])('%s', (_, { node }, driver) => {
    expect(vendorOf(node('s'))?.driver ?? null).toBe(driver);
  });
  it("a name that is no vendor's own counts where its IOMMU is that vendor's", () => {
    const { node } = boardOf(`
      s: iommu@1 { compatible = "samsung,sysmmu-v9"; #iommu-cells = <0>; };
      h: iommu@2 { compatible = "hisi,hisi-smmu-lpae"; #iommu-cells = <0>; i: iova_info { size = <0 1>; }; };
      a: a@3 { iommus = <&s>; dma-window = <0 1>; size = <1>; }; b: b@4 { dma-window = <0 1>; };`);
    const at = (label: string, name: string) => vendorPropertyAt(node(label), name)?.vendor ?? null;
    expect([at('a', 'dma-window'), at('b', 'dma-window'), at('a', 'size'), at('i', 'size')]).toEqual([
      'samsung',
      null,
      null,
      'hisilicon',
    ]);
  });
});

describe('values', () => {
  const { node } = boardOf(`
    pairs: p@1 { iommu-resv-regions = <0 0 0 0>, <0 0x1000 0 0x2000>, <0xffffffff 0xfffff000 0 0x8000>; iommu-direct-regions = <&region>, <&narrow>; };
    odd: p@2 { iommu-resv-regions = <0 0 0>; samsung,iommu-identity-map = <1>; dma-window = <1>; dma-iova-offset = <1>; };
    region: r@3 { reg = <0 0x5000 0 0x1000>; };
    narrow: r@4 { reg = <0x5000 0x1000>; };
    samsung: s@5 { samsung,iommu-identity-map = <0x1000 0x2000>, <0x8000 0x1000>; dma-window = <0x10000000 0xffffffff>; };
    own: s@6 { #dma-address-cells = <2>; #size-cells = <2>; dma-window = <0 0x1000 0 0x1000>; };
    hisi: h@7 { iova_info { start-addr = <0 0x4000>; size = <1 0>; }; };
    half: h@8 { iova_info { start-addr = <0 0x4000>; }; };
    moved: b@9 { dma-iova-offset = <1 2>; };`);
  const plain = (list: readonly { address: bigint; size: bigint }[] | null) => list?.map((r) => [r.address, r.size]);
  it.each([
    [
      'pairs of 64 bits',
      plain(l4tReserved(node('pairs'))),
      [
        [0x1000n, 0x2000n],
        [0xffff_ffff_ffff_f000n, 0xfffn],
      ],
    ],
    ['no pairs', plain(l4tReserved(node('odd'))), undefined],
    ['absent', plain(l4tReserved(node('own'))), undefined],
    ['reg of other nodes', plain(l4tDirect(node('pairs'))), [[0x5000n, 0x1000n]]],
    [
      'ranges of the bus',
      plain(samsungRanges(node('samsung'), 'samsung,iommu-identity-map')),
      [
        [0x1000n, 0x2000n],
        [0x8000n, 0x1000n],
      ],
    ],
    ['no whole range', plain(samsungRanges(node('odd'), 'samsung,iommu-identity-map')), undefined],
    ['a window is cut to 32 bits', dmaWindow(node('samsung')), { start: 0x10000000n, end: 0xffff_ffffn }],
    ['a window in cells of its own', dmaWindow(node('own')), { start: 0x1000n, end: 0x2000n }],
    ['its width', dmaWindowWidth(node('own')), 4],
    ['too few cells', dmaWindow(node('odd')), null],
    ['iova_info', iovaInfo(node('hisi')), { start: 0x4000n, end: 0x1_0000_3fffn }],
    ['without size', iovaInfo(node('half')), null],
    ['without it', iovaInfo(node('own')), null],
    ['64 bits', wideValue(node('moved'), 'dma-iova-offset'), 0x1_0000_0002n],
    ['32 bits', wideValue(node('odd'), 'dma-iova-offset'), null],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});
