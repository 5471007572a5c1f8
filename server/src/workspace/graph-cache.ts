/** What files include, kept on disk for the next session: by tree, a file's names with the state that they were read in. */
import { dirname, join } from 'node:path';
import type { IncludeMemory } from './graph';
import { cacheFolder, Kept } from './own-kernel/kept';

/** Trees with fewer files are read faster than what is kept of them. */
const MIN_FILES = 50;

/** A file's path to its state and the names that it includes. */
type Entries = Record<string, readonly [stamp: string, ...names: string[]]>;

export class KeptIncludes implements IncludeMemory {
  private readonly kept: Kept;
  private entries: Map<string, Entries[string]> | null = null;
  private changed = false;

  /** `root`: the tree's; `folder`: where all trees are kept. */
  constructor(root: string, folder = join(dirname(cacheFolder()), 'includes')) {
    this.kept = new Kept(folder, `includes ${root}`);
  }

  get(path: string, stamp: string): readonly string[] | null {
    const [known, ...names] = this.all().get(path) ?? [];
    return known === stamp ? names : null;
  }

  set(path: string, stamp: string, names: readonly string[]): void {
    this.all().set(path, [stamp, ...names]);
    this.changed = true;
  }

  /** Writes what is new; files that are not among `there` are forgotten. What went wrong, in sentences for people. */
  save(there: ReadonlySet<string>): readonly string[] {
    const entries = this.all();
    for (const path of entries.keys())
      if (!there.has(path)) {
        entries.delete(path);
        this.changed = true;
      }
    if (this.changed && entries.size >= MIN_FILES) {
      this.kept.write('names', Object.fromEntries(entries));
      this.kept.forgetOldest();
    }
    this.changed = false;
    return this.kept.problems.splice(0);
  }

  private all(): Map<string, Entries[string]> {
    this.entries ??= new Map(Object.entries(this.kept.read<Entries>('names') ?? {}));
    return this.entries;
  }
}
