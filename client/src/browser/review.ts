/** Reviews run git on a disk, which a browser has none of. */
import * as vscode from 'vscode';

export class Reviews {
  register(): vscode.Disposable {
    return vscode.commands.registerCommand('smmuScope.reviewChanges', () =>
      vscode.window.showInformationMessage(
        vscode.l10n.t(
          'Reviewing changes runs git: it needs VS Code on a machine with the files, not in a browser alone.',
        ),
      ),
    );
  }
}
