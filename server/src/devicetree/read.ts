/** Reading values out of a tree: cells, strings, status, paths. Nothing here ever throws. */
import { stringsIn } from '../dts/syntax';
import type { DeviceTree, DtNode, DtProperty } from './model';

/** The big-endian 32-bit cells of a property; a tail shorter than a cell is left out. Empty when absent. */
export function cellsOf(property: DtProperty | undefined): number[] {
  if (property === undefined) return [];
  const bytes = property.bytes;
  const count = bytes.length >> 2;
  if (count === 0) return [];
  const cells = [cellAt(bytes, 0)];
  if (count > 1) {
    // an array that grows by push takes room for seventeen at once
    cells.length = count;
    for (let i = 1; i < count; i++) cells[i] = cellAt(bytes, 4 * i);
  }
  return cells;
}

/** The unsigned 32-bit cell at a byte offset; bytes beyond the end count as 0. */
export function cellAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}

/** The first cell of a property, or `fallback` when it is absent or shorter than a cell (of_property_read_u32). */
export function u32(node: DtNode, name: string, fallback: number): number {
  const property = node.properties.get(name);
  return property === undefined || property.bytes.length < 4 ? fallback : cellAt(property.bytes, 0);
}

/** The NUL-terminated strings of a property. Empty when absent. */
export function stringsOf(property: DtProperty | undefined): readonly string[] {
  if (property === undefined) return none;
  return property.strings ?? stringsIn(property.bytes);
}

const none: readonly string[] = [];

/** The first string of a property, or null. */
export function stringOf(property: DtProperty | undefined): string | null {
  return stringsOf(property)[0] ?? null;
}

/** `compatible` in order, most specific first. */
export function compatibles(node: DtNode): readonly string[] {
  return stringsOf(node.properties.get('compatible'));
}

/**
 * Whether a node is one of those in which dtc notes an overlay's references: below `/__local_fixups__`, with the names of the
 * nodes and properties that hold them, but none of their values.
 */
export function isLocalFixup(tree: DeviceTree, node: DtNode): boolean {
  const fixups = tree.root.children.get('__local_fixups__');
  if (fixups === undefined) return false;
  let at: DtNode | null = node;
  while (at !== null && at !== fixups) at = at.parent;
  return at === fixups;
}

/** Whether the node itself may be used: no status, "okay" or "ok" (drivers/of/base.c, __of_device_is_available). */
export function isAvailable(node: DtNode): boolean {
  const status = node.properties.get('status');
  if (status === undefined) return true;
  const { bytes } = status;
  // "okay" or "ok", read as bytes: this is asked of every node again and again.
  if (bytes[0] !== 0x6f || bytes[1] !== 0x6b) return false;
  return ends(bytes, 2) || (bytes[2] === 0x61 && bytes[3] === 0x79 && ends(bytes, 4));
}

function ends(bytes: Uint8Array, at: number): boolean {
  return bytes.length === at || bytes[at] === 0;
}

/** Whether the node and all its ancestors are available. */
export function isEnabled(node: DtNode): boolean {
  for (let at: DtNode | null = node; at !== null; at = at.parent) if (!isAvailable(at)) return false;
  return true;
}

/** The node at an absolute path, or null. */
export function nodeAt(tree: DeviceTree, path: string): DtNode | null {
  let node: DtNode | null = tree.root;
  for (const name of path.split('/')) {
    if (name === '') continue;
    node = node?.children.get(name) ?? null;
  }
  return path.startsWith('/') ? node : null;
}

/** Reads `count` cells from index `at` as one big number (0 cells give 0n). */
export function wide(cells: readonly number[], at: number, count: number): bigint {
  if (count === 1) return BigInt(cells[at] ?? 0);
  let value = 0n;
  for (let i = 0; i < count; i++) value = (value << 32n) | BigInt(cells[at + i] ?? 0);
  return value;
}
