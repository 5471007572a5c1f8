/** Growing selections: word, cell, group, value, statement, body, node, file. */
import type { SourceFile } from '../../source/file';
import { cursorAt } from './cursor';
import { itemAt, outlineOf } from './outline';
import { PUNCTUATION, tokensOf } from './tokens';

/** The ranges around an offset, the smallest first; each holds the one before. */
export function selectionRanges(file: SourceFile, offset: number): { readonly start: number; readonly end: number }[] {
  const cursor = cursorAt(file, offset);
  const chain: { start: number; end: number }[] = [];
  const add = (start: number, end: number): void => {
    if (start <= offset && offset <= end && end > start) chain.push({ start, end });
  };
  const { word } = cursor;
  if (word !== null) {
    if (/^["'].*["']$/s.test(word.text)) add(word.start + 1, word.end - 1);
    if (word.text.startsWith('&')) add(word.start + 1, word.end);
    add(word.start, word.end);
  }
  const cell = cursor.touching ? cursor.cells[cursor.cell] : undefined;
  if (cell !== undefined) add(cell.start, cell.end);
  if (cursor.property !== null) {
    const { property } = cursor;
    for (const [start, end] of groups(file, property.tokenFrom, property.tokenTo)) {
      add(start + 1, end - 1);
      add(start, end);
    }
    if (property.valueStart >= 0) {
      const lead = /^\s*/.exec(file.text.slice(property.valueStart, property.valueEnd))?.[0].length ?? 0;
      add(property.valueStart + lead, property.valueEnd);
    }
    add(property.nameStart, property.end);
    add(property.start, property.end);
  }
  const item = itemAt(cursor.node?.items ?? outlineOf(file).items, offset);
  if (item?.kind === 'node') {
    add(item.nameStart, item.nameEnd);
    add(item.nameStart, item.end);
    add(item.start, item.end);
  }
  for (let node = cursor.node; node !== null; node = node.parent) {
    add(node.bodyStart, node.bodyEnd);
    add(node.nameStart, node.end);
    add(node.start, node.end);
  }
  add(0, file.text.length);
  chain.sort((a, b) => a.end - a.start - (b.end - b.start));
  const nested: { start: number; end: number }[] = [];
  for (const range of chain) {
    const last = nested[nested.length - 1];
    const grows = last === undefined || (range.start <= last.start && range.end >= last.end);
    if (grows && (last === undefined || range.start < last.start || range.end > last.end)) nested.push(range);
  }
  return nested;
}

/** The `< >` and `[ ]` of a value. */
function groups(file: SourceFile, from: number, to: number): [number, number][] {
  const tokens = tokensOf(file);
  const found: [number, number][] = [];
  let open = -1;
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] !== PUNCTUATION) continue;
    const at = tokens.start[i] ?? 0;
    const c = file.text[at];
    if (c === '<' || c === '[') open = at;
    else if ((c === '>' || c === ']') && open >= 0) {
      found.push([open, at + 1]);
      open = -1;
    }
  }
  return found;
}
