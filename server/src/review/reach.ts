/** Which boards and overlays the changed files of a patch reach. */
import { basename, dirname, extname, join } from 'node:path';
import { chooseKernel } from '../simulator/kernel/choice';
import { type Disk, textOf } from '../workspace/disk';
import { boardsThatInclude, includeNames, isBoard } from '../workspace/graph';
import { overlaysOf } from '../workspace/overlays';
import { PROJECT_FILE } from '../workspace/project';
import { treeOf } from '../workspace/trees';
import type { ChangedFile, Git } from './git';

const SOURCE = new Set(['.dts', '.dtsi', '.dtso', '.overlay', '.h', '.inc', '.txt', '.dtb', '.dtbo']);
/** Where a tree's own dtc says which rules it has (workspace/trees.ts). */
const DTC = new Set(['checks.c', 'livetree.c', 'version_gen.h'].map((name) => `scripts/dtc/${name}`));
const INCLUDE_LINE = '^[[:blank:]]*(#[[:blank:]]*include|/include/)';
/** Sources of devicetrees: include files of C lie where a devicetree can include them. */
const LOOKED_INTO = ['*.dts', '*.dtsi', '*.dtso', '*.overlay', '*dts/*.h', '*dt-bindings/*.h'];

export interface Sides {
  readonly git: Git;
  readonly base: string;
  readonly changed: readonly ChangedFile[];
  readonly before: Disk;
  readonly now: Disk;
  /** The .config that every board is booted with (absolute), if any. */
  readonly config: string | null;
}

/** Who includes what: the lines of the base, and for changed files those of both sides. */
function includesOf({ git, base, changed, before, now }: Sides): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, readonly string[]>();
  for (const [path, found] of git.grep(base, INCLUDE_LINE, LOOKED_INTO))
    lines.set(git.pathOf(path), includeNames(found.join('\n')));
  for (const { path } of changed) {
    if (!SOURCE.has(extname(path))) continue;
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
    if (stem === undefined && (!/config/i.test(name) || SOURCE.has(extname(path)))) continue;
    for (const [by, lines] of git.grep(base, 'config|scenario', ['*.smmu.json', `*${PROJECT_FILE}`])) {
      if (!lines.some((line) => line.includes(name))) continue;
      if (basename(by) === PROJECT_FILE) found.push(...below(dirname(git.pathOf(by))));
      else found.push(git.pathOf(by.replace(/\.smmu\.json$/, '.dts')));
    }
  }
  return found;
}

/**
 * The boards and overlays that changed files reach, as sorted absolute paths: themselves, through includes on either side,
 * through the Makefiles that put overlays on boards, through scenarios and a .config.
 */
export function reached(sides: Sides): string[] {
  const { git, changed, before, now } = sides;
  const there = (path: string): boolean => [before, now].some((disk) => disk.stat(path)?.folder === false);
  if (treeDiffers(sides)) return allBoards(sides).filter(there).sort();
  const sources = changed.filter(({ path }) => SOURCE.has(extname(path))).map(({ path }) => git.pathOf(path));
  const found = new Set(sources.filter(isBoard));
  if (sources.length > 0) {
    const names = includesOf(sides);
    for (const board of boardsThatInclude(sources, names.keys(), (path) => names.get(path) ?? [], true))
      found.add(board);
  }
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
  return [...found].filter((path) => !/\.dtbo?$/.test(path) && there(path)).sort();
}
