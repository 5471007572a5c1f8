/**
 * Reads C source as far as driver tables need it: declarations at file scope, initializers, macro bodies. No compiler:
 * of an #if group the first branch that can be true is read, and macros are expanded where a table uses them.
 */

export interface Macro {
  /** Null for an object-like macro. */
  readonly params: readonly string[] | null;
  readonly body: string;
}

/** `struct TYPE NAME[] = { … }` at file scope. */
export interface Variable {
  /** `platform_driver`, `of_device_id` …; the pointed-to type for arrays of pointers. */
  readonly type: string;
  readonly name: string;
  readonly isStatic: boolean;
  readonly line: number;
  /** The text between the outer braces. */
  readonly body: string;
  /** Line of the first character of `body`. */
  readonly bodyLine: number;
}

export interface CFunction {
  readonly name: string;
  readonly isStatic: boolean;
  readonly line: number;
  readonly body: string;
}

/** A macro used like a declaration: `module_platform_driver(x);`. */
export interface Invocation {
  readonly name: string;
  readonly args: string;
  readonly line: number;
}

export interface CSource {
  readonly file: string;
  readonly macros: ReadonlyMap<string, Macro>;
  readonly variables: readonly Variable[];
  readonly functions: ReadonlyMap<string, CFunction>;
  readonly invocations: readonly Invocation[];
  /** Arrays of characters and pointers to them at file scope that are one string: `static const char name[] = "…"`. */
  readonly strings: ReadonlyMap<string, string>;
  /** As written, with quotes or angle brackets. */
  readonly includes: readonly string[];
}

/** Blanks comments and keeps line breaks; string and character literals are left alone. */
function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (token) =>
    token.startsWith('/*') ? token.replace(/[^\n]+/g, ' ') : token.startsWith('//') ? '' : token,
  );
}

/** Whether an #if condition can hold in some kernel with device trees, with everything configured and built in. */
function canHold(directive: string, condition: string): boolean {
  const text = condition.trim();
  if (directive === 'ifdef') return text !== 'MODULE';
  if (directive === 'ifndef') return !text.startsWith('CONFIG_');
  if (/^0\b/.test(text)) return false;
  if (/^!\s*(defined|IS_ENABLED|IS_BUILTIN)\s*\(?\s*CONFIG_\w+\)?$/.test(text)) return false;
  if (/^!\s*defined\s*\(?\s*MODULE/.test(text)) return true;
  return !/^defined\s*\(?\s*MODULE\)?$/.test(text);
}

interface Preprocessed {
  /** Code without directives, lines kept. */
  readonly code: string;
  readonly macros: Map<string, Macro>;
  readonly includes: string[];
}

function preprocess(text: string): Preprocessed {
  const macros = new Map<string, Macro>();
  const includes: string[] = [];
  const lines = stripComments(text).split('\n');
  const out: string[] = [];
  /** taken: this branch is read; done: some branch of the group was. */
  const stack: { taken: boolean; done: boolean }[] = [];
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i] ?? '';
    if (!/^\s*#/.test(line)) {
      out.push(stack.every((s) => s.taken) ? line : '');
      continue;
    }
    let extra = 0;
    while (line.trimEnd().endsWith('\\') && i + 1 < lines.length) {
      line = `${line.trimEnd().slice(0, -1)} ${lines[++i] ?? ''}`;
      extra++;
    }
    for (let k = 0; k <= extra; k++) out.push('');
    const match = /^\s*#\s*(\w+)\s*(.*)$/.exec(line);
    const directive = match?.[1] ?? '';
    const rest = match?.[2] ?? '';
    if (directive === 'if' || directive === 'ifdef' || directive === 'ifndef') {
      const taken = canHold(directive, rest);
      stack.push({ taken, done: taken });
    } else if (directive === 'elif' || directive === 'else') {
      const top = stack.pop() ?? { taken: false, done: true };
      const taken = !top.done && (directive === 'else' || canHold('if', rest));
      stack.push({ taken, done: top.done || taken });
    } else if (directive === 'endif') stack.pop();
    else if (stack.every((s) => s.taken)) {
      if (directive === 'define') {
        const define = /^(\w+)(\(([^)]*)\))?\s*(.*)$/s.exec(rest);
        if (define !== null) {
          const params = define[2] === undefined ? null : (define[3] ?? '').split(',').map((p) => p.trim());
          macros.set(define[1] ?? '', {
            params: params?.length === 1 && params[0] === '' ? [] : params,
            body: define[4] ?? '',
          });
        }
      } else if (directive === 'include') {
        const include = /^(["<][^">]+[">])/.exec(rest);
        if (include !== null) includes.push(include[1] ?? '');
      }
    }
  }
  return { code: out.join('\n'), macros, includes };
}

/** The offset just after the bracket that closes the one at `at`; the text's length when it is never closed. */
export function closing(text: string, at: number): number {
  const open = text[at];
  const close = open === '{' ? '}' : open === '(' ? ')' : ']';
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text[i];
    if (c === '"' || c === "'") {
      for (i++; i < text.length && text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if (c === open) depth++;
    else if (c === close && --depth === 0) return i + 1;
  }
  return text.length;
}

/** Parses a file. `text` is its content; included .c files count as their own text pasted in by the caller. */
export function parseC(file: string, text: string): CSource {
  const { code, macros, includes } = preprocess(text);
  const variables: Variable[] = [];
  const functions = new Map<string, CFunction>();
  const invocations: Invocation[] = [];
  let line = 1;
  let counted = 0;
  const lineAt = (offset: number): number => {
    for (; counted < offset; counted++) if (code.charCodeAt(counted) === 10) line++;
    return line;
  };
  let start = 0;
  let at = 0;
  while (at < code.length) {
    const c = code[at];
    if (c === '"' || c === "'") {
      for (at++; at < code.length && code[at] !== c; at++) if (code[at] === '\\') at++;
      at++;
      continue;
    }
    if (c === '(') {
      at = closing(code, at);
      continue;
    }
    if (c === ';') {
      takeInvocations(code.slice(start, at), start);
      at++;
      start = at;
      continue;
    }
    if (c !== '{') {
      at++;
      continue;
    }
    const head = code.slice(start, at);
    const end = closing(code, at);
    const equals = /=\s*(\([^()]*\)\s*)?$/.test(head);
    if (equals) {
      const plain = head.replace(/\b__\w+(?:\s*\([^)]*\))?/g, (a) => ' '.repeat(a.length));
      const pattern =
        /\bstruct\s+(\w+)(?!\w)\s*((?:const|\*|\s)*)(\w+)\s*((?:\[[^\]]*\]\s*)*)[^=]*=\s*(\([^()]*\)\s*)?$/;
      // a name may look like an attribute (`struct platform_driver __qcrypto`): then nothing is left of it
      const declared = pattern.exec(plain) ?? pattern.exec(head);
      if (declared !== null) {
        const offset = start + declared.index;
        takeInvocations(head.slice(0, declared.index), start);
        variables.push({
          type: declared[1] ?? '',
          name: declared[3] ?? '',
          isStatic: /\bstatic\b/.test(head),
          line: lineAt(offset + (/^\s*/.exec(declared[0])?.[0].length ?? 0)),
          body: code.slice(at + 1, end - 1),
          bodyLine: lineAt(at + 1),
        });
        start = end;
      }
      at = end;
      continue;
    }
    // A function has its parameter list before the body; anything else (struct, enum, union) is skipped.
    const bracket = head.lastIndexOf(')');
    if (bracket >= 0 && /^[\s\w]*$/.test(head.slice(bracket + 1)) && !/\b(struct|enum|union)\s+\w*\s*$/.test(head)) {
      // With unterminated macros before it, the function's name is the last one at depth 0.
      const name = functionName(head);
      if (name !== null) {
        const offset = start + name.offset;
        takeInvocations(head.slice(0, name.offset), start);
        functions.set(name.name, {
          name: name.name,
          isStatic: /\bstatic\b/.test(head),
          line: lineAt(offset),
          body: code.slice(at + 1, end - 1),
        });
        at = end;
        start = end;
        continue;
      }
    }
    at = end;
  }
  takeInvocations(code.slice(start), start);
  return { file, macros, variables, functions, invocations, strings: stringsOf(code), includes };

  /** Macro uses in a piece between declarations: an identifier with arguments at depth 0 and not after a type. */
  function takeInvocations(piece: string, offset: number): void {
    const pattern = /([A-Za-z_]\w*)\s*\(/g;
    for (let match = pattern.exec(piece); match !== null; match = pattern.exec(piece)) {
      const open = match.index + match[0].length - 1;
      const end = closing(piece, open);
      const before = piece.slice(0, match.index).trimEnd();
      // `int foo(void);` is a prototype: a type or storage class stands before the name.
      if (!/[\w*]$/.test(before) || /\)$/.test(before))
        invocations.push({
          name: match[1] ?? '',
          args: piece.slice(open + 1, end - 1),
          line: lineAt(offset + match.index),
        });
      pattern.lastIndex = end;
    }
  }
}

/** The declarations of one string each, wherever they stand: a local one of the same name would be another. */
function stringsOf(code: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', text = ''] of code.matchAll(
    /^(?:static\s+)?(?:const\s+)?char\s+(?:const\s+)?(?:\*\s*(?:const\s+)?)?(\w+)\s*(?:\[\s*\])?\s*=\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+);/gm,
  )) {
    const value = stringLiteral(text);
    if (value !== null) found.set(name, value);
  }
  return found;
}

/** The name before the last parameter list at depth 0 of a function's head. */
function functionName(head: string): { name: string; offset: number } | null {
  let found: { name: string; offset: number } | null = null;
  const pattern = /([A-Za-z_]\w*)\s*\(/g;
  for (let match = pattern.exec(head); match !== null; match = pattern.exec(head)) {
    const open = match.index + match[0].length - 1;
    const name = match[1] ?? '';
    if (!/^(__\w+|noinline\w*|if|for|while|switch)$/.test(name) || found === null)
      found = { name, offset: match.index };
    pattern.lastIndex = closing(head, open);
  }
  return found;
}

// ---- macro expansion and initializers -------------------------------------------------------------------------------

/** Splits at commas that stand outside brackets and strings. Empty pieces at the end are dropped. */
export function splitArgs(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"' || c === "'") {
      for (i++; i < text.length && text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if (c === '(' || c === '{' || c === '[') i = closing(text, i) - 1;
    else if (c === ',') {
      pieces.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (text.slice(start).trim() !== '') pieces.push(text.slice(start));
  return pieces;
}

export type MacroLookup = (name: string) => Macro | undefined;

/** Expands macros in a text (object- and function-like, # and ##), at most `depth` levels deep. Lines are kept. */
export function expand(text: string, lookup: MacroLookup, depth = 8, hidden: ReadonlySet<string> = new Set()): string {
  if (depth === 0) return text;
  let out = '';
  const pattern = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\b[A-Za-z_]\w*/g;
  let last = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const word = match[0];
    if (word.startsWith('"') || word.startsWith("'") || hidden.has(word)) continue;
    const macro = lookup(word);
    if (macro === undefined || text[match.index - 1] === '.') continue;
    let end = match.index + word.length;
    let body = macro.body;
    if (macro.params !== null) {
      const open = /^\s*\(/.exec(text.slice(end));
      if (open === null) continue;
      const from = end + open[0].length - 1;
      end = closing(text, from);
      const args = splitArgs(text.slice(from + 1, end - 1)).map((a) => a.trim());
      body = substitute(macro, args);
    } else body = body.replace(/\s*##\s*/g, '');
    out += text.slice(last, match.index) + expand(body, lookup, depth - 1, new Set([...hidden, word]));
    last = end;
    pattern.lastIndex = end;
  }
  return out + text.slice(last);
}

function substitute(macro: Macro, args: readonly string[]): string {
  const params = macro.params ?? [];
  const variadic = params.findIndex((p) => p.endsWith('...'));
  const argumentOf = (name: string): string | undefined => {
    if (variadic >= 0 && (name === '__VA_ARGS__' || name === params[variadic]?.replace('...', '').trim()))
      return args.slice(variadic).join(', ');
    const index = params.indexOf(name);
    return index < 0 ? undefined : (args[index] ?? '');
  };
  const marked = macro.body.replace(
    /"(?:[^"\\]|\\.)*"|(#{0,2})\s*\b([A-Za-z_]\w*)/g,
    (whole, hash: string | undefined, name: string | undefined) => {
      if (name === undefined) return whole;
      const value = argumentOf(name);
      if (value === undefined) return whole;
      return hash === '#' ? `"${value.replace(/["\\]/g, '\\$&')}"` : hash === '##' ? `##${value}` : value;
    },
  );
  return marked.replace(/\s*##\s*/g, '');
}

/** One element of an initializer. `designator` is `.a.b` without the first dot, `[x]`, or null. */
export interface Element {
  readonly designator: string | null;
  /** The value's text, trimmed; a nested initializer with its braces. */
  readonly value: string;
  /** Number of line breaks before the element in the body it was split from. */
  readonly lines: number;
}

/** Splits an initializer's body into its elements. */
export function elements(body: string): Element[] {
  const found: Element[] = [];
  let lines = 0;
  for (const piece of splitArgs(body)) {
    const lead = /^\s*/.exec(piece)?.[0] ?? '';
    const before = lines + (lead.match(/\n/g)?.length ?? 0);
    lines += piece.match(/\n/g)?.length ?? 0;
    const text = piece.trim();
    if (text === '') continue;
    const named = /^((?:\.\s*\w+|\[[^\]]*\])+)\s*=\s*([\s\S]*)$/.exec(text);
    found.push({
      designator: named === null ? null : (named[1] ?? '').replace(/\s+/g, '').replace(/^\./, ''),
      value: named === null ? text : (named[2] ?? '').trim(),
      lines: before,
    });
  }
  return found;
}

/** The body of a nested initializer, or null when the value is none. */
export function nested(value: string): string | null {
  const text = value.replace(/^\(\s*(?:const\s+)?struct\s+\w+\s*(?:\[\s*\])?\s*\)\s*/, '').trim();
  return text.startsWith('{') ? text.slice(1, closing(text, 0) - 1) : null;
}

/** The value at a path (`driver.of_match_table`), through nested initializers and dotted designators; null when absent. */
export function field(body: string, path: string): string | null {
  for (const element of elements(body)) {
    const name = element.designator;
    if (name === null) continue;
    if (name === path) return element.value;
    if (path.startsWith(`${name}.`)) {
      const inner = nested(element.value);
      const found = inner === null ? null : field(inner, path.slice(name.length + 1));
      if (found !== null) return found;
    }
  }
  return null;
}

/** The text of adjacent string literals, or null when the expression is anything else. */
export function stringLiteral(expression: string): string | null {
  const text = expression
    .trim()
    .replace(/^\(([\s\S]*)\)$/, '$1')
    .trim();
  if (!/^(?:"(?:[^"\\]|\\.)*"\s*)+$/.test(text)) return null;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => (m[1] ?? '').replace(/\\(.)/g, '$1')).join('');
}

const wordsOf = new Map<string, readonly { readonly name: string; readonly called: boolean }[]>();

/** The distinct identifiers of a piece of code in the order of the text, and whether any use is a call. */
export function words(text: string): readonly { readonly name: string; readonly called: boolean }[] {
  let list = wordsOf.get(text);
  if (list === undefined) {
    const seen = new Map<string, boolean>();
    for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\b([A-Za-z_]\w*)\b(\s*\()?/g))
      if (match[1] !== undefined && seen.get(match[1]) !== true) seen.set(match[1], match[2] !== undefined);
    list = [...seen].map(([name, called]) => ({ name, called }));
    // the same bodies are asked for again soon or never
    if (wordsOf.size > 4000) wordsOf.clear();
    wordsOf.set(text, list);
  }
  return list;
}
