/** The index of includes: whatever was kept of whichever commit, it says what looking into every source says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Commit, Git } from './git';
import { includesAt } from './include-index';

/** More sources than a repository has whose index is not kept. */
const MANY = 520;
let root = '';
let caches = '';
const own = process.env.SMMU_SCOPE_CACHE;
const run = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const commit = (): Commit => {
  run('add', '-A');
  run('commit', '-qm', 'next', '--allow-empty');
  const made = Git.at(root).commit('HEAD');
  if (made === null) throw new Error('no commit');
  return made;
};
const told: string[] = [];
const found = (of: Commit) =>
  Object.fromEntries([...includesAt(Git.at(root), of.oid, (message) => told.push(message))].sort());
const anew = (of: Commit) => {
  rmSync(caches, { recursive: true, force: true });
  return found(of);
};

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-index-')));
  caches = mkdtempSync(join(tmpdir(), 'scope-index-cache-'));
  process.env.SMMU_SCOPE_CACHE = caches;
  run('init', '-q', '-b', 'main');
  run('config', 'user.email', 'a@example.invalid');
  run('config', 'user.name', 'A');
  for (let i = 0; i < MANY; i++) write(`arch/x/boot/dts/b${i}.dts`, `#include "soc.dtsi"\n/include/ "old${i}.dtsi"\n`);
  write('arch/x/boot/dts/soc.dtsi', '# include <dt-bindings/a.h>\n');
  write('include/dt-bindings/a.h', '#include "b.h"\n');
  write('drivers/no.h', '#include "b.h"\n');
});
afterAll(() => {
  if (own === undefined) delete process.env.SMMU_SCOPE_CACHE;
  else process.env.SMMU_SCOPE_CACHE = own;
  for (const made of [root, caches]) rmSync(made, { recursive: true, force: true });
});

test('files that come, go and change, on commits in any order', () => {
  const commits = [commit()];
  write('arch/x/boot/dts/b1.dts', '/ { };\n');
  commits.push(commit());
  rmSync(join(root, 'arch/x/boot/dts/b2.dts'));
  write('arch/x/boot/dts/[b3]*.dts', '#include "soc.dtsi"\n');
  write('include/dt-bindings/a.h', '/* nothing included */\n');
  commits.push(commit());
  write('arch/x/boot/dts/b1.dts', '#include "b4.dts"\n');
  commits.push(commit());
  const expected = commits.map(anew);
  expect(new Set(expected.map((each) => JSON.stringify(each))).size).toBe(commits.length);
  expect(expected[0]).toMatchObject({
    'arch/x/boot/dts/b1.dts': ['soc.dtsi', 'old1.dtsi'],
    'include/dt-bindings/a.h': ['b.h'],
  });
  expect(expected[0]).not.toHaveProperty('drivers/no.h');
  for (const first of commits) {
    anew(first);
    expect(commits.map(found)).toEqual(expected);
  }
  expect(told).toEqual([]);
});

test('a working tree that is not the commit', () => {
  const head = commit();
  const clone = mkdtempSync(join(tmpdir(), 'scope-index-clone-'));
  // nothing is checked out there: all of it is read out of objects
  execFileSync('git', ['clone', '-q', '--no-checkout', root, clone]);
  rmSync(caches, { recursive: true, force: true });
  const expected = Object.fromEntries([...includesAt(Git.at(clone), head.oid, (message) => told.push(message))].sort());
  expect(Object.keys(expected).length).toBeGreaterThan(MANY);
  write('arch/x/boot/dts/b7.dts', '#include "changed.dtsi"\n');
  rmSync(join(root, 'arch/x/boot/dts/b8.dts'));
  write('arch/x/boot/dts/untracked.dts', '#include "soc.dtsi"\n');
  write('arch/x/boot/dts/staged.dts', '#include "soc.dtsi"\n');
  run('add', 'arch/x/boot/dts/staged.dts');
  run('rm', '-q', '--cached', 'arch/x/boot/dts/b9.dts');
  write('arch/x/boot/dts/b10.dts', '#include "soc.dtsi"\r\n');
  run('update-index', '--skip-worktree', 'arch/x/boot/dts/b11.dts');
  rmSync(join(root, 'arch/x/boot/dts/b11.dts'));
  run('update-index', '--assume-unchanged', 'arch/x/boot/dts/b12.dts');
  write('arch/x/boot/dts/b12.dts', '/ { };\n');
  expect(anew(head)).toEqual(expected);
  run('update-index', '--no-skip-worktree', 'arch/x/boot/dts/b11.dts');
  run('update-index', '--no-assume-unchanged', 'arch/x/boot/dts/b12.dts');
  run('reset', '-q', '--hard');
  rmSync(join(root, 'arch/x/boot/dts/untracked.dts'));
  rmSync(clone, { recursive: true, force: true });
  expect(told).toEqual([]);
});

test('an index that was cut is dropped, and that is said', () => {
  const head = commit();
  const expected = anew(head);
  const [name = ''] = readdirSync(join(caches, 'includes'));
  const path = join(caches, 'includes', name);
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -100));
  expect(found(head)).toEqual(expected);
  expect(told.splice(0)).toEqual([expect.stringMatching(/was cut or damaged: dropped/)]);
});

test('an index of a commit that is gone', () => {
  write('arch/x/boot/dts/b5.dts', '/ { };\n');
  const gone = commit();
  anew(gone);
  run('reset', '-q', '--hard', 'HEAD~1');
  run('reflog', 'expire', '--expire=now', '--all');
  run('gc', '-q', '--prune=now');
  const head = commit();
  expect(found(head)).toHaveProperty(['arch/x/boot/dts/b5.dts'], ['soc.dtsi', 'old5.dtsi']);
});

/** A small repository of files, and what its index says. */
function indexOf(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'scope-index-small-')));
  const kept = { ...process.env };
  try {
    const at = (...args: string[]) =>
      execFileSync('git', ['-C', top, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args]);
    at('init', '-q');
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(top, path)), { recursive: true });
      writeFileSync(join(top, path), text);
    }
    at('add', '-A');
    at('commit', '-qm', 'all');
    Object.assign(process.env, env);
    const git = Git.at(top);
    return Object.fromEntries(includesAt(git, git.commit('HEAD')?.oid ?? '', () => undefined));
  } finally {
    process.env = kept;
    rmSync(top, { recursive: true, force: true });
  }
}

const setting = (key: string, value: string) => ({
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: key,
  GIT_CONFIG_VALUE_0: value,
});

test.each([
  ['color.ui', 'always'],
  ['color.grep', 'always'],
  ['grep.lineNumber', 'true'],
  ['grep.column', 'true'],
  ['grep.fullName', 'false'],
  ['grep.patternType', 'perl'],
  ['core.quotePath', 'true'],
  ['diff.noprefix', 'true'],
])('a person may have set %s to %s', (key, value) => {
  expect(indexOf({ 'x/a.dts': '#include "soc.dtsi"\n' }, setting(key, value))).toEqual({ 'x/a.dts': ['soc.dtsi'] });
});

test.each<[string, Record<string, string>, Record<string, string[]>]>([
  ['letters beyond ASCII', { 'dö/ä.dts': '#include "socé.dtsi"\n' }, { 'dö/ä.dts': ['socé.dtsi'] }],
  [
    'headers in folders of their own, and what these include',
    { 'a.dts': '#include "macros.h"\n', 'h/macros.h': '#include "ids.h"\n', 'i/ids.h': '#include "soc.dtsi"\n' },
    { 'a.dts': ['macros.h'], 'h/macros.h': ['ids.h'], 'i/ids.h': ['soc.dtsi'] },
  ],
  [
    'other endings',
    { 'dts/a.dts': '#include "x.inc"\n', 'dts/x.inc': '#include "soc.dtsi"\n' },
    { 'dts/a.dts': ['x.inc'], 'dts/x.inc': ['soc.dtsi'] },
  ],
  ['a header that nobody includes', { 'a.dts': '/ { };\n', 'h/macros.h': '#include "ids.h"\n' }, {}],
  ['behind a statement', { 'a.dts': '/ { }; /include/ "soc.dtsi"\n' }, { 'a.dts': ['soc.dtsi'] }],
  ['on the next line', { 'a.dts': '/include/\n  "soc.dtsi"\n' }, { 'a.dts': ['soc.dtsi'] }],
  ['behind a comment', { 'a.dts': '#include/* x */"soc.dtsi"\n' }, { 'a.dts': ['soc.dtsi'] }],
  ['on joined lines', { 'a.dts': '#include \\\n"soc.dtsi"\n' }, { 'a.dts': ['soc.dtsi'] }],
  ['made by a macro', { 'a.dts': '#define F "soc.dtsi"\n#include F\n' }, { 'a.dts': ['*'] }],
  ['in words alone', { 'a.dts': '/* see the #include statements of x */\n' }, {}],
])('what is included: %s', (_, files, expected) => {
  expect(indexOf(files)).toEqual(expected);
});
