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
  const args = isVirtualWorkspace() ? ['--client-reads'] : [];
  const server: ServerOptions = {
    run: { module, args, transport: TransportKind.ipc },
    debug: { module, args, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6009'] } },
  };
  return new LanguageClient('smmuScope', 'SMMU Scope', server, clientOptions());
}
