/** What a board is made of, as gcc, dtc and make say: nothing of ours is asked. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

/** As scripts/Makefile.lib calls cpp for devicetrees. */
const CPP = [
  '-E',
  '-nostdinc',
  '-I',
  'scripts/dtc/include-prefixes',
  '-undef',
  '-D__DTS__',
  '-x',
  'assembler-with-cpp',
];
/** Boards that one gcc is given. */
const AT_ONCE = 100;

const isFound = (entry: readonly [string, Set<string> | undefined]): entry is readonly [string, Set<string>] =>
  entry[1] !== undefined;

/** The files that each board is made of, by the board's path; all from the top, links resolved, the board itself among them. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

const isSource = (name: string): boolean => /\.dtso?$/.test(name);

/** All boards and overlays of a tree, sorted. */
export function boardsOf(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (isSource(entry.name)) found.push(path);
    }
  };
  for (const arch of readdirSync(join(root, 'arch'))) walk(`arch/${arch}`);
  return found.sort();
}

/** The rules of `gcc -M`: the first file of each is the board. A board that has an error has no rule. */
function gcc(root: string, boards: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('gcc', [...CPP, '-M', ...boards], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString('latin1');
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

/** What dtc reads by `/include/` behind cpp. */
function dtcIncludes(root: string, board: string): string[] {
  const source = spawnSync('gcc', [...CPP, board], { cwd: root, encoding: 'latin1', maxBuffer: 1 << 28 }).stdout;
  if (!source.includes('/include/')) return [];
  const folders = ['-i', dirname(board), '-i', 'scripts/dtc/include-prefixes'];
  const args = ['-q', '-q', '-I', 'dts', '-O', 'dtb', '-o', '/dev/null', '-d', '/dev/stdout', ...folders, '-'];
  const rule = spawnSync('dtc', args, { cwd: root, input: source, encoding: 'latin1', maxBuffer: 1 << 28 }).stdout;
  return (
    rule
      .replace(/^[^:]*:/, '')
      .match(/\S+/g)
      ?.filter((path) => path !== '-' && path !== '<stdin>') ?? []
  );
}

export async function dependenciesOf(root: string, boards: readonly string[]): Promise<Dependencies> {
  const found = new Map<string, Set<string>>();
  const real = new Map<string, string>();
  const top = realpathSync(root);
  const plain = (path: string): string => {
    let known = real.get(path);
    if (known === undefined) {
      try {
        known = relative(top, realpathSync(join(root, path)));
      } catch {
        known = path;
      }
      real.set(path, known);
    }
    return known;
  };
  const parts: string[][] = [];
  for (let at = 0; at < boards.length; at += AT_ONCE) parts.push(boards.slice(at, at + AT_ONCE));
  const work = async (): Promise<void> => {
    for (let part = parts.pop(); part !== undefined; part = parts.pop())
      for (const rule of (await gcc(root, part)).replaceAll('\\\n', ' ').split('\n')) {
        const [, board, ...files] = rule.split(/\s+/).filter((word) => word !== '');
        if (board !== undefined) found.set(board, new Set([board, ...[board, ...files].map(plain)]));
      }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const byDtc = new Map<string, boolean>();
  const hasDtcInclude = (path: string): boolean => {
    let known = byDtc.get(path);
    if (known === undefined) {
      known = readFileSync(join(root, path), 'latin1').includes('/include/');
      byDtc.set(path, known);
    }
    return known;
  };
  for (const [board, files] of found)
    if ([...files].some(hasDtcInclude)) for (const path of dtcIncludes(root, board)) files.add(plain(path));
  // a seed means the same patches whichever gcc is done first
  return new Map(boards.flatMap((board) => [[board, found.get(board)] as const]).filter(isFound));
}

/** `x-dtbs := board.dtb overlay.dtbo …`: an overlay's path, with what it is put on and after which overlays. */
export interface Pair {
  readonly overlay: string;
  readonly board: string;
  readonly before: readonly string[];
}

const PROGRAM = `obj := .
-include Makefile
$(foreach v,$(filter %-dtbs,$(.VARIABLES)),$(info $($(v))))
all:;
`;

/** The pairs of a folder's Makefile, by make itself. */
export function pairsOf(root: string, folder: string): Pair[] {
  const cwd = join(root, folder);
  let text: string;
  try {
    text = execFileSync('make', ['-s', '-f', '-', 'all'], { cwd, input: PROGRAM, encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return [];
  }
  const there = new Set(readdirSync(cwd));
  return text.split('\n').flatMap((line) => {
    const words = line.split(/\s+/).filter((word) => /\.dtbo?$/.test(word));
    const overlays = words.filter((word) => word.endsWith('.dtbo')).map((word) => word.replace(/\.dtbo$/, '.dtso'));
    const boards = words.filter((word) => word.endsWith('.dtb')).map((word) => word.replace(/\.dtb$/, '.dts'));
    const inFolder = (name: string): string => `${folder}/${name}`;
    return boards.flatMap((board) =>
      overlays.flatMap((overlay, i) =>
        there.has(board) && there.has(overlay)
          ? [{ overlay: inFolder(overlay), board: inFolder(board), before: overlays.slice(0, i).map(inFolder) }]
          : [],
      ),
    );
  });
}

/** What the Makefiles of both trees say of overlays. */
export class Pairs {
  private readonly known = new Map<string, readonly Pair[]>();

  constructor(private readonly root: string) {}

  in(folder: string): readonly Pair[] {
    let known = this.known.get(folder);
    if (known === undefined) {
      known = pairsOf(this.root, folder);
      this.known.set(folder, known);
    }
    return known;
  }

  /** The pairs that an overlay is in. */
  of(overlay: string): readonly Pair[] {
    return this.in(dirname(overlay)).filter((pair) => pair.overlay === overlay);
  }

  /** What is put on a board. */
  on(board: string): readonly Pair[] {
    return this.in(dirname(board)).filter((pair) => pair.board === board);
  }
}

/** How `review` names an overlay on one of several boards. */
export const nameOn = ({ overlay, board }: Pick<Pair, 'overlay' | 'board'>): string =>
  `${overlay} on ${basename(board)}`;
