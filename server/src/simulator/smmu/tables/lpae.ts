/**
 * The Arm long-descriptor format, stage 1 and stage 2, as drivers/iommu/io-pgtable-arm.c builds it. Descriptors are
 * those of the Arm Architecture Reference Manual D8.3; which bits are set is arm_lpae_prot_to_pte().
 */
import { EINVAL, ERANGE, type Errno } from '../../contract/errno';
import {
  PROT_CACHE,
  PROT_MMIO,
  PROT_NOEXEC,
  PROT_PRIV,
  PROT_READ,
  PROT_WRITE,
  type WalkStep,
} from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { hex, type Invalidation, type Leaf, type PageTable } from './page-table';

/** -EEXIST: a leaf is already there (arm_lpae_init_pte). */
const EEXIST = -17;
const LAST_LEVEL = 3;
const TYPE_MASK = 3;
const BLOCK = 1;
const TABLE_OR_PAGE = 3;
/** XN and PXN (bits 54:53) in the upper word. */
const XN_HIGH = 3 << 21;
/** The driver's note that a table descriptor was synced for a non-coherent walker (bit 55). */
const SW_SYNC_HIGH = 1 << 23;
const ATTR_LOW = 0xffc;
const ATTR_HIGH = XN_HIGH | (1 << 19);

export interface LpaeConfig {
  readonly stage: 1 | 2;
  /** Page sizes the hardware offers; restricted to one granule here. */
  readonly pageSizes: bigint;
  /** Input and output address bits. */
  readonly ias: number;
  readonly oas: number;
  readonly coherentWalk: boolean;
  /** Translation table for the upper half of the address space (IO_PGTABLE_QUIRK_ARM_TTBR1). */
  readonly ttbr1: boolean;
  /** Concatenate stage-2 root tables (arm_64_lpae_alloc_pgtable_s2; the 32-bit format does the same). */
  readonly cpuPageSize: number;
  /** An unmap of a part of a block is refused; else the block is split (arm_lpae_split_blk_unmap, up to 6.12). */
  readonly refusesParts?: boolean;
}

interface Table {
  readonly address: bigint;
  /** Pairs of low and high word. */
  readonly words: Uint32Array;
  readonly children: (Table | undefined)[];
}

const SIZES_4K = 0x1000n | 0x200000n | 0x40000000n;
const SIZES_16K = 0x4000n | 0x2000000n;
const SIZES_64K = 0x10000n | 0x20000000n;

/** arm_lpae_restrict_pgsizes(): the granule is the CPU's page size when offered, else the next smaller, else larger. */
export function restrictPageSizes(
  offered: bigint,
  cpuPageSize: number,
  oas: number,
): { sizes: bigint; maxBits: number } {
  const page = BigInt(cpuPageSize);
  const smaller = offered & (page - 1n);
  const larger = offered & ~(page - 1n);
  let granule = 0n;
  if ((offered & page) !== 0n) granule = page;
  else if (smaller !== 0n) granule = 1n << BigInt(smaller.toString(2).length - 1);
  else if (larger !== 0n) granule = larger & -larger;
  if (granule === 0x1000n) return { sizes: offered & SIZES_4K, maxBits: 48 };
  if (granule === 0x4000n) return { sizes: offered & SIZES_16K, maxBits: 48 };
  if (granule === 0x10000n) return { sizes: offered & (oas > 48 ? SIZES_64K | (1n << 42n) : SIZES_64K), maxBits: 52 };
  return { sizes: 0n, maxBits: 48 };
}

function log2(value: bigint): number {
  return value.toString(2).length - 1;
}

/** A live LPAE table. Addresses above `ias` bits (or outside the upper half for TTBR1) are refused with -ERANGE. */
export class LpaeTable implements PageTable {
  readonly pageSizes: bigint;
  readonly ias: number;
  readonly oas: number;
  readonly startLevel: number;
  /** log2 of the entries of the root, concatenated tables included. */
  readonly rootBits: number;
  readonly granule: number;
  readonly stage: 1 | 2;
  readonly ttbr1: boolean;
  invalidation: Invalidation | null = null;
  private readonly bits: number;
  private readonly root: Table;

  /** Null when no granule fits (arm_lpae_alloc_pgtable fails with -ENOMEM in its caller). */
  static create(config: LpaeConfig, memory: TableMemory): LpaeTable | null {
    const { sizes, maxBits } = restrictPageSizes(config.pageSizes, config.cpuPageSize, config.oas);
    if ((sizes & (0x1000n | 0x4000n | 0x10000n)) === 0n) return null;
    return new LpaeTable(config, sizes, Math.min(config.ias, maxBits), Math.min(config.oas, maxBits), memory);
  }

  /** A table of a configuration that is known to be possible (page sizes with a granule). */
  static known(config: LpaeConfig, memory: TableMemory): LpaeTable {
    const table = LpaeTable.create(config, memory);
    if (table === null) throw new RangeError('page table configuration without a granule');
    return table;
  }

  private constructor(
    private readonly config: LpaeConfig,
    sizes: bigint,
    ias: number,
    oas: number,
    private readonly memory: TableMemory,
  ) {
    this.pageSizes = sizes;
    this.ias = ias;
    this.oas = oas;
    this.stage = config.stage;
    this.ttbr1 = config.ttbr1;
    const shift = log2(sizes & -sizes);
    this.granule = 2 ** shift;
    this.bits = shift - 3;
    const vaBits = ias - shift;
    const levels = Math.ceil(vaBits / this.bits);
    let start = LAST_LEVEL + 1 - levels;
    let rootBits = vaBits - this.bits * (levels - 1);
    // Up to 16 root tables are concatenated at level 1 to shorten the stage-2 walk.
    if (config.stage === 2 && start === 0 && 2 ** rootBits <= 16) {
      rootBits += this.bits;
      start++;
    }
    this.startLevel = start;
    this.rootBits = rootBits;
    this.root = this.makeTable(2 ** rootBits);
  }

  /** The address for TTBR0, TTBR1 or VTTBR. */
  get rootAddress(): bigint {
    return this.root.address;
  }

  private makeTable(entries: number): Table {
    return { address: this.memory.allocate(entries * 8), words: new Uint32Array(entries * 2), children: [] };
  }

  private shift(level: number): number {
    return (LAST_LEVEL + 1 - level) * this.bits + 3;
  }

  private blockSize(level: number): number {
    return 2 ** this.shift(level);
  }

  /** The offset of an address inside the translated range, or null outside it. */
  private offset(iova: bigint): number | null {
    const extension = BigInt.asIntN(64, iova) >> BigInt(this.ias);
    if (this.ttbr1 ? extension !== -1n : extension !== 0n) return null;
    return Number(iova & ((1n << BigInt(this.ias)) - 1n));
  }

  private base(): bigint {
    return this.ttbr1 ? BigInt.asUintN(64, -1n << BigInt(this.ias)) : 0n;
  }

  private index(offset: number, level: number): number {
    const entries = level === this.startLevel ? 2 ** this.rootBits : 2 ** this.bits;
    return Math.floor(offset / this.blockSize(level)) % entries;
  }

  private isLeaf(low: number, level: number): boolean {
    return (low & TYPE_MASK) === (level === LAST_LEVEL ? TABLE_OR_PAGE : BLOCK);
  }

  /** paddr_to_iopte(): bits 51:48 of an address go to 15:12 of a descriptor (64K granule). */
  private setAddress(words: Uint32Array, index: number, phys: number, low: number, high: number): void {
    const top = Math.floor(phys / 2 ** 48);
    const upper = Math.floor(phys / 2 ** 32) & 0xffff;
    const lower = ((phys % 2 ** 32) & ~0xfff) | (top << 12);
    words[index * 2] = lower | low;
    words[index * 2 + 1] = upper | high;
  }

  private addressOf(words: Uint32Array, index: number): number {
    const low = words[index * 2] ?? 0;
    const high = (words[index * 2 + 1] ?? 0) & 0xffff;
    if (this.granule < 0x10000) return high * 2 ** 32 + ((low & ~0xfff) >>> 0);
    return ((low >>> 12) & 0xf) * 2 ** 48 + high * 2 ** 32 + ((low & ~0xffff) >>> 0);
  }

  /** arm_lpae_prot_to_pte(). */
  private attributes(prot: number): { low: number; high: number } {
    let low = 1 << 10;
    if (this.stage === 1) {
      low |= 1 << 11;
      if ((prot & PROT_WRITE) === 0 && (prot & PROT_READ) !== 0) low |= 1 << 7;
      if ((prot & PROT_PRIV) === 0) low |= 1 << 6;
      if ((prot & PROT_MMIO) !== 0) low |= 2 << 2;
      else if ((prot & PROT_CACHE) !== 0) low |= 1 << 2;
    } else {
      if ((prot & PROT_READ) !== 0) low |= 1 << 6;
      if ((prot & PROT_WRITE) !== 0) low |= 2 << 6;
      if ((prot & PROT_MMIO) !== 0) low |= 1 << 2;
      else if ((prot & PROT_CACHE) !== 0) low |= 0xf << 2;
      else low |= 5 << 2;
    }
    low |= (prot & PROT_CACHE) !== 0 ? 3 << 8 : 2 << 8;
    return { low, high: (prot & PROT_NOEXEC) !== 0 ? XN_HIGH : 0 };
  }

  mapPages(iova: bigint, phys: bigint, page: bigint, count: bigint, prot: number): { mapped: bigint; error: Errno } {
    const offset = this.offset(iova);
    if (page === 0n || (page & this.pageSizes) !== page) return { mapped: 0n, error: EINVAL };
    if (offset === null || phys >> BigInt(this.oas) !== 0n) return { mapped: 0n, error: ERANGE };
    if ((prot & (PROT_READ | PROT_WRITE)) === 0) return { mapped: 0n, error: EINVAL };
    const size = Number(page);
    let table = this.root;
    for (let level = this.startLevel; ; level++) {
      const index = this.index(offset, level);
      if (this.blockSize(level) === size) return this.install(table, level, index, offset, Number(phys), count, prot);
      const low = table.words[index * 2] ?? 0;
      if (low !== 0 && this.isLeaf(low, level)) return { mapped: 0n, error: EEXIST };
      let child = table.children[index];
      if (child === undefined) {
        child = this.makeTable(2 ** this.bits);
        this.installTable(table, index, child);
      }
      table = child;
    }
  }

  private installTable(table: Table, index: number, child: Table): void {
    this.setAddress(
      table.words,
      index,
      Number(child.address),
      TABLE_OR_PAGE,
      this.config.coherentWalk ? 0 : SW_SYNC_HIGH,
    );
    table.children[index] = child;
  }

  /** How many entries of one table page follow from `index` (arm_lpae_max_entries, concatenated roots included). */
  private room(index: number): number {
    const perTable = 2 ** this.bits;
    return perTable - (index & (perTable - 1));
  }

  private install(
    table: Table,
    level: number,
    index: number,
    offset: number,
    phys: number,
    count: bigint,
    prot: number,
  ): { mapped: bigint; error: Errno } {
    const size = this.blockSize(level);
    const entries = Math.min(Number(count), this.room(index));
    for (let i = 0; i < entries; i++) {
      const low = table.words[(index + i) * 2] ?? 0;
      if (low !== 0 && this.isLeaf(low, level)) return { mapped: 0n, error: EEXIST };
      // A table that is left over from small pages gives way to the block.
      if (low !== 0) this.unmapAt(table, level, offset + i * size, size, 1);
    }
    const { low, high } = this.attributes(prot);
    const type = level === LAST_LEVEL ? TABLE_OR_PAGE : BLOCK;
    for (let i = 0; i < entries; i++) this.setAddress(table.words, index + i, phys + i * size, low | type, high);
    return { mapped: BigInt(entries) * BigInt(size), error: 0 };
  }

  unmapPages(iova: bigint, page: bigint, count: bigint): bigint {
    const offset = this.offset(iova);
    if (offset === null || page === 0n || (page & this.pageSizes) !== page || count === 0n) return 0n;
    return BigInt(this.unmapAt(this.root, this.startLevel, offset, Number(page), Number(count)));
  }

  private invalidate(offset: number, size: number, granule: number, kind: 'leaf' | 'walk'): void {
    this.invalidation?.(this.base() + BigInt(offset), BigInt(size), BigInt(granule), kind);
  }

  private invalidateLeaves(offset: number, size: number, count: number): void {
    for (let i = 0; i < count; i++) this.invalidate(offset + i * size, size, size, 'leaf');
  }

  private unmapAt(table: Table, level: number, offset: number, size: number, count: number): number {
    if (level > LAST_LEVEL) return 0;
    const index = this.index(offset, level);
    const low = table.words[index * 2] ?? 0;
    if (low === 0) return 0;
    if (size === this.blockSize(level)) {
      const entries = Math.min(count, this.room(index));
      let done = 0;
      for (; done < entries; done++) {
        const at = (index + done) * 2;
        const word = table.words[at] ?? 0;
        if (word === 0) break;
        table.words[at] = 0;
        table.words[at + 1] = 0;
        if (level >= LAST_LEVEL) continue;
        if (!this.isLeaf(word, level)) this.invalidate(offset + done * size, size, this.granule, 'walk');
        table.children[index + done] = undefined;
      }
      this.invalidateLeaves(offset, size, done);
      return done * size;
    }
    if (this.isLeaf(low, level))
      return this.config.refusesParts === true ? 0 : this.split(table, level, index, offset, size, count);
    const child = table.children[index];
    return child === undefined ? 0 : this.unmapAt(child, level + 1, offset, size, count);
  }

  /** arm_lpae_split_blk_unmap(): a table of the same attributes takes the block's place, without what goes. */
  private split(table: Table, level: number, index: number, offset: number, size: number, count: number): number {
    const next = level + 1;
    const part = this.blockSize(next);
    const child = this.makeTable(2 ** this.bits);
    const phys = this.addressOf(table.words, index);
    const low = ((table.words[index * 2] ?? 0) & ATTR_LOW) | (next === LAST_LEVEL ? TABLE_OR_PAGE : BLOCK);
    const high = (table.words[index * 2 + 1] ?? 0) & ATTR_HIGH;
    let first = -1;
    let entries = 0;
    if (size === part) {
      first = this.index(offset, next);
      entries = Math.min(count, this.room(first));
    }
    for (let i = 0; i < 2 ** this.bits; i++)
      if (i < first || i >= first + entries) this.setAddress(child.words, i, phys + i * part, low, high);
    this.installTable(table, index, child);
    this.invalidateLeaves(offset, size, entries);
    return first >= 0 ? entries * size : this.unmapAt(child, next, offset, size, count);
  }

  lookup(iova: bigint): Leaf | null {
    const offset = this.offset(iova);
    if (offset === null) return null;
    let table = this.root;
    for (let level = this.startLevel; level <= LAST_LEVEL; level++) {
      const index = this.index(offset, level);
      const low = table.words[index * 2] ?? 0;
      if (low === 0) return null;
      if (this.isLeaf(low, level)) return this.leaf(table, index, level, iova & ~BigInt(this.blockSize(level) - 1));
      const child = table.children[index];
      if (child === undefined) return null;
      table = child;
    }
    return null;
  }

  private descriptor(table: Table, index: number): bigint {
    return (BigInt(table.words[index * 2 + 1] ?? 0) << 32n) | BigInt(table.words[index * 2] ?? 0);
  }

  private leaf(table: Table, index: number, level: number, iova: bigint): Leaf {
    const low = table.words[index * 2] ?? 0;
    return {
      iova,
      phys: BigInt(this.addressOf(table.words, index)),
      size: BigInt(this.blockSize(level)),
      level,
      descriptor: this.descriptor(table, index),
      read: this.stage === 1 || (low & (1 << 6)) !== 0,
      write: this.stage === 1 ? (low & (1 << 7)) === 0 : (low & (1 << 7)) !== 0,
    };
  }

  walk(iova: bigint): readonly WalkStep[] {
    const steps: WalkStep[] = [];
    const offset = this.offset(iova);
    if (offset === null) return steps;
    let table: Table | undefined = this.root;
    for (let level = this.startLevel; level <= LAST_LEVEL && table !== undefined; level++) {
      const index = this.index(offset, level);
      const low = table.words[index * 2] ?? 0;
      const descriptor = this.descriptor(table, index);
      const step = { level, table: table.address, index, descriptor };
      if (low === 0) {
        steps.push({ ...step, meaning: 'invalid', text: 'nothing mapped' });
        return steps;
      }
      if (this.isLeaf(low, level)) {
        const leaf = this.leaf(table, index, level, iova & ~BigInt(this.blockSize(level) - 1));
        const text = `phys ${hex(leaf.phys)}, ${this.describe(leaf.descriptor)}`;
        steps.push({ ...step, meaning: level === LAST_LEVEL ? 'page' : 'block', text });
        return steps;
      }
      steps.push({ ...step, meaning: 'table', text: `next table ${hex(this.addressOf(table.words, index))}` });
      table = table.children[index];
    }
    return steps;
  }

  /** What the attribute bits of a leaf say. */
  private describe(descriptor: bigint): string {
    const low = Number(descriptor & 0xfffn);
    const words = [
      this.stage === 1
        ? (low & (1 << 7)) === 0
          ? 'read-write'
          : 'read-only'
        : (['no access', 'read-only', 'write-only', 'read-write'][(low >> 6) & 3] ?? ''),
    ];
    if (this.stage === 1) {
      words.push((low & (1 << 6)) !== 0 ? 'unprivileged' : 'privileged', `MAIR index ${(low >> 2) & 7}`);
    } else words.push(`memory attribute ${hex((low >> 2) & 0xf)}`);
    words.push((low & 0x300) === 0x300 ? 'inner shareable' : 'outer shareable');
    if (((descriptor >> 53n) & 3n) !== 0n) words.push('no execute');
    return words.join(', ');
  }

  *leaves(): Iterable<Leaf> {
    yield* this.leavesOf(this.root, this.startLevel, this.base());
  }

  private *leavesOf(table: Table, level: number, base: bigint): Iterable<Leaf> {
    const size = BigInt(this.blockSize(level));
    for (let index = 0; index < table.words.length / 2; index++) {
      const low = table.words[index * 2] ?? 0;
      if (low === 0) continue;
      const iova = base + BigInt(index) * size;
      const child = table.children[index];
      if (this.isLeaf(low, level)) yield this.leaf(table, index, level, iova);
      else if (child !== undefined) yield* this.leavesOf(child, level + 1, iova);
    }
  }

  tableCounts(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    const count = (table: Table, level: number): void => {
      counts.set(level, (counts.get(level) ?? 0) + 1);
      for (const child of table.children) if (child !== undefined) count(child, level + 1);
    };
    count(this.root, this.startLevel);
    return counts;
  }
}
