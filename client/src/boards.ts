/** The active board: found by the server for the file in the editor, shown in the status bar, chosen by the user. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type BoardChangedParams,
  type BoardInfo,
  type BoardParams,
  methods,
  type SelectBoardParams,
} from '../../server/src/lsp/protocol';
import { editorUri, serverUri, sourceUri } from './uris';

const treeNames = {
  linux: vscode.l10n.t('Linux tree'),
  'u-boot': vscode.l10n.t('U-Boot tree'),
  barebox: vscode.l10n.t('barebox tree'),
  rebasing: vscode.l10n.t('devicetree-rebasing'),
  zephyr: vscode.l10n.t('Zephyr tree'),
  'op-tee': vscode.l10n.t('OP-TEE tree'),
  'tf-a': vscode.l10n.t('Trusted Firmware-A tree'),
  vendor: vscode.l10n.t("vendor's devicetrees"),
  folder: vscode.l10n.t('plain folder'),
} as const;

/** What the tooltip says of a kernel that nothing names; too long for the status bar. */
const DEFAULT_CHOICE = / \(the newest model; .*\)$/;

const isSource = ({ document }: vscode.TextEditor): boolean => document.languageId === 'dts';

/** Follows editors and panels; knows the last devicetree file the user looked at and that file's board. */
export class Boards implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('smmuScope.board', vscode.StatusBarAlignment.Right, 100);
  private readonly turned = new vscode.EventEmitter<vscode.Uri>();
  private readonly disposables: vscode.Disposable[] = [this.item, this.turned];
  private uri: vscode.Uri | null = null;
  private board: BoardInfo | null = null;
  private memory: vscode.Memento | null = null;

  constructor(
    private readonly client: LanguageClient,
    changes: vscode.Event<BoardChangedParams>,
  ) {
    this.item.name = 'SMMU Scope board';
    this.item.command = 'smmuScope.selectBoard';
    this.disposables.push(
      vscode.window.onDidChangeActiveTextEditor((editor) => this.follow(editor)),
      changes((change) => this.changed(change)),
    );
    // after a reload no text editor may be active: the panel, or nothing at all, has the focus
    this.follow(vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors.find(isSource));
  }

  /** Another file is looked at. */
  readonly onDidTurn = this.turned.event;

  /** The devicetree file commands work on: that of the active editor or panel, else the last one looked at. */
  get currentFile(): vscode.Uri | null {
    return this.uri;
  }

  /**
   * Looks at a file that no text editor may show: that of a panel.
   * @param onlyFirst whatever the user looks at already stays
   */
  look(uri: vscode.Uri, onlyFirst = false): void {
    if (onlyFirst && this.uri !== null) return;
    this.uri = sourceUri(uri);
    this.turned.fire(this.uri);
    void this.refresh();
  }

  /** Lets the user choose the board through which the current file is looked at. */
  async choose(): Promise<void> {
    const uri = this.uri;
    if (uri === null) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('Open a devicetree file first: its boards can then be chosen here.'),
      );
      return;
    }
    const params: BoardParams = { textDocument: { uri: serverUri(uri) } };
    const boards = await this.client.sendRequest<readonly BoardInfo[]>(methods.boards, params);
    const automatic = {
      label: vscode.l10n.t('$(wand) Choose automatically'),
      board: null as BoardInfo | null,
      description: '',
    };
    const items = boards.map((board) => ({
      label:
        board.uri === (this.board?.base ?? this.board?.uri)
          ? `$(check) ${board.name}`
          : `$(circuit-board) ${board.name}`,
      description: vscode.workspace.asRelativePath(editorUri(board.uri)),
      board: board as BoardInfo | null,
    }));
    const title = vscode.l10n.t('Board for {0}', vscode.workspace.asRelativePath(uri));
    const placeHolder =
      items.length === 0
        ? vscode.l10n.t('No board includes this file')
        : this.board?.base === undefined
          ? vscode.l10n.t('Look at this file as part of …')
          : vscode.l10n.t('Put this overlay on …');
    const picked = await vscode.window.showQuickPick([automatic, ...items], {
      title,
      placeHolder,
      matchOnDescription: true,
    });
    if (picked === undefined) return;
    const selection: SelectBoardParams = { textDocument: params.textDocument, board: picked.board?.uri ?? null };
    await this.client.sendRequest(methods.selectBoard, selection);
    await this.memory?.update(`board ${selection.textDocument.uri}`, selection.board ?? undefined);
    await this.refresh();
  }

  /** Looks at files through the boards that were chosen for them in an earlier session, and remembers from now on. */
  async restore(memory: vscode.Memento): Promise<void> {
    this.memory = memory;
    for (const key of memory.keys()) {
      const board = key.startsWith('board ') ? memory.get<string>(key) : undefined;
      if (board === undefined) continue;
      const selection: SelectBoardParams = { textDocument: { uri: key.slice('board '.length) }, board };
      await this.client.sendRequest(methods.selectBoard, selection);
    }
    await this.refresh();
  }

  private follow(editor: vscode.TextEditor | undefined): void {
    if (editor !== undefined && isSource(editor)) this.look(editor.document.uri);
  }

  private async refresh(): Promise<void> {
    const uri = this.uri;
    if (uri === null) return;
    const params: BoardParams = { textDocument: { uri: serverUri(uri) } };
    try {
      const board = await this.client.sendRequest<BoardInfo | null>(methods.activeBoard, params);
      if (this.uri === uri) this.show(board);
    } catch (error) {
      // The server is starting again or has stopped; its own message says so.
      this.client.debug(`no active board: ${error instanceof Error ? error.message : error}`);
    }
  }

  private changed(change: BoardChangedParams): void {
    if (this.uri !== null && change.uri === serverUri(this.uri)) this.show(change.board);
  }

  private show(board: BoardInfo | null): void {
    this.board = board;
    // whose drivers count is part of what a person looks at: the tooltip alone would hide it
    this.item.text =
      board === null
        ? vscode.l10n.t('$(circuit-board) no board')
        : `$(circuit-board) ${board.name} · ${board.drivers ?? `Linux ${board.kernel.replace(DEFAULT_CHOICE, '')}`}`;
    const tooltip = new vscode.MarkdownString();
    if (board === null) tooltip.appendMarkdown(vscode.l10n.t('No board includes this file. Click to choose one.'));
    else {
      tooltip.appendMarkdown(`**${board.name}** (${treeNames[board.tree]})\n\n`);
      tooltip.appendText(vscode.workspace.asRelativePath(editorUri(board.base ?? board.uri)));
      tooltip.appendMarkdown('\n\n');
      tooltip.appendText(vscode.l10n.t('Boots as on Linux {0}.', board.kernel));
      if (board.drivers !== undefined) tooltip.appendMarkdown('\n\n').appendText(board.drivers);
      tooltip.appendMarkdown(`\n\n${vscode.l10n.t('Click to look at this file through another board.')}`);
    }
    this.item.tooltip = tooltip;
    this.item.show();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }
}
