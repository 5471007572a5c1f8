/** A kernel tree on disk as the scanner reads it. Nothing in a tree can stop it: what cannot be read is told. */
import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { KernelFiles } from '../../scanner/kernel-files';
import { MAX_TEXT } from '../../scanner/sources';

/** Characters of a Makefile, Kconfig file or C source that is read; the largest of a kernel that matters has a third of it. */
const MAX_BYTES = 2 * MAX_TEXT;
/** Files of which it is told that they could not be read. */
const MAX_TOLD = 20;

export class DiskFiles implements KernelFiles {
  private readonly stats = new Map<string, Stats | null>();
  /** What could not be read, and why; one line a file, path first. */
  readonly problems: string[] = [];

  /** `modules`: folders of modules outside the tree, by the name under which the scanner sees them. */
  constructor(
    readonly root: string,
    private readonly modules: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** The path on disk of one below the tree or below a folder of modules. */
  at(path: string): string {
    for (const [name, folder] of this.modules)
      if (path === name || path.startsWith(`${name}/`)) return join(folder, path.slice(name.length));
    return join(this.root, path);
  }

  private stat(path: string): Stats | null {
    let stat = this.stats.get(path);
    if (stat === undefined) {
      try {
        stat = statSync(this.at(path), { throwIfNoEntry: false }) ?? null;
      } catch (error) {
        this.tell(path, error);
        stat = null;
      }
      this.stats.set(path, stat);
    }
    return stat;
  }

  private tell(path: string, error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    // a name that is a folder in one tree and a file in another
    if (code === 'ENOTDIR' || code === 'ENOENT') return;
    if (this.problems.length < MAX_TOLD) this.problems.push(`${this.at(path)}: ${code}`);
  }

  read(path: string): string | null {
    const stat = this.stat(path);
    // pipes and devices would wait for ever
    if (stat === null || !stat.isFile()) return null;
    if (stat.size > MAX_BYTES) {
      if (!path.endsWith('.h') && this.problems.length < MAX_TOLD)
        this.problems.push(`${this.at(path)}: ${(stat.size / 1e6).toFixed(1)} MB, not read`);
      return null;
    }
    try {
      return readFileSync(this.at(path), 'utf8');
    } catch (error) {
      this.tell(path, error);
      return null;
    }
  }

  has(path: string): boolean {
    return this.stat(path)?.isFile() ?? false;
  }

  stamp(path: string): string {
    const stat = this.stat(path);
    return stat === null ? '' : `${stat.size.toString(36)}-${stat.mtimeMs.toString(36)}`;
  }

  list(folder: string): readonly string[] {
    return this.entries(folder)
      .map((entry) => entry.name)
      .sort();
  }

  /** The folders below a folder that are no links, by name. */
  folders(folder: string): readonly string[] {
    return this.entries(folder)
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  }

  private entries(folder: string): Dirent[] {
    try {
      return readdirSync(this.at(folder.split('/').join(sep)), { withFileTypes: true });
    } catch (error) {
      this.tell(folder, error);
      return [];
    }
  }
}
