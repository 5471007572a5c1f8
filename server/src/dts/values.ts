/** Values of properties: elements, with commas between them and a ; behind (dtc-parser.y, propdata). */
import { ElementParser } from './elements';
import { C_CLOSE, C_COMMA, C_OPEN, C_SEMICOLON } from './punctuation';
import type { PropertySyntax } from './syntax';
import { T_CHARACTER, T_EOF, T_LABEL, T_LITERAL, T_WORD } from './tokens';

export abstract class ValueParser extends ElementParser {
  protected value(property: PropertySyntax): void {
    for (;;) {
      while (this.kind === T_LABEL) this.valueLabel(property);
      if (!this.element(property)) {
        if (this.kind === C_SEMICOLON) {
          this.missing('dts/expected-value', `a value is missing${this.lastIsComma() ? ' after ,' : ' after ='}`);
          return this.endProperty(property);
        }
        property.complete = false;
        if (this.kind === C_CLOSE || this.kind === T_EOF || this.looksLikeMember()) {
          this.missing(
            'dts/expected-value',
            `a value and ; are missing after ${this.lastIsComma() ? ',' : `${property.name} =`}`,
          );
          this.endProperty(property, true);
          return this.resumeMember();
        }
        const constant = this.kind === T_WORD && this.mayBeDefined();
        this.errorHere(constant ? 'dts/unknown-word' : 'dts/expected-value', this.valueMessage());
        this.skipValue();
        this.endProperty(property);
        return;
      }
      while (this.kind === T_LABEL && !this.looksLikeMember()) this.valueLabel(property);
      if (this.kind === C_COMMA) {
        this.next();
        continue;
      }
      if (this.kind === C_SEMICOLON) return this.endProperty(property);
      if (this.startsValue() && !this.looksLikeStatement()) {
        this.missing('dts/missing-comma', 'missing , between values');
        continue;
      }
      property.complete = false;
      if (this.kind === C_CLOSE || this.kind === T_EOF || this.startsLine() || this.looksLikeMember()) {
        this.missing('dts/missing-semicolon', `missing ; after the value of ${property.name}`);
        this.endProperty(property, true);
        return this.resumeMember();
      }
      this.errorHere('dts/unexpected', `expected , or ; not ${this.describe()}`);
      this.skipValue();
      return this.endProperty(property);
    }
  }

  protected valueMessage(): string {
    if (this.kind === T_WORD) return `"${this.tokText}" is not a value: a string needs quotes, a number < >`;
    if (this.kind === T_LITERAL || this.kind === T_CHARACTER) return 'a number must stand inside < >';
    return `expected a value, not ${this.describe()}`;
  }

  /** Skips to the `;` that ends a value, or to before a `}`. */
  protected skipValue(): void {
    for (;;) {
      if (this.kind === C_SEMICOLON || this.kind === T_EOF) return;
      if (this.kind === C_CLOSE || this.kind === C_OPEN) return this.resumeMember();
      if (this.looksLikeMember() && this.startsLine()) return this.resumeMember();
      this.next();
    }
  }
}
