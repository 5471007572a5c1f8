/** Where the cursor is: in which node, property, cell; and what is half typed there. */
import type { SourceFile } from '../../source/file';
import { itemAt, nodeAtOffset, type OutlineNode, type OutlineProperty, outlineOf } from './outline';
import { CHARACTER, COMMENT, DIRECTIVE, NUMBER, REFERENCE, STRING, type Tokens, tokensOf, WORD } from './tokens';

/** One written cell inside `< >`: a number, a reference, a macro (with its arguments), an expression. */
export interface WrittenCell {
  readonly kind: 'number' | 'reference' | 'macro' | 'expression' | 'character';
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Which `< >` of the value, from 0. */
  readonly group: number;
}

export interface Cursor {
  readonly file: SourceFile;
  readonly offset: number;
  /** The node whose braces hold the cursor. */
  readonly node: OutlineNode | null;
  /** The property statement that holds the cursor. */
  readonly property: OutlineProperty | null;
  readonly place:
    | 'comment'
    | 'directive'
    | 'node-name'
    | 'property-name'
    | 'body'
    | 'value'
    | 'string'
    | 'cells'
    | 'top';
  /** The word (or reference, number, string) that touches the cursor. */
  readonly word: { readonly start: number; readonly end: number; readonly text: string } | null;
  /** Cells of the property's value; empty elsewhere. */
  readonly cells: readonly WrittenCell[];
  /** In `cells`: the index of the cell the cursor is in or would start. */
  readonly cell: number;
  /** In `cells`: whether the cursor touches that cell (else it stands in the blank before it). */
  readonly touching: boolean;
}

/** Finds out where an offset is. */
export function cursorAt(file: SourceFile, offset: number): Cursor {
  const tokens = tokensOf(file);
  const outline = outlineOf(file);
  const at = tokenAt(tokens, offset);
  const kind = at < 0 ? -1 : (tokens.kind[at] ?? -1);
  const node = nodeAtOffset(outline, offset);
  const inside = node === null ? null : offset > node.bodyEnd || offset < node.bodyStart ? node.parent : node;
  const base = { file, offset, node: inside, property: null, cells: [], cell: -1, touching: false } as const;
  const word = wordAt(file, tokens, at);
  const start = at < 0 ? -1 : (tokens.start[at] ?? 0);
  if (kind === COMMENT && offset > start && !(offset === tokens.end[at] && file.text[start + 1] === '*'))
    return { ...base, place: 'comment', word: null };
  if (kind === DIRECTIVE && offset > start) return { ...base, place: 'directive', word: directiveWord(file, offset) };
  const item = itemAt(inside?.items ?? outline.items, offset);
  if (item?.kind === 'node' && offset < item.bodyStart) return { ...base, place: 'node-name', word };
  if (item?.kind === 'property') {
    const property = item;
    if (property.valueStart < 0 || offset < property.valueStart)
      return { ...base, property, place: 'property-name', word };
    if (offset <= property.valueEnd || (offset <= property.end && file.text[property.end - 1] !== ';'))
      return inValue(base, file, tokens, property, offset, at, word);
  }
  // half-typed value at the end of a broken statement: blanks after `=` or after the last cell belong to it
  const before = openProperty(inside?.items ?? outline.items, file, offset);
  if (before !== null) return inValue(base, file, tokens, before, offset, at, word);
  return { ...base, place: inside === null ? 'top' : word === null ? 'body' : 'property-name', word };
}

function inValue(
  base: Omit<Cursor, 'place' | 'word'>,
  file: SourceFile,
  tokens: Tokens,
  property: OutlineProperty,
  offset: number,
  at: number,
  word: Cursor['word'],
): Cursor {
  const cells = writtenCells(file, property);
  const kind = at < 0 ? -1 : (tokens.kind[at] ?? -1);
  if (kind === STRING && offset > (tokens.start[at] ?? 0)) return { ...base, property, cells, place: 'string', word };
  if (!insideAngles(file, property, offset)) return { ...base, property, cells, place: 'value', word };
  let cell = cells.findIndex((c) => offset >= c.start && offset <= c.end);
  const touching = cell >= 0;
  if (!touching) {
    cell = cells.findIndex((c) => c.start >= offset);
    if (cell < 0) cell = cells.length;
  }
  return { ...base, property, cells, cell, touching, place: 'cells', word };
}

function openProperty(
  items: readonly { kind: string; start: number; end: number }[],
  file: SourceFile,
  offset: number,
): OutlineProperty | null {
  let last: { kind: string; start: number; end: number } | null = null;
  for (const item of items) {
    if (item.start > offset) break;
    last = item;
  }
  if (last === null || last.kind !== 'property') return null;
  const property = last as OutlineProperty;
  if (property.valueStart < 0 || file.text[property.end - 1] === ';') return null;
  return /^[ \t]*$/.test(file.text.slice(property.end, offset)) ? property : null;
}

function insideAngles(file: SourceFile, property: OutlineProperty, offset: number): boolean {
  const tokens = tokensOf(file);
  let inside = false;
  for (let i = property.tokenFrom; i < property.tokenTo; i++) {
    const start = tokens.start[i] ?? 0;
    if (start >= offset) break;
    const c = file.text[start];
    if (tokens.end[i] === start + 1) {
      if (c === '<') inside = true;
      else if (c === '>') inside = false;
    }
  }
  return inside;
}

/** The cells written in a property's value, in order, over all its `< >`. */
export function writtenCells(file: SourceFile, property: OutlineProperty): WrittenCell[] {
  const tokens = tokensOf(file);
  const cells: WrittenCell[] = [];
  let group = -1;
  let inside = false;
  for (let i = property.tokenFrom; i < property.tokenTo; i++) {
    const kind = tokens.kind[i] ?? -1;
    const start = tokens.start[i] ?? 0;
    const c = file.text[start];
    const push = (what: WrittenCell['kind'], end: number) =>
      cells.push({ kind: what, start, end, text: file.text.slice(start, end), group });
    if (kind === COMMENT || kind === DIRECTIVE) continue;
    if (!inside) {
      if (c === '<') {
        inside = true;
        group++;
      }
      continue;
    }
    if (c === '>' && (tokens.end[i] ?? 0) === start + 1) inside = false;
    else if (kind === NUMBER) push('number', tokens.end[i] ?? start);
    else if (kind === REFERENCE) push('reference', tokens.end[i] ?? start);
    else if (kind === CHARACTER) push('character', tokens.end[i] ?? start);
    else if (kind === WORD) {
      const next = i + 1;
      if (next < property.tokenTo && file.text[tokens.start[next] ?? 0] === '(') {
        i = closing(file, tokens, next, property.tokenTo);
        push('macro', tokens.end[Math.min(i, property.tokenTo - 1)] ?? start);
      } else if (file.text[tokens.end[i] ?? 0] === ':') continue;
      else push('macro', tokens.end[i] ?? start);
    } else if (c === '(') {
      i = closing(file, tokens, i, property.tokenTo);
      push('expression', tokens.end[Math.min(i, property.tokenTo - 1)] ?? start);
    }
  }
  return cells;
}

function closing(file: SourceFile, tokens: Tokens, from: number, to: number): number {
  let depth = 0;
  for (let i = from; i < to; i++) {
    const c = file.text[tokens.start[i] ?? 0];
    if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i;
  }
  return to - 1;
}

/** The token that holds an offset or ends at it; -1 when there is none. A token that starts there wins over one that ends. */
function tokenAt(tokens: Tokens, offset: number): number {
  let low = 0;
  let high = tokens.count - 1;
  let best = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((tokens.start[middle] ?? 0) <= offset) {
      best = middle;
      low = middle + 1;
    } else high = middle - 1;
  }
  if (best < 0) return -1;
  const isText = (i: number) => (tokens.kind[i] ?? 5) <= REFERENCE;
  if (tokens.start[best] === offset && !isText(best) && best > 0 && tokens.end[best - 1] === offset && isText(best - 1))
    return best - 1;
  return offset <= (tokens.end[best] ?? 0) ? best : -1;
}

function wordAt(file: SourceFile, tokens: Tokens, at: number): Cursor['word'] {
  const kind = at < 0 ? -1 : tokens.kind[at];
  if (kind !== WORD && kind !== NUMBER && kind !== REFERENCE && kind !== STRING) return null;
  const start = tokens.start[at] ?? 0;
  const end = tokens.end[at] ?? 0;
  return { start, end, text: file.text.slice(start, end) };
}

function directiveWord(file: SourceFile, offset: number): Cursor['word'] {
  let start = offset;
  let end = offset;
  while (/\w/.test(file.text[start - 1] ?? '')) start--;
  while (/\w/.test(file.text[end] ?? '')) end++;
  return start === end ? null : { start, end, text: file.text.slice(start, end) };
}
