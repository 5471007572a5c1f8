/**
 * Mappings without hardware tables: virtio-iommu keeps intervals on both sides, Spreadtrum and MediaTek's first
 * generation a flat list of pages. Only what is mapped is stored.
 */
import { EINVAL, type Errno } from '../../contract/errno';
import { PROT_READ, PROT_WRITE, type WalkStep } from '../../contract/hardware-domain';
import { hex, type Leaf, type PageTable } from './page-table';

interface Interval {
  readonly start: bigint;
  readonly size: bigint;
  readonly phys: bigint;
  readonly prot: number;
}

export interface IntervalConfig {
  readonly pageSizes: bigint;
  /** The first and last address that the format can hold. */
  readonly start: bigint;
  readonly end: bigint;
  /** What a map onto something mapped does. */
  readonly existing: Errno | 'overwrite';
  /** Whether rights are kept (a flat list of page frames has none). */
  readonly rights: boolean;
  /** One interval a call (virtio); else one a page, so that parts can be unmapped. */
  readonly whole: boolean;
}

export class IntervalTable implements PageTable {
  readonly pageSizes: bigint;
  private readonly list: Interval[] = [];

  constructor(private readonly config: IntervalConfig) {
    this.pageSizes = config.pageSizes;
  }

  /** Index of the first interval that ends after `at`. */
  private find(at: bigint): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.list[middle];
      if (entry !== undefined && entry.start + entry.size <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  mapPages(iova: bigint, phys: bigint, page: bigint, count: bigint, prot: number): { mapped: bigint; error: Errno } {
    const size = page * count;
    if (iova < this.config.start || iova + size - 1n > this.config.end) return { mapped: 0n, error: EINVAL };
    const at = this.find(iova);
    let covered = 0;
    for (let next = this.list[at]; next !== undefined && next.start < iova + size; next = this.list[at + covered]) {
      if (this.config.existing !== 'overwrite') return { mapped: 0n, error: this.config.existing };
      covered++;
    }
    const entries: Interval[] = [];
    if (this.config.whole) entries.push({ start: iova, size, phys, prot });
    else
      for (let i = 0n; i < count; i++)
        entries.push({ start: iova + i * page, size: page, phys: phys + i * page, prot });
    this.list.splice(at, covered, ...entries);
    return { mapped: size, error: 0 };
  }

  /** Removes the intervals that lie wholly inside; one that sticks out stops it (viommu_del_mappings). */
  unmapPages(iova: bigint, page: bigint, count: bigint): bigint {
    const end = iova + page * count;
    const at = this.find(iova);
    let removed = 0;
    let bytes = 0n;
    for (let entry = this.list[at]; entry !== undefined && entry.start < end; entry = this.list[at + removed]) {
      if (entry.start < iova || entry.start + entry.size > end) break;
      if (!this.config.whole && entry.start !== iova + bytes) break;
      bytes += entry.size;
      removed++;
    }
    this.list.splice(at, removed);
    return bytes;
  }

  private leaf(entry: Interval): Leaf {
    return {
      iova: entry.start,
      phys: entry.phys,
      size: entry.size,
      level: 1,
      descriptor: entry.phys,
      read: !this.config.rights || (entry.prot & PROT_READ) !== 0,
      write: !this.config.rights || (entry.prot & PROT_WRITE) !== 0,
    };
  }

  lookup(iova: bigint): Leaf | null {
    const entry = this.list[this.find(iova)];
    return entry === undefined || iova < entry.start ? null : this.leaf(entry);
  }

  walk(iova: bigint): readonly WalkStep[] {
    const leaf = this.lookup(iova);
    const base = { level: 1, table: 0n, index: 0 };
    if (leaf === null) return [{ ...base, descriptor: 0n, meaning: 'invalid', text: 'nothing mapped' }];
    const rights = leaf.read ? (leaf.write ? 'read-write' : 'read-only') : 'write-only';
    const text = `mapping ${hex(leaf.iova)}-${hex(leaf.iova + leaf.size - 1n)} to ${hex(leaf.phys)}, ${rights}`;
    return [{ ...base, descriptor: leaf.descriptor, meaning: 'page', text }];
  }

  *leaves(): Iterable<Leaf> {
    for (const entry of this.list) yield this.leaf(entry);
  }

  tableCounts(): ReadonlyMap<number, number> {
    return new Map([[1, 1]]);
  }
}
