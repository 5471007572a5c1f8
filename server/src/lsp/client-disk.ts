/**
 * A disk whose files the client reads: virtual workspaces, and browsers. What is asked for and not known yet counts as absent
 * and is noted; `load` fetches all of that at once, and whoever asked works again (`Session.settled`).
 */
import { posix, sep } from 'node:path';
import { uriOfPath } from '../source/uri';
import type { Disk, DiskEntry } from '../workspace/disk';
import type { FilesParams, FilesResult } from './protocol';

/** Paths a request asks for at most. */
const BATCH = 256;
/** Bytes of files that are kept; what comes beyond counts as absent, and the client is told. */
const MAX_BYTES = 256 * 1024 * 1024;

/** A path as this file has it: with slashes, also where the engine's own paths have backslashes. */
const own = (path: string): string => (sep === '/' ? path : path.replaceAll(sep, '/'));

type Listing = ReadonlyMap<string, DiskEntry>;

export class ClientDisk implements Disk {
  private roots: readonly string[] = [];
  /** A folder's path to what is in it; null: no folder is there. */
  private readonly folders = new Map<string, Listing | null>();
  private readonly files = new Map<string, Buffer | null>();
  /** Grows with every file that is fetched anew: what was parsed of an older one is stale. */
  private readonly versions = new Map<string, number>();
  private wantedFolders = new Set<string>();
  private wantedFiles = new Set<string>();
  private loading: Promise<void> | null = null;
  private bytesKept = 0;
  /** Counts the loads that have ended: an answer that was begun before the last one may be stale. */
  arrivals = 0;

  /** `ask` is the request to the client; `tell` gets what a person should know. */
  constructor(
    private readonly ask: (params: FilesParams) => Promise<FilesResult>,
    private readonly tell: (message: string) => void,
  ) {}

  /** Only what is in these folders is ever asked for (absolute paths). */
  setRoots(roots: readonly string[]): void {
    this.roots = roots.map(own);
  }

  /** A file or folder came, changed or went. */
  forget(given: string): void {
    const path = own(given);
    this.bytesKept -= this.files.get(path)?.length ?? 0;
    this.files.delete(path);
    this.folders.delete(path);
    for (let at = path; at !== posix.dirname(at); at = posix.dirname(at)) this.folders.delete(posix.dirname(at));
  }

  stat(given: string): { readonly folder: boolean; readonly size: number; readonly stamp: string } | null {
    const path = own(given);
    const entry = this.entry(path);
    if (entry === null) return null;
    const content = this.files.get(path);
    const stamp = content === undefined ? 'unread' : `${this.versions.get(path) ?? 0}`;
    return { folder: entry.folder, size: content?.length ?? 0, stamp };
  }

  bytes(given: string): Buffer | null {
    const path = own(given);
    const known = this.files.get(path);
    if (known !== undefined) return known;
    if (this.entry(path)?.folder === false) this.wantedFiles.add(path);
    return null;
  }

  list(given: string): readonly DiskEntry[] {
    const path = own(given);
    return this.entry(path)?.folder === true ? [...(this.listing(path)?.values() ?? [])] : [];
  }

  real(path: string): string | null {
    return this.entry(own(path)) === null ? null : path;
  }

  /** What is at a path, by the listing of its folder. */
  private entry(path: string): DiskEntry | null {
    if (this.roots.includes(path)) return { name: posix.basename(path), folder: true };
    if (!this.roots.some((root) => path.startsWith(root.endsWith('/') ? root : `${root}/`))) return null;
    const folder = posix.dirname(path);
    if (this.entry(folder)?.folder !== true) return null;
    return this.listing(folder)?.get(posix.basename(path)) ?? null;
  }

  private listing(folder: string): Listing | null {
    const known = this.folders.get(folder);
    if (known === undefined) this.wantedFolders.add(folder);
    return known ?? null;
  }

  /** Fetches what was asked for in vain; whether there was anything, so that asking again may give another answer. */
  async load(): Promise<boolean> {
    if (this.loading !== null) {
      await this.loading;
      return true;
    }
    if (this.wantedFolders.size === 0 && this.wantedFiles.size === 0) return false;
    this.loading = this.fetch();
    try {
      await this.loading;
    } finally {
      this.loading = null;
      this.arrivals += 1;
    }
    return true;
  }

  private async fetch(): Promise<void> {
    const folders = [...this.wantedFolders];
    const files = [...this.wantedFiles];
    this.wantedFolders = new Set();
    this.wantedFiles = new Set();
    for (let at = 0; at < Math.max(folders.length, files.length); at += BATCH) {
      const params = { folders: folders.slice(at, at + BATCH), files: files.slice(at, at + BATCH) };
      const result = await this.ask({ folders: params.folders.map(uriOfPath), files: params.files.map(uriOfPath) });
      params.folders.forEach((path, i) => {
        const entries = result.folders[i] ?? null;
        this.folders.set(path, entries === null ? null : new Map(entries.map((entry) => [entry.name, entry])));
      });
      for (const [i, path] of params.files.entries()) this.keep(path, result.files[i] ?? null);
    }
  }

  private keep(path: string, base64: string | null): void {
    this.versions.set(path, (this.versions.get(path) ?? 0) + 1);
    const content = base64 === null ? null : Buffer.from(base64, 'base64');
    const fits = this.bytesKept + (content?.length ?? 0) <= MAX_BYTES;
    if (!fits) this.tell(`${path} is not read: the files of this window are larger than ${MAX_BYTES >> 20} MB`);
    const kept = fits ? content : null;
    this.bytesKept += kept?.length ?? 0;
    this.files.set(path, kept);
  }
}
