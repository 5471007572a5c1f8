/**
 * dtc's grammar (dtc-parser.y) by recursive descent. It never fails: a mistake becomes one problem at its place, and what
 * stands around it is kept. Here the statements at top level; what stands in nodes is in nodes.ts.
 */
import type { FileProvider, SourceFile } from '../source/file';
import { MODE_NAME } from '../source/inputs';
import type { PreprocessOptions, TextOrigin } from '../source/options';
import type { SourceCache, Unit } from '../source/units';
import { toBig } from './integer';
import { NodeParser } from './nodes';
import { C_CLOSE, C_OPEN, C_SEMICOLON, C_SLASH } from './punctuation';
import { type LabelSyntax, NO_LABELS, NodeSyntax, type ParsedSource, type Statement } from './syntax';
import {
  T_DELETE_NODE,
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

const NONE_UNDECIDED: ReadonlySet<string> = new Set();

/** Parses a board. Problems of the text itself are in the units; nothing is thrown. */
export function parseSource(
  entry: SourceFile,
  files: FileProvider,
  cache: SourceCache<Statement>,
  options: PreprocessOptions,
): ParsedSource {
  return new Parser(entry, files, cache, options).run();
}

class Parser extends NodeParser {
  /** Broken statements in a row at top level: one stray text is one message. */
  private badStatements = 0;
  /** Set by statements outside any node: the } that closes them is no further mistake. */
  private strayMembers = false;

  protected override unitBoundary(): void {
    this.badStatements = 0;
    this.strayMembers = false;
    // words between statements complain too, an /include/ without a name among them
    this.complained = false;
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
    this.reportUndecided();
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
      endMode: 0,
      preprocessed: true,
      size: frame.size,
    };
    return { unit, macros, incomplete, undecided: this.undecided?.all ?? NONE_UNDECIDED };
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
}
