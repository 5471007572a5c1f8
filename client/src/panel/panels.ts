/** The panels: one a board. Opens them, brings them back after a reload, and tells them what changed. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type BoardChangedParams,
  type BoardInfo,
  type BoardParams,
  type ExplainLogParams,
  methods,
} from '../../../server/src/lsp/protocol';
import { type Focus, readSaved } from '../../../webview/src/messages';
import type { Reviewed } from '../review/place';
import { editorUri, serverUri } from '../uris';
import { BoardPanel } from './board-panel';

const viewType = 'smmuScope.panel';

/** Told which file a panel that has the focus is about; `onlyFirst`: it has not, and counts where nothing else does. */
type Look = (uri: vscode.Uri, onlyFirst: boolean) => void;

export class Panels implements vscode.Disposable, vscode.WebviewPanelSerializer<unknown> {
  private readonly panels = new Set<BoardPanel>();
  private readonly disposables: vscode.Disposable[];

  constructor(
    private readonly client: LanguageClient,
    private readonly extension: vscode.Uri,
    changes: vscode.Event<BoardChangedParams>,
    private readonly look: Look,
  ) {
    this.disposables = [
      vscode.window.registerWebviewPanelSerializer(viewType, this),
      changes((change) => {
        for (const panel of this.panels) panel.boardChanged(change);
      }),
    ];
  }

  /** Shows the board of a file: in its panel if there is one, else in a new one beside the editor. */
  async show(uri: vscode.Uri, focus: Focus): Promise<BoardPanel> {
    const params: BoardParams = { textDocument: { uri: serverUri(uri) } };
    const board = await this.client.sendRequest<BoardInfo | null>(methods.activeBoard, params).catch(() => null);
    const known = [...this.panels].find((panel) => (board === null ? panel.isFor(uri) : panel.board === board.uri));
    if (known !== undefined) {
      await known.show(uri, focus);
      return known;
    }
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
    const made = this.adopt(vscode.window.createWebviewPanel(viewType, 'SMMU Scope', place), uri, focus);
    await made.start(false);
    return made;
  }

  /** Shows a boot log against the board of a file; throws with a sentence for people when it cannot be read. */
  async showLog(uri: vscode.Uri, log: ExplainLogParams['log']): Promise<void> {
    const panel = await this.show(uri, { view: 'log', device: null });
    await panel.explainFor(log);
  }

  /** Shows a review in the comparison of a board's panel; panels that are there show it too when they are looked at. */
  async showReview(board: vscode.Uri, reviewed: Reviewed): Promise<void> {
    const panel = await this.show(board, { view: 'compare', device: null });
    for (const each of new Set([...this.panels, panel])) each.showReview(reviewed);
  }

  /** VS Code brings a panel back after a reload; what the user had set is in the webview's own state. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = readSaved(state);
    if (saved.uri === undefined) return panel.dispose();
    const { focus = { view: 'iova', device: null }, log = null } = saved;
    await this.adopt(panel, editorUri(saved.uri), focus, log).start(true);
  }

  private adopt(
    panel: vscode.WebviewPanel,
    uri: vscode.Uri,
    focus: Focus,
    log: ExplainLogParams['log'] | null = null,
  ): BoardPanel {
    const made = new BoardPanel(this.client, this.extension, panel, uri, focus, log, (gone) =>
      this.panels.delete(gone),
    );
    this.panels.add(made);
    panel.onDidChangeViewState(() => panel.active && this.look(made.file, false));
    this.look(uri, !panel.active);
    return made;
  }

  dispose(): void {
    for (const panel of this.panels) panel.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }
}
