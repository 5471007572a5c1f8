/** A kernel's devicetrees in a git repository of their own, with a second folder that stays as the first commit is. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PARTS = ['Makefile', 'scripts/dtc', 'include/dt-bindings', 'include/uapi/linux/input-event-codes.h'];

/** A patch as the files that it writes: their text by path from the top; null: the file goes. */
export type Files = ReadonlyMap<string, string | null>;

/** Where the patch is when it is reviewed. */
export const PLACES = ['worktree', 'index', 'commit'] as const;
export type Place = (typeof PLACES)[number];

export class Repository {
  /** The working tree that patches are made in. */
  readonly now: string;
  /** The tree as it was. */
  readonly before: string;
  readonly caches: string;
  readonly base: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'review-truth-'));

  constructor(linux: string) {
    this.now = join(this.folder, 'now');
    this.before = join(this.folder, 'before');
    this.caches = join(this.folder, 'caches');
    const sources = readdirSync(join(linux, 'arch'))
      .map((name) => `arch/${name}/boot/dts`)
      .filter((path) => existsSync(join(linux, path)));
    for (const part of [...PARTS, ...sources]) {
      mkdirSync(join(this.now, dirname(part)), { recursive: true });
      cpSync(join(linux, part), join(this.now, part), { recursive: true, verbatimSymlinks: true });
    }
    this.git('init', '-q', '-b', 'main');
    this.git('add', '-A', '-f');
    this.git('commit', '-q', '-m', 'The tree');
    this.base = this.git('rev-parse', 'HEAD').trim();
    this.git('worktree', 'add', '-q', '--detach', this.before, this.base);
  }

  private git(...args: string[]): string {
    const settings = ['user.name=truth', 'user.email=truth@localhost', 'gc.auto=0', 'core.hooksPath=/dev/null'];
    return execFileSync('git', ['-C', this.now, ...settings.flatMap((text) => ['-c', text]), ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  }

  /** The text of a file before any patch. */
  text(path: string): string | null {
    const at = join(this.before, path);
    return existsSync(at) ? readFileSync(at, 'utf8') : null;
  }

  /** Makes the patch; what `review` is then asked for. */
  apply(files: Files, place: Place): string[] {
    for (const [path, text] of files) {
      const at = join(this.now, path);
      if (text === null) rmSync(at);
      else {
        mkdirSync(dirname(at), { recursive: true });
        writeFileSync(at, text);
      }
    }
    if (place === 'index') this.git('add', '-A', '-f');
    return place === 'worktree' ? [] : place === 'index' ? ['--staged'] : [`${this.base}..${this.commit()}`];
  }

  /** The patch as a commit. */
  commit(): string {
    this.git('add', '-A', '-f');
    this.git('commit', '-q', '--allow-empty', '-m', 'The patch');
    return this.git('rev-parse', 'HEAD').trim();
  }

  /** The files in which it differs, from the top. */
  changed(commit: string): string[] {
    return this.git('diff', '--name-only', '--no-renames', '-z', this.base, commit)
      .split('\0')
      .filter((path) => path !== '');
  }

  patchText(commit: string): string {
    return this.git('diff', '--no-color', '--no-ext-diff', '-M', '-U2', this.base, commit);
  }

  /** Back to the tree as it was. */
  undo(): void {
    this.git('reset', '-q', '--hard', this.base);
    this.git('clean', '-fdqx');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
