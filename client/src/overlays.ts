/** "Select Overlays": which overlays are put on the board of the current file, in the order in which they are picked. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { methods, type OverlaysResult, type SelectOverlaysParams } from '../../server/src/lsp/protocol';
import type { Boards } from './boards';
import { editorUri, serverUri } from './uris';

interface Choice extends vscode.QuickPickItem {
  readonly uri: string | null;
}

/** Lets the person pick one overlay after another: a quick pick keeps no order of its own. */
async function pick({ board, chosen, possible }: OverlaysResult): Promise<readonly string[] | null | undefined> {
  const picked = [...chosen];
  const all = [...new Set([...possible, ...chosen])];
  for (;;) {
    const done: Choice = {
      label: picked.length === 0 ? vscode.l10n.t('$(check) No overlays') : vscode.l10n.t('$(check) Done'),
      description: picked.map((uri) => editorUri(uri).path.split('/').at(-1)).join(', '),
      uri: null,
    };
    const items: Choice[] = all.map((uri) => {
      const at = picked.indexOf(uri);
      const name = vscode.workspace.asRelativePath(editorUri(uri));
      return { label: at < 0 ? name : `$(check) ${at + 1}. ${name}`, uri };
    });
    const automatic: Choice = { label: vscode.l10n.t('$(wand) As smmu-scope.json says'), uri: '' };
    const choice = await vscode.window.showQuickPick([done, ...items, automatic], {
      title: vscode.l10n.t('Overlays on {0}, in this order', board.name),
      placeHolder: vscode.l10n.t('Pick one to put it on top, or again to take it away'),
    });
    if (choice === undefined) return undefined;
    if (choice.uri === null) return picked;
    if (choice.uri === '') return null;
    const at = picked.indexOf(choice.uri);
    if (at < 0) picked.push(choice.uri);
    else picked.splice(at, 1);
  }
}

/** Registers the command; what is chosen is remembered for the workspace. */
export function registerOverlays(client: LanguageClient, boards: Boards, memory: vscode.Memento): vscode.Disposable {
  const key = (board: string) => `overlays ${board}`;
  return vscode.commands.registerCommand('smmuScope.selectOverlays', async () => {
    const uri = boards.currentFile;
    const found =
      uri === null
        ? null
        : await client.sendRequest<OverlaysResult | null>(methods.overlays, { textDocument: { uri: serverUri(uri) } });
    if (uri === null || found === null) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Open a board first: overlays are put on boards.'));
      return;
    }
    const overlays = await pick(found);
    if (overlays === undefined) return;
    const params: SelectOverlaysParams = { textDocument: { uri: serverUri(uri) }, overlays };
    await client.sendRequest(methods.selectOverlays, params);
    await memory.update(key(found.board.uri), overlays ?? undefined);
  });
}

/** Puts the overlays on a board that were chosen for it in an earlier session. */
export async function restoreOverlays(client: LanguageClient, memory: vscode.Memento): Promise<void> {
  for (const key of memory.keys()) {
    const overlays = key.startsWith('overlays ') ? memory.get<readonly string[]>(key) : undefined;
    if (overlays === undefined) continue;
    const params: SelectOverlaysParams = { textDocument: { uri: key.slice('overlays '.length) }, overlays };
    await client.sendRequest(methods.selectOverlays, params);
  }
}
