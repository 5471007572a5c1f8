/**
 * The merged device tree: small, passive, immutable once built. Everything above the `devicetree` floor reads these
 * types only; how they were built (source text or a .dtb) makes no difference to a reader.
 */
import type { Span } from '../source/file';
import type { DtcRules } from './dtc';

/** How a value came to be: the text that was written, and the macros through which it was reached, outermost first. */
export interface MacroUse {
  readonly name: string;
  /** Where the macro is used (in the file the user sees). */
  readonly use: Span;
  /** Where the macro is defined; null for a macro given on the command line. */
  readonly definition: Span | null;
}

/** One integer of a value: `width` bits (8, 16, 32 or 64), at byte `offset` of the property. */
export interface CellPart {
  readonly kind: 'cell';
  readonly offset: number;
  readonly width: 8 | 16 | 32 | 64;
  /** The final value, unsigned; for a reference the phandle of its target. */
  readonly value: bigint;
  readonly span: Span;
  readonly macros: readonly MacroUse[];
  /** Set when the cell was written as `&label`, `&{/path}`: the text without `&`, and the node it found. */
  readonly reference?: { readonly text: string; readonly target: DtNode | null };
}

export interface StringPart {
  readonly kind: 'string';
  readonly offset: number;
  readonly value: string;
  readonly span: Span;
}

export interface BytesPart {
  readonly kind: 'bytes' | 'incbin';
  readonly offset: number;
  readonly length: number;
  readonly span: Span;
}

/** `&label` outside `<>`: the path of the target as a string. */
export interface PathPart {
  readonly kind: 'path';
  readonly offset: number;
  readonly value: string;
  readonly span: Span;
  readonly reference: { readonly text: string; readonly target: DtNode | null };
}

export type ValuePart = CellPart | StringPart | BytesPart | PathPart;

export interface DtProperty {
  readonly name: string;
  readonly node: DtNode;
  /** The value as it stands in the blob, phandles resolved. */
  readonly bytes: Uint8Array;
  /** The value as it was written; of a .dtb, 32-bit cells or strings as they can be guessed. */
  readonly parts: readonly ValuePart[];
  readonly labels: readonly string[];
  /** The name, and the whole statement including `;`, where the value was set last. Null for generated properties. */
  readonly nameSpan: Span | null;
  readonly span: Span | null;
  /** The definition that this one replaced, if any. */
  readonly overrode: DtProperty | null;
  /** Writes the value into a buffer without making `bytes`; its length, or -1 when `bytes` must be used. For the blob's writer. */
  writeTo?(target: Uint8Array, at: number): number;
  /** The strings of `bytes`, where the tree keeps them: read.ts, stringsOf. */
  readonly strings?: readonly string[];
  /** Byte offsets of cells that stand for constants which nobody here knows, as an include is missing: their value is no 0. */
  readonly unknown?: readonly number[] | undefined;
  /** Whether a reference is written at a byte offset; cheaper than the parts, where the tree knows it. */
  referenceAt?(offset: number): boolean;
}

/** One place where a node is written: `name { ... }` or `&label { ... }`. */
export interface NodeDefinition {
  /** From the first character of name or reference (labels excluded) to the closing `};`. */
  readonly span: Span;
  /** The name or the reference. */
  readonly nameSpan: Span;
  /** The label or path of a `&ref { }` block; null for a definition by name. */
  readonly reference: string | null;
}

export interface DtLabel {
  readonly name: string;
  readonly span: Span | null;
}

export interface DtNode {
  /** With unit address, for example `iommu@15000000`; empty for the root. */
  readonly name: string;
  /** Full path, `/` for the root. */
  readonly path: string;
  readonly parent: DtNode | null;
  /** In the order in which they stand in the blob. */
  readonly properties: ReadonlyMap<string, DtProperty>;
  /** In the order in which they stand in the blob, keyed by full name. */
  readonly children: ReadonlyMap<string, DtNode>;
  readonly labels: readonly DtLabel[];
  /** True when a child was deleted (dtc's checks count a deleted child as one that was there). */
  readonly deletedChildren?: boolean;
  /** The phandle of the final tree, or null when the node has none. */
  readonly phandle: number | null;
  /** In source order; empty for generated nodes and nodes of a .dtb. */
  readonly definitions: readonly NodeDefinition[];
  /** The tree's depth-first number (root 0): a stable order and a cheap key. */
  readonly index: number;
}

export interface MemoryReservation {
  readonly address: bigint;
  readonly size: bigint;
}

export interface DeviceTree {
  readonly root: DtNode;
  /** All nodes, depth first in stored order; `nodes[n.index] === n`. */
  readonly nodes: readonly DtNode[];
  readonly labels: ReadonlyMap<string, DtNode>;
  readonly phandles: ReadonlyMap<number, DtNode>;
  readonly memoryReservations: readonly MemoryReservation[];
  /** The dtc that compiles it; absent for the newest. */
  readonly dtc?: DtcRules;
  /** True for a `/plugin/` source (an overlay). */
  readonly plugin: boolean;
  /** True when it was read from a .dtb: which cells were written as references is not known then. */
  readonly blob?: boolean;
}

/** A problem found by the front end. `related` says where else to look (a macro's definition, the first label …). */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'information';
  /** Stable code: `dts/…` and `cpp/…` for syntax, dtc's own check names for its checks. */
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
}
