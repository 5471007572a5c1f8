import { describe, expect, test } from 'vitest';
import { buildTree, TreeBuilder } from '../../devicetree/build';
import { iommuView } from '../../iommu/view';
import { sourceFile } from '../../source/file';
import { ruleContext } from './context';
import { diagnose } from './findings';

const HEAD =
  '#include <dt-bindings/a.h>\n#include <dt-bindings/b.h>\n/ { #address-cells = <1>; #size-cells = <1>; compatible = "x";\n' +
  'smmu: iommu@10000 { compatible = "arm,mmu-500"; reg = <0x10000 0x10000>; #iommu-cells = <1>; #global-interrupts = <1>; };\n';

function findings(body: string, head = HEAD): string[] {
  const uri = 'file:///b.dts';
  const file = sourceFile(uri, `/dts-v1/;\n${head}${body} };\n`);
  const built = buildTree(uri, { read: (at) => (at === uri ? file : null), readBytes: () => null });
  const context = ruleContext(built.tree, iommuView(built.tree), null);
  return diagnose(context, built.problems, {}, built.unknown)
    .filter((d) => d.severity === 'error' || d.code.startsWith('smmu/'))
    .map((d) => `${d.code} ${d.related.length}`);
}
const ONE = 'cpp/include-not-found 1';

describe('missing includes', () => {
  test('are one finding, which names them all', () => expect(findings('')).toEqual([ONE]));
  test('one include alone is told as it is', () =>
    expect(findings('', '#include <a.h>\n/ { compatible = "x";')).toEqual(['cpp/include-not-found 0']));

  test.each([
    ['a shared stream', 'a@1 { iommus = <&smmu SID_A>; }; b@2 { iommus = <&smmu SID_B>; };'],
    ['a specifier twice', 'a@1 { iommus = <&smmu SID_A>, <&smmu SID_B>; };'],
    ['a wrong count', 'a@1 { iommus = <&smmu SID(3) SID_B>; };'],
    ['a range that overlaps', 'a@1 { iommu-map = <0 &smmu A 0x100>, <0x80 &smmu B 0x100>; };'],
    ['a length of 0', 'a@1 { iommu-map = <0 &smmu 0 LENGTH>; };'],
    ['a bare word', 'a@1 { model = VENDOR_NAME; };'],
    [
      'nodes and properties that a macro would write',
      'a@1 { x;\n\t\tCPU_MAP\n\t\tCPUS\n\t};\n\tL3_CACHE\n\tb@2 { y; };',
    ],
  ])('%s made of unknown constants is no finding', (_, body) => expect(findings(body)).toEqual([ONE]));

  test.each([
    ['a shared stream', 'a@1 { iommus = <&smmu 1>; x = <SID>; }; b@2 { iommus = <&smmu 1>; };', 'smmu/group-shared 1'],
    ['a wrong count', 'a@1 { clocks = <A B>; iommus = <&smmu 1 2>; };', 'smmu/cell-count 1'],
    ['a label', 'a@1 { iommus = <&smnu 1>; };', 'smmu/unknown-label 0'],
  ])('%s beside them is one', (_, body, code) => expect(findings(body)).toContain(code));

  test('a label may be in a missing .dtsi', () =>
    expect(findings('a@1 { iommus = <&smnu 1>; };', `#include "c.dtsi"\n${HEAD}`)).not.toContain(
      'smmu/unknown-label 0',
    ));
});

describe("dtc's checks where nodes are missing", () => {
  const warnings = (text: string, ...more: string[]): string[] => {
    const file = sourceFile('file:///b.dts', text);
    const built = buildTree('file:///b.dts', {
      read: (at) => (at === 'file:///b.dts' ? file : null),
      readBytes: () => null,
    });
    const said = more.map((code) => ({
      severity: 'information' as const,
      code,
      message: '',
      span: { file, start: 0, end: 1 },
    }));
    const context = ruleContext(built.tree, iommuView(built.tree), null);
    return diagnose(context, [...built.problems, ...said], {}, built.unknown)
      .filter((d) => d.severity === 'warning')
      .map((d) => d.code);
  };
  const CELLS = '#address-cells = <1>; #size-cells = <1>;';
  const adc = 'vbatt { io-channels = <&adc 7>; };';
  const bus = 'bus { sensor@3c { reg = <0x3c>; }; };';
  const wrong = `bus { ${CELLS} sensor@3c { reg = <0x3c>; }; };`;

  test.each([
    ['a provider', `/ { ${adc} };`, []],
    ['the size of addresses', `/ { ${bus} };`, []],
    ['what stands there', `/ { ${wrong} };`, ['reg_format']],
  ])('%s, in a missing .dtsi', (_, text, codes) =>
    expect(warnings(`/dts-v1/;\n#include "gone.dtsi"\n${text}\n`)).toEqual(codes),
  );

  test.each([
    ['a plugin is judged as dtc judges it', [], ['reg_format', 'avoid_default_addr_size', 'avoid_default_addr_size']],
    ['an overlay without its board is not', ['dts/overlay-without-board'], []],
  ])('%s', (_, more, codes) =>
    expect(warnings('/dts-v1/;\n/plugin/;\n&nobody { at@3c { reg = <0x3c>; }; };\n', ...more)).toEqual(codes),
  );

  test('a header that is missing has none', () =>
    expect(warnings(`/dts-v1/;\n#include "gone.h"\n/ { ${bus} };\n`)).toContain('reg_format'));
});

describe('a tree that gives the symbols of a configuration to cpp (U-Boot)', () => {
  const uri = 'file:///b.dts';
  const errors = (text: string, kconfig: 'set' | 'unknown' | undefined, ...set: readonly string[]) => {
    const file = sourceFile(uri, `/dts-v1/;\n${text}`);
    const files = { read: (at: string) => (at === uri ? file : null), readBytes: () => null };
    const defines = set.map((name) => [name, '1'] as const);
    const built = new TreeBuilder().build(uri, files, { defines, ...(kconfig && { kconfig }) });
    return built.problems.filter((p) => p.severity === 'error').map((p) => p.code);
  };
  const guarded = '#ifdef CONFIG_A\n/ { a: a { }; };\n#endif\n/ { };\n&a { x; };\n';
  const called =
    '#if IS_ENABLED(CONFIG_A) && !CONFIG_IS_ENABLED(B)\n/ { a: a { }; };\n#else\n/ { };\n#endif\n&a { x; };\n';
  const value = '/ { x = <CONFIG_TEXT_BASE>; y = CONFIG_NAME; };\n';
  test.each<[string, string, 'set' | 'unknown' | undefined, readonly string[], readonly string[]]>([
    ['a label behind a symbol that nobody configured', guarded, 'unknown', [], []],
    ['a label behind one that is not set', guarded, 'set', [], ['dts/reference-not-found']],
    ['a label behind one that is set', guarded, 'set', ['CONFIG_A'], []],
    ['IS_ENABLED of one that is set', called, 'set', ['CONFIG_A'], []],
    ['IS_ENABLED of one that is not', called, 'set', [], ['dts/reference-not-found']],
    ['IS_ENABLED in a tree that nobody configured', called, 'unknown', [], []],
    ['IS_ENABLED in any other tree', called, undefined, [], ['cpp/bad-condition', 'dts/reference-not-found']],
    ['a value that nobody configured', value, 'unknown', [], []],
    ['a value that is not set', value, 'set', [], ['dts/unknown-word', 'dts/expected-value']],
    ['a slip in a tree that nobody configured', '/ { };\n&a { x; };\n', 'unknown', [], ['dts/reference-not-found']],
  ])('%s', (_, text, kconfig, set, codes) => expect(errors(text, kconfig, ...set)).toEqual(codes));
});
