/** An editor over a folder of its own, with the language server in this process. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  type ClientCapabilities,
  createConnection,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type { InitializationOptions, Settings } from '../../src/lsp/protocol';
import { serve } from '../../src/lsp/server';
import type { FileAccess } from '../../src/lsp/session';
import { toUri } from '../../src/workspace/files';

/** What the editor says of itself, and what it answers. */
export interface EditorOptions {
  readonly capabilities?: ClientCapabilities;
  readonly initializationOptions?: InitializationOptions;
  /** The settings section that it answers workspace/configuration with. */
  readonly settings?: Partial<Settings>;
  /** It answers what the server asks with an error. */
  readonly refuses?: boolean;
  /** What the server may read by itself. */
  readonly access?: FileAccess;
}

export interface Editor {
  /** What the server said to initialize. */
  readonly initialized: InitializeResult;
  /** The requests that the server has sent, by method. */
  readonly asked: readonly string[];
  readonly client: ProtocolConnection;
  /** The folder that is open. */
  readonly root: string;
  /** The findings last published, by URI. */
  readonly published: ReadonlyMap<string, readonly Diagnostic[]>;
  uri(name: string): string;
  open(name: string, text: string): Promise<void>;
  /** Waits until something published makes it true; false after ten seconds. */
  until(done: () => boolean): Promise<boolean>;
  close(): void;
}

/** Writes the files (by their names below the folder) and starts a session. */
export async function openEditor(
  files: Readonly<Record<string, string | Uint8Array>>,
  { capabilities = {}, initializationOptions, settings, refuses = false, access }: EditorOptions = {},
): Promise<Editor> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'smmu-scope-')));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const [up, down] = [new PassThrough(), new PassThrough()];
  const server = createConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
  serve(server, access);
  server.listen();
  const client = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const published = new Map<string, readonly Diagnostic[]>();
  let waiting: (() => void)[] = [];
  client.onNotification('textDocument/publishDiagnostics', (p: { uri: string; diagnostics: Diagnostic[] }) => {
    published.set(p.uri, p.diagnostics);
    for (const wake of waiting.splice(0)) wake();
  });
  const asked: string[] = [];
  const answers: Readonly<Record<string, (params: { items?: unknown[] }) => unknown>> = {
    'workspace/configuration': ({ items }) => items?.map(() => settings ?? null),
    'client/registerCapability': () => null,
    'workspace/diagnostic/refresh': () => null,
  };
  for (const [method, answer] of Object.entries(answers))
    client.onRequest(method, (params: { items?: unknown[] }) => {
      asked.push(method);
      for (const wake of waiting.splice(0)) wake();
      if (refuses) throw new Error('no');
      return answer(params);
    });
  client.listen();
  const workspaceFolders = [{ uri: toUri(root), name: 'root' }];
  const initialized = await client.sendRequest<InitializeResult>('initialize', {
    processId: null,
    rootUri: null,
    workspaceFolders,
    capabilities,
    ...(initializationOptions === undefined ? {} : { initializationOptions }),
  });
  await client.sendNotification('initialized', {});
  const uri = (name: string): string => toUri(join(root, name));
  return {
    client,
    initialized,
    asked,
    root,
    published,
    uri,
    open: (name, text) =>
      client.sendNotification('textDocument/didOpen', {
        textDocument: { uri: uri(name), languageId: 'dts', version: 1, text },
      }),
    async until(done) {
      for (let i = 0; i < 200 && !done(); i++)
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          setTimeout(resolve, 50);
        });
      return done();
    },
    close() {
      waiting = [];
      client.dispose();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
