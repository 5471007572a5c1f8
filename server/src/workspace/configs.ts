/** Kernel configurations: several files read as one, and those that stand in a kernel tree or beside it. */
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { ConfigSymbols } from '../simulator/kernel/config';
import { type Disk, textOf } from './disk';

/** Between the files of one configuration, as between the folders of PATH: later ones count over earlier ones. */
export const CONFIG_DELIMITER = delimiter;

/** The files that a setting or option names. On Windows a drive's colon is no delimiter, as the delimiter there is `;`. */
export function configFiles(text: string): string[] {
  return text.split(CONFIG_DELIMITER).filter((path) => path !== '');
}

/** The same with every path made absolute from a folder. */
export function configsIn(folder: string, text: string): string {
  return configFiles(text)
    .map((path) => resolve(folder, path))
    .join(CONFIG_DELIMITER);
}

/** Several configurations as one: the last that says something of a symbol counts (scripts/kconfig/merge_config.sh). */
export function mergeConfigs(parts: readonly ReadonlyMap<string, string | null>[]): ReadonlyMap<string, string | null> {
  const [first, ...more] = parts;
  if (first !== undefined && more.length === 0) return first;
  const merged = new ConfigSymbols();
  merged.complete = parts.some((part) => part instanceof ConfigSymbols && part.complete);
  for (const part of parts) for (const [symbol, value] of part) merged.set(symbol, value);
  return merged;
}

/** A configuration that a person can choose. */
export interface OfferedConfig {
  /** `.config`, `vendor/trinket_defconfig`, `gki_defconfig + vendor/kalama_GKI.config`. */
  readonly label: string;
  /** In the order in which they count, absolute. */
  readonly files: readonly string[];
  /** It is the tree's own, or named after the board: the one to begin with. */
  readonly likely: boolean;
}

/** Where builds with O= leave a .config, from the tree. */
const BUILDS = ['.', 'out', 'build', '../out', '../build', '../out/dist', '../kernel_obj', '../KERNEL_OBJ'];
const MAX_OFFERED = 60;

/**
 * The configurations of a kernel tree, the likely ones first: a .config in it or in a build folder beside it, the default
 * configurations of vendors, and fragments of vendors on top of gki_defconfig (scripts/gki/generate_defconfig.sh of Qualcomm's
 * kernels: gki_defconfig, vendor/NAME_GKI.config; of others: vendor/NAME.config). `board`: the path of the one that is to boot.
 */
export function offeredConfigs(disk: Disk, root: string, board: string): OfferedConfig[] {
  const found: OfferedConfig[] = [];
  const seen = new Set<string>();
  for (const build of BUILDS) {
    const path = join(root, build, '.config');
    // a .config is Kconfig's when it says so in its head
    if (seen.has(path) || !/^CONFIG_\w+=/m.test((textOf(disk, path) ?? '').slice(0, 20_000))) continue;
    seen.add(path);
    found.push({ label: build === '.' ? '.config' : join(build, '.config'), files: [path], likely: true });
  }
  const arch = /\/arch\/(\w+)\/boot\//.exec(board)?.[1] ?? 'arm64';
  const configs = join(root, 'arch', arch, 'configs');
  const names = (folder: string): string[] =>
    disk
      .list(folder)
      .flatMap((entry) => (entry.folder ? [] : [entry.name]))
      .sort();
  const own = names(configs).filter((name) => /(?:^|_)defconfig$/.test(name));
  const vendor = names(join(configs, 'vendor'));
  for (const name of vendor.filter((name) => name.endsWith('_defconfig')))
    found.push({ label: `vendor/${name}`, files: [join(configs, 'vendor', name)], likely: isNamedAfter(name, board) });
  const [base] = ['gki_defconfig', 'defconfig'].filter((name) => disk.stat(join(configs, name)) !== null);
  if (base !== undefined)
    for (const name of vendor.filter((name) => name.endsWith('.config')))
      found.push({
        label: `${base} + vendor/${name}`,
        files: [join(configs, base), join(configs, 'vendor', name)],
        likely: isNamedAfter(name, board),
      });
  // a tree for one board has its default configuration by a name of its own
  if (arch !== 'arm' || base === undefined)
    for (const name of own.filter((name) => name !== base))
      found.push({ label: name, files: [join(configs, name)], likely: isNamedAfter(name, board) });
  return found.sort((a, b) => Number(b.likely) - Number(a.likely)).slice(0, MAX_OFFERED);
}

/** Words of configurations that are no chip's. */
const COMMON = /^(?:defconfig|perf|debug|gki|consolidate|common|config|vendor|merge|qgki|\d)$/i;

/** Whether a configuration is called as a board, or as the folder that the board lies in. */
function isNamedAfter(name: string, board: string): boolean {
  const words = name
    .replace(/\.config$/, '')
    .split(/[-_]/)
    .filter((word) => word.length > 2 && !COMMON.test(word));
  const titles = `${basename(dirname(board))} ${basename(board)}`.toLowerCase().split(/[^a-z0-9]+/);
  return words.some((word) => titles.includes(word.toLowerCase()));
}
