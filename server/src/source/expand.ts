/**
 * Macro expansion (C11 6.10.3) as GNU cpp does it in assembler mode: the result is text again, with a map that says for
 * each of its tokens where it was written and through which macros it came.
 */
import { isClass, SPACE } from './characters';
import type { SourceFile, Span } from './file';
import { fileReader, type Macro, type Plain, type PpReader, type PpToken, textReader, type Via } from './macro';
import type { Names } from './names';

/** What expansion asks of the preprocessor. */
export interface MacroLookup {
  readonly names: Names;
  /** The macro of a name now, or undefined. */
  macro(id: number): Macro | undefined;
  /** How many more steps expansion may take in this build; counted down by it. */
  readonly budget: { left: number };
  /** The text of a built-in macro used at `offset` of `file`. */
  builtin(macro: Macro, file: SourceFile | null, offset: number): string;
}

export interface ExpansionError {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly macro: Macro | null;
}

/** Tokens that one run may produce, and how deep argument pre-expansion may nest. */
const MAX_TOKENS = 200_000;
const MAX_DEPTH = 200;
/** A budget that has been complained about. */
const EXHAUSTED = 1e9;

interface Context {
  readonly tokens: readonly PpToken[];
  at: number;
  /** The macro whose body this is; it does not expand while the context is open. */
  readonly macro: Macro | null;
}

/** Never written to. */
const NO_STARTS: readonly number[] = [];
const NO_TOKENS: PpToken[] = [];

/** Text that macros made. Reads like a file; `spanOf` leads back to what the user wrote. */
export class Expansion {
  text = '';
  /** Offset of each token in `text`, ascending, and the token itself. */
  private starts: readonly number[] | number[] = NO_STARTS;
  private tokens: PpToken[] = NO_TOKENS;
  private macro: Macro | null = null;
  constructor(
    readonly file: SourceFile,
    /** The raw extent that was replaced. */
    readonly useStart: number,
    public useEnd: number,
  ) {}

  /** The expansion of a macro whose text is the same wherever it is used. */
  static ofPlain(file: SourceFile, useStart: number, useEnd: number, macro: Macro, plain: Plain): Expansion {
    const expansion = new Expansion(file, useStart, useEnd);
    expansion.text = plain.text;
    expansion.starts = plain.starts;
    expansion.macro = macro;
    return expansion;
  }

  /** Whether the characters at an offset are bytes of a file that is no UTF-8. */
  bytewiseAt(offset: number): boolean {
    return this.tokenAt(offset)?.file?.bytewise ?? false;
  }

  /** The tokens of a plain macro are only made when somebody asks where they come from. */
  private makeTokens(macro: Macro): void {
    this.macro = null;
    const { file, useStart: start, useEnd: end } = this;
    const via: Via = { macro, file, start, end, parent: null };
    this.tokens = macro.body.map((token) => ({ ...token, via }));
  }

  append(token: PpToken, space: boolean): void {
    if (space && this.text.length > 0) this.text += ' ';
    if (this.tokens === NO_TOKENS) {
      this.starts = [0];
      this.tokens = [token];
    } else {
      (this.starts as number[]).push(this.text.length);
      this.tokens.push(token);
    }
    this.text += token.text;
  }

  tokenAt(offset: number): PpToken | undefined {
    if (this.macro !== null) this.makeTokens(this.macro);
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.tokens[low];
  }

  /** The place in the user's file of text[start, end) of this expansion. */
  spanOf(start: number, end: number): Span {
    const first = this.rawOf(start);
    const last = this.rawOf(Math.max(start, end - 1));
    return { file: this.file, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
  }

  /** The macros that brought the token at an offset, outermost first. */
  macrosAt(offset: number): Via[] {
    const chain: Via[] = [];
    for (let via = this.tokenAt(offset)?.via ?? null; via !== null; via = via.parent) chain.unshift(via);
    return chain;
  }

  private rawOf(offset: number): { start: number; end: number } {
    const token = this.tokenAt(offset);
    if (token === undefined) return { start: this.useStart, end: this.useEnd };
    let root = token.via;
    while (root?.parent) root = root.parent;
    if (token.file === this.file && token.start >= this.useStart && token.end <= this.useEnd) {
      if (root === null || (token.start >= root.start && token.end <= root.end)) return token;
    }
    return root ?? { start: this.useStart, end: this.useEnd };
  }
}

/** Expands one run of a file's text: from `at` up to the white space that ends it outside any macro call. */
export function expandRun(
  lookup: MacroLookup,
  file: SourceFile,
  at: number,
  errors: ExpansionError[],
): { expansion: Expansion; next: number } {
  const reader = fileReader(lookup.names, file, at, file.text.length);
  const expansion = new Expansion(file, at, at);
  const expander = new Expander(lookup, reader, errors);
  let previous: PpToken | null = null;
  let pendingSpace = false;
  for (let count = 0; ; count++) {
    if (expander.idle && reader.at > at && endsRun(file, reader.at)) break;
    const token = expander.next();
    if (token === null) break;
    if (token.kind === 'gap') {
      pendingSpace ||= token.space;
      continue;
    }
    if (count > MAX_TOKENS) {
      errors.push({
        code: 'cpp/expansion-too-large',
        message: `macro expansion produces more than ${MAX_TOKENS} tokens`,
        start: at,
        end: reader.at,
        macro: null,
      });
      break;
    }
    const space = token.space || pendingSpace || (expander.crossed && previous !== null && wouldPaste(previous, token));
    expansion.append(token, space);
    previous = token;
    pendingSpace = false;
    expander.crossed = false;
  }
  expansion.useEnd = reader.at;
  return { expansion, next: reader.at };
}

/** Expands tokens that are already there (a directive's line); defined(X) is the caller's matter. */
export function expandTokens(
  lookup: MacroLookup,
  tokens: readonly PpToken[],
  errors: ExpansionError[],
  keepAfterDefined: boolean,
): PpToken[] {
  const expander = new Expander(lookup, null, errors);
  expander.keepAfterDefined = keepAfterDefined;
  expander.push(tokens, null);
  return expander.drain();
}

function endsRun({ codes, text }: SourceFile, at: number): boolean {
  const c = codes[at] as number;
  if (isClass(c, SPACE) || (c === 0 && at >= text.length)) return true;
  return c === 47 && (codes[at + 1] === 42 || codes[at + 1] === 47);
}

/** Whether two tokens printed side by side would read as something else (libcpp's cpp_avoid_paste). */
function wouldPaste(a: PpToken, b: PpToken): boolean {
  const c = b.text.charCodeAt(0);
  const last = a.text;
  if (a.kind === 'identifier') return b.kind === 'identifier' || b.kind === 'number' || b.kind === 'string';
  if (a.kind === 'number') return b.kind === 'identifier' || b.kind === 'number' || c === 43 || c === 45 || c === 46;
  if (a.kind !== 'other') return false;
  if (c === 61 && '=!<>+-*/%&|^'.includes(last) && last.length <= 2) return true;
  if (last.length === 1 && last === b.text[0] && '<>+-&|#:/'.includes(last)) return true;
  return (
    (last === '-' && c === 62) || (last === '/' && c === 42) || (last === '.' && (c === 46 || b.kind === 'number'))
  );
}

class Expander {
  private readonly contexts: Context[] = [];
  /** Set when the last token came from another context than the one before it. */
  crossed = false;
  keepAfterDefined = false;
  private afterDefined = 0;
  private produced = 0;

  constructor(
    private readonly lookup: MacroLookup,
    private readonly reader: PpReader | null,
    private readonly errors: ExpansionError[],
    private readonly depth = 0,
    private readonly disabled: ReadonlySet<Macro> = new Set(),
  ) {}

  get idle(): boolean {
    this.popFinished();
    return this.contexts.length === 0;
  }

  push(tokens: readonly PpToken[], macro: Macro | null): void {
    this.contexts.push({ tokens, at: 0, macro });
    this.crossed = true;
  }

  drain(): PpToken[] {
    const out: PpToken[] = [];
    let space = false;
    for (let token = this.next(); token !== null; token = this.next()) {
      if (token.kind === 'gap') space ||= token.space;
      else {
        out.push(space && !token.space ? { ...token, space } : token);
        space = false;
      }
      if (out.length > MAX_TOKENS) break;
    }
    return out;
  }

  /** The next fully expanded token; `gap` tokens stand for macros that gave nothing. */
  next(): PpToken | null {
    for (;;) {
      const token = this.take();
      if (token === null) return null;
      if (token.kind !== 'identifier' || token.painted) return token;
      if (this.keepAfterDefined && this.isAfterDefined(token)) return token;
      const macro = this.lookup.macro(token.id);
      if (macro === undefined) return token;
      if (this.isDisabled(macro)) return { ...token, painted: true };
      if (this.produced > MAX_TOKENS || this.lookup.budget.left < 0) {
        // Said once a run; and once a build when its budget is used up.
        if (this.errors.length === 0 && this.lookup.budget.left > -EXHAUSTED) {
          this.fail('cpp/expansion-too-large', `expanding "${macro.name}" takes too many steps`, token, macro);
        }
        if (this.lookup.budget.left < 0) this.lookup.budget.left = -EXHAUSTED;
        // A number, so that what is left of the macro is no mistake of its own.
        return { ...token, kind: 'number', text: '0', id: 0 };
      }
      this.produced += macro.body.length + 1;
      this.lookup.budget.left -= macro.body.length + 1;
      if (macro.builtin !== null) {
        // In a macro's body these stand for the place of its use.
        let use: Via | null = null;
        for (let via = token.via; via !== null; via = via.parent) use = via;
        const { file, start } = use ?? token;
        const text = this.lookup.builtin(macro, file, start);
        return { ...token, kind: text.startsWith('"') ? 'string' : 'number', text, id: 0 };
      }
      if (macro.parameters === null) {
        const body = macro.pastes
          ? this.substitute(macro, [], this.use(macro, token, token.end))
          : macro.body.map((t) => this.via(t, macro, token, token.end));
        this.enter(macro, token, body);
      } else if (!this.call(macro, token)) return token;
      if (this.lastEmpty) return this.gap(token);
    }
  }

  private lastEmpty = false;

  private gap(token: PpToken): PpToken {
    return { ...token, kind: 'gap', text: '', id: 0 };
  }

  private isAfterDefined(token: PpToken): boolean {
    if (token.text === 'defined') {
      this.afterDefined = 2;
      return true;
    }
    if (this.afterDefined > 0) {
      this.afterDefined = 0;
      return true;
    }
    return false;
  }

  private enter(macro: Macro, name: PpToken, tokens: PpToken[]): void {
    this.lastEmpty = tokens.length === 0;
    if (this.lastEmpty) {
      this.crossed = true;
      return;
    }
    const first = tokens[0] as PpToken;
    if (first.space !== name.space) tokens[0] = { ...first, space: name.space };
    this.push(tokens, macro);
  }

  private via(token: PpToken, macro: Macro, name: PpToken, end: number): PpToken {
    return { ...token, via: this.use(macro, name, end) };
  }

  private lastUse: Via | null = null;

  private use(macro: Macro, name: PpToken, end: number): Via {
    const last = this.lastUse;
    if (
      last !== null &&
      last.macro === macro &&
      last.start === name.start &&
      last.parent === name.via &&
      last.file === name.file
    )
      return last;
    this.lastUse = { macro, file: name.file, start: name.start, end, parent: name.via };
    return this.lastUse;
  }

  private isDisabled(macro: Macro): boolean {
    if (this.disabled.has(macro)) return true;
    for (const context of this.contexts)
      if (context.macro === macro && context.at <= context.tokens.length) return true;
    return false;
  }

  private popFinished(): void {
    for (;;) {
      const top = this.contexts[this.contexts.length - 1];
      if (top === undefined || top.at < top.tokens.length) return;
      this.contexts.pop();
      this.crossed = true;
    }
  }

  private take(): PpToken | null {
    this.popFinished();
    const top = this.contexts[this.contexts.length - 1];
    if (top !== undefined) return top.tokens[top.at++] as PpToken;
    return this.reader?.next() ?? null;
  }

  /** Whether the next token is `(`, looking beyond finished contexts; takes it if so. */
  private takeOpen(): boolean {
    for (let i = this.contexts.length - 1; i >= 0; i--) {
      const context = this.contexts[i] as Context;
      const token = context.tokens[context.at];
      if (token === undefined) continue;
      if (token.text !== '(' || token.kind !== 'other') return false;
      this.take();
      return true;
    }
    const { reader } = this;
    if (reader === null) return false;
    const mark = reader.at;
    reader.skip();
    if (reader.at < reader.end && this.charAtReader(reader) === '(') {
      this.take();
      return true;
    }
    reader.at = mark;
    return false;
  }

  private charAtReader(reader: PpReader): string {
    const mark = reader.at;
    const token = reader.read(false);
    reader.at = mark;
    return token.text;
  }

  /** Reads the arguments of a function-like macro and enters its body. False when no `(` follows. */
  private call(macro: Macro, name: PpToken): boolean {
    if (!this.takeOpen()) return false;
    const parameters = macro.parameters ?? [];
    const args: PpToken[][] = [];
    let current: PpToken[] = [];
    let end = name.end;
    for (let nesting = 0; ; ) {
      const token = this.take();
      if (token === null || current.length > MAX_TOKENS) {
        this.fail('cpp/unterminated-call', `the call of macro "${macro.name}" has no closing ')'`, name, macro);
        // cpp would take the rest of the file; here the call ends where its value must.
        this.reader?.resumeAt(name);
        this.push([{ ...name, kind: 'number', text: '0', id: 0 }], macro);
        this.lastEmpty = false;
        return true;
      }
      if (token.file === name.file) end = token.end;
      if (token.kind === 'other') {
        if (token.text === '(') nesting++;
        else if (token.text === ')' && nesting-- === 0) break;
        else if (token.text === ',' && nesting === 0 && !(macro.variadic && args.length === parameters.length - 1)) {
          args.push(current);
          current = [];
          continue;
        }
      }
      current.push(token);
    }
    args.push(current);
    if (parameters.length === 0 && args.length === 1 && current.length === 0) args.pop();
    if (macro.variadic && args.length === parameters.length - 1) args.push([]);
    if (args.length !== parameters.length && !(parameters.length === 1 && args.length === 0)) {
      const some =
        args.length < parameters.length ? `requires ${parameters.length}` : `takes just ${parameters.length}`;
      this.fail(
        'cpp/argument-count',
        `macro "${macro.name}" was given ${args.length} argument${args.length === 1 ? '' : 's'}, but ${some}`,
        { ...name, end },
        macro,
      );
      this.lastEmpty = true;
      return true;
    }
    const use = this.use(macro, name, end);
    const own = args.map((arg) => arg.map((t) => (t.via === name.via ? { ...t, via: use } : t)));
    const body = this.substitute(macro, own, use);
    this.produced += body.length;
    this.lookup.budget.left -= body.length;
    this.enter(macro, name, body);
    return true;
  }

  private substitute(macro: Macro, args: readonly PpToken[][], use: Via): PpToken[] {
    const parameters = macro.parameters ?? [];
    const expanded: (PpToken[] | undefined)[] = [];
    let { body } = macro;
    if (macro.variadic && body.some(isOption)) {
      const which = parameters.length - 1;
      const rest = args[which] ?? [];
      const given = this.expandArgument(rest, macro, expanded, which).some((token) => token.kind !== 'gap');
      body = withOptions(body, given);
    }
    const out: PpToken[] = [];
    const paramOf = (token: PpToken | undefined): number =>
      token?.kind === 'identifier' ? parameters.indexOf(token.id) : -1;
    for (let i = 0; i < body.length; i++) {
      const token = body[i] as PpToken;
      const named = paramOf(token);
      if (named >= 0) {
        const next = body[i + 1];
        const arg = args[named] ?? [];
        const tokens =
          next?.text === '##' && next.kind === 'other'
            ? arg
            : (expanded[named] ?? this.expandArgument(arg, macro, expanded, named));
        if (tokens.length > 0) this.place(out, tokens, token.space);
        else out.push(this.gap({ ...token, via: use }));
        continue;
      }
      const placed: PpToken = { ...token, via: use };
      if (token.text === '#' && token.kind === 'other') {
        const which = paramOf(body[i + 1]);
        if (which >= 0) {
          this.place(out, [{ ...placed, kind: 'string', text: stringify(args[which] ?? []) }], token.space);
          i++;
          continue;
        }
      }
      if (token.text === '##' && token.kind === 'other' && i > 0) {
        i++;
        const right = body[i] as PpToken;
        const which = paramOf(right);
        let tokens: readonly PpToken[] = which >= 0 ? (args[which] ?? []) : [{ ...right, via: use }];
        if (right.text === '#' && paramOf(body[i + 1]) >= 0) {
          tokens = [{ ...right, via: use, kind: 'string', text: stringify(args[paramOf(body[i + 1])] ?? []) }];
          i++;
        }
        const previous = out[out.length - 1];
        // GNU: `, ## __VA_ARGS__` drops the comma when there are no variable arguments, and pastes nothing otherwise.
        if (previous?.text === ',' && which === parameters.length - 1 && macro.variadic && which >= 0) {
          if (tokens.length === 0) out.pop();
          else out.push(...(expanded[which] ?? this.expandArgument(tokens, macro, expanded, which)));
          continue;
        }
        this.paste(out, tokens, which >= 0, use);
        continue;
      }
      out.push(placed);
    }
    return out;
  }

  private place(out: PpToken[], tokens: readonly PpToken[], space: boolean): void {
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as PpToken;
      out.push(i === 0 && token.space !== space ? { ...token, space } : token);
    }
  }

  private expandArgument(
    tokens: readonly PpToken[],
    macro: Macro,
    cache: (PpToken[] | undefined)[],
    which: number,
  ): PpToken[] {
    if (this.depth >= MAX_DEPTH) {
      const at = tokens[0];
      if (at !== undefined)
        this.fail('cpp/expansion-too-deep', `macro arguments nest more than ${MAX_DEPTH} deep`, at, macro);
      return [...tokens];
    }
    if (!tokens.some(mayExpand)) {
      cache[which] = tokens as PpToken[];
      return tokens as PpToken[];
    }
    const disabled = new Set(this.disabled);
    for (const context of this.contexts)
      if (context.macro !== null && context.at < context.tokens.length) disabled.add(context.macro);
    const inner = new Expander(this.lookup, null, this.errors, this.depth + 1, disabled);
    inner.produced = this.produced;
    inner.push(tokens, null);
    const result = inner.drain();
    this.produced = inner.produced;
    cache[which] = result;
    return result;
  }

  private paste(out: PpToken[], tokens: readonly PpToken[], argument: boolean, use: Via): void {
    const left = out.pop();
    const [right, ...rest] = tokens;
    if (left === undefined || right === undefined) {
      if (left !== undefined) out.push(left);
      return;
    }
    if (left.kind === 'gap') out.push({ ...right, space: left.space });
    else {
      const text = left.text + right.text;
      const { names } = this.lookup;
      const reader = textReader(names, text);
      const pasted = reader.read(left.space);
      if (reader.at < text.length) {
        // As cpp in assembler mode: not a valid token, and no error; the two stand side by side. White space before an argument is
        // padding to libcpp, which does not count here; that before a token of the body does.
        out.push(left, argument ? { ...right, space: false } : right);
      } else {
        const { file, start, end } = left;
        out.push({ ...pasted, file, start, end, via: left.via ?? use, space: left.space });
      }
    }
    out.push(...rest);
  }

  private fail(code: string, message: string, at: PpToken, macro: Macro | null): void {
    let root = at.via;
    while (root?.parent) root = root.parent;
    const { start, end } = root ?? at;
    if (this.errors.length < 100) this.errors.push({ code, message, start, end, macro });
  }
}

const isOption = (token: PpToken): boolean => token.text === '__VA_OPT__';

/** A body with its `__VA_OPT__(…)` replaced: by what stands in them when there are variable arguments, else by nothing (C23 6.10.5.1). */
function withOptions(body: readonly PpToken[], given: boolean): PpToken[] {
  const out: PpToken[] = [];
  for (let i = 0; i < body.length; i++) {
    const option = body[i] as PpToken;
    if (!isOption(option) || body[i + 1]?.text !== '(') {
      out.push(option);
      continue;
    }
    const from = i + 2;
    let nesting = 1;
    for (i = from; i < body.length; i++) {
      const { text, kind } = body[i] as PpToken;
      if (kind === 'other' && text === '(') nesting++;
      else if (kind === 'other' && text === ')' && --nesting === 0) break;
    }
    const inner = given ? body.slice(from, i) : [];
    const [first, ...others] = inner;
    if (first === undefined) out.push({ ...option, kind: 'gap', text: '', id: 0 });
    else out.push({ ...first, space: option.space }, ...others);
  }
  return out;
}

function mayExpand(token: PpToken): boolean {
  return token.kind === 'identifier' || token.kind === 'gap';
}

/** The `#` operator: the argument's spelling as a string literal. */
function stringify(tokens: readonly PpToken[]): string {
  let text = '';
  tokens.forEach((token, i) => {
    if (i > 0 && token.space) text += ' ';
    text += token.kind === 'string' ? token.text.replace(/[\\"]/g, '\\$&') : token.text;
  });
  return `"${text}"`;
}
