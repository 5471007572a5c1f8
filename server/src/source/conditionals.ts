/** Conditionals: which branch holds, what is left out, and what hangs on options of the build. */
import { BLANK, IDENT, SPACE, skipClass } from './characters';
import { evaluateCondition, HAS_INCLUDE } from './condition';
import type { ExpansionError } from './expand';
import type { SourceFile } from './file';
import { Includes } from './includes';
import type { Condition } from './inputs';
import { commentEnd, logicalLineEnd, nextLine } from './lines';
import { fileReader, type PpToken } from './macro';
import { CONFIG_SYMBOL } from './options';

/** Directives that begin another branch. */
const BRANCHES = new Set(['else', 'elif', 'elifdef', 'elifndef']);

export abstract class Conditionals<Item extends object> extends Includes<Item> {
  /** Whether the branch of a conditional's directive `name` holds. */
  protected holds(name: string, file: SourceFile, nameAt: number, nameEnd: number, lineEnd: number): boolean {
    const reader = fileReader(this.names, file, nameEnd, lineEnd);
    const short = name.replace(/^(el)?if/, '');
    if (short === 'def' || short === 'ndef') {
      const token = reader.next();
      if (token?.kind !== 'identifier') {
        this.report('error', 'cpp/bad-directive', `no macro name given in #${name} directive`, {
          file,
          start: nameAt,
          end: nameEnd,
        });
        return false;
      }
      this.asksFor(token);
      this.hangs([token], name === 'ifndef' ? lineEnd : null);
      return (this.macro(token.id) !== undefined || HAS_INCLUDE.test(token.text)) === (short === 'def');
    }
    const tokens: PpToken[] = [];
    for (let token = reader.next(); token !== null; token = reader.next()) tokens.push(token);
    if (tokens.length === 0) {
      this.report('error', 'cpp/bad-condition', `#${name} with no expression`, { file, start: nameAt, end: nameEnd });
      return false;
    }
    for (const token of tokens) this.asksFor(token);
    this.hangs(tokens, isNotDefined(tokens) ? lineEnd : null);
    const errors: ExpansionError[] = [];
    const finds = (target: string, quoted: boolean): boolean => this.find(target, quoted) !== null;
    const result = evaluateCondition(this, tokens, finds, errors, this.options.kconfig !== undefined);
    this.reportExpansion(file, errors);
    if (result.error !== null) {
      const { message, start, end } = result.error;
      this.report('error', 'cpp/bad-condition', message, { file, start, end });
    }
    return result.value;
  }

  /** A condition's token: what hangs on a configuration that is not there is unknown from here on. */
  private asksFor(token: PpToken): void {
    if (this.options.kconfig !== 'unknown' || token.kind !== 'identifier') return;
    if (CONFIG_SYMBOL.test(token.text)) this.incomplete = true;
  }

  /**
   * Notes whether the innermost conditional hangs on an option of the build. `lineEnd`: it asks whether a macro is not defined;
   * when the branch begins by defining it, as the guard of a header does, whoever comes next finds it defined in any case.
   */
  private hangs(tokens: readonly PpToken[], lineEnd: number | null): void {
    const condition = this.conditions[this.conditions.length - 1];
    if (this.undecided === null || condition === undefined) return;
    if (lineEnd !== null) {
      const asked = tokens.find(({ kind, text }) => kind === 'identifier' && text !== 'defined');
      if (asked !== undefined && this.firstDefined(lineEnd) === asked.id) return;
    }
    const options = this.undecided.asks(tokens);
    if (options !== null) condition.byOption = options;
  }

  /** The macro, interned, that the first line behind a directive's line defines; -1 when none is. */
  private firstDefined(lineEnd: number): number {
    const { codes, names } = this;
    let at = lineEnd;
    for (;;) {
      at = skipClass(codes, at, SPACE);
      if (codes[at] !== 47) break;
      if (codes[at + 1] === 42) at = commentEnd(codes, at);
      else if (codes[at + 1] === 47) at = nextLine(codes, at);
      else return -1;
    }
    if (codes[at] !== 35) return -1;
    const start = skipBlanks(codes, at + 1);
    const end = skipClass(codes, start, IDENT);
    if (this.text.slice(start, end) !== 'define') return -1;
    const name = skipBlanks(codes, end);
    const nameEnd = skipClass(codes, name, IDENT);
    return nameEnd === name ? -1 : names.intern(codes, name, nameEnd);
  }

  /** A macro is defined or taken back here: when an option decides that, so is the macro. */
  protected noteChange(name: string): void {
    const options = this.deciding();
    if (options !== null) this.undecided?.add(name, options);
  }

  /** The options of the build that decide whether this place is read, the innermost condition's; null: none does. */
  protected deciding(): readonly string[] | null {
    if (this.undecided === null) return null;
    const of = (conditions: readonly Condition[]): readonly string[] | null => {
      for (let i = conditions.length - 1; i >= 0; i--) {
        const options = conditions[i]?.byOption ?? null;
        if (options !== null) return options;
      }
      return null;
    };
    let options = of(this.conditions);
    for (let i = this.stack.length - 1; i >= 0 && options === null; i--) options = of(this.stack[i]?.conditions ?? []);
    return options;
  }

  /** Leaves out a branch of the innermost conditional: offsets [start, end). */
  private leaveOut(start: number, end: number): void {
    this.skip(start, end);
    const options = this.deciding();
    if (this.undecided === null || options === null) return;
    const read = (name: string, quoted: boolean): SourceFile | null => this.find(name, quoted);
    if (!this.undecided.note(this.text.slice(start, end), options, read)) this.incomplete = true;
  }

  /** Skips from a branch that is not taken to the one that is, or beyond the #endif. */
  protected skipBranch(): void {
    const { text, codes } = this;
    const file = this.input as SourceFile;
    let nesting = 0;
    let at = this.pos;
    let from = nextLine(codes, at);
    while (at < text.length) {
      // `at` is somewhere in a line's middle or end: go to the next line's start.
      at = nextLine(codes, at);
      const lineStart = at;
      const i = skipBlanks(codes, at);
      at = i;
      if (codes[i] !== 35) continue;
      const nameAt = skipBlanks(codes, i + 1);
      const nameEnd = skipClass(codes, nameAt, IDENT);
      const name = text.slice(nameAt, nameEnd);
      if (name === 'if' || name === 'ifdef' || name === 'ifndef') nesting++;
      else if (name === 'endif') {
        if (nesting-- > 0) continue;
        this.leaveOut(from, lineStart);
        this.conditions.pop();
        this.pos = logicalLineEnd(codes, nameEnd);
        return;
      } else if (nesting === 0 && BRANCHES.has(name)) {
        const condition = this.conditions[this.conditions.length - 1] as Condition;
        const lineEnd = logicalLineEnd(codes, nameEnd);
        if (condition.sawElse)
          this.report('error', 'cpp/unbalanced', `#${name} after #else`, { file, start: i, end: nameEnd });
        if (name === 'else') condition.sawElse = true;
        this.leaveOut(from, lineStart);
        from = nextLine(codes, lineEnd);
        if (condition.taken) continue;
        this.pos = lineEnd;
        if (name === 'else' || this.holds(name, file, nameAt, nameEnd, lineEnd)) {
          condition.taken = true;
          return;
        }
      }
    }
    this.leaveOut(from, text.length);
    this.pos = text.length;
  }
}

/** `!defined(NAME)` and nothing else. */
function isNotDefined(tokens: readonly PpToken[]): boolean {
  return /^!defined\(?[A-Za-z_]\w*\)?$/.test(tokens.map(({ text }) => text).join(''));
}

/** Behind the blanks and comments from `at` on a directive's line. */
export function skipBlanks(codes: Uint8Array, at: number): number {
  let i = skipClass(codes, at, BLANK);
  while (codes[i] === 47 && codes[i + 1] === 42) i = skipClass(codes, commentEnd(codes, i), BLANK);
  return i;
}
