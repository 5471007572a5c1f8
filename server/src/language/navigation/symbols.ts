/** The outline of a document, and nodes of all boards by name. */
import { type DocumentSymbol, type Range, SymbolKind } from 'vscode-languageserver';
import type { DtNode } from '../../devicetree/model';
import { compatibles, isAvailable } from '../../devicetree/read';
import { positionAt, type SourceFile, type Span } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { nodeOf } from '../board-context';
import { IOMMU_PROPERTIES } from '../properties';
import { nodeSpan } from '../rules/rule';
import { type OutlineItem, outlineOf } from '../structure/outline';

/**
 * Nodes of a document, nested as they are written, and their properties that are about IOMMUs: with every `reg` and
 * `clocks` an outline would hold five times as much, most of it of no help to somebody who looks for a device.
 */
export function documentSymbols(snapshot: BoardSnapshot, file: SourceFile): DocumentSymbol[] {
  return symbolsOf(snapshot, file, outlineOf(file).items);
}

function symbolsOf(snapshot: BoardSnapshot, file: SourceFile, items: readonly OutlineItem[]): DocumentSymbol[] {
  const symbols: DocumentSymbol[] = [];
  for (const item of items) {
    if (item.kind === 'property' && !IOMMU_PROPERTIES.has(item.name)) continue;
    let name = '';
    for (const label of item.labels) name += `${label.name}: `;
    name += item.name;
    const range = rangeOf(file, item.start, Math.max(item.end, item.nameEnd));
    const selectionRange = rangeOf(file, item.nameStart, item.nameEnd);
    if (item.kind === 'property') {
      const detail = item.valueStart < 0 ? '' : oneLine(file.text.slice(item.valueStart, item.valueEnd));
      symbols.push({ name, detail, kind: SymbolKind.Property, range, selectionRange });
      continue;
    }
    const node = nodeOf(snapshot, file, item);
    const children = symbolsOf(snapshot, file, item.items);
    symbols.push({
      name,
      detail: node === null ? '' : detailOf(node),
      kind: node === null ? SymbolKind.Object : kindOf(snapshot, node),
      range,
      selectionRange,
      ...(children.length === 0 ? {} : { children }),
    });
  }
  return symbols;
}

function kindOf(snapshot: BoardSnapshot, node: DtNode): SymbolKind {
  if (snapshot.view.provider(node) !== null) return SymbolKind.Module;
  if (node.parent === null) return SymbolKind.Namespace;
  return node.properties.has('compatible') ? SymbolKind.Class : SymbolKind.Object;
}

const detailOf = (node: DtNode): string =>
  [compatibles(node)[0], isAvailable(node) ? undefined : 'disabled'].filter((t) => t !== undefined).join(', ');

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

/** A node found by name. */
export interface NodeSymbol {
  readonly name: string;
  readonly kind: SymbolKind;
  /** The path. */
  readonly container: string;
  readonly span: Span;
}

/** As many are worth showing; the query gets longer then. */
const MAX_SYMBOLS = 200;

/**
 * Nodes of the boards whose label, name or compatible holds the letters of the query in order, labels that start with it
 * first. Each place once, however many boards share it.
 */
export function workspaceSymbols(snapshots: readonly BoardSnapshot[], query: string): NodeSymbol[] {
  const letters = query.toLowerCase().replace(/^&/, '');
  const found = new Map<string, { symbol: NodeSymbol; rank: number }>();
  for (const snapshot of snapshots)
    for (const node of snapshot.tree.nodes) {
      const span = nodeSpan(node);
      if (span === null) continue;
      const label = node.labels[0]?.name;
      const rank = Math.min(...[label, node.name, ...compatibles(node)].map((text) => rankOf(text, letters)));
      const key = `${span.file.uri} ${span.start}`;
      if (rank === Number.POSITIVE_INFINITY || found.has(key)) continue;
      const name = label === undefined ? node.name || '/' : `${label}: ${node.name}`;
      found.set(key, { symbol: { name, kind: kindOf(snapshot, node), container: node.path, span }, rank });
    }
  return [...found.values()]
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_SYMBOLS)
    .map(({ symbol }) => symbol);
}

/** 0: the same, 1: starts with it, 2: holds it, 3: holds its letters in order. */
function rankOf(text: string | undefined, letters: string): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const lower = text.toLowerCase();
  if (lower === letters) return 0;
  if (lower.startsWith(letters)) return 1;
  if (lower.includes(letters)) return 2;
  let at = -1;
  for (const letter of letters) {
    at = lower.indexOf(letter, at + 1);
    if (at < 0) return Number.POSITIVE_INFINITY;
  }
  return 3;
}

function rangeOf(file: SourceFile, start: number, end: number): Range {
  return { start: positionAt(file, start), end: positionAt(file, end) };
}
