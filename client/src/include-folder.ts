/** "Choose Include Folder": puts a folder into smmuScope.includePaths, for headers that lie outside of the devicetrees. */
import * as vscode from 'vscode';
import { serverPath } from './uris';

/** Asks for a folder and adds it to the setting of the workspace folder that a file lies in (else of the workspace). */
export async function chooseIncludeFolder(file: vscode.Uri | null): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("The kernel's source folder, or a folder with dt-bindings"),
    openLabel: vscode.l10n.t('Look for Includes Here'),
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: false,
    ...(file === null ? {} : { defaultUri: vscode.Uri.joinPath(file, '..') }),
  });
  const folder = picked?.[0];
  if (folder === undefined) return;
  const within = file === null ? undefined : vscode.workspace.getWorkspaceFolder(file);
  const settings = vscode.workspace.getConfiguration('smmuScope', within ?? null);
  const known = settings.get<readonly string[]>('includePaths') ?? [];
  const path = serverPath(folder);
  if (known.includes(path)) return;
  const target =
    within !== undefined && (vscode.workspace.workspaceFolders?.length ?? 0) > 1
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : within !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await settings.update('includePaths', [...known, path], target);
}
