/** What the panel asks of the editor, and the answers. A new question: its schema in messages.ts, its case here. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type BoardParams,
  type CompareKernelsParams,
  type ExplainLogParams,
  methods,
  type SetupResult,
  type SimulateOnParams,
  type TranslateParams,
} from '../../../server/src/lsp/protocol';
import type { Answer, Ask } from '../../../webview/src/messages';
import { fromBase64, utf8 } from '../bytes';
import { pickLogFile } from '../explain-request';
import { pathUri, serverPath, serverUri } from '../uris';
import { columnFor } from './open-source';
import { scenarioTemplate } from './scenario';

export interface Asked {
  readonly client: LanguageClient;
  /** The file that the panel was opened for. */
  readonly file: vscode.Uri;
  /** Null before the first simulation. */
  readonly board: { readonly name: string; readonly uri: vscode.Uri } | null;
  /** The panel's column. */
  readonly column: vscode.ViewColumn | undefined;
  /** Opens a place of the review that is shown. */
  readonly openPlace: (target: Extract<Ask, { kind: 'review-place' }>['target']) => Promise<void>;
  /** Reads a log against the panel's board and shows what it says. */
  readonly explain: (log: ExplainLogParams['log']) => Promise<unknown>;
}

/** Asks for a place, writes a file there and says so; null: the user thought better of it, or it cannot be written. */
async function save(name: string, content: Uint8Array, { board }: Asked): Promise<string | null> {
  const defaultUri = board === null ? undefined : vscode.Uri.joinPath(board.uri, '..', name);
  const target = await vscode.window.showSaveDialog({ defaultUri, title: vscode.l10n.t('Save {0}', name) });
  if (target === undefined) return null;
  const path = vscode.workspace.asRelativePath(target);
  try {
    await vscode.workspace.fs.writeFile(target, content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(vscode.l10n.t('{0} cannot be written: {1}', path, why));
    return null;
  }
  void offerToOpen(target, path);
  return target.toString();
}

/** A page opens in the browser, a picture in the editor. */
async function offerToOpen(file: vscode.Uri, path: string): Promise<void> {
  const open = vscode.l10n.t('Open');
  const picked = await vscode.window.showInformationMessage(vscode.l10n.t('Saved {0}.', path), open);
  if (picked !== open) return;
  if (file.path.endsWith('.html')) await vscode.env.openExternal(file);
  else await vscode.commands.executeCommand('vscode.open', file, vscode.ViewColumn.Beside);
}

/** Opens the scenario beside the panel; one that is not there yet is made of what the boot knows. */
async function openScenario(asked: Asked, { scenario, scenarioExists, kernel }: SetupResult): Promise<null> {
  const uri = pathUri(scenario);
  if (!scenarioExists) await vscode.workspace.fs.writeFile(uri, utf8(scenarioTemplate(kernel)));
  await vscode.window.showTextDocument(uri, { viewColumn: columnFor(uri, asked.column) });
  return null;
}

async function pickConfig(): Promise<string | null> {
  const title = vscode.l10n.t('A kernel .config');
  const [picked] = (await vscode.window.showOpenDialog({ title, canSelectMany: false })) ?? [];
  return picked === undefined ? null : serverPath(picked);
}

/** Sets a setting where it is set already, else for the workspace, else for the user. */
async function setSetting(setting: string, value: string, file: vscode.Uri): Promise<null> {
  const section = vscode.workspace.getConfiguration('smmuScope', file);
  const target = vscode.workspace.workspaceFolders
    ? vscode.ConfigurationTarget.Workspace
    : vscode.ConfigurationTarget.Global;
  await section.update(setting, value === '' ? undefined : value, target);
  return null;
}

/** Names the board's scenario in the settings, by paths that hold on another machine too; or takes its name out of them. */
async function chooseScenario(which: 'pick' | 'beside', { board, file }: Asked): Promise<null> {
  if (board === null) return null;
  const name = vscode.workspace.asRelativePath(board.uri, false);
  const section = vscode.workspace.getConfiguration('smmuScope', file);
  const { [name]: _, ...others } = section.get<Record<string, string>>('scenarios', {});
  let scenarios = others;
  if (which === 'pick') {
    const filters = { [vscode.l10n.t('Scenario')]: ['json'] };
    const title = vscode.l10n.t('Scenario of {0}', board.name);
    const [picked] = (await vscode.window.showOpenDialog({ title, filters, canSelectMany: false })) ?? [];
    if (picked === undefined) return null;
    scenarios = { ...others, [name]: vscode.workspace.asRelativePath(picked, false) };
  }
  const target = vscode.workspace.workspaceFolders
    ? vscode.ConfigurationTarget.Workspace
    : vscode.ConfigurationTarget.Global;
  await section.update('scenarios', Object.keys(scenarios).length === 0 ? undefined : scenarios, target);
  return null;
}

/** Answers a question; throws with a sentence for people. */
export async function answer(ask: Ask, asked: Asked): Promise<Answer<Ask['kind']>> {
  const params: BoardParams = { textDocument: { uri: serverUri(asked.file) } };
  const request = <R>(method: string, more: object = {}): Promise<R> =>
    asked.client.sendRequest<R>(method, { ...params, ...more });
  switch (ask.kind) {
    case 'copy':
      await vscode.env.clipboard.writeText(ask.text);
      return null;
    case 'explain': {
      const log = ask.log === 'file' ? await pickLogFile() : ask.log;
      if (log !== null) await asked.explain(log);
      return null;
    }
    case 'save':
      return save(ask.name, ask.encoding === 'base64' ? fromBase64(ask.content) : utf8(ask.content), asked);
    case 'save-page': {
      const page = await request<string>(methods.reportPage);
      return save(`${asked.board?.name ?? 'report'}.html`, utf8(page), asked);
    }
    case 'boot':
      return request(methods.simulateOn, { kernel: ask.kernel } satisfies Omit<SimulateOnParams, 'textDocument'>);
    case 'compare':
      return request(methods.compareKernels, {
        kernels: ask.kernels,
      } satisfies Omit<CompareKernelsParams, 'textDocument'>);
    case 'review':
      await vscode.commands.executeCommand('smmuScope.reviewChanges');
      return null;
    case 'review-place':
      await asked.openPlace(ask.target);
      return null;
    case 'translate': {
      const { by, iova, write } = ask;
      return request(methods.translate, { by, iova, write } satisfies Omit<TranslateParams, 'textDocument'>);
    }
    case 'setup':
      return request(methods.setup);
    case 'set':
      return setSetting(ask.setting, ask.value, asked.file);
    case 'scenario':
      return openScenario(asked, await request<SetupResult>(methods.setup));
    case 'choose-scenario':
      return chooseScenario(ask.which, asked);
    case 'pick-config':
      return pickConfig();
  }
}
