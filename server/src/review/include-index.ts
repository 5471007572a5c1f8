/**
 * Who includes what in a commit. git looks into every source for it: into the files of the working tree where they are the
 * commit's, as unpacking objects takes three times as long (a third of a second for a kernel). What it found is kept in the user's
 * cache folder, and for another commit only the files that differ are looked into.
 */
import { dirname, join } from 'node:path';
import { includeNames } from '../workspace/graph';
import { cacheFolder, Kept } from '../workspace/own-kernel/kept';
import { type Git, GitError } from './git';

/** The names that each file includes, by its path from the top; files that include nothing are left out. */
export type Includes = ReadonlyMap<string, readonly string[]>;

/** Sources of devicetrees: include files of C lie where a devicetree can include them. */
const LOOKED_INTO = ['*.dts', '*.dtsi', '*.dtso', '*.overlay', '*dts/*.h', '*dt-bindings/*.h'];
/** With more files that differ everything is looked into. */
const MAX_DIFFERENT = 500;
/** Sources of a repository whose index is not worth a file. */
const FEW = 500;

interface Index {
  /** The commit that it is of. */
  readonly commit: string;
  readonly files: readonly (readonly [path: string, names: readonly string[]])[];
}

/** What the sources of a commit include. `tell` hears of an index that was damaged or cannot be kept. */
export function includesAt(git: Git, commit: string, tell: (message: string) => void): Includes {
  const kept = new Kept(join(dirname(cacheFolder()), 'includes'), git.root);
  const index = kept.read<Index>('files');
  const different = index === null ? null : index.commit === commit ? [] : differentFrom(git, index.commit, commit);
  let files: Map<string, readonly string[]>;
  if (index !== null && different !== null) {
    files = but(new Map(index.files), git, commit, different);
  } else {
    const here = notHere(git, commit);
    files =
      here === null ? lookedInto(git, commit, LOOKED_INTO) : but(lookedInto(git, null, LOOKED_INTO), git, commit, here);
    // that of a small repository is made as fast as it is read
    if (files.size > FEW) {
      kept.write('files', { commit, files: [...files] } satisfies Index);
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

/** The sources of a commit that are not to be read in the working tree: they differ there, or git was told not to look. */
function notHere(git: Git, commit: string): readonly string[] | null {
  const different = differentFrom(git, commit);
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
function differentFrom(git: Git, before: string, commit?: string): readonly string[] | null {
  const states = commit === undefined ? [before] : [before, commit];
  try {
    const found = git
      .run(['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', ...states, '--', ...LOOKED_INTO])
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
    const names = includeNames(lines.join('\n'));
    if (names.length > 0) found.set(path, names);
  }
  return found;
}
