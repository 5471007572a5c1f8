/**
 * Macro expansion (C11 6.10.3) as GNU cpp does it in assembler mode: the result is text again, with a map that says for
 * each of its tokens where it was written and through which macros it came.
 */
import { isClass, SPACE } from './characters';
import { Expansion } from './expansion';
import type { SourceFile } from './file';
import { fileReader, type Macro, type PpReader, type PpToken, type Via } from './macro';
import type { Names } from './names';
import { gapAt, type Substituting, substitute } from './substitute';

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

class Expander implements Substituting {
  readonly names: Names;
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
  ) {
    this.names = lookup.names;
  }

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
          ? substitute(this, macro, [], this.use(macro, token, token.end))
          : macro.body.map((t) => this.via(t, macro, token, token.end));
        this.enter(macro, token, body);
      } else if (!this.call(macro, token)) return token;
      if (this.lastEmpty) return gapAt(token);
    }
  }

  private lastEmpty = false;

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
    const body = substitute(this, macro, own, use);
    this.produced += body.length;
    this.lookup.budget.left -= body.length;
    this.enter(macro, name, body);
    return true;
  }

  expandArgument(tokens: readonly PpToken[], macro: Macro): PpToken[] {
    if (this.depth >= MAX_DEPTH) {
      const at = tokens[0];
      if (at !== undefined)
        this.fail('cpp/expansion-too-deep', `macro arguments nest more than ${MAX_DEPTH} deep`, at, macro);
      return [...tokens];
    }
    if (!tokens.some(mayExpand)) return tokens as PpToken[];
    const disabled = new Set(this.disabled);
    for (const context of this.contexts)
      if (context.macro !== null && context.at < context.tokens.length) disabled.add(context.macro);
    const inner = new Expander(this.lookup, null, this.errors, this.depth + 1, disabled);
    inner.produced = this.produced;
    inner.push(tokens, null);
    const result = inner.drain();
    this.produced = inner.produced;
    return result;
  }

  private fail(code: string, message: string, at: PpToken, macro: Macro | null): void {
    let root = at.via;
    while (root?.parent) root = root.parent;
    const { start, end } = root ?? at;
    if (this.errors.length < 100) this.errors.push({ code, message, start, end, macro });
  }
}

function mayExpand(token: PpToken): boolean {
  return token.kind === 'identifier' || token.kind === 'gap';
}
