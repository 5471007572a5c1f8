/** Zephyr: its own tree, west workspaces with modules, applications (ZMK is one), and what an application was built with. */
import { basename, dirname, isAbsolute, join } from 'node:path';
import { NEWEST_DTC } from '../../devicetree/dtc';
import type { Disk } from '../disk';
import { filesIn, folders, foldersIn, headOf, isFile, isFolder, type SourceTree, searched } from './tree';

/** Folders above a file that are looked at. */
const MAX_UP = 12;
/** Folders of a west workspace that are looked at for modules, and how deep they lie. */
const MAX_MODULES = 3000;
const MODULE_DEPTH = 4;

/** A folder that has devicetrees for Zephyr's build: Zephyr itself, a manifest repository, a module. */
function isRoot(disk: Disk, folder: string): boolean {
  if (isFile(disk, join(folder, 'zephyr/module.yml')) || isFile(disk, join(folder, 'zephyr/module.yaml'))) return true;
  const holds = isFolder(disk, join(folder, 'dts')) || isFolder(disk, join(folder, 'boards'));
  return holds && (isFile(disk, join(folder, 'west.yml')) || isFile(disk, join(folder, 'Kconfig.zephyr')));
}

/** A folder that Zephyr's build is run on. */
function isApplication(disk: Disk, folder: string): boolean {
  return isFile(disk, join(folder, 'prj.conf')) && isFile(disk, join(folder, 'CMakeLists.txt'));
}

/** The tree of a file that Zephyr's build reads; null when nothing around it says so. */
export function zephyr(disk: Disk, path: string): SourceTree | null {
  const around: string[] = [];
  let application: string | null = null;
  let workspace: string | null = null;
  let at = dirname(path);
  for (let level = 0; level < MAX_UP; level++) {
    if (isRoot(disk, at)) around.push(at);
    if (application === null && isApplication(disk, at)) application = at;
    if (isFile(disk, join(at, '.west/config'))) {
      workspace = at;
      break;
    }
    const up = dirname(at);
    if (up === at) break;
    at = up;
  }
  const first = around[0] ?? application ?? (workspace !== null && path.endsWith('.overlay') ? workspace : null);
  if (first === null || first === undefined) return null;
  // without .west, a Zephyr that lies beside, as west puts it
  const beside =
    workspace === null ? around.map((root) => join(dirname(root), 'zephyr')).filter((at) => isRoot(disk, at)) : [];
  const modules =
    workspace === null
      ? around
          .filter((root) => !isFile(disk, join(root, 'Kconfig.zephyr')))
          .flatMap((root) => modulesBelow(disk, root, 2))
      : inWorkspace(disk, workspace);
  const roots = [...new Set([...around, ...(application === null ? [] : [application]), ...beside, ...modules])];
  const built = application === null ? null : buildInfoOf(disk, application, workspace);
  // DTS_ROOT has the board's and the shield's folder too
  const own = [dirname(path), ...(basename(dirname(path)) === 'boards' ? [dirname(dirname(path))] : [])];
  const dtsRoots = [...new Set([...own, ...roots.flatMap((at) => dtsRootsOf(disk, at))])];
  return {
    kind: 'zephyr',
    root: around.at(-1) ?? first,
    release: null,
    includeFolders: searched(disk, [...(built?.includes ?? []), ...dtsRoots.flatMap((at) => includesOf(disk, at))]),
    dtc: NEWEST_DTC,
    boardFolders: folders(disk, [
      ...roots.flatMap((root) => boardRootsOf(disk, root)).map((root) => join(root, 'boards')),
      ...(application === null ? [] : [application]),
    ]),
  };
}

/** cmake/modules/dts.cmake (DTS_ROOT_SYSTEM_INCLUDE_DIRS): of every DTS_ROOT, whatever the architecture. */
function includesOf(disk: Disk, root: string): string[] {
  const dts = join(root, 'dts');
  return [
    join(root, 'include'),
    join(root, 'include/zephyr'),
    join(dts, 'common'),
    join(dts, 'vendor'),
    ...foldersIn(disk, dts).filter((folder) => !/^(bindings|common|vendor)$/.test(basename(folder))),
    dts,
  ];
}

/** `settings` of a module's zephyr/module.yml (scripts/zephyr_module.py): roots relative to the module. */
function settingOf(disk: Disk, root: string, setting: 'dts_root' | 'board_root'): string[] {
  const text = headOf(disk, join(root, 'zephyr/module.yml')) ?? headOf(disk, join(root, 'zephyr/module.yaml'));
  const stated = new RegExp(`^[ \\t]+${setting}:[ \\t]*["']?([^"'\\s#]+)`, 'm').exec(text ?? '')?.[1];
  return stated === undefined ? [root] : [join(root, stated)];
}
const dtsRootsOf = (disk: Disk, root: string): string[] => [...settingOf(disk, root, 'dts_root'), root];
const boardRootsOf = (disk: Disk, root: string): string[] => settingOf(disk, root, 'board_root');

/** Zephyr's folder as the workspace's configuration names it, then every module. */
function inWorkspace(disk: Disk, workspace: string): string[] {
  const config = headOf(disk, join(workspace, '.west/config')) ?? '';
  const base = /^\[zephyr\][^[]*?^base[ \t]*=[ \t]*(\S+)/m.exec(config)?.[1];
  const stated = base === undefined ? join(workspace, 'zephyr') : isAbsolute(base) ? base : join(workspace, base);
  return [stated, ...modulesBelow(disk, workspace, MODULE_DEPTH)];
}

function modulesBelow(disk: Disk, top: string, depth: number): string[] {
  const found: string[] = [];
  const queue = foldersIn(disk, top).map((at) => ({ at, depth: depth - 1 }));
  for (let i = 0; i < queue.length && i < MAX_MODULES; i++) {
    const { at, depth: left } = queue[i] as { at: string; depth: number };
    const name = basename(at);
    if (name.startsWith('.') || name === 'build' || name === 'node_modules') continue;
    if (isRoot(disk, at)) found.push(at);
    // modules nest (zmk/app/module), but not inside Zephyr itself
    if (left > 0 && !isFile(disk, join(at, 'Kconfig.zephyr')))
      queue.push(...foldersIn(disk, at).map((sub) => ({ at: sub, depth: left - 1 })));
  }
  return found;
}

/** What a build of an application wrote down of its devicetree (build_info.yml, since Zephyr 4.0). Absolute paths, in order. */
interface BuildInfo {
  readonly files: readonly string[];
  readonly includes: readonly string[];
}

function buildInfoOf(disk: Disk, application: string, workspace: string | null): BuildInfo | null {
  const builds = [application, ...(workspace === null ? [] : [workspace])].flatMap((folder) => {
    const build = join(folder, 'build');
    return [build, ...foldersIn(disk, build).slice(0, 50)];
  });
  for (const folder of builds) {
    const text = headOf(disk, join(folder, 'build_info.yml'));
    if (text === null) continue;
    const info = { files: listAt(text, 'files'), includes: listAt(text, 'include-dirs') };
    const source = /^[ \t]+source-dir:[ \t]*["']?(.*?)["']?[ \t]*$/m.exec(text)?.[1];
    if (source === undefined || source === application) return info;
  }
  return null;
}

/** The list `cmake: devicetree: NAME:` of a build_info.yml, in block or flow style. */
function listAt(text: string, name: string): string[] {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^[ \t]+devicetree:[ \t]*$/.test(line));
  if (start < 0) return [];
  const indent = (line: string): number => /^[ \t]*/.exec(line)?.[0].length ?? 0;
  const outer = indent(lines[start] ?? '');
  const words: string[] = [];
  let inside = false;
  for (const line of lines.slice(start + 1)) {
    if (line.trim() === '') continue;
    const item = /^[ \t]*-[ \t]+["']?(.*?)["']?[ \t]*$/.exec(line)?.[1];
    if (item !== undefined) {
      if (inside) words.push(item);
      continue;
    }
    if (indent(line) <= outer) break;
    const [, key, flow] = /^[ \t]*["']?([\w-]+)["']?:[ \t]*(?:\[(.*)\])?/.exec(line) ?? [];
    inside = key === name;
    if (inside && flow !== undefined)
      words.push(...flow.split(',').map((word) => word.trim().replace(/^["']|["']$/g, '')));
  }
  return words.filter(isAbsolute);
}

/** What an `.overlay` is added to, and the overlays that the build adds before it. */
export interface AppendedTo {
  readonly board: string;
  readonly before: readonly string[];
}

/** Boards that a test names, the integration platforms first. */
function statedPlatforms(text: string): string[] {
  return ['integration_platforms', 'platform_allow'].flatMap((key) => {
    const [, flow = '', block = ''] =
      new RegExp(`^[ \\t]*${key}:[ \\t]*([^\\n]*)\\n((?:[ \\t]*-[^\\n]*\\n)*)`, 'm').exec(text) ?? [];
    return `${flow.replace(/[[\]"',]/g, ' ')} ${block.replace(/^[ \t]*-/gm, ' ')}`
      .split(/\s+/)
      .map((name) => name.replaceAll('"', ''))
      .filter((name) => /^[\w/.-]+$/.test(name));
  });
}

/** The overlays that a test's DTC_OVERLAY_FILE (or EXTRA_DTC_OVERLAY_FILE) lists, in order. */
function overlaysIn(text: string): string[] {
  return [...text.matchAll(/DTC_OVERLAY_FILE=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"']*))/g)].flatMap(
    ([, double, single, bare]) => (double ?? single ?? bare ?? '').split(/[;\s]+/).filter((path) => path !== ''),
  );
}

/** Finds the boards of Zephyr's overlays. Keeps what it read of the disk: one for as long as that may be kept. */
export class ZephyrBoards {
  constructor(private readonly disk: Disk) {}

  private readonly listed = new Map<string, readonly string[]>();

  /**
   * The board an overlay is for, and what the build adds before it (cmake/modules/dts.cmake): what a build wrote down; a
   * board's own revision or variant (`board_1_0_0.overlay` beside `board.dts`); the board it is named after
   * (`boards/NAME.overlay`, of a shield after the shield's own); of an application's overlay, those that a test states for it.
   * Null when nothing says it.
   */
  baseOf(overlay: string, tree: SourceTree): AppendedTo | null {
    const built = this.builtWith(overlay);
    if (built !== null) return built;
    // a part of boards, which these include
    if (!overlay.endsWith('.overlay')) return null;
    const folder = dirname(overlay);
    const stem = basename(overlay, '.overlay');
    const beside = this.boardsIn(folder);
    const own = this.named(stem, beside, false) ?? this.named(stem, beside, true);
    if (own !== null) return { board: own, before: [] };
    const all = tree.boardFolders.flatMap((at) => this.boardsBelow(at));
    // a shield's overlay is for any board, what lies in its boards/ for one
    if (folder.split('/').includes('shields')) return this.onShield(overlay, all);
    const named = stem === 'app' ? null : this.named(stem, all, basename(folder) === 'boards');
    if (named !== null) return { board: named, before: this.beforeOn(named, overlay) };
    const tested = this.testedOn(folder, overlay, all);
    if (tested !== null) return tested;
    // any other name is added where whoever calls the build says so
    const automatic = basename(folder) !== 'boards' && stem === 'app';
    return automatic && all.length === 1 && all[0] !== undefined ? { board: all[0], before: [] } : null;
  }

  /** What is added before the overlay of an application that is named after a board: the revision's, and that for all revisions. */
  private beforeOn(board: string, overlay: string): string[] {
    const name = basename(board, '.dts');
    return [join(dirname(board), basename(overlay)), join(dirname(overlay), `${name}.overlay`)].filter(
      (path) => path !== overlay && isFile(this.disk, path),
    );
  }

  /** `shields/DIR/boards/BOARD.overlay` and `shields/DIR/boards/SHIELD/BOARD.overlay`: after `shields/DIR/SHIELD.overlay`. */
  private onShield(overlay: string, all: readonly string[]): AppendedTo | null {
    const folder = dirname(overlay);
    const of = basename(folder) === 'boards' ? null : basename(folder);
    const boards = of === null ? folder : dirname(folder);
    if (basename(boards) !== 'boards' || basename(dirname(boards)) === 'shields') return null;
    const own = filesIn(this.disk, dirname(boards)).filter((path) => path.endsWith('.overlay'));
    const before = of === null ? own : own.filter((path) => basename(path, '.overlay') === of);
    const board = this.named(basename(overlay, '.overlay'), all, true);
    // of several shields nobody says which is on the board
    return board === null || before.length > 1 ? null : { board, before };
  }

  /** Every board an overlay may be put on. */
  all(tree: SourceTree): readonly string[] {
    return tree.boardFolders.flatMap((at) => this.boardsBelow(at));
  }

  private builtWith(overlay: string): AppendedTo | null {
    for (let at = dirname(overlay), level = 0; level < MAX_UP; level++, at = dirname(at)) {
      const info = isFolder(this.disk, join(at, 'build')) ? buildInfoOf(this.disk, at, at) : null;
      const place = info?.files.indexOf(overlay) ?? -1;
      const [board, ...before] = info?.files.slice(0, Math.max(0, place)) ?? [];
      if (board !== undefined && isFile(this.disk, board)) return { board, before };
    }
    return null;
  }

  /** The board of a name: exactly, then the longest that the name begins with (a revision), then, when `variants`, one that begins with the name. */
  private named(name: string, boards: readonly string[], variants: boolean): string | null {
    const wanted = name.replaceAll('/', '_');
    const stem = (path: string): string => basename(path, '.dts');
    const exact = boards.find((path) => stem(path) === wanted);
    if (exact !== undefined) return exact;
    const longest = boards
      .filter((path) => wanted.startsWith(`${stem(path)}_`))
      .sort((a, b) => stem(b).length - stem(a).length)[0];
    if (longest !== undefined) return longest;
    return variants ? (boards.find((path) => stem(path).startsWith(`${wanted}_`)) ?? null) : null;
  }

  /**
   * The board that a test in an application's sample.yaml or testcase.yaml builds an overlay for: `app.overlay` goes with every
   * test, any other with those that name it in a list of overlays, of which the first ones may be named after the board.
   */
  private testedOn(folder: string, overlay: string, all: readonly string[]): AppendedTo | null {
    const name = basename(overlay);
    for (let at = folder, level = 0; level < 3; level++, at = dirname(at)) {
      const text = headOf(this.disk, join(at, 'sample.yaml')) ?? headOf(this.disk, join(at, 'testcase.yaml'));
      if (text === null) continue;
      const [head = '', ...tests] = text.split(/^tests:[ \t]*$/m);
      // tests stand one step in, what is said of one a step further
      const blocks = tests.join('').split(/^(?= {1,2}\S)/m);
      for (const block of name === 'app.overlay' ? [text] : blocks) {
        const list = overlaysIn(block).map((path) => join(at, path));
        const place = list.indexOf(overlay);
        if (name !== 'app.overlay' && place < 0) continue;
        const before = list.slice(0, Math.max(0, place));
        const names = [
          ...before.map((path) => basename(path, '.overlay')),
          ...statedPlatforms(block),
          ...(block === text ? [] : statedPlatforms(head)),
        ];
        for (const one of names) {
          const board = this.named(one, all, true);
          if (board !== null) return { board, before: before.filter((path) => isFile(this.disk, path)) };
        }
      }
      return null;
    }
    return null;
  }

  private boardsIn(folder: string): readonly string[] {
    return this.boardsBelow(folder, 0);
  }

  private boardsBelow(top: string, depth = 6): readonly string[] {
    const key = `${depth} ${top}`;
    let found = this.listed.get(key);
    if (found === undefined) {
      const boards: string[] = [];
      const queue = [{ at: top, left: depth }];
      for (let i = 0; i < queue.length && i < MAX_MODULES; i++) {
        const { at, left } = queue[i] as { at: string; left: number };
        boards.push(...filesOf(this.disk, at));
        if (left > 0 && basename(at) !== 'build')
          queue.push(...foldersIn(this.disk, at).map((sub) => ({ at: sub, left: left - 1 })));
      }
      found = boards;
      this.listed.set(key, found);
    }
    return found;
  }
}

/** The boards in a folder: parts of boards are called .dts too, and have no version. */
const filesOf = (disk: Disk, folder: string): string[] =>
  filesIn(disk, folder).filter(
    (path) =>
      path.endsWith('.dts') &&
      /^[ \t]*(?:\/dts-v1\/|#[ \t]*include.*\.dts[">])/m.test(headOf(disk, path, 20_000) ?? ''),
  );
