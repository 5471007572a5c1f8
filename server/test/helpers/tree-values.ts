/** What a board's tree holds, for tests of how it was found. */
import type { DtProperty } from '../../src/devicetree/model';
import { nodeAt } from '../../src/devicetree/read';
import type { BoardSnapshot } from '../../src/workspace/board';

/** A property of a node (by default the root's), null when it is not there. */
export function property(snapshot: BoardSnapshot | null, name: string, path = '/'): DtProperty | null {
  if (snapshot === null) return null;
  return nodeAt(snapshot.tree, path)?.properties.get(name) ?? null;
}

/** The cells of a property, null when it is not there. */
export function u32(snapshot: BoardSnapshot | null, name: string, path = '/'): number[] | null {
  const bytes = property(snapshot, name, path)?.bytes;
  if (bytes === undefined) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getUint32(4 * i));
}

/** The string that a property holds, null when it is not there. */
export function text(snapshot: BoardSnapshot | null, name: string, path = '/'): string | null {
  const bytes = property(snapshot, name, path)?.bytes;
  return bytes === undefined ? null : new TextDecoder().decode(bytes).replace(/\0$/, '');
}
