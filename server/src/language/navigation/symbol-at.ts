/** What a name in the text stands for: the thing that definition, references, rename and highlights are about. */
import type { DtNode, DtProperty } from '../../devicetree/model';
import { nodeAt } from '../../devicetree/read';
import type { SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { macroNames, nodeOf, propertyOf } from '../board-context';
import { cursorAt } from '../structure/cursor';
import { itemAt, type OutlineItem, type OutlineLabel, outlineOf } from '../structure/outline';

interface Named {
  /** The name in the text, without `&`, quotes and colon. */
  readonly start: number;
  readonly end: number;
}

export type TextSymbol = Named &
  (
    | {
        readonly kind: 'label';
        readonly name: string;
        readonly node: DtNode | null;
        readonly use: 'definition' | 'reference';
      }
    /** A node by its path (`&{/soc}`, an alias) or by its name in the text. */
    | { readonly kind: 'node'; readonly node: DtNode; readonly use: 'definition' | 'reference' }
    | { readonly kind: 'macro'; readonly name: string }
    | { readonly kind: 'include'; readonly target: string }
    | { readonly kind: 'compatible'; readonly compatible: string; readonly node: DtNode | null }
    | { readonly kind: 'property'; readonly node: DtNode; readonly property: DtProperty }
    /** A number in a value. */
    | { readonly kind: 'cell'; readonly node: DtNode; readonly property: DtProperty; readonly offset: number }
  );

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** The symbol at an offset of a document as a board state has it; null on anything without a name. */
export function symbolAt(snapshot: BoardSnapshot, file: SourceFile, offset: number): TextSymbol | null {
  const include = snapshot.result.includes.find(
    ({ span }) => span.file === file && offset >= span.start && offset <= span.end,
  );
  if (include !== undefined)
    return include.target === null
      ? null
      : { kind: 'include', target: include.target, start: include.span.start, end: include.span.end };
  const cursor = cursorAt(file, offset);
  const { word, place } = cursor;
  if (place === 'comment') return null;
  const item = itemAt(cursor.node?.items ?? outlineOf(file).items, offset);
  const label = labelAt(item, offset);
  if (label !== null)
    return {
      kind: 'label',
      ...range(label),
      name: label.name,
      node: labelled(snapshot, label.name),
      use: 'definition',
    };
  if (word?.text.startsWith('&')) return reference(snapshot, word);
  if (place === 'node-name' && item?.kind === 'node') {
    const node = offset >= item.nameStart && offset <= item.nameEnd ? nodeOf(snapshot, file, item) : null;
    return node === null ? null : { kind: 'node', node, use: 'definition', start: item.nameStart, end: item.nameEnd };
  }
  if (place === 'property-name' && item?.kind === 'property' && offset <= item.nameEnd) {
    const found = propertyOf(snapshot, file, item);
    return found && { kind: 'property', ...found, start: item.nameStart, end: item.nameEnd };
  }
  if (word === null) return null;
  if (place === 'directive') return macro(snapshot, word);
  if (cursor.property === null) return null;
  const found = propertyOf(snapshot, file, cursor.property);
  if (place === 'string') return string(snapshot, found?.node ?? null, cursor.property.name, word);
  if (IDENTIFIER.test(word.text)) return macro(snapshot, word);
  const part = found?.property.parts.find(
    (p) => p.span.file === file && p.span.start <= offset && offset <= p.span.end,
  );
  if (found === null || part === undefined || part.kind !== 'cell') return null;
  return {
    kind: 'cell',
    node: found.node,
    property: found.property,
    offset: part.offset,
    start: word.start,
    end: word.end,
  };
}

function labelAt(item: OutlineItem | null, offset: number): OutlineLabel | null {
  return item?.labels.find((l) => offset >= l.start && offset <= l.end) ?? null;
}

const range = ({ start, end }: Named): Named => ({ start, end });
const labelled = (snapshot: BoardSnapshot, name: string): DtNode | null => snapshot.tree.labels.get(name) ?? null;

function reference(snapshot: BoardSnapshot, word: Named & { readonly text: string }): TextSymbol | null {
  const text = word.text.slice(1);
  if (!text.startsWith('{')) {
    if (text === '') return null;
    return {
      kind: 'label',
      name: text,
      node: labelled(snapshot, text),
      use: 'reference',
      start: word.start + 1,
      end: word.end,
    };
  }
  const node = nodeAt(snapshot.tree, text.replace(/^\{|\}$/g, ''));
  return node && { kind: 'node', node, use: 'reference', start: word.start, end: word.end };
}

function macro(snapshot: BoardSnapshot, word: Named & { readonly text: string }): TextSymbol | null {
  if (!macroNames(snapshot).has(word.text)) return null;
  return { kind: 'macro', name: word.text, start: word.start, end: word.end };
}

function string(
  snapshot: BoardSnapshot,
  node: DtNode | null,
  property: string,
  word: Named & { readonly text: string },
): TextSymbol | null {
  const text = word.text.replace(/^"|"$/g, '');
  const inner = { start: word.start + 1, end: word.start + 1 + text.length };
  if (property === 'compatible') return { kind: 'compatible', compatible: text, node, ...inner };
  const target = nodeAt(snapshot.tree, text.replace(/:.*$/, ''));
  return target && { kind: 'node', node: target, use: 'reference', ...inner };
}
