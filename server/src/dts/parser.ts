/**
 * dtc's grammar (dtc-parser.y) by recursive descent. It never fails: a mistake becomes one problem at its place, and what
 * stands around it is kept.
 */
import { Expansion } from '../source/expansion';
import type { FileProvider, SourceFile } from '../source/file';
import { MODE_NAME } from '../source/inputs';
import type { PreprocessOptions, TextOrigin } from '../source/options';
import type { SourceCache, Unit } from '../source/units';
import { toBig } from './integer';
import { C_CLOSE, C_EQUALS, C_OPEN, C_SEMICOLON, C_SLASH } from './punctuation';
import {
  type LabelSyntax,
  NO_LABELS,
  NodeSyntax,
  type ParsedSource,
  type PropertySyntax,
  type Statement,
} from './syntax';
import {
  T_DELETE_NODE,
  T_DELETE_PROPERTY,
  T_EOF,
  T_LABEL,
  T_MEMRESERVE,
  T_NAME,
  T_OMIT,
  T_PATH_REFERENCE,
  T_PLUGIN,
  T_REFERENCE,
  T_VERSION,
  T_WORD,
} from './tokens';
import { ValueParser } from './values';

/** Parses a board. Problems of the text itself are in the units; nothing is thrown. */
export function parseSource(
  entry: SourceFile,
  files: FileProvider,
  cache: SourceCache<Statement>,
  options: PreprocessOptions,
): ParsedSource {
  return new Parser(entry, files, cache, options).run();
}
class Parser extends ValueParser {
  private depth = 0;
  private unwinding = false;
  /** Broken statements in a row at top level: one stray text is one message. */
  private badStatements = 0;
  /** Set by statements outside any node: the } that closes them is no further mistake. */
  private strayMembers = false;

  protected override unitBoundary(): void {
    this.badStatements = 0;
    this.strayMembers = false;
  }
  run(): ParsedSource {
    for (;;) {
      this.atBoundary = true;
      this.next();
      if (this.kind === T_EOF) break;
      const bad = this.badStatements;
      this.statement();
      this.complained = false;
      if (bad === this.badStatements) this.badStatements = 0;
    }
    const { frame, macros, incomplete } = this.finishRun();
    for (const store of this.stores) store.trim();
    const unit: Unit<Statement> = {
      file: frame.file,
      items: frame.items,
      problems: frame.problems,
      includes: frame.includes,
      readings: frame.readings,
      log: frame.log,
      files: frame.files,
      mode: 0,
      preprocessed: true,
      size: frame.size,
    };
    return { unit, macros, incomplete };
  }
  // ---- top level --------------------------------------------------------------------------------------------------

  private add(item: Statement): void {
    this.frame.items.push(item);
  }

  private statement(): void {
    this.unwinding = false;
    const start = this.tokStart;
    const input = this.tokInput;
    switch (this.kind) {
      case T_VERSION:
      case T_PLUGIN:
        return this.version();
      case T_MEMRESERVE:
        return this.memreserve(NO_LABELS);
      case C_SLASH:
        return this.rootNode(NO_LABELS);
      case T_REFERENCE:
      case T_PATH_REFERENCE:
        return this.referenceNode(NO_LABELS);
      case T_LABEL:
        return this.labelled();
      case T_DELETE_NODE:
      case T_OMIT: {
        const kind = this.kind === T_OMIT ? 'omit' : 'delete';
        this.next();
        if (this.isReference()) {
          const reference = this.tokText;
          const span = this.tokenSpan();
          this.next();
          this.endStatement(input, start);
          this.add({ kind, reference, span });
          return;
        }
        this.errorHere(
          'dts/expected-reference',
          `at top level, /${kind === 'omit' ? 'omit-if-no-ref' : 'delete-node'}/ needs a reference such as &label, not ${this.describe()}`,
        );
        return this.recover();
      }
      case C_CLOSE:
        if (!this.strayMembers) this.errorHere('dts/unbalanced-brace', 'this } closes nothing');
        this.strayMembers = false;
        this.skipSemicolon();
        return;
      case C_SEMICOLON:
        return this.errorHere('dts/unexpected', 'this ; ends nothing');
      case T_NAME:
      case T_WORD: {
        const name = this.tokText;
        if (this.isBareIncludeName()) return;
        return this.bad('dts/not-in-node', `"${name}" must stand inside a node, such as / { … };`);
      }
      default:
        return this.bad('dts/unexpected', `${this.describe()} cannot start a statement`);
    }
  }

  /** A statement that cannot stand at top level: said once for several in a row. */
  private bad(code: string, message: string): void {
    if (this.badStatements === 0) this.errorHere(code, message);
    this.badStatements++;
    this.strayMembers = true;
    this.recover();
  }

  /** A `/word/` that is no keyword, with the current token at its first slash. False when the text is something else. */
  private unknownKeyword(): boolean {
    if (this.kind !== C_SLASH || this.tokInput !== this.input) return false;
    const word = /^\/[a-z][\w-]*\//.exec(this.input.text.slice(this.tokStart, this.tokStart + 40))?.[0];
    if (word === undefined) return false;
    this.tokEnd = this.tokStart + word.length;
    this.pos = this.tokEnd;
    this.errorHere('dts/unknown-keyword', `${word} is not a keyword of devicetree source`);
    this.next();
    return true;
  }

  /** Hook for text such as `#inlcude <x>`: a `#` word that is no directive, alone on its line. */
  private isBareIncludeName(): boolean {
    if (!this.tokText.startsWith('#') || this.tokInput !== this.input) return false;
    const text = this.input.text;
    const end = text.indexOf('\n', this.tokEnd);
    const rest = text.slice(this.tokEnd, end < 0 ? text.length : end);
    if (!/^\s*["<]/.test(rest)) return false;
    this.errorHere('cpp/unknown-directive', `${this.tokText} is not a directive of the preprocessor`);
    this.pos = end < 0 ? text.length : end;
    this.mode = MODE_NAME;
    return true;
  }

  private skipSemicolon(): void {
    // One character of look-ahead in the text: the next token must be read as a statement's first one.
    const c = this.skipBlank();
    if (c === C_SEMICOLON) {
      this.pos++;
      this.mode = MODE_NAME;
    }
  }

  private version(): void {
    const kind = this.kind === T_PLUGIN ? 'plugin' : 'version';
    const span = this.tokenSpan();
    const input = this.tokInput;
    const start = this.tokStart;
    this.next();
    this.endStatement(input, start);
    this.add({ kind, span });
  }

  private memreserve(labels: readonly LabelSyntax[]): void {
    const input = this.tokInput;
    const start = this.tokStart;
    const span = this.tokenSpan();
    this.next();
    const address = this.primary('an address');
    const size = address === null ? null : this.primary('a size');
    if (address === null || size === null) return this.recover();
    this.endStatement(input, start);
    this.add({ kind: 'memreserve', address: toBig(address), size: toBig(size), span, labels });
  }

  private labelled(): void {
    const labels: LabelSyntax[] = [];
    while (this.kind === T_LABEL) {
      labels.push(this.label());
      this.next();
    }
    if (this.isReference()) {
      if (labels.length > 1)
        this.errorHere('dts/label-before-reference', 'only one label can stand before a reference');
      return this.referenceNode(labels);
    }
    if (this.kind === T_MEMRESERVE) return this.memreserve(labels);
    if (this.kind === C_SLASH) {
      const place = labels[0]?.span;
      if (place !== undefined)
        this.report('error', 'dts/label-before-root', 'the root node cannot have a label here', place);
      return this.rootNode(NO_LABELS);
    }
    this.bad('dts/not-in-node', `${this.describe()} must stand inside a node, such as / { … };`);
  }

  private rootNode(labels: readonly LabelSyntax[]): void {
    if (this.unknownKeyword()) return this.recover();
    const node = new NodeSyntax('root', '', this.tokInput, this.tokStart, this.tokEnd);
    node.labels = labels;
    this.next();
    if (this.kind !== C_OPEN) {
      return this.bad('dts/expected-brace', `expected { after /, not ${this.describe()}`);
    }
    this.body(node);
    this.add({ kind: 'node', node });
  }

  private referenceNode(labels: readonly LabelSyntax[]): void {
    const node = new NodeSyntax('reference', this.tokText, this.tokInput, this.tokStart, this.tokEnd);
    node.labels = labels;
    this.next();
    if (this.kind !== C_OPEN) {
      this.missing('dts/expected-brace', `expected { after &${node.name}`);
      if (this.isIndented(node)) {
        this.backToBoundary();
        this.kind = C_OPEN;
        this.tokEnd = this.tokStart;
        this.body(node);
      }
      this.add({ kind: 'node', node });
      if (node.bodyStart >= 0) return;
      return this.startsTopLevel() ? this.backToBoundary() : this.recover();
    }
    this.body(node);
    this.add({ kind: 'node', node });
  }

  private startsTopLevel(): boolean {
    return (
      this.tokInput === this.input &&
      (this.isReference() || this.kind === C_SLASH || this.kind === T_LABEL || this.kind === T_DELETE_NODE) &&
      this.startsLine()
    );
  }

  /** Whether the current token stands on a later line than a node's name, further to the right: inside a { that was forgotten. */
  private isIndented(node: NodeSyntax): boolean {
    if (this.tokInput !== node.input || this.tokInput instanceof Expansion || !this.startsLine()) return false;
    return indentOf(this.tokInput, this.tokStart) > indentOf(node.input, node.start);
  }

  /** Skips to the end of a broken top-level statement: behind its `;` or `};`, or before what surely starts a new one. */
  private recover(): void {
    let nesting = 0;
    for (;;) {
      if (this.kind === T_EOF) return;
      if (this.kind === C_OPEN) nesting++;
      else if (this.kind === C_CLOSE) {
        if (nesting > 0) nesting--;
        if (nesting === 0) return this.skipSemicolon();
      } else if (this.kind === C_SEMICOLON && nesting === 0) return;
      else if (nesting === 0 && this.startsTopLevel() && this.kind !== T_LABEL) return this.backToBoundary();
      this.next();
    }
  }

  /** Takes the `;` at the end of a statement; what else stands there stays for the next one. */
  private endStatement(_input: TextOrigin, _start: number): void {
    if (this.kind === C_SEMICOLON) return;
    this.missing('dts/missing-semicolon', 'missing ;');
    this.backToBoundary();
  }
  // ---- nodes ------------------------------------------------------------------------------------------------------

  /** Reads a node's body from its `{`. Afterwards the current token is the closing `;` (or what stands in its place). */
  private body(node: NodeSyntax): void {
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
