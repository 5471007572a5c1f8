import { describe, expect, test } from 'vitest';
import { cursorBoard } from '../../test/helpers/cursor';
import { simulateForTest } from '../../test/helpers/simulation';
import { simulate } from '../simulator/simulate';
import { sourceFile } from '../source/file';
import type { Simulate } from '../workspace/board';
import { codeLenses } from './annotations/code-lens';
import { inlayHints } from './annotations/inlay-hints';
import { completion, resolveCompletion } from './completion/completion';
import { signatureHelp } from './completion/signature-help';
import { hover } from './hover/hover';
import { consumersOf, deviceAt, hierarchyItem, suppliersOf } from './navigation/call-hierarchy';
import type { KernelFiles } from './navigation/kernel-files';

/** Labels offered at `$0` of a fragment added to the example board, in the order shown. */
function offered(fragment: string): string[] {
  const { snapshot, file, offset } = cursorBoard(fragment);
  const list = completion(snapshot, file, offset);
  return [...(list?.items ?? [])]
    .sort((a, b) => ((a.sortText ?? '') < (b.sortText ?? '') ? -1 : 1))
    .map((i) => i.label);
}

function item(fragment: string, label: string) {
  const { snapshot, file, offset } = cursorBoard(fragment);
  const found = completion(snapshot, file, offset)?.items.find((i) => i.label === label);
  return found === undefined ? undefined : resolveCompletion(snapshot, found);
}

const shown = (fragment: string): string | null => {
  const { snapshot, file, offset } = cursorBoard(fragment);
  return hover(snapshot, file, offset)?.markdown ?? null;
};

describe('completion', () => {
  test.each([
    ['IOMMUs first, on the same bus', '&b { iommus = <&$0>; };', ['&smmu', '&smmu_b']],
    ['half typed', '&b { iommus = <&sm$0', ['&smmu', '&smmu_b']],
    ['no closing at all', '&b { iommus = <$0', ['&smmu']],
    ['whole group after =', '&b { iommus = $0; };', ['&smmu']],
    ['the IOMMU the siblings use', '&a { iommus = <&smmu3 1>; };\n&b { iommus = <&$0>; };', ['&smmu3']],
    ['IDs: free ones first', '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu $0>; };', ['0x481', '0x482']],
    ['masks: the exact one first', '&b { iommus = <&smmu 0x480 $0>; };', ['0x0']],
    ['the next entry after a full one', '&b { iommus = <&smmu 0x480 0x0 $0>; };', ['&smmu']],
    ['a new group starts a new entry', '&b { iommus = <&smmu 0x480 0x0>, <$0>; };', ['&smmu']],
    ['swgroups without the header', '&b { iommus = <&mc $0>; };', ['TEGRA_SWGROUP_AFI', 'TEGRA_SWGROUP_AVPC']],
    ['context banks', '&b { iommus = <&qiommu $0>; };', ['4']],
    [
      'iommu-map: whole rows',
      '&pcie { bus-range = <0 0xf>; iommu-map = $0; };',
      ['0x0 &smmu 0x0 0x1000', '0x0 &smmu 0x0 0x1'],
    ],
    [
      'iommu-map: rows where stream IDs are in use',
      '&a { iommus = <&smmu 0x480 0>; };\n&pcie { bus-range = <0 0xf>; iommu-map = <$0>; };',
      ['0x0 &smmu 0x481 0x1000', '0x0 &smmu 0x481 0x1'],
    ],
    [
      'iommu-map: the row after the last',
      '&pcie { bus-range = <0 0xf>; iommu-map = <0x0 &smmu 0x0 0x100>, <$0>; };',
      ['0x100 &smmu 0x100 0xf00', '0x100 &smmu 0x100 0x1'],
    ],
    ['iommu-map: no row fits', '&pcie { iommu-map = <0x0 &smmu 0x0 0x10000>, <$0>; };', ['0x0', '0x100']],
    ['paths', '&{$0', ['cpus', 'psci']],
    ['paths: a step further', '&{/soc/$0} { };', ['interrupt-controller@8000000', 'iommu@15000000']],
    ['paths in a value', '&b { iommus = <&{/soc/io$0 1 2>; };', ['interrupt-controller@8000000', 'iommu@15000000']],
    ['iommu-map: IOMMUs', '&pcie { iommu-map = <0x0 &$0>; };', ['&smmu']],
    ['iommu-map: stream IDs', '&a { iommus = <&smmu 0x480 0>; };\n&pcie { iommu-map = <0x0 &smmu $0>; };', ['0x481']],
    ['iommu-map: length', '&pcie { bus-range = <0 0xf>; iommu-map = <0x0 &smmu 0x0 $0>; };', ['0x1000']],
    ['reserved memory', '&b { memory-region = <&$0>; };', ['&fb', '&fb2']],
    [
      'iommu-addresses: who lists the region',
      '&b { iommus = <&smmu 1 0>; memory-region = <&fb>; };\n&fb { iommu-addresses = <&$0>; };',
      ['&b'],
    ],
    [
      'iommu-addresses: the region itself',
      '&b { iommus = <&smmu 1 0>; };\n&fb { iommu-addresses = <&b $0>; };',
      ['0x80000000 0x800000'],
    ],
    ['status', '&b { status = "$0"; };', ['okay', 'disabled']],
    ['property names', '&b { io$0 };', ['iommus']],
    ['property names of a region', '&fb { $0 };', ['iommu-addresses']],
    ['property names of a PCI host', '&pcie { $0 };', ['iommu-map', 'iommu-map-mask']],
    ['node references', '&$0', ['&fb']],
    ['delete: the properties', '&a { /delete-property/ $0 };', ['compatible', 'reg']],
    ['delete: the children', '&bus2 { /delete-node/ $0 };', ['iommu@20000000']],
    ['delete: by label', '/delete-node/ &$0', ['&fb']],
    ['clocks take clock providers', '&b { clocks = <&$0>; };', ['&absent2']],
  ])('%s', (_, fragment, expected) => {
    expect(offered(fragment).slice(0, expected.length)).toEqual(expected);
  });

  test('delete keywords where something can be deleted', () => {
    expect(offered('&bus2 { /del$0 };')).toContain('/delete-node/');
    expect(offered('&a { $0 };')).toContain('/delete-property/');
    expect(offered('&a { $0 };')).not.toContain('/delete-node/');
  });
  test('nothing in comments', () => expect(offered('&b { /* iommus = <&$0> */ };')).toEqual([]));
  test('an IOMMU is offered with its model, its cells as places, and its hover', () => {
    expect(item('&b { iommus = <&$0>; };', '&smmu')).toMatchObject({
      labelDetails: { description: 'Arm SMMUv1/v2' },
      textEdit: { newText: expect.stringMatching(/^&smmu \$\{1:stream ID\} \$\{2:0x0\}$/) },
      documentation: { value: expect.stringContaining('arm-smmu') },
    });
  });
  test('a used ID says by whom', () => {
    expect(
      item('&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu $0>; };', '0x480')?.labelDetails?.description,
    ).toBe('used by &a');
  });
  test('a mask that would meet another master is marked', () => {
    expect(item('&a { iommus = <&smmu 0x481 0x0>; };\n&b { iommus = <&smmu 0x480 $0>; };', '0x1')?.tags).toEqual([1]);
  });
  test('a path replaces what is written of it, and the cursor stays where a next step is possible', () => {
    const edit = (fragment: string, label: string) => item(fragment, label)?.textEdit;
    expect(edit('&b { iommus = <&{/so$0 1 2>; };', 'soc')).toMatchObject({
      newText: '&{/soc$0}',
      range: { start: { character: 15 }, end: { character: 20 } },
    });
    expect(edit('&{/soc/dm$0a} { };', 'dma@1000000')).toMatchObject({
      newText: '&{/soc/dma@1000000}',
      range: { start: { character: 0 }, end: { character: 11 } },
    });
  });
  test('a swgroup brings its include', () => {
    expect(item('&b { iommus = <&mc $0>; };', 'TEGRA_SWGROUP_DC')?.additionalTextEdits?.[0]?.newText).toBe(
      '#include <dt-bindings/memory/tegra210-mc.h>\n',
    );
  });
});

describe('hover', () => {
  test.each([
    ['the property', '&a { iom$0mus = <&smmu 0x480 0x3>; };', ['stream ID `0x480`', '0x480-0x483']],
    [
      'a reference',
      '&a { iommus = <&sm$0mu 0x480 0x3>; };',
      ['Arm SMMUv1/v2', 'drivers/iommu/arm/arm-smmu/arm-smmu.c', 'stream ID, mask'],
    ],
    ['an ID cell', '&a { iommus = <&smmu 0x4$080 0x3>; };', ['**stream ID** `0x480`', '0x480-0x483']],
    ['a mask cell', '&a { iommus = <&smmu 0x480 0$0x3>; };', ['**mask** `0x3`', '0x480-0x483']],
    [
      'an ID others use',
      '&b { iommus = <&smmu 0x480 0>; };\n&a { iommus = <&smmu 0x4$080 0>; };',
      ['Also used by', '&b'],
    ],
    ['a swgroup', '&a { iommus = <&mc $01>; };', ['TEGRA_SWGROUP_DC']],
    ['a port', '&a { iommus = <&m4u 0$0x21>; };', ['larb 1, port 1']],
    ['a macro', '#define SID 0x480\n&a { iommus = <&smmu S$0ID 0x3>; };', ['`SID`', 'board.dts:', '`0x480`']],
    [
      'a map row',
      '&pcie { iommu-map = <0x0 &smmu 0x1$000 0x10>; };',
      ['stream ID base', 'RIDs `0x0`-`0xf` (00:00.0 to 00:01.7)', '`0x100`-`0x10f`'],
    ],
    ['the map', '&pcie { iommu-m$0ap = <0x0 &smmu 0x100 0x10>; };', ['requester IDs', '0x10f']],
    ['cells property', '&smmu { #iommu-c$0ells = <2>; };', ['stream ID', 'mask (bits set are ignored)']],
    ['a node by reference', '&sm$0mu { };', ['Arm SMMUv1/v2', '/soc/iommu@15000000']],
    ['a compatible', '&smmu { compatible = "arm,mmu$0-500"; };', ['CONFIG_ARM_SMMU']],
    ['a cell of reg', '&a { reg = <0x10$000000 0x1000>; };', ['**`reg`**', '4 KiB']],
    ['reg', '&a { r$0eg = <0x1000000 0x1000>; };', ['0x1000000', '4 KiB']],
    ['memory-region', '&a { memory-r$0egion = <&fb>; };', ['&fb', '8 MiB']],
    [
      'an overridden property',
      '&a { iom$0mus = <&smmu 1 0>; };\n&a { iommus = <&smmu 2 0>; };',
      ['Overridden in', ': `iommus = <&smmu 2 0>;`'],
    ],
    [
      'the overriding one',
      '&a { iommus = <&smmu 1 0>; };\n&a { iom$0mus = <&smmu 2 0>; };',
      ['Overrides', ': `iommus = <&smmu 1 0>;`'],
    ],
    [
      'a node: its final state with places',
      '&a { status = "disabled"; };\n&$0a { status = "okay"; };',
      [
        '```dts\na: dma@1000000 { // board.dts:',
        '\tstatus = "okay"; // board.dts:',
        '\treg = <0x1000000 0x1000>; // board.dts:',
      ],
    ],
    ['a node: its children by name', '&bu$0s2 { };', ['\tsmmu_below: iommu@20000000 { … };']],
    [
      'IDs that count up in one row',
      '&a { iom$0mus = <&m4u 1>, <&m4u 2>, <&m4u 3>, <&m4u 5>; };',
      ['`0x1`-`0x3`', '`0x5`'],
    ],
    [
      'a map row of one',
      '&pcie { iommu-map = <0x8 &smmu 0x1$000 0x1>; };',
      ['RID `0x8` (00:01.0) becomes stream ID `0x100`'],
    ],
    [
      'iommus of a disabled node',
      '&a { iom$0mus = <&smmu 0x480 0x3>; status = "disabled"; };',
      ['0x480-0x483', 'Disabled on board: never probed, in no group.'],
    ],
    ['a disabled node', '&smmu { status = "disabled"; };\n&a { iommus = <&sm$0mu 1 0>; };', ['**disabled**']],
  ])('%s', (_, fragment, expected) => {
    const markdown = shown(fragment);
    for (const text of expected) expect(markdown).toContain(text);
  });
  test('nothing on blank space', () => expect(shown('&a { $0 };')).toBeNull());

  // the driver's place in the kernel that the board lies in, and what its configuration says
  const path = 'drivers/iommu/arm/arm-smmu/arm-smmu.c';
  const kernel: KernelFiles = {
    read: (name) => (name === path ? sourceFile(`file:///k/${path}`, '\n\n{ .compatible = "arm,mmu-500" },\n') : null),
    bindingOf: () => null,
  };
  const booted = (config: Map<string, string | null>, given: boolean): Simulate =>
    Object.assign(((tree, board) => simulate(tree, { board: board.name, config })) satisfies Simulate, {
      config: () => (symbol: string) => config.get(symbol) ?? null,
      configGiven: () => given,
    });
  const ON = new Map(['ARM_SMMU', 'ARM_GIC_V3'].map((name) => [`CONFIG_${name}`, 'y']));
  test.each([
    ['a node: its driver', '&sm$0mu { };', ON, true, [`bound as number`, `([${path}:3](file:///k/${path}#L3))`]],
    ['a compatible', '&smmu { compatible = "arm,mmu$0-500"; };', ON, true, [`[${path}:3](`, '`CONFIG_ARM_SMMU=y`\n']],
    [
      'by default',
      '&smmu { compatible = "arm,mmu$0-500"; };',
      ON,
      false,
      ['`CONFIG_ARM_SMMU=y` by default (no .config given)'],
    ],
    [
      'not built',
      '&sm$0mu { };',
      new Map(),
      true,
      ['**no driver**: `arm-smmu` is not built, `CONFIG_ARM_SMMU` is not set'],
    ],
  ] as const)('%s, in the kernel', (_, fragment, config, given, expected) => {
    const { snapshot, file, offset } = cursorBoard(fragment, booted(new Map(config), given));
    for (const text of expected) expect(hover(snapshot, file, offset, kernel)?.markdown).toContain(text);
  });
  test('an IOMMU that bound names its driver once', () => {
    const { snapshot, file, offset } = cursorBoard('&sm$0mu { };', booted(new Map(ON), true));
    expect(hover(snapshot, file, offset, kernel)?.markdown.match(/driver `arm-smmu`/g)).toHaveLength(1);
  });
  test('first IOVAs are buffers, not the window for MSIs', () => {
    const text = '&a { compatible = "snps,dwc3"; iom$0mus = <&smmu 0x480 0x0>; };';
    const { snapshot, file, offset } = cursorBoard(text, simulateForTest);
    const markdown = hover(snapshot, file, offset)?.markdown;
    expect(markdown).toMatch(/First IOVAs: `0x[0-9a-f]+` \(alloc|First IOVAs: `0x[0-9a-f]+` \(map/);
    expect(markdown).not.toContain('msi');
  });
});

describe('signature help', () => {
  test.each([
    ['&a { iommus = <&smmu $0>; };', '<&smmu stream-ID mask>', 1],
    ['&a { iommus = <&smmu 0x480 $0>; };', '<&smmu stream-ID mask>', 2],
    ['&a { iommus = <&smmu 1 0>, <&mc $0>; };', '<&mc swgroup>', 1],
    ['&a { iommus = <&smmu 1 0>, <&mc $0>, <&smmu 2 0>; };', '<&mc swgroup>', 1],
    ['&pcie { iommu-map = <0x0 &smmu $0>; };', 'iommu-map row: <rid-base &iommu id-base length>', 2],
  ])('%s', (fragment, label, active) => {
    const { snapshot, file, offset } = cursorBoard(fragment);
    const found = signatureHelp(snapshot, file, offset);
    expect([found?.signatures[0]?.label, found?.activeParameter]).toEqual([label, active]);
  });
  test.each(['&a { iommus = <&smmu 1 0>,$0; };', '&a { reg = <$0>; };'])('none: %s', (fragment) => {
    const { snapshot, file, offset } = cursorBoard(fragment);
    expect(signatureHelp(snapshot, file, offset)).toBeNull();
  });
});

describe('inlay hints', () => {
  test.each([
    ['&a { iommus = <&smmu 0x480 0x3>; };$0', ['sid:', 'mask:', '→ 0x480-0x483']],
    ['#define SID 0x480\n&a { iommus = <&smmu SID 0x0>; };$0', ['sid:', '= 0x480', 'mask:']],
    ['&a { iommus = <&m4u 0x21>; };$0', ['port:', 'larb 1 port 1']],
    ['&pcie { iommu-map = <0x0 &smmu 0x100 0x10>; };$0', ['rid:', 'sid:', 'count:', '→ 0x100-0x10f']],
    ['&a { clocks = <&absent2>; };$0', []],
  ])('%s', (fragment, labels) => {
    const { snapshot, file } = cursorBoard(fragment);
    expect(inlayHints(snapshot, file, 0, file.text.length).map((h) => h.label)).toEqual(labels);
  });
});

describe('supplier chains', () => {
  test('the IOMMU of a master, and the masters of an IOMMU', () => {
    const { snapshot, file, offset } = cursorBoard('&$0a { iommus = <&smmu 0x480 0x3>; };');
    const device = deviceAt(snapshot, file, offset);
    expect(device?.path).toBe('/soc/dma@1000000');
    if (device === null) return;
    expect(hierarchyItem(snapshot, device)?.name).toBe('a: dma@1000000');
    const [smmu] = suppliersOf(snapshot, device);
    expect([smmu?.item.name, smmu?.spans.length]).toEqual(['smmu: iommu@15000000', 1]);
    if (smmu !== undefined)
      expect(consumersOf(snapshot, smmu.node).map((s) => s.item.name)).toEqual(['a: dma@1000000']);
  });
});

describe('code lenses', () => {
  test('how many masters an IOMMU has', () => {
    const { snapshot, file } = cursorBoard('&a { iommus = <&smmu 0x480 0x3>; };$0');
    const lenses = codeLenses(snapshot, file, (title, target) => ({ title, command: 'x', arguments: [target] }));
    expect(lenses.map((l) => l.command?.title)).toContain('1 master');
  });
});
