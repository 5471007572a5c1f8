/** Opens a log: a file of any size, standard input, gzip; other compressions where Node can read them. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import zlib from 'node:zlib';
import { isGzip } from '../bootlog/capture/encoding';
import type { CollectOptions, LogReport } from '../bootlog/collect';
import { LogStream, readLog, UnreadableLog, WHOLE } from '../bootlog/read';
import { UsageError } from './options';

const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** The bytes of a compressed log, or the bytes as they are. Throws UsageError for what cannot be unpacked. */
function unpacked(bytes: Buffer, name: string): Buffer {
  if (isGzip(bytes)) {
    try {
      return zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    } catch {
      throw new UsageError(`${name} is gzip-compressed, and damaged`);
    }
  }
  const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: (data: Buffer) => Buffer };
  if (zstdDecompressSync !== undefined && ZSTD.every((byte, i) => bytes[i] === byte)) {
    try {
      return zstdDecompressSync(bytes);
    } catch {
      throw new UsageError(`${name} is zstd-compressed, and damaged`);
    }
  }
  return bytes;
}

/** Reads a log from a file or `-`; `progress` gets the share that is read, for large files. */
export function readLogFile(path: string, options: CollectOptions, progress: (share: number) => void): LogReport {
  try {
    if (path === '-') return readLog(unpacked(readAll(0), 'standard input'), options);
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      throw new UsageError(`cannot read ${path}`);
    }
    try {
      const { size } = fstatSync(file);
      const head = Buffer.alloc(4);
      const got = readSync(file, head, 0, 4, 0);
      if (size <= WHOLE || isGzip(head.subarray(0, got)) || ZSTD.every((byte, i) => head[i] === byte))
        return readLog(unpacked(readFileSync(path), path), options);
      return streamed(file, size, options, progress);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof UnreadableLog) throw new UsageError(`${path}: ${error.message}`);
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readAll(file: number): Buffer {
  return readFileSync(file);
}

function streamed(file: number, size: number, options: CollectOptions, progress: (share: number) => void): LogReport {
  const stream = new LogStream(options);
  let done = 0;
  for (;;) {
    const length = readSync(file, stream.room, 0, stream.room.length, null);
    if (length === 0) return stream.end();
    stream.filled(length);
    done += length;
    progress(done / size);
  }
}
