/**
 * Two-level page tables with 32-bit descriptors: the Arm short-descriptor format, Tegra, Rockchip, Exynos, Allwinner and
 * OMAP. They differ in geometry, in the bits of a descriptor, and in what their drivers do about existing entries.
 */
import { EINVAL, ERANGE, type Errno } from '../../contract/errno';
import type { WalkStep } from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { hex, type Invalidation, type Leaf, type PageTable } from './page-table';

export interface TwoLevelFormat {
  /** log2 of the bytes that one first-level entry covers; the second level covers it in 4 KiB pages. */
  readonly sectionShift: number;
  readonly rootEntries: number;
  /** Input and output bits that the driver checks (-ERANGE); null: it cuts an IOVA to what the table covers. */
  readonly limits: { readonly ias: number; readonly oas: number } | null;
  /** Page sizes that iommu_map may hand down. */
  readonly pageSizes: bigint;
  /** Sizes that are 16 equal entries in a row: `{ level: 2, size: 64K }`, `{ level: 1, size: 16M }`. */
  readonly repeated: readonly { readonly level: 1 | 2; readonly size: number }[];
  /** What a map onto a live entry does: an errno, or the entry is overwritten. */
  readonly existing: Errno | 'overwrite';
  /** What an unmap of a part of a larger page does. */
  readonly partial: 'split' | 'refuse';
  /** An unmap looks at all entries of its size first, and takes the table of a whole section with it (__arm_v7s_unmap). */
  readonly unmapsWhole?: boolean;
  readonly freesEmptyTables: boolean;
  /** The driver's map_pages maps one page a call, whatever the count. */
  readonly onePageACall: boolean;
  /** Every size is written as single 4K entries of the second level. */
  readonly alwaysSmallPages?: boolean;
  tableDescriptor(address: bigint): number;
  leafDescriptor(level: 1 | 2, size: number, phys: bigint, prot: number): number;
  isTable(descriptor: number): boolean;
  /** The size of a leaf by its descriptor. */
  leafSize(level: 1 | 2, descriptor: number): number;
  physOf(level: 1 | 2, descriptor: number): bigint;
  access(level: 1 | 2, descriptor: number): { readonly read: boolean; readonly write: boolean };
}

/** Told after each descriptor that changed, with the offset of the first address it covers. */
export interface TableObserver {
  rootWritten(offset: number, table: bigint, index: number): void;
  leafWritten(offset: number, table: bigint, index: number): void;
}

interface SecondLevel {
  readonly address: bigint;
  readonly words: Uint32Array;
  used: number;
}

const PAGE = 4096;

export class TwoLevelTable implements PageTable {
  readonly pageSizes: bigint;
  readonly rootAddress: bigint;
  private readonly root: Uint32Array;
  private readonly tables = new Map<number, SecondLevel>();
  private readonly section: number;
  private readonly secondEntries: number;
  protected observer: TableObserver | null = null;
  invalidation: Invalidation | null = null;

  constructor(
    private readonly format: TwoLevelFormat,
    private readonly memory: TableMemory,
  ) {
    this.pageSizes = format.pageSizes;
    this.root = new Uint32Array(format.rootEntries);
    this.rootAddress = memory.allocate(format.rootEntries * 4);
    this.section = 2 ** format.sectionShift;
    this.secondEntries = this.section / PAGE;
  }

  private get reach(): number {
    return this.format.rootEntries * this.section;
  }

  /** The part of an IOVA that the table's indexes see. */
  private offset(iova: bigint): number {
    return Number(BigInt.asUintN(64, iova) % BigInt(this.reach));
  }

  private inRange(iova: bigint): boolean {
    return this.format.limits === null || iova >> BigInt(this.format.limits.ias) === 0n;
  }

  mapPages(iova: bigint, phys: bigint, page: bigint, count: bigint, prot: number): { mapped: bigint; error: Errno } {
    if ((page & this.pageSizes) !== page || page === 0n) return { mapped: 0n, error: EINVAL };
    const { limits } = this.format;
    if (limits !== null && (iova >> BigInt(limits.ias) !== 0n || phys >> BigInt(limits.oas) !== 0n))
      return { mapped: 0n, error: ERANGE };
    const calls = this.format.onePageACall ? 1n : count;
    let done = 0n;
    for (let i = 0n; i < calls; i++) {
      const error = this.mapOne(this.offset(iova + done), phys + done, Number(page), prot);
      if (error !== 0) return { mapped: done, error };
      done += page;
    }
    return { mapped: done, error: 0 };
  }

  private mapOne(offset: number, phys: bigint, size: number, prot: number): Errno {
    const { format } = this;
    if (size >= this.section && format.alwaysSmallPages !== true) {
      const entries = size / this.section;
      const first = Math.floor(offset / this.section);
      for (let i = 0; i < entries; i++) {
        const old = this.root[first + i] ?? 0;
        if (old === 0) continue;
        const table = this.tables.get(first + i);
        if (table !== undefined && table.used === 0) this.tables.delete(first + i);
        else if (format.existing !== 'overwrite') return format.existing;
      }
      // A size without a repeated form is that many single entries.
      const whole = entries === 1 || format.repeated.some((entry) => entry.level === 1 && entry.size === size);
      for (let i = 0; i < entries; i++) {
        const at = whole ? phys : phys + BigInt(i * this.section);
        this.root[first + i] = format.leafDescriptor(1, whole ? size : this.section, at, prot);
        this.tables.delete(first + i);
      }
      return 0;
    }
    const rootIndex = Math.floor(offset / this.section);
    const rootEntry = this.root[rootIndex] ?? 0;
    let table = this.tables.get(rootIndex);
    if (table === undefined) {
      if (rootEntry !== 0 && format.existing !== 'overwrite') return format.existing;
      table = this.makeTable(rootIndex);
    }
    const first = Math.floor((offset % this.section) / PAGE);
    const entries = size / PAGE;
    const whole = entries === 1 || format.repeated.some((entry) => entry.level === 2 && entry.size === size);
    for (let i = 0; i < entries; i++) {
      if ((table.words[first + i] ?? 0) === 0) continue;
      if (format.existing !== 'overwrite') {
        // Drivers that write one entry at a time take back what they wrote.
        for (let back = 0; !whole && back < i; back++) this.clear(table, first + back);
        return format.existing;
      }
    }
    for (let i = 0; i < entries; i++) {
      if ((table.words[first + i] ?? 0) === 0) table.used++;
      const at = whole ? phys : phys + BigInt(i * PAGE);
      table.words[first + i] = format.leafDescriptor(2, whole ? size : PAGE, at, prot);
      this.observer?.leafWritten(offset + i * PAGE, table.address, first + i);
    }
    return 0;
  }

  private makeTable(rootIndex: number): SecondLevel {
    const table = {
      address: this.memory.allocate(this.secondEntries * 4),
      words: new Uint32Array(this.secondEntries),
      used: 0,
    };
    this.tables.set(rootIndex, table);
    this.root[rootIndex] = this.format.tableDescriptor(table.address);
    this.observer?.rootWritten(rootIndex * this.section, this.rootAddress, rootIndex);
    return table;
  }

  private clear(table: SecondLevel, index: number): void {
    if ((table.words[index] ?? 0) !== 0) table.used--;
    table.words[index] = 0;
  }

  unmapPages(iova: bigint, page: bigint, count: bigint): bigint {
    if (!this.inRange(iova)) return 0n;
    const calls = this.format.onePageACall ? 1n : count;
    let done = 0n;
    for (let i = 0n; i < calls; i++) {
      const offset = this.offset(iova + done);
      const got =
        this.format.unmapsWhole === true ? this.unmapWhole(offset, Number(page)) : this.unmapOne(offset, Number(page));
      done += BigInt(got);
      if (got < Number(page)) break;
    }
    return done;
  }

  private unmapOne(offset: number, size: number): number {
    const rootIndex = Math.floor(offset / this.section);
    const descriptor = this.root[rootIndex] ?? 0;
    if (descriptor === 0) return 0;
    const table = this.tables.get(rootIndex);
    if (table === undefined) {
      const leaf = this.format.leafSize(1, descriptor);
      if (size < leaf) {
        if (this.format.partial === 'refuse') return 0;
        this.splitSection(rootIndex, leaf, 0);
        return this.unmapOne(offset, size);
      }
      const entries = Math.min(size, leaf) / this.section;
      for (let i = 0; i < entries; i++) this.root[rootIndex + i] = 0;
      return Math.min(size, leaf);
    }
    return this.unmapPagesOf(table, rootIndex, offset, size);
  }

  private invalidate(offset: number, size: number, granule: number, kind: 'leaf' | 'walk'): void {
    this.invalidation?.(BigInt(offset), BigInt(size), BigInt(granule), kind);
  }

  /** __arm_v7s_unmap(): all of `size`, or 0. */
  private unmapWhole(offset: number, size: number): number {
    const { section, root, tables } = this;
    const index = Math.floor(offset / section);
    const count = Math.floor(size / section);
    for (let i = 0; i < Math.max(1, count); i++) if ((root[index + i] ?? 0) === 0) return 0;
    const table = tables.get(index);
    const leaf = table === undefined ? this.format.leafSize(1, root[index] ?? 0) : 0;
    if (count <= 1 && leaf > section && !this.splitRepeated(offset, section, () => this.splitSection(index, leaf, 0)))
      return 0;
    for (let i = 0; i < count; i++) {
      root[index + i] = 0;
      const at = offset + i * section;
      if (tables.delete(index + i)) this.invalidate(at, section, PAGE, 'walk');
      else this.invalidate(at, section, section, 'leaf');
    }
    if (count > 0) return size;
    if (table !== undefined) return this.unmapInTable(table, offset, size);
    if (this.format.partial === 'refuse') return 0;
    // arm_v7s_split_blk_unmap(): the others keep pages of the size that goes.
    const made = this.splitSection(index, section, size);
    const first = Math.floor((offset % section) / PAGE);
    for (let i = 0; i < size / PAGE; i++) if (made !== null) this.clear(made, first + i);
    this.invalidate(offset, size, size, 'leaf');
    return size;
  }

  private unmapInTable(table: SecondLevel, offset: number, size: number): number {
    const first = Math.floor((offset % this.section) / PAGE);
    const count = size / PAGE;
    for (let i = 0; i < count; i++) if ((table.words[first + i] ?? 0) === 0) return 0;
    const word = table.words[first] ?? 0;
    const leaf = this.format.leafSize(2, word);
    if (count <= 1 && leaf > PAGE && !this.splitRepeated(offset, PAGE, () => this.splitLarge(table, first, word, leaf)))
      return 0;
    for (let i = 0; i < count; i++) {
      this.clear(table, first + i);
      this.invalidate(offset + i * PAGE, PAGE, PAGE, 'leaf');
    }
    return size;
  }

  /** arm_v7s_split_cont(): false when parts are refused. */
  private splitRepeated(offset: number, size: number, split: () => void): boolean {
    if (this.format.partial === 'refuse') return false;
    split();
    this.invalidate(offset, 16 * size, size, 'walk');
    return true;
  }

  private unmapPagesOf(table: SecondLevel, rootIndex: number, offset: number, size: number): number {
    const first = Math.floor((offset % this.section) / PAGE);
    const descriptor = table.words[first] ?? 0;
    if (descriptor === 0) return 0;
    const leaf = this.format.leafSize(2, descriptor);
    if (size < leaf) {
      if (this.format.partial === 'refuse') return 0;
      this.splitLarge(table, first, descriptor, leaf);
    }
    const room = Math.min(size, this.section - first * PAGE) / PAGE;
    let entries = 0;
    for (; entries < room && (table.words[first + entries] ?? 0) !== 0; entries++) {
      this.clear(table, first + entries);
      this.observer?.leafWritten(offset + entries * PAGE, table.address, first + entries);
    }
    if (table.used === 0 && this.format.freesEmptyTables) {
      this.tables.delete(rootIndex);
      this.root[rootIndex] = 0;
      this.observer?.rootWritten(rootIndex * this.section, this.rootAddress, rootIndex);
    }
    return entries * PAGE;
  }

  /** A supersection becomes sections, a section a table of pages of `size` (0: small ones), with the same attributes. */
  private splitSection(rootIndex: number, leaf: number, size: number): SecondLevel | null {
    const descriptor = this.root[rootIndex] ?? 0;
    const phys = this.format.physOf(1, descriptor);
    const prot = this.protOf(1, descriptor);
    if (leaf > this.section) {
      const entries = leaf / this.section;
      const first = rootIndex - (rootIndex % entries);
      for (let i = 0; i < entries; i++)
        this.root[first + i] = this.format.leafDescriptor(1, this.section, phys + BigInt(i * this.section), prot);
      return null;
    }
    const table = this.makeTable(rootIndex);
    const page = Math.max(PAGE, size);
    for (let i = 0; i < this.secondEntries; i++) {
      const at = i * PAGE;
      table.words[i] = this.format.leafDescriptor(2, page, phys + BigInt(at - (at % page)), prot);
    }
    table.used = this.secondEntries;
    return table;
  }

  private splitLarge(table: SecondLevel, index: number, descriptor: number, leaf: number): void {
    const entries = leaf / PAGE;
    const first = index - (index % entries);
    const phys = this.format.physOf(2, descriptor);
    const prot = this.protOf(2, descriptor);
    for (let i = 0; i < entries; i++)
      table.words[first + i] = this.format.leafDescriptor(2, PAGE, phys + BigInt(i * PAGE), prot);
  }

  private protOf(level: 1 | 2, descriptor: number): number {
    const { read, write } = this.format.access(level, descriptor);
    return (read ? 1 : 0) | (write ? 2 : 0);
  }

  private leaf(level: 1 | 2, descriptor: number, offset: number): Leaf {
    const size = this.format.leafSize(level, descriptor);
    const { read, write } = this.format.access(level, descriptor);
    return {
      iova: BigInt(offset - (offset % size)),
      phys: this.format.physOf(level, descriptor),
      size: BigInt(size),
      level,
      descriptor: BigInt(descriptor),
      read,
      write,
    };
  }

  lookup(iova: bigint): Leaf | null {
    if (!this.inRange(iova)) return null;
    const offset = this.offset(iova);
    const rootIndex = Math.floor(offset / this.section);
    const descriptor = this.root[rootIndex] ?? 0;
    if (descriptor === 0) return null;
    const table = this.tables.get(rootIndex);
    if (table === undefined) return this.leaf(1, descriptor, offset);
    const word = table.words[Math.floor((offset % this.section) / PAGE)] ?? 0;
    return word === 0 ? null : this.leaf(2, word, offset);
  }

  walk(iova: bigint): readonly WalkStep[] {
    if (!this.inRange(iova)) return [];
    const offset = this.offset(iova);
    const index = Math.floor(offset / this.section);
    const descriptor = this.root[index] ?? 0;
    const steps: WalkStep[] = [];
    const step = (level: 1 | 2, table: bigint, at: number, word: number): boolean => {
      const base = { level, table, index: at, descriptor: BigInt(word) };
      if (word === 0) steps.push({ ...base, meaning: 'invalid', text: 'nothing mapped' });
      else if (level === 1 && this.tables.has(at)) {
        steps.push({ ...base, meaning: 'table', text: `next table ${hex(this.tables.get(at)?.address ?? 0n)}` });
        return true;
      } else {
        const leaf = this.leaf(level, word, offset);
        const rights = leaf.read ? (leaf.write ? 'read-write' : 'read-only') : leaf.write ? 'write-only' : 'no access';
        const text = `phys ${hex(leaf.phys)}, ${rights}`;
        steps.push({ ...base, meaning: level === 2 && leaf.size === 0x1000n ? 'page' : 'block', text });
      }
      return false;
    };
    if (!step(1, this.rootAddress, index, descriptor)) return steps;
    const table = this.tables.get(index);
    const second = Math.floor((offset % this.section) / PAGE);
    if (table !== undefined) step(2, table.address, second, table.words[second] ?? 0);
    return steps;
  }

  *leaves(): Iterable<Leaf> {
    for (let index = 0; index < this.root.length; ) {
      const descriptor = this.root[index] ?? 0;
      const table = this.tables.get(index);
      if (descriptor !== 0 && table === undefined) {
        const leaf = this.leaf(1, descriptor, index * this.section);
        yield leaf;
        index += Math.max(1, Number(leaf.size) / this.section);
        continue;
      }
      if (table !== undefined)
        for (let second = 0; second < table.words.length; ) {
          const word = table.words[second] ?? 0;
          if (word === 0) {
            second++;
            continue;
          }
          const leaf = this.leaf(2, word, index * this.section + second * PAGE);
          yield leaf;
          second += Math.max(1, Number(leaf.size) / PAGE);
        }
      index++;
    }
  }

  tableCounts(): ReadonlyMap<number, number> {
    return new Map([
      [1, 1],
      [2, this.tables.size],
    ]);
  }
}
