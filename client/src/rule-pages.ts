/** The pages of the rules, which the extension brings along. */
import * as vscode from 'vscode';

/** The command behind a finding's code; its argument is the rule's name. */
export const showRule = 'smmuScope.showRule';

/** Registers the command: the page as rendered Markdown, or as text where nothing renders it. */
export function registerRulePages(extension: vscode.Uri): vscode.Disposable {
  return vscode.commands.registerCommand(showRule, async (code: unknown) => {
    if (typeof code !== 'string' || !/^[a-z0-9-]+$/.test(code)) return;
    const page = vscode.Uri.joinPath(extension, 'docs', 'rules', `${code}.md`);
    try {
      await vscode.commands.executeCommand('markdown.showPreview', page);
    } catch {
      await vscode.window.showTextDocument(page, { preview: true });
    }
  });
}
