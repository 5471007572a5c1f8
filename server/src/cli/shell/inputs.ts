/** The names that `check` is given: files, folders with all boards below, globs. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join, relative, resolve } from 'node:path';
import picomatch from 'picomatch';
import { PROJECT_FILE, parseProject } from '../../workspace/project';
import { realDisk } from '../../workspace/real-disk';
import { regularBytes } from '../../workspace/regular-file';
import { UsageError } from '../options';

/** What a board is in a folder: a source that a tree is built of. Includes are looked at through the boards. */
const BOARDS = new Set(['.dts', '.dtso', '.overlay']);

/**
 * The names in the order given, each folder and each glob replaced by its boards, sorted; no file twice. Of a folder with a
 * `smmu-scope.json` that names boards, only those. Throws UsageError where a folder or a glob gives none.
 */
export function expandNames(names: readonly string[]): string[] {
  const found = new Map<string, string>();
  const add = (name: string): void => {
    const path = name === '-' ? name : resolve(name);
    if (!found.has(path)) found.set(path, name);
  };
  for (const name of names) {
    if (name === '-' || (existsSync(name) && !statSync(name).isDirectory())) {
      add(name);
      continue;
    }
    const folder = existsSync(name);
    if (!folder && !/[*?[{]/.test(name)) {
      // said to be unreadable where it is opened
      add(name);
      continue;
    }
    const matches = (folder ? below(name, names) : matching(name)).sort();
    if (matches.length === 0)
      throw new UsageError(folder ? `no board (.dts, .dtso, .overlay) below ${name}` : `nothing matches ${name}`);
    for (const match of matches) add(match);
  }
  return [...found.values()];
}

/** All files below a folder, as names that begin with it; folders that are hidden or node_modules are left out. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // a pipe or a socket that is called like a board is none
    if (entry.isFile() || entry.isSymbolicLink()) yield path;
    else if (!entry.isDirectory()) continue;
    else if (!entry.name.startsWith('.') && entry.name !== 'node_modules') yield* filesBelow(path);
  }
}

const isFolder = (name: string): boolean => existsSync(name) && statSync(name).isDirectory();

function filesIn(folder: string): string[] {
  const short = relative('.', resolve(folder));
  return [...filesBelow(short.startsWith('..') ? resolve(folder) : short)];
}

/** The boards below a folder (`names`: the others that were given); of a folder whose project file names boards, those. */
function below(folder: string, names: readonly string[]): string[] {
  const files = filesIn(folder);
  const found = withoutParts(files, () => names.filter((name) => name !== folder && isFolder(name)).flatMap(filesIn));
  const project = join(folder, PROJECT_FILE);
  // What is wrong in the file is said where a board of it is read.
  const text = existsSync(project) ? realDisk.bytes(project)?.toString('utf8') : undefined;
  const named = text === undefined ? [] : parseProject(text, project).project.boards;
  if (named.length === 0) return found;
  const matches = picomatch([...named]);
  return found.filter((path) => matches(relative(folder, path).replaceAll('\\', '/')));
}

/** A source that says its version, or has it of another board that it includes. */
const WHOLE = /\/dts-v1\/|^[ \t]*(?:#[ \t]*include|\/include\/)[ \t]+["<][^">]*\.dts[">]/m;
const INCLUDED = /^[ \t]*(?:#[ \t]*include|\/include\/)[ \t]+["<](?:[^">]*\/)?([^">/]+\.dts)[">]/gm;

/**
 * The boards among files. A `.dts` without a version is none when another source includes it, or when it has neither a root nor
 * a reference at its top: it is a part (Trusted Firmware-A's cot descriptors, BeagleBoard's pinmux), looked at through its boards.
 */
function withoutParts(files: readonly string[], elsewhere: () => readonly string[]): string[] {
  const texts = new Map<string, string>();
  const text = (path: string): string => {
    let known = texts.get(path);
    if (known === undefined) {
      try {
        known = regularBytes(path).toString('latin1');
      } catch {
        // said where it is opened
        known = '/dts-v1/';
      }
      texts.set(path, known);
    }
    return known;
  };
  const boards = files.filter((path) => BOARDS.has(extname(path)));
  const doubtful = boards.filter((path) => extname(path) === '.dts' && !WHOLE.test(text(path)));
  if (doubtful.length === 0) return boards;
  const included = new Set<string>();
  for (const path of [...files, ...elsewhere()])
    if (/\.dtsi?$/.test(path)) for (const match of text(path).matchAll(INCLUDED)) included.add(match[1] ?? '');
  const parts = new Set(
    doubtful.filter(
      (path) => included.has(basename(path)) || !/^[ \t]*(?:\/[ \t]*\{|(?:\w+:[ \t]*)*&)/m.test(text(path)),
    ),
  );
  return boards.filter((path) => !parts.has(path));
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
