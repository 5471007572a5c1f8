/** Which boards and overlays the changed files of a patch reach. */
import { basename, dirname, extname, join, relative } from 'node:path';
import { chooseKernel } from '../simulator/kernel/choice';
import { type Disk, textOf } from '../workspace/disk';
import { boardsThatInclude, includeNames, isBoard } from '../workspace/graph';
import { overlaysOf } from '../workspace/overlays';
import { PROJECT_FILE } from '../workspace/project';
import { treeOf } from '../workspace/trees';
import type { ChangedFile, Git } from './git';
import { includesAt } from './include-index';

/** What no devicetree includes: programs, documents, what others read. */
const NO_SOURCE =
  /(?:\.(?:[cSs]|rs|py|pl|sh|rst|md|ya?ml|json|dtb|dtbo|lds|awk)|(?:^|\/)(?:Makefile|Kconfig|Kbuild|MAINTAINERS)[^/]*)$/;
const isSource = (path: string): boolean => !NO_SOURCE.test(path);
/** Where a tree's own dtc says which rules it has (workspace/trees.ts). */
const DTC = new Set(['checks.c', 'livetree.c', 'version_gen.h'].map((name) => `scripts/dtc/${name}`));
export interface Sides {
  readonly git: Git;
  readonly base: string;
  readonly changed: readonly ChangedFile[];
  readonly before: Disk;
  readonly now: Disk;
  /** The .config that every board is booted with (absolute), if any. */
  readonly config: string | null;
  /** Hears of what cannot be kept for the next review. */
  readonly tell: (message: string) => void;
}

/** Who includes what: the lines of the base, and for changed files those of both sides. */
function includesOf({ git, base, changed, before, now, tell }: Sides): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, readonly string[]>();
  for (const [path, names] of includesAt(git, base, tell)) lines.set(git.pathOf(path), names);
  for (const { path } of changed) {
    if (!isSource(path)) continue;
    const at = git.pathOf(path);
    lines.set(
      at,
      [before, now].flatMap((disk) => includeNames(textOf(disk, at) ?? '')),
    );
  }
  return lines;
}

/** All boards of both sides (absolute paths). */
function allBoards({ git, base, changed }: Sides): string[] {
  const paths = [...git.files(base), ...changed.map((file) => file.path)];
  return [...new Set(paths.filter((path) => isBoard(path) && !/\.dtbo?$/.test(path)).map((path) => git.pathOf(path)))];
}

/** Whether the whole tree is another one for its boards: another kernel to boot, other rules of dtc. */
function treeDiffers({ git, changed, before, now }: Sides): boolean {
  const touched = changed.filter(({ path }) => path === 'Makefile' || DTC.has(path));
  if (touched.length === 0) return false;
  const [a, b] = [before, now].map((disk) => treeOf(join(git.root, 'arch', 'board.dts'), git.root, disk));
  const model = (release: string | null | undefined) => chooseKernel({ tree: release ?? null }).model;
  return model(a?.release) !== model(b?.release) || JSON.stringify(a?.dtc) !== JSON.stringify(b?.dtc);
}

/** Boards whose scenario or project file is a changed file, or names one: as its .config, or as the scenario of its folder. */
function throughScenario({ git, base, changed, config }: Sides, boards: () => readonly string[]): string[] {
  const found: string[] = [];
  const below = (folder: string) => boards().filter((board) => board.startsWith(`${folder}/`));
  for (const { path } of changed) {
    const at = git.pathOf(path);
    if (at === config) return [...boards()];
    const name = basename(path);
    const stem = /^(.*)\.smmu\.json$/.exec(at)?.[1];
    if (name === PROJECT_FILE) found.push(...below(dirname(at)));
    else if (stem !== undefined) found.push(`${stem}.dts`, `${stem}.dtso`);
    if (stem === undefined && (!/config/i.test(name) || /\.(?:dtsi?|dtso|overlay|h)$/.test(path))) continue;
    for (const [by, lines] of git.grep(base, ['config', 'scenario'], ['*.smmu.json', `*${PROJECT_FILE}`])) {
      if (!lines.some((line) => line.includes(name))) continue;
      if (basename(by) === PROJECT_FILE) found.push(...below(dirname(git.pathOf(by))));
      else found.push(git.pathOf(by.replace(/\.smmu\.json$/, '.dts')));
    }
  }
  return found;
}

/** What a patch reaches. */
export interface Reached {
  /** Boards and overlays: sorted absolute paths. */
  readonly boards: readonly string[];
  /** Paths from the top of the repository that building some of them will likely read, for reading ahead: some are none. */
  filesOf(boards: Iterable<string>): ReadonlySet<string>;
}

/**
 * The boards and overlays that changed files reach: themselves, through includes on either side, through the Makefiles that put
 * overlays on boards, through scenarios and a .config.
 */
export function reached(sides: Sides): Reached {
  const { git, changed, before, now } = sides;
  const there = (path: string): boolean => [before, now].some((disk) => disk.stat(path)?.folder === false);
  if (treeDiffers(sides)) return { boards: allBoards(sides).filter(there).sort(), filesOf: () => new Set() };
  const sources = changed.filter(({ path }) => isSource(path) || isBoard(path)).map(({ path }) => git.pathOf(path));
  const found = new Set(sources.filter(isBoard));
  const names = sources.length > 0 ? includesOf(sides) : new Map<string, readonly string[]>();
  for (const board of boardsThatInclude(sources, names.keys(), (path) => names.get(path) ?? [], true)) found.add(board);
  for (const board of throughScenario(sides, () => allBoards(sides))) found.add(board);
  // a Makefile says which overlays go on which boards, and so does a board that carries overlays
  const folders = changed
    .filter(({ path }) => basename(path) === 'Makefile')
    .map(({ path }) => dirname(git.pathOf(path)));
  for (const disk of [before, now]) {
    const beside = folders.flatMap((folder) =>
      disk.list(folder).flatMap(({ name }) => (extname(name) === '.dts' ? [join(folder, name)] : [])),
    );
    for (const overlay of overlaysOf(
      [...found, ...beside].filter((path) => extname(path) === '.dts'),
      disk,
    ))
      found.add(overlay);
  }
  const boards = [...found].filter((path) => !/\.dtbo?$/.test(path) && there(path)).sort();
  return { boards, filesOf: (some) => includedBy(some, git, names) };
}

/** The files that boards include, by what a kernel's build makes of names; without asking whether they are there. */
function includedBy(
  boards: Iterable<string>,
  { root }: Git,
  includes: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const todo = [...boards].map((path) => relative(root, path));
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (found.has(path) || path.startsWith('..')) continue;
    found.add(path);
    for (const name of includes.get(join(root, path)) ?? []) {
      todo.push(join(dirname(path), name));
      const [first = '', ...rest] = name.split('/');
      if (first === 'dt-bindings') todo.push(join('include', name));
      else if (rest.length > 0 && first !== '..' && first !== '.') todo.push(join('arch', first, 'boot/dts', ...rest));
    }
  }
  return found;
}
