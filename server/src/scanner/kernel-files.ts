/** How the scanner reads a kernel tree: whoever calls it says where the files come from. */
export interface KernelFiles {
  /** The text of a file by its path below the tree's root; null when it is not there. */
  read(path: string): string | null;
  has(path: string): boolean;
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
