/** The panel's host: one webview that shows the simulation of one board and follows its sources. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type BoardChangedParams,
  type LocateParams,
  methods,
  type Place,
  type SimulateResult,
} from '../../server/src/lsp/protocol';
import type { Focus, FromPanel, PanelState, ToPanel } from '../../webview/src/messages';
import { isCancelled, simulateQuietly, simulateWithProgress } from './simulation';
import { editorUri, serverUri } from './uris';

const viewType = 'smmuScope.panel';
/** How long the sources must rest before the panel simulates again. */
const restMilliseconds = 250;

/** What the webview keeps across a reload of the window. */
interface SavedState {
  readonly uri?: string;
  readonly focus?: Focus;
}

export class Panel implements vscode.Disposable, vscode.WebviewPanelSerializer<SavedState> {
  private readonly disposables: vscode.Disposable[] = [];
  private panel: vscode.WebviewPanel | null = null;
  private ready = false;
  private uri: vscode.Uri | null = null;
  private focus: Focus = { view: 'iova', device: null };
  private state: PanelState = { state: 'empty' };
  private result: SimulateResult | null = null;
  private timer: NodeJS.Timeout | undefined;
  /** Counts simulations asked for; an answer to an older one is dropped. */
  private asked = 0;
  private running = new vscode.CancellationTokenSource();

  constructor(
    private readonly client: LanguageClient,
    private readonly extensionUri: vscode.Uri,
    changes: vscode.Event<BoardChangedParams>,
  ) {
    this.disposables.push(
      vscode.window.registerWebviewPanelSerializer(viewType, this),
      changes((change) => this.boardChanged(change)),
    );
  }

  /** Opens the panel on the board of a file: simulates, then shows the view asked for. */
  async show(uri: vscode.Uri, focus: Focus): Promise<void> {
    const sameFile = this.uri?.toString() === uri.toString();
    this.uri = uri;
    this.focus = focus;
    if (this.panel === null) {
      const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
      this.adopt(vscode.window.createWebviewPanel(viewType, 'SMMU Scope', column));
    } else this.panel.reveal(undefined, false);
    this.post({ type: 'focus', focus });
    await this.run(sameFile, (target) => simulateWithProgress(this.client, target));
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, saved: SavedState | undefined): Promise<void> {
    this.uri = saved?.uri === undefined ? null : editorUri(saved.uri);
    this.focus = saved?.focus ?? this.focus;
    this.adopt(panel);
    if (this.uri !== null) await this.run(false, (target) => simulateQuietly(this.client, target, this.running.token));
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel?.dispose();
    this.panel = panel;
    this.ready = false;
    const dist = vscode.Uri.joinPath(this.extensionUri, 'dist');
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    panel.webview.onDidReceiveMessage((message: FromPanel) => this.received(message));
    panel.onDidDispose(() => {
      if (this.panel !== panel) return;
      this.panel = null;
      this.result = null;
      this.running.cancel();
      clearTimeout(this.timer);
    });
    panel.webview.html = html(panel.webview, dist);
  }

  private async run(keepReport: boolean, simulate: (uri: vscode.Uri) => Promise<SimulateResult>): Promise<void> {
    const uri = this.uri;
    if (uri === null || this.panel === null) return;
    clearTimeout(this.timer);
    this.running.cancel();
    this.running = new vscode.CancellationTokenSource();
    const mine = ++this.asked;
    const before = this.state;
    if (!keepReport || this.state.state !== 'report') {
      this.setState({ state: 'loading', board: uri.path.slice(uri.path.lastIndexOf('/') + 1) });
    }
    try {
      const result = await simulate(uri);
      if (mine !== this.asked) return;
      this.result = result;
      const { board, version, report, milliseconds } = result;
      if (this.panel !== null) this.panel.title = `SMMU Scope: ${board.name}`;
      this.setState({ state: 'report', uri: serverUri(uri), board: board.name, version, milliseconds, report });
    } catch (error) {
      if (mine !== this.asked) return;
      if (isCancelled(error)) this.setState(before.state === 'report' ? before : { state: 'cancelled' });
      else this.setState({ state: 'error', message: error instanceof Error ? error.message : String(error) });
    }
  }

  private boardChanged(change: BoardChangedParams): void {
    if (this.panel === null || this.uri === null) return;
    const concerned = change.board?.uri === this.result?.board.uri || change.uri === serverUri(this.uri);
    if (!concerned || change.version === this.result?.version) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.runQuietly(), restMilliseconds);
  }

  private runQuietly(): void {
    void this.run(true, (uri) => simulateQuietly(this.client, uri, this.running.token));
  }

  private received(message: FromPanel): void {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.post({ type: 'focus', focus: this.focus });
        this.post({ type: 'state', state: this.state });
        break;
      case 'focus':
        this.focus = message.focus;
        break;
      case 'run':
        void this.run(true, (uri) => simulateWithProgress(this.client, uri));
        break;
      case 'open':
        void this.open(message);
        break;
    }
  }

  /** Goes to the source of a device or of one of its properties; the server knows where, else the report does. */
  private async open(target: Extract<FromPanel, { type: 'open' }>): Promise<void> {
    let place: Place | null = null;
    if (this.result !== null) {
      const params: LocateParams = { board: this.result.board.uri, device: target.device };
      const request = target.property === null ? params : { ...params, property: target.property };
      place = await this.client.sendRequest<Place | null>(methods.locate, request).catch(() => null);
    }
    if (place === null && target.source !== null) {
      const start = { line: target.source.line - 1, character: target.source.column - 1 };
      place = { uri: target.source.uri, range: { start, end: start } };
    }
    if (place === null) {
      void vscode.window.showInformationMessage(`${target.device} has no node in the devicetree.`);
      return;
    }
    const { start, end } = place.range;
    const selection = new vscode.Range(start.line, start.character, end.line, end.character);
    const uri = editorUri(place.uri);
    const beside = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
    const other = vscode.window.visibleTextEditors.find((editor) => editor.viewColumn !== this.panel?.viewColumn);
    const viewColumn = beside?.viewColumn ?? other?.viewColumn ?? vscode.ViewColumn.One;
    const editor = await vscode.window.showTextDocument(uri, { selection, viewColumn });
    editor.revealRange(selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  private setState(state: PanelState): void {
    this.state = state;
    this.post({ type: 'state', state });
  }

  private post(message: ToPanel): void {
    if (this.ready) void this.panel?.webview.postMessage(message);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.running.cancel();
    this.panel?.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }
}

/**
 * The page: no inline script, nothing from the network. Inline styles must be allowed: the toolkit keeps its design tokens in
 * an empty style element of the head that it fills later, and VS Code writes the theme's colours into the style attribute
 * of the page; without 'unsafe-inline' both are refused (the end-to-end test fails on such messages).
 */
function html(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const script = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'panel.js'));
  const style = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'panel.css'));
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource} 'unsafe-inline'; font-src ${webview.cspSource}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>SMMU Scope</title>
</head>
<body>
<div id="panel"></div>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
