import { codesOf, DIGIT, IDENT, IDENT_START, isClass, skipClass, skipNumber } from './characters';

const NONE: readonly number[] = [];

/**
 * Interned words: each distinct text has one small number and one string object, so that tables can be arrays and
 * the tree's maps compare names by identity. Number 0 is the empty text. The words' characters stand one behind the
 * other in a pool; a string is made of one when somebody asks for it.
 */
export class Names {
  private readonly texts: (string | null)[] = [''];
  private readonly identifiers: (readonly number[] | null)[] = [NONE];
  /** Where a word begins in the pool; it ends a zero before the next. */
  private starts = new Int32Array(1 << 12);
  private hashes = new Int32Array(1 << 12);
  private table = new Int32Array(1 << 13);
  private pool = new Uint8Array(1 << 15);
  private used = 1;
  /** Words with characters beyond ASCII, which only options can give. */
  private readonly foreign = new Map<string, number>();

  /** The number of the word `defined`. */
  readonly defined: number;

  constructor() {
    this.starts[1] = 1;
    this.defined = this.id('defined');
  }

  get count(): number {
    return this.texts.length;
  }

  text(id: number): string {
    return this.texts[id] ?? this.makeText(id);
  }

  /** The number of the word codes[start, end). */
  intern(codes: Uint8Array, start: number, end: number): number {
    if (start >= end) return 0;
    let hash = end - start;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (codes[i] as number)) | 0;
    const { table, hashes } = this;
    const mask = table.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = table[slot] as number;
      if (id === 0) return this.add(codes, start, end, hash, slot);
      if (hashes[id] === hash && this.same(id, codes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
  }

  id(text: string): number {
    const known = this.foreign.get(text);
    if (known !== undefined) return known;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters of ASCII
    if (/^[\x01-\x7f]*$/.test(text)) return this.intern(codesOf(text), 0, text.length);
    const id = this.texts.length;
    this.push(0, 0);
    this.texts[id] = text;
    this.identifiers[id] = NONE;
    this.foreign.set(text, id);
    return id;
  }

  /** The identifiers that C's preprocessor sees in a word such as `regulator-min-microvolt`, numbers left out. */
  identifiersOf(id: number): readonly number[] {
    return this.identifiers[id] ?? this.findIdentifiers(id);
  }

  private findIdentifiers(id: number): readonly number[] {
    const start = this.starts[id] as number;
    const end = (this.starts[id + 1] as number) - 1;
    const found: number[] = [];
    for (let at = start; at < end; ) {
      const c = this.pool[at] as number;
      if (isClass(c, IDENT_START)) {
        const stop = skipClass(this.pool, at, IDENT);
        // The pool may be exchanged for a larger one here.
        found.push(this.intern(this.pool, at, stop));
        at = stop;
      } else if (isClass(c, DIGIT)) at = skipNumber(this.pool, at);
      else at++;
    }
    const result = found.length === 0 ? NONE : found;
    this.identifiers[id] = result;
    return result;
  }

  private makeText(id: number): string {
    const start = this.starts[id] as number;
    const end = (this.starts[id + 1] as number) - 1;
    let text = '';
    for (let at = start; at < end; at += 4096) {
      const units = new Array<number>(Math.min(4096, end - at));
      for (let i = 0; i < units.length; i++) units[i] = this.pool[at + i] as number;
      text += String.fromCharCode.apply(null, units);
    }
    this.texts[id] = text;
    return text;
  }

  private same(id: number, codes: Uint8Array, start: number, end: number): boolean {
    const { pool } = this;
    const from = this.starts[id] as number;
    if ((this.starts[id + 1] as number) - 1 - from !== end - start) return false;
    for (let i = start, j = from; i < end; i++, j++) if (pool[j] !== codes[i]) return false;
    return true;
  }

  private add(codes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const id = this.texts.length;
    const from = this.used;
    const to = from + end - start;
    if (to + 1 >= this.pool.length) {
      const pool = new Uint8Array(Math.max(this.pool.length * 2, to * 2));
      pool.set(this.pool);
      this.pool = pool;
    }
    const { pool } = this;
    for (let i = start, j = from; i < end; i++, j++) pool[j] = codes[i] as number;
    this.push(hash, to + 1 - from);
    this.table[slot] = id;
    if (id * 2 > this.table.length) this.grow();
    return id;
  }

  /** A new word of `size` codes in the pool, its zero included. */
  private push(hash: number, size: number): void {
    const id = this.texts.length;
    this.texts.push(null);
    this.identifiers.push(null);
    if (id + 1 >= this.hashes.length) {
      this.hashes = enlarged(this.hashes);
      this.starts = enlarged(this.starts);
    }
    this.hashes[id] = hash;
    this.starts[id] = this.used;
    this.used += size;
    this.starts[id + 1] = this.used;
  }

  private grow(): void {
    const table = new Int32Array(this.table.length * 2);
    const mask = table.length - 1;
    for (let id = 1; id < this.texts.length; id++) {
      if (this.starts[id] === this.starts[id + 1]) continue;
      const hash = this.hashes[id] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = id;
    }
    this.table = table;
  }
}

function enlarged(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
