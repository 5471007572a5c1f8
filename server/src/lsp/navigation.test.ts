import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import { type Editor, openEditor } from '../../test/helpers/editor';
import { methods } from './protocol';

const SOC = `/ {
	smmu: iommu@2000 { compatible = "arm,mmu-500"; #iommu-cells = <1>; };
	dma { iommus = <&smmu 1>; };
};
`;
const files: Record<string, string> = {
  // enough of a kernel tree to be one
  'scripts/dtc/x': '',
  'include/dt-bindings/x': '',
  'arch/arm64/boot/dts/v/soc.dtsi': SOC,
  'arch/arm64/boot/dts/v/one.dts': '/dts-v1/;\n#include "soc.dtsi"\n&smmu { status = "okay"; };\n',
  'arch/arm64/boot/dts/v/two.dts': '/dts-v1/;\n#include "soc.dtsi"\n#include "part.dtsi"\n',
  'arch/arm64/boot/dts/v/part.dtsi': '&smmu { dma-coherent; };\n',
  'arch/arm64/boot/dts/v/alone.dts': '/dts-v1/;\n/ { smmu: other { }; };\n',
  'arch/arm64/boot/dts/v/cam.dtso': '/dts-v1/;\n/plugin/;\n&smmu { cam; };\n',
  'arch/arm64/boot/dts/v/lcd.dtso': '/dts-v1/;\n/plugin/;\n&smmu { lcd; };\n',
  'arch/arm64/boot/dts/v/Makefile':
    'one-cam-dtbs := one.dtb cam.dtbo\none-more-dtbs := one.dtb eye.dtbo more.dtbo\nalone-lcd-dtbs := alone.dtb lcd.dtbo\n',
  'arch/arm64/boot/dts/v/eye.dtso': '/dts-v1/;\n/plugin/;\n&smmu { eye: eye { }; };\n',
  'arch/arm64/boot/dts/v/more.dtso': '/dts-v1/;\n/plugin/;\n&eye { iommus = <&smmu 2>; };\n',
  'drivers/iommu/arm/arm-smmu/arm-smmu.c': '\n\n\t{ .compatible = "arm,mmu-500", .data = &x },\n',
  'Documentation/devicetree/bindings/iommu/arm,smmu.yaml': 'items:\n  - enum:\n      - arm,mmu-500\n',
};

let editor: Editor;
const uri = (name: string): string => editor.uri(name);
const board = 'arch/arm64/boot/dts/v/one.dts';

beforeAll(async () => {
  editor = await openEditor(files);
  await editor.open(board, files[board] ?? '');
});
afterAll(() => editor.close());

/** A request at the first place of `word` in a file. */
function ask<T>(method: string, word: string, more: object = {}, file = board): Promise<T> {
  const text = files[file] ?? '';
  const offset = text.indexOf(word) + 1;
  const line = text.slice(0, offset).split('\n').length - 1;
  const position = { line, character: offset - (text.lastIndexOf('\n', offset - 1) + 1) };
  return editor.client.sendRequest(`textDocument/${method}`, { textDocument: { uri: uri(file) }, position, ...more });
}

type Link = { targetUri: string; targetSelectionRange: { start: { line: number } } };
const shown = (links: Link[]): string[] =>
  links.map((l) => `${l.targetUri.split('/').pop()}:${l.targetSelectionRange.start.line + 1}`);

it('jumps to labels, drivers and bindings', async () => {
  expect(shown(await ask<Link[]>('definition', '&smmu'))).toEqual(['soc.dtsi:2']);
  expect(shown(await ask<Link[]>('definition', 'soc.dtsi'))).toEqual(['soc.dtsi:1']);
  expect(shown(await ask<Link[]>('typeDefinition', '&smmu'))).toEqual(['arm-smmu.c:3', 'arm%2Csmmu.yaml:3']);
});

it('finds references', async () => {
  const found = await ask<{ uri: string }[]>('references', '&smmu', { context: { includeDeclaration: false } });
  expect(found.map((l) => l.uri.split('/').pop())).toEqual(['one.dts', 'soc.dtsi']);
});

it('renames over all boards that share the file and their overlays, and no others', async () => {
  expect(await ask('prepareRename', '&smmu')).toMatchObject({ placeholder: 'smmu' });
  const { changes } = await ask<WorkspaceEdit>('rename', '&smmu', { newName: 'apps' });
  const edited = Object.entries(changes ?? {}).map(([u, edits]) => [u.split('/').pop(), edits.map((e) => e.newText)]);
  expect(edited.sort()).toEqual([
    ['cam.dtso', ['apps']],
    ['eye.dtso', ['apps']],
    ['more.dtso', ['apps']],
    ['one.dts', ['apps']],
    ['part.dtsi', ['apps']],
    ['soc.dtsi', ['apps', 'apps']],
  ]);
  await expect(ask('rename', '&smmu', { newName: 'not-a-label' })).rejects.toThrow(/is no label/);
});

describe('in an overlay', () => {
  const overlay = 'arch/arm64/boot/dts/v/more.dtso';
  beforeAll(() => editor.open(overlay, files[overlay] ?? ''));

  it('hovers, completes and jumps as on the base', async () => {
    expect(await ask<{ contents: { value: string } }>('hover', 'iommus', {}, overlay)).toMatchObject({
      contents: { value: expect.stringContaining('stream ID `0x2`') },
    });
    const { items } = await ask<{ items: { label: string }[] }>('completion', '&smmu 2', {}, overlay);
    expect(items.map((i) => i.label)).toEqual(['&smmu']);
    expect(shown(await ask<Link[]>('definition', '&smmu', {}, overlay))).toEqual(['soc.dtsi:2']);
    expect(shown(await ask<Link[]>('definition', '&eye', {}, overlay))).toEqual(['eye.dtso:3']);
    expect(await editor.client.sendRequest(methods.activeBoard, { textDocument: { uri: uri(overlay) } })).toMatchObject(
      {
        name: 'more on one',
        base: uri(board),
      },
    );
  });

  it.each([
    ['a label of the base', '&smmu', ['cam.dtso', 'eye.dtso', 'more.dtso', 'one.dts', 'part.dtsi', 'soc.dtsi']],
    ['a label of an overlay', '&eye', ['eye.dtso', 'more.dtso']],
  ])('renames %s', async (_, word, expected) => {
    const { changes } = await ask<WorkspaceEdit>('rename', word, { newName: 'apps' }, overlay);
    expect(
      Object.keys(changes ?? {})
        .map((u) => u.split('/').pop())
        .sort(),
    ).toEqual(expected);
  });
});

it('answers about whole documents', async () => {
  const textDocument = { uri: uri(board) };
  const request = <T>(method: string, more: object = {}): Promise<T> =>
    editor.client.sendRequest(`textDocument/${method}`, { textDocument, ...more });
  expect((await request<{ name: string }[]>('documentSymbol')).map((s) => s.name)).toEqual(['&smmu']);
  expect((await request<{ data: number[] }>('semanticTokens/full')).data.length % 5).toBe(0);
  expect((await request<{ target: string }[]>('documentLink')).map((l) => l.target.split('/').pop())).toEqual([
    'soc.dtsi',
  ]);
  expect(await request<unknown[]>('foldingRange')).toEqual([]);
  const range = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
  expect(await request<TextEdit[]>('rangeFormatting', { range, options: { tabSize: 8, insertSpaces: false } })).toEqual(
    [],
  );
  const [selection] = await request<{ parent?: object }[]>('selectionRange', {
    positions: [{ line: 2, character: 2 }],
  });
  expect(selection?.parent).toBeDefined();
  const symbols: { name: string }[] = await editor.client.sendRequest('workspace/symbol', { query: 'smmu' });
  expect(symbols.map((s) => s.name)).toEqual(['smmu: iommu@2000']);
  expect(readFileSync(join(editor.root, board), 'utf8')).toBe(files[board]);
});

it('formats a document', async () => {
  await editor.open('untidy.dts', '/dts-v1/;\n/ {\n  a=<1>;\n};\n');
  const edits = await editor.client.sendRequest<TextEdit[]>('textDocument/formatting', {
    textDocument: { uri: uri('untidy.dts') },
    options: { tabSize: 8, insertSpaces: false },
  });
  let formatted = '  a=<1>;';
  for (const { range, newText } of [...edits].reverse()) {
    expect(range.start.line).toBe(2);
    formatted = formatted.slice(0, range.start.character) + newText + formatted.slice(range.end.character);
  }
  expect(formatted).toBe('\ta = <1>;');
});
