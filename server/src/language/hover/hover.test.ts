import { describe, expect, test } from 'vitest';
import { cursorBoard } from '../../../test/helpers/cursor';
import { simulateForTest } from '../../../test/helpers/simulation';
import { simulate } from '../../simulator/simulate';
import { sourceFile } from '../../source/file';
import type { Simulate } from '../../workspace/board';
import type { KernelFiles } from '../navigation/kernel-files';
import { hover } from './hover';

const shown = (fragment: string): string | null => {
  const { snapshot, file, offset } = cursorBoard(fragment);
  return hover(snapshot, file, offset)?.markdown ?? null;
};

describe('hover', () => {
  test.each([
    ['the property', '&a { iom$0mus = <&smmu 0x480 0x3>; };', ['stream ID `0x480`', '0x480-0x483']],
    [
      'a reference',
      '&a { iommus = <&sm$0mu 0x480 0x3>; };',
      ['Arm SMMUv1/v2', 'drivers/iommu/arm/arm-smmu/arm-smmu.c', 'stream ID, mask'],
    ],
    [
      'a list that cannot be read',
      '&a { iom$0mus = <0x480>; };',
      ['**Wrong**: No node has the phandle 0x480', 'smmu/broken-list'],
    ],
    ['a cell too few', '&a { iom$0mus = <&smmu 0x480>; };', ['**Wrong**: &smmu takes 2 cells', 'smmu/cell-count']],
    [
      'a label that is none',
      '&a { iom$0mus = <&smu 0x480 0x0>; };',
      ['**Wrong**: No node has the label "smu"', 'Did you mean &smmu'],
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
    [
      'a vendor property mainline does not read',
      '&a { iommus = <&smmu 1 0>; qcom,iommu-dma-addr-p$0ool = <0x10000000 0x10000000>; };',
      ['0x10000000', '256 MiB', '2 regions outside reserved', 'Mainline does not read it', 'qcom-iommu-util.c'],
    ],
    [
      'an IOMMU of a vendor',
      '&sm$0mu { compatible = "qcom,qsmmu-v500"; };',
      ['Qualcomm MMU-500', 'no mainline kernel drives it'],
    ],
    [
      'a word of one',
      '&smmu { compatible = "qcom,qsmmu-v500"; };\n&a { iommus = <&smmu 1 0>; qcom,iommu-d$0ma = "fastmap"; };',
      ['`fastmap`', 'below 4 GiB', "Read by the vendor's driver"],
    ],
    [
      'what a vendor driver does otherwise',
      '&smmu { compatible = "qcom,qsmmu$0-v500"; };',
      ["in the place of mainline's arm-smmu", 'BUG', '| no |', 'arm_smmu_handoff_cbs'],
    ],
    [
      'a vendor driver that nobody saw',
      '&smmu { compatible = "samsung,sysmmu$0-v7"; };',
      ["no public copy of Samsung's driver was found", 'taken to do as'],
    ],
    [
      'a vendor driver that is no IOMMU',
      '&sm$0mu { compatible = "mediatek,m4u"; };',
      ['registers no IOMMU with the kernel'],
    ],
    [
      'a compatible that a vendor drives otherwise',
      '&smmu { compatible = "nvidia,tegra234-smmu", "nvidia,smmu$0-500"; };',
      ["where NVIDIA's kernel boots", 'iommu-group-id'],
    ],
    [
      'in a tree that is written for it',
      '&smmu { compatible = "nvidia,tegra234-smmu", "nvidia,smmu-500"; };\n&a { iommus = <&smmu 1 0>; iommu-resv-re$0gions = <0 0 0 0x10000000>; };',
      ['0xfffffff', "the tree is written for NVIDIA's kernel"],
    ],
    [
      'a window of Samsung',
      '&smmu { compatible = "samsung,sysmmu-v9"; #iommu-cells = <0>; };\n&a { iommus = <&smmu>; dma-win$0dow = <0x10000000 0x10000000>; };',
      ['Window `0x10000000` – `0x20000000`', 'samsung_sysmmu_set_domain_range'],
    ],
    [
      'address spaces of L4T',
      '&smmu { compatible = "nvidia,tegra210-smmu"; doma$0ins = <&as 1 2>; as: as { iova-start = <0 0x1000>; iova-size = <1 0>; num-pf-page = <0>; gap-page = <1>; }; };',
      ['swgroups `0x200000001`', '`0x1000` – `0x100000fff`'],
    ],
    [
      'one of them',
      '&smmu { compatible = "nvidia,tegra210-smmu"; prop { as: as { iova-si$0ze = <1 0>; }; }; };',
      ['how many bytes of IOVAs', "Read by the vendor's driver"],
    ],
    [
      'what the simulation leaves out',
      '&smmu { compatible = "qcom,qsmmu-v500"; qcom,handoff-s$0mrs = <1 2>; };',
      ['The simulated boot does not follow it.'],
    ],
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
