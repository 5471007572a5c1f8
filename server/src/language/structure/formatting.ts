/**
 * Kernel DTS style for the lines of a range (Documentation/devicetree/bindings/dts-coding-style.rst): tabs for levels,
 * continuation lines under the first value, one blank around `=`. Only white space changes; comments, directives and
 * the order of things stay.
 */
import type { SourceFile } from '../../source/file';
import type { Edit } from '../rules/rule';
import { CHARACTER, COMMENT, DIRECTIVE, KEYWORD, PUNCTUATION, STRING, type Tokens, tokensOf } from './tokens';

const TAB = 8;

/** The changes that bring the lines from `start` to `end` (offsets) into style, in order. */
export function formatRange(file: SourceFile, start: number, end: number): Edit[] {
  return new Formatter(file, tokensOf(file)).range(start, end);
}

interface Level {
  /** Braces open. */
  depth: number;
  /** Where the value of the statement starts that is not finished (after `= `); -1 without one. */
  value: number;
  /** Inside `< >` or `[ ]`. */
  group: boolean;
  /** Inside a group whose first cell stands on a line of its own: its lines are one level deeper. */
  block: boolean;
  /** A statement was begun: what follows on another line continues it. */
  begun: boolean;
}

class Formatter {
  private readonly edits: Edit[] = [];
  /** Column (tabs counting eight) that the text of the current line moved by. */
  private valueColumn = 0;

  constructor(
    private readonly file: SourceFile,
    private readonly tokens: Tokens,
  ) {}

  range(start: number, end: number): Edit[] {
    const { text } = this.file;
    const from = text.lastIndexOf('\n', Math.max(0, start - 1)) + 1;
    let to = text.indexOf('\n', Math.max(start, end - 1));
    if (to < 0) to = text.length;
    const level: Level = { depth: 0, value: -1, group: false, block: false, begun: false };
    let previous = -1;
    for (let i = 0; i < this.tokens.count; i++) {
      const at = this.tokens.start[i] ?? 0;
      if (at > to) break;
      if (at >= from) this.gap(previous, i, level);
      else this.keepColumn(i, level);
      this.enter(i, level);
      previous = i;
    }
    this.trailing(from, to);
    return this.edits.sort((a, b) => a.span.start - b.span.start);
  }

  /** The character of a token of punctuation. A lone comma is a word to the scanner, as names may hold commas. */
  private c(i: number): string {
    const start = this.tokens.start[i] ?? 0;
    const c = this.file.text[start] ?? '';
    if (this.tokens.kind[i] === PUNCTUATION) return c;
    return c === ',' && this.tokens.end[i] === start + 1 ? c : '';
  }

  private replace(start: number, end: number, text: string): void {
    if (this.file.text.slice(start, end) !== text) this.edits.push({ span: { file: this.file, start, end }, text });
  }

  /** The white space before token i. */
  private gap(previous: number, i: number, level: Level): void {
    const { text } = this.file;
    const at = this.tokens.start[i] ?? 0;
    const from = previous < 0 ? 0 : (this.tokens.end[previous] ?? 0);
    const between = text.slice(from, at);
    // blanks only: whatever else stands there is not understood and stays
    if (/[^ \t\r\n]/.test(between)) return;
    const newline = between.lastIndexOf('\n');
    if (newline >= 0 || previous < 0) {
      if (this.tokens.kind[i] === DIRECTIVE) return;
      const lineStart = from + newline + 1;
      if (level.group && (this.c(previous) === '<' || this.c(previous) === '[')) level.block = true;
      const indent = this.indent(i, level);
      this.replace(lineStart, at, indent);
      if (level.value === -2) {
        // the value begins on this line
        level.value = at;
        this.valueColumn = columnsOf(indent);
      }
      return;
    }
    const wanted = this.blank(previous, i, level, between);
    this.replace(from, at, wanted);
    if (level.value === -2) {
      level.value = at;
      this.valueColumn = this.columnAfterEdits(at);
    }
  }

  /** Above the range nothing changes: the value's column is where it stands. */
  private keepColumn(i: number, level: Level): void {
    if (level.value !== -2) return;
    level.value = this.tokens.start[i] ?? 0;
    this.valueColumn = this.columnAfterEdits(level.value);
  }

  private indent(i: number, level: Level): string {
    const c = this.c(i);
    if (c === '}') return '\t'.repeat(Math.max(0, level.depth - 1));
    if (level.block && level.group) return '\t'.repeat(level.depth + (c === '>' || c === ']' ? 0 : 1));
    if (!level.begun || level.value < 0) return '\t'.repeat(level.depth + (level.begun ? 1 : 0));
    const column = this.valueColumn + (level.group && c !== '>' && c !== ']' ? 1 : 0);
    return '\t'.repeat(Math.floor(column / TAB)) + ' '.repeat(column % TAB);
  }

  /** What stands between two tokens of one line. */
  private blank(previous: number, i: number, level: Level, between: string): string {
    const before = this.c(previous);
    const c = this.c(i);
    const kind = this.tokens.kind[i];
    if (kind === COMMENT || this.tokens.kind[previous] === COMMENT) return between === '' ? ' ' : between;
    if (c === ';' || (c === ',' && !level.group)) return '';
    if (level.group) {
      if ((before === '<' || before === '[' || c === '>' || c === ']') && between.length === 1) return '';
      // columns of a table are the writer's; expressions too
      return between;
    }
    if (c === '=' || before === '=') return level.value === -1 && c !== '=' && before !== '=' ? between : ' ';
    if (before === ',' && level.value >= 0) return ' ';
    if (c === '{') return ' ';
    if (c === ':' && level.value < 0) return '';
    if (before === ':' && level.value < 0) return ' ';
    return between.length > 1 && !between.includes('\t') ? ' ' : between;
  }

  private enter(i: number, level: Level): void {
    const kind = this.tokens.kind[i];
    if (kind === COMMENT || kind === DIRECTIVE) return;
    if (kind === STRING || kind === CHARACTER) {
      // dtc's include has no semicolon
      const previous = this.tokens.start[i - 1] ?? 0;
      level.begun = this.tokens.kind[i - 1] !== KEYWORD || !this.file.text.startsWith('/include/', previous);
      return;
    }
    switch (this.c(i)) {
      case '{':
        level.depth++;
        this.finish(level);
        break;
      case '}':
        level.depth = Math.max(0, level.depth - 1);
        this.finish(level);
        break;
      case ';':
        this.finish(level);
        break;
      case '=':
        if (level.value === -1) level.value = -2;
        break;
      case '<':
      case '[':
        level.group = true;
        break;
      case '>':
      case ']':
        level.group = false;
        level.block = false;
        break;
      default:
        level.begun = true;
    }
  }

  private finish(level: Level): void {
    level.begun = false;
    level.value = -1;
    level.group = false;
    level.block = false;
  }

  /** The column of an offset with the changes made so far on its line. */
  private columnAfterEdits(offset: number): number {
    const { text } = this.file;
    const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
    let line = '';
    let at = lineStart;
    for (const { span, text: replacement } of this.edits) {
      if (span.start < lineStart || span.end > offset) continue;
      line += text.slice(at, span.start) + replacement;
      at = span.end;
    }
    return columnsOf(line + text.slice(at, offset));
  }

  private trailing(from: number, to: number): void {
    const { text } = this.file;
    for (let lineStart = from; lineStart <= to; ) {
      let lineEnd = text.indexOf('\n', lineStart);
      if (lineEnd < 0) lineEnd = text.length;
      const carriage = text[lineEnd - 1] === '\r' ? 1 : 0;
      let at = lineEnd - carriage;
      while (at > lineStart && (text[at - 1] === ' ' || text[at - 1] === '\t')) at--;
      const covered = this.edits.some(({ span }) => span.start < lineEnd && span.end > at);
      if (at < lineEnd - carriage && !covered) this.replace(at, lineEnd - carriage, '');
      lineStart = lineEnd + 1;
    }
  }
}

/** Columns of a text at the start of a line, a tab going to the next multiple of eight. */
function columnsOf(text: string): number {
  let column = 0;
  for (const c of text) column = c === '\t' ? column - (column % TAB) + TAB : column + 1;
  return column;
}
