/** Completion: finds what is being written and asks the piece that knows about it. */
import { type CompletionItem, CompletionItemKind, type CompletionList } from 'vscode-languageserver';
import type { DtNode } from '../../devicetree/model';
import { nodeAt } from '../../devicetree/read';
import { vendorPropertyAt } from '../../iommu/vendor';
import type { SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { hoverNode } from '../hover/node';
import { type Cursor, cursorAt } from '../structure/cursor';
import { addressItems, idItems, lengthItems, mapIdItems, maskItems, ridItems, rowItems, rowPlace } from './cells';
import { type CompletionContext, contextFor } from './context';
import { deleteItems, deleteKeywords } from './delete';
import { labelItems, providerItems, regionItems } from './labels';
import { pathItems } from './paths';
import { propertyItems } from './properties';
import { compatibleItems, iommuNodeItems, topItems } from './skeletons';

/** The items for an offset; null for none. */
export function completion(snapshot: BoardSnapshot, file: SourceFile, offset: number): CompletionList | null {
  const cursor = cursorAt(file, offset);
  const context = contextFor(snapshot, cursor);
  const items = itemsFor(context);
  return items === null || items.length === 0 ? null : { isIncomplete: false, items };
}

/** Adds the documentation of an item that `completion` made. */
export function resolveCompletion(snapshot: BoardSnapshot, item: CompletionItem): CompletionItem {
  const path = (item.data as { path?: string } | undefined)?.path;
  const node = path === undefined ? null : nodeAt(snapshot.tree, path);
  return node === null ? item : { ...item, documentation: { kind: 'markdown', value: hoverNode(snapshot, node) } };
}

function itemsFor(context: CompletionContext): CompletionItem[] | null {
  const { cursor } = context;
  if (cursor.place !== 'comment' && cursor.place !== 'string') {
    const paths = pathItems(context);
    if (paths !== null) return paths;
  }
  const deletable = deleteItems(context);
  if (deletable !== null) return deletable;
  switch (cursor.place) {
    case 'top':
    case 'body':
    case 'property-name':
      if (cursor.word?.text.startsWith('&')) return labelItems(context, null);
      return [
        ...(cursor.node === null
          ? topItems(context)
          : [...propertyItems(context), ...(cursor.property === null ? iommuNodeItems(context) : [])]),
        ...deleteKeywords(context),
      ];
    case 'value':
      return cursor.property === null ? null : valueItems(context, cursor.property.name);
    case 'string':
      return cursor.property === null ? null : stringItems(context, cursor.property.name);
    case 'cells':
      return cursor.property === null ? null : cellItems(context, cursor.property.name);
    case 'node-name':
      return cursor.word?.text.startsWith('&') ? labelItems(context, null) : null;
    default:
      return null;
  }
}

/** `property = |`: whole groups. */
function valueItems(context: CompletionContext, property: string): CompletionItem[] | null {
  if (property === 'iommus') return providerItems(context, true);
  if (property === 'iommu-map') return rowItems(context, true);
  if (property === 'memory-region') return regionItems(context, true);
  if (property === 'status')
    return ['okay', 'disabled'].map((s, rank) => context.item(`"${s}"`, { kind: CompletionItemKind.Value, rank }));
  return context.cursor.word?.text.startsWith('&') ? labelItems(context, property) : null;
}

const STATUS: readonly (readonly [string, string])[] = [
  ['okay', 'the device is there and is used'],
  ['disabled', 'no device is created'],
  ['reserved', 'there, but used by other software'],
  ['fail', 'broken'],
];

function stringItems(context: CompletionContext, property: string): CompletionItem[] | null {
  const words = context.node === null ? undefined : vendorPropertyAt(context.node, property)?.words;
  if (words !== undefined)
    return Object.entries(words).map(([name, detail], rank) =>
      context.item(name, { kind: CompletionItemKind.EnumMember, detail, rank }),
    );
  if (property === 'compatible') return compatibleItems(context);
  if (property !== 'status') return null;
  return STATUS.map(([name, detail], rank) =>
    context.item(name, { kind: CompletionItemKind.EnumMember, detail, rank }),
  );
}

function cellItems(context: CompletionContext, property: string): CompletionItem[] | null {
  const { cursor, snapshot } = context;
  const typed = cursor.touching ? (cursor.cells[cursor.cell]?.text ?? '') : '';
  if (property === 'iommus') {
    const place = entryPlace(context);
    if (typed.startsWith('&') || place === null) return providerItems(context, false);
    const provider = snapshot.view.provider(place.provider);
    if (provider === null || provider.cells === null) return null;
    // the entry is complete: the next one starts
    if (place.index >= provider.cells) return providerItems(context, false);
    return provider.binding?.cellNames[place.index]?.kind === 'mask'
      ? maskItems(context, provider, place.before)
      : idItems(context, provider, place.index);
  }
  if (property === 'iommu-map') {
    const place = rowPlace(context);
    if (typed.startsWith('&') || place.column === 'target') return providerItems(context, false, true);
    switch (place.column) {
      case 'rid':
        return [...rowItems(context, false), ...ridItems(context)];
      case 'id':
        return mapIdItems(context);
      case 'mask':
        return [context.item('0x0', { kind: CompletionItemKind.Value, detail: 'this stream ID alone', rank: 0 })];
      default:
        return lengthItems(context, place.outputs);
    }
  }
  if (property === 'iommu-map-mask')
    return [
      context.item('0xffff', { kind: CompletionItemKind.Value, rank: 0, detail: 'bus, device and function count' }),
      context.item('0xff00', { kind: CompletionItemKind.Value, rank: 1, detail: 'the bus alone counts' }),
      context.item('0x0', { kind: CompletionItemKind.Value, rank: 2, detail: 'every function looks like 00:00.0' }),
    ];
  if (property === 'memory-region') return regionItems(context, false);
  if (property === 'iommu-addresses') return addressItems(context, typed);
  return typed.startsWith('&') ? labelItems(context, property) : null;
}

/** Inside `iommus`: the provider before the cursor, how many cells stand between, and their values. */
function entryPlace({
  cursor,
  snapshot,
}: CompletionContext): { provider: DtNode; index: number; before: number[] } | null {
  for (let i = cursor.cell - 1; i >= 0; i--) {
    const cell = cursor.cells[i];
    if (cell?.kind !== 'reference') continue;
    const provider = snapshot.tree.labels.get(cell.text.slice(1));
    const group = cursor.cells[cursor.cell]?.group;
    // a new `< >` starts a new entry
    if (
      provider === undefined ||
      (cursor.touching && group !== undefined && group !== cell.group) ||
      startsGroup(cursor, i)
    )
      return null;
    return {
      provider,
      index: cursor.cell - i - 1,
      before: cursor.cells.slice(i + 1, cursor.cell).map((c) => Number(c.text)),
    };
  }
  return null;
}

/** Whether a `>` stands between cell `i` and the cursor. */
function startsGroup({ file, cells, offset }: Cursor, i: number): boolean {
  return file.text.slice(cells[i]?.end ?? offset, offset).includes('>');
}
