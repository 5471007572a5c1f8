/** Radix trees of equal levels with eight-byte entries: RISC-V's first stage (tables/riscv.ts) and Apple's DART (tables/dart.ts). */
import type { Errno } from '../../contract/errno';
import type { WalkStep } from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { hex, type Leaf, type PageTable } from './page-table';

interface Table {
  readonly address: bigint;
  readonly entries: Map<number, bigint>;
  readonly below: Map<number, Table>;
}

/** What makes one radix format differ from another. */
export interface RadixFormat {
  /** Bits of an input address. */
  readonly vaBits: number;
  /** log2 of the smallest page, and of the entries of a table. */
  readonly pageShift: number;
  readonly tableBits: number;
  /** Level of the root; leaves of the smallest page are at level 0. */
  readonly rootLevel: number;
  readonly pageSizes: bigint;
  /** What a map meets that wants a table where a leaf is. */
  readonly belowLeaf: Errno;
  /** What a map meets on an entry in use; null: it overwrites. */
  readonly existing: Errno | null;
  table(address: bigint): bigint;
  leaf(phys: bigint, prot: number): bigint;
  decode(descriptor: bigint): { readonly phys: bigint; readonly read: boolean; readonly write: boolean };
}

export class RadixTable implements PageTable {
  readonly pageSizes: bigint;
  private readonly root: Table;

  constructor(
    private readonly format: RadixFormat,
    private readonly memory: TableMemory,
  ) {
    this.pageSizes = format.pageSizes;
    this.root = this.newTable();
  }

  private newTable(): Table {
    return { address: this.memory.allocate(8 << this.format.tableBits), entries: new Map(), below: new Map() };
  }

  private index(iova: bigint, level: number): number {
    return Number(BigInt.asUintN(this.format.tableBits, iova >> this.shift(level)));
  }

  private size(level: number): bigint {
    return 1n << this.shift(level);
  }

  private shift(level: number): bigint {
    return BigInt(this.format.pageShift + this.format.tableBits * level);
  }

  /** A larger leaf takes the place of the tables below it, where the format overwrites. */
  mapPages(
    iova: bigint,
    phys: bigint,
    page: bigint,
    count: bigint,
    prot: number,
  ): { readonly mapped: bigint; readonly error: Errno } {
    let mapped = 0n;
    for (let i = 0n; i < count; i++) {
      const at = iova + mapped;
      let table = this.root;
      let level = this.format.rootLevel;
      for (; this.size(level) !== page; level--) {
        const index = this.index(at, level);
        let next = table.below.get(index);
        if (next === undefined) {
          if (table.entries.has(index)) return { mapped, error: this.format.belowLeaf };
          next = this.newTable();
          table.below.set(index, next);
          table.entries.set(index, this.format.table(next.address));
        }
        table = next;
      }
      const index = this.index(at, level);
      if (this.format.existing !== null && table.entries.has(index)) return { mapped, error: this.format.existing };
      table.below.delete(index);
      table.entries.set(index, this.format.leaf(phys + mapped, prot));
      mapped += page;
    }
    return { mapped, error: 0 };
  }

  private find(iova: bigint): { readonly table: Table; readonly index: number; readonly level: number } | null {
    if (iova >> BigInt(this.format.vaBits) !== 0n) return null;
    let table = this.root;
    for (let level = this.format.rootLevel; level >= 0; level--) {
      const index = this.index(iova, level);
      const next = table.below.get(index);
      if (next === undefined) return table.entries.has(index) ? { table, index, level } : null;
      table = next;
    }
    return null;
  }

  /** Whole leaves only: what begins inside one ends the call. */
  unmapPages(iova: bigint, page: bigint, count: bigint): bigint {
    const wanted = page * count;
    let done = 0n;
    while (done < wanted) {
      const found = this.find(iova + done);
      if (found === null || ((iova + done) & (this.size(found.level) - 1n)) !== 0n) break;
      found.table.entries.delete(found.index);
      done += this.size(found.level);
    }
    return done;
  }

  private leaf(iova: bigint, level: number, descriptor: bigint): Leaf {
    const size = this.size(level);
    return {
      iova: iova & ~(size - 1n),
      size,
      level,
      descriptor,
      ...this.format.decode(descriptor),
    };
  }

  lookup(iova: bigint): Leaf | null {
    const found = this.find(iova);
    return found === null ? null : this.leaf(iova, found.level, found.table.entries.get(found.index) ?? 0n);
  }

  walk(iova: bigint): readonly WalkStep[] {
    if (iova >> BigInt(this.format.vaBits) !== 0n) return [];
    const steps: WalkStep[] = [];
    let table: Table | undefined = this.root;
    for (let level = this.format.rootLevel; level >= 0 && table !== undefined; level--) {
      const index = this.index(iova, level);
      const descriptor: bigint = table.entries.get(index) ?? 0n;
      const base = { level, table: table.address, index, descriptor };
      const next: Table | undefined = table.below.get(index);
      if (descriptor === 0n) steps.push({ ...base, meaning: 'invalid', text: 'nothing mapped' });
      else if (next !== undefined) steps.push({ ...base, meaning: 'table', text: `next table ${hex(next.address)}` });
      else {
        const leaf = this.leaf(iova, level, descriptor);
        const text = `phys ${hex(leaf.phys)}, ${leaf.read ? (leaf.write ? 'read-write' : 'read-only') : leaf.write ? 'write-only' : 'no access'}`;
        steps.push({ ...base, meaning: level === 0 ? 'page' : 'block', text });
      }
      table = next;
    }
    return steps;
  }

  *leaves(): Iterable<Leaf> {
    yield* this.below(this.root, this.format.rootLevel, 0n);
  }

  private *below(table: Table, level: number, base: bigint): Iterable<Leaf> {
    for (const index of [...table.entries.keys()].sort((a, b) => a - b)) {
      const iova = base + BigInt(index) * this.size(level);
      const next = table.below.get(index);
      if (next !== undefined) yield* this.below(next, level - 1, iova);
      else yield this.leaf(iova, level, table.entries.get(index) ?? 0n);
    }
  }

  tableCounts(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    const count = (table: Table, level: number): void => {
      counts.set(level, (counts.get(level) ?? 0) + 1);
      for (const next of table.below.values()) count(next, level - 1);
    };
    count(this.root, this.format.rootLevel);
    return counts;
  }
}
