/** The built program over many boards: worker threads against one process, interruption, a shared cache, git that ends. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleBoard } from '../../src/language/rules/examples';

const CLI = resolve('dist/cli.js');
const BOARDS = 60;
let root = '';
const at = (name: string): string => join(root, name);
const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });
const names = Array.from({ length: BOARDS }, (_, i) => `board${i}.dts`);

/** Boards that differ in what is wrong with them and in what they share. */
function board(i: number): string {
  const wrong = [
    '&a { iommus = <&smmu 0x480 0x0>; };',
    '&a { iommus = <&smmu 0x480>; };',
    '&b { iommus = <&smmu ID 0x0>; };',
    '&a { iommus = <&nothing 1 2>; };',
    '&a { iommus = <&smmu 0x10 0x0>; ',
  ];
  return `${exampleBoard}#include "soc${i % 3}.dtsi"\n/ { model = "${i}"; };\n${wrong[i % wrong.length]}\n`;
}

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-fleet-')));
  git('init', '-q', '-b', 'main');
  git('config', 'user.email', 'a@example.invalid');
  git('config', 'user.name', 'A');
  for (const i of [0, 1, 2]) writeFileSync(at(`soc${i}.dtsi`), `#define ID ${0x20 + i}\n`);
  names.forEach((name, i) => {
    writeFileSync(at(name), board(i));
  });
  git('add', '-A');
  git('commit', '-qm', 'first');
  for (const i of [0, 1, 2]) writeFileSync(at(`soc${i}.dtsi`), `#define ID 0x48${i}\n`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function run(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('worker threads', () => {
  test('check: any boards in any order say what one process says, in that order', () => {
    const drawn = fc.shuffledSubarray(names, { minLength: 2 });
    fc.assert(
      fc.property(
        drawn,
        fc.integer({ min: 2, max: 5 }),
        fc.constantFrom('text', 'json', 'sarif'),
        (some, jobs, format) => {
          const args = ['check', ...some, '--format', format];
          expect(run([...args, '--jobs', String(jobs)])).toEqual(run([...args, '--jobs', '1']));
        },
      ),
      { numRuns: 6 },
    );
  }, 120_000);

  test('review: as many as one likes say what one process says', () => {
    const alone = run(['review', '--format', 'json', '--jobs', '1']);
    expect(JSON.parse(alone.stdout)).toMatchObject({ reached: BOARDS, failed: [], left: 0 });
    for (const jobs of ['2', '3', '7']) expect(run(['review', '--format', 'json', '--jobs', jobs])).toEqual(alone);
  }, 120_000);
});

/** Starts a command, ends it when it has told so many boards, and gives what it printed. */
function interrupted(args: readonly string[], whole: boolean): Promise<{ status: number | null; stdout: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [CLI, ...args, '--progress'], { cwd: root, detached: true });
    let [stdout, stderr] = ['', ''];
    let told = false;
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString('utf8');
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString('utf8');
      if (!/^\d+\/\d+ /m.test(stderr) || told || child.pid === undefined) return;
      // once: a second one ends a command at once. A terminal tells the whole group, git too.
      told = true;
      if (whole) process.kill(-child.pid, 'SIGINT');
      else child.kill('SIGINT');
    });
    child.once('close', (status) => done({ status, stdout }));
  });
}

describe('interrupted', () => {
  const many = (): string[] => Array.from({ length: 40 }, () => names).flat();
  test.each(['1', '2'])(
    'check on %s threads prints what is done',
    async (jobs) => {
      const { status, stdout } = await interrupted(['check', ...many(), '--format', 'json', '--jobs', jobs], true);
      expect(status).toBe(130);
      const { schema, files } = JSON.parse(stdout) as { schema: number; files: number };
      expect(schema).toBe(1);
      expect(files).toBeGreaterThan(0);
      expect(files).toBeLessThan(40 * BOARDS);
    },
    60_000,
  );

  test.each(['1', '2'])(
    'review on %s threads prints what is done, and nothing else than the whole says',
    async (jobs) => {
      const whole = JSON.parse(run(['review', '--format', 'json', '--jobs', '1']).stdout) as Report;
      const { status, stdout } = await interrupted(['review', '--format', 'json', '--jobs', jobs], true);
      expect(status).toBe(130);
      const report = JSON.parse(stdout) as Report;
      expect(report.failed).toEqual([]);
      expect(report.reached).toBe(BOARDS);
      expect(report.left).toBeGreaterThan(0);
      const all = said(whole);
      for (const each of said(report)) expect(all).toContain(each);
    },
    60_000,
  );
});

interface Report {
  readonly reached: number;
  readonly left: number;
  readonly failed: readonly unknown[];
  readonly groups: readonly {
    readonly boards: readonly string[];
    readonly changes: readonly { readonly text: string }[];
  }[];
}
const said = ({ groups }: Report): string[] =>
  groups.flatMap(({ boards, changes }) => boards.flatMap((name) => changes.map(({ text }) => `${name}: ${text}`)));

describe('a cache', () => {
  const cache = (): string => at('.cache');
  const entries = (): string[] =>
    readdirSync(cache(), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(cache(), name));
  const args = (): string[] => ['check', ...names, '--format', 'json', '--cache', cache(), '--jobs', '2'];

  test('two runs that share it say what one says, and leave whole entries', async () => {
    const expected = run(['check', ...names, '--format', 'json', '--jobs', '1']).stdout;
    mkdirSync(cache(), { recursive: true });
    const both = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<string>((done) => {
            const child = spawn(process.execPath, [CLI, ...args()], { cwd: root });
            let text = '';
            child.stdout.on('data', (data: Buffer) => {
              text += data.toString('utf8');
            });
            child.once('close', () => done(text));
          }),
      ),
    );
    expect(both).toEqual([expected, expected]);
    expect(entries()).toHaveLength(BOARDS);
    expect(run(args())).toMatchObject({ stdout: expected, stderr: '' });
  }, 60_000);

  test('cut entries are dropped and said, each once, and made anew', () => {
    const expected = run(args()).stdout;
    const cut = entries().filter((_, i) => i % 4 === 0);
    for (const path of cut) writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20));
    const again = run(args());
    expect(again.stdout).toBe(expected);
    expect(again.stderr.match(/dropped a broken cache entry/g)).toHaveLength(cut.length);
    expect(run(args())).toMatchObject({ stdout: expected, stderr: '' });
  }, 60_000);
});

test('git that ends in the middle is said: a board is not compared with what git had no time to answer', () => {
  // a git that answers some questions and then goes
  const bin = at('.bin');
  mkdirSync(bin, { recursive: true });
  const real = execFileSync('bash', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/bash
case "$*" in *"cat-file --batch"*) exec "${real}" "$@" < <(for _ in 1 2 3; do read -r name && echo "$name"; done);; esac
exec "${real}" "$@"
`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const args = [CLI, 'review', '--format', 'json', '--jobs', '1'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/git cat-file has ended/);
});
