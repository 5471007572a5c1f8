/** What a client may ask when: LSP 3.17, Server lifecycle. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createConnection,
  createProtocolConnection,
  ErrorCodes,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { serve } from './server';

let client: ProtocolConnection;
beforeEach(() => {
  const [up, down] = [new PassThrough(), new PassThrough()];
  const server = createConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
  serve(server);
  server.listen();
  client = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  client.listen();
});
afterEach(() => client.dispose());

const initialize = () => client.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
const document = { textDocument: { uri: 'file:///nowhere.dts' } };
const here = { ...document, position: { line: 0, character: 0 } };
const REQUESTS: readonly (readonly [string, object])[] = [
  ['textDocument/hover', here],
  ['textDocument/completion', here],
  ['textDocument/definition', here],
  ['textDocument/documentSymbol', document],
  ['textDocument/semanticTokens/full', document],
  ['textDocument/inlayHint', { ...document, range: { start: here.position, end: here.position } }],
  ['textDocument/codeLens', document],
  ['textDocument/diagnostic', document],
  ['workspace/symbol', { query: '' }],
  ['smmuScope/boards', document],
  ['smmuScope/simulate', document],
  ['nobody/knows', {}],
];

describe.each(REQUESTS)('%s', (method, params) => {
  test('before initialize', () =>
    expect(client.sendRequest(method, params)).rejects.toMatchObject({ code: ErrorCodes.ServerNotInitialized }));
  test('after shutdown', async () => {
    await initialize();
    await client.sendRequest('shutdown');
    await expect(client.sendRequest(method, params)).rejects.toMatchObject({ code: ErrorCodes.InvalidRequest });
  });
});

test('shutdown before initialize', () =>
  expect(client.sendRequest('shutdown')).rejects.toMatchObject({ code: ErrorCodes.ServerNotInitialized }));
test('a second initialize, and one after shutdown', async () => {
  await initialize();
  await expect(initialize()).rejects.toMatchObject({ code: ErrorCodes.InvalidRequest });
  expect(await client.sendRequest('textDocument/hover', here)).toBeNull();
  await client.sendRequest('shutdown');
  await expect(client.sendRequest('shutdown')).rejects.toMatchObject({ code: ErrorCodes.InvalidRequest });
  await expect(initialize()).rejects.toMatchObject({ code: ErrorCodes.InvalidRequest });
});
test('a request that nobody knows', async () => {
  await initialize();
  await expect(client.sendRequest('nobody/knows', {})).rejects.toMatchObject({ code: ErrorCodes.MethodNotFound });
});
