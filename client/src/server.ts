/** Starts the language server and holds the connection to it. */
import type * as vscode from 'vscode';
import {
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  TransportKind,
} from 'vscode-languageclient/node';
import { commands, type InitializationOptions } from '../../server/src/lsp/protocol';
import { showRule } from './rule-pages';
import { editorUri, serverUri } from './uris';

/** Makes the client; the caller starts it. Its output channel is named SMMU Scope. */
export function createClient(context: vscode.ExtensionContext): LanguageClient {
  const module = context.asAbsolutePath('dist/server.js');
  const server: ServerOptions = {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6009'] } },
  };
  const options: LanguageClientOptions = {
    documentSelector: [{ language: 'dts' }],
    // A click on a finding's code opens the page that the extension brings along.
    initializationOptions: {
      rulePages: `command:${showRule}?%5B%22{code}%22%5D`,
      choosesFolders: true,
    } satisfies InitializationOptions,
    uriConverters: { code2Protocol: serverUri, protocol2Code: editorUri },
    // Hovers may link to our own panel, and to nothing else that runs.
    markdown: { isTrusted: { enabledCommands: [commands.reveal] }, supportHtml: false },
  };
  return new LanguageClient('smmuScope', 'SMMU Scope', server, options);
}
