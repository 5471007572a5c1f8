/**
 * "Explain Boot Log…": a log from a file, the clipboard or a selection is read back against the board, and its entries lead
 * to the sources. Lines of faults and deferrals in a terminal are links to the same.
 */
import * as vscode from 'vscode';
import { type LanguageClient, WorkDoneProgress } from 'vscode-languageclient/node';
import { type ExplainLogParams, type ExplainLogResult, methods, type Place } from '../../server/src/lsp/protocol';
import type { Boards } from './boards';
import { isCancelled } from './simulation';
import { editorUri, logScheme, serverUri } from './uris';

/** Shown as a notification when the reading takes longer than this. */
const SLOW = 1000;

/** Lines worth asking the server about: it alone decides what a line says. */
const MAYBE = /fault|defer|-517|smmu|iommu|supplier|mmu|dart|sync_state|mc-err/i;

/** Goes to a place in the sources, beside what shows the log. */
export async function openPlace(place: Place): Promise<void> {
  const { start, end } = place.range;
  const selection = new vscode.Range(start.line, start.character, end.line, end.character);
  const uri = editorUri(place.uri);
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
  const editor = await vscode.window.showTextDocument(uri, {
    selection,
    viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One,
  });
  editor.revealRange(selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

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
      const target = vscode.Uri.file(file).with({ fragment: `L${line},${column}` });
      links.push(new vscode.DocumentLink(new vscode.Range(start, end), target));
    }
    return links;
  }
}

interface TerminalLink extends vscode.TerminalLink {
  readonly line: string;
}

export class BootLogs implements vscode.TerminalLinkProvider<TerminalLink> {
  private runs = 0;
  private readonly explanations = new Explanations();

  constructor(
    private readonly client: LanguageClient,
    private readonly boards: Boards,
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
        : [{ label: '$(selection) Selected text', log: async () => ({ text: selected }) }]),
      ...(other.trim() === '' ? [] : [{ label: '$(file) This document', log: async () => ({ text: other }) }]),
      {
        label: '$(clippy) Clipboard',
        description: 'a log or a few lines of one',
        log: async () => ({ text: await vscode.env.clipboard.readText() }),
      },
      { label: '$(folder-opened) File…', description: 'any size, gzip, xz and zstd too', log: pickFile },
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title: 'Explain Boot Log',
      placeHolder: 'Where is the log?',
    });
    const log = picked === undefined ? null : await picked.log();
    if (log !== null) await this.explain(log);
  }

  /** Explains a log against the board that was looked at last, and shows what it says. */
  async explain(log: ExplainLogParams['log']): Promise<void> {
    if ('text' in log && log.text.trim() === '') {
      void vscode.window.showInformationMessage('The clipboard holds no text: copy the lines of a kernel log first.');
      return;
    }
    let result: ExplainLogResult;
    try {
      result = await this.ask(log);
    } catch (error) {
      if (!isCancelled(error))
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      return;
    }
    await this.explanations.show(result);
    const places = result.entries.flatMap((entry) => (entry.finding ? (entry.links[0]?.place ?? []) : []));
    // One thing is wrong: that is where to look.
    if (places.length === 1 && places[0] !== undefined) await openPlace(places[0]);
  }

  private async ask(log: ExplainLogParams['log']): Promise<ExplainLogResult> {
    const workDoneToken = `smmuScope.explainLog.${++this.runs}`;
    const stop = new vscode.CancellationTokenSource();
    let percentage = 0;
    let tell: (() => void) | null = null;
    const listener = this.client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
      if (value.kind === 'end') return;
      percentage = value.percentage ?? percentage;
      tell?.();
    });
    const uri = this.boards.currentFile;
    const params: ExplainLogParams = {
      log,
      textDocument: uri === null ? null : { uri: serverUri(uri) },
      workDoneToken,
    };
    const running = this.client.sendRequest<ExplainLogResult>(methods.explainLog, params, stop.token);
    const show = setTimeout(() => {
      const options = { location: vscode.ProgressLocation.Notification, title: 'Reading the log', cancellable: true };
      void vscode.window.withProgress(options, async (progress, token) => {
        token.onCancellationRequested(() => stop.cancel());
        let shown = 0;
        tell = () => {
          progress.report({ increment: percentage - shown });
          shown = percentage;
        };
        tell();
        await running.catch(() => undefined);
      });
    }, SLOW);
    try {
      return await running;
    } finally {
      clearTimeout(show);
      listener.dispose();
      stop.dispose();
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

async function pickFile(): Promise<ExplainLogParams['log'] | null> {
  const [file] = (await vscode.window.showOpenDialog({ title: 'Boot log', openLabel: 'Explain' })) ?? [];
  return file === undefined ? null : { path: file.fsPath };
}
