/** One panel: a webview that shows the simulation of one board and follows its sources. */
import { relative, sep } from 'node:path';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type {
  BoardChangedParams,
  ExplainLogParams,
  ExplainLogResult,
  SimulateResult,
} from '../../../server/src/lsp/protocol';
import type { SimulationReport } from '../../../server/src/simulator/report';
import {
  type Focus,
  type FromPanel,
  type PanelState,
  readFromPanel,
  sealed,
  type ToPanel,
} from '../../../webview/src/messages';
import { base64 } from '../bytes';
import { askLog } from '../explain-request';
import { openTarget, type Reviewed } from '../review/place';
import { isCancelled, simulateQuietly, simulateWithProgress } from '../simulation';
import { editorUri, serverUri } from '../uris';
import { answer } from './answers';
import { openSource } from './open-source';
import { pageOf } from './page';

/** How long the sources must rest before the panel simulates again. */
const restMilliseconds = 250;
/** Characters of a pasted log that the webview keeps for a reload of the window; a file is kept by its path. */
const mostKept = 1 << 19;

export class BoardPanel {
  private ready = false;
  private state: PanelState = { state: 'empty' };
  private result: SimulateResult | null = null;
  private timer: NodeJS.Timeout | undefined;
  /** Counts simulations asked for; an answer to an older one is dropped. */
  private asked = 0;
  private running = new vscode.CancellationTokenSource();
  private gone = false;
  /** The report before the last change of the board: a panel that was hidden compares with it too. */
  private before: SimulationReport | null = null;
  /** What the log says on this board. */
  private explained: ExplainLogResult | null = null;
  private logsAsked = 0;
  private reviewed: Reviewed | null = null;
  /** Whether the webview has shown it: one that comes back from being hidden stays where the user left it. */
  private reviewSeen = false;

  /**
   * @param uri the file that the user asked about
   * @param log the log that is shown, as it is known after a reload; null: none
   * @param onGone told when the panel is closed
   */
  constructor(
    private readonly client: LanguageClient,
    extension: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
    private uri: vscode.Uri,
    private focus: Focus,
    private log: ExplainLogParams['log'] | null,
    onGone: (panel: BoardPanel) => void,
  ) {
    const dist = vscode.Uri.joinPath(extension, 'dist');
    panel.iconPath = vscode.Uri.joinPath(extension, 'docs', 'images', 'icon.png');
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const read = readFromPanel(message);
      if (read !== null) this.received(read);
    });
    panel.onDidDispose(() => {
      this.gone = true;
      this.running.cancel();
      clearTimeout(this.timer);
      onGone(this);
    });
    panel.webview.html = pageOf({
      nonce: base64(crypto.getRandomValues(new Uint8Array(16))),
      script: panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, 'panel.js')).toString(),
      style: panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, 'panel.css')).toString(),
      source: panel.webview.cspSource,
    });
  }

  /** The URI of its board as the server knows it; null before the first simulation. */
  get board(): string | null {
    return this.result?.board.uri ?? null;
  }

  /** Whether it was opened for this file. */
  isFor(uri: vscode.Uri): boolean {
    return this.uri.toString() === uri.toString();
  }

  /** The file that it was opened for last. */
  get file(): vscode.Uri {
    return this.uri;
  }

  /** Simulates the board of a file, then shows the view asked for. */
  async show(uri: vscode.Uri, focus: Focus): Promise<void> {
    const sameFile = this.isFor(uri);
    this.uri = uri;
    this.focus = focus;
    this.panel.reveal(undefined, false);
    this.post({ type: 'focus', focus });
    await this.run(sameFile, (target) => simulateWithProgress(this.client, target));
  }

  /** The first simulation, or one after a reload of the window. */
  start(quietly: boolean): Promise<void> {
    return this.run(false, (uri) =>
      quietly ? simulateQuietly(this.client, uri, this.running.token) : simulateWithProgress(this.client, uri),
    );
  }

  boardChanged(change: BoardChangedParams): void {
    const concerned = change.board?.uri === this.board || change.uri === serverUri(this.uri);
    if (!concerned || change.version === this.result?.version) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.simulateAgain(), restMilliseconds);
  }

  /** Simulates again in the background: something that the boot rests on has changed. */
  simulateAgain(): Promise<void> {
    return this.run(true, (uri) => simulateQuietly(this.client, uri, this.running.token));
  }

  /** Reads a boot log against the board, and shows what it says; it is read anew when the board changes. */
  async explain(log: ExplainLogParams['log']): Promise<ExplainLogResult> {
    const mine = ++this.logsAsked;
    const result = await askLog(this.client, this.uri, log);
    // One that was asked for later is what the user wants to see.
    if (mine !== this.logsAsked) return result;
    this.log = log;
    this.explained = result;
    this.postLog();
    return result;
  }

  /** The same for a log that the user gave: when one thing is wrong, its source is where to look. */
  async explainFor(log: ExplainLogParams['log']): Promise<void> {
    const { entries } = await this.explain(log);
    const findings = entries.filter(({ finding }) => finding);
    const [link] = findings.length === 1 ? (findings[0]?.links ?? []) : [];
    if (link === undefined) return;
    const { device, property } = link;
    await openSource(this.client, this.board, { type: 'open', device, property, source: null }, this.panel.viewColumn);
  }

  /** The board says something else now: so does the log. */
  private async explainAgain(): Promise<void> {
    // A file may be large: it is read once.
    if (this.log === null || ('path' in this.log && this.explained !== null)) return;
    try {
      await this.explain(this.log);
    } catch (error) {
      this.client.debug(`the log was not read again: ${error}`);
      if (this.explained !== null || isCancelled(error)) return;
      // a log of before the reload, which the webview still holds
      const why = error instanceof Error ? error.message : String(error);
      void vscode.window.showWarningMessage(vscode.l10n.t('The boot log is not shown again. {0}', why));
      this.log = null;
      this.post({ type: 'log', log: null, from: null });
    }
  }

  private postLog(): void {
    if (this.explained === null || this.log === null) return;
    const { kernel, entries, comparison, found } = this.explained;
    const from = 'text' in this.log && this.log.text.length > mostKept ? null : this.log;
    this.post({ type: 'log', log: { kernel, entries, comparison, found }, from });
  }

  /** What changes of a repository do: shown in the comparison, this board's part first. */
  showReview(reviewed: Reviewed): void {
    this.reviewed = reviewed;
    this.reviewSeen = false;
    this.postReview();
  }

  private postReview(): void {
    if (this.reviewed === null || !this.ready) return;
    const { top, report } = this.reviewed;
    const board = editorUri(this.board ?? serverUri(this.uri));
    const below = relative(top, board.fsPath);
    const own = below.startsWith('..') ? null : below.split(sep).join('/');
    this.post({ type: 'review', review: { report, own }, fresh: !this.reviewSeen });
    this.reviewSeen = true;
  }

  dispose(): void {
    this.panel.dispose();
  }

  private async run(keepReport: boolean, simulate: (uri: vscode.Uri) => Promise<SimulateResult>): Promise<void> {
    const { uri } = this;
    clearTimeout(this.timer);
    this.running.cancel();
    this.running = new vscode.CancellationTokenSource();
    const mine = ++this.asked;
    const before = this.state;
    if (!keepReport || this.state.state !== 'report')
      this.setState({ state: 'loading', board: uri.path.slice(uri.path.lastIndexOf('/') + 1) });
    try {
      const result = await simulate(uri);
      if (mine !== this.asked || this.gone) return;
      this.result = result;
      const { board, version, report, milliseconds } = result;
      if (before.state === 'report' && before.board === board.name && before.version !== version)
        this.before = before.report;
      this.panel.title = `SMMU Scope: ${board.name}`;
      this.setState({ state: 'report', uri: serverUri(uri), board: board.name, version, milliseconds, report });
      void this.explainAgain();
    } catch (error) {
      if (mine !== this.asked || this.gone) return;
      if (isCancelled(error)) this.setState(before.state === 'report' ? before : { state: 'cancelled' });
      else this.setState({ state: 'error', message: error instanceof Error ? error.message : String(error) });
    }
  }

  private received(message: FromPanel): void {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.post({ type: 'focus', focus: this.focus });
        if (this.before !== null) this.post({ type: 'before', report: this.before });
        this.post({ type: 'state', state: this.state });
        this.postLog();
        this.postReview();
        break;
      case 'focus':
        this.focus = message.focus;
        break;
      case 'run':
        void this.run(true, (uri) => simulateWithProgress(this.client, uri));
        break;
      case 'open':
        void openSource(this.client, this.board, message, this.panel.viewColumn);
        break;
      case 'ask':
        void this.answer(message);
        break;
    }
  }

  private async answer({ id, ask }: Extract<FromPanel, { type: 'ask' }>): Promise<void> {
    try {
      const board =
        this.result === null ? null : { name: this.result.board.name, uri: editorUri(this.result.board.uri) };
      const value = await answer(ask, {
        client: this.client,
        file: this.uri,
        board,
        column: this.panel.viewColumn,
        openPlace: async (target) => {
          if (this.reviewed !== null) await openTarget(this.reviewed.top, target, this.panel.viewColumn);
        },
        explain: (log) => this.explainFor(log),
      });
      this.post({ type: 'answer', id, value });
      if (['set', 'scenario', 'choose-scenario'].includes(ask.kind)) void this.simulateAgain();
    } catch (error) {
      this.post({ type: 'refusal', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  private setState(state: PanelState): void {
    this.state = state;
    this.post({ type: 'state', state });
  }

  private post(message: ToPanel): void {
    if (this.ready && !this.gone) void this.panel.webview.postMessage(sealed(message));
  }
}
