/** Flattened devicetree blobs, version 17, laid out as dtc does it (flattree.c; Devicetree Specification chapter 5). */

import type { DeviceTree, DtNode } from './model';
import { cellAt } from './read';

const HEADER = 40;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const END = 9;

/** The blob of a tree; `bootCpu` is dtc's -b, by default the first cpu's reg as dtc guesses it. */
export function writeFdt(tree: DeviceTree, bootCpu = guessBootCpu(tree)): Uint8Array {
  return new FdtWriter().write(tree, bootCpu);
}

/** The boot CPU that dtc puts into the header without -b: `reg` of the first node below /cpus (guess_boot_cpuid). */
export function guessBootCpu(tree: DeviceTree): number {
  for (const cpu of tree.root.children.get('cpus')?.children.values() ?? []) {
    const reg = cpu.properties.get('reg');
    return reg !== undefined && reg.bytes.length === 4 ? cellAt(reg.bytes, 0) : 0;
  }
  return 0;
}

class FdtWriter {
  private buffer = new Uint8Array(1 << 16);
  private at = 0;
  private readonly strings = new StringTable();

  write(tree: DeviceTree, bootCpu: number): Uint8Array {
    this.at = HEADER;
    for (const { address, size } of tree.memoryReservations) {
      for (const value of [address, size]) {
        this.cell(Number(value >> 32n));
        this.cell(Number(value & 0xffffffffn));
      }
    }
    for (let i = 0; i < 4; i++) this.cell(0);
    const structure = this.at;
    this.node(tree.root);
    this.cell(END);
    const strings = this.at;
    const table = this.strings.bytes();
    this.room(table.length);
    this.buffer.set(table, this.at);
    const total = this.at + table.length;
    this.at = 0;
    for (const field of [
      0xd00dfeed,
      total,
      structure,
      strings,
      HEADER,
      17,
      16,
      bootCpu,
      table.length,
      strings - structure,
    ])
      this.cell(field);
    return this.buffer.slice(0, total);
  }

  private room(count: number): void {
    if (this.at + count <= this.buffer.length) return;
    const buffer = new Uint8Array(Math.max(this.buffer.length * 2, this.at + count));
    buffer.set(this.buffer);
    this.buffer = buffer;
  }

  private cell(value: number): void {
    this.room(4);
    const { buffer } = this;
    buffer[this.at++] = value >>> 24;
    buffer[this.at++] = value >>> 16;
    buffer[this.at++] = value >>> 8;
    buffer[this.at++] = value;
  }

  private align(): void {
    if ((this.at & 3) === 0) return;
    this.room(4);
    while (this.at & 3) this.buffer[this.at++] = 0;
  }

  private node(node: DtNode): void {
    this.cell(BEGIN_NODE);
    const { name } = node;
    this.room(name.length + 4);
    for (let i = 0; i < name.length; i++) this.buffer[this.at++] = name.charCodeAt(i);
    this.buffer[this.at++] = 0;
    this.align();
    for (const property of node.properties.values()) {
      const start = this.at;
      this.room(12);
      this.at = start + 12;
      let length = property.writeTo?.(this.buffer, this.at) ?? -1;
      if (length < 0) {
        const { bytes } = property;
        length = bytes.length;
        this.room(length);
        this.buffer.set(bytes, this.at);
      }
      this.at = start;
      this.cell(PROP);
      this.cell(length);
      this.cell(this.strings.offset(property.name));
      this.at += length;
      this.align();
    }
    for (const child of node.children.values()) this.node(child);
    this.cell(END_NODE);
  }
}

/**
 * The strings block: each name once, in order of first use; a name that is the end of one already there shares its bytes,
 * the first such place winning (stringtable_insert).
 */
class StringTable {
  private readonly offsets = new Map<string, number>();
  /** Earlier names by their last four characters; shorter ends stand in `short` with their first offset. */
  private readonly byTail = new Map<string, { name: string; offset: number }[]>();
  private readonly short = new Map<string, number>();
  private readonly names: string[] = [];
  private length = 0;

  offset(name: string): number {
    const known = this.offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.shared(name) ?? this.add(name);
    this.offsets.set(name, offset);
    return offset;
  }

  private shared(name: string): number | undefined {
    if (name.length < 4) return this.short.get(name);
    for (const earlier of this.byTail.get(name.slice(-4)) ?? []) {
      if (earlier.name.endsWith(name)) return earlier.offset + earlier.name.length - name.length;
    }
    return undefined;
  }

  private add(name: string): number {
    const offset = this.length;
    this.names.push(name);
    this.length += name.length + 1;
    for (let size = 0; size < 4 && size <= name.length; size++) {
      const tail = size === 0 ? '' : name.slice(-size);
      if (!this.short.has(tail)) this.short.set(tail, offset + name.length - size);
    }
    if (name.length >= 4) {
      const tail = name.slice(-4);
      const list = this.byTail.get(tail);
      if (list === undefined) this.byTail.set(tail, [{ name, offset }]);
      else list.push({ name, offset });
    }
    return offset;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const name of this.names) {
      for (let i = 0; i < name.length; i++) out[at++] = name.charCodeAt(i);
      at++;
    }
    return out;
  }
}
