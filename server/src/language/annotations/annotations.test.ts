import { describe, expect, test } from 'vitest';
import { cursorBoard } from '../../../test/helpers/cursor';
import { codeLenses } from './code-lens';
import { inlayHints } from './inlay-hints';

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

describe('code lenses', () => {
  test('how many masters an IOMMU has', () => {
    const { snapshot, file } = cursorBoard('&a { iommus = <&smmu 0x480 0x3>; };$0');
    const lenses = codeLenses(snapshot, file, (title, target) => ({ title, command: 'x', arguments: [target] }));
    expect(lenses.map((l) => l.command?.title)).toContain('1 master');
  });
});
