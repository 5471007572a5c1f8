/** Who uses it: a label, a node, an IOMMU, a stream ID, a macro, an include; and the same within one file as highlights. */
import type { DtNode, DtProperty } from '../../devicetree/model';
import { entryWithArgument, spanOfEntry } from '../../iommu/specifiers';
import { covers, intersects } from '../../iommu/streams';
import { maskOf, type StreamUse } from '../../iommu/view';
import type { SourceFile, Span } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { nodeSpan } from '../rules/rule';
import { labelOccurrences, macroOccurrences, type Occurrence } from './occurrences';
import { symbolAt, type TextSymbol } from './symbol-at';

/** Every place in the board's files that uses what stands at an offset; with `declaration` also where it is written. */
export function references(
  snapshot: BoardSnapshot,
  file: SourceFile,
  offset: number,
  declaration: boolean,
): Occurrence[] {
  const symbol = symbolAt(snapshot, file, offset);
  if (symbol === null) return [];
  return occurrencesOf(snapshot, symbol).filter((o) => declaration || o.use === 'reference');
}

/** The places in one file that mean the same as the cursor does. */
export function highlights(snapshot: BoardSnapshot, file: SourceFile, offset: number): Occurrence[] {
  const symbol = symbolAt(snapshot, file, offset);
  if (symbol === null) return [];
  return occurrencesOf(snapshot, symbol).filter((o) => o.span.file === file);
}

/** All places of a symbol, in the order of the files, each place once. */
function occurrencesOf(snapshot: BoardSnapshot, symbol: TextSymbol): Occurrence[] {
  switch (symbol.kind) {
    case 'label':
      return symbol.node === null
        ? inFiles(snapshot, (f) => labelOccurrences(f, symbol.name))
        : ofNode(snapshot, symbol.node);
    case 'node':
      return ofNode(snapshot, symbol.node);
    case 'macro':
      return inFiles(snapshot, (f) => macroOccurrences(f, symbol.name));
    case 'include':
      return snapshot.result.includes
        .filter((i) => i.target === symbol.target)
        .map(({ span }) => ({ span, use: 'reference' }));
    case 'compatible':
      return ofCompatible(snapshot, symbol.compatible);
    case 'property':
      return ofProperty(snapshot, symbol.node, symbol.property);
    case 'cell':
      return ofStream(snapshot, symbol.node, symbol.property, symbol.offset);
  }
}

function inFiles(snapshot: BoardSnapshot, find: (file: SourceFile) => readonly Occurrence[]): Occurrence[] {
  return [...snapshot.result.files.values()].flatMap(find);
}

/** Labels and their references, the node's name, and values that name its path. */
function ofNode(snapshot: BoardSnapshot, node: DtNode): Occurrence[] {
  const found = inFiles(snapshot, (file) => node.labels.flatMap((label) => labelOccurrences(file, label.name)));
  const have = new Set(found.map((o) => place(o.span)));
  const add = (span: Span, use: Occurrence['use']): void => {
    const key = place(span);
    if (have.has(key)) return;
    have.add(key);
    found.push({ span, use });
  };
  for (const { nameSpan, reference } of node.definitions) if (reference === null) add(nameSpan, 'definition');
  const text = `&{${node.path}}`;
  for (const file of snapshot.result.files.values())
    for (let at = file.text.indexOf(text); at >= 0; at = file.text.indexOf(text, at + 1))
      add({ file, start: at, end: at + text.length }, 'reference');
  return found;
}

const place = ({ file, start }: Span): string => `${file.uri} ${start}`;

function ofCompatible(snapshot: BoardSnapshot, compatible: string): Occurrence[] {
  return snapshot.tree.nodes.flatMap((node) =>
    (node.properties.get('compatible')?.parts ?? []).flatMap((part): Occurrence[] => {
      if (part.kind !== 'string' || part.value !== compatible) return [];
      const { file, start, end } = part.span;
      return [{ span: { file, start: start + 1, end: end - 1 }, use: 'reference' }];
    }),
  );
}

/** A property: all settings of it on this node. Of a provider's cells property: its masters too. */
function ofProperty(snapshot: BoardSnapshot, node: DtNode, property: DtProperty): Occurrence[] {
  const found: Occurrence[] = [];
  for (let at: DtProperty | null = node.properties.get(property.name) ?? property; at !== null; at = at.overrode)
    if (at.nameSpan !== null) found.push({ span: at.nameSpan, use: 'definition' });
  const provider = property.name === '#iommu-cells' ? snapshot.view.provider(node) : null;
  if (provider !== null) for (const use of snapshot.view.named(provider)) found.push(...spanOfUse(use));
  return found;
}

/** A stream ID (or another cell of a specifier): every specifier and map row of that provider whose IDs meet it. */
function ofStream(snapshot: BoardSnapshot, node: DtNode, property: DtProperty, offset: number): Occurrence[] {
  const cell = offset / 4;
  const own = streamAt(snapshot, node, property, cell);
  if (own === null) return [];
  const found: Occurrence[] = [];
  for (const use of snapshot.view.named(own.provider)) {
    const meets =
      use.count > 1
        ? own.id >= use.id && own.id < use.id + use.count
        : own.count > 1
          ? use.id >= own.id && use.id < own.id + own.count
          : intersects(use, own) || covers(use, own);
    if (meets) found.push(...spanOfUse(use));
  }
  return found;
}

function streamAt(
  snapshot: BoardSnapshot,
  node: DtNode,
  property: DtProperty,
  cell: number,
): Pick<StreamUse, 'provider' | 'id' | 'mask' | 'count'> | null {
  if (property.name === 'iommus') {
    const master = snapshot.view.master(node);
    const entry = master === null ? undefined : entryWithArgument(master.list, cell);
    const provider = entry?.node == null ? null : snapshot.view.provider(entry.node);
    if (entry === undefined || provider === null) return null;
    return { provider, id: entry.args[0] ?? 0, mask: maskOf(provider, entry.args), count: 1 };
  }
  for (const provider of snapshot.view.providers)
    for (const use of snapshot.view.uses(provider))
      if (use.node === node && use.from.kind === 'iommu-map' && property.name === 'iommu-map') {
        const row = use.from.map.rows[use.from.row];
        if (row !== undefined && cell >= row.cell && cell < row.cell + row.width) return use;
      }
  return null;
}

/** The written specifier or row of a use; the node when it is not written in cells. */
function spanOfUse(use: StreamUse): Occurrence[] {
  let span: Span | null = null;
  if (use.from.kind === 'iommus') {
    const { master, entry } = use.from;
    span = spanOfEntry(master.property, entry.cell, entry.args.length + 1) ?? master.property.nameSpan;
  } else {
    const property = use.node.properties.get('iommu-map');
    const row = use.from.map.rows[use.from.row];
    if (property !== undefined && row !== undefined)
      span = spanOfEntry(property, row.cell, row.width) ?? property.nameSpan;
  }
  span ??= nodeSpan(use.node);
  return span === null ? [] : [{ span, use: 'reference' }];
}
