import { describe, expect, it, test } from 'vitest';
import { snapshotOfTexts, uriOf } from '../../../test/helpers/board';
import { type SourceFile, type Span, sourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { foldingRanges } from '../structure/folding';
import { formatRange } from '../structure/formatting';
import { selectionRanges } from '../structure/selection';
import { semanticTokens, TOKEN_MODIFIERS, TOKEN_TYPES } from '../structure/semantic-tokens';
import { declaration, definition, typeDefinition } from './definition';
import type { KernelFiles } from './kernel-files';
import { documentLinks } from './links';
import { highlights, references } from './references';
import { LabelRename, prepareRename, renameConflict } from './rename';
import { documentSymbols, workspaceSymbols } from './symbols';

const SOC = `#define SID_DMA 0x480
#define SELF &smmu
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	aliases { d = "/soc/dma@1000"; };
	soc {
		compatible = "simple-bus";
		#address-cells = <1>;
		#size-cells = <1>;
		ranges;
		smmu: iommu@2000 { compatible = "arm,mmu-500"; #iommu-cells = <2>; reg = <0x2000 0x100>; };
		dma: engine: dma@1000 { compatible = "vendor,dma"; status = "disabled"; iommus = <&smmu SID_DMA 0x3>; };
		eth@3000 { iommus = <&smmu 0x481 0>; };
	};
};
`;

/** `soc.dtsi` as above, and a board that includes it with `text` and the cursor at its `$0`. */
function at(text: string) {
  const whole = `/dts-v1/;\n#include "soc.dtsi"\n${text}`;
  const offset = whole.indexOf('$0');
  const board = offset < 0 ? whole : whole.slice(0, offset) + whole.slice(offset + 2);
  const snapshot = snapshotOfTexts({ 'board.dts': board, 'soc.dtsi': SOC });
  const file = snapshot.file(uriOf('board.dts'));
  if (file === null) throw new Error('no board');
  return { snapshot, file, offset };
}

/** `file:line text` of a place. */
function show({ file, start, end }: Span): string {
  const line = file.text.slice(0, start).split('\n').length;
  return `${file.uri.split('/').pop()}:${line} ${file.text.slice(start, end)}`;
}

const kernel: KernelFiles = {
  read: (path) =>
    path === 'drivers/iommu/arm/arm-smmu/arm-smmu.c'
      ? sourceFile('file:///k/arm-smmu.c', 'of("arm,mmu-500");\n\t{ .compatible = "arm,mmu-500", },\n')
      : path === 'binding.yaml'
        ? sourceFile('file:///k/binding.yaml', 'a\nb\n  - arm,mmu-500\n')
        : null,
  bindingOf: (compatible) => (compatible === 'arm,mmu-500' ? 'binding.yaml' : null),
};

test('a stream ID is defined by its IOMMU', () => {
  const { snapshot, file, offset } = at('&dma { iommus = <&smmu 0x4$080 0>; };');
  expect(definition(snapshot, file, offset, null)?.targets.map((t) => show(t.name))).toEqual([
    'soc.dtsi:12 iommu@2000',
  ]);
});

describe('definition', () => {
  // what, board text, places
  test.each([
    ['a reference', '&dma { iommus = <&sm$0mu 1 2>; };', ['soc.dtsi:12 smmu']],
    ['a second label', '&eng$0ine { };', ['soc.dtsi:13 engine']],
    ['a path reference', '/ { a = <&{/soc/eth@$03000}>; };', ['soc.dtsi:14 eth@3000']],
    ['an alias', '/ { aliases { e = "/soc/e$0th@3000"; }; };', ['soc.dtsi:14 eth@3000']],
    ['a macro', '&dma { iommus = <&smmu SID$0_DMA 0>; };', ['soc.dtsi:1 SID_DMA']],
    ['an include', '', []],
    ['a property gives what it overrides', '&dma { sta$0tus = "okay"; };', ['soc.dtsi:13 status']],
    [
      'a compatible',
      '&dma { compatible = "arm,mmu$0-500"; };',
      ['arm-smmu.c:2 arm,mmu-500', 'binding.yaml:3 arm,mmu-500'],
    ],
    ['a node name gives all its places', '/ { so$0c { x; }; };', ['soc.dtsi:7 soc', 'board.dts:3 soc']],
    ['an unknown label', '&no$0body { };', []],
    ['a comment', '/* &sm$0mu */', []],
  ])('%s', (_, text, places) => {
    const { snapshot, file, offset } = at(text);
    expect((definition(snapshot, file, offset, kernel)?.targets ?? []).map((t) => show(t.name))).toEqual(places);
  });

  it('finds the file of an include', () => {
    const { snapshot, file } = at('');
    const target = definition(snapshot, file, file.text.indexOf('soc.dtsi') + 2, null)?.targets[0];
    expect(target?.name.file.uri).toBe(uriOf('soc.dtsi'));
  });

  test.each([
    ['declaration: the first place of a node', '&sm$0mu { };', ['soc.dtsi:12 iommu@2000']],
    [
      'declaration: the first setting of a property',
      '&dma { status = "a"; };\n&dma { sta$0tus = "b"; };',
      ['soc.dtsi:13 status'],
    ],
  ])('%s', (_, text, places) => {
    const { snapshot, file, offset } = at(text);
    expect((declaration(snapshot, file, offset, null)?.targets ?? []).map((t) => show(t.name))).toEqual(places);
  });

  it('type definition: driver and binding of a node', () => {
    const { snapshot, file, offset } = at('&dma { iommus = <&sm$0mu 1 2>; };');
    const found = typeDefinition(snapshot, file, offset, kernel);
    expect(found?.targets.map((t) => show(t.name))).toEqual(['arm-smmu.c:2 arm,mmu-500', 'binding.yaml:3 arm,mmu-500']);
  });
});

describe('references', () => {
  test.each([
    [
      'a label, in macros too',
      '&dma { x = <&sm$0mu 1 2>; };',
      [
        'board.dts:3 smmu',
        'soc.dtsi:2 smmu',
        'soc.dtsi:12 smmu',
        'soc.dtsi:12 iommu@2000',
        'soc.dtsi:13 smmu',
        'soc.dtsi:14 smmu',
      ],
    ],
    [
      'all labels of a node',
      '&d$0ma { };\n&engine { };\n/ { p = &{/soc/dma@1000}; };',
      [
        'board.dts:3 dma',
        'board.dts:4 engine',
        'board.dts:5 &{/soc/dma@1000}',
        'soc.dtsi:13 dma',
        'soc.dtsi:13 engine',
        'soc.dtsi:13 dma@1000',
      ],
    ],
    ['a macro', '&dma { x = <SID$0_DMA>; };', ['board.dts:3 SID_DMA', 'soc.dtsi:1 SID_DMA', 'soc.dtsi:13 SID_DMA']],
    [
      'who uses a stream: the mask counts',
      '&{/soc} { gpu { iommus = <&smmu 0x4$083 0>; }; usb { iommus = <&smmu 0x484 0>; }; };',
      ['board.dts:3 &smmu 0x483 0', 'soc.dtsi:13 &smmu SID_DMA 0x3'],
    ],
    [
      'who uses this SMMU',
      '&smmu { #iommu-c$0ells = <2>; };',
      [
        'board.dts:3 #iommu-cells',
        'soc.dtsi:12 #iommu-cells',
        'soc.dtsi:13 &smmu SID_DMA 0x3',
        'soc.dtsi:14 &smmu 0x481 0',
      ],
    ],
    [
      'a compatible',
      '/ { n { compatible = "vendor,d$0ma"; }; };',
      ['board.dts:3 vendor,dma', 'soc.dtsi:13 vendor,dma'],
    ],
    ['a property', '&dma { sta$0tus = "okay"; };', ['board.dts:3 status', 'soc.dtsi:13 status']],
    ['nothing on a blank', '&dma { $0 };', []],
  ])('%s', (_, text, places) => {
    const { snapshot, file, offset } = at(text);
    expect(
      references(snapshot, file, offset, true)
        .map((o) => show(o.span))
        .sort(byPlace),
    ).toEqual(places);
  });

  it('without the declaration', () => {
    const { snapshot, file, offset } = at('&en$0gine { };');
    expect(references(snapshot, file, offset, false).map((o) => show(o.span))).toEqual(['board.dts:3 engine']);
  });

  it('highlights stay in the file', () => {
    const { snapshot, file, offset } = at('&dma { a = <&smmu>; };\n&sm$0mu { };');
    expect(highlights(snapshot, file, offset).map((o) => show(o.span))).toEqual([
      'board.dts:3 smmu',
      'board.dts:4 smmu',
    ]);
  });
});

function byPlace(a: string, b: string): number {
  const [fileA = '', lineA = ''] = a.split(/[: ]/);
  const [fileB = '', lineB = ''] = b.split(/[: ]/);
  return fileA.localeCompare(fileB) || Number(lineA) - Number(lineB);
}

function applied(edits: readonly { span: Span; text: string }[], text: string): string {
  let out = text;
  for (const { span, text: replacement } of [...edits].sort((a, b) => b.span.start - a.span.start))
    out = out.slice(0, span.start) + replacement + out.slice(span.end);
  return out;
}

describe('rename', () => {
  it('changes every file of every board', () => {
    const { snapshot, file, offset } = at('#define X &smmu\n&sm$0mu { };\n&dma { iommus = <&smmu 1 0>, <X 1 2>; };');
    const other = snapshotOfTexts({ 'two.dts': '/dts-v1/;\n#include "soc.dtsi"\n&smmu { a; };', 'soc.dtsi': SOC });
    expect(prepareRename(snapshot, file, offset)).toMatchObject({ name: 'smmu' });
    const result = new LabelRename('smmu', 'apps_smmu');
    expect([result.add(board('one', snapshot)), result.add(board('two', other))]).toEqual([null, null]);
    const files = [...new Set(result.edits.map((e) => e.span.file))];
    expect(files.map((f) => f.uri.split('/').pop())).toEqual(['board.dts', 'soc.dtsi', 'two.dts']);
    for (const f of files) {
      const text = applied(
        result.edits.filter((e) => e.span.file === f),
        f.text,
      );
      expect(text.replaceAll('apps_smmu', '')).not.toMatch(/\bsmmu\b/);
    }
  });

  test.each([
    ['', '1st', /is no label/],
    ['', 'a-b', /is no label/],
    ['', 'dma', /has the label dma already/],
    ['', 'SID_DMA', /is a macro/],
  ])('%s refuses %s', (text, name, reason) => {
    const { snapshot } = at(text);
    expect(renameConflict(snapshot.result, 'smmu', name)).toMatch(reason);
  });

  test.each([
    ['a number', '&dma { x = <1$02>; };', /Only labels/],
    ['a property', '&dma { stat$0us = "a"; };', /Only labels/],
    ['an unknown label', '&no$0ne { };', /No node has the label none/],
    ['a label that a macro makes', '#define N(x) x##_n: n##x { }\n/ { N(a); };\n&a$0_n { };', /macro makes/],
  ])('cannot rename %s', (_, text, reason) => {
    const { snapshot, file, offset } = at(text);
    const found = prepareRename(snapshot, file, offset);
    expect('reason' in found ? found.reason : found.name).toMatch(reason);
  });

  it('a conflict in any board refuses all', () => {
    const { snapshot } = at('');
    const other = snapshotOfTexts({
      'two.dts': '/dts-v1/;\n#include "soc.dtsi"\n/ { free: n { }; };',
      'soc.dtsi': SOC,
    });
    const result = new LabelRename('smmu', 'free');
    expect([result.add(board('one', snapshot)), result.add(board('two', other))]).toEqual([
      null,
      expect.stringMatching(/^two: /),
    ]);
  });
});

const board = (name: string, snapshot: BoardSnapshot) => ({ name, result: snapshot.result });

describe('symbols', () => {
  it('outlines a document', () => {
    const { snapshot } = at('');
    const file = snapshot.file(uriOf('soc.dtsi'));
    const [root] = file === null ? [] : documentSymbols(snapshot, file);
    const soc = root?.children?.find((c) => c.name === 'soc');
    expect(soc?.children?.map((c) => `${c.name} (${c.detail})`)).toEqual([
      'smmu: iommu@2000 (arm,mmu-500)',
      'dma: engine: dma@1000 (vendor,dma, disabled)',
      'eth@3000 ()',
    ]);
    // of the properties those about IOMMUs
    expect(soc?.children?.flatMap((c) => (c.children ?? []).map((p) => `${p.name} (${p.detail})`))).toEqual([
      '#iommu-cells (<2>)',
      'iommus (<&smmu SID_DMA 0x3>)',
      'iommus (<&smmu 0x481 0>)',
    ]);
  });

  test.each([
    ['smmu', ['smmu: iommu@2000']],
    ['&smmu', ['smmu: iommu@2000']],
    ['dma', ['dma: dma@1000']],
    ['e30', ['eth@3000']],
    ['mmu-500', ['smmu: iommu@2000']],
    ['zzz', []],
  ])('finds %s', (query, names) => {
    expect(workspaceSymbols([at('').snapshot], query).map((s) => s.name)).toEqual(names);
  });
});

/** `type.modifier text` of each token. */
function decoded(data: readonly number[], file: SourceFile): string[] {
  const shown: string[] = [];
  let line = 0;
  let character = 0;
  for (let i = 0; i < data.length; i += 5) {
    const [down = 0, across = 0, length = 0, type = 0, bits = 0] = data.slice(i, i + 5);
    character = down === 0 ? character + across : across;
    line += down;
    const start = (file.lineStarts[line] ?? 0) + character;
    const modifiers = TOKEN_MODIFIERS.filter((_, bit) => (bits & (1 << bit)) !== 0);
    shown.push(
      `${[TOKEN_TYPES[type], ...modifiers].join('.')} ${file.text.slice(start, start + length).replace('&', '')}`,
    );
  }
  return shown;
}

describe('semantic tokens', () => {
  test.each([
    ['&smmu { };', ['label smmu']],
    ['&dma { };', ['label.disabled dma']],
    ['&nobody { };', []],
    ['l: &smmu { x; };', ['label.declaration l', 'label smmu', 'property x']],
    ['/ { n: node@1 { }; };', ['class.declaration /', 'label.declaration n', 'class.declaration node@1']],
    [
      '&dma { iommus = <&smmu 0x1 SID_DMA>; };',
      ['label.disabled dma', 'property iommus', 'label smmu', 'parameter 0x1', 'macro SID_DMA'],
    ],
    ['&smmu { a = <1>; };\n&smmu { a = <2>; };', ['label smmu', 'property.overridden a', 'label smmu', 'property a']],
    ['/delete-node/ &smmu;', ['keyword /delete-node/']],
    [
      '&dma {\n\t/delete-property/ iommus;\n\ta = /bits/ 8 <SID_DMA>;\n};\n/delete-node/ &smmu;',
      [
        'label.disabled dma',
        'keyword /delete-property/',
        'property a',
        'keyword /bits/',
        'macro SID_DMA',
        'keyword /delete-node/',
      ],
    ],
    [
      '&dma { iommus = <&smmu (1 + SID_DMA) 0>; };',
      ['label.disabled dma', 'property iommus', 'label smmu', 'macro SID_DMA', 'parameter 0'],
    ],
  ])('%s', (text, expected) => {
    const { snapshot, file } = at(text);
    const from = file.text.indexOf('soc.dtsi"') + 10;
    expect(decoded(semanticTokens(snapshot, file, from, file.text.length), file)).toEqual(expected);
  });
});

describe('folding', () => {
  test.each([
    ['a node', '/ {\n\ta {\n\t\tb;\n\t};\n};', ['0-3', '1-2']],
    ['one line', '/ { a; };', []],
    ['a value', '/ {\n\ta = <1>,\n\t    <2>;\n};', ['0-2', '1-2']],
    ['comments', '/*\n * x\n */\n// a\n// b\n// c\n', ['0-2 comment', '3-5 comment']],
    ['includes', '#include <a>\n#include <b>\n', ['0-1 imports']],
    ['conditions', '#if A\nx\n#else\ny\n#endif\n', ['0-1 region', '2-3 region']],
    ['a broken node', '/ {\n\ta {\n', ['0-1']],
  ])('%s', (_, text, expected) => {
    const ranges = foldingRanges(sourceFile('file:///f.dts', text));
    expect(ranges.map((r) => `${r.startLine}-${r.endLine}${r.kind === undefined ? '' : ` ${r.kind}`}`)).toEqual(
      expected,
    );
  });
});

describe('selection', () => {
  it('grows from the word to the file', () => {
    const text = '/ { l: a { b = <1 &x$0y>, <2>; }; };';
    const offset = text.indexOf('$0');
    const file = sourceFile('file:///s.dts', text.replace('$0', ''));
    expect(selectionRanges(file, offset).map((r) => file.text.slice(r.start, r.end).trim())).toEqual([
      'xy',
      '&xy',
      '1 &xy',
      '<1 &xy>',
      '<1 &xy>, <2>',
      'b = <1 &xy>, <2>;',
      'b = <1 &xy>, <2>;',
      'a { b = <1 &xy>, <2>; };',
      'l: a { b = <1 &xy>, <2>; };',
      'l: a { b = <1 &xy>, <2>; };',
      '/ { l: a { b = <1 &xy>, <2>; }; };',
    ]);
  });
});

it('links includes to what they found', () => {
  const { snapshot, file } = at('#include "missing.dtsi"\n');
  expect(documentLinks(snapshot, file).map((l) => [file.text.slice(l.start, l.end), l.target])).toEqual([
    ['soc.dtsi', uriOf('soc.dtsi')],
  ]);
});

describe('formatting', () => {
  // before and after; `$0…$0` is the range, by default everything
  test.each([
    ['/ {\n  a {\nb=<1>;\n  };\n};\n', '/ {\n\ta {\n\t\tb = <1>;\n\t};\n};\n'],
    ['/ {\n\ta = <1>,\n<2>;\n};\n', '/ {\n\ta = <1>,\n\t    <2>;\n};\n'],
    ['/ {\n\tcompatible = "a",\n  "b";\n};\n', '/ {\n\tcompatible = "a",\n\t\t     "b";\n};\n'],
    ['/ {\n\tregs = <1 2\n3 4>;\n};\n', '/ {\n\tregs = <1 2\n\t\t3 4>;\n};\n'],
    ['/ {\n\ta{ b ; };\n};  \n', '/ {\n\ta { b; };\n};\n'],
    ['/ {\n\tl :a{\n\t};\n};\n', '/ {\n\tl: a {\n\t};\n};\n'],
    ['/ {\n\ta = < 1 2 > ,< 3 >;\n};\n', '/ {\n\ta = <1 2>, <3>;\n};\n'],
    ['/ {\n\ta = <1   2>;\t/* table */\n};\n', '/ {\n\ta = <1   2>;\t/* table */\n};\n'],
    ['/ {\n#ifdef X\n  a;\n#endif\n};\n', '/ {\n#ifdef X\n\ta;\n#endif\n};\n'],
    ['/ {\n  a;\n$0  b;\n$0  c;\n};\n', '/ {\n  a;\n\tb;\n  c;\n};\n'],
    ['/ {\n\ta =\n<1>;\n};\n', '/ {\n\ta =\n\t\t<1>;\n};\n'],
    ['/ {\n\t/delete-property/ a;\n  /delete-node/ b;\n};\n', '/ {\n\t/delete-property/ a;\n\t/delete-node/ b;\n};\n'],
    ['/ {\n\ta = <(1 + 2) (X*3)>;\n};\n', '/ {\n\ta = <(1 + 2) (X*3)>;\n};\n'],
    ['/include/ "x"\n\n/ {\n  a;\n};\n', '/include/ "x"\n\n/ {\n\ta;\n};\n'],
    ['/ {\n\tpins = <\n  A 1\n\t\tB 2\n\t\t>;\n\tc;\n};\n', '/ {\n\tpins = <\n\t\tA 1\n\t\tB 2\n\t>;\n\tc;\n};\n'],
    ['/ {\n\ta =\n\t\t/* x */\n\t\t<1>;\n};\n', '/ {\n\ta =\n\t\t/* x */\n\t\t<1>;\n};\n'],
    ['&x   {\n  // note\n  y;\n};\n', '&x {\n\t// note\n\ty;\n};\n'],
  ])('%j', (before, after) => {
    const [head = '', ...rest] = before.split('$0');
    const text = before.replaceAll('$0', '');
    const [start, end] = rest.length === 2 ? [head.length, head.length + (rest[0] ?? '').length] : [0, text.length];
    const formatted = applied(formatRange(sourceFile('file:///f.dts', text), start, end), text);
    expect(formatted).toBe(after);
    // and once more changes nothing
    if (rest.length === 0) expect(formatRange(sourceFile('file:///g.dts', formatted), 0, formatted.length)).toEqual([]);
  });
});
