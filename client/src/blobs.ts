/**
 * Opens .dtb and .dtbo files as read-only devicetree source. The server prints the blob; the text is a document of its own
 * scheme, which the server knows by the blob's file URI, so that hover and simulation work on it as on any board.
 */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type BlobTextResult, type BoardParams, methods } from '../../server/src/lsp/protocol';
import { blobScheme, blobUri, serverUri, textUri } from './uris';

const viewType = 'smmuScope.blob';

class BlobTexts implements vscode.TextDocumentContentProvider {
  readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly client: LanguageClient) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const params: BoardParams = { textDocument: { uri: serverUri(uri) } };
    const result = await this.client.sendRequest<BlobTextResult | null>(methods.blobText, params);
    if (result === null) throw new Error(`${vscode.workspace.asRelativePath(blobUri(uri))} is no devicetree blob`);
    return result.text;
  }
}

/** A custom editor only because a binary file cannot be opened as text: it opens the text in its place and goes. */
const redirect: vscode.CustomReadonlyEditorProvider = {
  openCustomDocument: (uri) => ({ uri, dispose() {} }),
  async resolveCustomEditor(document, panel) {
    const { viewColumn } = panel;
    try {
      const text = await vscode.workspace.openTextDocument(textUri(document.uri));
      panel.dispose();
      await vscode.window.showTextDocument(text, { viewColumn, preview: false });
    } catch (error) {
      panel.webview.html = '<!DOCTYPE html><title>Devicetree blob</title><p>This file is no devicetree blob.</p>';
      const reason = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(vscode.l10n.t('The devicetree blob cannot be opened: {0}', reason));
    }
  },
};

/** Registers the editor, the text provider, and a watcher that prints a blob again when it is rebuilt. */
export function registerBlobs(client: LanguageClient): vscode.Disposable {
  const texts = new BlobTexts(client);
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.{dtb,dtbo}', true, false, true);
  return vscode.Disposable.from(
    texts.changed,
    watcher,
    watcher.onDidChange((uri) => texts.changed.fire(textUri(uri))),
    vscode.workspace.registerTextDocumentContentProvider(blobScheme, texts),
    vscode.window.registerCustomEditorProvider(viewType, redirect, { supportsMultipleEditorsPerDocument: false }),
  );
}
