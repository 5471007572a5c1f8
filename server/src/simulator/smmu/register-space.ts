/** A device's registers as memory: 32-bit words by byte offset, 0 where nothing was written. */
export class RegisterSpace {
  private readonly words = new Map<number, number>();

  read(offset: number): number {
    return this.words.get(offset) ?? 0;
  }

  write(offset: number, value: number): void {
    this.words.set(offset, value >>> 0);
  }

  read64(offset: number): bigint {
    return (BigInt(this.read(offset + 4)) << 32n) | BigInt(this.read(offset));
  }

  write64(offset: number, value: bigint): void {
    this.write(offset, Number(value & 0xffffffffn));
    this.write(offset + 4, Number((value >> 32n) & 0xffffffffn));
  }

  /** All words that are not 0, in address order. */
  entries(): readonly (readonly [number, number])[] {
    return [...this.words].filter(([, value]) => value !== 0).sort((a, b) => a[0] - b[0]);
  }
}
