/** Completion of `/delete-node/` and `/delete-property/`: the keywords, and what there is to delete. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import type { CompletionContext } from './context';
import { labelItems } from './labels';

const BEFORE = /\/delete-(node|property)\/[ \t]*([\w,.+?#&@-]*)$/;

/** The items after a delete keyword on the cursor's line; null when there is none. */
export function deleteItems(context: CompletionContext): CompletionItem[] | null {
  const { file, offset } = context.cursor;
  const line = file.text.slice(file.text.lastIndexOf('\n', offset - 1) + 1, offset);
  const found = BEFORE.exec(line);
  if (found === null) return null;
  const { node } = context;
  if (found[1] === 'property')
    return [...(node?.properties.keys() ?? [])].map((name, rank) =>
      context.item(name, { kind: CompletionItemKind.Property, rank }),
    );
  if (node === null || found[2]?.startsWith('&') === true) return labelItems(context, null);
  return [...node.children.keys()].map((name, rank) => context.item(name, { kind: CompletionItemKind.Class, rank }));
}

/** The keywords themselves, where something can be deleted. */
export function deleteKeywords(context: CompletionContext): CompletionItem[] {
  const { node } = context;
  const keyword = (name: string, rank: number) =>
    context.item(`/${name}/`, { kind: CompletionItemKind.Keyword, rank, text: `/${name}/ ` });
  return [
    ...(node === null || node.children.size > 0 ? [keyword('delete-node', 9000)] : []),
    ...(node !== null && node.properties.size > 0 ? [keyword('delete-property', 9001)] : []),
  ];
}
