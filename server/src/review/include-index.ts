/**
 * Who includes what in a commit. git looks into every source for it (a fifth of a second for a kernel); what it found is kept in
 * the user's cache folder, and for another commit only the files that differ are looked into.
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
    files = new Map(index.files);
    for (const file of different) files.delete(file);
    const literal = different.map((file) => `:(literal)${file}`);
    for (const [file, names] of lookedInto(git, commit, literal)) files.set(file, names);
  } else {
    files = lookedInto(git, commit, LOOKED_INTO);
    // that of a small repository is made as fast as it is read
    if (files.size > FEW) {
      kept.write('files', { commit, files: [...files] } satisfies Index);
      kept.forgetOldest();
    }
  }
  for (const problem of kept.problems) tell(problem);
  return files;
}

/** The sources that differ between two commits; null: too many, or the earlier one is gone. */
function differentFrom(git: Git, before: string, commit: string): readonly string[] | null {
  try {
    const found = git
      .run(['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', before, commit, '--', ...LOOKED_INTO])
      .toString('utf8')
      .split('\0')
      .filter((path) => path !== '');
    return found.length > MAX_DIFFERENT ? null : found;
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

function lookedInto(git: Git, commit: string, paths: readonly string[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  if (paths.length === 0) return found;
  for (const [path, lines] of git.grep(commit, ['include'], paths)) {
    const names = includeNames(lines.join('\n'));
    if (names.length > 0) found.set(path, names);
  }
  return found;
}
