/** Nodes and properties of one file as they stand in its text: nested, with places, whatever is broken in between. */
import type { SourceFile } from '../../source/file';
import {
  COMMENT,
  DIRECTIVE,
  KEYWORD,
  NUMBER,
  PUNCTUATION,
  REFERENCE,
  STRING,
  type Tokens,
  tokensOf,
  WORD,
} from './tokens';

export interface OutlineLabel {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface OutlineNode {
  readonly kind: 'node';
  /** `iommu@15000000`, `/`, or a reference with its `&`. */
  readonly name: string;
  readonly labels: readonly OutlineLabel[];
  readonly parent: OutlineNode | null;
  readonly nameStart: number;
  readonly nameEnd: number;
  /** From the first label to the closing `;`. */
  readonly start: number;
  end: number;
  /** Just after `{`, and at the `}`. */
  bodyStart: number;
  bodyEnd: number;
  readonly items: OutlineItem[];
}

export interface OutlineProperty {
  readonly kind: 'property';
  readonly name: string;
  readonly labels: readonly OutlineLabel[];
  readonly parent: OutlineNode | null;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly start: number;
  /** After the `;`. */
  end: number;
  /** After the `=`, or -1 without a value. */
  valueStart: number;
  /** At the `;`. */
  valueEnd: number;
  /** The value's tokens: [from, to). */
  tokenFrom: number;
  tokenTo: number;
}

export type OutlineItem = OutlineNode | OutlineProperty;

export interface OutlineInclude {
  readonly name: string;
  /** Of the name, without quotes. */
  readonly start: number;
  readonly end: number;
}

export interface Outline {
  readonly items: readonly OutlineItem[];
  readonly includes: readonly OutlineInclude[];
  /** All nodes in order of their start. */
  readonly nodes: readonly OutlineNode[];
}

const cache = new WeakMap<SourceFile, Outline>();

/** The outline of a file version, made once. */
export function outlineOf(file: SourceFile): Outline {
  let outline = cache.get(file);
  if (outline === undefined) {
    outline = new Builder(file.text, tokensOf(file)).build();
    cache.set(file, outline);
  }
  return outline;
}

const MAX_DEPTH = 200;
const INCLUDE_LINE = /^#[ \t]*include[ \t]*[<"]([^>"\n]*)[>"]?/;

class Builder {
  private at = 0;
  private readonly includes: OutlineInclude[] = [];
  private readonly nodes: OutlineNode[] = [];
  constructor(
    private readonly text: string,
    private readonly tokens: Tokens,
  ) {}

  build(): Outline {
    const items: OutlineItem[] = [];
    let last = -1;
    while (this.at < this.tokens.count) {
      // a stray `}` must not stop the file
      if (this.at === last) this.at++;
      last = this.at;
      this.body(null, items, 0);
    }
    return { items, includes: this.includes, nodes: this.nodes };
  }

  private kind(i = this.at): number {
    return i < this.tokens.count ? (this.tokens.kind[i] ?? -1) : -1;
  }
  private start(i = this.at): number {
    return i < this.tokens.count ? (this.tokens.start[i] ?? 0) : this.text.length;
  }
  private end(i = this.at): number {
    return i < this.tokens.count ? (this.tokens.end[i] ?? 0) : this.text.length;
  }
  private word(i = this.at): string {
    return this.text.slice(this.start(i), this.end(i));
  }
  private is(c: string, i = this.at): boolean {
    return this.kind(i) === PUNCTUATION && this.text[this.start(i)] === c;
  }

  private skipQuiet(): void {
    for (;;) {
      const kind = this.kind();
      if (kind === DIRECTIVE) {
        const match = INCLUDE_LINE.exec(this.word());
        if (match?.[1] !== undefined) {
          const from = this.start() + match[0].indexOf(match[1], match[0].search(/[<"]/) + 1);
          this.includes.push({ name: match[1], start: from, end: from + match[1].length });
        }
      } else if (kind !== COMMENT) return;
      this.at++;
    }
  }

  private body(parent: OutlineNode | null, items: OutlineItem[], depth: number): void {
    for (;;) {
      this.skipQuiet();
      if (this.at >= this.tokens.count || this.is('}')) return;
      const start = this.start();
      const labels: OutlineLabel[] = [];
      while (this.kind() === WORD && this.is(':', this.at + 1)) {
        labels.push({ name: this.word(), start: this.start(), end: this.end() });
        this.at += 2;
        this.skipQuiet();
      }
      if (this.kind() === KEYWORD) {
        this.keyword();
        continue;
      }
      const kind = this.kind();
      const root = this.is('/');
      if (kind !== WORD && kind !== NUMBER && kind !== REFERENCE && !root) {
        this.at++;
        continue;
      }
      const name = this.at;
      this.at++;
      this.skipQuiet();
      if (this.is('{')) this.node(parent, items, labels, start, name, depth);
      else if (this.is('(')) this.skipParentheses();
      else if (!root && kind !== REFERENCE) this.property(parent, items, labels, start, name);
    }
  }

  private keyword(): void {
    const word = this.word();
    this.at++;
    if (word === '/include/' && this.kind() === STRING) {
      this.includes.push({
        name: this.text.slice(this.start() + 1, this.end() - 1),
        start: this.start() + 1,
        end: this.end() - 1,
      });
      this.at++;
      return;
    }
    if (word === '/omit-if-no-ref/') return;
    while (this.at < this.tokens.count && !this.is(';') && !this.is('}') && !this.is('{')) this.at++;
    if (this.is(';')) this.at++;
  }

  private skipParentheses(): void {
    let depth = 0;
    for (; this.at < this.tokens.count; this.at++) {
      if (this.is('(')) depth++;
      else if (this.is(')') && --depth === 0) {
        this.at++;
        return;
      } else if (this.is('}')) return;
    }
  }

  private node(
    parent: OutlineNode | null,
    items: OutlineItem[],
    labels: OutlineLabel[],
    start: number,
    name: number,
    depth: number,
  ): void {
    const node: OutlineNode = {
      kind: 'node',
      name: this.word(name),
      labels,
      parent,
      nameStart: this.start(name),
      nameEnd: this.end(name),
      start,
      end: this.text.length,
      bodyStart: this.end(),
      bodyEnd: this.text.length,
      items: [],
    };
    this.at++;
    items.push(node);
    this.nodes.push(node);
    if (depth < MAX_DEPTH) this.body(node, node.items, depth + 1);
    if (!this.is('}')) return;
    node.bodyEnd = this.start();
    node.end = this.end();
    this.at++;
    if (this.is(';')) {
      node.end = this.end();
      this.at++;
    }
  }

  private property(
    parent: OutlineNode | null,
    items: OutlineItem[],
    labels: OutlineLabel[],
    start: number,
    name: number,
  ): void {
    const property: OutlineProperty = {
      kind: 'property',
      name: this.word(name),
      labels,
      parent,
      nameStart: this.start(name),
      nameEnd: this.end(name),
      start,
      end: this.end(name),
      valueStart: -1,
      valueEnd: this.end(name),
      tokenFrom: this.at,
      tokenTo: this.at,
    };
    items.push(property);
    if (this.is(';')) {
      property.end = this.end();
      this.at++;
      return;
    }
    if (!this.is('=')) return;
    property.valueStart = this.end();
    this.at++;
    property.tokenFrom = this.at;
    while (this.at < this.tokens.count && !this.is(';') && !this.is('}')) {
      // `word =`, `word {` and `label:` start a new statement: the `;` before is missing
      if (
        this.at > property.tokenFrom &&
        this.kind() === WORD &&
        (this.is('=', this.at + 1) || this.is('{', this.at + 1))
      )
        break;
      this.at++;
    }
    property.tokenTo = this.at;
    if (this.is(';')) {
      property.valueEnd = this.start();
      property.end = this.end();
      this.at++;
    } else {
      property.valueEnd = this.at > property.tokenFrom ? this.end(this.at - 1) : property.valueStart;
      property.end = property.valueEnd;
    }
  }
}

/** The innermost node whose text (labels to `;`) holds an offset. */
export function nodeAtOffset(outline: Outline, offset: number): OutlineNode | null {
  let found: OutlineNode | null = null;
  let items: readonly OutlineItem[] = outline.items;
  for (;;) {
    const next = itemAt(items, offset);
    if (next === null || next.kind !== 'node') return found;
    found = next;
    items = next.items;
  }
}

/** The item of a list whose text holds an offset (its end included). */
export function itemAt(items: readonly OutlineItem[], offset: number): OutlineItem | null {
  let low = 0;
  let high = items.length - 1;
  let best: OutlineItem | null = null;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item === undefined) break;
    if (item.start <= offset) {
      best = item;
      low = middle + 1;
    } else high = middle - 1;
  }
  return best !== null && offset <= best.end ? best : null;
}
