/** What the client tells the language server, wherever that runs. */
import * as vscode from 'vscode';
import type { LanguageClient, LanguageClientOptions } from 'vscode-languageclient/node';
import { commands, type InitializationOptions, type Settings } from '../../server/src/lsp/protocol';
import { showRule } from './rule-pages';
import { editorUri, serverUri } from './uris';

/** Extensions with a devicetree language server of their own, by publisher and name in their package.json. */
const OTHERS = ['KyleMicallefBonnici.dts-lsp', 'nordic-semiconductor.nrf-devicetree', 'trond-snekvik.devicetree'];

/** The name of another devicetree extension that is installed and on; null when we are alone. */
function otherServer(): string | null {
  const other = OTHERS.map((id) => vscode.extensions.getExtension(id)).find((extension) => extension !== undefined);
  return other?.id ?? null;
}

/** Starts the server again when what it offers at its start has changed: the setting, or the company. */
export function restartsWithCompany(client: LanguageClient): vscode.Disposable {
  let known = otherServer();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('smmuScope.general')) void client.restart();
    }),
    vscode.extensions.onDidChange(() => {
      const now = otherServer();
      if (now === known) return;
      known = now;
      void client.restart();
    }),
  );
}

/** The options of a client. */
export function clientOptions(): LanguageClientOptions {
  return {
    documentSelector: [{ language: 'dts' }],
    // A click on a finding's code opens the page that the extension brings along.
    initializationOptions: () =>
      ({
        rulePages: `command:${showRule}?%5B%22{code}%22%5D`,
        commands: Object.values(commands),
        choosesFolders: true,
        general: vscode.workspace.getConfiguration('smmuScope').get<Settings['general']>('general') ?? 'auto',
        otherServer: otherServer() !== null,
        // about 20 ms after a key; VS Code itself asks later
        pushDiagnostics: true,
      }) satisfies InitializationOptions,
    uriConverters: { code2Protocol: serverUri, protocol2Code: editorUri },
    // Hovers may link to our own panel, and to nothing else that runs.
    markdown: { isTrusted: { enabledCommands: [commands.reveal] }, supportHtml: false },
  };
}
