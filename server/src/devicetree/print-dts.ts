/**
 * Trees as devicetree source: for reading a blob, and such that compiling the text gives the tree again. Explicit
 * phandles stay, so that every number keeps its value; references are written where the tree knows them.
 */

import { type Span, sourceFile } from '../source/file';
import { guessParts } from './guess-value';
import type { CellPart, DeviceTree, DtNode, DtProperty, ValuePart } from './model';
import { phandleLayout } from './phandle-properties';
import { cellAt, u32 } from './read';

/** A half-open range of offsets in the printed text. */
export type TextRange = readonly [start: number, end: number];

export interface PrintedNode {
  /** From the name to the closing `};`. */
  readonly range: TextRange;
  readonly name: TextRange;
  /** One range for each label of the node, colon excluded. */
  readonly labels: readonly TextRange[];
}

export interface PrintedProperty {
  /** The whole statement including `;`. */
  readonly range: TextRange;
  readonly name: TextRange;
  /** The parts as they are printed, with their ranges. */
  readonly parts: readonly { readonly part: ValuePart; readonly range: TextRange }[];
}

export interface PrintedTree {
  readonly text: string;
  readonly nodes: ReadonlyMap<DtNode, PrintedNode>;
  readonly properties: ReadonlyMap<DtProperty, PrintedProperty>;
}

const TAB = 8;
/** Lines are broken before this column where a value allows it. */
const WIDTH = 80;
const NODE_NAME = /^[A-Za-z0-9,._+*#?@-]+$/;
const PROPERTY_NAME = /^[A-Za-z0-9,._+*#?@-]+$/;

/**
 * Prints a tree in the style of `dtc -O dts`: `/dts-v1/`, memory reservations, then the root. Nodes and properties
 * whose name devicetree source cannot express are left out behind a comment.
 */
export function printDts(tree: DeviceTree): PrintedTree {
  return new Printer(tree).print();
}

/** One node in the same style, its children by their names only. */
export function printNode(tree: DeviceTree, node: DtNode): PrintedTree {
  return new Printer(tree).printOnly(node);
}

/** Text that is kept together, or several with a place to break between. */
interface Item {
  readonly text: string;
  readonly part: ValuePart | null;
}
interface Group {
  readonly open: string;
  readonly items: readonly Item[];
  readonly close: string;
}

class Printer {
  private readonly chunks: string[] = [];
  private at = 0;
  private lineStart = 0;
  private readonly nodes = new Map<DtNode, PrintedNode>();
  private readonly properties = new Map<DtProperty, PrintedProperty>();

  constructor(private readonly tree: DeviceTree) {}

  print(): PrintedTree {
    this.write('/dts-v1/;\n');
    for (const { address, size } of this.tree.memoryReservations)
      this.write(`/memreserve/ 0x${address.toString(16)} 0x${size.toString(16)};\n`);
    this.write('\n');
    this.node(this.tree.root, 0);
    return { text: this.chunks.join(''), nodes: this.nodes, properties: this.properties };
  }

  printOnly(node: DtNode): PrintedTree {
    this.node(node, 0, false);
    return { text: this.chunks.join(''), nodes: this.nodes, properties: this.properties };
  }

  private write(text: string): void {
    this.chunks.push(text);
    this.at += text.length;
  }

  private newline(indent: string): void {
    this.write('\n');
    this.lineStart = this.at;
    this.write(indent);
  }

  /** Columns used on this line, a tab counting eight. */
  private column(depth: number): number {
    return this.at - this.lineStart + depth * (TAB - 1);
  }

  private node(node: DtNode, depth: number, whole = true): void {
    const indent = '\t'.repeat(depth);
    this.lineStart = this.at;
    this.write(indent);
    if (node.parent !== null && !NODE_NAME.test(node.name)) {
      this.write(`/* a node with the name ${comment(node.name)} is left out */\n`);
      return;
    }
    const labels: TextRange[] = [];
    for (const label of node.labels) {
      labels.push([this.at, this.at + label.name.length]);
      this.write(`${label.name}: `);
    }
    const start = this.at;
    this.write(node.parent === null ? '/' : node.name);
    const name: TextRange = [start, this.at];
    this.write(' {\n');
    for (const property of node.properties.values()) this.property(property, depth + 1);
    let first = node.properties.size === 0;
    for (const child of node.children.values()) {
      if (!first && whole) this.write('\n');
      first = false;
      if (whole) this.node(child, depth + 1);
      else this.childName(child);
    }
    this.write(`${indent}};`);
    this.nodes.set(node, { range: [start, this.at], name, labels });
    this.write('\n');
  }

  private childName({ name, labels }: DtNode): void {
    if (NODE_NAME.test(name)) this.write(`\t${labels.map((l) => `${l.name}: `).join('')}${name} { … };\n`);
  }

  private property(property: DtProperty, depth: number): void {
    this.lineStart = this.at;
    this.write('\t'.repeat(depth));
    if (!PROPERTY_NAME.test(property.name)) {
      this.write(`/* a property with the name ${comment(property.name)} is left out */\n`);
      return;
    }
    for (const label of property.labels) this.write(`${label}: `);
    const start = this.at;
    this.write(property.name);
    const name: TextRange = [start, this.at];
    const parts: { part: ValuePart; range: TextRange }[] = [];
    if (property.bytes.length > 0) {
      this.write(' = ');
      this.value(property, depth, parts);
    }
    this.write(';');
    this.properties.set(property, { range: [start, this.at], name, parts });
    this.write('\n');
  }

  private value(property: DtProperty, depth: number, printed: { part: ValuePart; range: TextRange }[]): void {
    const column = this.column(depth);
    const groups = this.groups(property);
    const tabs = Math.floor(column / TAB);
    const indent = '\t'.repeat(tabs) + ' '.repeat(column % TAB);
    // several rows stand below each other unless all of them fit into one line
    const total = groups.reduce((sum, group) => sum + widthOf(group) + 2, -1);
    const stacked = column + total > WIDTH && groups.every((group) => column + widthOf(group) < WIDTH);
    let tabsOnLine = depth;
    groups.forEach((group, index) => {
      if (index > 0) {
        this.write(',');
        if (stacked || this.column(tabsOnLine) + 2 + widthOf(group) > WIDTH) {
          this.newline(indent);
          tabsOnLine = tabs;
        } else this.write(' ');
      }
      this.write(group.open);
      group.items.forEach((item, i) => {
        if (i > 0) {
          if (this.column(tabsOnLine) + 2 + item.text.length > WIDTH) {
            this.newline(`${indent} `);
            tabsOnLine = tabs;
          } else this.write(' ');
        }
        if (item.part !== null) printed.push({ part: item.part, range: [this.at, this.at + item.text.length] });
        this.write(item.text);
      });
      const whole = group.items[0]?.part;
      const last = printed[printed.length - 1];
      // the bytes of one part are many items
      if (last !== undefined && last.part === whole && group.open === '[')
        printed[printed.length - 1] = { part: last.part, range: [last.range[0], this.at] };
      this.write(group.close);
    });
  }

  private groups(property: DtProperty): Group[] {
    const parts = covers(property) ? property.parts : this.guess(property);
    const bytes = property.bytes;
    const decimal = property.name.startsWith('#') && property.name.endsWith('-cells');
    const rows = new Set(this.rows(property));
    const groups: Group[] = [];
    let open: { width: number; items: Item[] } | null = null;
    parts.forEach((part, index) => {
      const end = parts[index + 1]?.offset ?? bytes.length;
      if (part.kind === 'cell') {
        if (open === null || open.width !== part.width || rows.has(part.offset)) {
          open = { width: part.width, items: [] };
          const bits = part.width === 32 ? '' : `/bits/ ${part.width} `;
          groups.push({ open: `${bits}<`, items: open.items, close: '>' });
        }
        open.items.push({ text: cellText(part, decimal), part });
        return;
      }
      open = null;
      if (part.kind === 'string') {
        groups.push({ open: '', items: [{ text: quoted(bytes, part.offset, end), part }], close: '' });
      } else if (part.kind === 'path') {
        const target = part.reference.target;
        const text =
          target !== null && target.path === part.value && this.tree.nodes[target.index] === target
            ? `&${referenceTo(target)}`
            : quoted(bytes, part.offset, end);
        groups.push({ open: '', items: [{ text, part }], close: '' });
      } else {
        const items: Item[] = [];
        for (let at = part.offset; at < end; at++)
          items.push({ text: (bytes[at] ?? 0).toString(16).padStart(2, '0'), part: at === part.offset ? part : null });
        groups.push({ open: '[', items, close: ']' });
      }
    });
    return groups;
  }

  private guess(property: DtProperty): readonly ValuePart[] {
    const span: Span = property.span ?? NOWHERE;
    const facts = {
      phandles: this.tree.phandles,
      recorded: undefined,
      reference: (target: DtNode) => ({ text: referenceTo(target), target }),
    };
    return guessParts(property.node, property.name, property.bytes, facts, span);
  }

  /** #interrupt-cells of the node's interrupt parent (Devicetree Specification 2.4); 0 when it cannot be told. */
  private interruptCells(node: DtNode): number {
    for (let at: DtNode | null = node; at !== null; at = at.parent) {
      const parent = at.properties.get('interrupt-parent');
      if (parent === undefined && (at === node || !at.properties.has('#interrupt-cells'))) continue;
      const controller = parent === undefined ? at : this.tree.phandles.get(cellAt(parent.bytes, 0));
      const cells = controller === undefined ? 0 : u32(controller, '#interrupt-cells', 0);
      return cells <= 16 ? cells : 0;
    }
    return 0;
  }

  /** Byte offsets where a row of a table starts. */
  private rows(property: DtProperty): readonly number[] {
    const { name, node, bytes } = property;
    const layout = phandleLayout(node, name, bytes, this.tree.phandles);
    if (layout !== null) return layout.rows;
    const cells = name === 'interrupts' ? this.interruptCells(node) : rowCells(node, name);
    if (cells === 0 || bytes.length % (4 * cells) !== 0) return [];
    return Array.from({ length: bytes.length / (4 * cells) }, (_, row) => row * 4 * cells);
  }
}

const NOWHERE: Span = { file: sourceFile('', ''), start: 0, end: 0 };

/** Cells of a row of `reg`, `ranges` and `dma-ranges` (Devicetree Specification 2.3.6, 2.3.8); 0 for anything else. */
function rowCells(node: DtNode, name: string): number {
  const parent = node.parent;
  if (parent === null) return 0;
  const address = u32(parent, '#address-cells', 2);
  const cells =
    name === 'reg'
      ? address + u32(parent, '#size-cells', 1)
      : name === 'ranges' || name === 'dma-ranges'
        ? u32(node, '#address-cells', 2) + address + u32(node, '#size-cells', 1)
        : 0;
  return cells <= 16 ? cells : 0;
}

/** Whether the parts describe every byte of the value, in order, with the values that the bytes have. */
function covers(property: DtProperty): boolean {
  const { parts, bytes } = property;
  let at = 0;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as ValuePart;
    if (part.offset !== at) return false;
    const end = parts[index + 1]?.offset ?? bytes.length;
    if (end < at || end > bytes.length) return false;
    if (part.kind === 'cell') {
      if (end - at !== part.width / 8 || cellValue(bytes, at, part.width) !== part.value) return false;
    } else if (part.kind === 'bytes' || part.kind === 'incbin') {
      if (end - at !== part.length) return false;
    } else if (bytes.indexOf(0, at) !== end - 1) return false;
    at = end;
  }
  return at === bytes.length;
}

function cellValue(bytes: Uint8Array, at: number, width: number): bigint {
  if (width === 32) return BigInt(cellAt(bytes, at));
  let value = 0n;
  for (let i = 0; i < width / 8; i++) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

function cellText(part: CellPart, decimal: boolean): string {
  const target = part.reference?.target ?? null;
  if (target !== null && target.phandle !== null && part.width === 32 && BigInt(target.phandle) === part.value) {
    const text = referenceTo(target);
    if (/^(\w+|\{[A-Za-z0-9,._+*#?@/-]+\})$/.test(text)) return `&${text}`;
  }
  return decimal ? part.value.toString() : `0x${part.value.toString(16)}`;
}

const referenceTo = (node: DtNode): string => node.labels[0]?.name ?? `{${node.path}}`;

const ESCAPES: Record<number, string> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** The bytes from `start` to the NUL before `end` as a string literal. */
function quoted(bytes: Uint8Array, start: number, end: number): string {
  let text = '"';
  for (let at = start; at < end - 1; at++) {
    const byte = bytes[at] ?? 0;
    const short = ESCAPES[byte];
    if (short !== undefined) text += short;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${text}"`;
}

const comment = (name: string): string => JSON.stringify(name).replaceAll('*/', '* /');

function widthOf(group: Group): number {
  let width = group.open.length + group.close.length - 1;
  for (const item of group.items) width += item.text.length + 1;
  return width;
}
