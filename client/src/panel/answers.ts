/** What the panel asks of the editor, and the answers. A new question: its schema in messages.ts, its case here. */
import * as vscode from 'vscode';
import type { Answer, Ask } from '../../../webview/src/messages';

async function save(ask: Extract<Ask, { kind: 'save' }>, folder: vscode.Uri | null): Promise<Answer<'save'>> {
  const defaultUri = folder === null ? undefined : vscode.Uri.joinPath(folder, ask.name);
  const target = await vscode.window.showSaveDialog({ defaultUri, title: `Save ${ask.name}` });
  if (target === undefined) return null;
  await vscode.workspace.fs.writeFile(target, Buffer.from(ask.content, ask.encoding));
  return target.toString();
}

/**
 * Answers a question; throws with a sentence for people.
 * @param folder where files are offered to be saved
 */
export async function answer(ask: Ask, folder: vscode.Uri | null): Promise<Answer<Ask['kind']>> {
  switch (ask.kind) {
    case 'copy':
      await vscode.env.clipboard.writeText(ask.text);
      return null;
    case 'save':
      return save(ask, folder);
  }
}
