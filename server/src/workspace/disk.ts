/** Where files come from: the disk, a state of a git repository that looks like one (review/git-disk.ts), or an editor (lsp/client-disk.ts). */

export interface DiskEntry {
  readonly name: string;
  readonly folder: boolean;
}

/** Files and folders by absolute path; nothing throws. */
export interface Disk {
  /** What is at a path, links followed; null: nothing. `stamp` changes when the content may have. */
  stat(path: string): { readonly folder: boolean; readonly size: number; readonly stamp: string } | null;
  /** The content of a file; null when there is none that can be read. */
  bytes(path: string): Buffer | null;
  /** What is in a folder; empty when it cannot be read. */
  list(path: string): readonly DiskEntry[];
  /** The path with links resolved; null when nothing is there. */
  real(path: string): string | null;
  /** Whether something is at a path that may not be read; absent: everything may. */
  refuses?(path: string): boolean;
}

/** Whether a folder is at a path. */
export const isFolder = (disk: Disk, path: string): boolean => disk.stat(path)?.folder === true;
/** Whether anything is at a path. */
export const exists = (disk: Disk, path: string): boolean => disk.stat(path) !== null;
/** The text of a file as Latin-1; null when it cannot be read. */
export const textOf = (disk: Disk, path: string): string | null => disk.bytes(path)?.toString('latin1') ?? null;
