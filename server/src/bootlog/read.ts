/** Reads a log: bytes as they come, or text. */

import { type Encoding, encodingOf, Utf16Reader } from './capture/encoding';
import { NAMES, TEXTS } from './capture/needles';
import { LineScanner } from './capture/scan';
import { unwrapLines } from './capture/wrap';
import { type CollectOptions, Collector, type LogReport, type Recognised } from './collect';

/** Logs up to this size are read whole, and lines that a mail program broke are joined. */
export const WHOLE = 8 << 20;

const [NEWLINE, RETURN] = [10, 13];
const [SPACE, DOT, OPEN, CLOSE, AT, LESS] = [32, 46, 91, 93, 64, 60];
/** A broken line's parts are no longer than this, and so many with what stands before and behind. */
const WIDE = 400;
const PARTS = 6;
/** Lines up to this length are known again by their bytes. */
const KNOWN_LENGTH = 2048;
const KNOWN_LINES = 8192;
/** As many bytes as the encoding is told by. */
const ENOUGH = 65536;

/** A log that cannot be read: says in what encoding it is. */
export class UnreadableLog extends Error {}

function refuse(encoding: Encoding): void {
  if (encoding.kind === 'unreadable') throw new UnreadableLog(`this is ${encoding.name}: ${encoding.advice}`);
}

/** Reads a log of any size piece by piece, in constant memory. Throws UnreadableLog for what is no text. */
export class LogStream {
  private readonly collector: Collector;
  private readonly scanner: LineScanner;
  private readonly buffer: Buffer;
  /** Lines by the hash of what follows their time stamp: logs repeat themselves. */
  private readonly known = new Map<number, Recognised | null>();
  private kept = 0;
  private line = 1;
  private lines = 0;
  /** Lines end with a carriage return alone; null while that is not known. */
  private returns: boolean | null = null;
  private decoder: Utf16Reader | null = null;
  private started = false;

  constructor(options: CollectOptions = {}) {
    this.collector = new Collector(options);
    this.scanner = new LineScanner([...NAMES, ...(options.devices ?? [])], TEXTS);
    this.buffer = this.scanner.buffer;
  }

  /** Where the next bytes may be read into directly: a view of the free rest of the buffer. Give its length to `filled`. */
  get room(): Uint8Array {
    return this.buffer.subarray(this.kept);
  }

  /** `length` bytes were read into `room`. */
  filled(length: number): void {
    if (!this.started) {
      // The first piece of a pipe may be a few bytes: too little to tell an encoding by.
      if (this.kept + length < ENOUGH) this.kept += length;
      else {
        const all = this.kept + length;
        this.kept = 0;
        this.start(all);
      }
      return;
    }
    this.more(length);
  }

  /** The first `length` bytes are there: what encoding are they in? */
  private start(length: number): void {
    this.started = true;
    const encoding = encodingOf(this.buffer.subarray(0, length));
    refuse(encoding);
    if (encoding.kind === 'utf-16le' || encoding.kind === 'utf-16be') this.decoder = new Utf16Reader(encoding.kind);
    this.more(length);
  }

  private more(length: number): void {
    if (this.decoder === null) {
      this.advance(length);
      return;
    }
    const text = this.decoder.push(Uint8Array.from(this.buffer.subarray(this.kept, this.kept + length)));
    this.copy(text);
  }

  /** Takes the next piece, of any length. */
  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const { room } = this;
      const part = piece.subarray(at, at + room.length);
      room.set(part);
      this.filled(part.length);
      at += part.length;
    }
  }

  private copy(text: Uint8Array): void {
    for (let at = 0; at < text.length; ) {
      const part = text.subarray(at, at + this.buffer.length - this.kept);
      this.buffer.set(part, this.kept);
      this.advance(part.length);
      at += part.length;
    }
  }

  private advance(length: number): void {
    const end = this.kept + length;
    if (length > 0) this.returns ??= returnsOnly(this.buffer.subarray(this.kept, end));
    if (this.returns === true)
      for (let i = this.kept; i < end; i++) if (this.buffer[i] === RETURN) this.buffer[i] = NEWLINE;
    const newline = this.buffer.lastIndexOf(NEWLINE, end - 1);
    // A line longer than the buffer is cut.
    const last = newline >= 0 && newline < end ? newline + 1 : end === this.buffer.length ? end : 0;
    if (last > 0) this.region(last);
    this.buffer.copyWithin(0, last, end);
    this.kept = end - last;
  }

  /** Looks at the lines in [0, end). */
  private region(end: number): void {
    const { buffer, collector, scanner } = this;
    let counted = 0;
    let done = 0;
    const take = (first: number, last: number): void => {
      const [from, to, text] = this.unwrapped(first, last, done, end);
      this.line += scanner.lines(counted, from);
      counted = from;
      if (text === null) this.take(from, to);
      else collector.take(this.line, text);
      done = to + 1;
    };
    /** Lines that belong to a block which began before. */
    const follow = (until: number): void => {
      while (collector.wants > 0 && done < until) {
        const newline = buffer.indexOf(NEWLINE, done);
        take(done, newline < 0 || newline > end ? end : newline);
      }
    };
    follow(end);
    scanner.scan(0, end, (from, to) => {
      follow(from);
      if (from >= done) take(from, to);
    });
    follow(end);
    this.line += scanner.lines(counted, end);
  }

  /**
   * The bounds of a line and, where a mail program broke it, its text with the parts before and behind it: a part without a
   * stamp follows one with a stamp. Nothing before `least` or behind `end` is looked at.
   */
  private unwrapped(from: number, to: number, least: number, end: number): [number, number, string | null] {
    const { buffer } = this;
    const begins = (at: number): boolean => buffer[at] === OPEN || buffer[at] === LESS;
    const nextBegins = to + 1 >= end || begins(to + 1);
    if (this.collector.inPart || (begins(from) && nextBegins) || to - from > WIDE) return [from, to, null];
    const cut = (start: number): number => {
      const newline = buffer.indexOf(NEWLINE, start);
      return newline < 0 || newline > end ? end : newline;
    };
    let start = from;
    if (!begins(from) && from > least) {
      const before = buffer.lastIndexOf(NEWLINE, from - 2) + 1;
      if (before >= least && from - before <= WIDE) start = before;
    }
    const ends: number[] = [];
    for (let at = start; at < end && ends.length < PARTS; at = (ends.at(-1) ?? end) + 1) ends.push(cut(at));
    const texts = ends.map((stop, i) => textOf(buffer, i === 0 ? start : (ends[i - 1] ?? 0) + 1, stop));
    const joined = unwrapLines(texts);
    for (const [i, { line, text }] of joined.entries()) {
      const next = joined[i + 1]?.line ?? texts.length + 1;
      const [first, last] = [line === 1 ? start : (ends[line - 2] ?? 0) + 1, ends[next - 2] ?? to];
      if (first <= from && last >= to) return next - line === 1 ? [from, to, null] : [first, last, text];
    }
    return [from, to, null];
  }

  private take(from: number, to: number): void {
    const { buffer, collector, known } = this;
    const body = to - from > KNOWN_LENGTH ? -1 : afterStamp(buffer, from, to);
    if (body < 0 || collector.inPart) {
      collector.take(this.line, textOf(buffer, from, to));
      return;
    }
    const key = this.scanner.hash(body, to);
    let found = known.get(key);
    if (found === undefined) {
      found = collector.recognise(this.line, textOf(buffer, from, to));
      if (known.size >= KNOWN_LINES) known.clear();
      known.set(key, found);
    }
    collector.tell(this.line, found, stampOf(buffer, from));
  }

  /** All that the log says. `cut`: it ends in the middle of a line, which then counts for nothing. */
  end(cut = false): LogReport {
    if (!this.started) {
      const length = this.kept;
      this.kept = 0;
      this.start(length);
    }
    if (this.decoder !== null) this.copy(this.decoder.end());
    if (cut) this.kept = 0;
    // A log that ends with a newline has no line behind it.
    this.lines = this.kept > 0 ? this.line : this.line - 1;
    if (this.kept > 0) {
      this.region(this.kept);
      this.kept = 0;
    }
    return this.collector.finish(this.lines);
  }
}

/**
 * Where the text behind printk's stamp (`[    1.234567] `) begins when the line begins with one and nothing else stands in
 * front of the text; else -1.
 */
function afterStamp(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== OPEN) return -1;
  let i = from + 1;
  while (i < to && bytes[i] === SPACE) i++;
  const digits = (): boolean => {
    const start = i;
    while (i < to && (bytes[i] as number) >= 48 && (bytes[i] as number) <= 57) i++;
    return i > start;
  };
  if (!digits() || bytes[i++] !== DOT || !digits() || bytes[i] !== CLOSE || bytes[i + 1] !== SPACE) return -1;
  const next = bytes[i + 2];
  return i + 2 >= to || next === OPEN || next === AT || next === SPACE ? -1 : i + 2;
}

/** Whether lines end with a carriage return alone, as some terminal programs write them. */
function returnsOnly(bytes: Uint8Array): boolean {
  return bytes.includes(RETURN) && !bytes.includes(NEWLINE);
}

/** The seconds of printk's stamp in a line that `afterStamp` knows. */
function stampOf(bytes: Uint8Array, from: number): number {
  let i = from + 1;
  while (bytes[i] === SPACE) i++;
  let seconds = 0;
  for (; bytes[i] !== DOT; i++) seconds = seconds * 10 + (bytes[i] as number) - 48;
  let unit = 0.1;
  for (i++; bytes[i] !== CLOSE; i++, unit /= 10) seconds += unit * ((bytes[i] as number) - 48);
  return seconds;
}

function textOf(buffer: Buffer, from: number, to: number): string {
  const text = buffer.toString('latin1', from, to);
  for (let i = from; i < to; i++) if ((buffer[i] as number) > 127) return buffer.toString('utf8', from, to);
  return text;
}

/** Reads a log whose size is not known before: whole when it is small, else as a stream. */
export class LogReader {
  private pieces: Uint8Array[] = [];
  private size = 0;
  private stream: LogStream | null = null;

  constructor(private readonly options: CollectOptions = {}) {}

  /** Takes the next piece, of any length; the reader may keep it. */
  push(piece: Uint8Array): void {
    if (this.stream !== null) {
      this.stream.push(piece);
      return;
    }
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.size <= WHOLE) return;
    this.stream = new LogStream(this.options);
    for (const kept of this.pieces) this.stream.push(kept);
    this.pieces = [];
  }

  /** All that the log says; `cut` as for a stream. Throws UnreadableLog for what is no text. */
  end(cut = false): LogReport {
    if (this.stream !== null) return this.stream.end(cut);
    const bytes = Buffer.concat(this.pieces);
    return readLog(cut ? bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1) : bytes, this.options);
  }
}

/** Reads a whole log. Bytes may be UTF-8 or UTF-16; throws UnreadableLog for what is no text. */
export function readLog(log: string | Uint8Array, options: CollectOptions = {}): LogReport {
  let text: string;
  if (typeof log === 'string') text = log;
  else {
    const encoding = encodingOf(log);
    refuse(encoding);
    text = new TextDecoder(encoding.kind === 'unreadable' ? 'utf-8' : encoding.kind).decode(log);
  }
  if (text.length > WHOLE) {
    const stream = new LogStream(options);
    stream.push(new TextEncoder().encode(text));
    return stream.end();
  }
  const collector = new Collector(options);
  const scanner = new LineScanner([...NAMES, ...(options.devices ?? [])], TEXTS);
  const lines = text.replaceAll('\u0000', '').split(text.includes('\n') ? '\n' : '\r');
  for (const { line, text: content } of unwrapLines(lines))
    if (collector.wants > 0 || scanner.matches(content)) collector.take(line, content);
  return collector.finish(lines.at(-1) === '' ? lines.length - 1 : lines.length);
}
