/** "Show Merged Devicetree": the board of the current file as one read-only text beside the editor, kept up to date. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type BoardChangedParams,
  type MergedTextParams,
  type MergedTextResult,
  methods,
} from '../../server/src/lsp/protocol';
import type { Boards } from './boards';
import { mergedScheme, serverUri } from './uris';

class MergedTexts implements vscode.TextDocumentContentProvider {
  readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly client: LanguageClient) {}

  ask(uri: string, position?: vscode.Position): Promise<MergedTextResult | null> {
    const place = position === undefined ? {} : { position: { line: position.line, character: position.character } };
    const params: MergedTextParams = { textDocument: { uri }, ...place };
    return this.client.sendRequest<MergedTextResult | null>(methods.mergedText, params);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    return (await this.ask(uri.query))?.text ?? '// This board cannot be read any more.\n';
  }

  /** Prints the texts of a board again that are open. */
  refresh(change: BoardChangedParams): void {
    for (const { uri } of vscode.workspace.textDocuments)
      if (uri.scheme === mergedScheme && uri.query === change.board?.uri) this.changed.fire(uri);
  }
}

/** Registers the command and the provider of its texts. */
export function registerMerged(
  client: LanguageClient,
  boards: Boards,
  changes: vscode.Event<BoardChangedParams>,
): vscode.Disposable {
  const texts = new MergedTexts(client);
  const show = async (): Promise<void> => {
    const uri = boards.currentFile;
    const editor = vscode.window.visibleTextEditors.find((e) => e.document.uri.toString() === uri?.toString());
    const found = uri === null ? null : await texts.ask(serverUri(uri), editor?.selection.active);
    if (found === null) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          'Open a devicetree file that is a board or that a board includes: its merged tree can then be shown.',
        ),
      );
      return;
    }
    const target = vscode.Uri.from({
      scheme: mergedScheme,
      path: `/${found.board.name}.merged.dts`,
      query: found.board.uri,
    });
    const document = await vscode.workspace.openTextDocument(target);
    const shown = await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
    });
    if (found.line === null) return;
    const at = new vscode.Position(found.line, 0);
    shown.selection = new vscode.Selection(at, at);
    shown.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.AtTop);
  };
  return vscode.Disposable.from(
    texts.changed,
    changes((change) => texts.refresh(change)),
    vscode.workspace.registerTextDocumentContentProvider(mergedScheme, texts),
    vscode.commands.registerCommand('smmuScope.showMerged', show),
  );
}
