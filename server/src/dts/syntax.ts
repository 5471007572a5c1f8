/**
 * The syntax of one source: statements as they were written, with their places. A statement may be shared by many trees
 * (the same include in many boards, or the same board after an edit), so nothing here refers to a tree.
 */
import { Expansion } from '../source/expansion';
import type { Span } from '../source/file';
import type { Macro, Via } from '../source/macro';
import type { TextOrigin } from '../source/options';
import type { Unit } from '../source/units';

export const PART_CELL = 0;
export const PART_STRING = 1;
export const PART_BYTES = 2;
export const PART_INCBIN = 3;
/** `&label` outside `<>`. */
export const PART_PATH = 4;
/** `&label` inside `<>`. */
export const PART_PHANDLE = 5;
/** A label inside a value. */
export const PART_LABEL = 6;

/** A macro used inside a value: a simple one in the text itself, or a place in the text that macros made. */
export type PartSource =
  | { readonly macro: Macro }
  | { readonly input: TextOrigin; readonly macros: readonly (Macro | Via)[] };

const PART_SIZE = 5;

/**
 * Values of many properties side by side: their bytes, and for each part of a value five integers (kind | width << 4,
 * byte offset within the property, start, end, index into `sources` + 1 or 0).
 */
export class ValueStore {
  bytes: Uint8Array;
  length = 0;
  private parts: Int32Array;
  partCount = 0;
  readonly sources: PartSource[] = [];

  /** `size`: about how many characters of source its values come from. */
  constructor(size: number) {
    this.bytes = new Uint8Array(64 + (size >> 2));
    this.parts = new Int32Array(64 + (size >> 2));
  }

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    if (this.length + 4 > this.bytes.length) this.reserve(4);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = value >>> 24;
    bytes[at++] = value >>> 16;
    bytes[at++] = value >>> 8;
    bytes[at++] = value;
    this.length = at;
  }

  part(kind: number, width: number, offset: number, start: number, end: number, source: number): void {
    let at = this.partCount * PART_SIZE;
    if (at + PART_SIZE > this.parts.length) {
      const parts = new Int32Array(this.parts.length * 2);
      parts.set(this.parts);
      this.parts = parts;
    }
    const { parts } = this;
    parts[at++] = kind | (width << 4);
    parts[at++] = offset;
    parts[at++] = start;
    parts[at++] = Math.max(start, end);
    parts[at] = source;
    this.partCount++;
  }

  /** Field `field` of part `index`: 0 kind and width, 1 offset, 2 start, 3 end, 4 source. */
  field(index: number, field: 0 | 1 | 2 | 3 | 4): number {
    return this.parts[index * PART_SIZE + field] as number;
  }

  /** Gives back the room that growing left over. Call when nothing is added any more. */
  trim(): void {
    if (this.bytes.length > this.length + 64) this.bytes = this.bytes.slice(0, this.length);
    if (this.parts.length > this.partCount * PART_SIZE + 64)
      this.parts = this.parts.slice(0, this.partCount * PART_SIZE);
  }
}

/** The place of text of an input in a file that the user can see. */
export function spanIn(input: TextOrigin, start: number, end: number): Span {
  return input instanceof Expansion ? input.spanOf(start, end) : { file: input, start, end };
}

/** A label where it is written: `name:`. The span leaves the colon out. */
export class LabelSyntax {
  constructor(
    readonly name: string,
    private readonly input: TextOrigin,
    private readonly start: number,
    private readonly end: number,
  ) {}
  get span(): Span {
    return spanIn(this.input, this.start, this.end);
  }
}

/** A reference inside a value: `&label` or `&{/path}`. */
export interface ReferenceSyntax {
  /** Byte offset in the value before any path is put in. */
  readonly offset: number;
  /** Without `&` and braces. */
  readonly text: string;
  /** A path string (outside `<>`) instead of a phandle. */
  readonly path: boolean;
  readonly input: TextOrigin;
  readonly start: number;
  readonly end: number;
}

export const NO_LABELS: readonly LabelSyntax[] = [];

/** One `name = value;`, `name;` or `/delete-property/ name;`. */
export class PropertySyntax {
  references: ReferenceSyntax[] | null = null;
  bytesFrom = 0;
  bytesLength = 0;
  partFrom = 0;
  partCount = 0;
  endInput: TextOrigin;
  end: number;
  /** Whether dtc treats a property of this name in its own way (explicit phandles, `name`). */
  readonly special: boolean;
  /** False when its text is broken, so that the value may be cut short. */
  complete = true;
  /** Byte offsets of cells that stand for constants which nobody here knows (an include is missing); null: there are none. */
  unknown: number[] | null = null;
  /** Whether it has labels, before its name or in its value. */
  labelled: boolean;
  /** The value as the last tree had it, with the numbers of its references' targets put in; never written to. */
  resolved: Uint8Array | null = null;
  private ownBytes: Uint8Array | null = null;
  private ownStrings: readonly string[] | null = null;
  constructor(
    readonly name: string,
    readonly labels: readonly LabelSyntax[],
    readonly deletes: boolean,
    readonly store: ValueStore,
    readonly input: TextOrigin,
    readonly nameStart: number,
    readonly nameEnd: number,
    readonly start: number,
  ) {
    this.endInput = input;
    this.end = nameEnd;
    this.labelled = labels.length > 0;
    this.special = name === 'phandle' || name === 'linux,phandle' || name === 'name';
  }
  get nameSpan(): Span {
    return spanIn(this.input, this.nameStart, this.nameEnd);
  }
  get span(): Span {
    return joined(this.input, this.start, this.endInput, this.end);
  }
  /** The value with nothing put in for its references. One object for all trees that share the statement; ask when it is parsed. */
  get bytes(): Uint8Array {
    this.ownBytes ??= this.store.bytes.subarray(this.bytesFrom, this.bytesFrom + this.bytesLength);
    return this.ownBytes;
  }
  /** `bytes` as strings that end in NUL. */
  get strings(): readonly string[] {
    this.ownStrings ??= stringsIn(this.bytes);
    return this.ownStrings;
  }
}

const decoder = new TextDecoder();
const NO_STRINGS: readonly string[] = [];

/** The strings of a value, each ended by NUL (the last end may be missing). */
export function stringsIn(bytes: Uint8Array): readonly string[] {
  if (bytes.length === 0) return NO_STRINGS;
  const text = decoder.decode(bytes);
  const first = text.indexOf('\0');
  // most are one string, and a tree has ten thousands of them
  if (first === text.length - 1) return [text.slice(0, -1)];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

export type NodeKind = 'named' | 'reference' | 'root' | 'delete';

/** One node body: `name { … };`, `&label { … };`, `/ { … };`, or `/delete-node/ name;` inside a body. */
export class NodeSyntax {
  readonly properties: PropertySyntax[] = [];
  readonly children: NodeSyntax[] = [];
  labels: readonly LabelSyntax[] = NO_LABELS;
  omitIfNoReference = false;
  endInput: TextOrigin;
  end: number;
  /** Offset just after `{`, for what may be put in; -1 for a deletion. */
  bodyStart = -1;
  constructor(
    readonly kind: NodeKind,
    /** The name; for a reference its text without `&` and braces. */
    readonly name: string,
    readonly input: TextOrigin,
    readonly start: number,
    readonly nameEnd: number,
  ) {
    this.endInput = input;
    this.end = nameEnd;
  }
  get nameSpan(): Span {
    return spanIn(this.input, this.start, this.nameEnd);
  }
  get span(): Span {
    return joined(this.input, this.start, this.endInput, this.end);
  }
  get reference(): string | null {
    return this.kind === 'reference' ? this.name : null;
  }
}

function joined(input: TextOrigin, start: number, endInput: TextOrigin, end: number): Span {
  // A file that includes itself may begin a statement behind the place where it ends.
  const first = spanIn(input, start, input === endInput ? Math.max(start, end) : start);
  if (input === endInput) return first;
  const last = spanIn(endInput, Math.max(0, end - 1), end);
  return last.file === first.file && last.end > first.start
    ? { file: first.file, start: first.start, end: last.end }
    : first;
}

/** `/dts-v1/;` or `/plugin/;`. */
export interface VersionStatement {
  readonly kind: 'version' | 'plugin';
  readonly span: Span;
}
export interface ReserveStatement {
  readonly kind: 'memreserve';
  readonly address: bigint;
  readonly size: bigint;
  readonly span: Span;
  readonly labels: readonly LabelSyntax[];
}
/** A node at top level; with `labels` before a `&ref`. */
export interface NodeStatement {
  readonly kind: 'node';
  readonly node: NodeSyntax;
}
/** `/delete-node/ &ref;` or `/omit-if-no-ref/ &ref;` at top level. */
export interface ReferenceStatement {
  readonly kind: 'delete' | 'omit';
  readonly reference: string;
  readonly span: Span;
}
export type Statement = VersionStatement | ReserveStatement | NodeStatement | ReferenceStatement;

/** What parsing a board gives. */
export interface ParsedSource {
  readonly unit: Unit<Statement>;
  /** The macros defined at the end. */
  readonly macros: readonly Macro[];
  /** Whether an include was missing, so that names and labels may be missing that are no mistakes. */
  readonly incomplete: boolean;
  /** Macros and labels that options of the build decide. */
  readonly undecided: ReadonlySet<string>;
}
