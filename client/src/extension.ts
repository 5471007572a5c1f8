/** The extension: starts the language server, registers the commands and hosts the panel. */
import * as vscode from 'vscode';
import { type LanguageClient, State } from 'vscode-languageclient/node';
import {
  type BoardChangedParams,
  type ChooseFolderArguments,
  commands,
  methods,
  type RevealArguments,
} from '../../server/src/lsp/protocol';
import type { Focus, View } from '../../webview/src/messages';
import { makeApi, type SmmuScopeApi } from './api';
import { registerBlobs } from './blobs';
import { Boards } from './boards';
import { BootLogs } from './boot-log';
import { restartsWithCompany } from './client-options';
import { registerConfigs } from './configs';
import { registerExamples } from './examples';
import { answersFiles } from './files';
import { registerIgnore } from './ignore';
import { chooseIncludeFolder } from './include-folder';
import { registerMerged } from './merged';
import { registerOverlays, restoreOverlays } from './overlays';
import { Panels } from './panel/panels';
import { Reviews } from './review/reviews';
import { registerRulePages } from './rule-pages';
import { createClient } from './server';
import { registerTools } from './tools';
import { registerTree } from './tree-view';
import { editorUri } from './uris';

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<SmmuScopeApi> {
  client = createClient(context);
  const running = client;
  context.subscriptions.push(answersFiles(running));
  await running.start();
  // the client keeps one handler a notification: several listeners share this one
  const changes = new vscode.EventEmitter<BoardChangedParams>();
  running.onNotification(methods.boardChanged, (change: BoardChangedParams) => changes.fire(change));
  const boards = new Boards(running, changes.event);
  const command = (name: string, run: (argument: never) => unknown) =>
    vscode.commands.registerCommand(`smmuScope.${name}`, run);
  const showView = (view: View) => () => {
    const uri = boards.currentFile;
    if (uri !== null) return panels.show(uri, { view, device: null });
    return vscode.window.showInformationMessage(
      vscode.l10n.t('Open a devicetree file (.dts or .dtsi) first: SMMU Scope shows its board.'),
    );
  };
  const api = makeApi(running, changes.event);
  const restore = async (): Promise<void> => {
    await boards.restore(context.workspaceState);
    await restoreOverlays(running, context.workspaceState);
  };
  await restore();
  // VS Code brings panels back once they are registered: by then their boards are those that the user chose
  const panels = new Panels(running, context.extensionUri, changes.event, (uri, onlyFirst) =>
    boards.look(uri, onlyFirst),
  );
  context.subscriptions.push(
    boards,
    panels,
    registerBlobs(running),
    registerTree(running, boards, changes.event, (uri, focus) => panels.show(uri, focus)),
    registerMerged(running, boards, changes.event),
    changes,
    // a server that was started again knows nothing of what was chosen
    running.onDidChangeState(({ newState }) => {
      if (newState === State.Running) void restore();
    }),
    registerRulePages(context.extensionUri),
    new BootLogs(running, boards, panels).register(),
    new Reviews(context.asAbsolutePath('dist/cli.js'), boards, panels).register(),
    registerIgnore(),
    restartsWithCompany(running),
    registerExamples(context),
    registerOverlays(running, boards, context.workspaceState),
    registerConfigs(running, boards),
    registerTools(api),
    command('simulateBoot', showView('timeline')),
    command('showIovaMaps', showView('iova')),
    command('showDeferChains', showView('chains')),
    command('selectBoard', () => boards.choose()),
    command('restartServer', () => running.restart()),
    command('showOutput', () => running.outputChannel.show()),
    vscode.commands.registerCommand(commands.chooseIncludeFolder, (target?: ChooseFolderArguments) =>
      chooseIncludeFolder(target === undefined ? boards.currentFile : editorUri(target.uri)),
    ),
    vscode.commands.registerCommand(commands.reveal, (target: RevealArguments) => {
      const focus: Focus = { view: target.view, device: target.device ?? null };
      return panels.show(editorUri(target.uri), focus);
    }),
  );
  return api;
}

export function deactivate(): Promise<void> | undefined {
  return client?.stop();
}
