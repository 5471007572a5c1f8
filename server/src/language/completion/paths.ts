/** Completion of node paths in `&{/…}`: one step at a time, the children of what is written before the cursor. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import { compatibles, isEnabled, nodeAt } from '../../devicetree/read';
import { type CompletionContext, pathRange } from './context';

/** The next step of the path at the cursor; null outside of paths. */
export function pathItems(context: CompletionContext): CompletionItem[] | null {
  const { cursor, snapshot } = context;
  const range = pathRange(cursor);
  if (range === null) return null;
  const written = cursor.file.text.slice(range.start + 2, cursor.offset);
  const parent = nodeAt(snapshot.tree, written.slice(0, written.lastIndexOf('/') + 1) || '/');
  return [...(parent?.children.values() ?? [])].map((child) => {
    const label = child.labels[0]?.name;
    const further = child.children.size > 0;
    return context.item(child.name, {
      kind: further ? CompletionItemKind.Module : CompletionItemKind.Class,
      // the cursor stays inside while there is a next step
      text: `&{${child.path}${further ? '$0' : ''}}`,
      snippet: further,
      filter: `&{${child.path}`,
      ...(label === undefined ? {} : { note: `&${label}` }),
      detail: compatibles(child)[0] ?? '',
      rank: (isEnabled(child) ? 0 : 10_000) + child.index,
      about: child,
    });
  });
}
