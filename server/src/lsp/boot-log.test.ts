import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Editor, openEditor } from '../../test/helpers/editor';
import { exampleBoard } from '../language/rules/examples';
import { type ExplainLogParams, type ExplainLogResult, methods } from './protocol';

let editor: Editor;
const board = '/dts-v1/;\n#include "soc.dtsi"\n&a {\n\tiommus = <&smmu 0x480 0x0>;\n};\n';
const FAULT =
  '[    5.1] arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfffff000, fsynr=0x11, cbfrsynra=0x480, cb=0\n';

beforeAll(async () => {
  editor = await openEditor({ 'soc.dtsi': exampleBoard.replace('/dts-v1/;\n', ''), 'board.dts': board });
  await editor.open('board.dts', board);
});
afterAll(() => editor.close());

const ask = (log: ExplainLogParams['log'], onBoard = true): Promise<ExplainLogResult> =>
  editor.client.sendRequest(methods.explainLog, {
    log,
    textDocument: onBoard ? { uri: editor.uri('board.dts') } : null,
  } satisfies ExplainLogParams);

test("a fault leads to its master's iommus line and has its address", async () => {
  const result = await ask({ text: FAULT });
  const [entry] = result.entries;
  expect(entry).toMatchObject({
    type: 'fault',
    finding: true,
    headline: expect.stringContaining('translation fault on a write at IOVA 0xfffff000, stream 0x480'),
    address: { iova: '0xfffff000', range: ['0xfffff000', '0xfffff000'] },
  });
  const master = entry?.links.find((link) => link.role === 'master');
  expect(master).toMatchObject({
    property: 'iommus',
    place: { uri: editor.uri('board.dts'), range: { start: { line: 3, character: 1 } } },
  });
  expect(entry?.address?.device).toBe(master?.device);
  expect(entry?.causes[0]?.because).not.toBe('');
  expect(result.text).toMatch(/master: +\S+ \(\S+soc\.dtsi:\d+:\d+\)/);
});

test('without a board it says what the lines say', async () => {
  const result = await ask({ text: FAULT }, false);
  expect(result.board).toBeNull();
  expect(result.entries).toMatchObject([{ type: 'fault', links: [], causes: [] }]);
});

test('a compressed file is read, and what is no text is refused with its name', async () => {
  const path = join(editor.root, 'boot.log.gz');
  writeFileSync(path, gzipSync(FAULT));
  expect((await ask({ path })).entries).toHaveLength(1);
  const blob = join(editor.root, 'x.zip');
  writeFileSync(blob, Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]));
  await expect(ask({ path: blob })).rejects.toThrow(/zip archive/);
  await expect(ask({ path: join(editor.root, 'absent') })).rejects.toThrow(/cannot be read/);
});

test('the kernel that the log names is the one that boots on paper', async () => {
  const result = await ask({ text: `[    0.0] Linux version 6.1.55 (x@y) (gcc) #1\n${FAULT}` });
  expect(result.kernel.join('\n')).toMatch(/model: +6\.1, as the log says/);
});
