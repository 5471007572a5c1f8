/**
 * The C preprocessor as the kernel runs it (`cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp`), without a text in between:
 * the lexer above pulls characters, and white space, comments, directives, includes and macros are dealt with on the way.
 *
 * A file included between two top-level statements is a *unit*: what it gave (statements, problems, macro changes) is kept and
 * used again wherever the macros that it looked at have the same definitions and the files it read are the same versions.
 */
import { DIGIT, IDENT, isClass, SPACE, skipClass } from './characters';
import { Conditionals, skipBlanks } from './conditionals';
import { Expansion } from './expansion';
import { positionAt, type SourceFile, type Span } from './file';
import type { Condition } from './inputs';
import { logicalLineEnd, startsLine, trimEnd } from './lines';
import { fileReader, type Macro, parseDefine } from './macro';

const DIRECTIVES = new Set([
  'define',
  'undef',
  'include',
  'include_next',
  'import',
  'if',
  'ifdef',
  'ifndef',
  'elif',
  'elifdef',
  'elifndef',
  'else',
  'endif',
  'error',
  'warning',
  'pragma',
  'line',
  'ident',
  'sccs',
  'assert',
  'unassert',
]);

export abstract class Preprocessor<Item extends object> extends Conditionals<Item> {
  // ---- white space, comments, directives --------------------------------------------------------------------------

  /** Moves to the next character that is neither white space, comment nor directive; its code, or -1 at the very end. */
  protected skipBlank(): number {
    for (;;) {
      const { codes } = this;
      let at = this.pos;
      let c = codes[at] as number;
      while (isClass(c, SPACE)) c = codes[++at] as number;
      this.pos = at;
      switch (c) {
        case 47:
          if (codes[at + 1] === 42) this.skipComment();
          else if (codes[at + 1] === 47) this.skipLineComment();
          else return c;
          continue;
        case 35:
          if (this.directive()) continue;
          return c;
        case 0:
          if (at < this.text.length) return c;
          if (this.popInput()) continue;
          return -1;
        default:
          return c;
      }
    }
  }

  private skipComment(): void {
    const close = this.text.indexOf('*/', this.pos + 2);
    if (close < 0) {
      this.report(
        'error',
        'cpp/unterminated-comment',
        'this comment has no end',
        this.placeOf(this.input, this.pos, this.pos + 2),
      );
      this.pos = this.text.length;
    } else this.pos = close + 2;
  }

  private skipLineComment(): void {
    const at = this.text.indexOf('\n', this.pos);
    this.pos = at < 0 ? this.text.length : at;
  }

  /** Handles the directive at a `#`. False when the line is text (a property such as `#address-cells`). */
  private directive(): boolean {
    const { codes, text } = this;
    if (this.input instanceof Expansion) return false;
    const hash = this.pos;
    const nameAt = skipBlanks(codes, hash + 1);
    const first = codes[nameAt] as number;
    if (isClass(first, DIGIT)) return startsLine(codes, hash) && this.lineMarker(hash, nameAt);
    if (!this.preprocessed) return false;
    const nameEnd = skipClass(codes, nameAt, IDENT);
    if (nameEnd === nameAt) {
      // `#` alone on its line: the null directive.
      if ((nameAt < text.length && first !== 10) || !startsLine(codes, hash)) return false;
      this.pos = nameAt;
      return true;
    }
    const { names } = this;
    const name = names.text(names.intern(codes, nameAt, nameEnd));
    if (!DIRECTIVES.has(name) || !startsLine(codes, hash)) return false;
    const end = logicalLineEnd(codes, nameEnd);
    this.pos = end;
    if (name === 'define') this.defineDirective(this.input, nameEnd, end);
    else this.runDirective(name, hash, nameAt, nameEnd, end);
    return true;
  }

  /** `# 12 "file"` as another preprocessor leaves it: dtc reads it, so does this lexer, and goes on with its own places. */
  private lineMarker(hash: number, at: number): boolean {
    const match = /^#(?:line)?[ \t]+[0-9]+[ \t]+"(?:[^\\"\n]|\\.)*"(?:[ \t]+[0-9]+)*/.exec(
      this.text.slice(hash, logicalLineEnd(this.codes, at)),
    );
    if (match === null) return false;
    this.pos = hash + match[0].length;
    return true;
  }

  private runDirective(name: string, hash: number, nameAt: number, nameEnd: number, lineEnd: number): void {
    const file = this.input as SourceFile;
    const here = (start: number, end: number): Span => ({ file, start, end });
    switch (name) {
      case 'undef': {
        const token = fileReader(this.names, file, nameEnd, lineEnd).next();
        if (token?.kind === 'identifier') {
          this.noteChange(token.text);
          this.write(token.id, undefined);
        } else
          this.report('error', 'cpp/bad-directive', 'no macro name given in #undef directive', here(nameAt, nameEnd));
        return;
      }
      case 'include':
      case 'include_next':
      case 'import':
        return this.includeDirective(file, name, nameEnd, lineEnd);
      case 'if':
      case 'ifdef':
      case 'ifndef':
        this.conditions.push({
          start: hash,
          end: lineEnd,
          taken: false,
          sawElse: false,
          stray: false,
          byOption: null,
        });
        if (this.conditions.length > 1000)
          this.report('error', 'cpp/too-deep', 'conditionals nest too deep', here(hash, nameEnd));
        if (this.holds(name, file, nameAt, nameEnd, lineEnd))
          (this.conditions[this.conditions.length - 1] as Condition).taken = true;
        else this.skipBranch();
        return;
      case 'elif':
      case 'elifdef':
      case 'elifndef':
      case 'else': {
        const condition = this.conditions[this.conditions.length - 1];
        if (condition === undefined) {
          this.report('error', 'cpp/unbalanced', `#${name} without #if`, here(hash, nameEnd));
          // An #endif that belongs to it is no further mistake.
          this.conditions.push({
            start: hash,
            end: lineEnd,
            taken: true,
            sawElse: true,
            stray: true,
            byOption: null,
          });
          return;
        }
        if (condition.sawElse) this.report('error', 'cpp/unbalanced', `#${name} after #else`, here(hash, nameEnd));
        if (name === 'else') condition.sawElse = true;
        this.skipBranch();
        return;
      }
      case 'endif':
        if (this.conditions.pop() === undefined)
          this.report('error', 'cpp/unbalanced', '#endif without #if', here(hash, nameEnd));
        return;
      case 'error':
      case 'warning':
        // the options that are given would not lead here
        if (this.deciding() !== null) return;
        return this.report(
          name === 'error' ? 'error' : 'warning',
          name === 'error' ? 'cpp/error-directive' : 'cpp/warning-directive',
          `#${name} ${this.text.slice(nameEnd, lineEnd).trim()}`,
          here(hash, trimEnd(this.codes, hash, lineEnd)),
        );
      case 'line': {
        const line = this.expandedText(file, nameEnd, lineEnd);
        const [, number, name] = /^(\d+)(?![\w.])(?: *"((?:[^"\\\n]|\\.)*)")?/.exec(line) ?? [];
        if (number === undefined) {
          const said =
            line === '' ? 'unexpected end of file after #line' : `"${line}" after #line is not a positive integer`;
          return this.report('error', 'cpp/bad-directive', said, here(hash, trimEnd(this.codes, hash, lineEnd)));
        }
        if (name !== undefined) this.shown = name.replace(/\\(.)/g, '$1');
        // the line behind the directive has that number
        this.lineShift = Number(number) - positionAt(file, lineEnd).line - 2;
        return;
      }
      default:
        // #pragma changes nothing in a tree; #ident, #sccs and assertions neither.
        return;
    }
  }

  private defineDirective(file: SourceFile, at: number, end: number): void {
    const known = this.cache.definesOf(file);
    let macro = known.at(at);
    if (macro === undefined) {
      const parsed = parseDefine(this.names, file, at, end);
      if ('message' in parsed) {
        this.report('error', 'cpp/bad-define', parsed.message, { file, start: parsed.start, end: parsed.end });
        return;
      }
      macro = parsed;
      known.add(at, macro);
    }
    this.noteChange(macro.name);
    const { macros } = this.cache;
    const before = macro.id < macros.length ? macros[macro.id] : undefined;
    if (before !== undefined && before !== macro && !sameDefinition(before, macro)) {
      // the warning belongs to this earlier definition: it has been looked at
      this.macro(macro.id);
      const related =
        before.file === null
          ? undefined
          : [{ span: { file: before.file, start: before.start, end: before.end }, message: 'the earlier definition' }];
      this.report(
        'warning',
        'cpp/redefined',
        `"${macro.name}" redefined`,
        { file, start: macro.start, end: macro.end },
        related,
      );
    }
    this.write(macro.id, macro);
  }
}

/** C11 6.10.3: a redefinition is fine when it reads the same. */
function sameDefinition(a: Macro, b: Macro): boolean {
  if (a.body.length !== b.body.length || a.variadic !== b.variadic) return false;
  if ((a.parameters === null) !== (b.parameters === null)) return false;
  if (a.parameters !== null && b.parameters !== null && a.parameters.join() !== b.parameters.join()) return false;
  return a.body.every((token, i) => token.text === b.body[i]?.text && token.space === b.body[i]?.space);
}
