/** What is said to a client only when it can take it. */
import { afterEach, describe, expect, test } from 'vitest';
import type { CodeAction, CodeLens, CompletionItem, Hover } from 'vscode-languageserver/node';
import { type Editor, type EditorOptions, openEditor } from '../../test/helpers/editor';
import { exampleBoard } from '../language/rules/examples';
import { packageVersion } from '../workspace/package-files';
import { plainText } from './client';

let editor: Editor;
afterEach(() => editor?.close());

const soc = exampleBoard.replace('/dts-v1/;\n', '');
const board = '/dts-v1/;\n#include "soc.dtsi"\n&a {\n\t/* é */ iommus = <&smmu 0x480>;\n};\n';

async function open(options: EditorOptions = {}): Promise<void> {
  editor = await openEditor({ 'soc.dtsi': soc, 'board.dts': board }, options);
  await editor.open('board.dts', board);
}

const here = () => ({ textDocument: { uri: editor.uri('board.dts') } });
const codes = () => (editor.published.get(editor.uri('board.dts')) ?? []).map((d) => d.code);
const found = () => editor.until(() => codes().includes('smmu/cell-count'));

async function items(): Promise<CompletionItem[]> {
  const list = await editor.client.sendRequest<{ items: CompletionItem[] }>('textDocument/completion', {
    ...here(),
    position: { line: 3, character: 1 },
  });
  return list.items;
}

async function ignore(): Promise<CodeAction | undefined> {
  const actions = await editor.client.sendRequest<CodeAction[]>('textDocument/codeAction', {
    ...here(),
    range: { start: { line: 3, character: 22 }, end: { line: 3, character: 22 } },
    context: { diagnostics: [] },
  });
  return actions.find((a) => a.title.startsWith('Ignore'));
}

const lenses = () => editor.client.sendRequest<CodeLens[]>('textDocument/codeLens', here());

describe('a client that can nothing but what all must', () => {
  test('is asked nothing, and gets no snippet and no command', async () => {
    await open();
    expect(await found()).toBe(true);
    expect(editor.asked).toEqual([]);
    expect(editor.initialized.serverInfo).toEqual({ name: 'smmu-scope', version: packageVersion() });
    expect(editor.initialized.serverInfo?.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(editor.initialized.capabilities.positionEncoding).toBe('utf-16');
    expect(editor.initialized.capabilities.diagnosticProvider).toBeUndefined();
    const all = await items();
    expect(all.length).toBeGreaterThan(3);
    for (const item of all) {
      expect(item.insertTextFormat).toBeUndefined();
      expect(item.textEdit?.newText).not.toMatch(/\$\d|\$\{/);
    }
    const said = await lenses();
    expect(said.length).toBeGreaterThan(0);
    expect(said.map((lens) => lens.command?.command)).toEqual(said.map(() => ''));
    expect((await ignore())?.edit?.changes?.[editor.uri('board.dts')]).toEqual([
      {
        range: { start: { line: 3, character: 0 }, end: { line: 3, character: 0 } },
        newText: '\t// smmu-scope-ignore cell-count TODO: say why\n',
      },
    ]);
  });
});

describe('a client that says it', () => {
  test('can snippets gets them', async () => {
    await open({ capabilities: { textDocument: { completion: { completionItem: { snippetSupport: true } } } } });
    expect(
      (await items()).some((item) => item.insertTextFormat === 2 && /\$\{1/.test(item.textEdit?.newText ?? '')),
    ).toBe(true);
  });

  test.each([
    ['has settings, and registers nothing', { configuration: true }, ['workspace/configuration']],
    [
      'registers both',
      {
        configuration: true,
        didChangeConfiguration: { dynamicRegistration: true },
        didChangeWatchedFiles: { dynamicRegistration: true },
      },
      ['client/registerCapability', 'client/registerCapability', 'workspace/configuration'],
    ],
    [
      'registers watchers only',
      { didChangeWatchedFiles: { dynamicRegistration: true } },
      ['client/registerCapability'],
    ],
  ])('%s', async (_, workspace, asked) => {
    await open({ capabilities: { workspace }, settings: { severity: { 'smmu/id-in-mask': 'off' } } });
    expect(await found()).toBe(true);
    expect([...editor.asked].sort()).toEqual(asked);
  });

  test('has our commands gets them in lenses, and asks for the reason of an ignored finding itself', async () => {
    await open({ initializationOptions: { commands: ['smmuScope.reveal', 'smmuScope.ignore'] } });
    expect(await found()).toBe(true);
    expect((await lenses()).every((lens) => lens.command?.command === 'smmuScope.reveal')).toBe(true);
    expect((await ignore())?.command).toMatchObject({
      command: 'smmuScope.ignore',
      arguments: [{ uri: editor.uri('board.dts'), line: 3, indent: '\t', rule: 'cell-count' }],
    });
  });

  test('has places in edits is given one for the reason', async () => {
    const workspaceEdit = { documentChanges: true, snippetEditSupport: true };
    await open({ capabilities: { workspace: { workspaceEdit } } });
    expect(await found()).toBe(true);
    expect((await ignore())?.edit?.documentChanges).toMatchObject([
      { edits: [{ snippet: { value: expect.stringMatching(/ignore cell-count \$\{1:/) } }] },
    ]);
  });
});

test('a client that refuses what it said it can is served all the same', async () => {
  const workspace = {
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
  };
  await open({ capabilities: { workspace }, refuses: true });
  expect(await found()).toBe(true);
  expect(editor.asked.length).toBeGreaterThanOrEqual(3);
});

describe('UTF-8', () => {
  const utf8 = { capabilities: { general: { positionEncodings: ['utf-8', 'utf-16'] } } };
  /** Bytes before a text in the line that holds it. */
  const bytesTo = (text: string): number => {
    const line = board.split('\n')[3] ?? '';
    return Buffer.byteLength(line.slice(0, line.indexOf(text)));
  };

  test('is what a client prefers: findings, hovers, edits count bytes', async () => {
    await open(utf8);
    expect(editor.initialized.capabilities.positionEncoding).toBe('utf-8');
    expect(await found()).toBe(true);
    const finding = editor.published.get(editor.uri('board.dts'))?.find((d) => d.code === 'smmu/cell-count');
    expect(finding?.range.start).toEqual({ line: 3, character: bytesTo('&smmu') });
    // the related place stands in another file
    expect(finding?.relatedInformation?.[0]?.location.uri).toBe(editor.uri('soc.dtsi'));
    const hover = await editor.client.sendRequest<Hover>('textDocument/hover', {
      ...here(),
      position: { line: 3, character: bytesTo('0x480') + 1 },
    });
    expect(hover.range?.start.character).toBe(bytesTo('0x480'));
    const tokens = await editor.client.sendRequest<{ data: number[] }>('textDocument/semanticTokens/full', here());
    expect(tokens.data.length % 5).toBe(0);
    // an edit whose range counts bytes lands where it should
    const at = { line: 3, character: bytesTo('>;') };
    await editor.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: editor.uri('board.dts'), version: 2 },
      contentChanges: [{ range: { start: at, end: at }, text: ' 0x0' }],
    });
    expect(await editor.until(() => !codes().includes('smmu/cell-count'))).toBe(true);
  });

  test('an action changes the file at the right bytes', async () => {
    await open(utf8);
    expect(await found()).toBe(true);
    const actions = await editor.client.sendRequest<CodeAction[]>('textDocument/codeAction', {
      ...here(),
      range: { start: { line: 3, character: bytesTo('0x480') }, end: { line: 3, character: bytesTo('0x480') } },
      context: { diagnostics: [] },
    });
    const fix = actions.find((a) => a.isPreferred)?.edit?.changes?.[editor.uri('board.dts')]?.[0];
    expect(fix?.range.start).toEqual({ line: 3, character: bytesTo('>;') });
  });

  test.each([
    [['utf-16', 'utf-8'], 'utf-16'],
    [['utf-32'], 'utf-16'],
    [['utf-32', 'utf-8'], 'utf-8'],
  ])('%j gives %s', async (positionEncodings, expected) => {
    await open({ capabilities: { general: { positionEncodings } } });
    expect(editor.initialized.capabilities.positionEncoding).toBe(expected);
  });
});

describe('a client that pulls', () => {
  const capabilities = {
    textDocument: { diagnostic: {} },
    workspace: { diagnostics: { refreshSupport: true } },
  };
  type Report = { kind: string; resultId?: string; items?: { code: string }[] };
  const pull = (previousResultId?: string) =>
    editor.client.sendRequest<Report>('textDocument/diagnostic', { ...here(), previousResultId });

  test('is answered, and told nothing twice', async () => {
    await open({ capabilities });
    expect(editor.initialized.capabilities.diagnosticProvider).toMatchObject({ interFileDependencies: true });
    const first = await pull();
    expect(first.items?.map((d) => d.code)).toContain('smmu/cell-count');
    expect(await pull(first.resultId)).toEqual({ kind: 'unchanged', resultId: first.resultId });
    expect(codes()).toEqual([]);
    // another file of the board changes what this one is told: the client is to ask again
    await editor.open('soc.dtsi', soc.replace('#iommu-cells = <2>', '#iommu-cells = <1>'));
    expect(await editor.until(() => editor.asked.includes('workspace/diagnostic/refresh'))).toBe(true);
    expect((await pull(first.resultId)).items?.map((d) => d.code)).not.toContain('smmu/cell-count');
  });

  test('but wants them sent, has them sent', async () => {
    await open({ capabilities, initializationOptions: { pushDiagnostics: true } });
    expect(await found()).toBe(true);
    expect(editor.initialized.capabilities.diagnosticProvider).toBeUndefined();
  });
});

test.each([
  [`iommus = <\${1:&smmu} \${2:0x0}>;`, 'iommus = <&smmu 0x0>;'],
  [`status = "\${1|okay,disabled|}";`, 'status = "okay";'],
  [`a$0b\${3}`, 'ab'],
])('%s is plainly %s', (snippet, expected) => {
  // the first choice stands for the choice
  expect(plainText(snippet)).toBe(expected);
});

describe('beside another devicetree server', () => {
  const GENERAL = [
    'definitionProvider',
    'renameProvider',
    'documentFormattingProvider',
    'documentSymbolProvider',
    'semanticTokensProvider',
    'foldingRangeProvider',
  ] as const;
  const hoverAt = (line: number, character: number) =>
    editor.client.sendRequest<Hover | null>('textDocument/hover', { ...here(), position: { line, character } });

  test.each([
    ['auto, alone', { general: 'auto' }, true],
    ['auto, beside one', { general: 'auto', otherServer: true }, false],
    ['always, beside one', { general: 'always', otherServer: true }, true],
    ['never', { general: 'never' }, false],
  ] as const)('%s', async (_, initializationOptions, general) => {
    editor = await openEditor({ 'soc.dtsi': soc, 'board.dts': board }, { initializationOptions });
    await editor.open('board.dts', board.replace('};\n', '};\n&b { reg = <1 };\n'));
    expect(await found()).toBe(true);
    const { capabilities } = editor.initialized;
    for (const name of GENERAL) expect(capabilities[name] !== undefined, name).toBe(general);
    for (const name of ['hoverProvider', 'completionProvider', 'codeActionProvider', 'inlayHintProvider'] as const)
      expect(capabilities[name], name).toBeDefined();
    // the syntax is the other's, iommus is ours
    expect(codes().some((code) => /^dts\//.test(String(code)))).toBe(general);
    expect(await hoverAt(3, 20)).not.toBeNull();
    expect((await hoverAt(2, 1)) !== null).toBe(general);
    expect((await lenses()).length).toBeGreaterThan(0);
  });
});

describe('severities of a project file', () => {
  const said = () =>
    (editor.published.get(editor.uri('board.dts')) ?? []).find((d) => d.code === 'smmu/cell-count')?.severity;
  const project = JSON.stringify({ severity: { 'smmu/cell-count': 'warning' } });
  test('count in the editor', async () => {
    editor = await openEditor({ 'soc.dtsi': soc, 'board.dts': board, 'smmu-scope.json': project });
    await editor.open('board.dts', board);
    expect(await editor.until(() => said() !== undefined)).toBe(true);
    expect(said()).toBe(2);
  });
  test('a setting counts before them', async () => {
    editor = await openEditor(
      { 'soc.dtsi': soc, 'board.dts': board, 'smmu-scope.json': project },
      { initializationOptions: { severity: { 'smmu/cell-count': 'hint' } } },
    );
    await editor.open('board.dts', board);
    expect(await editor.until(() => said() !== undefined)).toBe(true);
    expect(said()).toBe(4);
  });
});
