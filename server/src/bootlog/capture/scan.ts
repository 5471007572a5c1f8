/**
 * Finds the lines that matter in bytes, before any string is made: a search for many words at once that jumps over what
 * cannot hold one (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994, with blocks of two bytes).
 */

interface Word {
  readonly bytes: Uint8Array;
  /** Where the window by which it is found begins in the word. */
  readonly at: number;
  /** Counts only in the origin of a message. */
  readonly name: boolean;
}

const NEWLINE = 10;
/** The window of each word: its bytes that the tables are made of. */
const WINDOW = 5;

/** How common a pair of bytes is in logs, roughly: words are found by their rarest window. */
function commonness(bytes: Uint8Array, at: number): number {
  let sum = 0;
  for (let i = at; i < at + WINDOW; i++) {
    const byte = bytes[i] ?? 0;
    sum += byte === 32 ? 6 : 'etaoinsr0123456789'.includes(String.fromCharCode(byte)) ? 3 : byte > 96 ? 2 : 1;
  }
  // The last pair decides how often a candidate is looked at.
  const last = bytes[at + WINDOW - 1] ?? 0;
  return sum + (last === 32 || 'eto0'.includes(String.fromCharCode(last)) ? 4 : 0);
}

/** Bytes that the name of a driver or a device may have: letters, digits, `.,:@/_+-()` and `#`. */
const NAME_BYTE = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:@/_+-()#')
  NAME_BYTE[c.charCodeAt(0)] = 1;

/** Whether `at` lies in `driver device: ` or `driver: `: what follows, and how far the name goes on. */
function inOrigin(bytes: Uint8Array, at: number, end: number): boolean {
  let spaces = 0;
  const limit = Math.min(end, at + 96);
  for (let i = at; i < limit; i++) {
    const byte = bytes[i] as number;
    if (byte === 58 && (i + 1 >= limit || bytes[i + 1] === 32)) return true;
    if (byte === 32) {
      if (++spaces > 1) return false;
    } else if (NAME_BYTE[byte] === 0) return false;
  }
  return false;
}

/** 16 bits of the window that ends at `end`. */
function hashOf(bytes: Uint8Array, end: number): number {
  const low = ((bytes[end - 3] as number) << 8) | (bytes[end - 2] as number);
  const high = ((bytes[end - 1] as number) << 8) | (bytes[end] as number);
  return (low * 31 + high) & 0xffff;
}

export class LineScanner {
  private readonly shift = new Uint8Array(65536).fill(WINDOW - 1);
  /** Words by the pair at the end of their window. */
  private readonly words = new Map<number, Word[]>();
  /** A quick look at the whole window before the words are: 1 where a word may stand. */
  private readonly windows = new Uint8Array(65536);

  constructor(names: readonly string[], texts: readonly string[]) {
    const encoder = new TextEncoder();
    for (const [list, name] of [
      [names, true],
      [texts, false],
    ] as const)
      for (const text of list) this.add(encoder.encode(text), name);
  }

  private add(bytes: Uint8Array, name: boolean): void {
    if (bytes.length < WINDOW) throw new RangeError('a word of the scan needs five characters');
    let at = 0;
    for (let i = 1; i + WINDOW <= bytes.length; i++) if (commonness(bytes, i) < commonness(bytes, at)) at = i;
    for (let i = 1; i < WINDOW; i++) {
      const pair = ((bytes[at + i - 1] ?? 0) << 8) | (bytes[at + i] ?? 0);
      const distance = WINDOW - 1 - i;
      if (distance < (this.shift[pair] ?? 0)) this.shift[pair] = distance;
      if (distance === 0) {
        this.windows[hashOf(bytes, at + WINDOW - 1)] = 1;
        const found = this.words.get(pair);
        const word = { bytes, at, name };
        if (found === undefined) this.words.set(pair, [word]);
        else found.push(word);
      }
    }
  }

  /** Whether a word of the pair that ends at `end` (inclusive) stands there. */
  private hit(bytes: Uint8Array, pair: number, end: number, last: number): boolean {
    for (const { bytes: word, at, name } of this.words.get(pair) ?? []) {
      const start = end - at - WINDOW + 1;
      if (start < 0 || start + word.length > last) continue;
      let i = 0;
      while (i < word.length && bytes[start + i] === word[i]) i++;
      if (i === word.length && (!name || inOrigin(bytes, start, last))) return true;
    }
    return false;
  }

  /**
   * Calls `found` with the bounds of each line in [start, end) that holds a word, in order; the region ends with a newline
   * or with the log. Returns nothing: what is between two calls is of no interest.
   */
  scan(bytes: Uint8Array, start: number, end: number, found: (from: number, to: number) => void): void {
    const { shift, windows } = this;
    let i = start + WINDOW - 1;
    while (i < end) {
      const pair = ((bytes[i - 1] as number) << 8) | (bytes[i] as number);
      const jump = shift[pair] as number;
      if (jump !== 0) {
        i += jump;
        continue;
      }
      if (windows[hashOf(bytes, i)] === 0 || !this.hit(bytes, pair, i, end)) {
        i++;
        continue;
      }
      const from = bytes.lastIndexOf(NEWLINE, i - 1) + 1;
      const newline = bytes.indexOf(NEWLINE, i);
      const to = newline < 0 || newline > end ? end : newline;
      found(Math.max(from, start), to);
      i = to + WINDOW;
    }
  }
}

/** The number of newlines in [from, to), four bytes at a time. `words` views the same memory as `bytes`. */
export function countLines(bytes: Uint8Array, words: Uint32Array, from: number, to: number): number {
  let count = 0;
  let i = from;
  while (i < to && ((bytes.byteOffset + i) & 3) !== 0) if (bytes[i++] === NEWLINE) count++;
  const last = i + ((to - i) & ~3);
  for (let w = (bytes.byteOffset + i) >> 2; i < last; i += 4, w++) {
    const x = (words[w] as number) ^ 0x0a0a0a0a;
    // A byte of x is zero where a newline was (Hacker's Delight, 6-1, exact form).
    const y = ~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f);
    if (y !== 0) count += ((y >>> 7) & 1) + ((y >>> 15) & 1) + ((y >>> 23) & 1) + ((y >>> 31) & 1);
  }
  while (i < to) if (bytes[i++] === NEWLINE) count++;
  return count;
}
