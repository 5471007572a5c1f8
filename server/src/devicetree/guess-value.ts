/** What the bytes of a blob's property most likely are: strings, references and cells, or bytes. */

import type { Span } from '../source/file';
import type { DtNode, ValuePart } from './model';
import { phandleLayout } from './phandle-properties';
import { cellAt } from './read';

/** A reference in a blob: the text to write without `&`, and the node. */
export interface FoundReference {
  readonly text: string;
  readonly target: DtNode | null;
}

/** What is known about a blob beside the value itself. */
export interface BlobFacts {
  readonly phandles: ReadonlyMap<number, DtNode>;
  /** References recorded by `__fixups__` and `__local_fixups__`, by byte offset, of this property. */
  readonly recorded: ReadonlyMap<number, FoundReference> | undefined;
  reference(target: DtNode): FoundReference;
}

const decoder = new TextDecoder();

const STRINGS = new Set([
  'compatible',
  'model',
  'status',
  'device_type',
  'label',
  'name',
  'bootargs',
  'stdout-path',
  'method',
  'enable-method',
  'phy-mode',
  'dr_mode',
  'target-path',
  'serial-number',
  'function',
]);
const CELLS = new Set([
  'reg',
  'ranges',
  'dma-ranges',
  'interrupts',
  'interrupt-map',
  'interrupt-map-mask',
  'phandle',
  'linux,phandle',
  'clock-frequency',
  'bus-range',
  'iommu-map',
  'iommu-map-mask',
  'iommu-addresses',
  'msi-map',
  'alloc-ranges',
  'size',
]);

/** The parts of a value. All of them get `span`: the printer knows better ones later. */
export function guessParts(
  node: DtNode,
  name: string,
  bytes: Uint8Array,
  facts: BlobFacts,
  span: Span,
): readonly ValuePart[] {
  if (bytes.length === 0) return [];
  const recorded = facts.recorded;
  if (recorded === undefined && isText(name, bytes, node)) return stringParts(bytes, span);
  if (bytes.length % 4 !== 0) return [{ kind: 'bytes', offset: 0, length: bytes.length, span }];
  const layout = phandleLayout(node, name, bytes, facts.phandles);
  const known = new Set(layout?.phandles);
  const parts: ValuePart[] = [];
  for (let offset = 0; offset < bytes.length; offset += 4) {
    const value = cellAt(bytes, offset);
    let reference = recorded?.get(offset);
    if (reference === undefined && known.has(offset)) {
      const target = facts.phandles.get(value);
      if (target !== undefined) reference = facts.reference(target);
    }
    const cell = { kind: 'cell', offset, width: 32, value: BigInt(value), span, macros: [] } as const;
    parts.push(reference === undefined ? cell : { ...cell, reference });
  }
  return parts;
}

function isText(name: string, bytes: Uint8Array, node: DtNode): boolean {
  if (bytes[bytes.length - 1] !== 0) return false;
  const sure = STRINGS.has(name) || name.endsWith('-names') || node.path === '/__symbols__' || node.path === '/aliases';
  if (!sure && (CELLS.has(name) || name.startsWith('#'))) return false;
  let nuls = 0;
  for (const byte of bytes) {
    if (byte === 0) nuls++;
    else if (!isPrintable(byte) && !(sure && byte >= 0x80)) return false;
  }
  if (sure) return true;
  // as treesource.c (guess_value_type) of dtc decides, and a number rather than strings that start with an empty one
  return nuls <= bytes.length - nuls && !(bytes[0] === 0 && bytes.length % 4 === 0);
}

/** Printable ASCII and the control characters that have an escape of one letter. */
function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 7 && byte <= 13);
}

function stringParts(bytes: Uint8Array, span: Span): ValuePart[] {
  const parts: ValuePart[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const end = bytes.indexOf(0, offset);
    parts.push({ kind: 'string', offset, value: decoder.decode(bytes.subarray(offset, end)), span });
    offset = end + 1;
  }
  return parts;
}
