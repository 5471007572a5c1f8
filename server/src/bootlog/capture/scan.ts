/**
 * Finds the lines that matter in bytes, before any string is made: machine code (scan.wat) finds where one of many words may
 * stand, 16 bytes at a time; what it finds is looked at here.
 */
import { wasm } from './scan-wasm.json';

interface Word {
  readonly bytes: Uint8Array;
  /** Where its window begins in it. */
  readonly at: number;
  /** Counts only in the origin of a message. */
  readonly name: boolean;
}

const NEWLINE = 10;
/** Bytes of a window: what a word is found by. */
const WINDOW = 4;
/** As scan.wat lays out its memory. */
const HASHES = 0x10000;
const TEXT = 0x20000;
const TEXT_SIZE = 1 << 19;
const BUCKETS = 8;

/** How often a byte is met in logs, roughly: windows of rare bytes are looked at less often. */
function commonness(byte: number): number {
  const char = String.fromCharCode(byte);
  // Frequent, but windows across a word's end are rarer than such within common words.
  if (byte === 32) return 2;
  if ('etaoinsr0'.includes(char)) return 6;
  if (/[dlcump1234]/.test(char)) return 3;
  return /[a-z5-9]/.test(char) ? 2 : /[A-Z.:=_\-[\]]/.test(char) ? 1 : 0.2;
}
const COMMON = Float64Array.from({ length: 256 }, (_, byte) => commonness(byte));

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

/** The rarest window of a word. */
function windowOf(bytes: Uint8Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + WINDOW <= bytes.length; at++) {
    let common = 1;
    for (let i = at; i < at + WINDOW; i++) common *= COMMON[bytes[i] as number] as number;
    if (common < least) [best, least] = [at, common];
  }
  return best;
}

const keyOf = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

/** The halves of bytes that a bucket takes at each place of a window. */
class Bucket {
  private readonly low = new Uint16Array(WINDOW);
  private readonly high = new Uint16Array(WINDOW);

  /** How often it is met with a window more in it. */
  cost(bytes: Uint8Array, at: number): number {
    let cost = 1;
    for (let place = 0; place < WINDOW; place++) {
      const byte = bytes[at + place] as number;
      const low = (this.low[place] as number) | (1 << (byte & 15));
      const high = (this.high[place] as number) | (1 << (byte >> 4));
      let sum = 0;
      for (let h = 0; h < 8; h++)
        if ((high & (1 << h)) !== 0)
          for (let l = 0; l < 16; l++) if ((low & (1 << l)) !== 0) sum += COMMON[(h << 4) | l] as number;
      cost *= sum;
    }
    return cost;
  }

  add(bytes: Uint8Array, at: number, bit: number, tables: Uint8Array): void {
    for (let place = 0; place < WINDOW; place++) {
      const byte = bytes[at + place] as number;
      this.low[place] = (this.low[place] as number) | (1 << (byte & 15));
      this.high[place] = (this.high[place] as number) | (1 << (byte >> 4));
      const [low, high] = [place * 32 + (byte & 15), place * 32 + 16 + (byte >> 4)];
      tables[low] = (tables[low] as number) | bit;
      tables[high] = (tables[high] as number) | bit;
    }
  }
}

interface Machine {
  readonly memory: { readonly buffer: ArrayBuffer };
  next(from: number, end: number): number;
  lines(from: number, end: number): number;
  hash(from: number, end: number): number;
}

/** WebAssembly as Node has it: the types of the DOM are not loaded here. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

let compiled: object | null = null;

export class LineScanner {
  /** The text that is scanned: write into it, then call `scan`. Its memory never moves. */
  readonly buffer: Buffer;
  /** Words by their window. */
  private readonly words = new Map<number, Word[]>();
  private readonly machine: Machine;

  /** `names` count only in the origin of a message, `texts` anywhere; words of less than four characters are left out. */
  constructor(names: readonly string[], texts: readonly string[]) {
    compiled ??= new WebAssembly.Module(Buffer.from(wasm, 'base64'));
    this.machine = new WebAssembly.Instance(compiled).exports as Machine;
    this.buffer = Buffer.from(this.machine.memory.buffer, TEXT, TEXT_SIZE);
    const encoder = new TextEncoder();
    for (const [list, name] of [
      [names, true],
      [texts, false],
    ] as const)
      for (const text of list) {
        const bytes = encoder.encode(text);
        if (bytes.length < WINDOW) continue;
        const at = windowOf(bytes);
        const key = keyOf(bytes, at);
        const found = this.words.get(key);
        if (found === undefined) this.words.set(key, [{ bytes, at, name }]);
        else found.push({ bytes, at, name });
      }
    this.fill();
  }

  private fill(): void {
    const memory = new Uint8Array(this.machine.memory.buffer);
    const buckets = Array.from({ length: BUCKETS }, () => new Bucket());
    const costs = new Array<number>(BUCKETS).fill(0);
    for (const [key, [word]] of this.words) {
      if (word === undefined) continue;
      memory[HASHES + (Math.imul(key, 0x9e3779b1) >>> 16)] = 1;
      let best = 0;
      let least = Number.POSITIVE_INFINITY;
      for (const [i, bucket] of buckets.entries()) {
        const more = bucket.cost(word.bytes, word.at) - (costs[i] as number);
        if (more < least) [best, least] = [i, more];
      }
      costs[best] = (costs[best] as number) + least;
      buckets[best]?.add(word.bytes, word.at, 1 << best, memory);
    }
  }

  /** Whether a word stands where its window was found. */
  private hit(at: number, end: number): boolean {
    const { buffer } = this;
    for (const { bytes, at: inside, name } of this.words.get(keyOf(buffer, at)) ?? []) {
      const start = at - inside;
      if (start < 0 || start + bytes.length > end) continue;
      let i = 0;
      while (i < bytes.length && buffer[start + i] === bytes[i]) i++;
      if (i === bytes.length && (!name || inOrigin(buffer, start, end))) return true;
    }
    return false;
  }

  /**
   * Calls `found` with the bounds of each line in [start, end) of the buffer that holds a word, in order; the region ends with
   * a newline or with the log. What is between two calls is of no interest.
   */
  scan(start: number, end: number, found: (from: number, to: number) => void): void {
    const { buffer, machine } = this;
    for (let at = start; at < end; ) {
      const place = machine.next(TEXT + at, TEXT + end) - TEXT;
      if (place >= end) return;
      at = place + 1;
      if (!this.hit(place, end)) continue;
      let from = place;
      while (from > start && buffer[from - 1] !== NEWLINE) from--;
      let to = place;
      while (to < end && buffer[to] !== NEWLINE) to++;
      found(from, to);
      at = to + 1;
    }
  }

  /** Whether a line holds a word; of a very long one only the beginning is looked at. */
  matches(line: string): boolean {
    const end = this.buffer.write(line);
    let found = false;
    this.scan(0, end, () => {
      found = true;
    });
    return found;
  }

  /** The number of newlines in [from, to) of the buffer. */
  lines(from: number, to: number): number {
    return this.machine.lines(TEXT + from, TEXT + to);
  }

  /** A number that stands for the bytes in [from, to) of the buffer: 52 bits, equal ones for equal bytes. */
  hash(from: number, to: number): number {
    return this.machine.hash(TEXT + from, TEXT + to);
  }
}
