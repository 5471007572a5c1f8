/** Supplier chains as a call hierarchy: "calls" are the suppliers a device waits for, "callers" its consumers. */
import { type CallHierarchyItem, SymbolKind } from 'vscode-languageserver';
import type { DtNode } from '../../devicetree/model';
import { compatibles } from '../../devicetree/read';
import { positionAt, type SourceFile, type Span } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { contextOf, nodeOf } from '../board-context';
import { nodeSpan } from '../rules/rule';
import { cursorAt } from '../structure/cursor';
import { itemAt, outlineOf } from '../structure/outline';

/** A neighbour in the chain: its item, and the places in the text that make the link. */
export interface ChainStep {
  readonly node: DtNode;
  readonly item: CallHierarchyItem;
  readonly spans: readonly Span[];
}

/** The device under the cursor: the node written there, or the one a reference names. */
export function deviceAt(snapshot: BoardSnapshot, file: SourceFile, offset: number): DtNode | null {
  const cursor = cursorAt(file, offset);
  if (cursor.word?.text.startsWith('&')) return snapshot.tree.labels.get(cursor.word.text.slice(1)) ?? null;
  const item = itemAt(cursor.node?.items ?? outlineOf(file).items, offset);
  if (item?.kind === 'node') return nodeOf(snapshot, file, item);
  return cursor.node === null ? null : nodeOf(snapshot, file, cursor.node);
}

/** A device as an item; null when it is written nowhere. */
export function hierarchyItem(snapshot: BoardSnapshot, node: DtNode): CallHierarchyItem | null {
  const definition = node.definitions.find((d) => d.reference === null) ?? node.definitions[0];
  const name = nodeSpan(node);
  if (definition === undefined || name === null) return null;
  const entry = contextOf(snapshot).device(node);
  const range = (span: Span) => ({ start: positionAt(span.file, span.start), end: positionAt(span.file, span.end) });
  return {
    name: node.labels[0] === undefined ? node.name : `${node.labels[0].name}: ${node.name}`,
    kind: snapshot.view.provider(node) === null ? SymbolKind.Object : SymbolKind.Module,
    detail: [entry?.status, compatibles(node)[0]].filter((t) => t !== undefined).join(', '),
    uri: name.file.uri,
    range: range(definition.span),
    selectionRange: range(name),
    data: { board: snapshot.board.uri, path: node.path },
  };
}

/** The devices that this one waits for: the simulated boot's links, and its IOMMUs. */
export function suppliersOf(snapshot: BoardSnapshot, node: DtNode): ChainStep[] {
  const found = new Map<DtNode, Set<string>>();
  for (const link of snapshot.report?.links ?? [])
    if (link.consumer === node.path) note(snapshot, found, link.supplier, link.property);
  for (const entry of snapshot.view.master(node)?.list.entries ?? [])
    if (entry.node !== null) add(found, entry.node, 'iommus');
  for (const row of snapshot.view.map(node)?.rows ?? [])
    if (row.provider !== null) add(found, row.provider, 'iommu-map');
  return steps(snapshot, found, (_, property) => node.properties.get(property)?.nameSpan ?? null);
}

/** The devices that wait for this one. */
export function consumersOf(snapshot: BoardSnapshot, node: DtNode): ChainStep[] {
  const found = new Map<DtNode, Set<string>>();
  for (const link of snapshot.report?.links ?? [])
    if (link.supplier === node.path) note(snapshot, found, link.consumer, link.property);
  const provider = snapshot.view.provider(node);
  for (const use of provider === null ? [] : snapshot.view.uses(provider)) add(found, use.node, use.from.kind);
  return steps(snapshot, found, (other, property) => other.properties.get(property)?.nameSpan ?? null);
}

function note(snapshot: BoardSnapshot, found: Map<DtNode, Set<string>>, path: string, property: string | null): void {
  const node = contextOf(snapshot).node(path);
  if (node !== null) add(found, node, property ?? '');
}

function add(found: Map<DtNode, Set<string>>, node: DtNode, property: string): void {
  const properties = found.get(node);
  if (properties === undefined) found.set(node, new Set([property]));
  else properties.add(property);
}

function steps(
  snapshot: BoardSnapshot,
  found: Map<DtNode, Set<string>>,
  spanOf: (other: DtNode, property: string) => Span | null,
): ChainStep[] {
  return [...found].flatMap(([node, properties]) => {
    const item = hierarchyItem(snapshot, node);
    if (item === null) return [];
    return [{ node, item, spans: [...properties].flatMap((p) => spanOf(node, p) ?? []) }];
  });
}
