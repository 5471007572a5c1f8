/**
 * "Explain Boot Log…": a log from a file, the clipboard or a selection is read back against the board, and its entries lead
 * to the sources. Lines of faults and deferrals in a terminal are links to the same.
 */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type ExplainLogParams, type ExplainLogResult, methods } from '../../server/src/lsp/protocol';
import type { Boards } from './boards';
import { askLog, pickLogFile } from './explain-request';
import type { Panels } from './panel/panels';
import { serverHasDisk } from './server';
import { isCancelled } from './simulation';
import { logScheme, pathUri } from './uris';

/** Lines worth asking the server about: it alone decides what a line says. */
const MAYBE = /fault|defer|-517|smmu|iommu|supplier|mmu|dart|sync_state|mc-err/i;

/** The explanation as a text whose places are links. */
class Explanations implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private text = '';

  async show(result: ExplainLogResult): Promise<void> {
    this.text = result.text;
    const uri = vscode.Uri.from({ scheme: logScheme, path: '/Boot log explained.txt' });
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  }

  provideTextDocumentContent(): string {
    return this.text;
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const links: vscode.DocumentLink[] = [];
    for (const match of document.getText().matchAll(/\(((?:\/|[A-Za-z]:)[^()\n]*):(\d+):(\d+)\)/g)) {
      const [, file = '', line, column] = match;
      const start = document.positionAt(match.index + 1);
      const end = document.positionAt(match.index + match[0].length - 1);
      const target = pathUri(file).with({ fragment: `L${line},${column}` });
      links.push(new vscode.DocumentLink(new vscode.Range(start, end), target));
    }
    return links;
  }
}

interface TerminalLink extends vscode.TerminalLink {
  readonly line: string;
}

export class BootLogs implements vscode.TerminalLinkProvider<TerminalLink> {
  private readonly explanations = new Explanations();

  constructor(
    private readonly client: LanguageClient,
    private readonly boards: Boards,
    private readonly panels: Panels,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(logScheme, this.explanations),
      vscode.languages.registerDocumentLinkProvider({ scheme: logScheme }, this.explanations),
      vscode.window.registerTerminalLinkProvider(this),
      vscode.commands.registerCommand('smmuScope.explainBootLog', () => this.choose()),
    );
  }

  private async choose(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const selected = editor === undefined ? '' : editor.document.getText(editor.selection);
    const other = editor !== undefined && editor.document.languageId !== 'dts' ? editor.document.getText() : '';
    type Item = vscode.QuickPickItem & { readonly log: () => Promise<ExplainLogParams['log'] | null> };
    const items: Item[] = [
      ...(selected.trim() === ''
        ? []
        : [{ label: vscode.l10n.t('$(selection) Selected text'), log: async () => ({ text: selected }) }]),
      ...(other.trim() === ''
        ? []
        : [{ label: vscode.l10n.t('$(file) This document'), log: async () => ({ text: other }) }]),
      {
        label: vscode.l10n.t('$(clippy) Clipboard'),
        description: vscode.l10n.t('a log or a few lines of one'),
        log: async () => ({ text: await vscode.env.clipboard.readText() }),
      },
      ...(this.boards.currentFile === null
        ? []
        : [
            {
              label: vscode.l10n.t('$(edit) Paste into the panel'),
              description: vscode.l10n.t('the view Boot log'),
              log: () => this.openView(),
            },
          ]),
      {
        label: vscode.l10n.t('$(folder-opened) File…'),
        description: serverHasDisk
          ? vscode.l10n.t('any size, gzip, xz and zstd too')
          : vscode.l10n.t('up to 64 MB, gzip too'),
        log: pickLogFile,
      },
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Explain Boot Log'),
      placeHolder: vscode.l10n.t('Where is the log?'),
    });
    const log = picked === undefined ? null : await picked.log();
    if (log !== null) await this.explain(log);
  }

  /** Shows the panel's view, where a log can be pasted and dropped. */
  private async openView(): Promise<null> {
    const uri = this.boards.currentFile;
    if (uri !== null) await this.panels.show(uri, { view: 'log', device: null });
    return null;
  }

  /** Explains a log against the board that was looked at last, and shows what it says. */
  async explain(log: ExplainLogParams['log']): Promise<void> {
    if ('text' in log && log.text.trim() === '') {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('The clipboard holds no text: copy the lines of a kernel log first.'),
      );
      return;
    }
    const uri = this.boards.currentFile;
    try {
      if (uri !== null) await this.panels.showLog(uri, log);
      // Without a board there is no panel: what the lines say, as a text.
      else await this.explanations.show(await askLog(this.client, null, log));
    } catch (error) {
      if (!isCancelled(error))
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }

  async provideTerminalLinks({ line }: vscode.TerminalLinkContext): Promise<TerminalLink[]> {
    if (!MAYBE.test(line) || line.length > 4096) return [];
    const params: ExplainLogParams = { log: { text: line }, textDocument: null };
    const found = await this.client.sendRequest<ExplainLogResult>(methods.explainLog, params).catch(() => null);
    const entry = found?.entries.find(({ type }) => type !== 'group' && type !== 'unread');
    if (entry === undefined) return [];
    const startIndex = line.indexOf(entry.text);
    return startIndex < 0
      ? []
      : [{ startIndex, length: entry.text.length, tooltip: `SMMU Scope: ${entry.headline}`, line }];
  }

  handleTerminalLink({ line }: TerminalLink): Promise<void> {
    return this.explain({ text: line });
  }
}
