/** The language server as a process of its own. In a browser: browser/server.ts. */
import * as vscode from 'vscode';
import { LanguageClient, type ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { clientOptions } from './client-options';

/** Whether the server reads files by itself. */
export const serverHasDisk = true;

/** Whether everything that is open lies in file systems that are no disk: then the server asks the client for files. */
function isVirtualWorkspace(): boolean {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.length > 0 && folders.every(({ uri }) => uri.scheme !== 'file');
}

/** Makes the client; the caller starts it. Its output channel is named SMMU Scope. */
export function createClient(context: vscode.ExtensionContext): LanguageClient {
  const module = context.asAbsolutePath('dist/server.js');
  const args: string[] = [];
  const access = (): void => {
    args.splice(0);
    if (isVirtualWorkspace()) args.push('--client-reads');
    else if (!vscode.workspace.isTrusted) args.push('--untrusted');
  };
  access();
  const server: ServerOptions = {
    run: { module, args, transport: TransportKind.ipc },
    debug: { module, args, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6009'] } },
  };
  const client = new LanguageClient('smmuScope', 'SMMU Scope', server, clientOptions());
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      access();
      void client.restart();
    }),
  );
  return client;
}
