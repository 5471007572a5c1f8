/**
 * Lists of phandles with arguments: read as the kernel reads them (of_parse_phandle_with_args), and as they are written,
 * so that one missing cell is one mistake at one place.
 */
import type { CellPart, DeviceTree, DtNode, DtProperty } from '../devicetree/model';
import { cellsOf, u32 } from '../devicetree/read';
import type { Span } from '../source/file';

/** Why a list ends before its last cell. */
export type ListProblem =
  /** A phandle that no node has. */
  | { readonly kind: 'unknown-phandle'; readonly cell: number; readonly phandle: number }
  /** The node named has no cells property: no provider of this kind. */
  | { readonly kind: 'not-a-provider'; readonly cell: number; readonly node: DtNode }
  /** Fewer cells left than the provider asks for. */
  | {
      readonly kind: 'short';
      readonly cell: number;
      readonly node: DtNode;
      readonly wanted: number;
      readonly found: number;
    }
  /** The length is no multiple of four bytes. */
  | { readonly kind: 'odd-length'; readonly length: number };

/** One entry as the kernel reads it. `cell` is the index of its first cell (the phandle) in the property. */
export interface PhandleEntry {
  readonly index: number;
  readonly cell: number;
  /** 0 for a hole. */
  readonly phandle: number;
  readonly node: DtNode | null;
  readonly args: readonly number[];
  /** Which of the arguments are constants that nobody here knows (DtProperty.unknown), by index; absent: none is. */
  readonly unknown?: readonly number[];
}

export interface PhandleList {
  readonly entries: readonly PhandleEntry[];
  readonly problem: ListProblem | null;
}

/** The entry one of whose arguments is in a cell (by its index in the property). */
export function entryWithArgument({ entries }: PhandleList, cell: number): PhandleEntry | undefined {
  return entries.find((entry) => cell > entry.cell && cell <= entry.cell + entry.args.length);
}

/**
 * Reads a list of phandle + arguments. `cellsName` is the provider's property that gives the number of arguments
 * (null: none ever). A hole (phandle 0) is an entry without a node. The first error ends the list, as in the kernel.
 */
export function parsePhandleList(
  tree: DeviceTree,
  property: DtProperty | undefined,
  cellsName: string | null,
): PhandleList {
  const cells = cellsOf(property);
  const entries: PhandleEntry[] = [];
  for (let at = 0; at < cells.length; ) {
    const phandle = cells[at] ?? 0;
    if (phandle === 0) {
      entries.push({ index: entries.length, cell: at, phandle, node: null, args: [] });
      at += 1;
      continue;
    }
    const node = tree.phandles.get(phandle);
    if (node === undefined) return { entries, problem: { kind: 'unknown-phandle', cell: at, phandle } };
    let count = 0;
    if (cellsName !== null) {
      if (!node.properties.has(cellsName)) return { entries, problem: { kind: 'not-a-provider', cell: at, node } };
      count = u32(node, cellsName, 0);
    }
    const left = cells.length - at - 1;
    if (count > left) return { entries, problem: { kind: 'short', cell: at, node, wanted: count, found: left } };
    const unknown = unknownArguments(property, at, count);
    const args = cells.slice(at + 1, at + 1 + count);
    entries.push({ index: entries.length, cell: at, phandle, node, args, ...(unknown && { unknown }) });
    at += 1 + count;
  }
  const length = property?.bytes.length ?? 0;
  return { entries, problem: length % 4 === 0 ? null : { kind: 'odd-length', length } };
}

/** The arguments behind the phandle in cell `at` that nobody knows, by index; null when there are none. */
function unknownArguments(property: DtProperty | undefined, at: number, count: number): number[] | null {
  if (property?.unknown === undefined) return null;
  const found = property.unknown.map((offset) => offset / 4 - at - 1).filter((i) => i >= 0 && i < count);
  return found.length === 0 ? null : found;
}

/** The 32-bit cells of a property as they were written, in order; anything else in between is left out. */
export function cellPartsOf(property: DtProperty): CellPart[] {
  return property.parts.filter((part): part is CellPart => part.kind === 'cell' && part.width === 32);
}

/** The written part of cell `index` (counted in 32-bit cells of the value), or null. */
export function cellPartAt(property: DtProperty, index: number): CellPart | null {
  const offset = index * 4;
  for (const part of property.parts)
    if (part.offset === offset && part.kind === 'cell' && part.width === 32) return part;
  return null;
}

/** One entry as it is written: a reference and the plain cells that follow it up to the next reference. */
export interface WrittenEntry {
  /** Null for cells that stand before any reference. */
  readonly head: CellPart | null;
  readonly args: readonly CellPart[];
}

/**
 * Groups the cells of a property at the references written in it. Empty when the property has no written reference
 * (numbers only, or a .dtb): then only the kernel's reading makes sense.
 */
export function writtenEntries(property: DtProperty): WrittenEntry[] {
  const entries: { head: CellPart | null; args: CellPart[] }[] = [];
  let references = 0;
  for (const part of cellPartsOf(property)) {
    if (part.reference !== undefined) {
      references++;
      entries.push({ head: part, args: [] });
      continue;
    }
    let last = entries[entries.length - 1];
    if (last === undefined) {
      last = { head: null, args: [] };
      entries.push(last);
    }
    last.args.push(part);
  }
  return references === 0 ? [] : entries;
}

/** Whether a cell is the first of its `<…>`. */
export function startsGroup({ span }: CellPart): boolean {
  return /<\s*$/.test(span.file.text.slice(Math.max(0, span.start - 200), span.start));
}

/** From the first to the last cell of an entry; null when nothing of it was written in a file. */
export function spanOfEntry(property: DtProperty, cell: number, count: number): Span | null {
  const first = cellPartAt(property, cell);
  const last = cellPartAt(property, cell + Math.max(0, count - 1)) ?? first;
  if (first === null || last === null) return property.span;
  if (first.span.file !== last.span.file || last.span.end < first.span.start) return first.span;
  return { file: first.span.file, start: first.span.start, end: last.span.end };
}
