/** What the parser sees of the text around the current token: where a statement most likely starts when one is broken. */
import { Expansion } from '../source/expansion';
import { MODE_NAME } from '../source/inputs';
import { ExpressionParser } from './expressions';
import { C_COMMA, C_LBRACKET, C_LESS, C_SEMICOLON } from './punctuation';
import { LabelSyntax } from './syntax';
import {
  T_BITS,
  T_DELETE_NODE,
  T_DELETE_PROPERTY,
  T_EOF,
  T_INCBIN,
  T_LABEL,
  T_NAME,
  T_OMIT,
  T_PATH_REFERENCE,
  T_REFERENCE,
  T_STRING,
  T_WORD,
} from './tokens';

export abstract class LookAhead extends ExpressionParser {
  protected label(): LabelSyntax {
    return new LabelSyntax(this.tokText, this.tokInput, this.tokStart, this.tokStart + this.tokText.length);
  }

  protected isReference(): boolean {
    return this.kind === T_REFERENCE || this.kind === T_PATH_REFERENCE;
  }

  /** Lets the next statement begin with the current token again. */
  protected backToBoundary(): void {
    if (this.tokInput !== this.input || this.kind === T_EOF) return;
    this.pos = this.tokStart;
    this.mode = MODE_NAME;
  }

  /** Whether the current token is the first on its line. */
  protected startsLine(): boolean {
    const text = this.tokInput.text;
    for (let i = this.tokStart - 1; i >= 0; i--) {
      const c = text.charCodeAt(i);
      if (c === 10) return true;
      if (c !== 32 && c !== 9) return false;
    }
    return true;
  }

  /** Goes back so that the current token is read as the start of a member. */
  protected resumeMember(): void {
    this.backToBoundary();
  }

  protected startsValue(): boolean {
    const { kind } = this;
    return (
      kind === T_STRING ||
      kind === C_LESS ||
      kind === C_LBRACKET ||
      kind === T_BITS ||
      kind === T_INCBIN ||
      this.isReference()
    );
  }

  protected lastIsComma(): boolean {
    return this.lastInput.text.charCodeAt(this.lastEnd - 1) === C_COMMA;
  }

  /** A `&label {` at the start of a line is the next statement, not a value. */
  protected looksLikeStatement(): boolean {
    return (
      this.isReference() && this.startsLine() && /^\s*\{/.test(this.tokInput.text.slice(this.tokEnd, this.tokEnd + 40))
    );
  }

  /** Whether the text at the current token, first on its line, reads like a property or node: `name =`, `name;`, `name {`. */
  protected looksLikeMember(): boolean {
    if (this.tokInput instanceof Expansion) return false;
    const { kind } = this;
    if (kind === T_DELETE_NODE || kind === T_DELETE_PROPERTY || kind === T_OMIT) return true;
    if (kind !== T_WORD && kind !== T_LABEL && kind !== T_NAME && kind !== 35) return false;
    const line = this.tokInput.text
      .slice(this.tokStart, this.tokStart + 200)
      .split('\n', 2)
      .join('\n');
    if (kind === T_LABEL) return /^\w+:\s*[\w,.+*#?@-]+\s*(=(?!=)|\{)/.test(line);
    return this.startsLine() ? /^[\w,.+*#?@-]+\s*(=(?!=)|;|\{)/.test(line) : /^[\w,.+*#?@-]+\s*(=(?!=)|\{)/.test(line);
  }

  /** Whether the text at the current token reads like a whole statement's start. */
  protected memberText(): boolean {
    const line = this.tokInput.text.slice(this.tokStart, this.tokStart + 200);
    return /^[\w,.+*#?@-]+[ \t]*(=(?!=)|;|\{)/.test(line);
  }

  /** Makes the current token a `;` that is not there, so that one forgotten `>;` is one message. */
  protected pretendSemicolon(): void {
    this.backToBoundary();
    this.kind = C_SEMICOLON;
    this.tokInput = this.lastInput;
    this.tokStart = this.lastEnd;
    this.tokEnd = this.lastEnd;
  }
}
