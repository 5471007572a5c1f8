/**
 * The words of one file as the editor sees them: no preprocessing, no includes, never an error. Features that follow the
 * cursor work on this; what things mean comes from the tree.
 */
import type { SourceFile } from '../../source/file';

export const WORD = 0;
export const NUMBER = 1;
export const STRING = 2;
export const CHARACTER = 3;
/** `&label`, `&{/path}`, or `&` alone. */
export const REFERENCE = 4;
/** One character: `{ } ; = < > , ( ) [ ] :` and operators. */
export const PUNCTUATION = 5;
export const COMMENT = 6;
/** A whole preprocessor line (with its continuations). */
export const DIRECTIVE = 7;
/** `/delete-node/`, `/include/` and so on. */
export const KEYWORD = 8;

/** Tokens side by side: kind, start and end of token i. */
export interface Tokens {
  readonly count: number;
  readonly kind: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
}

const DIRECTIVES = /^#[ \t]*(?:define|undef|include|if|ifdef|ifndef|elif|else|endif|error|warning|pragma|line)\b/;
const KEYWORDS = /\/(?:dts-v1|plugin|include|incbin|bits|memreserve|delete-node|delete-property|omit-if-no-ref)\//y;
const WORDS = /[A-Za-z0-9_,.+*#?@-]+/y;
const NUMBERS = /^(?:0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*$/;
const REFERENCES = /&(?:\{[^}\n]*\}?|[A-Za-z_][A-Za-z0-9_]*)?/y;

const cache = new WeakMap<SourceFile, Tokens>();

/** The tokens of a file version, made once. */
export function tokensOf(file: SourceFile): Tokens {
  let tokens = cache.get(file);
  if (tokens === undefined) {
    tokens = scan(file.text);
    cache.set(file, tokens);
  }
  return tokens;
}

function scan(text: string): Tokens {
  let room = Math.max(64, text.length >> 2);
  let kind = new Uint8Array(room);
  let start = new Int32Array(room);
  let end = new Int32Array(room);
  let count = 0;
  const add = (k: number, from: number, to: number) => {
    if (count === room) {
      room *= 2;
      const grow = <T extends Uint8Array | Int32Array>(old: T, fresh: T): T => {
        fresh.set(old);
        return fresh;
      };
      kind = grow(kind, new Uint8Array(room));
      start = grow(start, new Int32Array(room));
      end = grow(end, new Int32Array(room));
    }
    kind[count] = k;
    start[count] = from;
    end[count] = to;
    count++;
  };
  let depth = 0; // inside < >: `-`, `+`, `*`, `,` separate there
  let lineStart = true;
  for (let at = 0; at < text.length; ) {
    const c = text.charCodeAt(at);
    if (c === 10) {
      lineStart = true;
      at++;
      continue;
    }
    if (c === 32 || c === 9 || c === 13) {
      at++;
      continue;
    }
    if (c === 35 && lineStart && DIRECTIVES.test(text.slice(at, at + 24))) {
      let to = text.indexOf('\n', at);
      if (to < 0) to = text.length;
      add(DIRECTIVE, at, to);
      at = to;
      continue;
    }
    lineStart = false;
    if (c === 47) {
      const next = text.charCodeAt(at + 1);
      if (next === 47 || next === 42) {
        let to = next === 47 ? text.indexOf('\n', at) : text.indexOf('*/', at + 2);
        to = to < 0 ? text.length : next === 47 ? to : to + 2;
        add(COMMENT, at, to);
        at = to;
        continue;
      }
      KEYWORDS.lastIndex = at;
      const keyword = KEYWORDS.exec(text);
      if (keyword !== null) {
        add(KEYWORD, at, at + keyword[0].length);
        at += keyword[0].length;
        continue;
      }
      add(PUNCTUATION, at, at + 1);
      at++;
      continue;
    }
    if (c === 34 || c === 39) {
      let to = at + 1;
      for (; to < text.length; to++) {
        const d = text.charCodeAt(to);
        if (d === 92) to++;
        else if (d === c || d === 10) break;
      }
      to = Math.min(text.length, text.charCodeAt(to) === c ? to + 1 : to);
      add(c === 34 ? STRING : CHARACTER, at, to);
      at = to;
      continue;
    }
    if (c === 38) {
      // `&&` is an operator
      if (text.charCodeAt(at + 1) === 38) {
        add(PUNCTUATION, at, at + 2);
        at += 2;
        continue;
      }
      REFERENCES.lastIndex = at;
      const length = REFERENCES.exec(text)?.[0].length ?? 1;
      add(REFERENCE, at, at + length);
      at += length;
      continue;
    }
    const wordy =
      isWord(c) &&
      !(depth > 0 && (c === 42 || c === 43 || c === 44 || c === 45 || c === 46 || c === 35 || c === 63 || c === 64));
    if (wordy) {
      let length: number;
      if (depth > 0) {
        let to = at + 1;
        while (isPlain(text.charCodeAt(to))) to++;
        length = to - at;
      } else {
        WORDS.lastIndex = at;
        length = WORDS.exec(text)?.[0].length ?? 1;
      }
      const first = c >= 48 && c <= 57;
      add(first && NUMBERS.test(text.slice(at, at + length)) ? NUMBER : WORD, at, at + length);
      at += length;
      continue;
    }
    if (c === 60) depth++;
    else if (c === 62) depth = Math.max(0, depth - 1);
    // a statement's end closes what was left open
    else if (c === 59 || c === 123 || c === 125) depth = 0;
    add(PUNCTUATION, at, at + 1);
    at++;
  }
  return { count, kind, start, end };
}

function isPlain(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
}

function isWord(c: number): boolean {
  return isPlain(c) || c === 44 || c === 46 || c === 43 || c === 42 || c === 35 || c === 63 || c === 64 || c === 45;
}
