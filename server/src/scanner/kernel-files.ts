/** How the scanner reads a kernel tree: whoever calls it says where the files come from. */
export interface KernelFiles {
  /** The text of a file by its path below the tree's root; null when it is not there. */
  read(path: string): string | null;
  has(path: string): boolean;
  /** The names in a folder, sorted; empty when it is not there. */
  list(folder: string): readonly string[];
  /** What a file's content can be known by without reading it (size and time); empty when it is not there. */
  stamp(path: string): string;
}

/** Files that note what they were asked for: what a result of reading them depends on. */
export class WatchedFiles implements KernelFiles {
  /** Every path asked for, with its stamp at that time; of a folder that was listed, its path with a slash behind. */
  readonly seen = new Map<string, string>();
  constructor(private readonly files: KernelFiles) {}

  read(path: string): string | null {
    this.note(path);
    return this.files.read(path);
  }
  has(path: string): boolean {
    // whether it is there is all that was asked
    if (!this.seen.has(path) && !this.seen.has(`${path}?`)) this.seen.set(`${path}?`, this.files.has(path) ? '+' : '');
    return this.files.has(path);
  }
  list(folder: string): readonly string[] {
    const names = this.files.list(folder);
    this.seen.set(`${folder}/`, names.join(' '));
    return names;
  }
  stamp(path: string): string {
    return this.note(path);
  }
  private note(path: string): string {
    let stamp = this.seen.get(path);
    if (stamp === undefined) {
      stamp = this.files.stamp(path);
      this.seen.set(path, stamp);
    }
    return stamp;
  }
}

/** Whether everything that was seen (WatchedFiles.seen) is still as it was. */
export function isUnchanged(files: KernelFiles, seen: Iterable<readonly [path: string, stamp: string]>): boolean {
  for (const [path, stamp] of seen) {
    const now = path.endsWith('/')
      ? files.list(path.slice(0, -1)).join(' ')
      : path.endsWith('?')
        ? files.has(path.slice(0, -1))
          ? '+'
          : ''
        : files.stamp(path);
    if (now !== stamp) return false;
  }
  return true;
}

/** `a/b/../c` as `a/c`; paths below a tree's root have slashes and no root of their own. */
export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** The folder of a path; empty for a file of the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
