/** A bitmap with the kernel's first-fit search (lib/bitmap.c, bitmap_find_next_zero_area). */

export class Bitmap {
  private readonly words: Uint32Array;
  /** Bits that are set. */
  used = 0;

  constructor(readonly bits: number) {
    this.words = new Uint32Array((bits + 31) >>> 5);
  }

  /**
   * The first place for `count` zero bits at a multiple of `alignment` (a power of two), searched from bit 0;
   * -1 when there is none.
   */
  findZeroArea(count: number, alignment: number): number {
    let from = 0;
    for (;;) {
      const zero = this.next(from, this.bits, 0);
      const index = Math.ceil(zero / alignment) * alignment;
      const end = index + count;
      if (end > this.bits) return -1;
      const taken = this.next(index, end, 1);
      if (taken >= end) return index;
      from = taken + 1;
    }
  }

  set(start: number, count: number): void {
    for (let bit = start; bit < start + count; bit++) {
      const word = this.words[bit >>> 5] as number;
      const mask = 1 << (bit & 31);
      if ((word & mask) === 0) this.used++;
      this.words[bit >>> 5] = word | mask;
    }
  }

  clear(start: number, count: number): void {
    for (let bit = start; bit < start + count; bit++) {
      const word = this.words[bit >>> 5] as number;
      const mask = 1 << (bit & 31);
      if ((word & mask) !== 0) this.used--;
      this.words[bit >>> 5] = word & ~mask;
    }
  }

  /** The first bit of the wanted value in [from, end), or `end`. */
  private next(from: number, end: number, value: 0 | 1): number {
    const flip = value === 0 ? 0xffffffff : 0;
    for (let bit = from; bit < end; ) {
      const word = (((this.words[bit >>> 5] as number) ^ flip) >>> (bit & 31)) << (bit & 31);
      if (word === 0) {
        bit = (bit | 31) + 1;
        continue;
      }
      return Math.min((bit & ~31) + 31 - Math.clz32(word & -word), end);
    }
    return end;
  }
}
