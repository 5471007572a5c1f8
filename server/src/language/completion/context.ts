/** What every piece of completion works on: where its items go, what they are about, and how an item is made. */
import { type CompletionItem, type CompletionItemKind, InsertTextFormat } from 'vscode-languageserver';
import type { DtNode } from '../../devicetree/model';
import { positionAt } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { nodeOf } from '../board-context';
import type { Cursor } from '../structure/cursor';

/** What is needed to make items: where they go, and what they are about. */
export interface CompletionContext {
  readonly snapshot: BoardSnapshot;
  readonly cursor: Cursor;
  /** The node being written; null when the board does not have it (yet). */
  readonly node: DtNode | null;
  /** An item that replaces what is being typed. */
  item(label: string, more: ItemParts): CompletionItem;
}

export interface ItemParts {
  readonly kind: CompletionItemKind;
  readonly text?: string;
  readonly detail?: string;
  /** Shown after the label. */
  readonly note?: string;
  readonly documentation?: string;
  /** Items are shown in this order: lower first. */
  readonly rank: number;
  readonly snippet?: boolean;
  /** What is typed to find the item, when that is not its label. */
  readonly filter?: string;
  readonly preselect?: boolean;
  /** Already in use, or harmful here: shown struck through. */
  readonly discouraged?: boolean;
  /** The node whose hover documents the item, worked out when the item is looked at. */
  readonly about?: DtNode;
  readonly additional?: CompletionItem['additionalTextEdits'];
}

/** The context for a place in a file of a board. */
export function contextFor(snapshot: BoardSnapshot, cursor: Cursor): CompletionContext {
  const { file, offset } = cursor;
  const typed = cursor.place === 'cells' && cursor.touching ? cursor.cells[cursor.cell] : null;
  const word = typed ?? cursor.word;
  const start =
    word === null || word === undefined || cursor.place === 'value' ? (cursor.word?.start ?? offset) : word.start;
  const end = word === null || word === undefined || cursor.place === 'value' ? (cursor.word?.end ?? offset) : word.end;
  const inString = cursor.place === 'string' && file.text[start] === '"';
  const from = inString ? start + 1 : start;
  const to = inString && file.text[end - 1] === '"' && end - 1 >= offset ? end - 1 : Math.max(end, offset);
  const path = pathRange(cursor);
  const range = { start: positionAt(file, path?.start ?? from), end: positionAt(file, path?.end ?? to) };
  return {
    snapshot,
    cursor,
    node: cursor.node === null ? null : nodeOf(snapshot, file, cursor.node),
    item: (label, more) => ({
      label,
      kind: more.kind,
      ...(more.note === undefined ? {} : { labelDetails: { description: more.note } }),
      ...(more.detail === undefined ? {} : { detail: more.detail }),
      ...(more.documentation === undefined ? {} : { documentation: { kind: 'markdown', value: more.documentation } }),
      sortText: String(more.rank).padStart(6, '0'),
      filterText: more.filter ?? label,
      textEdit: { range, newText: more.text ?? label },
      ...(more.snippet === true ? { insertTextFormat: InsertTextFormat.Snippet } : {}),
      ...(more.preselect === true ? { preselect: true } : {}),
      ...(more.discouraged === true ? { tags: [1] } : {}),
      ...(more.about === undefined ? {} : { data: { uri: snapshot.board.uri, path: more.about.path } }),
      ...(more.additional === undefined ? {} : { additionalTextEdits: more.additional }),
    }),
  };
}

const PATH_REST = /[\w,.+*?#@/-]*\}?/y;

/** Where the path at the cursor is written, up to its brace; null outside of paths. */
export function pathRange({ file, offset, word }: Cursor): { readonly start: number; readonly end: number } | null {
  if (word === null || !word.text.startsWith('&{') || offset < word.start + 2) return null;
  PATH_REST.lastIndex = offset;
  return { start: word.start, end: offset + (PATH_REST.exec(file.text)?.[0].length ?? 0) };
}
