/** The include graph is read in the background: once, with progress and a way to cancel, and kept for the next session. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from 'vscode-languageserver/node';
import { TreeBuilder } from '../devicetree/build';
import type { Disk } from '../workspace/disk';
import { FileStore, toUri } from '../workspace/files';
import { realDisk } from '../workspace/real-disk';
import { Workspace } from '../workspace/workspace';
import { IncludeIndex } from './include-index';

/** Enough to be worth keeping. */
const BOARDS = 120;
let root: string;
let cache: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'smmu-scope-')));
  cache = join(root, '.cache');
  mkdirSync(join(root, 'boards/deep'), { recursive: true });
  writeFileSync(join(root, 'soc.dtsi'), '/ { };\n');
  for (let i = 0; i < BOARDS; i++)
    writeFileSync(join(root, `boards${i % 2 === 0 ? '' : '/deep'}`, `board-${i}.dts`), '#include <soc.dtsi>\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A session over the folder; `read` are the files whose bytes were asked for. */
function session(patience = 1e6) {
  const read: string[] = [];
  const disk: Disk = {
    ...realDisk,
    bytes(path) {
      if (path.endsWith('.dts')) read.push(path);
      return realDisk.bytes(path);
    },
  };
  const workspace = new Workspace({ folders: [root], includePaths: [], defines: [], kernelTree: null }, () => null, {
    disk,
    files: new FileStore(disk),
    builder: new TreeBuilder(),
  });
  const said: string[] = [];
  let cancel: () => void = () => undefined;
  const connection = {
    console: { warn: (text: string) => said.push(`warn ${text}`) },
    window: {
      createWorkDoneProgress: async () => ({
        begin: (title: string) => said.push(`begin ${title}`),
        report: (percent: number) => said.push(`${percent} %`),
        done: () => said.push('done'),
        token: {
          onCancellationRequested: (listener: () => void) => {
            cancel = listener;
          },
        },
      }),
    },
  } as unknown as Pick<Connection, 'window' | 'console'>;
  const index = new IncludeIndex(connection, workspace, { delay: 0, patience, cache });
  index.showsProgress = true;
  return { index, workspace, read, said, cancel: () => cancel() };
}

const include = () => toUri(join(root, 'soc.dtsi'));
const boardsOf = ({ workspace }: ReturnType<typeof session>) => workspace.boardsOf(include(), true).length;

describe('a tree that is read', () => {
  test('answers which boards an include has without reading a file again', async () => {
    const one = session();
    await one.index.opened(include());
    expect(new Set(one.read).size).toBe(BOARDS);
    const before = one.read.length;
    expect(boardsOf(one)).toBe(BOARDS);
    // to see whether a board is an overlay its start is read; nobody looks for its includes again
    expect(one.read.length - before).toBeLessThanOrEqual(BOARDS);
  });

  test('is read once, whichever of its files are opened', async () => {
    const one = session();
    await Promise.all([one.index.opened(include()), one.index.opened(toUri(join(root, 'boards/board-0.dts')))]);
    expect(one.read).toHaveLength(BOARDS);
  });

  test('is kept: the next session reads what has changed, and what is new', async () => {
    await session().index.opened(include());
    expect(readdirSync(cache)).toHaveLength(1);
    writeFileSync(join(root, 'boards/board-2.dts'), '#include <other.dtsi>\n/ { changed; };\n');
    writeFileSync(join(root, 'boards/new.dts'), '#include <soc.dtsi>\n');
    rmSync(join(root, 'boards/board-4.dts'));
    const next = session();
    await next.index.opened(include());
    expect(next.read.map((path) => path.slice(root.length)).sort()).toEqual(['/boards/board-2.dts', '/boards/new.dts']);
    expect(boardsOf(next)).toBe(BOARDS - 1);
  });

  test('what is kept and damaged is dropped, said, and made anew', async () => {
    await session().index.opened(include());
    const [file = ''] = readdirSync(cache);
    const [format = ''] = readFileSync(join(cache, file), 'utf8').split(' ');
    writeFileSync(join(cache, file), `${format} nonsense\n{"/etc/passwd":["1","x.dtsi"]}`);
    const next = session();
    await next.index.opened(include());
    expect(next.read).toHaveLength(BOARDS);
    expect(next.said.join()).toMatch(/warn .*cut or damaged/);
    const last = session();
    await last.index.opened(include());
    expect(last.read).toEqual([]);
  });
});

describe('progress', () => {
  /** Makes each file cost a moment, as on a slow disk. */
  function slowly(one: ReturnType<typeof session>): void {
    const { workspace } = one;
    const steps = workspace.readIncludes.bind(workspace);
    workspace.readIncludes = function* (...args) {
      for (const step of steps(...args)) {
        const until = performance.now() + 1;
        while (performance.now() < until);
        yield step;
      }
    };
  }

  test('is shown for what takes long, and ends', async () => {
    const one = session(0);
    slowly(one);
    await one.index.opened(include());
    expect(one.said[0]).toBe(`begin Reading who includes whom in ${root}`);
    expect(one.said.filter((line) => /^\d+ %$/.test(line)).length).toBeGreaterThan(2);
    expect(one.said.at(-1)).toBe('done');
  });

  test('cancelling it stops the reading; boards are found as before, by reading what is missing', async () => {
    const one = session(0);
    slowly(one);
    const reading = one.index.opened(include());
    while (!one.said.some((line) => line.endsWith('%'))) await new Promise((done) => setTimeout(done, 1));
    one.cancel();
    await reading;
    expect(one.read.length).toBeLessThan(BOARDS);
    expect(one.said.at(-1)).toBe('done');
    expect(boardsOf(one)).toBe(BOARDS);
  });
});
