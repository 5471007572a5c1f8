/** An editor over a folder of its own, with the language server in this process. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  createConnection,
  createProtocolConnection,
  type Diagnostic,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { serve } from '../../src/lsp/server';
import { toUri } from '../../src/workspace/files';

export interface Editor {
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
export async function openEditor(files: Readonly<Record<string, string | Uint8Array>>): Promise<Editor> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'smmu-scope-')));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const [up, down] = [new PassThrough(), new PassThrough()];
  const server = createConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
  serve(server);
  server.listen();
  const client = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const published = new Map<string, readonly Diagnostic[]>();
  let waiting: (() => void)[] = [];
  client.onNotification('textDocument/publishDiagnostics', (p: { uri: string; diagnostics: Diagnostic[] }) => {
    published.set(p.uri, p.diagnostics);
    for (const wake of waiting.splice(0)) wake();
  });
  client.listen();
  const workspaceFolders = [{ uri: toUri(root), name: 'root' }];
  await client.sendRequest('initialize', { processId: null, rootUri: null, workspaceFolders, capabilities: {} });
  await client.sendNotification('initialized', {});
  const uri = (name: string): string => toUri(join(root, name));
  return {
    client,
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
