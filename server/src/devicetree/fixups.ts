/**
 * What dtc generates in an overlay about its references: __fixups__ for those that lead outside, __local_fixups__ for those that
 * stay inside (livetree.c: generate_fixups_tree, generate_local_fixups_tree; from 1.8.0 fixup_phandles and local_fixup_phandles,
 * which take up what was written there by hand).
 */
import type { DtcRules } from './dtc';
import { findReference, type MergedTree } from './merge';
import type { DtLabel } from './model';
import { TreeNode, TreeProperty } from './tree';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A cell that holds a phandle: `offset` in the value before paths are put in, what was written, and what it found. */
export interface FixupTarget {
  readonly property: TreeProperty;
  readonly offset: number;
  readonly reference: string;
  readonly target: TreeNode | null;
}

/** The same at its place in the finished value. */
interface Marker {
  readonly offset: number;
  readonly reference: string;
}

/** A child of the root, or below it, that dtc makes when it is not there (build_root_node). */
export function generatedNode(parent: TreeNode, name: string): TreeNode {
  const known = parent.children.get(name);
  if (known !== undefined && !known.deleted) return known;
  if (known !== undefined) parent.children.delete(name);
  const node = new TreeNode(name, parent);
  parent.addChild(node);
  return node;
}

/** Gives a node a property, last in order unless it has it. */
export function setBytes(node: TreeNode, name: string, bytes: Uint8Array): void {
  if (node.properties.get(name)?.deleted !== false) node.properties.delete(name);
  node.properties.set(name, new TreeProperty(name, node, null, bytes));
}

/** The names in a __symbols__ written by hand whose paths lead to nodes, in order. */
export function writtenSymbols({ root, labels }: MergedTree): { readonly node: TreeNode; readonly label: DtLabel }[] {
  const symbols = root.children.get('__symbols__');
  if (symbols === undefined || symbols.deleted) return [];
  return [...symbols.properties.values()].flatMap(({ name, bytes, nameSpan, deleted }) => {
    const path = cText(bytes);
    // to dtc the root is the empty path, and / is no path of anything
    const node = deleted || /^\/+$/.test(path) ? null : path === '' ? root : findReference(root, labels, `/${path}`);
    return node === null || node.deleted ? [] : [{ node, label: { name, span: nameSpan } }];
  });
}

const cText = (bytes: Uint8Array): string => decoder.decode(bytes).split('\0', 1)[0] ?? '';

export class Fixups {
  private readonly root: TreeNode;
  /** Labels that a __symbols__ written by hand adds. */
  private readonly symbols = new Map<string, TreeNode>();

  constructor(
    private readonly merged: MergedTree,
    private readonly dtc: DtcRules,
    private readonly targets: readonly FixupTarget[],
  ) {
    this.root = merged.root;
    if (dtc.symbolsAreLabels)
      for (const { node, label } of writtenSymbols(merged))
        if (!this.symbols.has(label.name)) this.symbols.set(label.name, node);
  }

  generate(): void {
    const markers = this.markers();
    const outside: [TreeProperty, Marker][] = [];
    const inside: [TreeProperty, Marker][] = [];
    for (const [property, list] of markers)
      for (const marker of list) (this.find(marker.reference) === null ? outside : inside).push([property, marker]);
    // dtc asks for each tree whether there is anything to enter before it makes the first
    if (outside.length > 0) this.outside(outside);
    if (inside.length > 0) this.inside(inside);
  }

  /** dtc looks again here: /omit-if-no-ref/ may have taken a target away, __symbols__ may name one. */
  private find(reference: string): TreeNode | null {
    const found = findReference(this.root, this.merged.labels, reference);
    if (found !== null && !isGone(found)) return found;
    return this.symbols.get(reference) ?? null;
  }

  /** All markers of living properties, in the order in which dtc meets them. */
  private markers(): Map<TreeProperty, Marker[]> {
    const found = new Map<TreeProperty, Marker[]>();
    for (const { property, offset, reference } of this.targets) {
      if (property.deleted || property.node.deleted) continue;
      const list = found.get(property) ?? [];
      list.push({ offset: offsetIn(property, offset), reference });
      found.set(property, list);
    }
    if (!this.dtc.takesUpFixups) return found;
    const before = found.size;
    let added = this.takeFixups(found);
    const local = this.living(this.root, '__local_fixups__');
    if (local !== null) added = this.takeLocal(local, this.root, found) || added;
    if (!added) return found;
    return before === found.size ? found : this.inOrder(found);
  }

  private living(parent: TreeNode, name: string): TreeNode | null {
    const node = parent.children.get(name);
    return node === undefined || node.deleted ? null : node;
  }

  /** fixup_phandles: `path:property:offset` strings by label. */
  private takeFixups(found: Map<TreeProperty, Marker[]>): boolean {
    const fixups = this.living(this.root, '__fixups__');
    let added = false;
    for (const { name, bytes, deleted } of fixups?.properties.values() ?? []) {
      if (deleted || bytes[bytes.length - 1] !== 0) continue;
      for (const entry of decoder.decode(bytes.subarray(0, -1)).split('\0')) {
        const [, path, property, offset] = /^([^:]*):([^:]*):(.*)$/s.exec(entry) ?? [];
        if (path === undefined || property === undefined || offset === undefined) continue;
        const node = findReference(this.root, this.merged.labels, `/${path}`);
        const target = node === null || node.deleted ? undefined : node.properties.get(property);
        const at = cInteger(offset);
        if (target === undefined || target.deleted || at < 0 || at + 4 > target.bytes.length) continue;
        added = mark(found, target, { offset: at, reference: name }) || added;
      }
    }
    return added;
  }

  /** local_fixup_phandles_node: offsets by property, in a tree of the same nodes. */
  private takeLocal(from: TreeNode, node: TreeNode, found: Map<TreeProperty, Marker[]>): boolean {
    let added = false;
    for (const { name, bytes, deleted } of from.properties.values()) {
      const target = node.properties.get(name);
      if (deleted || target === undefined || target.deleted || bytes.length % 4 !== 0) continue;
      for (let at = 0; at < bytes.length; at += 4) {
        const offset = cellOf(bytes, at);
        if (offset + 4 > target.bytes.length) continue;
        const owner = this.owners().get(cellOf(target.bytes, offset));
        if (owner === undefined) continue;
        const reference = owner.labels[0]?.name ?? owner.path;
        added = mark(found, target, { offset, reference }) || added;
      }
    }
    for (const child of from.children.values()) {
      const below = this.living(node, child.name);
      if (!child.deleted && below !== null) added = this.takeLocal(child, below, found) || added;
    }
    return added;
  }

  /** The entries that stood in a property by hand; null when it is no list of entries. */
  private readonly written = new Map<string, ReadonlySet<string> | null>();

  private byPhandle: Map<number, TreeNode> | null = null;

  private owners(): ReadonlyMap<number, TreeNode> {
    if (this.byPhandle === null) {
      const known = new Map<number, TreeNode>();
      const visit = (node: TreeNode): void => {
        if (node.deleted) return;
        if (node.phandle !== null && !known.has(node.phandle)) known.set(node.phandle, node);
        for (const child of node.children.values()) visit(child);
      };
      visit(this.root);
      this.byPhandle = known;
    }
    return this.byPhandle;
  }

  private inOrder(found: ReadonlyMap<TreeProperty, Marker[]>): Map<TreeProperty, Marker[]> {
    const sorted = new Map<TreeProperty, Marker[]>();
    const visit = (node: TreeNode): void => {
      if (node.deleted) return;
      for (const property of node.properties.values()) {
        const list = found.get(property);
        if (list !== undefined) sorted.set(property, list);
      }
      for (const child of node.children.values()) visit(child);
    };
    visit(this.root);
    return sorted;
  }

  private outside(list: readonly (readonly [TreeProperty, Marker])[]): void {
    const holder = generatedNode(this.root, '__fixups__');
    for (const [property, { offset, reference }] of list) {
      const { path } = property.node;
      if (reference.includes('/')) {
        const span = property.span ?? property.node.definitions[0]?.nameSpan;
        const message = `${path}: an overlay can refer to outside nodes by label only, not by the path ${reference}`;
        if (span !== undefined && this.merged.problems.length < 1000)
          this.merged.problems.push({ severity: 'error', code: 'phandle_references', message, span });
        continue;
      }
      const key = `${path}:${property.name}:${offset}`;
      this.enter(holder, reference, key, encoder.encode(`${key}\0`), stringsOf);
    }
  }

  private inside(list: readonly (readonly [TreeProperty, Marker])[]): void {
    const holder = generatedNode(this.root, '__local_fixups__');
    for (const [property, { offset }] of list) {
      let at = holder;
      for (const name of property.node.path.split('/')) if (name !== '') at = generatedNode(at, name);
      const place = Uint8Array.of(offset >>> 24, offset >>> 16, offset >>> 8, offset);
      this.enter(at, property.name, String(offset), place, cellsOf);
    }
  }

  /**
   * Adds an entry to a property; from 1.8.0 only when it is not among those that stood there by hand, and not at all when what
   * stood there is no list of entries (`keysOf` gives null).
   */
  private enter(
    node: TreeNode,
    name: string,
    key: string,
    entry: Uint8Array,
    keysOf: (bytes: Uint8Array) => readonly string[] | null,
  ): void {
    const known = node.properties.get(name);
    if (known === undefined || known.deleted) return setBytes(node, name, entry);
    const before = known.bytes;
    const place = `${node.path}:${name}`;
    if (known.syntax !== null && this.dtc.takesUpFixups) {
      const keys = keysOf(before);
      this.written.set(place, keys && new Set(keys));
    }
    const written = this.written.get(place);
    if (written === null || written?.has(key) === true) return;
    const value = new Uint8Array(before.length + entry.length);
    value.set(before);
    value.set(entry, before.length);
    setBytes(node, name, value);
  }
}

/** Adds a marker unless its place has one (property_add_marker). */
function mark(found: Map<TreeProperty, Marker[]>, property: TreeProperty, marker: Marker): boolean {
  const list = found.get(property) ?? [];
  if (list.some(({ offset }) => offset === marker.offset)) return false;
  const after = list.findIndex(({ offset }) => offset > marker.offset);
  list.splice(after < 0 ? list.length : after, 0, marker);
  found.set(property, list);
  return true;
}

/** strtol with base 0, as far as its text is a number. */
function cInteger(text: string): number {
  const [digits = ''] = /^\s*[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)/.exec(text) ?? [];
  const plain = digits.trim();
  if (plain === '' || plain.startsWith('-')) return plain === '' ? 0 : -1;
  return /^\+?0[0-7]+$/.test(plain) ? Number.parseInt(plain, 8) : Number(plain.replace('+', ''));
}

function cellOf(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function stringsOf(bytes: Uint8Array): string[] | null {
  if (bytes.length === 0) return [];
  return bytes[bytes.length - 1] === 0 ? decoder.decode(bytes.subarray(0, -1)).split('\0') : null;
}

function cellsOf(bytes: Uint8Array): string[] | null {
  if (bytes.length % 4 !== 0) return null;
  return Array.from({ length: bytes.length / 4 }, (_, i) => String(cellOf(bytes, 4 * i)));
}

function isGone(node: TreeNode): boolean {
  for (let at: TreeNode | null = node; at !== null; at = at.parent) if (at.deleted) return true;
  return false;
}

/** The offset of a cell once the paths before it are put in. */
function offsetIn(property: TreeProperty, offset: number): number {
  let shift = 0;
  property.references?.forEach((reference, i) => {
    const target = property.targets?.[i];
    if (reference.path && reference.offset <= offset && target) shift += encoder.encode(target.path).length + 1;
  });
  return offset + shift;
}
