/**
 * Colours that need the tree: labels, references that find a node, macros, what a specifier's cells mean. A large file has
 * thousands of tokens, so they are kept as numbers and found in order, never sorted.
 */
import type { CellPart, DtNode } from '../../devicetree/model';
import { isEnabled, nodeAt } from '../../devicetree/read';
import { lineAt, type SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { type FoundProperty, macroNames, nodeOf, propertyIn } from '../board-context';
import { type OutlineItem, type OutlineProperty, outlineOf } from './outline';
import { KEYWORD, REFERENCE, type Tokens, tokensOf, WORD } from './tokens';

export const TOKEN_TYPES = ['label', 'class', 'property', 'macro', 'parameter', 'keyword', 'number'] as const;
/** `disabled`: the node named is not available. */
export const TOKEN_MODIFIERS = ['declaration', 'disabled', 'overridden'] as const;

const LABEL = TOKEN_TYPES.indexOf('label');
const CLASS = TOKEN_TYPES.indexOf('class');
const PROPERTY = TOKEN_TYPES.indexOf('property');
const MACRO = TOKEN_TYPES.indexOf('macro');
const PARAMETER = TOKEN_TYPES.indexOf('parameter');
const STATEMENT = TOKEN_TYPES.indexOf('keyword');
const DECLARATION = 1 << TOKEN_MODIFIERS.indexOf('declaration');
const DISABLED = 1 << TOKEN_MODIFIERS.indexOf('disabled');
const OVERRIDDEN = 1 << TOKEN_MODIFIERS.indexOf('overridden');

/** The tokens between two offsets of a document as the protocol has them: five numbers each, places as differences. */
export function semanticTokens(snapshot: BoardSnapshot, file: SourceFile, from: number, to: number): number[] {
  const painter = new Painter(snapshot, file, from, to);
  painter.items(outlineOf(file).items, null);
  return painter.done();
}

class Painter {
  private readonly data: number[] = [];
  private readonly macros: ReadonlySet<string>;
  private readonly tokens: Tokens;
  /** The next token that may be a keyword; those stand between what the outline holds. */
  private keyword = 0;
  private line = 0;
  private lineStart = 0;
  private last = 0;
  private lastEnd = 0;

  constructor(
    private readonly snapshot: BoardSnapshot,
    private readonly file: SourceFile,
    private readonly from: number,
    private readonly to: number,
  ) {
    this.macros = macroNames(snapshot);
    this.tokens = tokensOf(file);
  }

  /** Tokens come in the order of their starts; one that begins inside the one before is left out. */
  private add(start: number, end: number, type: number, modifiers: number): void {
    this.keywordsBefore(start);
    this.put(start, end, type, modifiers);
  }

  private put(start: number, end: number, type: number, modifiers: number): void {
    if (end <= start || start >= this.to || end <= this.from || start < this.lastEnd) return;
    const line = lineAt(this.file, start);
    const down = line - this.line;
    if (down > 0) {
      this.line = line;
      this.lineStart = this.file.lineStarts[line] ?? 0;
    }
    this.data.push(down, start - (down > 0 ? this.lineStart : this.last), end - start, type, modifiers);
    this.last = start;
    this.lastEnd = end;
  }

  private keywordsBefore(offset: number): void {
    const { count, kind, start, end } = this.tokens;
    let i = this.keyword;
    for (; i < count && (start[i] ?? 0) < offset; i++)
      if (kind[i] === KEYWORD) this.put(start[i] ?? 0, end[i] ?? 0, STATEMENT, 0);
    this.keyword = i;
  }

  items(items: readonly OutlineItem[], parent: DtNode | null): void {
    for (const item of items) {
      if (item.end < this.from || item.start > this.to) continue;
      for (const label of item.labels) this.add(label.start, label.end, LABEL, DECLARATION);
      if (item.kind === 'property') this.property(item, parent);
      else {
        if (item.name.startsWith('&')) this.reference(item.nameStart, item.nameEnd);
        else this.add(item.nameStart, item.nameEnd, CLASS, DECLARATION);
        this.items(item.items, nodeOf(this.snapshot, this.file, item));
      }
    }
  }

  private property(item: OutlineProperty, node: DtNode | null): void {
    const found = propertyIn(node, this.file, item);
    this.add(item.nameStart, item.nameEnd, PROPERTY, found?.inForce === false ? OVERRIDDEN : 0);
    const cells = found !== null && item.name === 'iommus' ? this.cells(found) : null;
    const { kind, start, end } = this.tokens;
    for (let i = item.tokenFrom; i < item.tokenTo; i++) {
      const from = start[i] ?? 0;
      const to = end[i] ?? 0;
      const cellEnd = cells?.get(from);
      if (cellEnd !== undefined) this.add(from, cellEnd, PARAMETER, 0);
      else if (kind[i] === REFERENCE) this.reference(from, to);
      else if (kind[i] === WORD && this.macros.has(this.file.text.slice(from, to))) this.add(from, to, MACRO, 0);
    }
  }

  /** The cells of specifiers that are written as they are: start to end. */
  private cells({ node, property }: FoundProperty): Map<number, number> {
    const cells = new Map<number, number>();
    for (const entry of this.snapshot.view.master(node)?.list.entries ?? [])
      for (let cell = entry.cell + 1; cell <= entry.cell + entry.args.length; cell++) {
        const part = property.parts.find((p): p is CellPart => p.kind === 'cell' && p.offset === 4 * cell);
        if (part !== undefined && part.span.file === this.file && part.macros.length === 0)
          cells.set(part.span.start, part.span.end);
      }
    return cells;
  }

  private reference(start: number, end: number): void {
    const text = this.file.text.slice(start + 1, end);
    const { tree } = this.snapshot;
    const node = text.startsWith('{') ? nodeAt(tree, text.slice(1, -1)) : tree.labels.get(text);
    // a reference that finds nothing stays plain
    if (node != null) this.add(start, end, LABEL, isEnabled(node) ? 0 : DISABLED);
  }

  done(): number[] {
    this.keywordsBefore(this.to);
    return this.data;
  }
}
