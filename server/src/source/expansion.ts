/** What macro expansion made: text, with a map that leads from each of its tokens back to what the user wrote. */
import type { SourceFile, Span } from './file';
import type { Macro, Plain, PpToken, Via } from './macro';

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
