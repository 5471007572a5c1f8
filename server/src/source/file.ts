import { codesOf } from './characters';

/**
 * Source text and places in it. A file version is immutable; an edit makes a new one.
 */

/**
 * One version of one file's text. A backslash that ends a line is not in it, nor the end of that line: C's second translation
 * phase (C11 5.1.1.2) comes before all reading, so that a word may run over lines. Offsets are offsets of this text;
 * `lineStarts[i]` is the one at which line i of the file begins (from 0), so that `positionAt` gives places of the file.
 */
export interface SourceFile {
  readonly uri: string;
  readonly text: string;
  readonly lineStarts: readonly number[];
  /** The file with its backslashes at line ends, as dtc reads what it includes itself; the same object when there are none. */
  readonly asWritten: SourceFile;
  /** The text as the lexer scans it (characters.ts, `codesOf`). */
  readonly codes: Uint8Array;
  /** Whether the file is no UTF-8: then each character of `text` is one byte of it. */
  readonly bytewise: boolean;
}

/** A half-open range [start, end) of UTF-16 offsets in one file version. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** A line and column, both counted from 0 in UTF-16 units, as the Language Server Protocol counts them. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/**
 * Gives the text of files to the library, which never touches a file system itself.
 * `read` returns null for a file that does not exist; the same URI gives the same object until the file changes.
 */
export interface FileProvider {
  read(uri: string): SourceFile | null;
  /** Raw bytes, for /incbin/ and .dtb files; null when absent. */
  readBytes(uri: string): Uint8Array | null;
  /** Whether a file is there that may not be read: then `read` gives null too. Absent: everything may be read. */
  refused?(uri: string): boolean;
}

class TextFile implements SourceFile {
  private starts: readonly number[] | null = null;
  private scanned: Uint8Array | null;
  constructor(
    readonly uri: string,
    readonly text: string,
    codes: Uint8Array | null,
    readonly bytewise: boolean,
  ) {
    this.scanned = codes;
  }

  get codes(): Uint8Array {
    this.scanned ??= codesOf(this.text);
    return this.scanned;
  }

  get lineStarts(): readonly number[] {
    this.starts ??= lineStartsOf(this.text, NO_JOINTS);
    return this.starts;
  }

  get asWritten(): SourceFile {
    return this;
  }
}

/** A file whose lines are joined in places. */
class SplicedFile extends TextFile {
  private written: SourceFile | null = null;
  private joinedStarts: readonly number[] | null = null;
  /** `joints` are the offsets in `text` where a line of the file was joined to the one before, ascending. */
  constructor(
    uri: string,
    private readonly whole: string,
    text: string,
    private readonly joints: readonly number[],
    bytewise: boolean,
  ) {
    super(uri, text, null, bytewise);
  }

  override get lineStarts(): readonly number[] {
    this.joinedStarts ??= lineStartsOf(this.text, this.joints);
    return this.joinedStarts;
  }

  override get asWritten(): SourceFile {
    this.written ??= new TextFile(this.uri, this.whole, null, this.bytewise);
    return this.written;
  }
}

const NO_JOINTS: readonly number[] = [];

/** The offsets behind newlines, and those at joints, ascending. */
function lineStartsOf(text: string, joints: readonly number[]): readonly number[] {
  const starts = [0];
  let joint = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    while (joint < joints.length && (joints[joint] as number) <= at) starts.push(joints[joint++] as number);
    starts.push(at + 1);
  }
  while (joint < joints.length) starts.push(joints[joint++] as number);
  return starts;
}

/** A backslash at the end of a line; like gcc's, blanks behind it are overlooked (_cpp_clean_line). */
const SPLICE = /\\[ \t\f\v\r]*\n/g;

function madeFile(uri: string, text: string, codes: Uint8Array | null, bytewise: boolean): SourceFile {
  // Few files have a backslash at all.
  if (!text.includes('\\')) return new TextFile(uri, text, codes, bytewise);
  const joints: number[] = [];
  let joined = '';
  let from = 0;
  for (const { index, 0: splice } of text.matchAll(SPLICE)) {
    joined += text.slice(from, index);
    from = index + splice.length;
    joints.push(joined.length);
  }
  if (joints.length === 0) return new TextFile(uri, text, codes, bytewise);
  return new SplicedFile(uri, text, joined + text.slice(from), joints, bytewise);
}

/** Makes a file version; the line table is computed at first use. */
export function sourceFile(uri: string, text: string): SourceFile {
  return madeFile(uri, text, null, false);
}

/**
 * Makes a file version of a text that was read byte by byte (as Latin-1): with `codes` when all of it is ASCII, so that they are
 * not computed again; with `codes` null when it is no UTF-8. dtc copies a string's bytes as they are, whatever they mean.
 */
export function bytewiseFile(uri: string, text: string, codes: Uint8Array | null): SourceFile {
  return madeFile(uri, text, codes, true);
}

/** Where `positionAt` was asked last: who walks a file asks for neighbours. */
const last: { starts: readonly number[]; line: number } = { starts: [], line: 0 };

/** The position of an offset; offsets beyond the end give the end of the last line. */
export function positionAt(file: SourceFile, offset: number): Position {
  const line = lineAt(file, offset);
  return {
    line,
    character: Math.max(0, Math.min(offset, file.text.length)) - (file.lineStarts[line] ?? 0),
  };
}

/** The line of an offset, as `positionAt` counts it. */
export function lineAt(file: SourceFile, offset: number): number {
  const starts = file.lineStarts;
  let low = 0;
  let high = starts.length - 1;
  if (last.starts === starts) {
    const { line } = last;
    if (offset < (starts[line] ?? 0)) high = Math.max(0, line - 1);
    else if (line === high || offset < (starts[line + 1] ?? 0)) return line;
    else if (line + 1 === high || offset < (starts[line + 2] ?? 0)) {
      last.line = line + 1;
      return line + 1;
    } else low = line + 2;
  } else last.starts = starts;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  last.line = low;
  return low;
}

/** The offset of a position, clamped to the file. */
export function offsetAt(file: SourceFile, position: Position): number {
  const start = file.lineStarts[position.line];
  if (start === undefined) return position.line < 0 ? 0 : file.text.length;
  const next = file.lineStarts[position.line + 1] ?? file.text.length + 1;
  // a line that goes on in the next one has no end of its own
  const end = file.text.charCodeAt(next - 1) === 10 || next > file.text.length ? next - 1 : next;
  return Math.max(start, Math.min(start + position.character, end));
}
