/**
 * Who includes what in a commit. git looks into every source for it: into the files of the working tree where they are the
 * commit's, as unpacking objects takes three times as long (a third of a second for a kernel). What it found is kept in the user's
 * cache folder, and for another commit only the files that differ are looked into.
 */
import { dirname, join, posix } from 'node:path';
import { areCut, includeNames } from '../workspace/graph';
import { cacheFolder, Kept } from '../workspace/own-kernel/kept';
import { realDisk } from '../workspace/real-disk';
import { type Git, GitError } from './git';

/** The names that each file includes, by its path from the top; files that include nothing are left out. */
export type Includes = ReadonlyMap<string, readonly string[]>;

/** Sources of devicetrees: include files of C lie where a devicetree can include them. Others are looked for by their names. */
const LOOKED_INTO = ['*.dts', '*.dtsi', '*.dtso', '*.overlay', '*dts/*.h', '*dt-bindings/*.h'];
const isLookedInto = (path: string): boolean =>
  /\.(?:dts|dtsi|dtso|overlay)$/.test(path) || /(?:dts|dt-bindings)\/.*\.h$/.test(path);
/** Names of further include files, and how deep such files include others. */
const MAX_MORE = 500;
const MAX_STEPS = 16;
/** With more files that differ everything is looked into. */
const MAX_DIFFERENT = 500;
/** Sources of a repository whose index is not worth a file. */
const FEW = 500;

interface Index {
  /** The commit that it is of. */
  readonly commit: string;
  /** Names of include files that lie elsewhere. */
  readonly more: readonly string[];
  readonly files: readonly (readonly [path: string, names: readonly string[]])[];
}

/** What the sources of a commit include. `tell` hears of an index that was damaged or cannot be kept. */
export function includesAt(git: Git, commit: string, tell: (message: string) => void): Includes {
  const kept = new Kept(join(dirname(cacheFolder()), 'includes'), git.root);
  const index = kept.read<Index>('sources');
  const more = new Set(index?.more);
  const different =
    index === null ? null : index.commit === commit ? [] : differentFrom(git, more, index.commit, commit);
  let files: Map<string, readonly string[]>;
  if (index !== null && different !== null) {
    files = but(new Map(index.files), git, commit, different);
    elsewhere(files, git, commit, more, new Set(different));
  } else {
    more.clear();
    const here = notHere(git, commit);
    files =
      here === null ? lookedInto(git, commit, LOOKED_INTO) : but(lookedInto(git, null, LOOKED_INTO), git, commit, here);
    elsewhere(files, git, commit, more);
    // that of a small repository is made as fast as it is read
    if (files.size > FEW) {
      kept.write('sources', { commit, more: [...more], files: [...files] } satisfies Index);
      kept.forgetOldest();
    }
  }
  for (const problem of kept.problems) tell(problem);
  return files;
}

/** What some other state includes, made the commit's: the sources that differ are looked into there. */
function but(
  files: Map<string, readonly string[]>,
  git: Git,
  commit: string,
  different: readonly string[],
): Map<string, readonly string[]> {
  for (const file of different) files.delete(file);
  const literal = different.map((file) => `:(literal)${file}`);
  for (const [file, names] of lookedInto(git, commit, literal)) files.set(file, names);
  return files;
}

/**
 * Adds the include files that lie where nobody looked, by the names that files have for them, and what these include in turn. `more`:
 * the names that were looked for. `only`: the files whose names are not known yet; absent: all.
 */
function elsewhere(
  files: Map<string, readonly string[]>,
  git: Git,
  commit: string,
  more: Set<string>,
  only?: ReadonlySet<string>,
): void {
  let fresh = [...files].filter(([file]) => only?.has(file) !== false);
  for (let step = 0; step < MAX_STEPS; step++) {
    const places = new Map<string, string>();
    for (const [file, names] of fresh)
      for (const name of names) {
        const base = posix.basename(name);
        if (isLookedInto(name) || /[*?[\\]/.test(base) || more.has(base)) continue;
        places.set(posix.join(posix.dirname(file), name), base);
      }
    // most headers lie beside who includes them
    const inside = [...places.keys()].filter((path) => !path.startsWith('../') && isLookedInto(path));
    const there = new Set(inside.length === 0 ? [] : git.files(commit, inside));
    const names = new Set([...places].flatMap(([path, base]) => (there.has(path) ? [] : base)));
    if (names.size === 0 || more.size + names.size > MAX_MORE) return;
    for (const name of names) more.add(name);
    fresh = [...lookedInto(git, commit, [...names].map(pathspecOf))].filter(([file]) => !files.has(file));
    for (const [file, included] of fresh) files.set(file, included);
  }
}

/** Files of a name in whatever folder. */
const pathspecOf = (name: string): string => `:(glob)**/${name}`;

/** The sources of a commit that are not to be read in the working tree: they differ there, or git was told not to look. */
function notHere(git: Git, commit: string): readonly string[] | null {
  const different = differentFrom(git, new Set(), commit);
  if (different === null) return null;
  // S: skip-worktree, as in a sparse checkout; a small letter: assume-unchanged
  const unseen = git
    .run(['ls-files', '-v', '-z', '--', ...LOOKED_INTO])
    .toString('utf8')
    .split('\0')
    .flatMap((line) => (/^[Sa-z] /.test(line) ? [line.slice(2)] : []));
  return different.length + unseen.length > MAX_DIFFERENT ? null : [...different, ...unseen];
}

/** The sources that differ between two commits, or a commit and the working tree; null: too many, or the earlier one is gone. */
function differentFrom(git: Git, more: ReadonlySet<string>, before: string, commit?: string): readonly string[] | null {
  const paths = [...LOOKED_INTO, ...[...more].map(pathspecOf)];
  const states = commit === undefined ? [before] : [before, commit];
  try {
    const found = git
      .run(['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', ...states, '--', ...paths])
      .toString('utf8')
      .split('\0')
      .filter((path) => path !== '');
    return found.length > MAX_DIFFERENT ? null : found;
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

/** `commit` null: in the working tree, of the files that git knows. */
function lookedInto(git: Git, commit: string | null, paths: readonly string[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  if (paths.length === 0) return found;
  for (const [path, lines] of git.grep(commit, ['include'], paths)) {
    const text = lines.join('\n');
    const names = includeNames(areCut(text) ? wholeText(git, commit, path) : text);
    if (names.length > 0) found.set(path, names);
  }
  return found;
}

/** The text of a file whose lines alone do not say what it includes. */
function wholeText(git: Git, commit: string | null, path: string): string {
  const bytes = commit === null ? realDisk.bytes(git.pathOf(path)) : git.run(['cat-file', 'blob', `${commit}:${path}`]);
  return bytes?.toString('utf8') ?? '';
}
