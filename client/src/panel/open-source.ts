/** Goes to the source of a device or of one of its properties, beside the panel: never on top of it. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type LocateParams, methods, type Place } from '../../../server/src/lsp/protocol';
import type { FromPanel } from '../../../webview/src/messages';
import { editorUri } from '../uris';

type Target = Extract<FromPanel, { type: 'open' }>;

/** The server knows where a node is written now; else the report says where it was. */
async function placeOf(client: LanguageClient, board: string | null, target: Target): Promise<Place | null> {
  if (board !== null) {
    const params: LocateParams = { board, device: target.device };
    const request = target.property === null ? params : { ...params, property: target.property };
    const place = await client.sendRequest<Place | null>(methods.locate, request).catch(() => null);
    if (place !== null) return place;
  }
  if (target.source === null) return null;
  const start = { line: Math.max(0, target.source.line - 1), character: Math.max(0, target.source.column - 1) };
  return { uri: target.source.uri, range: { start, end: start } };
}

/** A column that shows this file already, else any that shows text, else a new one; not the panel's. */
export function columnFor(uri: vscode.Uri, panel: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const editors = vscode.window.visibleTextEditors.filter(({ viewColumn }) => viewColumn !== undefined);
  const others = editors.filter(({ viewColumn }) => viewColumn !== panel);
  const same = others.find(({ document }) => document.uri.toString() === uri.toString());
  const column = (same ?? others[0])?.viewColumn;
  if (column !== undefined) return column;
  const group = vscode.window.tabGroups.all.find(({ viewColumn }) => viewColumn !== panel);
  return group?.viewColumn ?? (panel === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One);
}

/**
 * @param board the board's URI as the server knows it; null: it does not know it yet
 * @param panel the column that the panel stands in
 */
export async function openSource(
  client: LanguageClient,
  board: string | null,
  target: Target,
  panel: vscode.ViewColumn | undefined,
): Promise<void> {
  const place = await placeOf(client, board, target);
  if (place === null) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has no node in the devicetree.', target.device));
    return;
  }
  const { start, end } = place.range;
  const selection = new vscode.Range(start.line, start.character, end.line, end.character);
  const uri = editorUri(place.uri);
  const editor = await vscode.window.showTextDocument(uri, { selection, viewColumn: columnFor(uri, panel) });
  editor.revealRange(selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
