/** A disk of which only some folders are read: the files of a workspace that its user does not trust may name any other. */
import { sep } from 'node:path';
import type { Disk, DiskEntry } from './disk';

export class FencedDisk implements Disk {
  /** Absolute paths of the folders, as given and with their links resolved. */
  private roots: readonly string[] = [];

  constructor(private readonly disk: Disk) {}

  /** What may be read from now on: these folders (absolute paths) and what is in them. */
  setRoots(roots: readonly string[]): void {
    this.roots = [...new Set(roots.flatMap((root) => [root, this.disk.real(root) ?? root]))];
  }

  stat(path: string): ReturnType<Disk['stat']> {
    return this.allows(path) ? this.disk.stat(path) : null;
  }

  bytes(path: string): Buffer | null {
    return this.allows(path) ? this.disk.bytes(path) : null;
  }

  list(path: string): readonly DiskEntry[] {
    return this.allows(path) ? this.disk.list(path) : [];
  }

  real(path: string): string | null {
    return this.allows(path) ? this.disk.real(path) : null;
  }

  refuses(path: string): boolean {
    return !this.allows(path) && this.disk.stat(path)?.folder === false;
  }

  /** By where a path really leads: a link inside may point anywhere. */
  private allows(path: string): boolean {
    if (!this.inside(path)) return false;
    const real = this.disk.real(path);
    return real === null || this.inside(real);
  }

  private inside(path: string): boolean {
    return this.roots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep));
  }
}
