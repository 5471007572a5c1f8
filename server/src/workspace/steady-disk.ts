/** A disk that is looked at once: for a command, which is over before anything on it changes. */
import type { Disk, DiskEntry } from './disk';

/** Paths whose answer is kept; many boards share folders, and few paths are asked for again after so many others. */
const MOST = 20_000;

/**
 * Remembers what is at each path, or that nothing is. The boards of a folder ask for the same ones: where their tree begins, which
 * include folders it has, whether a scenario or a project stands beside or above them.
 */
export class SteadyDisk implements Disk {
  private readonly stats = new Map<string, ReturnType<Disk['stat']>>();

  constructor(private readonly disk: Disk) {}

  stat(path: string): ReturnType<Disk['stat']> {
    const known = this.stats.get(path);
    if (known !== undefined) return known;
    if (this.stats.size >= MOST) this.stats.clear();
    const found = this.disk.stat(path);
    this.stats.set(path, found);
    return found;
  }

  bytes(path: string): Buffer | null {
    return this.disk.bytes(path);
  }

  list(path: string): readonly DiskEntry[] {
    return this.disk.list(path);
  }

  real(path: string): string | null {
    return this.disk.real(path);
  }
}
