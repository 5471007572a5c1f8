import { describe, expect, test } from 'vitest';
import { snapshotOfTexts, uriOf } from '../../../test/helpers/board';
import { cursorBoard } from '../../../test/helpers/cursor';
import { vendorIommus, vendorProperties, writtenIommus } from '../../iommu/vendor';
import { offsetAt } from '../../source/file';
import { ruleContext } from '../rules/context';
import { diagnose } from '../rules/findings';
import { completion, resolveCompletion } from './completion';
import { signatureHelp } from './signature-help';

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

describe('completion', () => {
  test.each([
    ['IOMMUs first, on the same bus', '&b { iommus = <&$0>; };', ['&smmu', '&smmu_b']],
    ['half typed', '&b { iommus = <&sm$0', ['&smmu', '&smmu_b']],
    ['no closing at all', '&b { iommus = <$0', ['&smmu']],
    ['whole group after =', '&b { iommus = $0; };', ['&smmu']],
    ['the IOMMU the siblings use', '&a { iommus = <&smmu3 1>; };\n&b { iommus = <&$0>; };', ['&smmu3']],
    ['IDs: free ones first', '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu $0>; };', ['0x481', '0x482']],
    [
      "IDs: the sources' own macros beside numbers",
      '#define LAB_SID_CAM 0x490\n#define LAB_SID_GPU 0x480\n#define OTHER 5\n&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu $0>; };',
      ['LAB_SID_CAM', '0x481'],
    ],
    [
      'IDs: macros of the family that is used',
      '#define CAM_MAIN 0x490\n#define CAM_SUB 0x491\n&a { iommus = <&smmu CAM_MAIN 0x0>; };\n&b { iommus = <&smmu $0>; };',
      ['CAM_SUB', '0x491'],
    ],
    ['masks: the exact one first', '&b { iommus = <&smmu 0x480 $0>; };', ['0x0']],
    ['the next entry after a full one', '&b { iommus = <&smmu 0x480 0x0 $0>; };', ['&smmu']],
    ['a new group starts a new entry', '&b { iommus = <&smmu 0x480 0x0>, <$0>; };', ['&smmu']],
    ['swgroups without the header', '&b { iommus = <&mc $0>; };', ['TEGRA_SWGROUP_AFI', 'TEGRA_SWGROUP_AVPC']],
    [
      'words of a vendor property',
      '&b { qcom,iommu-dma = "$0"; };',
      ['default', 'bypass', 'fastmap', 'atomic', 'disabled'],
    ],
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
  test("a vendor's properties on masters of its IOMMU", () => {
    const vendor = '&smmu { compatible = "qcom,qsmmu-v500"; };\n';
    expect(offered(`${vendor}&a { iommus = <&smmu 1 0>; };\n&b { qcom$0 };`)).toContain('qcom,iommu-dma-addr-pool');
    expect(offered('&b { qcom$0 };')).not.toContain('qcom,iommu-dma-addr-pool');
    for (const property of vendorProperties) {
      const [first] = [...vendorIommus, ...writtenIommus].filter((iommu) => iommu.vendor === property.vendor);
      const smmu = `&smmu { compatible = "${first?.compatibles[0]}"; };\n`;
      const on = property.provider === true ? '&smmu { $0 };' : '&b { $0 };';
      expect(offered(`${smmu}&a { iommus = <&smmu 1 0>; };\n${on}`)).toContain(property.name);
    }
  });
  test('a swgroup brings its include', () => {
    expect(item('&b { iommus = <&mc $0>; };', 'TEGRA_SWGROUP_DC')?.additionalTextEdits?.[0]?.newText).toBe(
      '#include <dt-bindings/memory/tegra210-mc.h>\n',
    );
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

describe('where nothing stands yet', () => {
  function at(name: string, text: string) {
    const offset = text.indexOf('$0');
    const snapshot = snapshotOfTexts({ [name]: text.replace('$0', '') });
    const file = snapshot.file(uriOf(name));
    const list = file === null ? null : completion(snapshot, file, offset);
    return { list, text: text.replace('$0', ''), file };
  }
  const labels = (name: string, text: string) => at(name, text).list?.items.map((i) => i.label) ?? [];

  test.each([
    ['an empty board', 'board.dts', '$0', ['/dts-v1/;', 'board', 'overlay', '/ { … };']],
    ['a slash', 'board.dts', '/$0', ['/dts-v1/;']],
    ['half a version', 'board.dts', '/dts$0', ['/dts-v1/;']],
    ['a comment only', 'board.dts', '// SPDX-License-Identifier: MIT\n$0', ['/dts-v1/;', 'board']],
    ['after the version', 'board.dts', '/dts-v1/;\n$0', ['/ { … };']],
    ['an empty include', 'soc.dtsi', '$0', ['/ { … };']],
    ['an overlay after its version', 'cam.dtso', '/dts-v1/;\n$0', ['/plugin/;']],
  ])('%s', (_, name, text, expected) => {
    expect(labels(name, text)).toEqual(expect.arrayContaining(expected));
  });

  test('the version is not offered twice, nor in an include', () => {
    expect(labels('board.dts', '/dts-v1/;\n$0')).not.toContain('/dts-v1/;');
    expect(labels('soc.dtsi', '$0')).not.toContain('/dts-v1/;');
    expect(labels('board.dts', '/dts-v1/;\n/ { };\n$0')).not.toContain('/ { … };');
  });

  /** A snippet as a person leaves it who takes every default. */
  const plain = (text: string) => text.replace(/\$\{\d+:([^}]*)\}/g, '$1').replace(/\$\d/g, '');

  test.each([
    ['board', 'board.dts', '$0'],
    ['/dts-v1/;', 'board.dts', '/dt$0'],
  ])('%s leaves a source that can be read', (label, name, text) => {
    const { list, file } = at(name, text);
    const edit = list?.items.find((i) => i.label === label)?.textEdit;
    expect(edit).toBeDefined();
    if (edit === undefined || !('range' in edit) || file === null) return;
    const start = offsetAt(file, edit.range.start);
    const fixed = `${file.text.slice(0, start)}${plain(edit.newText)}${file.text.slice(offsetAt(file, edit.range.end))}/ { };\n`;
    expect(fixed.match(/\/dts-v1\//g)).toHaveLength(1);
    expect(snapshotOfTexts({ [name]: fixed }).problems.filter((p) => p.severity === 'error')).toEqual([]);
  });

  test('a fresh node: its compatible first, and those of the IOMMU bindings in it', () => {
    expect(offered('&{/soc} { iommu@60000000 { $0 }; };').slice(0, 4)).toContain('compatible');
    const all = offered('&{/soc} { iommu@60000000 { compatible = "$0"; }; };');
    for (const compatible of ['arm,mmu-500', 'arm,smmu-v3', 'nvidia,tegra210-mc', 'riscv,iommu', 'virtio,mmio'].slice(
      0,
      4,
    ))
      expect(all).toContain(compatible);
  });

  test.each(offered('&{/soc} { $0 };').filter((label) => label.startsWith('iommu: ')))(
    'a whole %s leaves a board without a new error',
    (label) => {
      const { snapshot, file, offset } = cursorBoard('&{/soc} { $0 };\n');
      const edit = completion(snapshot, file, offset)?.items.find((i) => i.label === label)?.textEdit;
      const fixed = `${file.text.slice(0, offset)}${plain(edit?.newText ?? '')}${file.text.slice(offset)}`
        .replace('smmu: iommu@15000000 {', 'old: iommu@15000000 {')
        .replaceAll('iommu@15000000 {\n\tcompatible', 'iommu@65000000 {\n\tcompatible');
      expect(fixed).toContain('compatible = "');
      const after = snapshotOfTexts({ 'board.dts': fixed });
      expect(after.problems.filter((p) => p.severity === 'error')).toEqual([]);
      const said = diagnose(ruleContext(after.tree, after.view, null), after.problems, {});
      expect(said.filter((d) => d.severity === 'error').map((d) => d.message)).toEqual([]);
    },
  );
});
