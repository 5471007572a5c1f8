/** Hover: what stands under the cursor, in words. The pieces stand beside this file, which finds which one is meant. */
import type { CellPart, DtNode, DtProperty } from '../../devicetree/model';
import { nodeAt } from '../../devicetree/read';
import type { SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { mergedNode } from '../annotations/merged-text';
import { nodeOf, propertyOf } from '../board-context';
import type { KernelFiles } from '../navigation/kernel-files';
import { type Cursor, cursorAt } from '../structure/cursor';
import { itemAt, outlineOf } from '../structure/outline';
import { hoverCell, hoverMapRow } from './cells';
import { hoverMacro, hoverMacroName } from './macro';
import { hoverCompatible, hoverNode } from './node';
import { hoverProperty } from './property';

/** Markdown for a range of the file (offsets). */
export interface Hover {
  readonly markdown: string;
  readonly start: number;
  readonly end: number;
}

/**
 * What to show for an offset of a document as a board state has it; null for nothing. `kernel`: the source that drivers
 * are linked to.
 */
export function hover(
  snapshot: BoardSnapshot,
  file: SourceFile,
  offset: number,
  kernel: KernelFiles | null = null,
): Hover | null {
  const cursor = cursorAt(file, offset);
  switch (cursor.place) {
    case 'comment':
      return null;
    case 'directive':
      return cursor.word === null ? null : over(cursor.word, hoverMacroName(snapshot, cursor.word.text));
    case 'node-name':
      return onNodeName(snapshot, cursor, kernel);
    case 'property-name': {
      const found = cursor.property === null ? null : propertyOf(snapshot, file, cursor.property);
      if (found === null || cursor.property === null) return null;
      return over(
        { start: cursor.property.nameStart, end: cursor.property.nameEnd },
        hoverProperty(snapshot, found.node, found.property, found.inForce),
      );
    }
    case 'string':
      return onString(snapshot, cursor, kernel);
    case 'value':
      return cursor.word === null ? null : onReference(snapshot, cursor.word, kernel);
    case 'cells':
      return onCell(snapshot, cursor, kernel);
    default:
      return null;
  }
}

function over(range: { start: number; end: number }, markdown: string | null): Hover | null {
  return markdown === null ? null : { markdown, start: range.start, end: range.end };
}

function onNodeName(snapshot: BoardSnapshot, { file, node, offset }: Cursor, kernel: KernelFiles | null): Hover | null {
  const item = itemAt(node?.items ?? outlineOf(file).items, offset);
  if (item?.kind !== 'node') return null;
  const target = nodeOf(snapshot, file, item);
  const label = item.labels.find((l) => offset >= l.start && offset <= l.end);
  const range = label ?? { start: item.nameStart, end: item.nameEnd };
  return target === null
    ? null
    : over(range, `${hoverNode(snapshot, target, kernel)}\n\n---\n\n${mergedNode(snapshot, target)}`);
}

function onString(snapshot: BoardSnapshot, cursor: Cursor, kernel: KernelFiles | null): Hover | null {
  if (cursor.property === null || cursor.word === null) return null;
  const found = propertyOf(snapshot, cursor.file, cursor.property);
  if (found === null || cursor.property.name !== 'compatible') return null;
  return over(cursor.word, hoverCompatible(snapshot, found.node, cursor.word.text.replace(/^"|"$/g, ''), kernel));
}

function onReference(
  snapshot: BoardSnapshot,
  word: { start: number; end: number; text: string },
  kernel: KernelFiles | null,
): Hover | null {
  if (!word.text.startsWith('&')) return over(word, hoverMacroName(snapshot, word.text));
  const target = referenced(snapshot, word.text);
  return target === null ? null : over(word, hoverNode(snapshot, target, kernel));
}

function referenced(snapshot: BoardSnapshot, text: string): DtNode | null {
  const name = text.slice(1);
  if (name.startsWith('{')) return nodeAt(snapshot.tree, name.slice(1, -1));
  return snapshot.tree.labels.get(name) ?? null;
}

function onCell(snapshot: BoardSnapshot, cursor: Cursor, kernel: KernelFiles | null): Hover | null {
  const written = cursor.cells[cursor.cell];
  if (written === undefined || !cursor.touching || cursor.property === null) return null;
  const found = propertyOf(snapshot, cursor.file, cursor.property);
  const parts: string[] = [];
  const part = found === null ? null : partAt(found.property, cursor.file, cursor.offset);
  if (written.kind === 'reference') {
    const target = part?.reference?.target ?? referenced(snapshot, written.text);
    if (found !== null && part !== null && cursor.property.name === 'iommu-map')
      parts.push(hoverMapRow(snapshot, found.node, part) ?? '');
    if (target !== null) parts.push(hoverNode(snapshot, target, kernel));
  } else {
    if (found !== null && part !== null) parts.push(hoverCell(snapshot, found.node, found.property, part) ?? '');
    if (part !== null && part.macros.length > 0) parts.push(hoverMacro(part));
    else if (cursor.word !== null && written.kind === 'macro')
      parts.push(hoverMacroName(snapshot, cursor.word.text) ?? '');
  }
  // a cell with nothing of its own to say: what the whole value means
  if (found !== null && parts.join('') === '')
    parts.push(hoverProperty(snapshot, found.node, found.property, found.inForce) ?? '');
  const markdown = parts.filter((p) => p !== '').join('\n\n---\n\n');
  return markdown === '' ? null : over(written, markdown);
}

/** The value part whose place in the file holds an offset. */
function partAt(property: DtProperty, file: SourceFile, offset: number): CellPart | null {
  let ending: CellPart | null = null;
  for (const part of property.parts) {
    if (part.kind !== 'cell' || part.span.file !== file || offset < part.span.start || offset > part.span.end) continue;
    if (offset < part.span.end) return part;
    ending = part;
  }
  return ending;
}
