/** The tree's own classes behind model.ts: cheap to make in thousands, with values and places worked out when asked for. */

import {
  NO_LABELS,
  PART_BYTES,
  PART_CELL,
  PART_INCBIN,
  PART_LABEL,
  PART_PATH,
  PART_PHANDLE,
  PART_STRING,
  type PartSource,
  type PropertySyntax,
  type ReferenceSyntax,
  spanIn,
  stringsIn,
} from '../dts/syntax';
import { Expansion } from '../source/expansion';
import type { SourceFile, Span } from '../source/file';
import type { Macro, Via } from '../source/macro';
import type { TextOrigin } from '../source/options';
import type { DtLabel, DtNode, DtProperty, MacroUse, NodeDefinition, ValuePart } from './model';

const NO_CHILDREN: Map<string, TreeNode> = new Map();
/** Never written to: see `define`. */
const NO_DEFINITIONS: NodeDefinition[] = [];
const NO_PARTS: readonly ValuePart[] = [];
const NO_BYTES = new Uint8Array(0);
const NO_NAMES: readonly string[] = [];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class TreeNode implements DtNode {
  properties: Map<string, TreeProperty> = new Map();
  children: Map<string, TreeNode> = NO_CHILDREN;
  labels: readonly DtLabel[] = NO_LABELS;
  deletedChildren = false;
  phandle: number | null = null;
  definitions: NodeDefinition[] = NO_DEFINITIONS;
  index = 0;
  // ---- while the tree is built
  deleted = false;
  omitIfNoReference = false;
  referenced = false;
  /** Whether a deleted property or child keeps its place here. */
  tombstones = false;
  /** Whether any property that was ever set here holds references. */
  hasReferences = false;
  /** Names of labels in dtc's order, once some of them were deleted. */
  labelOrder: string[] | null = null;
  private fullPath: string | null = null;
  /** The root has 0. */
  readonly depth: number;

  constructor(
    readonly name: string,
    readonly parent: TreeNode | null,
  ) {
    this.depth = parent === null ? 0 : parent.depth + 1;
  }

  get path(): string {
    if (this.fullPath === null) {
      const { parent } = this;
      this.fullPath = parent === null ? '/' : parent.parent === null ? `/${this.name}` : `${parent.path}/${this.name}`;
    }
    return this.fullPath;
  }

  define(definition: NodeDefinition): void {
    if (this.definitions.length === 0) this.definitions = [definition];
    else this.definitions.push(definition);
  }

  addChild(child: TreeNode): void {
    if (this.children === NO_CHILDREN) this.children = new Map();
    this.children.set(child.name, child);
  }

  /** dtc's add_label: the newest label comes first, one that was there before keeps its place. */
  addLabel(label: DtLabel): void {
    for (const known of this.labels) if (known.name === label.name) return;
    if (this.labelOrder?.includes(label.name)) {
      const order = this.labelOrder;
      this.labels = [...this.labels, label].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    } else {
      this.labelOrder?.unshift(label.name);
      this.labels = [label, ...this.labels];
    }
  }
}

function sourceOfPart({ store }: PropertySyntax, part: number): PartSource | undefined {
  const index = store.field(part, 4);
  return index > 0 ? store.sources[index - 1] : undefined;
}

function inputOfPart(syntax: PropertySyntax, source: PartSource | undefined): TextOrigin {
  return source !== undefined && 'input' in source ? source.input : syntax.input;
}

export class TreeProperty implements DtProperty {
  labels: readonly string[] = NO_NAMES;
  overrode: TreeProperty | null = null;
  deleted = false;
  /** The nodes that `references` found, in the same order. */
  targets: (TreeNode | null)[] | null = null;
  private known: Uint8Array | null = null;
  private knownParts: readonly ValuePart[] | null = null;

  constructor(
    readonly name: string,
    readonly node: TreeNode,
    /** The statement that gives the value; null for a generated property with `given` bytes. */
    readonly syntax: PropertySyntax | null,
    private readonly given: Uint8Array = NO_BYTES,
    private readonly givenReferences: readonly ReferenceSyntax[] | null = null,
  ) {
    if (syntax !== null && syntax.labels.length > 0) this.labels = syntax.labels.map((l) => l.name);
  }

  get references(): readonly ReferenceSyntax[] | null {
    return this.syntax === null ? this.givenReferences : this.syntax.references;
  }

  /** The bytes before references are filled in. */
  get rawBytes(): Uint8Array {
    return this.syntax === null ? this.given : this.syntax.bytes;
  }

  /** Bytes of the value as it was written, without paths put in. */
  get rawLength(): number {
    return this.syntax === null ? this.given.length : this.syntax.bytesLength;
  }

  get bytes(): Uint8Array {
    const { syntax } = this;
    if (syntax !== null && syntax.references === null) return syntax.bytes;
    this.known ??= this.resolve();
    return this.known;
  }

  get strings(): readonly string[] {
    const { syntax } = this;
    return syntax !== null && syntax.references === null ? syntax.strings : stringsIn(this.bytes);
  }

  /**
   * Writes the value to `target` from `at` when that can be done without making it first; its length, or -1 when there is more to it
   * or no room.
   */
  writeTo(target: Uint8Array, at: number): number {
    const { syntax, known, references, targets } = this;
    if (syntax === null || known !== null) return -1;
    if (references !== null) for (const reference of references) if (reference.path) return -1;
    const { bytes } = syntax.store;
    const from = syntax.bytesFrom;
    const length = syntax.bytesLength;
    if (at + length > target.length) return -1;
    if (length > 64) target.set(bytes.subarray(from, from + length), at);
    else for (let i = 0; i < length; i++) target[at + i] = bytes[from + i] as number;
    if (references !== null)
      for (let i = 0; i < references.length; i++)
        putCell(target, at + (references[i] as ReferenceSyntax).offset, targets?.[i]?.phandle ?? 0xffffffff);
    return length;
  }

  get unknown(): readonly number[] | undefined {
    return this.syntax?.unknown ?? undefined;
  }

  referenceAt(offset: number): boolean {
    const { references } = this;
    if (references === null) return false;
    let found = false;
    for (let i = 0; i < references.length; i++) {
      const reference = references[i] as ReferenceSyntax;
      // paths move what stands behind them
      if (reference.path) return this.parts.some((p) => p.offset === offset && p.kind === 'cell' && 'reference' in p);
      if (reference.offset === offset) found = true;
    }
    return found;
  }

  private resolve(): Uint8Array {
    const raw = this.rawBytes;
    const { references, targets } = this;
    if (references === null) return raw;
    if (this.syntax !== null && !references.some(isPath)) return this.numbered(this.syntax, references);
    const chunks: Uint8Array[] = [];
    let at = 0;
    let copy = raw;
    references.forEach((reference, i) => {
      const target = targets?.[i] ?? null;
      if (reference.path) {
        chunks.push(copy.subarray(at, reference.offset));
        at = reference.offset;
        if (target !== null) chunks.push(encoder.encode(`${target.path}\0`));
      } else {
        if (copy === raw) copy = raw.slice();
        putCell(copy, reference.offset, target?.phandle ?? 0xffffffff);
      }
    });
    if (chunks.length === 0) return copy;
    chunks.push(copy.subarray(at));
    // A later reference may have made the copy after earlier chunks were cut: cut them again from the final one.
    return concatenate(references, targets, copy);
  }

  /** The value with the numbers of its targets in it: the array that the last tree had, where these are the same still. */
  private numbered(syntax: PropertySyntax, references: readonly ReferenceSyntax[]): Uint8Array {
    const last = syntax.resolved;
    const { targets } = this;
    let made: Uint8Array | null = null;
    for (let i = 0; i < references.length; i++) {
      const { offset } = references[i] as ReferenceSyntax;
      const value = targets?.[i]?.phandle ?? 0xffffffff;
      if (made === null) {
        if (last !== null && cellIs(last, offset, value)) continue;
        made = (last ?? syntax.bytes).slice();
      }
      putCell(made, offset, value);
    }
    if (made !== null) syntax.resolved = made;
    return made ?? last ?? syntax.bytes;
  }

  get nameSpan(): Span | null {
    return this.syntax?.nameSpan ?? null;
  }

  get span(): Span | null {
    return this.syntax?.span ?? null;
  }

  get parts(): readonly ValuePart[] {
    this.knownParts ??= this.syntax === null ? NO_PARTS : this.makeParts(this.syntax);
    return this.knownParts;
  }

  private makeParts(syntax: PropertySyntax): readonly ValuePart[] {
    const { store } = syntax;
    const { bytes } = this;
    const parts: ValuePart[] = [];
    const references = syntax.references ?? [];
    let shift = 0;
    let reference = 0;
    for (let i = syntax.partFrom; i < syntax.partFrom + syntax.partCount; i++) {
      const kindAndWidth = store.field(i, 0);
      const kind = kindAndWidth & 15;
      if (kind === PART_LABEL) continue;
      const width = (kindAndWidth >> 4) as 8 | 16 | 32 | 64;
      const offset = store.field(i, 1) + shift;
      const start = store.field(i, 2);
      const end = store.field(i, 3);
      const source = sourceOfPart(syntax, i);
      const input = inputOfPart(syntax, source);
      const span = spanIn(input, start, end);
      if (kind === PART_STRING) {
        let stop = offset;
        while (stop < bytes.length && bytes[stop] !== 0) stop++;
        parts.push({ kind: 'string', offset, value: decoder.decode(bytes.subarray(offset, stop)), span });
      } else if (kind === PART_PATH) {
        const target = this.targets?.[reference] ?? null;
        const value = target?.path ?? '';
        parts.push({
          kind: 'path',
          offset,
          value,
          span,
          reference: { text: references[reference]?.text ?? '', target },
        });
        if (target !== null) shift += encoder.encode(value).length + 1;
        reference++;
      } else if (kind === PART_BYTES || kind === PART_INCBIN) {
        const next = i + 1 < syntax.partFrom + syntax.partCount ? this.nextOffset(syntax, i + 1) + shift : bytes.length;
        parts.push({ kind: kind === PART_INCBIN ? 'incbin' : 'bytes', offset, length: next - offset, span });
      } else if (kind === PART_CELL || kind === PART_PHANDLE) {
        let value = 0n;
        for (let b = 0; b < width / 8; b++) value = (value << 8n) | BigInt(bytes[offset + b] ?? 0);
        const macros = source === undefined ? [] : macroUses(source, input, span, start);
        if (kind === PART_PHANDLE) {
          const text = references[reference]?.text ?? '';
          const target = this.targets?.[reference] ?? null;
          parts.push({ kind: 'cell', offset, width, value, span, macros, reference: { text, target } });
          reference++;
        } else parts.push({ kind: 'cell', offset, width, value, span, macros });
      }
    }
    return parts;
  }

  /** The labels inside the value, in order: `name:`, the span without the colon. */
  valueLabels(): { readonly name: string; readonly span: Span }[] {
    const found: { name: string; span: Span }[] = [];
    const { syntax } = this;
    if (syntax === null || !syntax.labelled) return found;
    const { store } = syntax;
    for (let i = syntax.partFrom; i < syntax.partFrom + syntax.partCount; i++) {
      if ((store.field(i, 0) & 15) !== PART_LABEL) continue;
      const input = inputOfPart(syntax, sourceOfPart(syntax, i));
      const start = store.field(i, 2);
      const end = store.field(i, 3) - 1;
      found.push({ name: input.text.slice(start, end), span: spanIn(input, start, end) });
    }
    return found;
  }

  /** Where a label before the name is written, in this statement or one that it overrode. */
  labelSpan(name: string): Span | null {
    for (let at: TreeProperty | null = this; at !== null; at = at.overrode) {
      const label = at.syntax?.labels.find((l) => l.name === name);
      if (label !== undefined) return label.span;
    }
    return this.nameSpan;
  }

  private nextOffset(syntax: PropertySyntax, index: number): number {
    return syntax.store.field(index, 1);
  }
}

const isPath = (reference: ReferenceSyntax): boolean => reference.path;

function cellIs(bytes: Uint8Array, at: number, value: number): boolean {
  return (
    bytes[at] === value >>> 24 &&
    bytes[at + 1] === ((value >>> 16) & 255) &&
    bytes[at + 2] === ((value >>> 8) & 255) &&
    bytes[at + 3] === (value & 255)
  );
}

function putCell(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function concatenate(
  references: readonly ReferenceSyntax[],
  targets: readonly (TreeNode | null)[] | null,
  raw: Uint8Array,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let at = 0;
  references.forEach((reference, i) => {
    const target = targets?.[i] ?? null;
    if (!reference.path || target === null) return;
    pieces.push(raw.subarray(at, reference.offset), encoder.encode(`${target.path}\0`));
    at = reference.offset;
  });
  pieces.push(raw.subarray(at));
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let to = 0;
  for (const piece of pieces) {
    out.set(piece, to);
    to += piece.length;
  }
  return out;
}

function macroUses(
  source:
    | { readonly macro: Macro }
    | { readonly input: SourceFile | Expansion; readonly macros: readonly (Macro | Via)[] },
  input: SourceFile | Expansion,
  span: Span,
  start: number,
): MacroUse[] {
  if ('macro' in source) return [{ name: source.macro.name, use: span, definition: definitionOf(source.macro) }];
  const vias = source.macros.length > 0 ? source.macros : input instanceof Expansion ? input.macrosAt(start) : [];
  return vias.map((via) => {
    if (!('macro' in via)) return { name: via.name, use: span, definition: definitionOf(via) };
    const use = via.file === null ? span : { file: via.file, start: via.start, end: via.end };
    return { name: via.macro.name, use, definition: definitionOf(via.macro) };
  });
}

function definitionOf(macro: Macro): Span | null {
  return macro.file === null ? null : { file: macro.file, start: macro.start, end: macro.end };
}
