import { BLANK, codesOf, DIGIT, IDENT, IDENT_START, isClass, SPACE, skipClass, skipNumber } from './characters';
import type { SourceFile } from './file';
import { commentEnd } from './lines';
import type { Names } from './names';

/** The kinds of preprocessing tokens. `gap` tells a macro parameter that was given nothing (a placemarker, C11 6.10.3.3). */
export type PpKind = 'identifier' | 'number' | 'string' | 'other' | 'gap';

/** One use of a macro, and the use in whose expansion it stands. */
export interface Via {
  readonly macro: Macro;
  readonly file: SourceFile | null;
  readonly start: number;
  readonly end: number;
  readonly parent: Via | null;
}

/** A preprocessing token with the place where it was written and the macros that brought it here. */
export interface PpToken {
  readonly kind: PpKind;
  readonly text: string;
  /** Interned text for identifiers, else 0. */
  readonly id: number;
  /** Whether white space stands before it. */
  readonly space: boolean;
  /**
   * Whether white space stood before it where it was written (libcpp's PREV_WHITE of the token itself), whatever `space` became
   * since: a parameter's or a macro's white space is padding to libcpp, and a failed paste does not see padding.
   */
  readonly written: boolean;
  readonly file: SourceFile | null;
  readonly start: number;
  readonly end: number;
  readonly via: Via | null;
  /** The name of a macro that must not expand again (C11 6.10.3.4). */
  readonly painted: boolean;
}

/** Macros that GNU cpp always has, also with -undef, and that give something else in each place. */
export const BUILTINS = [
  '__FILE__',
  '__BASE_FILE__',
  '__FILE_NAME__',
  '__LINE__',
  '__COUNTER__',
  '__INCLUDE_LEVEL__',
  '__DATE__',
  '__TIME__',
  '__TIMESTAMP__',
] as const;
export type BuiltinName = (typeof BUILTINS)[number];

/**
 * A macro. Object-like ones of a file read their body when they are first used: of the thousands that headers define, a
 * board uses a few hundred.
 */
export class Macro {
  private value = -2;
  private hasPaste: boolean | undefined = undefined;
  private plainText: Plain | null | undefined = undefined;
  constructor(
    private readonly names: Names,
    /** Its name, interned. */
    readonly id: number,
    /** Parameter names (interned), or null for an object-like macro. */
    readonly parameters: readonly number[] | null,
    /** Whether the last parameter takes all remaining arguments. */
    readonly variadic: boolean,
    readonly file: SourceFile | null,
    /** The name in its #define line. */
    readonly start: number,
    readonly end: number,
    /** Where the body stands in the file, while it was not read. */
    private readonly bodyStart: number,
    private readonly bodyEnd: number,
    private tokens: readonly PpToken[] | null,
    /** What a built-in macro gives where it is used; null for all others. */
    readonly builtin: BuiltinName | null = null,
  ) {}

  get name(): string {
    return this.names.text(this.id);
  }

  get body(): readonly PpToken[] {
    const { file } = this;
    this.tokens ??= file === null ? [] : readBody(fileReader(this.names, file, this.bodyStart, this.bodyEnd));
    return this.tokens;
  }

  /** Whether an object-like macro's body joins tokens (##). */
  get pastes(): boolean {
    this.hasPaste ??= this.body.some((token) => token.text === '##' && token.kind === 'other');
    return this.hasPaste;
  }

  /** The value when the body is one integer that dtc reads as such; -1 otherwise. */
  get literal(): number {
    if (this.value === -2) {
      const only = this.parameters === null && this.body.length === 1 ? this.body[0] : undefined;
      this.value = only?.kind === 'number' ? simpleInteger(only.text) : -1;
    }
    return this.value;
  }

  /** What an object-like macro gives wherever it is used, when nothing in its body can be a macro; null otherwise. */
  get plain(): Plain | null {
    if (this.plainText === undefined) this.plainText = this.parameters === null ? plainOf(this) : null;
    return this.plainText;
  }
}

/** The text of a body that has numbers and punctuation only, and where in it each token starts. */
export interface Plain {
  readonly text: string;
  readonly codes: Uint8Array;
  readonly starts: readonly number[];
}

function plainOf({ body, builtin }: Macro): Plain | null {
  if (builtin !== null || body.length === 0) return null;
  let text = '';
  const starts: number[] = [];
  for (const token of body) {
    if (token.kind !== 'number' && (token.kind !== 'other' || /["'#\\]/.test(token.text))) return null;
    if (token.space) text += ' ';
    starts.push(text.length);
    text += token.text;
  }
  // What follows the use must not grow together with the last token.
  return /[0-9A-Za-z)]$/.test(text) ? { text, codes: codesOf(text), starts } : null;
}

function readBody(reader: PpReader): PpToken[] {
  const body: PpToken[] = [];
  for (let token = reader.next(); token !== null; token = reader.next()) body.push(token);
  if (body[0]?.space) body[0] = { ...body[0], space: false, written: false };
  return body;
}

/** A reader of part of a file. */
export function fileReader(names: Names, file: SourceFile, at: number, end: number): PpReader {
  return new PpReader(names, file, file.text, file.codes, at, end);
}

/** A reader of a text of its own. */
export function textReader(names: Names, text: string): PpReader {
  return new PpReader(names, null, text, codesOf(text), 0, text.length);
}

const PUNCTUATORS = new Set(['##', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '->', '++', '--', '::', '...']);
/** Second characters of those. */
const MAKES_PAIRS = [...PUNCTUATORS].map((p) => p.charCodeAt(1));

/**
 * Reads preprocessing tokens out of text[at, end). Comments and newlines count as white space: in a directive
 * the caller gives its extent as `end`.
 */
export class PpReader {
  at: number;
  constructor(
    private readonly names: Names,
    private readonly file: SourceFile | null,
    private readonly text: string,
    private readonly codes: Uint8Array,
    at: number,
    readonly end: number,
  ) {
    this.at = at;
  }

  /** Skips white space and comments; tells whether there was any. */
  skip(): boolean {
    const { codes, end } = this;
    const from = this.at;
    let at = from;
    while (at < end) {
      const c = codes[at] as number;
      if (isClass(c, SPACE)) at++;
      else if (c === 47 && codes[at + 1] === 42) at = Math.min(commentEnd(codes, at), end);
      else if (c === 47 && codes[at + 1] === 47) {
        while (at < end && codes[at] !== 10) at++;
      } else break;
    }
    this.at = at;
    return at > from;
  }

  /** Goes back to behind a broken call: to the first `>`, `;`, brace or line end after the macro's name. */
  resumeAt(name: PpToken): void {
    if (name.file !== this.file || name.via !== null) return;
    let at = name.end;
    while (at < this.end && !';>{}\n'.includes(this.text[at] as string)) at++;
    this.at = at;
  }

  /** The next token, or null at the end. */
  next(): PpToken | null {
    const space = this.skip();
    return this.at >= this.end ? null : this.read(space);
  }

  /** The token at the current place, which must not be white space. */
  read(space: boolean): PpToken {
    const { text, codes, names, file } = this;
    const start = this.at;
    const c = codes[start] as number;
    let kind: PpKind = 'other';
    let at = start + 1;
    let id = 0;
    if (isClass(c, IDENT_START)) {
      at = Math.min(skipClass(codes, start, IDENT), this.end);
      kind = 'identifier';
      id = names.intern(codes, start, at);
    } else if (isClass(c, DIGIT) || (c === 46 && isClass(codes[start + 1] as number, DIGIT))) {
      at = Math.min(skipNumber(codes, start), this.end);
      kind = 'number';
    } else if (c === 34 || c === 39) {
      const close = quotedEnd(codes, start, this.end);
      at = close.end;
      kind = close.closed ? 'string' : 'other';
    } else if (MAKES_PAIRS.includes(codes[start + 1] as number)) {
      if (PUNCTUATORS.has(text.slice(start, start + 3))) at = start + 3;
      else if (PUNCTUATORS.has(text.slice(start, start + 2))) at = start + 2;
    }
    at = Math.min(at, this.end);
    this.at = at;
    const written = id > 0 ? names.text(id) : text.slice(start, at);
    return { kind, text: written, id, space, written: space, file, start, end: at, via: null, painted: false };
  }
}

/** The end of the quoted text that starts at `at`; without a closing quote on its line it ends there (as in cpp). */
export function quotedEnd(codes: Uint8Array, at: number, end: number): { end: number; closed: boolean } {
  const quote = codes[at];
  let i = at + 1;
  while (i < end) {
    const c = codes[i];
    if (c === quote) return { end: i + 1, closed: true };
    if (c === 92 && codes[i + 1] !== 10) i += 2;
    else if (c === 10) return { end: i, closed: false };
    else i++;
  }
  return { end, closed: false };
}

/** What is wrong with a #define line, and where. */
export interface DefineError {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The everyday `#define NAME …` without parameters and nothing odd about it; null leaves it to the full reading. Reads from behind the
 * word `define`; `end` is the end of the logical line.
 */
function plainDefine(names: Names, file: SourceFile, at: number, end: number): Macro | null {
  const { codes } = file;
  const start = skipClass(codes, at, BLANK);
  if (!isClass(codes[start] as number, IDENT_START)) return null;
  const nameEnd = skipClass(codes, start, IDENT);
  if (nameEnd > end) return null;
  const next = codes[nameEnd];
  if (nameEnd < end && next !== 32 && next !== 9) return null;
  const body = skipClass(codes, nameEnd, BLANK);
  if (codes[body] === 35 || codes[end - 1] === 35) return null;
  const id = names.intern(codes, start, nameEnd);
  if (id === names.defined) return null;
  return new Macro(names, id, null, false, file, start, nameEnd, body < end ? body : end, end, null);
}

/** Reads a #define from after the word `define` to the end of its logical line. */
export function parseDefine(names: Names, file: SourceFile, at: number, end: number): Macro | DefineError {
  const fast = plainDefine(names, file, at, end);
  if (fast !== null) return fast;
  const reader = fileReader(names, file, at, end);
  const name = reader.next();
  if (name === null) return { message: 'no macro name given in #define directive', start: at, end };
  if (name.kind !== 'identifier')
    return { message: 'macro names must be identifiers', start: name.start, end: name.end };
  if (name.text === 'defined')
    return { message: '"defined" cannot be used as a macro name', start: name.start, end: name.end };
  let parameters: number[] | null = null;
  let variadic = false;
  if (file.codes[reader.at] === 40 && reader.at < end) {
    reader.at++;
    parameters = [];
    let expectName = true;
    for (;;) {
      const token = reader.next();
      if (token === null)
        return {
          message: `expected ')' in the parameter list of macro "${name.text}"`,
          start: name.start,
          end: name.end,
        };
      if (token.text === ')' && (!expectName || parameters.length === 0)) break;
      if (!expectName && token.text === ',') expectName = true;
      else if (expectName && token.text === '...') {
        variadic = true;
        parameters.push(names.id('__VA_ARGS__'));
        expectName = false;
      } else if (!expectName && token.text === '...') variadic = true;
      else if (expectName && token.kind === 'identifier') {
        if (parameters.includes(token.id))
          return { message: `duplicate macro parameter "${token.text}"`, start: token.start, end: token.end };
        parameters.push(token.id);
        expectName = false;
      } else
        return {
          message: `"${token.text}" may not appear in a macro parameter list`,
          start: token.start,
          end: token.end,
        };
    }
  }
  const body = readBody(reader);
  if (body[0]?.text === '##' || (body.length > 0 && body[body.length - 1]?.text === '##')) {
    const token = body[0]?.text === '##' ? body[0] : (body[body.length - 1] as PpToken);
    return { message: "'##' cannot appear at either end of a macro expansion", start: token.start, end: token.end };
  }
  return new Macro(names, name.id, parameters, variadic, file, name.start, name.end, 0, 0, body);
}

/** The value of an integer literal as dtc reads it, when it is below 2^53; -1 otherwise. */
export function simpleInteger(text: string): number {
  const match = /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?:U|L|UL|LL|ULL)?$/.exec(text);
  const digits = match?.[1];
  if (digits === undefined) return -1;
  const octal = digits.length > 1 && digits.charCodeAt(0) === 48 && !/^0[xX]/.test(digits);
  const value = octal ? Number.parseInt(digits, 8) : Number(digits);
  return Number.isSafeInteger(value) ? value : -1;
}
