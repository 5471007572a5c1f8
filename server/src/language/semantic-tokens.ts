/** Colours that need the tree: labels, references that find a node, macros, what a specifier's cells mean. */
import type { CellPart, DtNode } from '../devicetree/model';
import { isEnabled } from '../devicetree/read';
import { positionAt, type SourceFile } from '../source/file';
import type { BoardSnapshot } from '../workspace/board';
import { propertyOf } from './board-context';
import { type OutlineItem, type OutlineProperty, outlineOf } from './outline';
import { KEYWORD, REFERENCE, tokensOf, WORD } from './tokens';

export const TOKEN_TYPES = ['label', 'class', 'property', 'macro', 'parameter', 'keyword', 'number'] as const;
/** `disabled`: the node named is not available. */
export const TOKEN_MODIFIERS = ['declaration', 'disabled', 'overridden'] as const;

type TokenType = (typeof TOKEN_TYPES)[number];
type TokenModifier = (typeof TOKEN_MODIFIERS)[number];

export interface SemanticToken {
  readonly start: number;
  readonly end: number;
  readonly type: TokenType;
  readonly modifiers: readonly TokenModifier[];
}

/** The tokens between two offsets of a document, in order. */
export function semanticTokens(snapshot: BoardSnapshot, file: SourceFile, from: number, to: number): SemanticToken[] {
  const painter = new Painter(snapshot, file, from, to);
  painter.items(outlineOf(file).items);
  painter.keywords();
  return painter.done();
}

/** As the protocol wants them: differences of line and column, length, type, modifiers. */
export function encodeTokens(file: SourceFile, tokens: readonly SemanticToken[]): number[] {
  const data: number[] = [];
  let line = 0;
  let character = 0;
  for (const { start, end, type, modifiers } of tokens) {
    const at = positionAt(file, start);
    data.push(
      at.line - line,
      at.line === line ? at.character - character : at.character,
      end - start,
      TOKEN_TYPES.indexOf(type),
      modifiers.reduce((bits, modifier) => bits | (1 << TOKEN_MODIFIERS.indexOf(modifier)), 0),
    );
    ({ line, character } = at);
  }
  return data;
}

class Painter {
  private readonly found: SemanticToken[] = [];
  private readonly macros: ReadonlySet<string>;

  constructor(
    private readonly snapshot: BoardSnapshot,
    private readonly file: SourceFile,
    private readonly from: number,
    private readonly to: number,
  ) {
    this.macros = new Set(snapshot.result.macros.map((macro) => macro.name));
  }

  private add(start: number, end: number, type: TokenType, ...modifiers: TokenModifier[]): void {
    if (end > start && start < this.to && end > this.from) this.found.push({ start, end, type, modifiers });
  }

  items(items: readonly OutlineItem[]): void {
    for (const item of items) {
      if (item.end < this.from || item.start > this.to) continue;
      for (const label of item.labels) this.add(label.start, label.end, 'label', 'declaration');
      if (item.kind === 'property') this.property(item);
      else {
        if (item.name.startsWith('&')) this.reference(item.nameStart, item.nameEnd);
        else this.add(item.nameStart, item.nameEnd, 'class', 'declaration');
        this.items(item.items);
      }
    }
  }

  private property(item: OutlineProperty): void {
    const found = propertyOf(this.snapshot, this.file, item);
    if (found !== null && !found.inForce) this.add(item.nameStart, item.nameEnd, 'property', 'overridden');
    else this.add(item.nameStart, item.nameEnd, 'property');
    const tokens = tokensOf(this.file);
    for (let i = item.tokenFrom; i < item.tokenTo; i++) {
      const start = tokens.start[i] ?? 0;
      const end = tokens.end[i] ?? 0;
      const kind = tokens.kind[i];
      if (kind === REFERENCE) this.reference(start, end);
      else if (kind === WORD && this.macros.has(this.file.text.slice(start, end))) this.add(start, end, 'macro');
    }
    if (found === null || item.name !== 'iommus') return;
    for (const entry of this.snapshot.view.master(found.node)?.list.entries ?? [])
      for (let cell = entry.cell + 1; cell <= entry.cell + entry.args.length; cell++) {
        const part = found.property.parts.find((p): p is CellPart => p.kind === 'cell' && p.offset === 4 * cell);
        if (part !== undefined && part.span.file === this.file && part.macros.length === 0)
          this.add(part.span.start, part.span.end, 'parameter');
      }
  }

  private reference(start: number, end: number): void {
    const text = this.file.text.slice(start + 1, end);
    const { labels, nodes } = this.snapshot.tree;
    const path = text.startsWith('{') ? text.slice(1, -1) : null;
    const node: DtNode | undefined = path === null ? labels.get(text) : nodes.find((n) => n.path === path);
    // a reference that finds nothing stays plain
    if (node !== undefined) this.add(start, end, 'label', ...(isEnabled(node) ? [] : (['disabled'] as const)));
  }

  keywords(): void {
    const tokens = tokensOf(this.file);
    for (let i = 0; i < tokens.count; i++)
      if (tokens.kind[i] === KEYWORD) this.add(tokens.start[i] ?? 0, tokens.end[i] ?? 0, 'keyword');
  }

  done(): SemanticToken[] {
    const sorted = this.found.sort((a, b) => a.start - b.start || b.end - a.end);
    // the protocol knows no overlaps: the outer token of two wins
    let last = -1;
    return sorted.filter(({ start, end }) => {
      if (start < last) return false;
      last = end;
      return true;
    });
  }
}
