/** Whose drivers a board boots with in an editor: the kernel of its folder, of the workspace, or the one that a setting names. */
import { rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Hover } from 'vscode-languageserver/node';
import { type Editor, type EditorOptions, openEditor } from '../../test/helpers/editor';
import { KERNEL_TREE, MODULES } from '../../test/helpers/kernel-tree';
import { type BoardInfo, methods } from './protocol';

let editor: Editor;
beforeEach(() => vi.stubEnv('SMMU_SCOPE_CACHE', ''));
afterEach(() => {
  editor?.close();
  vi.unstubAllEnvs();
});

const BOARD = `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>; compatible = "acme,board";
	smmu: iommu@1000 { compatible = "acme,iommu-v7"; reg = <0x1000 0x1000>; #iommu-cells = <1>; };
	uart@2000 { compatible = "acme,uart"; reg = <0x2000 0x100>; iommus = <&smmu 1>; };
	codec@3000 { compatible = "acme,codec"; reg = <0x3000 0x100>; };
};
`;
const INSIDE = 'arch/arm64/boot/dts/acme/toy.dts';

const below = (folder: string, texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([path, text]) => [`${folder}/${path}`, text]));

async function open(
  files: Readonly<Record<string, string>>,
  board: string,
  options: EditorOptions = {},
): Promise<void> {
  // the cache of one test is no other's: it lies in the folder that is removed with it
  editor = await openEditor({ ...files, [board]: BOARD }, options);
  vi.stubEnv('SMMU_SCOPE_CACHE', join(editor.root, '.cache'));
  await editor.open(board, BOARD);
}

const info = (board: string): Promise<BoardInfo | null> =>
  editor.client.sendRequest(methods.activeBoard, { textDocument: { uri: editor.uri(board) } });
const hover = async (board: string, text: string): Promise<string> => {
  const lines = BOARD.slice(0, BOARD.indexOf(text)).split('\n');
  const found = await editor.client.sendRequest<Hover | null>('textDocument/hover', {
    textDocument: { uri: editor.uri(board) },
    position: { line: lines.length - 1, character: (lines.at(-1)?.length ?? 0) + 2 },
  });
  return JSON.stringify(found?.contents ?? null);
};
/** Asks until whose drivers count says something else than that they are read. */
async function drivers(board: string, wanted: RegExp): Promise<string | undefined> {
  let last: string | undefined;
  for (let i = 0; i < 200; i++) {
    last = (await info(board))?.drivers;
    if (last !== undefined && wanted.test(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return last;
}
const configured = (settings: EditorOptions['settings']): EditorOptions => ({
  capabilities: { workspace: { configuration: true } },
  ...(settings && { settings }),
});

test('the tree that the board lies in: its release, its drivers, and a hover that names the file there', async () => {
  await open(KERNEL_TREE, INSIDE);
  expect(await drivers(INSIDE, /^drivers of/)).toBe(`drivers of ${editor.root} (Linux 5.15.104)`);
  const text = await hover(INSIDE, 'acme,iommu-v7');
  expect(text).toContain('drivers/acme/iommu.c:');
  expect(text).toContain(editor.uri('drivers/acme/iommu.c'));
});

test("the kernel that lies beside a vendor's devicetrees, of two that are open", async () => {
  const board = 'kernel_platform/qcom/proprietary/devicetree/qcom/toy.dts';
  const kernels = { ...below('kernel_platform/msm-kernel', KERNEL_TREE), ...below('other', KERNEL_TREE) };
  await open(kernels, board);
  const root = join(editor.root, 'kernel_platform/msm-kernel');
  expect(await drivers(board, /^drivers of/)).toBe(`drivers of ${root} (Linux 5.15.104)`);
  expect(await hover(board, 'acme,iommu-v7')).toContain(editor.uri('kernel_platform/msm-kernel/drivers/acme/iommu.c'));
});

test('the one kernel among the open folders, for a board that lies outside of it', async () => {
  await open(below('linux', KERNEL_TREE), 'boards/toy.dts');
  expect(await drivers('boards/toy.dts', /^drivers of/)).toBe(
    `drivers of ${join(editor.root, 'linux')} (Linux 5.15.104)`,
  );
});

test('of two kernels none is taken, and a board without any has the shipped drivers', async () => {
  await open({ ...below('one', KERNEL_TREE), ...below('two', KERNEL_TREE) }, 'toy.dts');
  expect((await info('toy.dts'))?.drivers).toBeUndefined();
  expect(await hover('toy.dts', 'acme,iommu-v7')).not.toContain('drivers/acme');
});

test('the one that a setting names, with modules beside it; `none` keeps to the shipped drivers', async () => {
  const files = { ...below('sources/deep/down/linux', KERNEL_TREE), ...below('modules', MODULES) };
  await open(files, 'toy.dts', configured({ kernelSource: 'sources/deep/down/linux', kernelModules: ['modules'] }));
  const root = join(editor.root, 'sources/deep/down/linux');
  expect(await drivers('toy.dts', /^drivers of/)).toBe(`drivers of ${root} (Linux 5.15.104)`);
  expect(await hover('toy.dts', 'acme,codec')).toContain('modules/audio/codec.c');
  editor.close();
  await open(KERNEL_TREE, INSIDE, configured({ kernelSource: 'none' }));
  await editor.until(() => editor.published.has(editor.uri(INSIDE)));
  expect((await info(INSIDE))?.drivers).toBeUndefined();
});

test('a folder that is no kernel is told, and the shipped drivers count', async () => {
  await open({ 'sources/readme.txt': '' }, 'toy.dts', configured({ kernelSource: 'sources' }));
  const said = await drivers('toy.dts', /unread/);
  expect(said).toMatch(/^drivers of .*sources unread: .*is no kernel source/);
});

test('a driver that is changed on disk counts once the changes have an end', async () => {
  await open(KERNEL_TREE, INSIDE);
  await drivers(INSIDE, /^drivers of/);
  const path = 'drivers/acme/uart.c';
  const text = KERNEL_TREE[path] ?? '';
  writeFileSync(join(editor.root, path), text.replace('"acme,uart"', '"acme,uart2"'));
  await editor.client.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: editor.uri(path), type: 2 }],
  });
  // until it has been read again, the drivers are those of before
  expect(await hover(INSIDE, 'acme,uart"')).toContain(path);
  const without = async (): Promise<boolean> => !(await hover(INSIDE, 'acme,uart"')).includes(path);
  for (let i = 0; i < 100 && !(await without()); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await without()).toBe(true);
});

test('a tree that is gone when it is to be read is told', async () => {
  await open(below('linux', KERNEL_TREE), 'toy.dts', configured({ kernelSource: 'linux' }));
  await drivers('toy.dts', /^drivers of/);
  rmSync(join(editor.root, 'linux/drivers/Makefile'));
  await editor.client.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: editor.uri('linux/drivers/Makefile'), type: 3 }],
  });
  expect(await drivers('toy.dts', /unread/)).toMatch(/unread: .*has no drivers/);
});

test('configurations that a setting names count from the workspace folder, the later over the earlier', async () => {
  const text = '/dts-v1/;\n/ { iommu@1000 { compatible = "arm,mmu-500"; reg = <0 0x1000>; #iommu-cells = <1>; }; };\n';
  const files = { 'configs/base': 'CONFIG_ARM_SMMU=y\n', 'configs/own': '# CONFIG_ARM_SMMU is not set\n' };
  const said = async (names: readonly string[]): Promise<string> => {
    editor = await openEditor({ ...files, 'smmu.dts': text }, configured({ config: names.join(delimiter) }));
    await editor.open('smmu.dts', text);
    const position = { line: 1, character: text.split('\n')[1]?.indexOf('arm,') ?? 0 };
    let last = '';
    // the settings are asked for after the document is open
    for (let i = 0; i < 50 && (last === '' || last.includes('no .config given')); i++) {
      const params = { textDocument: { uri: editor.uri('smmu.dts') }, position };
      last = JSON.stringify((await editor.client.sendRequest<Hover | null>('textDocument/hover', params))?.contents);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return last;
  };
  expect(await said(['configs/base'])).toContain('CONFIG_ARM_SMMU=y');
  editor.close();
  expect(await said(['configs/base', 'configs/own'])).toContain('`CONFIG_ARM_SMMU` is not set');
});
