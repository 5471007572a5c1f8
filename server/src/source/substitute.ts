/**
 * A macro's body with its arguments put in (C11 6.10.3.1 to 6.10.3.3): parameters, `#`, `##` and `__VA_OPT__`, as GNU cpp does
 * them in assembler mode.
 */
import { type Macro, type PpToken, textReader, type Via } from './macro';
import type { Names } from './names';

/** What the substitution asks of the expansion it is a part of. */
export interface Substituting {
  readonly names: Names;
  /** An argument fully expanded; `of` is the macro whose argument it is. */
  expandArgument(tokens: readonly PpToken[], of: Macro): PpToken[];
}

/**
 * The body of `macro` as it stands for one use. Takes the arguments by parameter, unexpanded, none for an object-like macro; gives
 * tokens that are to be read again for more macros, with `gap` tokens where a parameter was given nothing.
 */
export function substitute(host: Substituting, macro: Macro, args: readonly PpToken[][], use: Via): PpToken[] {
  const parameters = macro.parameters ?? [];
  const expanded: (PpToken[] | undefined)[] = [];
  const argument = (which: number): PpToken[] => {
    expanded[which] ??= host.expandArgument(args[which] ?? [], macro);
    return expanded[which];
  };
  let { body } = macro;
  if (macro.variadic && body.some(isOption)) {
    const which = parameters.length - 1;
    const given = argument(which).some((token) => token.kind !== 'gap');
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
      const tokens = next?.text === '##' && next.kind === 'other' ? arg : argument(named);
      if (tokens.length > 0) place(out, tokens, token.space);
      else out.push(gapAt({ ...token, via: use }));
      continue;
    }
    const placed: PpToken = { ...token, via: use };
    if (token.text === '#' && token.kind === 'other') {
      const which = paramOf(body[i + 1]);
      if (which >= 0) {
        place(out, [{ ...placed, kind: 'string', text: stringify(args[which] ?? []) }], token.space);
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
        else out.push(...argument(which));
        continue;
      }
      paste(host.names, out, tokens, which >= 0, use);
      continue;
    }
    out.push(placed);
  }
  return out;
}

function place(out: PpToken[], tokens: readonly PpToken[], space: boolean): void {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as PpToken;
    out.push(i === 0 && token.space !== space ? { ...token, space } : token);
  }
}

function paste(names: Names, out: PpToken[], tokens: readonly PpToken[], argument: boolean, use: Via): void {
  const left = out.pop();
  const [right, ...rest] = tokens;
  if (left === undefined || right === undefined) {
    if (left !== undefined) out.push(left);
    return;
  }
  if (left.kind === 'gap') out.push({ ...right, space: left.space });
  else {
    const text = left.text + right.text;
    const reader = textReader(names, text);
    const pasted = reader.read(left.space);
    if (reader.at < text.length) {
      // As cpp in assembler mode: not a valid token, and no error; the two stand side by side. Of the white space before an
      // argument only what its own first token was written with counts (libcpp's paste_all_tokens skips padding).
      out.push(left, argument ? { ...right, space: right.written } : right);
    } else {
      const { file, start, end } = left;
      out.push({ ...pasted, file, start, end, via: left.via ?? use, space: left.space, written: left.written });
    }
  }
  out.push(...rest);
}

/** A placemarker where `token` stands: what a parameter that was given nothing, or a macro that gave nothing, leaves. */
export function gapAt(token: PpToken): PpToken {
  return { ...token, kind: 'gap', text: '', id: 0 };
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
    if (first === undefined) out.push(gapAt(option));
    else out.push({ ...first, space: option.space }, ...others);
  }
  return out;
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
