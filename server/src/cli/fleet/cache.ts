/**
 * Results on disk, one file a board. An entry holds what the board was made of, every file with the hash of its content and every
 * place where no file was, and counts while all of that is so. Another version of ours has entries of its own.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildResult } from '../../devicetree/build';
import type { SourceFile } from '../../source/file';
import { pathOfUri } from '../../source/uri';
import type { Disk } from '../../workspace/disk';
import { realDisk } from '../../workspace/real-disk';
import { makeFolders } from '../../workspace/regular-file';

interface Entry {
  readonly key: string;
  /** Absolute path and hash. */
  readonly files: readonly (readonly [string, string])[];
  readonly missing: readonly string[];
  readonly result: unknown;
}

/** Entries of other versions are removed when nobody used them for so long (milliseconds). */
const OLD = 30 * 24 * 3600 * 1000;

/** The hash of a text's bytes. */
const hash = (data: string | Uint8Array): string => createHash('sha1').update(data).digest('hex');

export class BoardCache {
  private readonly folder: string;
  /** Hashes of files as they are on disk now. */
  private readonly known = new Map<string, string | null>();
  private readonly absent = new Map<string, boolean>();
  private readonly included = new WeakMap<SourceFile, string | null>();
  /** Nothing more is kept after a write that failed. */
  private usable = true;

  /** `version`: what made the results. `tell` hears of entries that are broken and of a folder that cannot be written. */
  constructor(
    folder: string,
    version: string,
    private readonly tell: (message: string) => void,
    private readonly disk: Disk = realDisk,
  ) {
    this.folder = join(folder, version);
    try {
      makeFolders(this.folder);
      const now = new Date();
      utimesSync(this.folder, now, now);
      for (const name of readdirSync(folder)) {
        const at = join(folder, name);
        if (/^[0-9a-f]{40}$/.test(name) && name !== version && now.getTime() - statSync(at).mtimeMs > OLD)
          rmSync(at, { recursive: true, force: true });
      }
    } catch (error) {
      this.usable = false;
      tell(`cannot use the cache ${folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private path(key: string): string {
    return join(this.folder, `${hash(key)}.json`);
  }

  /** The result that was kept for a key, if all that it was made of is as it was; else undefined. */
  get(key: string): unknown {
    let text: string;
    const path = this.path(key);
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
    const entry = this.read(text);
    if (entry === null) {
      this.tell(`dropped a broken cache entry (${path})`);
      drop(path);
      return undefined;
    }
    if (entry.key !== key) return undefined;
    for (const [file, is] of entry.files) if (this.hashAt(file) !== is) return undefined;
    for (const file of entry.missing) if (!this.isAbsent(file)) return undefined;
    return entry.result;
  }

  /** An entry's text: the hash of the rest, a line end, JSON. Null when it was cut or changed. */
  private read(text: string): Entry | null {
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (end < 0 || text.slice(0, end) !== hash(body)) return null;
    try {
      return JSON.parse(body) as Entry;
    } catch {
      return null;
    }
  }

  /** Keeps a result. A board that reads more than its sources (/incbin/), or whose files changed meanwhile, is not kept. */
  set(key: string, { files, missing }: Pick<BuildResult, 'files' | 'missing'>, result: unknown): void {
    if (!this.usable) return;
    const made: [string, string][] = [];
    for (const [uri, file] of files) {
      const is = this.hashOf(file);
      const path = pathOfUri(uri);
      if (is === null || this.hashAt(path) !== is) return;
      made.push([path, is]);
    }
    const absent = missing.map(pathOfUri);
    const body = JSON.stringify({ key, files: made, missing: absent, result } satisfies Entry);
    const path = this.path(key);
    const own = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
    try {
      // whole or not at all, whoever else writes
      writeFileSync(own, `${hash(body)}\n${body}`);
      renameSync(own, path);
    } catch (error) {
      drop(own);
      this.usable = false;
      this.tell(`cannot write the cache: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The hash of the bytes that a file was read from; null for one that reads others. */
  private hashOf(file: SourceFile): string | null {
    let is = this.included.get(file);
    if (is === undefined) {
      const { text } = file.asWritten;
      is = text.includes('/incbin/') ? null : hash(Buffer.from(text, file.bytewise ? 'latin1' : 'utf8'));
      this.included.set(file, is);
    }
    return is;
  }

  private hashAt(path: string): string | null {
    let is = this.known.get(path);
    if (is === undefined) {
      const bytes = this.disk.bytes(path);
      is = bytes === null ? null : hash(bytes);
      this.known.set(path, is);
    }
    return is;
  }

  private isAbsent(path: string): boolean {
    let is = this.absent.get(path);
    if (is === undefined) {
      is = this.disk.stat(path)?.folder !== false;
      this.absent.set(path, is);
    }
    return is;
  }
}

function drop(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // it stays, and is found broken again
  }
}

/** What makes our results: the bytes of this program. */
export function ownVersion(program: string): string {
  try {
    return hash(readFileSync(program));
  } catch {
    return hash(program);
  }
}
