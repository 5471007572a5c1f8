/** The TextMate grammar, tokenised by VS Code's own engine. A case: a source, and the scope each word must (or must not) carry. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { type IGrammar, INITIAL, parseRawGrammar, Registry } from 'vscode-textmate';

const path = join(__dirname, '../../syntaxes/dts.tmLanguage.json');
let grammar: IGrammar;

beforeAll(async () => {
  await loadWASM(readFileSync(createRequire(__filename).resolve('vscode-oniguruma/release/onig.wasm')));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async () => parseRawGrammar(readFileSync(path, 'utf8'), path),
  });
  grammar = (await registry.loadGrammar('source.dts'))!;
});

/** Every token of a source: its text (trimmed) and its innermost scopes, joined. */
function tokens(source: string): { text: string; scopes: string }[] {
  let state = INITIAL;
  return source.split('\n').flatMap((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens
      .map((t) => ({ text: line.slice(t.startIndex, t.endIndex).trim(), scopes: t.scopes.slice(1).join(' ') }))
      .filter((t) => t.text !== '');
  });
}

const node = (body: string) => `/ {\n${body}\n};`;

const cases: [name: string, source: string, word: string, scope: string][] = [
  ['version', '/dts-v1/;', '/dts-v1/', 'keyword.control.version'],
  ['plugin', '/plugin/;', '/plugin/', 'keyword.control.version'],
  ['#include <>', '#include <a/b.h>', 'a/b.h', 'string.quoted.other.lt-gt.include'],
  ['#include ""', '#include "b.dtsi"', 'b.dtsi', 'string.quoted.double.include'],
  ['/include/', '/include/ "b.dtsi"', '/include/', 'keyword.control.directive.include'],
  ['macro name', '#define SID(n) ((n) << 4)', 'SID', 'entity.name.function.preprocessor'],
  ['macro parameter', '#define SID(n) ((n) << 4)', 'n', 'variable.parameter'],
  ['macro body shift', '#define SID(n) ((n) << 4)', '<<', 'keyword.operator.expression'],
  ['stringify', '#define S(x) #x', '#', 'keyword.operator.preprocessor'],
  ['#ifdef name', '#ifdef CONFIG_X', 'CONFIG_X', 'entity.name.function.preprocessor'],
  ['#if', '#if A > 3', 'if', 'keyword.control.directive.conditional'],
  ['#endif', node('#endif'), 'endif', 'keyword.control.directive.conditional'],
  ['root', node(''), '/', 'entity.name.type.node.root'],
  ['node name', node('smmu: iommu@15000000 {\n};'), 'iommu', 'entity.name.type.node'],
  ['unit address', node('smmu: iommu@15000000 {\n};'), '15000000', 'constant.numeric.unit-address'],
  ['label', node('smmu: iommu@15000000 {\n};'), 'smmu', 'entity.name.function.label'],
  ['two labels', node('a: b: n {\n};'), 'b', 'entity.name.function.label'],
  ['unit address with a comma', node('dev@1,0 {\n};'), '1,0', 'constant.numeric.unit-address'],
  ['node by reference', '&smmu {\n};', 'smmu', 'entity.name.function.label'],
  ['node by path', '&{/soc/x@0} {\n};', '/soc/x@0', 'string.unquoted.path'],
  ['brace on the next line', node('iommu@1\n{\n};'), 'iommu', 'entity.name.type.node'],
  ['property', node('iommus = <&smmu 1>;'), 'iommus', 'variable.other.property'],
  ['#-property', node('#iommu-cells = <1>;'), '#iommu-cells', 'variable.other.property'],
  ['#-property named like a directive', node('#if-cells = <1>;'), '#if-cells', 'variable.other.property'],
  ['#-property at column 0', node('#define-cells = <1>;'), '#define-cells', 'variable.other.property'],
  ['vendor property', node('qcom,adsp-bypass-mode;'), 'qcom,adsp-bypass-mode', 'variable.other.property'],
  ['property with a digit first', node('3com,x = "";'), '3com,x', 'variable.other.property'],
  ['reference in cells', node('iommus = <&smmu 1>;'), 'smmu', 'entity.name.function.label'],
  ['path reference in cells', node('iommus = <&{/soc/smmu@0} 1>;'), '/soc/smmu@0', 'string.unquoted.path'],
  ['hex cell', node('reg = <0x1F 2>;'), '0x1F', 'constant.numeric.hex'],
  ['decimal cell', node('reg = <0x1F 2>;'), '2', 'constant.numeric.decimal'],
  ['octal cell', node('mode = <0644>;'), '0644', 'constant.numeric.octal'],
  ['suffix', node('reg = <0x10ULL>;'), '0x10ULL', 'constant.numeric.hex'],
  ['character', node("key = <'a'>;"), "'a'", 'constant.character'],
  ['macro in cells', node('iommus = <&mc TEGRA_SWGROUP_DC>;'), 'TEGRA_SWGROUP_DC', 'constant.other.macro'],
  ['macro call in cells', node('interrupts = <GIC_SPI(3) 4>;'), 'GIC_SPI', 'entity.name.function.preprocessor'],
  ['operator in cells', node('reg = <(1 << 3)>;'), '<<', 'keyword.operator.expression'],
  ['greater-than in cells', node('reg = <(A > 3) 7>;'), '7', 'constant.numeric.decimal'],
  ['ternary', node('reg = <(A ? 1 : 2)>;'), '?', 'keyword.operator.expression'],
  ['/bits/', node('x = /bits/ 64 <1>;'), '/bits/', 'keyword.control.bits'],
  ['width after /bits/', node('x = /bits/ 64 <1>;'), '64', 'constant.numeric'],
  ['bytes', node('mac = [00 1b fe];'), 'fe', 'constant.numeric.byte'],
  ['bytes without spaces', node('mac = [001bfe];'), 'fe', 'constant.numeric.byte'],
  ['/incbin/', node('fw = /incbin/("a.bin", 0, 4);'), '/incbin/', 'keyword.control.directive.incbin'],
  ['string', node('status = "okay";'), 'okay', 'string.quoted.double'],
  ['escape', node('s = "a\\n";'), '\\n', 'constant.character.escape'],
  ['comment markers in a string', node('s = "a // b";\nx;'), 'x', 'variable.other.property'],
  ['/delete-node/ by name', node('/delete-node/ cpu@3;'), 'cpu', 'entity.name.type.node'],
  ['/delete-node/ by label', '/delete-node/ &smmu;', 'smmu', 'entity.name.function.label'],
  ['/delete-property/', node('/delete-property/ iommus;'), 'iommus', 'variable.other.deleted'],
  ['after a delete', node('/delete-property/ iommus;\nreg = <7>;'), '7', 'constant.numeric.decimal'],
  ['/omit-if-no-ref/ and its node', node('/omit-if-no-ref/ pins: pins {\n};'), 'pins', 'entity.name'],
  ['/memreserve/', '/memreserve/ 0x1000 0x20;', '0x20', 'constant.numeric.hex'],
  ['line comment', '// iommus', 'iommus', 'comment.line'],
  ['block comment over lines', '/* a\n b */\n/ {\n};', 'b', 'comment.block'],
  ['comment inside cells', node('reg = <1 /* two */ 3>;'), '3', 'constant.numeric.decimal'],
  ['#ifdef inside a node', node('#ifdef A\nreg = <1>;\n#endif'), 'reg', 'variable.other.property'],
  ['cells over lines', node('iommus = <&smmu 1>,\n<&smmu 2>;'), '2', 'constant.numeric.decimal'],
  [
    'missing semicolon ends with the node',
    `${node('n {\nreg = <1>\n};\nstatus = "okay";')}`,
    'status',
    'variable.other.property',
  ],
  ['label in a value', node('x = <1>, end: <2>;'), 'end', 'entity.name.function.label'],
  ['path value', node('serial0 = &uart0;'), 'uart0', 'entity.name.function.label'],
  ['continued macro', '#define P \\\n 7\n/ {\n};', '7', 'constant.numeric.decimal'],
  ['after a continued macro', '#define P \\\n 7\n/ {\nreg = <8>;\n};', 'reg', 'variable.other.property'],
];

describe('scopes', () => {
  test.each(cases)('%s', (_name, source, word, scope) => {
    const found = tokens(source).filter((t) => t.text === word);
    expect(found.map((t) => t.scopes).join('\n')).toContain(scope);
  });
});

test('a directive-like property is no directive', () => {
  const all = tokens(node('#size-cells = <1>;\n#include-cells = <2>;'));
  expect(all.filter((t) => t.scopes.includes('directive'))).toEqual([]);
});

test('every node closes: nothing stays open after a whole file', () => {
  const end = tokens(`${node('a { b { c = <1>; }; d; };')}\n/memreserve/ 0 1;`).at(-1);
  expect(end).toEqual({ text: ';', scopes: 'punctuation.terminator.dts' });
});
