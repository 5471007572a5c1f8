/**
 * dtc's grammar (dtc-parser.y) by recursive descent. It never fails: a mistake becomes one problem at its place, and what
 * stands around it is kept.
 */
import { Expansion } from '../source/expand';
import type { FileProvider, SourceFile, Span } from '../source/file';
import type { Macro, Via } from '../source/macro';
import {
  MODE_NAME,
  type PreprocessOptions,
  type SourceCache,
  type SourceProblem,
  type TextOrigin,
  type Unit,
} from '../source/preprocessor';
import { apply, type Int, invert, isTruncated, low32, negate, toBig } from './integer';
import {
  Lexer,
  T_AND,
  T_BITS,
  T_BYTE,
  T_CHARACTER,
  T_DELETE_NODE,
  T_DELETE_PROPERTY,
  T_EOF,
  T_EQ,
  T_GE,
  T_INCBIN,
  T_LABEL,
  T_LE,
  T_LITERAL,
  T_LSHIFT,
  T_MEMRESERVE,
  T_NAME,
  T_NE,
  T_OMIT,
  T_OR,
  T_PATH_REFERENCE,
  T_PLUGIN,
  T_REFERENCE,
  T_RSHIFT,
  T_STRING,
  T_VERSION,
  T_WORD,
} from './lexer';
import {
  LabelSyntax,
  NO_LABELS,
  NodeSyntax,
  PART_BYTES,
  PART_CELL,
  PART_INCBIN,
  PART_LABEL,
  PART_PATH,
  PART_PHANDLE,
  PART_STRING,
  type ParsedSource,
  type PartSource,
  PropertySyntax,
  type Statement,
  ValueStore,
} from './syntax';

const C_SEMICOLON = 59;
const C_OPEN = 123;
const C_CLOSE = 125;
const C_EQUALS = 61;
const C_LESS = 60;
const C_GREATER = 62;
const C_COMMA = 44;
const C_SLASH = 47;
const C_LPAREN = 40;
const C_RPAREN = 41;
const C_LBRACKET = 91;
const C_RBRACKET = 93;

/** Binary operators by token, with their level: a higher one binds tighter. */
const OPERATORS: ReadonlyMap<number, readonly [op: string, level: number]> = new Map([
  [T_OR, ['||', 1]],
  [T_AND, ['&&', 2]],
  [124, ['|', 3]],
  [94, ['^', 4]],
  [38, ['&', 5]],
  [T_EQ, ['==', 6]],
  [T_NE, ['!=', 6]],
  [C_LESS, ['<', 7]],
  [C_GREATER, ['>', 7]],
  [T_LE, ['<=', 7]],
  [T_GE, ['>=', 7]],
  [T_LSHIFT, ['<<', 8]],
  [T_RSHIFT, ['>>', 8]],
  [43, ['+', 9]],
  [45, ['-', 9]],
  [42, ['*', 10]],
  [C_SLASH, ['/', 10]],
  [37, ['%', 10]],
] as const);

/** Problems of form, of which a statement needs only one. */
const FORM = /^dts\/(missing|unexpected|expected|bad-byte|bad-incbin|bad-bits|bad-label|not-in-node|unknown-keyword)/;

const MAX_EXPRESSION_DEPTH = 200;

/** Parses a board. Problems of the text itself are in the units; nothing is thrown. */
export function parseSource(
  entry: SourceFile,
  files: FileProvider,
  cache: SourceCache<Statement>,
  options: PreprocessOptions,
): ParsedSource {
  return new Parser(entry, files, cache, options).run();
}

class Parser extends Lexer<Statement> {
  private store = new ValueStore();
  private storeSerial = -1;
  private readonly stores: ValueStore[] = [];
  private readonly macroSource = new Map<Macro, number>();
  private inputSource: TextOrigin | null = null;
  private inputIndex = 0;
  private depth = 0;
  /** Macros met inside the expression being read. */
  private expressionMacros: (Via | Macro)[] = [];
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
      reads: [],
      readValues: [],
      writes: [],
      writeValues: [],
      files: frame.files,
      mode: 0,
      preprocessed: true,
      size: frame.size,
    };
    return { unit, macros, incomplete };
  }

  // ---- problems ---------------------------------------------------------------------------------------------------

  /** An error at the current token; in text that macros made, with the macro's definition as related place. */
  private errorHere(code: string, message: string): void {
    this.errorAt(code, message, this.tokInput, this.tokStart, this.tokEnd);
  }

  /** Whether a problem is to be kept quiet, as the statement has one of its form already. */
  private quiet(code: string): boolean {
    if (code === 'dts/unknown-word' && this.incomplete) return true;
    if (!FORM.test(code)) return false;
    if (this.complained) return true;
    this.complained = true;
    return false;
  }

  private errorAt(
    code: string,
    message: string,
    input: TextOrigin,
    start: number,
    end: number,
    severity: SourceProblem['severity'] = 'error',
  ): void {
    if (this.quiet(code)) return;
    const macro = input instanceof Expansion ? input.macrosAt(start)[0]?.macro : undefined;
    const related =
      macro?.file != null
        ? [
            {
              span: { file: macro.file, start: macro.start, end: macro.end },
              message: `in the expansion of macro "${macro.name}"`,
            },
          ]
        : undefined;
    this.report(severity, code, message, this.placeOf(input, start, end), related);
  }

  /** A zero-width place just behind the last token: where something is missing. */
  private missing(code: string, message: string, related?: { span: Span; message: string }): void {
    if (this.quiet(code)) return;
    const at = Math.max(0, this.lastEnd);
    const span = this.placeOf(this.lastInput, Math.max(0, at - 1), at);
    this.report('error', code, message, span, related === undefined ? undefined : [related]);
  }

  /** `this.kind === kind`, without the compiler believing that the kind stays what it was tested for. */
  private at(kind: number): boolean {
    return this.kind === kind;
  }

  private describe(): string {
    if (this.kind === T_EOF) return 'the end of the file';
    const text = this.tokInput.text.slice(this.tokStart, Math.min(this.tokEnd, this.tokStart + 40));
    return `"${text.split('\n', 1)[0]}"`;
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

  private isReference(): boolean {
    return this.kind === T_REFERENCE || this.kind === T_PATH_REFERENCE;
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

  private label(): LabelSyntax {
    return new LabelSyntax(this.tokText, this.tokInput, this.tokStart, this.tokStart + this.tokText.length);
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

  /** Lets the next statement begin with the current token again. */
  private backToBoundary(): void {
    if (this.tokInput !== this.input || this.kind === T_EOF) return;
    this.pos = this.tokStart;
    this.mode = MODE_NAME;
  }

  /** Whether the current token stands on a later line than a node's name, further to the right: inside a { that was forgotten. */
  private isIndented(node: NodeSyntax): boolean {
    if (this.tokInput !== node.input || this.tokInput instanceof Expansion || !this.startsLine()) return false;
    return indentOf(this.tokInput, this.tokStart) > indentOf(node.input, node.start);
  }

  /** Whether the current token is the first on its line. */
  private startsLine(): boolean {
    const text = this.tokInput.text;
    for (let i = this.tokStart - 1; i >= 0; i--) {
      const c = text.charCodeAt(i);
      if (c === 10) return true;
      if (c !== 32 && c !== 9) return false;
    }
    return true;
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

  /** Goes back so that the current token is read as the start of a member. */
  private resumeMember(): void {
    this.backToBoundary();
  }

  private startsValue(): boolean {
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
      this.report('error', 'dts/label-without-target', 'a label cannot stand before /delete-node/', label.span);
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

  // ---- properties -------------------------------------------------------------------------------------------------

  private startProperty(
    name: string,
    labels: readonly LabelSyntax[],
    deletes: boolean,
    input: TextOrigin,
    nameStart: number,
    nameEnd: number,
    start: number,
  ): PropertySyntax {
    if (this.storeSerial !== this.frame.serial) {
      this.store = new ValueStore();
      this.stores.push(this.store);
      this.storeSerial = this.frame.serial;
      this.macroSource.clear();
      this.inputSource = null;
    }
    const property = new PropertySyntax(name, labels, deletes, this.store, input, nameStart, nameEnd, start);
    property.bytesFrom = this.store.length;
    property.partFrom = this.store.partCount;
    return property;
  }

  private endProperty(property: PropertySyntax, beforeToken = false): void {
    property.bytesLength = this.store.length - property.bytesFrom;
    property.partCount = this.store.partCount - property.partFrom;
    property.endInput = beforeToken ? this.lastInput : this.tokInput;
    property.end = beforeToken ? this.lastEnd : this.tokEnd;
  }

  /** The index of where a token came from when that is not plainly the property's own file. */
  private sourceOf(property: PropertySyntax): number {
    if (this.tokMacro !== null) return this.macroIndex(this.tokMacro);
    if (this.tokInput === property.input) return 0;
    if (this.tokInput !== this.inputSource) {
      this.inputSource = this.tokInput;
      this.inputIndex = this.addSource({ input: this.tokInput, macros: [] });
    }
    return this.inputIndex;
  }

  private macroIndex(macro: Macro): number {
    let index = this.macroSource.get(macro);
    if (index === undefined) {
      index = this.addSource({ macro });
      this.macroSource.set(macro, index);
    }
    return index;
  }

  private addSource(source: PartSource): number {
    return this.store.sources.push(source);
  }

  private part(property: PropertySyntax, kind: number, width: number, source = this.sourceOf(property)): void {
    this.store.part(kind, width, this.store.length - property.bytesFrom, this.tokStart, this.tokEnd, source);
  }

  private value(property: PropertySyntax): void {
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
        this.errorHere('dts/expected-value', this.valueMessage());
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

  private valueMessage(): string {
    if (this.kind === T_WORD) return `"${this.tokText}" is not a value: a string needs quotes, a number < >`;
    if (this.kind === T_LITERAL || this.kind === T_CHARACTER) return 'a number must stand inside < >';
    return `expected a value, not ${this.describe()}`;
  }

  private lastIsComma(): boolean {
    return this.lastInput.text.charCodeAt(this.lastEnd - 1) === C_COMMA;
  }

  /** A `&label {` at the start of a line is the next statement, not a value. */
  private looksLikeStatement(): boolean {
    return (
      this.isReference() && this.startsLine() && /^\s*\{/.test(this.tokInput.text.slice(this.tokEnd, this.tokEnd + 40))
    );
  }

  /** Whether the text at the current token, first on its line, reads like a property or node: `name =`, `name;`, `name {`. */
  private looksLikeMember(): boolean {
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
  private memberText(): boolean {
    const line = this.tokInput.text.slice(this.tokStart, this.tokStart + 200);
    return /^[\w,.+*#?@-]+[ \t]*(=(?!=)|;|\{)/.test(line);
  }

  /** Skips to the `;` that ends a value, or to before a `}`. */
  private skipValue(): void {
    for (;;) {
      if (this.kind === C_SEMICOLON || this.kind === T_EOF) return;
      if (this.kind === C_CLOSE || this.kind === C_OPEN) return this.resumeMember();
      if (this.looksLikeMember() && this.startsLine()) return this.resumeMember();
      this.next();
    }
  }

  private valueLabel(property: PropertySyntax): void {
    this.part(property, PART_LABEL, 0);
    this.next();
  }

  /** One element of a value, up to behind it; false when none starts here. */
  private element(property: PropertySyntax): boolean {
    switch (this.kind) {
      case T_STRING:
        this.string(property);
        return true;
      case T_BITS:
        this.bits(property);
        return true;
      case C_LESS:
        this.next();
        this.cells(property, 32);
        return true;
      case C_LBRACKET:
        this.byteString(property);
        return true;
      case T_REFERENCE:
      case T_PATH_REFERENCE:
        if (this.looksLikeStatement()) return false;
        this.reference(property, true);
        this.part(property, PART_PATH, 0);
        this.next();
        return true;
      case T_INCBIN:
        this.incbin(property);
        return true;
      default:
        return false;
    }
  }

  private reference(property: PropertySyntax, path: boolean): void {
    const { store } = this;
    property.references ??= [];
    property.references.push({
      offset: store.length - property.bytesFrom,
      text: this.tokText,
      path,
      input: this.tokInput,
      start: this.tokStart,
      end: this.tokEnd,
    });
  }

  private string(property: PropertySyntax): void {
    this.part(property, PART_STRING, 0);
    const { store } = this;
    const { text } = this.tokInput;
    const from = store.length;
    const end =
      text.charCodeAt(this.tokEnd - 1) === 34 && this.tokEnd > this.tokStart + 1 ? this.tokEnd - 1 : this.tokEnd;
    store.reserve(end - this.tokStart + 1);
    const { bytes } = store;
    let to = from;
    for (let i = this.tokStart + 1; i < end; i++) {
      const c = text.charCodeAt(i);
      if (c === 92 || c >= 128) {
        // Escapes and characters beyond ASCII: the whole string anew, the slow way.
        const slow = this.stringBytes();
        store.reserve(slow.length + 1);
        store.bytes.set(slow, from);
        to = from + slow.length;
        break;
      }
      bytes[to++] = c;
    }
    store.bytes[to++] = 0;
    store.length = to;
    this.next();
  }

  private bits(property: PropertySyntax): void {
    this.next();
    let bits = 32;
    if (this.kind === T_LITERAL) {
      bits = this.tokNumber;
      if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) {
        this.errorHere('dts/bad-bits', 'array elements must be 8, 16, 32 or 64 bits wide');
        bits = 32;
      }
      this.next();
    } else this.errorHere('dts/bad-bits', `expected 8, 16, 32 or 64 after /bits/, not ${this.describe()}`);
    if (this.kind === C_LESS) {
      this.next();
      this.cells(property, bits as 8 | 16 | 32 | 64);
    } else this.errorHere('dts/unexpected', `expected < after /bits/ ${bits}, not ${this.describe()}`);
  }

  /** Cells up to behind the `>`. */
  private cells(property: PropertySyntax, bits: 8 | 16 | 32 | 64): void {
    const { store } = this;
    for (;;) {
      switch (this.kind) {
        case T_LITERAL:
          if (bits === 32 && this.tokBig === null && this.tokNumber <= 0xffffffff) {
            store.part(
              PART_CELL,
              32,
              store.length - property.bytesFrom,
              this.tokStart,
              this.tokEnd,
              this.sourceOf(property),
            );
            store.u32(this.tokNumber);
            this.next();
            continue;
          }
          this.cell(property, bits);
          continue;
        case T_CHARACTER:
        case C_LPAREN:
          this.cell(property, bits);
          continue;
        case T_REFERENCE:
        case T_PATH_REFERENCE:
          if (this.looksLikeStatement()) break;
          if (bits === 32) {
            this.reference(property, false);
            this.part(property, PART_PHANDLE, 32);
          } else this.errorHere('dts/reference-width', 'references are only allowed in arrays of 32-bit elements');
          this.put(0xffffffff, bits, true);
          this.next();
          continue;
        case T_LABEL:
          if (this.looksLikeMember()) break;
          this.valueLabel(property);
          continue;
        case C_GREATER:
          this.next();
          return;
        case T_RSHIFT:
          // `>>` cannot end a value: the second > is one too many.
          this.errorHere('dts/unexpected', 'one > too many');
          this.next();
          return;
        case T_WORD:
          if (this.looksLikeMember()) break;
          this.errorHere('dts/unknown-word', `"${this.tokText}" is neither a number nor a macro that is defined here`);
          this.part(property, PART_CELL, bits);
          this.put(0, bits, false);
          this.skipCall();
          continue;
        case C_COMMA:
          if (/^\s*["<[/]/.test(this.tokInput.text.slice(this.tokEnd, this.tokEnd + 40))) break;
          this.errorHere('dts/unexpected', 'cells are separated by blanks, not by ,');
          this.next();
          continue;
        case C_SEMICOLON:
        case C_CLOSE:
        case C_OPEN:
        case T_EOF:
        case T_DELETE_NODE:
        case T_DELETE_PROPERTY:
        case C_LESS:
        case T_STRING:
        case 35:
          break;
        default:
          this.errorHere('dts/unexpected', this.cellMessage());
          if (OPERATORS.has(this.kind)) this.skipExpression();
          else this.next();
          continue;
      }
      this.missing('dts/missing-bracket', 'missing >');
      property.complete = false;
      // Without its > the statement most likely lacks its ; as well: say it once.
      if (this.looksLikeMember() || this.kind === C_CLOSE) this.pretendSemicolon();
      return;
    }
  }

  private cellMessage(): string {
    if (this.kind === 38) return 'a label or {path} must follow &';
    if (OPERATORS.has(this.kind) || this.kind === 126 || this.kind === 33)
      return 'an expression must stand in parentheses';
    return `${this.describe()} cannot stand between < and >`;
  }

  /** Makes the current token a `;` that is not there, so that one forgotten `>;` is one message. */
  private pretendSemicolon(): void {
    this.backToBoundary();
    this.kind = C_SEMICOLON;
    this.tokInput = this.lastInput;
    this.tokStart = this.lastEnd;
    this.tokEnd = this.lastEnd;
  }

  /** After an unknown word: skips `( … )` right behind it, the arguments of a macro that is not there. */
  private skipCall(): void {
    this.next();
    if (this.kind !== C_LPAREN) return;
    for (let nesting = 0; ; this.next()) {
      if (this.kind === C_LPAREN) nesting++;
      else if (this.kind === C_RPAREN && --nesting === 0) return this.next();
      else if (this.kind === C_SEMICOLON || this.kind === C_CLOSE || this.kind === T_EOF || this.kind === C_GREATER)
        return;
    }
  }

  /** After an operator outside parentheses: skips the operand, which would only be reported again. */
  private skipExpression(): void {
    while (OPERATORS.has(this.kind) && this.kind !== C_GREATER && this.kind !== C_LESS) {
      this.next();
      if (this.kind === T_LITERAL || this.kind === T_CHARACTER || this.kind === T_WORD) this.next();
    }
  }

  private cell(property: PropertySyntax, bits: 8 | 16 | 32 | 64): void {
    const input = this.tokInput;
    const start = this.tokStart;
    let source = this.sourceOf(property);
    const simple = this.kind !== C_LPAREN;
    this.expressionMacros = [];
    const offset = this.store.length - property.bytesFrom;
    const value = this.primary('a number') ?? 0;
    const end = this.lastInput === input ? this.lastEnd : input.text.length;
    if (!simple && this.expressionMacros.length > 0) source = this.addSource({ input, macros: this.expressionMacros });
    if (isTruncated(value, bits)) {
      const shown = BigInt.asUintN(bits, toBig(value))
        .toString(16)
        .padStart(bits / 4, '0');
      this.errorAt(
        'dts/truncated',
        `value 0x${toBig(value).toString(16)} truncated to 0x${shown}`,
        input,
        start,
        end,
        'warning',
      );
    }
    this.store.part(PART_CELL, bits, offset, start, end, source);
    this.put(value, bits, false);
  }

  private put(value: Int, bits: number, ones: boolean): void {
    const { store } = this;
    if (bits === 32) store.u32(low32(value));
    else if (bits === 8) store.u8(low32(value) & 0xff);
    else if (bits === 16) {
      const word = low32(value);
      store.u8((word >>> 8) & 0xff);
      store.u8(word & 0xff);
    } else {
      const big = ones ? (1n << 64n) - 1n : toBig(value);
      store.u32(Number(big >> 32n));
      store.u32(Number(big & 0xffffffffn));
    }
  }

  private byteString(property: PropertySyntax): void {
    const { store } = this;
    const from = store.length;
    const start = this.tokStart;
    const input = this.tokInput;
    const source = this.sourceOf(property);
    this.next();
    for (;;) {
      if (this.kind === T_BYTE) store.u8(this.tokNumber);
      else if (this.kind === T_LABEL) this.part(property, PART_LABEL, 0);
      else if (this.kind === C_RBRACKET) break;
      else if (this.kind === C_SEMICOLON || this.kind === C_CLOSE || this.kind === C_OPEN || this.kind === T_EOF) {
        this.missing('dts/missing-bracket', 'missing ]');
        property.complete = false;
        store.part(PART_BYTES, 0, from - property.bytesFrom, start, this.lastEnd, source);
        if (this.kind !== C_SEMICOLON) this.mode = MODE_NAME;
        return;
      } else if (this.startsLine() && this.memberText()) {
        this.missing('dts/missing-bracket', 'missing ]');
        property.complete = false;
        store.part(PART_BYTES, 0, from - property.bytesFrom, start, this.lastEnd, source);
        return this.pretendSemicolon();
      } else {
        this.errorHere('dts/bad-byte', `${this.describe()} is not a byte of two hexadecimal digits`);
      }
      this.next();
    }
    const end = input === this.tokInput ? this.tokEnd : input.text.length;
    store.part(PART_BYTES, 0, from - property.bytesFrom, start, end, source);
    this.next();
  }

  private incbin(property: PropertySyntax): void {
    const { store } = this;
    const input = this.tokInput;
    const start = this.tokStart;
    const source = this.sourceOf(property);
    const from = store.length;
    this.poison();
    this.next();
    if (this.kind !== C_LPAREN)
      return this.errorHere('dts/bad-incbin', `expected ( after /incbin/, not ${this.describe()}`);
    this.next();
    if (!this.at(T_STRING))
      return this.errorHere('dts/bad-incbin', `/incbin/ needs a file name in quotes, not ${this.describe()}`);
    const name = new TextDecoder().decode(this.stringBytes());
    const place = this.tokenSpan();
    this.next();
    let skip: Int = 0;
    let length: Int | null = null;
    if (this.at(C_COMMA)) {
      this.next();
      skip = this.primary('an offset') ?? 0;
      if (this.at(C_COMMA)) {
        this.next();
        length = this.primary('a length') ?? 0;
      } else this.errorHere('dts/bad-incbin', `expected , and a length, not ${this.describe()}`);
    }
    const found = this.findBytes(name);
    const limit = this.options.limits.incbinSize;
    if (found === null) this.report('error', 'dts/incbin-not-found', `${name}: no such file`, place);
    else {
      const from32 = Number(toBig(skip) > 0xffffffffn ? 0xffffffffn : toBig(skip));
      const to =
        length === null
          ? found.bytes.length
          : from32 + Number(toBig(length) > 0xffffffffn ? 0xffffffffn : toBig(length));
      const bytes = found.bytes.subarray(Math.min(from32, found.bytes.length), Math.min(to, found.bytes.length));
      if (bytes.length > limit)
        this.report(
          'error',
          'dts/incbin-too-large',
          `${name} has ${bytes.length} bytes, more than the limit of ${limit}`,
          place,
        );
      else {
        store.reserve(bytes.length);
        store.bytes.set(bytes, store.length);
        store.length += bytes.length;
      }
    }
    store.part(
      PART_INCBIN,
      0,
      from - property.bytesFrom,
      start,
      this.tokInput === input ? this.tokEnd : start + 8,
      source,
    );
    if (this.at(C_RPAREN)) this.next();
    else this.errorHere('dts/bad-incbin', `expected ) not ${this.describe()}`);
  }

  // ---- integers ---------------------------------------------------------------------------------------------------

  private noteMacro(): void {
    if (this.tokMacro !== null) {
      const { file, start, end } = this.tokenSpan();
      this.expressionMacros.push({ macro: this.tokMacro, file, start, end, parent: null });
    } else if (this.tokInput instanceof Expansion) {
      for (const via of this.tokInput.macrosAt(this.tokStart))
        if (!this.expressionMacros.includes(via)) this.expressionMacros.push(via);
    }
  }

  /** A literal, a character or `( expression )`; null (and a problem) when nothing of that stands here. */
  private primary(what: string): Int | null {
    if (this.kind === T_LITERAL || this.kind === T_CHARACTER) {
      const value = this.tokBig ?? this.tokNumber;
      if (this.tokMacro !== null || this.tokInput instanceof Expansion) this.noteMacro();
      this.next();
      return value;
    }
    if (this.kind === C_LPAREN) {
      this.next();
      const value = this.expression(0);
      if (this.at(C_RPAREN)) this.next();
      else if (value !== null) {
        this.missing('dts/missing-parenthesis', 'missing )');
        while (this.at(T_LITERAL)) this.next();
        if (this.at(C_RPAREN)) this.next();
      } else if (this.skipToParenthesis()) this.next();
      return value ?? 0;
    }
    if (this.kind === T_WORD) {
      this.errorHere('dts/unknown-word', `"${this.tokText}" is neither a number nor a macro that is defined here`);
      this.skipCall();
      return 0;
    }
    this.errorHere('dts/expected-number', `expected ${what}, not ${this.describe()}`);
    return null;
  }

  private skipToParenthesis(): boolean {
    for (;;) {
      if (this.kind === C_RPAREN) return true;
      if (
        this.kind === C_SEMICOLON ||
        this.kind === C_CLOSE ||
        this.kind === C_OPEN ||
        this.kind === C_GREATER ||
        this.kind === T_EOF
      )
        return false;
      this.next();
    }
  }

  private expressionDepth = 0;

  private expression(level: number): Int | null {
    if (++this.expressionDepth > MAX_EXPRESSION_DEPTH) {
      if (this.expressionDepth === MAX_EXPRESSION_DEPTH + 1)
        this.errorHere('dts/too-deep', 'this expression nests too deep');
      this.expressionDepth--;
      return null;
    }
    const value = this.ternary(level);
    this.expressionDepth--;
    return value;
  }

  private ternary(level: number): Int | null {
    const condition = this.binary(level);
    if (condition === null || level > 0 || this.kind !== 63) return condition;
    this.next();
    const yes = this.expression(0);
    if (yes === null) return null;
    if (!this.at(58)) {
      this.errorHere('dts/expected-number', `expected : of the ? operator, not ${this.describe()}`);
      return null;
    }
    this.next();
    const no = this.expression(0);
    if (no === null) return null;
    return toBig(condition) !== 0n ? yes : no;
  }

  private binary(level: number): Int | null {
    let left = this.unary();
    for (;;) {
      if (left === null) return null;
      const operator = OPERATORS.get(this.kind);
      if (operator === undefined || operator[1] <= level) return left;
      const [op, strength] = operator;
      this.next();
      const right = this.binary(strength);
      if (right === null) return null;
      const result = apply(op, left, right);
      if (result === null) this.missing('dts/division-by-zero', 'division by zero');
      left = result ?? 0;
    }
  }

  private unary(): Int | null {
    const { kind } = this;
    if (kind === 45 || kind === 126 || kind === 33) {
      if (++this.expressionDepth > MAX_EXPRESSION_DEPTH) {
        this.errorHere('dts/too-deep', 'this expression nests too deep');
        this.expressionDepth--;
        return null;
      }
      this.next();
      const value = this.unary();
      this.expressionDepth--;
      if (value === null) return null;
      if (kind === 45) return negate(value);
      return kind === 126 ? invert(value) : toBig(value) === 0n ? 1 : 0;
    }
    return this.primary('a number');
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
