/**
 * Reading values out of a JSON document with comments: every mistake is a problem with its place, nothing throws. The
 * document knows which members were asked for; the others are misspelt or useless, and `reportUnread` says so.
 */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { closest } from '../source/closest';

export interface ScenarioProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** From the start of the text, in characters. */
  readonly offset: number;
  readonly length: number;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** What the parser found, for people. */
const WORDS: Readonly<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidSymbol: 'this is no value (a string stands in "…"; else a number, true, false or null)',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'a name in "…" is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a : is expected here',
  CommaExpected: 'a comma is expected here',
  CloseBraceExpected: 'a } is missing here',
  CloseBracketExpected: 'a ] is missing here',
  EndOfFileExpected: 'the document ends before this',
  InvalidCommentToken: 'this is no comment',
  UnexpectedEndOfComment: 'this comment has no end',
  UnexpectedEndOfString: 'this string has no end',
  UnexpectedEndOfNumber: 'this number has no end',
  InvalidUnicode: '\\u takes four hexadecimal digits',
  InvalidEscapeCharacter: 'no such escape in a string',
  InvalidCharacter: 'a string cannot hold this character as it is (a tab is \\t)',
  '<unknown ParseErrorCode>': 'it cannot be read from here on',
};

/** One value of the document, or the lack of one. */
export class Value {
  constructor(
    private readonly document: JsonDocument,
    private readonly node: Node | undefined,
    private readonly path: string,
  ) {}

  get present(): boolean {
    return this.node !== undefined && this.node.type !== 'null';
  }

  /** Whether it is written, be it as null. */
  get written(): boolean {
    return this.node !== undefined;
  }

  wrong(expected: string): void {
    this.document.report('error', `${this.path === '' ? 'the document' : this.path} must be ${expected}`, this.node);
  }

  /** A member of an object. */
  get(name: string): Value {
    if (this.node?.type === 'object') this.document.ask(this.node, this.path, name);
    const member =
      this.node?.type === 'object' ? this.node.children?.find((c) => c.children?.[0]?.value === name) : undefined;
    return new Value(this.document, member?.children?.[1], this.path === '' ? name : `${this.path}.${name}`);
  }

  /** The members of an object in order. */
  members(): [string, Value][] {
    if (!this.present) return [];
    if (this.node?.type !== 'object') {
      this.wrong('an object');
      return [];
    }
    return (this.node.children ?? []).map((member): [string, Value] => {
      const name = String(member.children?.[0]?.value ?? '');
      return [name, this.get(name)];
    });
  }

  /** A warning about a part of a string, `offset` characters from its start (exact where it has no escapes). */
  warnWithin(message: string, offset: number, length: number): void {
    const start = (this.node?.offset ?? 0) + 1 + offset;
    this.document.report('warning', `${this.path}: ${message}`, { offset: start, length });
  }

  /** Reports the name of a member, which nobody reads. `what` it names; `meant`: what it surely means instead. */
  unknown(name: string, known: Iterable<string>, what = 'property', meant = closest(name, known, 1)[0]): void {
    const key = this.node?.children?.find((c) => c.children?.[0]?.value === name)?.children?.[0];
    const where = this.path === '' ? '' : `${this.path}: `;
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    this.document.report('warning', `${where}unknown ${what} ${name}${hint}`, key);
  }

  items(): Value[] {
    if (!this.present) return [];
    if (this.node?.type !== 'array') {
      this.wrong('an array');
      return [];
    }
    return (this.node.children ?? []).map((child, i) => new Value(this.document, child, `${this.path}[${i}]`));
  }

  text(): string | null {
    if (!this.present) return null;
    if (this.node?.type === 'string') return String(this.node.value);
    this.wrong('a string');
    return null;
  }

  get isList(): boolean {
    return this.node?.type === 'array';
  }

  get isText(): boolean {
    return this.node?.type === 'string';
  }

  oneOf<T extends string>(names: readonly T[]): T | null {
    const text = this.text();
    if (text === null) return null;
    const found = names.find((n) => n === text);
    if (found === undefined) this.wrong(`one of ${names.join(', ')}`);
    return found ?? null;
  }

  flag(): boolean | null {
    if (!this.present) return null;
    if (this.node?.type === 'boolean') return Boolean(this.node.value);
    this.wrong('true or false');
    return null;
  }

  /** A whole number, or text in decimal or hexadecimal. */
  wide(): bigint | null {
    if (!this.present) return null;
    const value: unknown = this.node?.value;
    if (this.node?.type === 'number' && typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    if (this.node?.type === 'string' && typeof value === 'string' && /^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(value))
      return BigInt(value);
    this.wrong('a whole number, or "0x…"');
    return null;
  }

  /** A whole number that fits a JavaScript number. */
  number(): number | null {
    if (!this.present) return null;
    const value: unknown = this.node?.value;
    if (this.node?.type === 'number' && typeof value === 'number' && Number.isSafeInteger(value)) return value;
    const wide = this.wide();
    if (wide === null) return null;
    if (wide <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(wide);
    this.wrong('a smaller number');
    return null;
  }

  numbers(): number[] {
    return this.items().flatMap((item) => {
      const n = item.number();
      return n === null ? [] : [n];
    });
  }

  texts(): string[] {
    return this.items().flatMap((item) => {
      const t = item.text();
      return t === null ? [] : [t];
    });
  }

  /** The plain value, for facts that others interpret. */
  plain(): unknown {
    return plainOf(this.node);
  }
}

function plainOf(node: Node | undefined): unknown {
  switch (node?.type) {
    case 'array':
      return (node.children ?? []).map(plainOf);
    case 'object': {
      const made: Record<string, unknown> = {};
      for (const member of node.children ?? []) {
        const name = String(member.children?.[0]?.value ?? '');
        if (name !== '__proto__') made[name] = plainOf(member.children?.[1]);
      }
      return made;
    }
    default:
      return node?.value as unknown;
  }
}

export class JsonDocument {
  readonly problems: ScenarioProblem[] = [];
  readonly root: Value;
  /** The objects that were read: where they are, and the names asked of them. */
  private readonly asked = new Map<Node, { readonly path: string; readonly names: Set<string> }>();

  constructor(private readonly text: string) {
    const errors: ParseError[] = [];
    const tree = parseTree(text, errors, { allowTrailingComma: true });
    // what comes after the first mistake is guesswork
    const [first] = errors;
    if (first !== undefined)
      this.report('error', `the JSON is broken: ${WORDS[printParseErrorCode(first.error)]}`, first);
    this.root = new Value(this, tree, '');
  }

  /** A member of an object is read. */
  ask(object: Node, path: string, name: string): void {
    const known = this.asked.get(object);
    if (known === undefined) this.asked.set(object, { path, names: new Set([name]) });
    else known.names.add(name);
  }

  /** Reports the members of all objects read that nobody asked for. Call it when everything has been read. */
  reportUnread(): void {
    for (const [object, { path, names }] of this.asked)
      for (const member of object.children ?? []) {
        const name = String(member.children?.[0]?.value ?? '');
        if (!names.has(name)) new Value(this, object, path).unknown(name, names);
      }
    this.problems.sort((a, b) => a.offset - b.offset);
  }

  report(severity: 'error' | 'warning', message: string, at: { offset: number; length: number } | undefined): void {
    const offset = at?.offset ?? 0;
    const before = this.text.slice(0, offset);
    const line = before.split('\n').length;
    this.problems.push({
      severity,
      message,
      offset,
      length: at?.length ?? 0,
      line,
      column: offset - (before.lastIndexOf('\n') + 1) + 1,
    });
  }
}
