/** Asks the server to read a boot log; a progress notification that can cancel it appears when it takes long. */
import * as vscode from 'vscode';
import { type LanguageClient, WorkDoneProgress } from 'vscode-languageclient/node';
import { type ExplainLogParams, type ExplainLogResult, methods } from '../../server/src/lsp/protocol';
import { serverHasDisk } from './server';
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
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Reading the log'),
      cancellable: true,
    };
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

/** Logs that the client has to read and send are no larger (bytes). */
const MAX_SENT = 64 << 20;

/** The text of a log file that the server cannot reach. Throws with a sentence for people. */
async function textOf(file: vscode.Uri): Promise<string> {
  const { size } = await vscode.workspace.fs.stat(file);
  if (size > MAX_SENT) throw tooLarge();
  const bytes = await vscode.workspace.fs.readFile(file);
  return decoded(bytes[0] === 0x1f && bytes[1] === 0x8b ? await unpacked(bytes) : bytes);
}

const tooLarge = (): Error => new Error(vscode.l10n.t('The log is larger than {0} MB.', MAX_SENT >> 20));

/** A gzip file's content, no more than may be sent: a few packed bytes may stand for very many. */
async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = new Blob([Uint8Array.from(bytes)]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > MAX_SENT) {
      await reader.cancel();
      throw tooLarge();
    }
    parts.push(read.value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Windows' tools write UTF-16 with a mark at the start. */
function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** Lets the user choose a file; null: the user thought better of it. */
export async function pickLogFile(): Promise<ExplainLogParams['log'] | null> {
  const [title, openLabel] = [vscode.l10n.t('Boot log'), vscode.l10n.t('Explain')];
  const [file] = (await vscode.window.showOpenDialog({ title, openLabel })) ?? [];
  if (file === undefined) return null;
  return serverHasDisk && file.scheme === 'file' ? { path: file.fsPath } : { text: await textOf(file) };
}
