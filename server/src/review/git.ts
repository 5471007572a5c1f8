/** Questions to git. Nothing is checked out, and nothing written into the repository. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** What git says when it cannot do something. */
export class GitError extends Error {}

/** Full names. */
export interface Commit {
  readonly oid: string;
  readonly tree: string;
}

const MAX_OUTPUT = 1 << 30;

/** A file that differs: what it is in the later state. */
export interface ChangedFile {
  /** From the top of the repository, with slashes. */
  readonly path: string;
  /** Null: it is not there before, or not there now. */
  readonly before: { readonly link: boolean } | null;
  /** `oid` null: as it lies in the working tree. */
  readonly now: { readonly oid: string | null; readonly link: boolean } | null;
}

/** What differs. */
export interface Changed {
  readonly files: readonly ChangedFile[];
  /** Submodules that are at another commit, or differ from theirs. */
  readonly submodules: readonly string[];
}

const BOARD = /\.(?:dts|dtso|overlay)$/;

/** The mode of a submodule among files. */
export const SUBMODULE = '160000';

/** The later state of a comparison. */
export type Head = { readonly kind: 'commit'; readonly oid: string } | { readonly kind: 'index' | 'worktree' };

export class Git {
  private constructor(
    /** The top of the working tree, links resolved. */
    readonly root: string,
    private readonly known: ReadonlyMap<string, Commit> = new Map(),
  ) {}

  /**
   * The repository that a folder lies in. `likely`: commits that will be asked for, to start git once and not once for each. Throws
   * GitError when there is no repository, or no git.
   */
  static at(folder: string, likely: readonly string[] = []): Git {
    const names = [...new Set(likely)].filter((name) => !name.startsWith('-'));
    const top = ['rev-parse', '--show-toplevel'];
    const asked = names.length === 0 ? null : tryIn(folder, [...top, ...names.flatMap(namesOf), '--']);
    const [first = '', ...lines] = asked?.toString('utf8').split('\n') ?? [];
    // all that was asked for, each on its line: else a name is none, or the folder's own has a line break
    const whole = asked !== null && lines.length === 2 * names.length + 2;
    const root = whole ? first : runIn(folder, top).toString('utf8').replace(/\n$/, '');
    if (root === '') throw new GitError('a bare repository has no boards beside it');
    const known = new Map<string, Commit>();
    if (whole)
      for (const [i, name] of names.entries())
        known.set(name, { oid: lines[2 * i] as string, tree: lines[2 * i + 1] as string });
    return new Git(realpathSync.native(root), known);
  }

  run(args: readonly string[], allowed: readonly number[] = [0], given: Given = {}): Buffer {
    return runIn(this.root, args, allowed, given);
  }

  /** The repository whose top is known. */
  static below(root: string): Git {
    return new Git(root);
  }

  /** A commit by any name of it, or null. */
  commit(name: string): Commit | null {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (name.startsWith('-')) return null;
    const [oid, tree] =
      tryIn(this.root, ['rev-parse', ...namesOf(name), '--'])
        ?.toString('latin1')
        .split('\n') ?? [];
    return oid === undefined || tree === undefined ? null : { oid, tree };
  }

  mergeBase(a: string, b: string): string | null {
    const found = this.run(['merge-base', a, b], [0, 1]).toString('latin1').trim();
    return found === '' ? null : found;
  }

  /** The files that differ between a commit and a later state; in a working tree also those that git does not know yet. */
  changed(base: string, head: Head, paths: readonly string[]): Changed {
    const what = [
      'diff',
      '--raw',
      '-z',
      '--no-renames',
      '--no-abbrev',
      '--no-ext-diff',
      '--ignore-submodules=untracked',
    ];
    const against = head.kind === 'commit' ? [base, head.oid] : head.kind === 'index' ? ['--cached', base] : [base];
    const fields = this.run([...what, ...against, '--', ...paths])
      .toString('utf8')
      .split('\0');
    const found: ChangedFile[] = [];
    const submodules: string[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const match = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) (\w)/.exec(fields[i] ?? '');
      const path = fields[i + 1] ?? '';
      if (match === null || path === '') continue;
      const [, oldMode, newMode, , oid = '', status] = match;
      if (status === 'U') {
        // the index has several of it; in the working tree it lies merged as far as it is, and is told of once more
        if (head.kind === 'index') throw new GitError(`${path} is unmerged: the index has no one state of it`);
        continue;
      }
      if (oldMode === SUBMODULE || newMode === SUBMODULE) submodules.push(path);
      if (oldMode === SUBMODULE && newMode === SUBMODULE) continue;
      const isFile = (mode: string | undefined) => mode?.startsWith('10') === true || mode === '120000';
      found.push({
        path,
        before: isFile(oldMode) ? { link: oldMode === '120000' } : null,
        now: isFile(newMode) ? { oid: /^0+$/.test(oid) ? null : oid, link: newMode === '120000' } : null,
      });
    }
    if (head.kind === 'worktree')
      for (const path of this.run(['ls-files', '-z', '--others', '--exclude-standard', '--', ...paths])
        .toString('utf8')
        .split('\0'))
        if (path !== '') found.push({ path, before: null, now: { oid: null, link: false } });
    return { files: found, submodules };
  }

  /**
   * The lines of a commit (null: of the working tree's tracked files) that hold one of some words, by file, of the files that path
   * patterns name. Words, not patterns: git looks for these four times as fast.
   */
  grep(commit: string | null, words: readonly string[], paths: readonly string[]): Map<string, string[]> {
    const wanted = words.flatMap((word) => ['-e', word]);
    const out = this.run([...GREP, ...wanted, ...(commit === null ? [] : [commit]), '--', ...paths], [0, 1]);
    const before = commit === null ? 0 : commit.length + 1;
    const found = new Map<string, string[]>();
    for (const line of out.toString('utf8').split('\n')) {
      const end = line.indexOf('\0');
      if (end < 0) continue;
      const path = line.slice(before, end);
      const list = found.get(path);
      if (list === undefined) found.set(path, [line.slice(end + 1)]);
      else list.push(line.slice(end + 1));
    }
    return found;
  }

  /**
   * Boards and overlays that lie elsewhere or are called otherwise in a later state, by their names now: `changed` is what differs.
   * One that git does not know yet counts as if it did.
   */
  renamed(base: string, head: Head, changed: readonly ChangedFile[]): [now: string, before: string][] {
    const boards = changed.filter(({ path }) => BOARD.test(path));
    if (!boards.some(({ before }) => before === null) || !boards.some(({ now }) => now === null)) return [];
    // boards are much like each other: less is another board. Where many come and go only those that are the same are found
    const what = ['diff', '-M80%', '-l300', '--diff-filter=R', '--name-status', '-z', '--no-ext-diff'];
    const against = head.kind === 'commit' ? [base, head.oid] : head.kind === 'index' ? ['--cached', base] : [base];
    const paths =
      boards.length > 1000 ? ['*.dts', '*.dtso', '*.overlay'] : boards.map(({ path }) => `:(literal)${path}`);
    const args = [...what, ...against, '--', ...paths];
    const isNew = head.kind === 'worktree' && paths.length === boards.length;
    const fields = (isNew ? this.withIndexOf(boards, args) : this.run(args)).toString('utf8').split('\0');
    const asked = new Set(boards.map(({ path }) => path));
    const found: [string, string][] = [];
    for (let i = 0; i + 2 < fields.length; i += 3) found.push([fields[i + 2] ?? '', fields[i + 1] ?? '']);
    return found.filter((names) => names.every((name) => asked.has(name)));
  }

  /** Runs git with an index of its own that knows these files as they lie: git compares only files that an index has. */
  private withIndexOf(files: readonly ChangedFile[], args: readonly string[]): Buffer {
    const folder = mkdtempSync(join(tmpdir(), 'smmu-scope-index-'));
    try {
      const env = { GIT_INDEX_FILE: join(folder, 'index') };
      const oid = this.run(['hash-object', '--stdin'], [0], { input: '' }).toString('latin1').trim();
      const lines = files.flatMap(({ path, now }) =>
        now === null ? [] : `${now.link ? '120000' : '100644'} ${oid}\t${path}\0`,
      );
      this.run(['update-index', '-z', '--index-info'], [0], { env, input: lines.join('') });
      return this.run(args, [0], { env });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Every file of a commit below some paths. */
  files(commit: string, paths: readonly string[] = []): string[] {
    return this.run(['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit, ...paths])
      .toString('utf8')
      .split('\0')
      .filter((path) => path !== '');
  }

  /** The absolute path of a file. */
  pathOf(path: string): string {
    return `${this.root}${sep}${sep === '/' ? path : path.split('/').join(sep)}`;
  }
}

/** Lines alone, each behind the name of its file, whatever a person's settings say of line numbers, columns and colours. */
const GREP = [
  ...['grep', '-z', '-I', '-H', '-F', '--full-name', '--no-line-number', '--no-column'],
  ...['--no-color', '--no-heading', '--no-break'],
];

/** A commit and its tree, as rev-parse takes them. */
const namesOf = (name: string): string[] => [`${name}^{commit}`, `${name}^{tree}`];

/** Null where git cannot do it. */
function tryIn(folder: string, args: readonly string[]): Buffer | null {
  try {
    return runIn(folder, args);
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

/** What git is given besides its arguments. */
interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

function runIn(
  folder: string,
  args: readonly string[],
  allowed: readonly number[] = [0],
  { env, input }: Given = {},
): Buffer {
  const run = spawnSync('git', ['-c', 'core.quotepath=off', '-C', folder, ...args], {
    maxBuffer: MAX_OUTPUT,
    // what a hook's or an action's surroundings say must not lead elsewhere
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C', ...env },
    ...(input === undefined ? {} : { input }),
  });
  if (run.error !== undefined) throw new GitError(`cannot run git: ${run.error.message}`);
  if (run.status === null || !allowed.includes(run.status)) {
    const said = run.stderr.toString('utf8').trim().split('\n')[0] ?? '';
    throw new GitError(`git ${args[0]}: ${said === '' ? `exit status ${run.status}` : said.replace(/^fatal: /, '')}`);
  }
  return run.stdout;
}

/**
 * The program of the thread that talks to `git cat-file --batch`, so that a reader may wait for an answer. git is in a group of its
 * own: who interrupts a review wants what is done, and an object that git has no time to answer is not one that is missing.
 */
const THREAD = `
const { workerData: { root, flag, port } } = require('node:worker_threads');
const { spawn } = require('node:child_process');
const git = spawn('git', ['-C', root, 'cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
let parts = [], have = 0, need = -1, type = '';
const asked = [];
const answer = (found) => { port.postMessage({ id: asked.shift(), ...found }); Atomics.add(flag, 0, 1); Atomics.notify(flag, 0); };
const whole = () => { if (parts.length > 1) parts = [Buffer.concat(parts)]; return parts[0] ?? Buffer.alloc(0); };
git.on('error', () => {});
git.stdin.on('error', () => {});
git.on('close', () => { port.on('message', () => answer({ ended: true })); while (asked.length > 0) answer({ ended: true }); });
git.stdout.on('data', (data) => {
  parts.push(data); have += data.length;
  for (;;) {
    if (need < 0) {
      const all = whole(); const end = all.indexOf(10);
      if (end < 0) return;
      const [, kind, size] = all.subarray(0, end).toString('latin1').split(' ');
      parts = [all.subarray(end + 1)]; have = parts[0].length;
      if (size === undefined) { answer(null); continue; }
      type = kind; need = Number(size);
    }
    if (have < need + 1) return;
    const all = whole();
    answer({ type, data: new Uint8Array(all.subarray(0, need)) });
    parts = [all.subarray(need + 1)]; have = parts[0].length; need = -1;
  }
});
port.on('message', ({ id, oid }) => { asked.push(id); git.stdin.write(oid + '\\n'); });
`;

/** Bytes of objects that are kept. */
const MAX_KEPT = 48 << 20;
/** An answer that does not come in so many waits of so many milliseconds does not come: one wait may be the machine's sleep. */
const WAITS = 12;
const WAIT = 10_000;

/** No data: the repository has no such object. */
interface Answer {
  readonly data?: Uint8Array;
  readonly ended?: boolean;
}

/** Reads objects of a repository, one git process for all of them. Reading waits. */
export class ObjectReader {
  private worker: Worker | null = null;
  private readonly flag = new Int32Array(new SharedArrayBuffer(4));
  private readonly channel = new MessageChannel();
  private readonly kept = new Map<string, Buffer | null>();
  private keptBytes = 0;
  private asked = 0;
  /** No answer came: what was read since is not to be believed. */
  silent = false;

  constructor(private readonly root: string) {}

  /** The content of an object by its full name; null when the repository does not have it. */
  read(oid: string): Buffer | null {
    const known = this.kept.get(oid);
    if (known !== undefined) return known;
    const { port1, port2 } = this.channel;
    if (this.worker === null) {
      this.worker = new Worker(THREAD, {
        eval: true,
        workerData: { root: this.root, flag: this.flag, port: port2 },
        transferList: [port2],
      });
      this.worker.unref();
      port1.unref();
    }
    if (this.silent) throw new GitError('git cat-file does not answer');
    const id = ++this.asked;
    port1.postMessage({ id, oid });
    const answer = this.answer(id);
    if (answer?.ended === true) {
      this.silent = true;
      throw new GitError('git cat-file has ended');
    }
    const found = answer?.data;
    const data = found === undefined ? null : Buffer.from(found.buffer, found.byteOffset, found.length);
    this.keep(oid, data);
    return data;
  }

  /**
   * Reads objects that will likely be asked for, in one go: for a few boards this is less work than the thread. Names as git takes
   * them (`TREE:path`); what is not there or does not come is read when it is asked for.
   */
  prefetch(names: Iterable<string>): void {
    const input = [...new Set(names)].filter((name) => !name.includes('\n')).map((name) => `${name}\n`);
    if (input.length === 0) return;
    const { stdout, status } = spawnSync('git', ['-C', this.root, 'cat-file', '--batch'], {
      input: input.join(''),
      maxBuffer: MAX_OUTPUT,
    });
    if (status !== 0) return;
    for (let at = 0; at < stdout.length; ) {
      const end = stdout.indexOf(10, at);
      if (end < 0) return;
      const [, oid, size] = /^([0-9a-f]+) \w+ (\d+)$/.exec(stdout.toString('latin1', at, end)) ?? [];
      at = end + 1;
      if (oid === undefined || size === undefined) continue;
      if (!this.kept.has(oid)) this.keep(oid, stdout.subarray(at, at + Number(size)));
      at += Number(size) + 1;
    }
  }

  private keep(oid: string, data: Buffer | null): void {
    this.kept.set(oid, data);
    this.keptBytes += data?.length ?? 0;
    for (const [old, bytes] of this.kept) {
      if (this.keptBytes <= MAX_KEPT || old === oid) break;
      this.kept.delete(old);
      this.keptBytes -= bytes?.length ?? 0;
    }
  }

  private answer(id: number): Answer | null {
    for (let waits = 0; ; ) {
      const before = Atomics.load(this.flag, 0);
      const { message } = (receiveMessageOnPort(this.channel.port1) ?? {}) as {
        readonly message?: Answer & { readonly id: number };
      };
      if (message?.id === id) return message;
      if (message !== undefined) continue;
      if (Atomics.wait(this.flag, 0, before, WAIT) === 'timed-out' && ++waits >= WAITS) {
        this.silent = true;
        throw new GitError('git cat-file does not answer');
      }
    }
  }

  /** Ends the git process. */
  close(): void {
    this.channel.port1.close();
    void this.worker?.terminate();
    this.worker = null;
  }
}
