/** A page table as a sorted list of contiguous mappings: what a walk would find, without the levels. */

const EEXIST = -17;

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export interface Mapping {
  readonly start: bigint;
  /** First address behind it. */
  readonly end: bigint;
  readonly phys: bigint;
  readonly prot: number;
}

export class SortedMappings {
  private list: Mapping[] = [];

  get entries(): readonly Mapping[] {
    return this.list;
  }

  /** Index of the first mapping that ends above an address. */
  private indexAbove(address: bigint): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle] as Mapping).end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Adds [start, start + size); -EEXIST when any of it is mapped. Neighbours that continue each other join. */
  map(start: bigint, phys: bigint, size: bigint, prot: number): number {
    const at = this.indexAbove(start);
    const end = start + size;
    const next = this.list[at];
    if (next !== undefined && next.start < end) return EEXIST;
    const before = this.list[at - 1];
    const joinsBefore =
      before !== undefined &&
      before.end === start &&
      before.phys + (start - before.start) === phys &&
      before.prot === prot;
    const joinsNext = next !== undefined && next.start === end && phys + size === next.phys && next.prot === prot;
    const merged: Mapping = {
      start: joinsBefore ? before.start : start,
      end: joinsNext ? next.end : end,
      phys: joinsBefore ? before.phys : phys,
      prot,
    };
    this.list.splice(joinsBefore ? at - 1 : at, (joinsBefore ? 1 : 0) + (joinsNext ? 1 : 0), merged);
    return 0;
  }

  /** Removes from `start` on as far as it is mapped without a hole, at most `size`. Returns the bytes removed. */
  unmap(start: bigint, size: bigint): bigint {
    const first = this.indexAbove(start);
    let at = start;
    let index = first;
    const kept: Mapping[] = [];
    while (at < start + size) {
      const mapping = this.list[index];
      if (mapping === undefined || mapping.start > at) break;
      const end = smaller(mapping.end, start + size);
      if (mapping.start < at) kept.push({ ...mapping, end: at });
      if (mapping.end > end) kept.push({ ...mapping, start: end, phys: mapping.phys + (end - mapping.start) });
      at = end;
      index++;
    }
    if (index > first) this.list.splice(first, index - first, ...kept);
    return at - start;
  }

  find(address: bigint): Mapping | null {
    const mapping = this.list[this.indexAbove(address)];
    return mapping !== undefined && mapping.start <= address ? mapping : null;
  }

  translate(address: bigint): bigint | null {
    const mapping = this.find(address);
    return mapping === null ? null : mapping.phys + (address - mapping.start);
  }
}
