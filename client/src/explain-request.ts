/** Asks the server to read a boot log; a progress notification that can cancel it appears when it takes long. */
import * as vscode from 'vscode';
import { type LanguageClient, WorkDoneProgress } from 'vscode-languageclient/node';
import { type ExplainLogParams, type ExplainLogResult, methods } from '../../server/src/lsp/protocol';
import { serverUri } from './uris';

/** Shown as a notification when the reading takes longer than this. */
const SLOW = 1000;
let runs = 0;

/** @param uri any file of the board that the log is from; null: none is known */
export async function askLog(
  client: LanguageClient,
  uri: vscode.Uri | null,
  log: ExplainLogParams['log'],
): Promise<ExplainLogResult> {
  const workDoneToken = `smmuScope.explainLog.${++runs}`;
  const stop = new vscode.CancellationTokenSource();
  let percentage = 0;
  let tell: (() => void) | null = null;
  const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    if (value.kind === 'end') return;
    percentage = value.percentage ?? percentage;
    tell?.();
  });
  const params: ExplainLogParams = {
    log,
    textDocument: uri === null ? null : { uri: serverUri(uri) },
    workDoneToken,
  };
  const running = client.sendRequest<ExplainLogResult>(methods.explainLog, params, stop.token);
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

/** Lets the user choose a file; null: the user thought better of it. */
export async function pickLogFile(): Promise<ExplainLogParams['log'] | null> {
  const [file] = (await vscode.window.showOpenDialog({ title: 'Boot log', openLabel: 'Explain' })) ?? [];
  return file === undefined ? null : { path: file.fsPath };
}
