import { DIGIT, IDENT, IDENT_START, isClass, skipClass, skipNumber } from './characters';

const NONE: readonly number[] = [];

/**
 * Interned words: each distinct text has one small number and one string object, so that tables can be arrays and
 * the tree's maps compare names by identity. Number 0 is the empty text.
 */
export class Names {
  private readonly texts: string[] = [''];
  private readonly identifiers: (readonly number[] | null)[] = [null];
  private hashes = new Int32Array(1 << 13);
  private table = new Int32Array(1 << 14);

  get count(): number {
    return this.texts.length;
  }

  text(id: number): string {
    return this.texts[id] as string;
  }

  /** The number of text[start, end). */
  intern(text: string, start: number, end: number): number {
    if (start >= end) return 0;
    let hash = end - start;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
    const mask = this.table.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = this.table[slot] as number;
      if (id === 0) return this.add(text.slice(start, end), hash, slot);
      if (this.hashes[id] === hash && this.same(id, text, start, end)) return id;
      slot = (slot + 1) & mask;
    }
  }

  id(text: string): number {
    return this.intern(text, 0, text.length);
  }

  /** The identifiers that C's preprocessor sees in a word such as `regulator-min-microvolt`, numbers left out. */
  identifiersOf(id: number): readonly number[] {
    const known = this.identifiers[id];
    if (known) return known;
    const text = this.text(id);
    const found: number[] = [];
    for (let at = 0; at < text.length; ) {
      const c = text.charCodeAt(at);
      if (isClass(c, IDENT_START)) {
        const end = skipClass(text, at, IDENT);
        found.push(this.intern(text, at, end));
        at = end;
      } else if (isClass(c, DIGIT)) at = skipNumber(text, at);
      else at++;
    }
    const result = found.length === 0 ? NONE : found;
    this.identifiers[id] = result;
    return result;
  }

  private same(id: number, text: string, start: number, end: number): boolean {
    const known = this.texts[id] as string;
    if (known.length !== end - start) return false;
    for (let i = 0; i < known.length; i++) if (known.charCodeAt(i) !== text.charCodeAt(start + i)) return false;
    return true;
  }

  private add(text: string, hash: number, slot: number): number {
    const id = this.texts.length;
    // A slice keeps the whole file alive; this copy does not.
    this.texts.push(flatCopy(text));
    this.identifiers.push(null);
    if (id >= this.hashes.length) {
      const hashes = new Int32Array(this.hashes.length * 2);
      hashes.set(this.hashes);
      this.hashes = hashes;
    }
    this.hashes[id] = hash;
    this.table[slot] = id;
    if (id * 2 > this.table.length) this.grow();
    return id;
  }

  private grow(): void {
    const table = new Int32Array(this.table.length * 2);
    const mask = table.length - 1;
    for (let id = 1; id < this.texts.length; id++) {
      const hash = this.hashes[id] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = id;
    }
    this.table = table;
  }
}

/** A copy that shares no characters with the file: cutting a joined string makes V8 write it anew. */
function flatCopy(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}
