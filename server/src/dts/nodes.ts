/** Nodes' bodies and what stands in them: properties, subnodes, deletions (dtc-parser.y, nodedef to subnode). */
import { Expansion } from '../source/expansion';
import { MODE_NAME } from '../source/inputs';
import type { TextOrigin } from '../source/options';
import { C_CLOSE, C_EQUALS, C_OPEN, C_SEMICOLON, C_SLASH } from './punctuation';
import { type LabelSyntax, NO_LABELS, NodeSyntax, type PropertySyntax } from './syntax';
import {
  T_DELETE_NODE,
  T_DELETE_PROPERTY,
  T_EOF,
  T_LABEL,
  T_MEMRESERVE,
  T_NAME,
  T_OMIT,
  T_PATH_REFERENCE,
  T_REFERENCE,
  T_VERSION,
} from './tokens';
import { ValueParser } from './values';

/** How macros are written, and no property is. */
const MACRO_LIKE = /^[A-Z][A-Z0-9_]+$/;

export abstract class NodeParser extends ValueParser {
  protected depth = 0;
  protected unwinding = false;

  /** Reads a node's body from its `{`. Afterwards the current token is the closing `;` (or what stands in its place). */
  protected body(node: NodeSyntax): void {
    const limit = this.options.limits.nodeDepth;
    node.bodyStart = this.tokEnd;
    this.depth++;
    if (this.depth > limit) {
      if (this.depth === limit + 1) this.errorHere('dts/too-deep', `nodes nest more than ${limit} deep`);
      this.skipBody();
    } else this.members(node);
    this.depth--;
    node.endInput = this.tokInput;
    node.end = this.tokEnd;
    if (this.unwinding) {
      node.endInput = this.lastInput;
      node.end = this.lastEnd;
      return;
    }
    if (this.kind === T_EOF) return;
    // At `}`.
    const mark = this.tokEnd;
    const { input } = this;
    const c = this.skipBlank();
    if (c === C_SEMICOLON) {
      this.next();
      node.endInput = this.tokInput;
      node.end = this.tokEnd;
    } else {
      this.report(
        'error',
        'dts/missing-semicolon',
        'missing ; after }',
        this.placeOf(this.tokInput, this.tokStart, this.tokEnd),
      );
      if (this.input === input && this.depth === 0) this.pos = Math.max(mark, this.pos);
      this.mode = MODE_NAME;
    }
  }

  private skipBody(): void {
    let nesting = 1;
    while (nesting > 0) {
      this.next();
      if (this.kind === T_EOF) return;
      if (this.kind === C_OPEN) nesting++;
      else if (this.kind === C_CLOSE) nesting--;
    }
  }

  private members(node: NodeSyntax): void {
    let complained = false;
    for (;;) {
      this.next();
      const labels = this.memberLabels();
      const { kind } = this;
      if (kind === C_CLOSE) {
        if (labels.length > 0)
          this.errorHere('dts/label-without-target', 'a label must stand before a node or property');
        return;
      }
      if (kind === T_EOF) {
        this.report('error', 'dts/missing-brace', 'this node has no closing }', unclosedNode(node).nameSpan);
        this.unwinding = true;
        return;
      }
      if (kind === T_NAME) {
        const isProperty = this.member(node, labels, false);
        if (isProperty && node.children.length > 0 && !complained) {
          complained = true;
          const last = node.properties[node.properties.length - 1];
          if (last !== undefined)
            this.report('error', 'dts/property-after-node', 'properties must stand before subnodes', last.nameSpan);
        }
      } else if (kind === T_DELETE_PROPERTY) {
        this.deleteProperty(node, labels);
        if (node.children.length > 0 && !complained) {
          complained = true;
          const last = node.properties[node.properties.length - 1];
          if (last !== undefined)
            this.report('error', 'dts/property-after-node', 'properties must stand before subnodes', last.nameSpan);
        }
      } else if (kind === T_DELETE_NODE) this.deleteNode(node, labels);
      else if (kind === T_OMIT) this.omit(node, labels);
      else if (kind === C_SEMICOLON) this.errorHere('dts/unexpected', 'this ; ends nothing');
      else if (this.closesTheNode()) {
        this.report('error', 'dts/missing-brace', `missing }; before this: a node is still open`, this.tokenSpan(), [
          { span: node.nameSpan, message: 'this node has no closing }' },
        ]);
        this.backToBoundary();
        this.unwinding = true;
      } else {
        if (!this.unknownKeyword()) {
          const what = this.isReference()
            ? `&${this.tokText} { } can only stand at top level`
            : `${this.describe()} cannot stand in a node`;
          this.errorHere('dts/unexpected', what);
        }
        this.recoverInBody();
      }
      this.complained = false;
      if (this.unwinding) return;
    }
  }

  private memberLabels(): readonly LabelSyntax[] {
    if (this.kind !== T_LABEL) return NO_LABELS;
    const labels: LabelSyntax[] = [];
    while (this.kind === T_LABEL) {
      labels.push(this.label());
      this.next();
    }
    return labels;
  }

  /** Whether the current token begins a top-level statement at the start of a line: then a `};` was forgotten. */
  private closesTheNode(): boolean {
    if (this.tokInput !== this.input) return false;
    if (this.kind === T_VERSION || this.kind === T_MEMRESERVE) return true;
    if (this.kind !== T_REFERENCE && this.kind !== T_PATH_REFERENCE && this.kind !== C_SLASH) return false;
    const text = this.input.text;
    const column = this.tokStart - (text.lastIndexOf('\n', this.tokStart - 1) + 1);
    return column === 0 && /^\s*\{/.test(text.slice(this.tokEnd, this.tokEnd + 80));
  }

  /** Skips to behind the `;` of a broken statement inside a body, or to before the body's `}`. */
  private recoverInBody(): void {
    let nesting = 0;
    for (;;) {
      if (this.kind === T_EOF) return;
      if (this.kind === C_SEMICOLON && nesting === 0) return;
      if (this.kind === C_OPEN) nesting++;
      if (this.kind === C_CLOSE) {
        if (nesting === 0) return this.backToBoundary();
        nesting--;
        if (nesting === 0) return this.skipSemicolon();
      }
      this.next();
    }
  }

  private member(parent: NodeSyntax, labels: readonly LabelSyntax[], omit: boolean): boolean {
    const name = this.tokText;
    const input = this.tokInput;
    const start = this.tokStart;
    const end = this.tokEnd;
    this.next();
    if (this.kind === 58 && !omit) {
      const message = /^[A-Za-z_]\w*$/.test(name)
        ? 'no blank can stand between a label and its :'
        : 'a label has letters, digits and _ only, and no digit first';
      this.errorAt('dts/bad-label', message, input, start, end);
      this.mode = MODE_NAME;
      this.next();
      return this.at(T_NAME) ? this.member(parent, labels, false) : this.recoverInBody() === undefined && false;
    }
    if (this.kind === C_OPEN)
      return this.childNode(parent, new NodeSyntax('named', name, input, start, end), labels, omit);
    if (omit) {
      this.errorHere('dts/expected-brace', `/omit-if-no-ref/ stands before a node: expected {, not ${this.describe()}`);
      this.recoverInBody();
      return false;
    }
    const property = this.startProperty(name, labels, false, input, start, end, start);
    parent.properties.push(property);
    if (this.kind === C_SEMICOLON) {
      this.endProperty(property);
      return true;
    }
    if (this.kind === C_EQUALS) {
      this.next();
      if (this.at(C_OPEN)) {
        this.errorHere('dts/unexpected', `no = stands before the { of a node`);
        parent.properties.pop();
        return this.childNode(parent, new NodeSyntax('named', name, input, start, end), labels, omit);
      }
      this.value(property);
    } else if (this.startsValue() && !(this.startsLine() && this.isReference())) {
      this.missing('dts/missing-equals', `missing = after ${name}`);
      this.value(property);
    } else if (this.incomplete && MACRO_LIKE.test(name) && this.startsLine()) {
      // a macro of what is missing, which stood for members: nobody's mistake here
      this.unknownAt(name, input, start, end);
      parent.properties.pop();
      this.resumeMember();
      return false;
    } else {
      property.complete = false;
      const node = new NodeSyntax('named', name, input, start, end);
      if (this.kind !== C_CLOSE && this.isIndented(node)) {
        this.missing('dts/expected-brace', `missing { or ; after ${name}`);
        parent.properties.pop();
        this.backToBoundary();
        this.tokEnd = this.tokStart;
        return this.childNode(parent, node, labels, omit);
      }
      if (this.kind === C_CLOSE || this.startsLine()) {
        this.missing('dts/missing-semicolon', `missing ; after ${name}`);
        this.endProperty(property, true);
        this.resumeMember();
      } else {
        this.errorHere('dts/unexpected', `expected =, { or ; after ${name}, not ${this.describe()}`);
        this.recoverInBody();
        this.endProperty(property);
      }
    }
    return true;
  }

  private childNode(parent: NodeSyntax, node: NodeSyntax, labels: readonly LabelSyntax[], omit: boolean): false {
    node.labels = labels;
    node.omitIfNoReference = omit;
    parent.children.push(node);
    this.body(node);
    return false;
  }

  private deleteProperty(node: NodeSyntax, labels: readonly LabelSyntax[]): void {
    const start = this.tokStart;
    this.next();
    if (this.kind !== T_NAME) {
      this.errorHere('dts/expected-name', `/delete-property/ needs a property name, not ${this.describe()}`);
      return this.recoverInBody();
    }
    const property = this.startProperty(this.tokText, labels, true, this.tokInput, this.tokStart, this.tokEnd, start);
    node.properties.push(property);
    this.next();
    this.closeMember(property);
  }

  private closeMember(property: PropertySyntax): void {
    if (this.at(C_SEMICOLON)) return this.endProperty(property);
    this.missing('dts/missing-semicolon', `missing ; after ${property.name}`);
    this.endProperty(property, true);
    this.resumeMember();
  }

  private deleteNode(parent: NodeSyntax, labels: readonly LabelSyntax[]): void {
    const [label] = labels;
    if (label !== undefined)
      this.report(
        'warning',
        'dts/label-without-target',
        'this label names nothing: it stands before /delete-node/',
        label.span,
      );
    this.next();
    if (this.isReference()) {
      this.errorHere(
        'dts/expected-name',
        `inside a node, /delete-node/ takes a child's name; &${this.tokText} can be deleted at top level`,
      );
      return this.recoverInBody();
    }
    if (this.kind !== T_NAME) {
      this.errorHere('dts/expected-name', `/delete-node/ needs a node name, not ${this.describe()}`);
      return this.recoverInBody();
    }
    const node = new NodeSyntax('delete', this.tokText, this.tokInput, this.tokStart, this.tokEnd);
    parent.children.push(node);
    this.next();
    if (this.at(C_SEMICOLON)) {
      node.endInput = this.tokInput;
      node.end = this.tokEnd;
      return;
    }
    this.missing('dts/missing-semicolon', `missing ; after ${node.name}`);
    this.resumeMember();
  }

  private omit(parent: NodeSyntax, before: readonly LabelSyntax[]): void {
    this.next();
    const after = this.memberLabels();
    if (this.kind !== T_NAME) {
      this.errorHere('dts/expected-name', `/omit-if-no-ref/ stands before a node, not ${this.describe()}`);
      return this.recoverInBody();
    }
    this.member(parent, before.length === 0 ? after : [...before, ...after], true);
  }

  /** Whether the current token stands on a later line than a node's name, further to the right: inside a { that was forgotten. */
  protected isIndented(node: NodeSyntax): boolean {
    if (this.tokInput !== node.input || this.tokInput instanceof Expansion || !this.startsLine()) return false;
    return indentOf(this.tokInput, this.tokStart) > indentOf(node.input, node.start);
  }

  /** A `/word/` that is no keyword, with the current token at its first slash. False when the text is something else. */
  protected unknownKeyword(): boolean {
    if (this.kind !== C_SLASH || this.tokInput !== this.input) return false;
    const word = /^\/[a-z][\w-]*\//.exec(this.input.text.slice(this.tokStart, this.tokStart + 40))?.[0];
    if (word === undefined) return false;
    this.tokEnd = this.tokStart + word.length;
    this.pos = this.tokEnd;
    this.errorHere('dts/unknown-keyword', `${word} is not a keyword of devicetree source`);
    this.next();
    return true;
  }

  protected skipSemicolon(): void {
    // One character of look-ahead in the text: the next token must be read as a statement's first one.
    const c = this.skipBlank();
    if (c === C_SEMICOLON) {
      this.pos++;
      this.mode = MODE_NAME;
    }
  }
}

/** How far a place's line is indented (a tab counts to the next multiple of eight). */
function indentOf(input: TextOrigin, at: number): number {
  const { text } = input;
  let column = 0;
  for (let i = text.lastIndexOf('\n', at - 1) + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 9) column = (column | 7) + 1;
    else if (c === 32) column++;
    else break;
  }
  return column;
}

/** Which node most likely lacks its }: one that holds a node written no further to the right than itself; else the open one. */
function unclosedNode(open: NodeSyntax): NodeSyntax {
  for (const child of open.children) {
    if (child.input instanceof Expansion || child.input !== open.input) continue;
    const found = unclosedNode(child);
    if (
      found !== child ||
      child.children.some(
        (c) => c.input === child.input && indentOf(c.input, c.start) <= indentOf(child.input, child.start),
      )
    )
      return found;
  }
  return open;
}
