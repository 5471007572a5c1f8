/** Asks the server for a simulation, with a progress notification that can cancel it. */
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

/** The same under a notification that shows the server's progress and a Cancel button. */
export function simulateWithProgress(client: LanguageClient, uri: vscode.Uri): Promise<SimulateResult> {
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Simulating the boot of ${name}`,
    cancellable: true,
  };
  return Promise.resolve(
    vscode.window.withProgress(options, async (progress, token) => {
      const workDoneToken = `smmuScope.simulate.${++runs}`;
      let done = 0;
      const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind === 'end') return;
        const percentage = value.percentage ?? done;
        progress.report({ message: value.message, increment: percentage - done });
        done = percentage;
      });
      try {
        const params: SimulateParams = { textDocument: { uri: serverUri(uri) }, workDoneToken };
        return await client.sendRequest<SimulateResult>(methods.simulate, params, token);
      } finally {
        listener.dispose();
      }
    }),
  );
}
