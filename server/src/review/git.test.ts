/** A repository: its top, and its commits by name, whether they were asked for beforehand or not. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Git } from './git';

const top = mkdtempSync(join(tmpdir(), 'git-'));
const run = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

afterAll(() => rmSync(top, { recursive: true, force: true }));

describe.each(['plain', 'with space', 'line\nbreak'])('a repository in a folder named %j', (name) => {
  const folder = join(top, name);
  beforeAll(() => {
    mkdirSync(folder);
    run(folder, 'init', '-q', '-b', 'main');
    for (const message of ['one', 'two']) run(folder, 'commit', '-q', '--allow-empty', '-m', message);
  });

  test.each([
    { likely: [], asked: ['HEAD', 'HEAD~1'] },
    { likely: ['HEAD~1', 'HEAD'], asked: ['HEAD', 'HEAD~1'] },
    { likely: ['HEAD', 'HEAD'], asked: ['HEAD', 'main'] },
    { likely: ['nothing', 'HEAD'], asked: ['HEAD'] },
    { likely: ['--all', 'HEAD'], asked: ['HEAD'] },
  ])('commits are the same asked for beforehand ($likely) or not', ({ likely, asked }) => {
    const git = Git.at(folder, likely);
    expect(git.root).toBe(realpathSync.native(folder));
    for (const each of asked)
      expect(git.commit(each)).toEqual({
        oid: run(folder, 'rev-parse', each),
        tree: run(folder, 'rev-parse', `${each}^{tree}`),
      });
    for (const none of ['nothing', '--all', 'HEAD~2']) expect(git.commit(none)).toBe(null);
  });
});

test.each([
  ['no repository', [], /not a git repository/],
  ['a bare one', ['init', '-q', '--bare'], /work tree|bare/],
])('%s has no top', (name, make, message) => {
  const folder = join(top, name);
  mkdirSync(folder);
  if (make.length > 0) run(folder, ...make);
  expect(() => Git.at(folder, ['HEAD'])).toThrow(message);
});
