import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Editor, openEditor } from '../../test/helpers/editor';
import { exampleBoard } from '../language/rules/examples';
import { toPath } from '../workspace/files';
import { type BoardChangedParams, methods, type SetupResult, type SimulateResult } from './protocol';

let editor: Editor;
const uri = (name: string) => editor.uri(name);

beforeAll(async () => {
  editor = await openEditor({
    'include/empty.h': '',
    'soc.dtsi': exampleBoard.replace('/dts-v1/;\n', ''),
    'board.dts': '/dts-v1/;\n#include "soc.dtsi"\n&a { iommus = <&smmu 0x480>; };\n',
    'board.smmu.json': '{\n  "evnets": []\n}\n',
  });
});
afterAll(() => editor.close());

const text = '/dts-v1/;\n#include "soc.dtsi"\n&a { iommus = <&smmu 0x480>; };\n';
const at = (line: number, character: number) => ({
  textDocument: { uri: uri('board.dts') },
  position: { line, character },
});

async function until(done: () => boolean): Promise<void> {
  expect(await editor.until(done)).toBe(true);
}

const codes = (name: string) => editor.published.get(uri(name))?.map((d) => d.code) ?? [];

describe('a session', () => {
  test('opening a board publishes its findings with pages and related places', async () => {
    await editor.client.sendNotification('textDocument/didOpen', {
      textDocument: { uri: uri('board.dts'), languageId: 'dts', version: 1, text },
    });
    await until(() => codes('board.dts').includes('smmu/cell-count'));
    const finding = editor.published.get(uri('board.dts'))?.find((d) => d.code === 'smmu/cell-count');
    // the link is not dead
    const page = toPath(finding?.codeDescription?.href ?? '') ?? '';
    expect(readFileSync(page, 'utf8')).toMatch(/^# smmu\/cell-count/);
    expect(finding?.relatedInformation?.[0]?.location.uri).toBe(uri('soc.dtsi'));
  });

  test('what is misspelt in the scenario beside the board is published for that file', async () => {
    await until(() => (editor.published.get(uri('board.smmu.json'))?.length ?? 0) > 0);
    expect(editor.published.get(uri('board.smmu.json'))).toMatchObject([
      {
        severity: 2,
        message: 'unknown property evnets (did you mean events?)',
        range: { start: { line: 1, character: 2 }, end: { line: 1, character: 10 } },
      },
    ]);
  });

  test('hover, completion with lazy documentation, signature help, lenses, inlay hints', async () => {
    expect(await editor.client.sendRequest('textDocument/hover', at(2, 17))).toMatchObject({
      contents: { value: expect.stringContaining('Arm SMMUv1/v2') },
    });
    const list = await editor.client.sendRequest<{ items: { label: string; documentation?: unknown }[] }>(
      'textDocument/completion',
      at(2, 16),
    );
    const item = list.items.find((i) => i.label === '&smmu');
    expect(item?.documentation).toBeUndefined();
    expect(await editor.client.sendRequest('completionItem/resolve', item)).toMatchObject({
      documentation: { kind: 'markdown' },
    });
    expect(await editor.client.sendRequest('textDocument/signatureHelp', at(2, 22))).toMatchObject({
      activeParameter: 1,
    });
    expect(
      await editor.client.sendRequest('textDocument/codeLens', { textDocument: { uri: uri('board.dts') } }),
    ).not.toEqual([]);
  });

  test('the quick fix repairs it, and the finding goes', async () => {
    const diagnostics = editor.published.get(uri('board.dts')) ?? [];
    const range = diagnostics.find((d) => d.code === 'smmu/cell-count')?.range;
    const actions = await editor.client.sendRequest<
      {
        title: string;
        isPreferred?: boolean;
        edit: { changes: Record<string, { range: unknown; newText: string }[]> };
      }[]
    >('textDocument/codeAction', { textDocument: { uri: uri('board.dts') }, range, context: { diagnostics } });
    const fix = actions.find((a) => a.isPreferred === true);
    const edit = fix?.edit.changes[uri('board.dts')]?.[0];
    expect(edit?.newText).toBe(' 0x0');
    await editor.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: uri('board.dts'), version: 2 },
      contentChanges: [{ range: edit?.range, text: edit?.newText }],
    });
    await until(() => !codes('board.dts').includes('smmu/cell-count'));
  });

  test('fix-all repairs a file', async () => {
    const broken = `${text}&b { iommus = <&smmu 0x500>; }\n`;
    await editor.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: uri('board.dts'), version: 2 },
      contentChanges: [{ text: broken }],
    });
    const [all] = await editor.client.sendRequest<
      {
        edit: { changes: Record<string, { range: { start: { line: number; character: number } }; newText: string }[]> };
      }[]
    >('textDocument/codeAction', {
      textDocument: { uri: uri('board.dts') },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only: ['source.fixAll'] },
    });
    const edits = all?.edit.changes[uri('board.dts')] ?? [];
    const lines = broken.split('\n');
    for (const { range, newText } of [...edits].sort((a, b) => b.range.start.character - a.range.start.character)) {
      const line = lines[range.start.line] ?? '';
      lines[range.start.line] = line.slice(0, range.start.character) + newText + line.slice(range.start.character);
    }
    expect(lines.join('\n')).toBe(`${text.replace('0x480', '0x480 0x0')}&b { iommus = <&smmu 0x500>; };\n`);
  });

  test('the boot is simulated for the panel, with every strategy', async () => {
    const result = await editor.client.sendRequest<SimulateResult>(methods.simulate, {
      textDocument: { uri: uri('board.dts') },
    });
    expect(result.board.name).toBe('board');
    expect(result.report.devices.find((d) => d.device === '/soc/iommu@15000000')?.status).toBe('bound');
    expect(result.report.strategies.map((s) => s.id)).toEqual(['S1', 'S2', 'S3', 'S4', 'S5', 'S6']);
  });

  test('an include is seen through its board; devices are found in the text', async () => {
    expect(
      await editor.client.sendRequest(methods.activeBoard, { textDocument: { uri: uri('soc.dtsi') } }),
    ).toMatchObject({
      name: 'board',
    });
    expect(
      await editor.client.sendRequest(methods.locate, {
        board: uri('board.dts'),
        device: '/soc/dma@1000000',
        property: 'iommus',
      }),
    ).toMatchObject({
      uri: uri('board.dts'),
      range: { start: { line: 2 } },
    });
  });

  test('a request whose document changed meanwhile is dropped', async () => {
    const stale = editor.client.sendRequest('textDocument/hover', at(2, 17));
    await editor.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: uri('board.dts'), version: 3 },
      contentChanges: [{ range: { start: { line: 3, character: 0 }, end: { line: 3, character: 0 } }, text: '\n' }],
    });
    await expect(stale).rejects.toMatchObject({ code: -32801 });
  });

  test('text that conditionals leave out is faded, a hint that says nothing else', async () => {
    const left = `${text}#if 0\n/ { never; };\n#endif\n`;
    await editor.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: uri('board.dts'), version: 4 },
      contentChanges: [{ text: left }],
    });
    await until(() => codes('board.dts').includes('cpp/inactive'));
    expect(editor.published.get(uri('board.dts'))?.find((d) => d.code === 'cpp/inactive')).toMatchObject({
      severity: 4,
      tags: [1],
      range: { start: { line: 4, character: 0 }, end: { line: 4, character: 13 } },
    });
  });

  test('closing takes the findings away', async () => {
    await editor.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: uri('board.dts'), version: 5 },
      contentChanges: [{ text }],
    });
    await until(() => codes('board.dts').includes('smmu/cell-count'));
    await editor.client.sendNotification('textDocument/didClose', { textDocument: { uri: uri('board.dts') } });
    await until(() => codes('board.dts').length === 0);
  });
});

test('boots anew when the .config changes on disk', async () => {
  const on = 'CONFIG_ARM_SMMU=y\nCONFIG_ARM_GIC_V3=y\n';
  const board = `${exampleBoard}&a { iommus = <&smmu 0x480 0x3>; };`;
  const editor = await openEditor({ 'b.dts': board, 'build/.config': on });
  try {
    const codes = () => editor.published.get(editor.uri('b.dts'))?.map((d) => d.code) ?? null;
    const config = join(editor.root, 'build/.config');
    await editor.client.sendNotification('workspace/didChangeConfiguration', { settings: { smmuScope: { config } } });
    await editor.open('b.dts', board);
    expect(await editor.until(() => codes() !== null)).toBe(true);
    expect(codes()).not.toContain('smmu/provider-no-driver');
    writeFileSync(config, '# CONFIG_ARM_SMMU is not set\n');
    await editor.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: editor.uri('build/.config'), type: 2 }],
    });
    expect(await editor.until(() => codes()?.includes('smmu/provider-no-driver') === true)).toBe(true);
  } finally {
    editor.close();
  }
});

test('a board that is shown while no file of it is open is followed: sources, and the kernel that boots it', async () => {
  const board = `${exampleBoard}&a { iommus = <&smmu 0x480 0x3>; };`;
  const editor = await openEditor({ 'b.dts': board });
  try {
    const changes: BoardChangedParams[] = [];
    editor.client.onNotification(methods.boardChanged, (change: BoardChangedParams) => {
      changes.push(change);
    });
    const textDocument = { uri: editor.uri('b.dts') };
    const { version } = await editor.client.sendRequest<SimulateResult>(methods.simulate, { textDocument });
    writeFileSync(join(editor.root, 'b.dts'), `${board}\n/ { model = "other"; };\n`);
    const change = { changes: [{ ...textDocument, type: 2 }] };
    await editor.client.sendNotification('workspace/didChangeWatchedFiles', change);
    const follows = (change: BoardChangedParams) => change.uri === textDocument.uri && change.version > version;
    expect(await editor.until(() => changes.some(follows))).toBe(true);
    const settings = { smmuScope: { kernel: '5.15' } };
    await editor.client.sendNotification('workspace/didChangeConfiguration', { settings });
    expect(await editor.until(() => changes.some(({ board }) => board?.kernel.startsWith('5.15')))).toBe(true);
  } finally {
    editor.close();
  }
});

test('a scenario that a setting names counts for its board alone, and the setup says so', async () => {
  const board = `${exampleBoard}&a { iommus = <&smmu 0x480 0x3>; };`;
  const editor = await openEditor({
    'b.dts': board,
    'other.dts': board,
    'lab/old.smmu.json': '{ "schema": 1, "kernel": "5.15" }',
  });
  try {
    const ask = async (name: string) => {
      const textDocument = { uri: editor.uri(name) };
      const { report } = await editor.client.sendRequest<SimulateResult>(methods.simulate, { textDocument });
      const { scenario, scenarioExists, scenarioChosen } = await editor.client.sendRequest<SetupResult>(methods.setup, {
        textDocument,
      });
      return [report.kernel, scenario.slice(editor.root.length), scenarioExists, scenarioChosen];
    };
    const [newest] = await ask('b.dts');
    expect(await ask('b.dts')).toEqual([newest, '/b.smmu.json', false, false]);
    const set = (scenarios: Record<string, string>) =>
      editor.client.sendNotification('workspace/didChangeConfiguration', { settings: { smmuScope: { scenarios } } });
    await set({ 'b.dts': 'lab/old.smmu.json' });
    expect(await ask('b.dts')).toEqual(['5.15', '/lab/old.smmu.json', true, true]);
    expect(await ask('other.dts')).toEqual([newest, '/other.smmu.json', false, false]);
    await set({ 'b.dts': 'lab/none.smmu.json' });
    expect(await ask('b.dts')).toEqual([newest, '/lab/none.smmu.json', false, true]);
  } finally {
    editor.close();
  }
});
