/** What readings of kernel trees keep on disk. A file that was cut or damaged is dropped, and that is said. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolders } from '../regular-file';

/** Grows when the scanner finds otherwise in the same sources, or keeps it otherwise. */
const FORMAT = 3;
/** Trees that are kept; those used longest ago go. */
const MAX_TREES = 8;

/** The folder of the user's caches: SMMU_SCOPE_CACHE, else below XDG_CACHE_HOME or the home folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { SMMU_SCOPE_CACHE: own, XDG_CACHE_HOME: caches } = environment;
  if (own !== undefined && own !== '') return join(own, 'kernels');
  return join(caches === undefined || caches === '' ? join(homedir(), '.cache') : caches, 'smmu-scope', 'kernels');
}

export class Kept {
  readonly problems: string[] = [];
  private readonly name: string;

  /** `key`: what the trees differ by. */
  constructor(
    private readonly folder: string,
    key: string,
  ) {
    this.name = createHash('sha256').update(key).digest('hex').slice(0, 24);
  }

  private path(part: string): string {
    return join(this.folder, `${this.name}.${part}.json`);
  }

  /** Null when nothing is kept, or what is kept is of no use. */
  read<T>(part: string): T | null {
    let text: string;
    try {
      text = readFileSync(this.path(part), 'utf8');
    } catch {
      return null;
    }
    const line = text.indexOf('\n');
    const [format, sum] = text.slice(0, Math.max(0, line)).split(' ');
    if (format !== undefined && /^\d+$/.test(format) && Number(format) !== FORMAT) return null;
    const body = text.slice(line + 1);
    if (sum === hash(body))
      try {
        return JSON.parse(body) as T;
      } catch {
        // no text of ours has that sum: told below
      }
    this.problems.push(`${this.path(part)} was cut or damaged: dropped, and made anew`);
    remove(this.path(part));
    return null;
  }

  write(part: string, value: unknown): void {
    const body = JSON.stringify(value);
    const path = this.path(part);
    // several may read the same tree at once: whoever is last leaves a whole file
    const draft = `${path}.${process.pid}.${Math.round(performance.now() * 1000)}`;
    try {
      makeFolders(this.folder);
      writeFileSync(draft, `${FORMAT} ${hash(body)}\n${body}`);
      renameSync(draft, path);
    } catch (error) {
      remove(draft);
      this.problems.push(
        `cannot keep what was read in ${this.folder} (${(error as NodeJS.ErrnoException).code ?? error}): it is made anew next time`,
      );
    }
  }

  forgetOldest(): void {
    try {
      const files = readdirSync(this.folder).map((name) => ({ name, time: statSync(join(this.folder, name)).mtimeMs }));
      const trees = new Map<string, number>();
      for (const { name, time } of files) {
        const tree = name.slice(0, name.indexOf('.'));
        trees.set(tree, Math.max(time, trees.get(tree) ?? 0));
      }
      const old = [...trees].sort((a, b) => b[1] - a[1]).slice(MAX_TREES);
      for (const [tree] of old)
        for (const { name } of files) if (name.startsWith(`${tree}.`)) remove(join(this.folder, name));
    } catch {
      // somebody else tidies at the same time
    }
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // what cannot be written cannot be removed either
  }
}
