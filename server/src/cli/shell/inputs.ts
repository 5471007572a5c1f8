/** The names that `check` is given: files, folders with all boards below, globs. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import picomatch from 'picomatch';
import { PROJECT_FILE, parseProject } from '../../workspace/project';
import { UsageError } from '../options';

/** What a board is in a folder: a source that a tree is built of. Includes are looked at through the boards. */
const BOARDS = new Set(['.dts', '.dtso', '.overlay']);

/**
 * The names in the order given, each folder and each glob replaced by its boards, sorted; no name twice. Of a folder with a
 * `smmu-scope.json` that names boards, only those. Throws UsageError where a folder or a glob gives none.
 */
export function expandNames(names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const name of names) {
    if (name === '-' || (existsSync(name) && !statSync(name).isDirectory())) {
      found.add(name);
      continue;
    }
    const folder = existsSync(name);
    if (!folder && !/[*?[{]/.test(name)) {
      // said to be unreadable where it is opened
      found.add(name);
      continue;
    }
    const matches = (folder ? below(name) : matching(name)).sort();
    if (matches.length === 0)
      throw new UsageError(folder ? `no board (.dts, .dtso, .overlay) below ${name}` : `nothing matches ${name}`);
    for (const match of matches) found.add(match);
  }
  return [...found];
}

/** All files below a folder, as names that begin with it; folders that are hidden or node_modules are left out. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) yield path;
    else if (!entry.name.startsWith('.') && entry.name !== 'node_modules') yield* filesBelow(path);
  }
}

/** The boards below a folder; of a folder whose project file names boards, those. */
function below(folder: string): string[] {
  const short = relative('.', resolve(folder));
  const found = [...filesBelow(short.startsWith('..') ? resolve(folder) : short)].filter((path) =>
    BOARDS.has(extname(path)),
  );
  const project = join(folder, PROJECT_FILE);
  // What is wrong in the file is said where a board of it is read.
  const named = existsSync(project) ? parseProject(readFileSync(project, 'utf8'), project).project.boards : [];
  if (named.length === 0) return found;
  const matches = picomatch([...named]);
  return found.filter((path) => matches(relative(folder, path).replaceAll('\\', '/')));
}

function matching(pattern: string): string[] {
  const { base, glob } = picomatch.scan(pattern);
  const from = base.endsWith('/') || base === '' ? base : `${base}/`;
  if (!existsSync(from === '' ? '.' : from)) return [];
  const matches = picomatch(glob);
  return [...filesBelow(from)].filter((path) =>
    matches(relative(from === '' ? '.' : from, path).replaceAll('\\', '/')),
  );
}

/** Whether a name is a source that only other sources include. */
export function isInclude(name: string): boolean {
  return extname(name) === '.dtsi';
}
