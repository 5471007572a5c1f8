/** The disk of this machine: the one file of the engine's floors below `lsp/` that looks at it for sources. A browser has none. */
import { closeSync, lstatSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { PADDING } from '../source/characters';
import type { Disk } from './disk';
import { MAX_BYTES, openRegular, regularBytes } from './regular-file';

export const realDisk: Disk = {
  stat(path) {
    try {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined || !(stat.isFile() || stat.isDirectory())) return null;
      return { folder: stat.isDirectory(), size: stat.size, stamp: `${stat.mtimeMs} ${stat.size}` };
    } catch {
      return null;
    }
  },
  bytes(path) {
    try {
      return regularBytes(path, MAX_BYTES);
    } catch {
      return null;
    }
  },
  list(path) {
    try {
      return readdirSync(path, { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        folder: entry.isDirectory(),
      }));
    } catch {
      return [];
    }
  },
  real(path) {
    try {
      return realpathSync.native(path);
    } catch {
      return null;
    }
  },
};

/** Names of everything below a folder, relative to it; empty when it cannot be read. */
export function namesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

/** A regular file at a path: its size, and whether the path itself is a link; null for anything else. Throws what lstat throws. */
export function fileAt(path: string): { readonly size: number; readonly link: boolean } | null {
  let stat = lstatSync(path, { throwIfNoEntry: false });
  const link = stat?.isSymbolicLink() ?? false;
  if (link) stat = statSync(path);
  return stat?.isFile() ? { size: stat.size, link } : null;
}

/** The size of a file in bytes. Throws what stat throws. */
export const sizeOf = (path: string): number => statSync(path).size;

/** A path with its links resolved. Throws when nothing is there. */
export const resolved = (path: string): string => realpathSync.native(path);

/** A file of about `size` bytes; `padded` are the same bytes with room behind them for the lexer. Throws what reading throws. */
export function contentOf(path: string, size: number): { readonly content: Buffer; readonly padded: Buffer } {
  let padded = Buffer.alloc(size + PADDING);
  const file = openRegular(path);
  let length = 0;
  try {
    for (let got = -1; got !== 0 && length <= size; length += got)
      got = readSync(file, padded, length, size + 1 - length, null);
    if (length !== size) {
      // it changed since somebody looked
      const whole = Buffer.concat([padded.subarray(0, length), readFileSync(file)]);
      length = whole.length;
      padded = Buffer.concat([whole, Buffer.alloc(PADDING)]);
    }
  } finally {
    closeSync(file);
  }
  return { content: padded.subarray(0, length), padded };
}
