/** "Ignore smmu/… here …": asks why, and writes the comment above the finding. */
import * as vscode from 'vscode';
import { commands, type IgnoreArguments } from '../../server/src/lsp/protocol';
import { editorUri } from './uris';

async function ignore({ uri, line, indent, rule }: IgnoreArguments): Promise<void> {
  const reason = await vscode.window.showInputBox({
    title: vscode.l10n.t('Ignore smmu/{0} here', rule),
    prompt: vscode.l10n.t('Why is it right as it is? The reason goes into the comment, for whoever reads it next.'),
    placeHolder: vscode.l10n.t('set up by the boot loader'),
    validateInput: (text) =>
      text.trim() === ''
        ? vscode.l10n.t('Say why.')
        : text.includes('*/')
          ? vscode.l10n.t('Without */, please.')
          : undefined,
  });
  if (reason === undefined) return;
  const edit = new vscode.WorkspaceEdit();
  edit.insert(editorUri(uri), new vscode.Position(line, 0), `${indent}// smmu-scope-ignore ${rule} ${reason.trim()}\n`);
  await vscode.workspace.applyEdit(edit);
}

/** Registers the command that quick fixes name. */
export function registerIgnore(): vscode.Disposable {
  return vscode.commands.registerCommand(commands.ignore, ignore);
}
