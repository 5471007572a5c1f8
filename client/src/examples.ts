/** "Open the Examples": a copy of the boards with seeded mistakes, in a window of its own. */
import * as vscode from 'vscode';

/** Copies the examples that the extension brings along, and opens the copy: the person may change them as they like. */
async function openExamples(context: vscode.ExtensionContext): Promise<void> {
  const { fs } = vscode.workspace;
  const from = vscode.Uri.joinPath(context.extensionUri, 'examples');
  const into = vscode.Uri.joinPath(context.globalStorageUri, 'examples');
  await fs.createDirectory(into);
  const number = (await fs.readDirectory(into)).length + 1;
  const copy = vscode.Uri.joinPath(into, `examples-${number}`);
  await fs.copy(from, copy);
  const newWindow = { forceNewWindow: (vscode.workspace.workspaceFolders ?? []).length > 0 };
  await vscode.commands.executeCommand('vscode.openFolder', copy, newWindow);
}

/** Opens the first example in this window when it is a copy of the examples; else copies them. */
async function showExample(context: vscode.ExtensionContext): Promise<void> {
  const [board] = await vscode.workspace.findFiles('mmu500/lab-m8-phone.dts', null, 1);
  if (board === undefined) return openExamples(context);
  await vscode.window.showTextDocument(board);
}

export function registerExamples(context: vscode.ExtensionContext): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('smmuScope.openExamples', () => openExamples(context)),
    vscode.commands.registerCommand('smmuScope.showExample', () => showExample(context)),
  );
}
