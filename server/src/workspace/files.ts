/**
 * Files from the disk with the editor's open documents on top. A file version is kept until somebody says that it
 * changed (`invalidate`), so that one snapshot sees one world; on the command line nothing ever changes.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { bytewiseFile, type FileProvider, type SourceFile, sourceFile } from '../source/file';
import { pathOfUri, uriOfPath } from '../source/uri';
import type { Disk } from './disk';
import { contentOf, fileAt, realDisk, resolved, sizeOf } from './real-disk';

/** Files above this size are treated as absent: no devicetree source is as large. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Cached file versions; the least recently read go first. */
const MAX_CACHED_BYTES = 96 * 1024 * 1024;

/** Files of several states of a source tree by URI and stamp: what was parsed of a file serves every state that has the same. */
export class SourcePool {
  private readonly files = new Map<string, SourceFile>();
  private bytes = 0;

  get(key: string): SourceFile | undefined {
    return this.files.get(key);
  }

  add(key: string, file: SourceFile): void {
    this.bytes += file.text.length * 2;
    if (this.bytes > MAX_CACHED_BYTES) {
      this.files.clear();
      this.bytes = file.text.length * 2;
    }
    this.files.set(key, file);
  }
}

interface Cached {
  readonly file: SourceFile | null;
  readonly size: number;
}

export class FileStore implements FileProvider {
  private readonly open = new Map<string, SourceFile>();
  private readonly cache = new Map<string, Cached>();
  /** A requested URI to the URI of the real file (symbolic links resolved), null when there is none. */
  private readonly canonical = new Map<string, string | null>();
  /** Folders by URI, without slash at the end, to the real one's. */
  private readonly folders = new Map<string, string>();
  /** Sizes of real files as they were found. */
  private readonly sizes = new Map<string, number>();
  private cachedBytes = 0;

  /** `disk`: another place to read from than the disk. `pool`: shared with the stores of other states. `capacity`: bytes of text kept. */
  constructor(
    private readonly disk: Disk | null = null,
    private readonly pool: SourcePool | null = null,
    private readonly capacity = MAX_CACHED_BYTES,
  ) {}

  /** The text of a file; open documents first. The result's `uri` is the real file's. */
  read(uri: string): SourceFile | null {
    const direct = this.open.get(uri);
    if (direct !== undefined) return direct;
    const real = this.realUri(uri);
    if (real === null) return null;
    const opened = this.open.get(real);
    if (opened !== undefined) return opened;
    const hit = this.cache.get(real);
    if (hit !== undefined) {
      // keep the order of use
      this.cache.delete(real);
      this.cache.set(real, hit);
      return hit.file;
    }
    const path = toPath(real);
    let file: SourceFile | null = null;
    let size = 0;
    try {
      if (path !== null)
        file =
          this.disk === null
            ? readSource(real, path, this.sizes.get(real) ?? sizeOf(path))
            : this.readFrom(this.disk, real, path);
      if (file !== null) size = file.text.length * 2;
    } catch {
      file = null;
    }
    this.cache.set(real, { file, size });
    this.cachedBytes += size;
    this.shrink();
    return file;
  }

  private readFrom(disk: Disk, uri: string, path: string): SourceFile | null {
    const key = `${disk.stat(path)?.stamp} ${uri}`;
    const known = this.pool?.get(key);
    if (known !== undefined) return known;
    const bytes = disk.bytes(path);
    if (bytes === null) return null;
    const file = sourceOf(uri, bytes, null);
    this.pool?.add(key, file);
    return file;
  }

  refused(uri: string): boolean {
    const path = this.disk?.refuses === undefined ? null : toPath(uri);
    return path !== null && this.disk?.refuses?.(path) === true;
  }

  readBytes(uri: string): Uint8Array | null {
    const real = this.realUri(uri);
    const path = real === null ? null : toPath(real);
    if (path === null) return null;
    return (this.disk ?? realDisk).bytes(path);
  }

  /** The URI of the real file behind a URI, or null when there is no readable regular file of a sane size. */
  realUri(uri: string): string | null {
    if (this.open.has(uri)) return uri;
    const known = this.canonical.get(uri);
    if (known !== undefined) return known;
    let real: string | null = null;
    const path = toPath(uri);
    if (path !== null && this.disk !== null) {
      const at = this.disk.real(path);
      const stat = at === null ? null : this.disk.stat(at);
      if (at !== null && stat?.folder === false && stat.size <= MAX_FILE_BYTES) real = toUri(at);
    } else if (path !== null)
      try {
        const found = fileAt(path);
        if (found !== null && found.size <= MAX_FILE_BYTES) {
          real = found.link ? toUri(resolved(path)) : this.inRealFolder(uri, path);
          this.sizes.set(real, found.size);
        }
      } catch {
        real = null;
      }
    this.canonical.set(uri, real);
    return real;
  }

  /** The URI of a file that is no link itself, its folder's links resolved. */
  private inRealFolder(uri: string, path: string): string {
    const slash = uri.lastIndexOf('/');
    const folder = uri.slice(0, slash);
    let real = this.folders.get(folder);
    if (real === undefined) {
      const folderPath = toPath(`${folder}/`);
      if (folderPath === null) return toUri(resolved(path));
      real = toUri(resolved(folderPath));
      if (real.endsWith('/')) real = real.slice(0, -1);
      this.folders.set(folder, real);
    }
    return real + uri.slice(slash);
  }

  /** Puts an open document over the file; every call is a new version. */
  setOpen(uri: string, text: string): void {
    this.canonical.delete(uri);
    this.open.set(uri, sourceFile(uri, text));
  }

  /** The document was closed: the disk counts again. */
  setClosed(uri: string): void {
    this.open.delete(uri);
    this.invalidate(uri);
  }

  isOpen(uri: string): boolean {
    return this.open.has(uri);
  }

  /** URIs of the open documents. */
  openUris(): string[] {
    return [...this.open.keys()];
  }

  /** A file changed, came or went on disk. */
  invalidate(uri: string): void {
    const real = this.canonical.get(uri) ?? uri;
    this.folders.clear();
    this.sizes.clear();
    this.canonical.delete(uri);
    for (const key of [uri, real]) {
      const cached = this.cache.get(key);
      if (cached === undefined) continue;
      this.cachedBytes -= cached.size;
      this.cache.delete(key);
    }
    // a file that came into being may now be found where an include looked for it in vain
    for (const [key, value] of this.canonical) if (value === null || value === real) this.canonical.delete(key);
  }

  /** What was not there may be there now: it is looked for again. */
  forgetAbsent(): void {
    for (const [uri, real] of this.canonical) if (real === null) this.canonical.delete(uri);
    for (const [uri, { file }] of this.cache) if (file === null) this.cache.delete(uri);
  }

  private shrink(): void {
    for (const [key, cached] of this.cache) {
      if (this.cachedBytes <= this.capacity) return;
      this.cache.delete(key);
      this.cachedBytes -= cached.size;
    }
  }
}

/** Reads a file: as UTF-8, or byte by byte when it is none (a stray Latin-1 letter is no reason to lose the bytes). */
function readSource(uri: string, path: string, size: number): SourceFile {
  const { content, padded } = contentOf(path, size);
  return sourceOf(uri, content, padded);
}

/** The text of a file's bytes; `padded`: the same bytes with room behind them for the lexer, where there is. */
function sourceOf(uri: string, content: Buffer, padded: Buffer | null): SourceFile {
  if (isAscii(content)) return bytewiseFile(uri, content.toString('latin1'), padded);
  return isUtf8(content)
    ? sourceFile(uri, content.toString('utf8'))
    : bytewiseFile(uri, content.toString('latin1'), null);
}

/** The file path of a `file:` URI, or null for any other. */
export function toPath(uri: string): string | null {
  return uri.startsWith('file:') ? pathOfUri(uri) : null;
}

/** The `file:` URI of an absolute path, as the editor writes it. */
export function toUri(path: string): string {
  return uriOfPath(path);
}
