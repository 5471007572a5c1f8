/**
 * Flattened devicetree blobs into trees (Devicetree Specification, chapter 5). A blob comes from anywhere: every offset
 * and length is checked, and what cannot be read becomes a problem while the rest stays usable.
 */

import { type SourceFile, type Span, sourceFile } from '../source/file';
import { type BlobFacts, type FoundReference, guessParts } from './guess-value';
import type { DeviceTree, DtLabel, DtNode, DtProperty, MemoryReservation, NodeDefinition, ValuePart } from './model';
import { cellAt, cellsOf, stringsOf } from './read';

const MAGIC = 0xd00dfeed;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const NOP = 4;
const END = 9;
/** Nodes deeper than this are left out; the kernel itself stops at 64 (drivers/of/fdt.c, FDT_MAX_DEPTH). */
const MAX_DEPTH = 200;
/** No name of a sane blob is as long (the specification allows 31 characters). */
const MAX_NAME = 1024;
/** Reported problems per blob: random bytes would give thousands. */
const MAX_PROBLEMS = 50;

/** What is wrong with a blob, and the node it concerns. */
export interface BlobProblem {
  readonly severity: 'error' | 'warning';
  /** `dtb/…`. */
  readonly code: string;
  readonly message: string;
  readonly node: DtNode | null;
}

export interface BlobHeader {
  readonly totalSize: number;
  readonly version: number;
  readonly lastCompatibleVersion: number;
  readonly bootCpu: number;
  /** The strings block as it stands: names are found in it by offset. */
  readonly strings: Uint8Array;
}

export interface Blob {
  readonly tree: DeviceTree;
  /** Null when not even the header can be used; the tree is an empty root then. */
  readonly header: BlobHeader | null;
  readonly problems: readonly BlobProblem[];
}

/** A property while and after it is read; the text's places are set once the tree is printed. */
export class BlobProperty implements DtProperty {
  parts: readonly ValuePart[] = [];
  readonly labels: readonly string[] = [];
  nameSpan: Span | null = null;
  span: Span | null = null;
  readonly overrode = null;
  constructor(
    readonly name: string,
    readonly node: BlobNode,
    readonly bytes: Uint8Array,
  ) {}
}

export class BlobNode implements DtNode {
  readonly properties = new Map<string, BlobProperty>();
  readonly children = new Map<string, BlobNode>();
  labels: DtLabel[] = [];
  phandle: number | null = null;
  definitions: readonly NodeDefinition[] = [];
  readonly path: string;
  constructor(
    readonly name: string,
    readonly parent: BlobNode | null,
    readonly index: number,
  ) {
    if (parent === null) this.path = '/';
    else this.path = parent.parent === null ? `/${name}` : `${parent.path}/${name}`;
  }
}

/**
 * Reads a blob of version 16 or 17 (or a later one that is compatible with 17). Never throws. Spans are null, those of
 * parts empty: `openBlob` gives a tree with places in printed text.
 */
export function readFdt(bytes: Uint8Array): Blob {
  return new Reader(bytes).read();
}

/** One file for all spans that have no text yet. */
const NO_TEXT: SourceFile = sourceFile('', '');

class Reader {
  private readonly view: DataView;
  private readonly problems: BlobProblem[] = [];
  private readonly nodes: BlobNode[] = [];
  private readonly names = new Map<number, string | null>();
  private strings: Uint8Array = new Uint8Array();

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): Blob {
    const header = this.header();
    let reservations: MemoryReservation[] = [];
    if (header !== null) {
      reservations = this.reservations(header.totalSize);
      this.structure(header.totalSize, header.version);
    }
    if (this.nodes.length === 0) this.nodes.push(new BlobNode('', null, 0));
    const root = this.nodes[0] as BlobNode;
    const phandles = this.phandles();
    const labels = this.labels(root);
    this.parts(phandles);
    const tree: DeviceTree = {
      root,
      nodes: this.nodes,
      labels,
      phandles,
      memoryReservations: reservations,
      plugin: false,
      blob: true,
    };
    return { tree, header, problems: this.problems };
  }

  private problem(severity: 'error' | 'warning', code: string, message: string, node: DtNode | null = null): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ severity, code: `dtb/${code}`, message, node });
  }

  private header(): BlobHeader | null {
    const size = this.bytes.length;
    const bad = (message: string): null => {
      this.problem('error', 'header', message);
      return null;
    };
    if (size < 36) return bad(`A blob has a header of at least 36 bytes, this file has ${size}`);
    const at = (offset: number): number => this.view.getUint32(offset);
    if (at(0) !== MAGIC) return bad(`Not a devicetree blob: it starts with 0x${hex8(at(0))} instead of 0xd00dfeed`);
    const version = at(20);
    const lastCompatibleVersion = at(24);
    if (version < 16) return bad(`Version ${version} is too old: 16 and 17 can be read`);
    if (lastCompatibleVersion > 17)
      return bad(`Version ${version} (compatible down to ${lastCompatibleVersion}) is too new: 16 and 17 can be read`);
    let totalSize = at(4);
    if (totalSize > size) {
      this.problem('error', 'header', `The blob says it has ${totalSize} bytes, the file has ${size}`);
      totalSize = size;
    }
    const stringsAt = at(12);
    const stringsSize = at(32);
    if (stringsAt > totalSize || stringsAt + stringsSize > totalSize)
      this.problem('error', 'header', 'The strings block reaches beyond the end of the blob');
    this.strings = this.bytes.subarray(Math.min(stringsAt, totalSize), Math.min(stringsAt + stringsSize, totalSize));
    return { totalSize, version, lastCompatibleVersion, bootCpu: at(28), strings: this.strings };
  }

  private reservations(totalSize: number): MemoryReservation[] {
    const list: MemoryReservation[] = [];
    const start = this.view.getUint32(16);
    if (start % 8 !== 0) this.problem('warning', 'alignment', 'The memory reservation block is not aligned to 8 bytes');
    for (let at = start; ; at += 16) {
      if (at + 16 > totalSize) {
        this.problem('error', 'reservations', 'The memory reservation block has no end');
        return list;
      }
      const address = this.view.getBigUint64(at);
      const size = this.view.getBigUint64(at + 8);
      if (address === 0n && size === 0n) return list;
      list.push({ address, size });
    }
  }

  private structure(totalSize: number, version: number): void {
    const start = this.view.getUint32(8);
    // version 16 has no size of the structure block
    if (version >= 17 && totalSize < 40) {
      this.problem('error', 'header', 'The header of a blob of version 17 has 40 bytes');
      return;
    }
    const size = version >= 17 ? this.view.getUint32(36) : totalSize - start;
    let end = start + size;
    if (start > totalSize || end > totalSize) {
      this.problem('error', 'structure', 'The structure block reaches beyond the end of the blob');
      end = totalSize;
    }
    if (start % 4 !== 0) {
      this.problem('error', 'alignment', 'The structure block is not aligned to 4 bytes');
      return;
    }
    let node: BlobNode | null = null;
    /** Levels below `node` that are being left out. */
    let skipped = 0;
    let finished = false;
    let at = start;
    while (at + 4 <= end) {
      const token = this.view.getUint32(at);
      at += 4;
      if (token === NOP) continue;
      if (token === END) {
        finished = node === null && this.nodes.length > 0;
        if (!finished) this.problem('error', 'structure', 'The structure ends inside a node', node);
        return;
      }
      if (token === BEGIN_NODE) {
        const nul = this.bytes.subarray(0, end).indexOf(0, at);
        if (nul < 0) {
          this.problem('error', 'structure', 'A node name has no end', node);
          return;
        }
        const next = this.begin(node, at, nul, skipped);
        if (next === null) skipped++;
        else node = next;
        at = (nul + 4) & ~3;
      } else if (token === END_NODE) {
        if (skipped > 0) skipped--;
        else if (node === null) {
          this.problem('error', 'structure', 'A node ends that has not begun');
          return;
        } else node = node.parent;
      } else if (token === PROP) {
        if (at + 8 > end) break;
        const length = this.view.getUint32(at);
        const nameAt = this.view.getUint32(at + 4);
        at += 8;
        if (length > end - at) {
          this.problem('error', 'structure', `A property of ${length} bytes reaches beyond the structure block`, node);
          return;
        }
        if (skipped === 0) this.property(node, nameAt, this.bytes.subarray(at, at + length));
        at = (at + length + 3) & ~3;
      } else {
        this.problem('error', 'structure', `Unknown token 0x${hex8(token)} at offset 0x${(at - 4).toString(16)}`, node);
        return;
      }
    }
    if (!finished) this.problem('error', 'structure', 'The structure block has no end', node);
  }

  /** The new node, or null when it must be left out. */
  private begin(parent: BlobNode | null, at: number, nul: number, skipped: number): BlobNode | null {
    if (skipped > 0) return null;
    if (nul - at > MAX_NAME) {
      this.problem('error', 'name', `A node name has ${nul - at} characters; the node is left out`, parent);
      return null;
    }
    const name = latin1(this.bytes.subarray(at, nul));
    if (parent === null) {
      if (this.nodes.length > 0) {
        this.problem('error', 'structure', 'There is more than one root node; only the first is read');
        return null;
      }
      if (name !== '') this.problem('warning', 'name', `The root node has the name '${name}'`);
      const root = new BlobNode('', null, 0);
      this.nodes.push(root);
      return root;
    }
    if (name === '' || name.includes('/')) {
      this.problem('error', 'name', `'${name}' cannot be a node name; the node is left out`, parent);
      return null;
    }
    if (parent.children.has(name)) {
      this.problem('error', 'duplicate', `There are two nodes ${join(parent, name)}; the first is read`, parent);
      return null;
    }
    if (depthOf(parent) >= MAX_DEPTH) {
      this.problem('error', 'depth', `Nodes are nested deeper than ${MAX_DEPTH}; the rest is left out`, parent);
      return null;
    }
    const node = new BlobNode(name, parent, this.nodes.length);
    parent.children.set(name, node);
    this.nodes.push(node);
    return node;
  }

  private property(node: BlobNode | null, nameAt: number, bytes: Uint8Array): void {
    if (node === null) {
      this.problem('error', 'structure', 'A property stands outside all nodes');
      return;
    }
    const name = this.name(nameAt);
    if (name === null || name === '') {
      this.problem('error', 'name', `A property name at 0x${nameAt.toString(16)} cannot be read`, node);
      return;
    }
    if (node.children.size > 0)
      this.problem('warning', 'structure', `Property '${name}' stands behind a child node`, node);
    if (node.properties.has(name)) {
      this.problem('error', 'duplicate', `Property '${name}' is there twice; the first is read`, node);
      return;
    }
    node.properties.set(name, new BlobProperty(name, node, bytes));
  }

  private name(at: number): string | null {
    const known = this.names.get(at);
    if (known !== undefined) return known;
    const end = at < this.strings.length ? this.strings.indexOf(0, at) : -1;
    const name = end < 0 || end - at > MAX_NAME ? null : latin1(this.strings.subarray(at, end));
    this.names.set(at, name);
    return name;
  }

  private phandles(): Map<number, BlobNode> {
    const phandles = new Map<number, BlobNode>();
    for (const node of this.nodes) {
      // drivers/of/fdt.c (populate_properties): either name
      const property = node.properties.get('phandle') ?? node.properties.get('linux,phandle');
      if (property === undefined) continue;
      const value = property.bytes.length === 4 ? cellAt(property.bytes, 0) : 0;
      if (value === 0 || value === 0xffffffff) {
        this.problem('warning', 'phandle', `The phandle of ${node.path} is not a valid number`, node);
        continue;
      }
      const other = phandles.get(value);
      if (other !== undefined) {
        const message = `Phandle 0x${value.toString(16)} of ${node.path} is that of ${other.path} as well`;
        this.problem('error', 'phandle', message, node);
        continue;
      }
      node.phandle = value;
      phandles.set(value, node);
    }
    return phandles;
  }

  /** Labels as `__symbols__` of a blob made with `-@` lists them. */
  private labels(root: BlobNode): Map<string, BlobNode> {
    const labels = new Map<string, BlobNode>();
    for (const property of root.children.get('__symbols__')?.properties.values() ?? []) {
      const node = find(root, stringsOf(property)[0] ?? '');
      if (node === null || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(property.name)) continue;
      labels.set(property.name, node);
      node.labels.push({ name: property.name, span: null });
    }
    return labels;
  }

  private parts(phandles: ReadonlyMap<number, DtNode>): void {
    const span: Span = { file: NO_TEXT, start: 0, end: 0 };
    const recorded = this.recordedReferences(phandles);
    const reference = (target: DtNode): FoundReference => ({ text: referenceText(target), target });
    for (const node of this.nodes)
      for (const property of node.properties.values()) {
        const facts: BlobFacts = { phandles, recorded: recorded.get(property), reference };
        property.parts = guessParts(node, property.name, property.bytes, facts, span);
      }
  }

  /** The exact places that an overlay (or a tree made with `-L`) states in `__fixups__` and `__local_fixups__`. */
  private recordedReferences(phandles: ReadonlyMap<number, DtNode>): Map<DtProperty, Map<number, FoundReference>> {
    const found = new Map<DtProperty, Map<number, FoundReference>>();
    const root = this.nodes[0] as BlobNode;
    const record = (property: BlobProperty | undefined, offset: number, text: string | null): void => {
      if (property === undefined || offset % 4 !== 0 || offset + 4 > property.bytes.length) return;
      const target = phandles.get(cellAt(property.bytes, offset)) ?? null;
      if (text === null && target === null) return;
      let offsets = found.get(property);
      if (offsets === undefined) {
        offsets = new Map();
        found.set(property, offsets);
      }
      offsets.set(
        offset,
        text === null && target !== null ? { text: referenceText(target), target } : { text: text ?? '', target: null },
      );
    };
    for (const fixup of root.children.get('__fixups__')?.properties.values() ?? [])
      for (const place of stringsOf(fixup)) {
        const [path, name, offset] = place.split(':');
        if (path === undefined || name === undefined || offset === undefined) continue;
        record(find(root, path)?.properties.get(name), Number(offset), fixup.name);
      }
    const walk = (fixups: BlobNode, node: BlobNode): void => {
      for (const property of fixups.properties.values())
        for (const offset of cellsOf(property)) record(node.properties.get(property.name), offset, null);
      for (const child of fixups.children.values()) {
        const below = node.children.get(child.name);
        if (below !== undefined) walk(child, below);
      }
    };
    const local = root.children.get('__local_fixups__');
    if (local !== undefined) walk(local, root);
    return found;
  }
}

/** How a reference to a node is written, without the `&`: its first label, else `{/path}`. */
export function referenceText(node: DtNode): string {
  return node.labels[0]?.name ?? `{${node.path}}`;
}

function find(root: BlobNode, path: string): BlobNode | null {
  if (!path.startsWith('/')) return null;
  let node: BlobNode | null = root;
  for (const name of path.split('/')) if (name !== '') node = node?.children.get(name) ?? null;
  return node;
}

function depthOf(node: BlobNode): number {
  let depth = 0;
  for (let at = node.parent; at !== null; at = at.parent) depth++;
  return depth;
}

const join = (parent: DtNode, name: string): string => `${parent.path === '/' ? '' : parent.path}/${name}`;
const hex8 = (value: number): string => value.toString(16).padStart(8, '0');

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
