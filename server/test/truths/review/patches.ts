/** The patches: each kind of mistake in turn, at a place that the seed chooses. */
import { basename, dirname, join, relative } from 'node:path';
import { pathOfUri } from '../../../src/source/uri';
import type { BoardSnapshot } from '../../../src/workspace/board';
import { toUri } from '../../../src/workspace/files';
import { simulateBoard } from '../../../src/workspace/simulation';
import { Workspace } from '../../../src/workspace/workspace';
import { Random } from '../../fuzz/sources';
import { BOARDS } from '../mutants/boards';
import { type Kind, kinds, type Mutation } from '../mutants/kinds';
import type { Dependencies, Pairs } from './dependencies';
import { EDITS, type Edit, type Target } from './edits';
import type { Files, Repository } from './repository';

/** A patch, and what is known of it without asking `review`. */
export interface Patch extends Pick<Edit, 'oneProperty' | 'equal' | 'renames'> {
  readonly kind: string;
  readonly files: Files;
  /** A board that has another name: now, before. */
  readonly moved?: readonly [now: string, before: string];
}

/** What patches are made of. */
export interface Ground {
  readonly repository: Repository;
  readonly dependencies: Dependencies;
  /** How many boards each file reaches. */
  readonly reach: ReadonlyMap<string, number>;
  /** A patch that reaches more boards than this is not made. */
  readonly most: number;
  readonly pairs: Pairs;
}

type Maker = (ground: Ground, random: Random) => Omit<Patch, 'kind'> | null;

/** Boards that have IOMMUs of all sorts, or any. */
function someBoard({ dependencies }: Ground, random: Random): string {
  const known = BOARDS.map((name) => `arch/${name}`).filter((name) => dependencies.has(name));
  if (random.once(3)) return random.pick([...dependencies.keys()]);
  // a neighbour shares some of its files
  const folder = dirname(random.pick(known));
  return random.pick([...dependencies.keys()].filter((name) => dirname(name) === folder));
}

const isOf: Readonly<Record<Target, (path: string) => boolean>> = {
  source: (path) => /\.(?:dts|dtsi|dtso)$/.test(path),
  header: (path) => path.endsWith('.h'),
};

/** A file that some board is made of: mostly an include. */
function someFile(ground: Ground, random: Random, target: Target): string | null {
  const files = [...(ground.dependencies.get(someBoard(ground, random)) ?? [])]
    .filter(isOf[target])
    .filter((path) => (ground.reach.get(path) ?? 0) <= ground.most);
  const includes = files.filter((path) => path.endsWith('.dtsi'));
  if (files.length === 0) return null;
  return random.pick(includes.length > 0 && !random.once(4) ? includes : files);
}

const byEdit =
  ({ edit, target, oneProperty, equal, renames }: Edit): Maker =>
  (ground, random) => {
    const path = someFile(ground, random, target);
    const text = path === null ? null : ground.repository.text(path);
    const made = text === null ? null : edit(text, random);
    if (path === null || made === null || made === text) return null;
    return { files: new Map([[path, made]]), oneProperty, equal, renames };
  };

/** The mistakes of `test:mutants`, made in the source or the include that holds the place. */
class Mutants {
  private readonly snapshots = new Map<string, BoardSnapshot | null>();
  private readonly workspace: Workspace;

  constructor(private readonly root: string) {
    this.workspace = new Workspace(
      { folders: [root], includePaths: [], defines: [], kernelTree: null },
      simulateBoard({ kernel: '', cmdline: '', config: '', scenario: null }),
    );
  }

  private snapshot(board: string): BoardSnapshot | null {
    let known = this.snapshots.get(board);
    if (known === undefined) {
      known = this.workspace.snapshot(toUri(join(this.root, board)));
      this.snapshots.set(board, known);
    }
    return known;
  }

  maker(kind: Kind): Maker {
    return (ground, random) => {
      const board = `arch/${random.pick(BOARDS)}`;
      const snapshot = this.snapshot(board);
      if (snapshot === null || (kind.boot === true && snapshot.report === null)) return null;
      const places = kind
        .mutations(snapshot)
        .map((mutation) => this.placed(mutation, board, ground, random))
        .filter((found) => (ground.reach.get(found.path) ?? 0) <= ground.most);
      if (places.length === 0) return null;
      const { path, start, end, text } = random.pick(places);
      const was = ground.repository.text(path) ?? '';
      return { files: new Map([[path, was.slice(0, start) + text + was.slice(end)]]), oneProperty: true };
    };
  }

  /** What is added behind a board may as well be added behind the include that has the label. */
  private placed({ uri, start, end, text }: Mutation, board: string, ground: Ground, random: Random) {
    const path = relative(this.root, pathOfUri(uri));
    const label = /^\n&(\w+) \{/.exec(text)?.[1];
    if (path !== board || label === undefined || !random.once(2)) return { path, start, end, text };
    for (const include of ground.dependencies.get(board) ?? []) {
      const there = include.endsWith('.dtsi') ? ground.repository.text(include) : null;
      if (there?.includes(`\t${label}: `)) return { path: include, start: there.length, end: there.length, text };
    }
    return { path, start, end, text };
  }
}

/** What is done to whole files, and to Makefiles. */
const WHOLE: Readonly<Record<string, Maker>> = {
  'added overlay'(ground, random) {
    const board = someBoard(ground, random);
    const makefile = `${dirname(board)}/Makefile`;
    const [make, text] = [ground.repository.text(makefile), ground.repository.text(board)];
    const label = /^&(\w+) \{/m.exec(text ?? '')?.[1];
    if (make === null || label === undefined || !board.endsWith('.dts')) return null;
    const stem = basename(board, '.dts');
    const overlay = `/dts-v1/;\n/plugin/;\n\n&${label} {\n\tstatus = "${random.pick(['disabled', 'okay'])}";\n};\n`;
    const pair = `${stem}-extra-dtbs := ${stem}.dtb ${stem}-add.dtbo\ndtb-y += ${stem}-extra.dtb\n`;
    return {
      files: new Map([
        [`${dirname(board)}/${stem}-add.dtso`, overlay],
        [makefile, `${make}\n${pair}`],
      ]),
    };
  },
  'removed Makefile pair': (ground, random) => inMakefile(ground, random, (text, [line]) => text.replace(line, '')),
  'another Makefile pair': (ground, random) =>
    inMakefile(ground, random, (text, [line, board = ''], folder) => {
      const boards = [...ground.dependencies.keys()].filter(
        (path) => dirname(path) === folder && path.endsWith('.dts'),
      );
      const other = basename(random.pick(boards), '.dts');
      return text.replace(line, line.replace(`${board}.dtb`, `${other}.dtb`));
    }),
  'one Makefile pair more': (ground, random) =>
    inMakefile(ground, random, (text, [line, board = ''], folder) => {
      const boards = [...ground.dependencies.keys()].filter(
        (path) => dirname(path) === folder && path.endsWith('.dts'),
      );
      const other = basename(random.pick(boards), '.dts');
      return text.replace(line, `${line}${line.replace(/^/, 'another-').replace(`${board}.dtb`, `${other}.dtb`)}`);
    }),
  'removed board'(ground, random) {
    const board = someBoard(ground, random);
    return (ground.reach.get(board) ?? 0) > 1 ? null : { files: new Map([[board, null]]) };
  },
  'renamed board'(ground, random) {
    const board = someBoard(ground, random);
    const text = ground.repository.text(board);
    if (text === null || (ground.reach.get(board) ?? 0) > 1 || !board.endsWith('.dts')) return null;
    const now = board.replace(/\.dts$/, '-again.dts');
    if (ground.pairs.on(board).length > 0) return null;
    return {
      files: new Map([
        [board, null],
        [now, `${text}\n`],
      ]),
      moved: [now, board],
    };
  },
  'copied board'(ground, random) {
    const board = someBoard(ground, random);
    const text = ground.repository.text(board);
    if (text === null || !board.endsWith('.dts')) return null;
    return { files: new Map([[board.replace(/\.dts$/, '-copy.dts'), text]]) };
  },
  'removed include file'(ground, random) {
    const path = someFile(ground, random, 'source');
    return path?.endsWith('.dtsi') ? { files: new Map([[path, null]]) } : null;
  },
  'two includes'(ground, random) {
    const files = new Map<string, string | null>();
    for (let i = 0; i < 2; i++) {
      const made = byEdit(random.pick(EDITS.filter(({ target }) => target === 'source')))(ground, random);
      for (const [path, text] of made?.files ?? []) files.set(path, text);
    }
    return files.size < 2 ? null : { files, renames: true };
  },
};

const PAIR = /^[\w-]+-dtbs\s*:=\s*([\w.+-]+)\.dtb\s+[\w.+-]+\.dtbo[^\n]*\n/gm;

function inMakefile(
  { repository, dependencies }: Ground,
  random: Random,
  edit: (text: string, match: RegExpExecArray, folder: string) => string,
): Omit<Patch, 'kind'> | null {
  const folders = [...new Set([...dependencies.keys()].filter((path) => path.endsWith('.dtso')).map(dirname))];
  const folder = random.pick(folders);
  const text = repository.text(`${folder}/Makefile`);
  const matches = [...(text ?? '').matchAll(PAIR)].filter(([line]) => !line.endsWith('\\\n'));
  if (text === null || matches.length === 0) return null;
  return { files: new Map([[`${folder}/Makefile`, edit(text, random.pick(matches), folder)]]) };
}

/** Places that are tried for a kind before it is passed over. */
const TRIES = 60;
/** One in so many patches may be of a file that many more boards have. */
const WIDE = { every: 12, times: 4 };

/** `count` patches; the same for a seed. A kind that finds no place is passed over. */
export function* patches(ground: Ground, count: number, seed: number): Generator<Patch> {
  const mutants = new Mutants(ground.repository.before);
  const makers: readonly (readonly [string, Maker])[] = [
    ...EDITS.map((edit) => [edit.name, byEdit(edit)] as const),
    ...kinds.map((kind) => [kind.name, mutants.maker(kind)] as const),
    ...Object.entries(WHOLE),
  ];
  // neighbours in the table are alike: a small number of patches takes them from everywhere
  const STEP = 37;
  let done = 0;
  for (let i = 0; done < count && i < 3 * count + makers.length; i++) {
    const random = new Random(seed * 1_000_003 + i);
    for (let warm = 0; warm < 8; warm++) random.below(2);
    const [kind, make] = makers[(i * STEP) % makers.length] as (typeof makers)[number];
    const most = i % WIDE.every === WIDE.every - 1 ? WIDE.times * ground.most : ground.most;
    for (let tries = 0; tries < TRIES; tries++) {
      const patch = make({ ...ground, most }, random);
      if (patch === null) continue;
      done++;
      yield { kind, ...patch };
      break;
    }
  }
}
