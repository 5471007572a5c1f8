/** The language server as a web worker. */
import * as vscode from 'vscode';
import { BrowserMessageReader, BrowserMessageWriter, LanguageClient } from 'vscode-languageclient/browser';
import { clientOptions } from '../client-options';
import type * as node from '../server';

/** What is used of the browser's class, which the types of Node do not have. */
declare const Worker: new (url: string) => Scope & { terminate(): void };
type Scope = ConstructorParameters<typeof BrowserMessageReader>[0];

export const serverHasDisk: boolean = false;

export const createClient = ((context: vscode.ExtensionContext) => {
  const program = vscode.Uri.joinPath(context.extensionUri, 'dist', 'web', 'server.js').toString(true);
  let worker: InstanceType<typeof Worker> | null = null;
  context.subscriptions.push({ dispose: () => worker?.terminate() });
  // called at each start: the worker of the one before has been told to stop
  const start = () => {
    worker?.terminate();
    worker = new Worker(program);
    return Promise.resolve({ reader: new BrowserMessageReader(worker), writer: new BrowserMessageWriter(worker) });
  };
  return new RestartableClient('smmuScope', 'SMMU Scope', start, clientOptions());
}) as unknown as typeof node.createClient;

/** Node's client can start again; the browser's is given it. */
class RestartableClient extends LanguageClient {
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}
