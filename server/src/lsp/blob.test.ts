import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TextFiles, uriOf } from '../../test/helpers/board';
import { type Editor, openEditor } from '../../test/helpers/editor';
import { buildTree } from '../devicetree/build';
import { writeFdt } from '../devicetree/fdt-writer';
import { exampleBoard } from '../language/rules/examples';
import { type BlobTextResult, methods } from './protocol';

let editor: Editor;

function blob(fragment: string): Uint8Array {
  const files = new TextFiles({ 'a.dts': `${exampleBoard}${fragment}` });
  return writeFdt(buildTree(uriOf('a.dts'), files, { symbols: true }).tree, 0);
}

beforeAll(async () => {
  editor = await openEditor({
    'board.dtb': blob('&a { iommus = <&smmu 0x480 0x3>; };'),
    'none.dtb': 'this is no blob, whatever its name says',
  });
});
afterAll(() => editor.close());

const textOf = (name: string): Promise<BlobTextResult | null> =>
  editor.client.sendRequest(methods.blobText, { textDocument: { uri: editor.uri(name) } });

/** A request at the last place of `word` in the text of the blob. */
function ask<T>(method: string, text: string, word: string): Promise<T> {
  const offset = text.lastIndexOf(word) + 1;
  const before = text.slice(0, offset).split('\n');
  const position = { line: before.length - 1, character: before[before.length - 1]?.length ?? 0 };
  return editor.client.sendRequest(`textDocument/${method}`, {
    textDocument: { uri: editor.uri('board.dtb') },
    position,
  });
}

it('prints blobs, and says when a file is none', async () => {
  expect((await textOf('board.dtb'))?.text).toContain('iommus = <&smmu 0x480 0x3>;');
  expect(await textOf('none.dtb')).toBeNull();
  expect(await textOf('absent.dtb')).toBeNull();
});

it('hovers and navigates in the text of a blob', async () => {
  const text = (await textOf('board.dtb'))?.text ?? '';
  await editor.client.sendNotification('textDocument/didOpen', {
    textDocument: { uri: editor.uri('board.dtb'), languageId: 'dts', version: 1, text },
  });
  const hover = await ask<{ contents: { value: string } }>('hover', text, '0x480 0x3');
  expect(hover.contents.value).toContain('0x480-0x483');
  const [target] = await ask<{ targetUri: string; targetSelectionRange: { start: { line: number } } }[]>(
    'definition',
    text,
    '&smmu 0x480',
  );
  expect(target?.targetUri).toBe(editor.uri('board.dtb'));
  expect(text.split('\n')[target?.targetSelectionRange.start.line ?? 0]).toContain('smmu: iommu@15000000 {');
});

it('reads a blob again when it is rebuilt', async () => {
  writeFileSync(join(editor.root, 'board.dtb'), blob('&a { iommus = <&smmu 0x500 0x0>; };'));
  await editor.client.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: editor.uri('board.dtb'), type: 2 }],
  });
  const text = (await textOf('board.dtb'))?.text ?? '';
  await editor.client.sendNotification('textDocument/didChange', {
    textDocument: { uri: editor.uri('board.dtb'), version: 2 },
    contentChanges: [{ text }],
  });
  const hover = await ask<{ contents: { value: string } }>('hover', text, '0x500');
  expect(hover.contents.value).toContain('**stream ID** `0x500`');
});
