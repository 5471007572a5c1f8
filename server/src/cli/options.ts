/** Options that the sub-commands share, and reading of the command line. */
import { basename, dirname, resolve } from 'node:path';
import type { BuildOptions } from '../devicetree/build';
import { closest } from '../source/closest';
import { buildTime } from '../workspace/build-time';
import { isFolder } from '../workspace/disk';
import { toUri } from '../workspace/files';
import { isDefine, Projects } from '../workspace/project';
import { realDisk } from '../workspace/real-disk';
import { isStream, namedBytes, whyUnreadable } from '../workspace/regular-file';
import { isTree, type SourceTree, treeAt, treeOf } from '../workspace/trees';

/** A mistake on the command line, or input that cannot be read: exit status 2, no stack trace. */
export class UsageError extends Error {}

/** What a sub-command takes: options with a value (once or repeatedly) and bare flags, by their full name. */
export interface OptionSpec {
  readonly values?: readonly string[];
  readonly flags?: readonly string[];
  /** None of the common options mean anything to it. */
  readonly bare?: boolean;
}

export interface ParsedArguments {
  readonly files: readonly string[];
  /** How many of `files` stand before `--`; null: there is none. */
  readonly dashes: number | null;
  /** Every value of an option, in order. */
  all(name: string): readonly string[];
  /** The last value of an option, or undefined. */
  value(name: string): string | undefined;
  flag(name: string): boolean;
}

const COMMON_VALUES = ['-I', '-D', '--overlay', '--kernel-tree'];

/** Reads the arguments of a sub-command: common options plus its own; `@LIST` names a file with one name a line. */
export function parseArguments(args: readonly string[], spec: OptionSpec): ParsedArguments {
  const withValue = new Set([...(spec.bare === true ? [] : COMMON_VALUES), ...(spec.values ?? [])]);
  const flags = new Set(spec.flags ?? []);
  const found = new Map<string, string[]>();
  const files: string[] = [];
  let dashes: number | null = null;
  const add = (name: string, value: string): void => {
    const list = found.get(name);
    if (list === undefined) found.set(name, [value]);
    else list.push(value);
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      // names from here on, whatever they begin with
      dashes = files.length;
      files.push(...args.slice(i + 1));
      break;
    }
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const name = equals > 0 ? arg.slice(0, equals) : arg;
    if (flags.has(arg)) add(arg, '');
    else if (withValue.has(name)) {
      const value = equals > 0 ? arg.slice(equals + 1) : args[++i];
      if (value === undefined) throw new UsageError(`${name} needs a value`);
      add(name, value);
    } else if (/^-[ID]./.test(arg) && withValue.has(arg.slice(0, 2))) add(arg.slice(0, 2), arg.slice(2));
    else if (arg.startsWith('-') && arg !== '-') {
      const [meant] = closest(name, [...withValue, ...flags], 1);
      const known = [...withValue, ...flags];
      throw new UsageError(
        `unknown option ${arg}${meant === undefined ? '' : ` (did you mean ${meant}?)`}: ${
          known.length === 0 ? 'there are none here' : `one of ${known.join(', ')}`
        }`,
      );
    } else if (arg.startsWith('@')) files.push(...listed(arg.slice(1)));
    else files.push(arg);
  }
  const all = (name: string): readonly string[] => found.get(name) ?? [];
  if (spec.bare !== true) refuseUseless(all);
  return {
    files,
    dashes,
    all,
    value: (name) => found.get(name)?.at(-1),
    flag: (name) => found.has(name),
  };
}

/** A usage error for common options that name nothing: they would be as if they were not there. */
function refuseUseless(all: (name: string) => readonly string[]): void {
  for (const path of all('-I'))
    if (!isFolder(realDisk, resolve(path))) throw new UsageError(`-I takes a folder: ${path} is none`);
  for (const text of all('-D'))
    if (!isDefine(text))
      throw new UsageError(`-D takes NAME or NAME=VALUE, where NAME is letters, digits and _: not '${text}'`);
  for (const path of all('--kernel-tree'))
    if (!isTree(resolve(path)))
      throw new UsageError(
        `--kernel-tree takes the root of a Linux or U-Boot tree (with include/dt-bindings): ${path} is none`,
      );
}

function listed(path: string): string[] {
  try {
    return namedBytes(path)
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
  } catch {
    throw new UsageError(`cannot read the list ${path}${whyUnreadable(path)}`);
  }
}

/** What folders say of their boards. */
export const projects = new Projects();

const trees = new Map<string, SourceTree>();

/** The source tree of a file; asked once a folder where it is the folder's, as a run over thousands of boards has few folders. */
function treeOfFile(path: string): SourceTree {
  const folder = dirname(path);
  let tree = trees.get(folder) ?? trees.get(path);
  if (tree === undefined) {
    tree = treeOf(path, null);
    trees.set(tree.perFile === true || /\.dtbo?$/.test(path) ? path : folder, tree);
  }
  return tree;
}

const BUILT_AT = buildTime(process.env.SOURCE_DATE_EPOCH);

/**
 * The path that stands for a FILE: what another program writes to us counts as a file of the current folder, as its includes are
 * found there.
 */
export function pathOf(name: string): string {
  if (name === '-') return resolve('stdin.dts');
  return resolve(isStream(name) ? `fd-${basename(name)}.dts` : name);
}

/** The build options for one board: -I and -D as given; without -I the include folders of the source tree it lies in. */
export function buildOptionsFor(file: string, args: ParsedArguments): BuildOptions {
  const given = args.all('-I');
  const root = args.value('--kernel-tree');
  const path = pathOf(file);
  const found = root !== undefined ? treeAt(resolve(root)) : given.length === 0 ? treeOfFile(path) : null;
  const defines = args.all('-D').map((text): [string, string] => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text, '1'] : [text.slice(0, equals), text.slice(equals + 1)];
  });
  const project = projects.of(path);
  return {
    includeFolders: [
      ...given.map((path) => ({ uri: toUri(resolve(path)), name: path })),
      ...(project?.includes ?? []).map((path) => ({ uri: toUri(path) })),
      ...(found?.includeFolders ?? []),
    ],
    defines: [...(found?.defines ?? []), ...(project?.defines ?? []), ...defines],
    ...(found?.generated && { generated: found.generated }),
    name: file === '-' ? '<stdin>' : file,
    builtAt: BUILT_AT,
    dtc: (found ?? treeOfFile(path)).dtc,
  };
}
