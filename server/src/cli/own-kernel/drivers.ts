/** The drivers that a command line boots with: of a kernel tree or a catalogue that it names, or of the tree a board lies in. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { hashOf } from '../../scanner/hash';
import { isShippedRelease, type KernelCatalogue } from '../../simulator/kernel/catalogue';
import { offeredConfigs } from '../../workspace/configs';
import { readCatalogueFile } from '../../workspace/own-kernel/catalogue-file';
import { cacheFolder } from '../../workspace/own-kernel/kept';
import { catalogueOf, readInThread, shortcomings } from '../../workspace/own-kernel/kernels';
import { type KernelRead, readKernel } from '../../workspace/own-kernel/read';
import { realDisk } from '../../workspace/real-disk';
import { isStream } from '../../workspace/regular-file';
import { kernelOf, type SourceTree, treeOf } from '../../workspace/trees';
import { type ParsedArguments, UsageError } from '../options';

/** What says whose drivers count; BOOT_VALUES has them too. */
export const KERNEL_VALUES = ['--kernel-source', '--modules', '--catalogue'] as const;

/** `--kernel-source none`: no tree of one's own counts. */
const NONE = 'none';

/** Reads a tree in a thread; how far it is goes to standard error after a second. Rejects with an Error for people. */
export async function readWithProgress(root: string, modules: readonly string[]): Promise<KernelRead> {
  const cache = cacheFolder();
  const tty = process.stderr.isTTY === true;
  let percent = 0;
  let told = false;
  const tell = (): void => {
    if (tty) process.stderr.write(`\r\u001b[Ksmmu-scope: reading the drivers of ${root}: ${percent} %`);
    else if (!told)
      process.stderr.write(`smmu-scope: reading the drivers of ${root}; the next time they are taken from ${cache}\n`);
    told = true;
  };
  const timer = setInterval(tell, 1000);
  try {
    return await readInThread({ root, modules, cache }, { onProgress: (now) => (percent = now) });
  } finally {
    clearInterval(timer);
    if (tty && told) process.stderr.write('\r\u001b[K');
  }
}

/** The folders that `--modules` names; a usage error for one that is not there. */
export function moduleFolders(options: ParsedArguments): string[] {
  return options.all('--modules').map((path) => {
    if (!existsSync(path)) throw new UsageError(`cannot read ${path}`);
    return resolve(path);
  });
}

/** What has been read in this process, by tree and modules; null: it could not be. */
const known = new Map<string, KernelCatalogue | null>();
const prints = new WeakMap<KernelCatalogue, string>();

const keyOf = (root: string, modules: readonly string[]): string => [root, ...modules].join('\n');

/** What tells one state of a tree's drivers from another: for results that are kept. */
export function driversPrint(drivers: KernelCatalogue | null): string | null {
  if (drivers === null) return null;
  let print = prints.get(drivers);
  if (print === undefined) {
    print = `${drivers.origin?.path} ${hashOf(JSON.stringify(drivers.data))}`;
    prints.set(drivers, print);
  }
  return print;
}

function keep(root: string, modules: readonly string[], named: boolean, read: KernelRead): KernelCatalogue {
  const catalogue = catalogueOf(read, { path: root, named });
  known.set(keyOf(root, modules), catalogue);
  return catalogue;
}

function refused(error: unknown, named: boolean, tell: (message: string) => void): null {
  const message = error instanceof Error ? error.message : String(error);
  if (named) throw new UsageError(message);
  tell(`smmu-scope: ${message}: the drivers of the nearest release are used`);
  return null;
}

/** The kernel that a board's tree has, or that lies beside it, when no catalogue of ours stands for its drivers; else null. */
function ownKernel(tree: SourceTree, modules: boolean): string | null {
  const root = kernelOf(tree);
  if (root === null) return null;
  if (modules) return root;
  const own = tree.release !== null && !isShippedRelease(tree.release) && existsSync(join(root, 'drivers/Makefile'));
  return own ? root : null;
}

interface Wish {
  readonly catalogue: KernelCatalogue | null;
  /** The tree that is named; null: that of the board. */
  readonly source: string | null;
  readonly modules: readonly string[];
}

const files = new Map<string, KernelCatalogue>();

/** What the options say; null: the shipped drivers. Throws a UsageError. */
function wishOf(options: ParsedArguments): Wish | null {
  const [source, file] = [options.value('--kernel-source'), options.value('--catalogue')];
  if (source !== undefined && file !== undefined)
    throw new UsageError('--kernel-source and --catalogue both say whose drivers count: one of them');
  if (source === NONE) return null;
  if (file === undefined)
    return { catalogue: null, source: source === undefined ? null : resolve(source), modules: moduleFolders(options) };
  let catalogue = files.get(resolve(file));
  if (catalogue === undefined)
    try {
      catalogue = readCatalogueFile(file);
      files.set(resolve(file), catalogue);
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
  return { catalogue, source: null, modules: [] };
}

/** The tree whose drivers a board (by its path) boots with, by the folder that it lies in; null: the shipped ones count. */
function rootsOf({ source, modules }: Wish): (path: string) => string | null {
  const byFolder = new Map<string, string | null>();
  return (path) => {
    if (source !== null) return source;
    const folder = dirname(path);
    let root = byFolder.get(folder);
    if (root === undefined) {
      root = ownKernel(treeOf(path, null), modules.length > 0);
      byFolder.set(folder, root);
    }
    return root;
  };
}

/** What configuration of a tree a person may mean, where nobody named one: its .config, or one that is called as the only board. */
function configHint(root: string, names: readonly string[]): string | null {
  const [only, ...more] = names;
  const offered = offeredConfigs(realDisk, root, more.length === 0 && only !== undefined ? resolve(only) : '');
  const [likely] = offered.filter((config) => config.likely);
  if (likely === undefined) return null;
  const option = likely.files.map((file) => `--config ${file}`).join(' ');
  return `smmu-scope: ${root} has ${likely.label}: ${option} boots with it instead of the default configuration`;
}

/** Reads the trees that `names` lie in, or the one that is named, in a thread and with progress. Rejects with a UsageError. */
export async function prepareDrivers(options: ParsedArguments, names: readonly string[]): Promise<void> {
  const wish = wishOf(options);
  if (wish === null || wish.catalogue !== null) return;
  const rootOf = rootsOf(wish);
  const tell = (message: string): unknown => process.stderr.write(`${message}\n`);
  const named = wish.source !== null;
  const roots = new Set(
    wish.source !== null
      ? [wish.source]
      : names.flatMap((name) => (isStream(name) ? [] : (rootOf(resolve(name)) ?? []))),
  );
  if (wish.modules.length > 0 && roots.size === 0 && names.length > 0)
    throw new UsageError('--modules adds to the drivers of a kernel tree: name it with --kernel-source');
  for (const root of roots) {
    const hint = options.value('--config') === undefined ? configHint(root, names) : null;
    if (hint !== null) tell(hint);
    if (known.get(keyOf(root, wish.modules)) !== undefined) continue;
    try {
      const read = await readWithProgress(root, wish.modules);
      for (const line of shortcomings(read)) tell(`smmu-scope: ${root}: ${line}`);
      keep(root, wish.modules, named, read);
    } catch (error) {
      known.set(keyOf(root, wish.modules), refused(error, named, tell));
    }
  }
}

/**
 * For each board (by its path) the drivers of a kernel of one's own, or null. What `prepareDrivers` has not read, in this
 * process or in another one before, is read here. Throws a UsageError.
 */
export function driversNow(
  options: ParsedArguments,
  tell: (message: string) => void,
): (path: string) => KernelCatalogue | null {
  const wish = wishOf(options);
  if (wish === null) return () => null;
  const { catalogue, source, modules } = wish;
  if (catalogue !== null) return () => catalogue;
  const rootOf = rootsOf(wish);
  return (path) => {
    const root = rootOf(path);
    if (root === null) return null;
    let found = known.get(keyOf(root, modules));
    // another command line of the same process may have named it, or not
    if (found?.origin != null && found.origin.named !== (source !== null))
      found = found.from({ ...found.origin, named: source !== null });
    if (found === undefined)
      try {
        return keep(root, modules, source !== null, readKernel({ root, modules, cache: cacheFolder() }));
      } catch (error) {
        found = refused(error, source !== null, tell);
      }
    known.set(keyOf(root, modules), found);
    return found;
  };
}
