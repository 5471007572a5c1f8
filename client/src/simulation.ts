/** Asks the server for a simulation; a progress notification that can cancel it appears when it takes long. */
import * as vscode from 'vscode';
import {
  CancellationToken,
  type LanguageClient,
  LSPErrorCodes,
  ResponseError,
  WorkDoneProgress,
} from 'vscode-languageclient/node';
import { methods, type SimulateParams, type SimulateResult } from '../../server/src/lsp/protocol';
import { serverUri } from './uris';

let runs = 0;

/** A simulation takes some ten milliseconds as a rule: only one that takes longer than this is worth a notification. */
const SLOW = 1000;

/** Whether an error only says that somebody cancelled. */
export function isCancelled(error: unknown): boolean {
  if (error instanceof vscode.CancellationError) return true;
  return (
    error instanceof ResponseError &&
    (error.code === LSPErrorCodes.RequestCancelled || error.code === LSPErrorCodes.ServerCancelled)
  );
}

/** Simulates the board of a file without telling the user; for updates after an edit. */
export function simulateQuietly(
  client: LanguageClient,
  uri: vscode.Uri,
  token: vscode.CancellationToken = CancellationToken.None,
): Promise<SimulateResult> {
  const params: SimulateParams = { textDocument: { uri: serverUri(uri) } };
  return client.sendRequest<SimulateResult>(methods.simulate, params, token);
}

/** The same; when it takes long, under a notification that shows the server's progress and a Cancel button. */
export async function simulateWithProgress(client: LanguageClient, uri: vscode.Uri): Promise<SimulateResult> {
  const workDoneToken = `smmuScope.simulate.${++runs}`;
  const stop = new vscode.CancellationTokenSource();
  let said: { readonly message?: string; readonly percentage: number } = { percentage: 0 };
  let tell: (() => void) | null = null;
  const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    if (value.kind === 'end') return;
    said = { ...value, percentage: value.percentage ?? said.percentage };
    tell?.();
  });
  const params: SimulateParams = { textDocument: { uri: serverUri(uri) }, workDoneToken };
  const running = client.sendRequest<SimulateResult>(methods.simulate, params, stop.token);
  const show = setTimeout(() => {
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const location = vscode.ProgressLocation.Notification;
    const options = { location, title: vscode.l10n.t('Simulating the boot of {0}', name), cancellable: true };
    void vscode.window.withProgress(options, async (progress, token) => {
      token.onCancellationRequested(() => stop.cancel());
      let shown = 0;
      tell = () => {
        progress.report({ message: said.message, increment: said.percentage - shown });
        shown = said.percentage;
      };
      tell();
      // whoever asked for the simulation hears of its failure
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
