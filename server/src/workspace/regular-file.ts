/**
 * Reading of files that somebody else named or left: only regular ones, as a pipe, a socket or a device may make the reader wait
 * for ever, or never end. And folders made without waiting for ever.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Bytes of a source, a blob or a stream that are taken: none that matters has a tenth. */
export const MAX_BYTES = 64 * 1024 * 1024;

/** Something that is no regular file stands where one was to be read; the message says what. */
export class NotRegular extends Error {}

/** What stands at a path that is no regular file, in words. */
function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}

/** Opens a regular file for reading, without waiting for what another may write. Throws NotRegular, or what opening throws. */
export function openRegular(path: string): number {
  // a socket cannot be opened, and some devices do something when they are
  const before = statSync(path);
  if (!before.isFile()) throw new NotRegular(`${kindOf(before)}, no file`);
  // Windows has no such flag, nor named pipes among its files
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const stat = fstatSync(file);
  if (stat.isFile()) return file;
  closeSync(file);
  throw new NotRegular(`${kindOf(stat)}, no file`);
}

/** Whether a path names a regular file that may be read. */
export function isReadable(path: string): boolean {
  try {
    closeSync(openRegular(path));
    return true;
  } catch {
    return false;
  }
}

/** The bytes of a regular file of at most `limit` bytes. Throws NotRegular, or what reading throws. */
export function regularBytes(path: string, limit: number = Number.POSITIVE_INFINITY): Buffer {
  const file = openRegular(path);
  try {
    if (fstatSync(file).size > limit) throw new Error(`more than ${limit >> 20} MB`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Why a path cannot be read as a file, to stand behind its name: ` (a named pipe, no file)`; empty where the name says it all. */
export function whyUnreadable(path: string): string {
  try {
    const stat = statSync(path);
    return stat.isFile() ? '' : ` (${kindOf(stat)}, no file)`;
  } catch {
    return '';
  }
}

/** The number of an open file that a name stands for: `-`, `/dev/stdin`, `/dev/fd/63` of `<(cpp …)`; null for other names. */
function openFileOf(name: string): number | null {
  if (name === '-' || name === '/dev/stdin') return 0;
  const match = /^\/(?:dev|proc\/self)\/fd\/(\d{1,6})$/.exec(resolve(name));
  return match === null ? null : Number(match[1]);
}

/** Whether a name stands for what another program writes to us, which can be read once: `-`, or the shell's `<(…)`. */
export function isStream(name: string): boolean {
  if (name === '-') return true;
  const file = openFileOf(name);
  if (file === null) return false;
  try {
    return !fstatSync(file).isFile();
  } catch {
    return false;
  }
}

const streams = new Map<number, Buffer>();

/** All that a stream gives, read to its end once and kept. Throws an Error for people when it is more than `limit` bytes. */
export function streamBytes(name: string, limit: number = MAX_BYTES): Buffer {
  const file = openFileOf(name);
  if (file === null) throw new NotRegular('no stream');
  let bytes = streams.get(file);
  if (bytes === undefined) {
    bytes = toTheEnd(file, limit);
    streams.set(file, bytes);
  }
  return bytes;
}

function toTheEnd(file: number, limit: number): Buffer {
  const pieces: Buffer[] = [];
  let length = 0;
  for (const piece of piecesOf(file)) {
    length += piece.length;
    if (length > limit) throw new Error(`more than ${limit >> 20} MB`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** What an open file gives, piece by piece to its end, each in memory of its own. Throws what reading throws. */
function* piecesOf(file: number): Generator<Buffer> {
  for (;;) {
    const piece = Buffer.allocUnsafe(1 << 16);
    let got = 0;
    try {
      got = readSync(file, piece, 0, piece.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        // the writer has nothing yet
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        continue;
      }
      if (code !== 'EOF') throw error;
    }
    if (got === 0) return;
    yield piece.subarray(0, got);
  }
}

/** Whether a name stands for a stream, or for a named pipe that another program fills (fish's `psub`). */
export function isPipe(name: string): boolean {
  return isStream(name) || (statSync(name, { throwIfNoEntry: false })?.isFIFO() ?? false);
}

/** What a stream or a named pipe gives, piece by piece; waits for its writer. Throws what opening or reading throws. */
export function* pipePieces(name: string): Generator<Buffer> {
  const open = isStream(name) ? openFileOf(name) : null;
  const file = open ?? openSync(name, 'r');
  try {
    yield* piecesOf(file);
  } finally {
    if (open === null) closeSync(file);
  }
}

/** What a person names as a file: a regular one, or a stream. Throws NotRegular, or what reading throws. */
export const namedBytes = (name: string): Buffer => (isStream(name) ? streamBytes(name) : regularBytes(name));

/**
 * Makes a folder and those above it. Node's own way (`recursive`) tries again for ever where the system says of a folder that is
 * there that it is not (/proc). Throws what mkdir throws.
 */
export function makeFolders(path: string, mode?: number): void {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat?.isDirectory()) break;
    missing.push(at);
    if (stat !== undefined || dirname(at) === at) break;
  }
  for (const at of missing.reverse())
    try {
      mkdirSync(at, mode);
    } catch (error) {
      // somebody else was first
      if (!(statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false)) throw error;
    }
}
