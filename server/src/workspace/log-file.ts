/** Opens a log: a file of any size or standard input, as it is or compressed; in constant memory, with progress. */
import { closeSync, createReadStream, fstatSync, readFileSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { XzReadableStream } from 'xz-decompress';
import { compressionOf } from '../bootlog/capture/encoding';
import type { CollectOptions, LogReport } from '../bootlog/collect';
import { LogReader, LogStream, readLog, UnreadableLog, WHOLE } from '../bootlog/read';
import { isPipe, openRegular, pipePieces } from './regular-file';

export interface LogFileHooks {
  /** Gets the share of the file that is read, 0 to 1. */
  readonly progress?: (share: number) => void;
  /** Asked between pieces: true ends the reading. */
  readonly cancelled?: () => boolean;
  /** `-`, `/dev/stdin`, the shell's `<(…)` and named pipes are read, waiting for their writers: for a program of its own. */
  readonly pipes?: boolean;
}

/** The reading of a log was given up. */
export class LogCancelled extends Error {}

/** After so many bytes others have a turn. */
const TURN = 8 << 20;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The bytes that a compressed stream holds. */
async function* unpacked(kind: 'gzip' | 'zstd' | 'xz', source: Readable): AsyncGenerator<Uint8Array> {
  if (kind === 'gzip') {
    const gunzip = zlib.createGunzip();
    source.on('error', (error) => gunzip.destroy(error));
    yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>;
    return;
  }
  if (kind === 'xz') {
    const packed = Readable.toWeb(source) as unknown as ConstructorParameters<typeof XzReadableStream>[0];
    yield* new XzReadableStream(packed) as unknown as ReadableStream<Uint8Array>;
    return;
  }
  let made: Uint8Array[] = [];
  const decompress = new Decompress((piece) => made.push(piece));
  for await (const piece of source as AsyncIterable<Uint8Array>) {
    decompress.push(Uint8Array.from(piece));
    const ready = made;
    made = [];
    yield* ready;
  }
  decompress.push(new Uint8Array(0), true);
  yield* made;
}

/**
 * Reads a log from a file, or with `pipes` from standard input (`-`) or a pipe. Throws UnreadableLog for what cannot be read or
 * is no text, LogCancelled when it is told to stop.
 */
export async function readLogFile(path: string, options: CollectOptions, hooks: LogFileHooks): Promise<LogReport> {
  const name = path === '-' ? 'standard input' : path;
  try {
    if (hooks.pipes === true && isPipe(path)) return await piped(path, name, options, hooks);
    const file = openRegular(path);
    try {
      const { size } = fstatSync(file);
      const head = Buffer.alloc(6);
      const kind = compressionOf(head.subarray(0, readSync(file, head, 0, 6, 0)));
      if (kind !== null) return await packed(kind, createReadStream(path), size, name, options, hooks);
      if (size <= WHOLE) return readLog(readFileSync(path), options);
      return await plain(file, size, options, hooks);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof UnreadableLog || error instanceof LogCancelled) throw error;
    throw new UnreadableLog(`cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** What comes through a pipe, in constant memory; how much it will be is not known. */
async function piped(path: string, name: string, options: CollectOptions, hooks: LogFileHooks): Promise<LogReport> {
  const pieces = pipePieces(path);
  // As many bytes as a compression is known by: a writer may give them one by one.
  let head = Buffer.alloc(0);
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    head = Buffer.concat([head, next.value]);
    if (head.length >= 6) break;
  }
  const all = (function* (): Generator<Uint8Array> {
    yield head;
    yield* pieces;
  })();
  const kind = compressionOf(head);
  if (kind !== null) return packed(kind, Readable.from(all), Number.POSITIVE_INFINITY, name, options, hooks);
  const reader = new LogReader(options);
  for (const piece of all) reader.push(piece);
  return reader.end();
}

function check({ cancelled }: LogFileHooks): void {
  if (cancelled?.() === true) throw new LogCancelled('cancelled');
}

async function plain(file: number, size: number, options: CollectOptions, hooks: LogFileHooks): Promise<LogReport> {
  const stream = new LogStream(options);
  let done = 0;
  let next = TURN;
  for (;;) {
    const { room } = stream;
    const length = readSync(file, room, 0, room.length, null);
    if (length === 0) return stream.end();
    stream.filled(length);
    done += length;
    hooks.progress?.(Math.min(1, done / size));
    if (done < next) continue;
    next = done + TURN;
    await turn();
    check(hooks);
  }
}

async function packed(
  kind: 'gzip' | 'zstd' | 'xz',
  source: Readable,
  size: number,
  name: string,
  options: CollectOptions,
  hooks: LogFileHooks,
): Promise<LogReport> {
  let read = 0;
  source.on('data', (piece: Uint8Array) => {
    read += piece.length;
  });
  source.pause();
  const reader = new LogReader(options);
  try {
    for await (const piece of unpacked(kind, source)) {
      reader.push(piece);
      hooks.progress?.(Math.min(1, read / Math.max(1, size)));
      check(hooks);
    }
  } catch (error) {
    if (error instanceof LogCancelled || error instanceof UnreadableLog) throw error;
    // A log that was cut off is read as far as it goes.
    if ((error as { readonly code?: unknown }).code === 'Z_BUF_ERROR') return reader.end(true);
    throw new UnreadableLog(
      `${name} is ${kind}-compressed, and damaged (${error instanceof Error ? error.message : String(error)})`,
    );
  } finally {
    source.destroy();
  }
  return reader.end();
}
