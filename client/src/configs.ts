/** "Choose Kernel Configuration": which of the configurations in a board's kernel tree boots; kept in the workspace's settings. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type ConfigsResult, methods } from '../../server/src/lsp/protocol';
import type { Boards } from './boards';
import { serverUri } from './uris';

interface Choice extends vscode.QuickPickItem {
  /** What the setting becomes; undefined: a file that is asked for. */
  readonly value?: string;
}

/** Registers the command. */
export function registerConfigs(client: LanguageClient, boards: Boards): vscode.Disposable {
  return vscode.commands.registerCommand('smmuScope.chooseConfig', async () => {
    const uri = boards.currentFile;
    const found =
      uri === null
        ? null
        : await client.sendRequest<ConfigsResult | null>(methods.configs, { textDocument: { uri: serverUri(uri) } });
    const settings = vscode.workspace.getConfiguration('smmuScope');
    const now = settings.get<string>('config', '');
    const items: Choice[] = (found?.configs ?? []).map(({ label, value, likely }) => ({
      label: value === now ? `$(check) ${label}` : label,
      description: likely ? vscode.l10n.t('likely') : '',
      value,
    }));
    const standard: Choice = {
      label:
        now === '' ? vscode.l10n.t('$(check) The default configuration') : vscode.l10n.t('The default configuration'),
      value: '',
    };
    const browse: Choice = { label: vscode.l10n.t('$(folder) Another file …') };
    const picked = await vscode.window.showQuickPick<Choice>([...items, standard, browse], {
      title:
        found === null
          ? vscode.l10n.t('Kernel configuration')
          : vscode.l10n.t('Kernel configuration of {0}', found.root),
      placeHolder: vscode.l10n.t('It says which drivers are built in, modules or absent'),
    });
    if (picked === undefined) return;
    const value = picked.value ?? (await ask());
    if (value === undefined) return;
    const target =
      vscode.workspace.workspaceFolders === undefined
        ? vscode.ConfigurationTarget.Global
        : vscode.ConfigurationTarget.Workspace;
    await settings.update('config', value === '' ? undefined : value, target);
  });
}

async function ask(): Promise<string | undefined> {
  const picked = await vscode.window.showOpenDialog({ title: vscode.l10n.t('Kernel configuration') });
  return picked?.[0]?.fsPath;
}
