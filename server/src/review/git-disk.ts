/** A state of a repository as a disk: a commit, with other files over it for a later state. */
import { posix, relative, sep } from 'node:path';
import type { Disk, DiskEntry } from '../workspace/disk';
import { realDisk } from '../workspace/real-disk';
import { type ChangedFile, type ObjectReader, SUBMODULE } from './git';

type Entry =
  | { readonly kind: 'folder'; readonly oid: string | null }
  | { readonly kind: 'file' | 'link'; readonly oid: string }
  | { readonly kind: 'on-disk' }
  // another repository's files, as they lie there: what differs in them is told beforehand (Changed.submodules)
  | { readonly kind: 'submodule' };

const FOLDER: Entry = { kind: 'folder', oid: null };
const MAX_LINKS = 40;

export class GitDisk implements Disk {
  private readonly folders = new Map<string, ReadonlyMap<string, Entry>>();
  /** Changed files by their folder. */
  private readonly patched = new Map<string, Map<string, Entry | null>>();

  /**
   * `root`: where the repository's top lies; paths outside it are the disk's. `tree`: the name of the commit's tree. `changed`:
   * what is different from it in the state that is meant.
   */
  constructor(
    private readonly root: string,
    private readonly reader: ObjectReader,
    private readonly tree: string,
    changed: readonly ChangedFile[] = [],
  ) {
    for (const { path, now } of changed) {
      const slash = path.lastIndexOf('/');
      const entry: Entry | null =
        now === null
          ? null
          : now.oid === null
            ? { kind: 'on-disk' }
            : { kind: now.link ? 'link' : 'file', oid: now.oid };
      this.patch(path.slice(0, Math.max(0, slash))).set(path.slice(slash + 1), entry);
    }
  }

  private patch(folder: string): Map<string, Entry | null> {
    let entries = this.patched.get(folder);
    if (entries === undefined) {
      entries = new Map();
      this.patched.set(folder, entries);
      // the folders above hold it
      if (folder !== '') {
        const slash = folder.lastIndexOf('/');
        const above = this.patch(folder.slice(0, Math.max(0, slash)));
        const name = folder.slice(slash + 1);
        if (!above.has(name)) above.set(name, FOLDER);
      }
    }
    return entries;
  }

  /** The path from the top with slashes; null outside. */
  private inside(path: string): string | null {
    const below = relative(this.root, path);
    if (below === '..' || below.startsWith(`..${sep}`)) return null;
    return sep === '/' ? below : below.split(sep).join('/');
  }

  private entriesOf(folder: string, oid: string | null): ReadonlyMap<string, Entry> {
    let entries = this.folders.get(folder);
    if (entries !== undefined) return entries;
    const read = oid === null ? new Map<string, Entry>() : parseTree(this.reader.read(oid), this.tree.length / 2);
    for (const [name, entry] of this.patched.get(folder) ?? []) {
      if (entry === null) read.delete(name);
      else if (entry !== FOLDER || read.get(name)?.kind !== 'folder') read.set(name, entry);
    }
    entries = read;
    this.folders.set(folder, entries);
    return entries;
  }

  /** The entry at a path from the top and the path it really has, links followed. */
  private at(path: string): { readonly path: string; readonly entry: Entry } | null {
    let todo = path.split('/').filter((part) => part !== '' && part !== '.');
    let at = '';
    let entry: Entry = { kind: 'folder', oid: this.tree };
    let links = 0;
    while (todo.length > 0) {
      const [name = '', ...rest] = todo;
      if (entry.kind === 'submodule') return { path: [at, ...todo].join('/'), entry };
      if (entry.kind !== 'folder') return null;
      const next: Entry | undefined = this.entriesOf(at, entry.oid).get(name);
      if (next === undefined) return null;
      if (next.kind === 'link') {
        if (++links > MAX_LINKS) return null;
        const target = posix.normalize(posix.join(at, this.reader.read(next.oid)?.toString('utf8') ?? ''));
        if (target.startsWith('..') || target.startsWith('/')) return null;
        todo = [...target.split('/'), ...rest].filter((part) => part !== '' && part !== '.');
        at = '';
        entry = { kind: 'folder', oid: this.tree };
        continue;
      }
      at = at === '' ? name : `${at}/${name}`;
      entry = next;
      todo = rest;
    }
    return { path: at, entry };
  }

  private absolute(path: string): string {
    return path === '' ? this.root : `${this.root}${sep}${sep === '/' ? path : path.split('/').join(sep)}`;
  }

  stat(path: string): ReturnType<Disk['stat']> {
    const below = this.inside(path);
    if (below === null) return realDisk.stat(path);
    const found = this.at(below);
    if (found === null) return null;
    const { entry } = found;
    if (entry.kind === 'folder') return { folder: true, size: 0, stamp: entry.oid ?? '' };
    if (isOnDisk(entry)) return realDisk.stat(this.absolute(found.path));
    const { reader } = this;
    const { oid } = entry;
    return {
      folder: false,
      // whether a file is there is asked more often than how large it is
      get size() {
        return reader.read(oid)?.length ?? 0;
      },
      stamp: oid,
    };
  }

  bytes(path: string): Buffer | null {
    const below = this.inside(path);
    if (below === null) return realDisk.bytes(path);
    const found = this.at(below);
    if (found === null || found.entry.kind === 'folder') return null;
    return isOnDisk(found.entry) ? realDisk.bytes(this.absolute(found.path)) : this.reader.read(found.entry.oid);
  }

  list(path: string): readonly DiskEntry[] {
    const below = this.inside(path);
    if (below === null) return realDisk.list(path);
    const found = this.at(below);
    if (found?.entry.kind === 'submodule') return realDisk.list(this.absolute(found.path));
    if (found === null || found.entry.kind !== 'folder') return [];
    return [...this.entriesOf(found.path, found.entry.oid)].map(([name, entry]) => ({
      name,
      folder: entry.kind === 'folder' || entry.kind === 'submodule',
    }));
  }

  real(path: string): string | null {
    const below = this.inside(path);
    if (below === null) return realDisk.real(path);
    const found = this.at(below);
    if (found === null) return null;
    const at = this.absolute(found.path);
    return found.entry.kind === 'submodule' ? realDisk.real(at) : at;
  }
}

function isOnDisk(entry: Entry): entry is Entry & { readonly kind: 'on-disk' | 'submodule' } {
  return entry.kind === 'on-disk' || entry.kind === 'submodule';
}

/** The entries of a tree object: mode, blank, name, NUL, name of the object in `width` bytes, one after the other. */
function parseTree(data: Buffer | null, width: number): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  if (data === null) return entries;
  for (let at = 0; at < data.length; ) {
    const blank = data.indexOf(0x20, at);
    const end = data.indexOf(0, blank);
    if (blank < 0 || end < 0) break;
    const mode = data.toString('latin1', at, blank);
    const name = data.toString('utf8', blank + 1, end);
    const oid = data.toString('hex', end + 1, end + 1 + width);
    at = end + 1 + width;
    if (mode === '40000') entries.set(name, { kind: 'folder', oid });
    else if (mode === '120000') entries.set(name, { kind: 'link', oid });
    else if (mode === SUBMODULE) entries.set(name, { kind: 'submodule' });
    else if (mode.startsWith('100')) entries.set(name, { kind: 'file', oid });
  }
  return entries;
}
