/** The two sides of a review: commits, ranges, index and working tree, submodules, boards that are renamed, overlays of several boards. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { board, FIRST, reviewRepository, SOC } from '../../test/helpers/review-repository';
import { run as review } from '../cli/fleet/review';
import { UsageError } from '../cli/options';

const { root, folder, git, write, printed, listed, reported } = reviewRepository();

describe('sides', () => {
  const change = (id: string): void => write('dts/ids.h', `#define ID0 ${id}\n`);
  test('index, working tree and commits are different states', async () => {
    change('0x20');
    git('add', '-A');
    change('0x10');
    expect((await reported()).different).toBe(0);
    expect((await reported('--staged')).different).toBe(2);
    git('commit', '-qm', 'staged');
    expect((await reported('first..HEAD')).different).toBe(2);
    expect((await reported('HEAD..first')).different).toBe(2);
    expect((await reported('first')).different).toBe(0);
    expect((await reported('HEAD')).different).toBe(2);
    expect((await reported('first...HEAD')).different).toBe(2);
  });

  test('from where two commits parted is named by its own commit', async () => {
    git('checkout', '-q', '-b', 'one');
    change('0x20');
    git('commit', '-qam', 'one');
    git('checkout', '-q', '-b', 'two', 'first');
    change('0x30');
    git('commit', '-qam', 'two');
    const parted = git('rev-parse', 'first').slice(0, 12);
    expect(await reported('one...two')).toMatchObject({ base: parted, head: 'two' });
    expect(await reported('one..two')).toMatchObject({ base: 'one', head: 'two' });
    expect(await reported('first...two')).toMatchObject({ base: 'first', head: 'two' });
    expect(() => git('merge', '-q', 'one')).toThrow();
    await expect(review(['-C', root, '--staged'])).rejects.toThrow(/^dts\/ids\.h is unmerged/);
    expect(await listed()).toEqual(['dts/a.dts', 'dts/b.dts', 'dts/c.dts']);
    git('merge', '--abort');
    git('checkout', '-q', 'main');
    git('branch', '-qD', 'one', 'two');
  });

  test('a submodule is read as it lies, and that it differs is said', async () => {
    const other = mkdtempSync(join(folder, 'module-'));
    const there = (...args: string[]): string => execFileSync('git', ['-C', other, ...args], { encoding: 'utf8' });
    there('init', '-q');
    writeFileSync(join(other, 'soc.dtsi'), SOC.replace('ID0', '0x10'));
    there('add', '-A');
    there('-c', 'user.name=A', '-c', 'user.email=a@example.invalid', 'commit', '-qm', 'module');
    git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other, 'module');
    write('dts/a.dts', board('a').replace('soc.dtsi', '../module/soc.dtsi'));
    git('commit', '-qam', 'with a module');
    write('dts/a.dts', `${readFileSync(join(root, 'dts/a.dts'), 'utf8')}&dma0 { status = "disabled"; };\n`);
    const { groups } = await reported();
    expect(groups.flatMap(({ changes }) => changes.flatMap(({ devices }) => devices))).toContain(
      '/soc/dma-controller@200000',
    );
    expect(groups.flatMap(({ changes }) => changes.map(({ kind }) => kind))).not.toContain('new-finding');
    git('checkout', '-q', '.');
    write('module/soc.dtsi', SOC.replace('ID0', '0x30'));
    printed.err = '';
    expect(await review(['-C', root])).toBe(2);
    expect(printed.err).toMatch(/^smmu-scope: module is a submodule that differs: /m);
    git('submodule', '--quiet', 'deinit', '--force', 'module');
    rmSync(join(root, '.git/modules'), { recursive: true, force: true });
  });

  const MAKEFILE = 'a-cam-dtbs := a.dtb fix.dtbo\nb-cam-dtbs := b.dtb fix.dtbo\n';
  const CAM = '/dts-v1/;\n/plugin/;\n&dma1 { iommus = <&smmu 0x40 0x0>; };\n';
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['the overlay', { 'dts/fix.dtso': CAM.replace('0x40', '0x50') }, ['on a.dts: /soc/dma', 'on b.dts: /soc/dma']],
    ['one of its boards', { 'dts/b.dts': `${board('b')}&dma0 { iommus = <&smmu 0x40 0>; };\n` }, ['on b.dts: streams']],
    ['it goes on one board less', { 'dts/Makefile': MAKEFILE.split('\n')[1] ?? '' }, ['on a.dts: this board is gone']],
    [
      'it goes on one more',
      { 'dts/Makefile': `${MAKEFILE}c-dtbs := c.dtb fix.dtbo\n` },
      ['on c.dts: this board is new'],
    ],
    [
      'it goes on another',
      { 'dts/Makefile': MAKEFILE.replace('b.dtb', 'c.dtb') },
      ['on b.dts: this board is gone', 'on c.dts: this board is new'],
    ],
  ])('an overlay of several boards is looked at on each: %s', async (_, files, expected) => {
    write('dts/Makefile', MAKEFILE);
    write('dts/fix.dtso', CAM);
    git('commit', '-qam', 'an overlay of two boards');
    for (const [path, text] of Object.entries(files)) write(path, text);
    const said = (await reported()).groups.flatMap(({ boards, changes }) =>
      boards.flatMap((name) => changes.map(({ text, devices }) => `${name}: ${devices.join()}${text}`)),
    );
    const ofOverlay = said.flatMap((line) =>
      line.startsWith('dts/fix.dtso on ') ? line.slice('dts/fix.dtso '.length) : [],
    );
    for (const each of expected) expect(ofOverlay).toContainEqual(expect.stringContaining(each));
    const boards = (lines: readonly string[]) => [...new Set(lines.map((line) => line.split(':')[0]))].sort();
    expect(boards(ofOverlay)).toEqual(boards(expected));
    expect(await listed()).toContain('dts/fix.dtso');
  });

  test.each<[string, (text: string) => string, readonly string[]]>([
    ['alone', (text) => text, []],
    ['and changed', (text) => `${text}&dma0 { status = "disabled"; };\n`, ['/soc/dma-controller@200000']],
  ])('a board that is renamed is the same board: %s', async (_, edit, devices) => {
    const long = `${board('a')}${'// a long board\n'.repeat(30)}`;
    write('dts/a.dts', long);
    git('commit', '-qam', 'longer');
    renameSync(join(root, 'dts/a.dts'), join(root, 'dts/z.dts'));
    write('dts/z.dts', edit(long));
    // first as git does not know it yet
    for (const sides of [[], [], ['--staged']]) {
      const { groups } = await reported(...sides);
      expect(groups.flatMap(({ boards }) => boards)).toEqual(devices.length === 0 ? [] : ['dts/z.dts']);
      expect(
        groups.flatMap(({ changes }) => changes.flatMap((change) => change.devices)).filter((d) => d !== ''),
      ).toEqual(expect.arrayContaining([...devices]));
      expect(groups.flatMap(({ changes }) => changes.map(({ kind }) => kind))).not.toContain('board');
      git('add', '-A');
    }
    expect(await listed()).toEqual(['dts/z.dts']);
  });

  test('a path that is gone, and one that nothing differs below', async () => {
    rmSync(join(root, 'dts/a.dts'));
    expect(await listed('HEAD', 'dts/a.dts')).toEqual(['dts/a.dts']);
    expect(await review(['-C', root, 'HEAD', 'dts/ids.h'])).toBe(0);
    expect(printed.out).toMatch(/^HEAD\.\.working tree: no file differs$/m);
    write('README', 'x');
    printed.out = '';
    await review(['-C', root, 'HEAD', 'README']);
    expect(printed.out).toMatch(/: no board reached by 1 changed file$/m);
  });

  test('paths narrow the change', async () => {
    change('0x20');
    write('dts/alone.dts', '/dts-v1/;\n/ { a; };\n');
    expect(await listed('HEAD', 'dts/alone.dts')).toEqual(['dts/alone.dts']);
  });

  describe('what is a commit and what a path', () => {
    const ambiguous = /^both is both a commit and a file or folder: 'both --' means the commit, '-- both' the path$/;
    // both: a tag of the first commit, and a folder that differs since
    beforeEach(() => {
      git('tag', '-f', 'both', 'first');
      write('both/d.dts', FIRST['dts/alone.dts'] ?? '');
      git('add', '-A');
      git('commit', '-qm', 'a folder');
      write('both/d.dts', '/dts-v1/;\n/ { d; };\n');
      write('dts/alone.dts', '/dts-v1/;\n/ { a; };\n');
    });
    afterAll(() => void git('tag', '-d', 'both'));
    test.each<[readonly string[], readonly string[] | RegExp]>([
      [['both'], ambiguous],
      [['HEAD', 'both'], ambiguous],
      [
        ['both', '--'],
        ['both/d.dts', 'dts/alone.dts'],
      ],
      [['--', 'both'], ['both/d.dts']],
      [['HEAD', '--', 'both'], ['both/d.dts']],
      [['both', '--', 'both'], ['both/d.dts']],
      [['both..HEAD', '--', 'both'], ['both/d.dts']],
      [['both..HEAD', 'both'], ['both/d.dts']],
      [['--', 'HEAD'], /^HEAD is neither a commit nor a file or folder$/],
      [['--', 'first', 'dts'], /^first is neither a commit nor a file/],
      [['--', 'first..HEAD'], /^first\.\.HEAD is neither a commit nor a file/],
      [['dts', '--'], /^dts is no commit: paths stand behind --$/],
      [['dts', '--', 'both'], /^dts is no commit/],
      [['HEAD', 'dts', '--', 'both'], /^dts is no commit/],
      [['first', 'HEAD', '--'], /^HEAD is a commit: two are compared as first\.\.HEAD$/],
      [['--'], ['both/d.dts', 'dts/alone.dts']],
      [['dts'], ['dts/alone.dts']],
    ])('%j', async (args, expected) => {
      const given = ['-C', root, '--list', ...args];
      if (expected instanceof RegExp) await expect(review(given)).rejects.toThrow(expected);
      else expect(await listed(...args)).toEqual(expected);
    });
  });

  test('nothing is written into the repository', async () => {
    change('0x20');
    const before = git('status', '--porcelain');
    await reported();
    expect(git('status', '--porcelain')).toBe(before);
  });

  test.each([
    ['no repository', ['-C', '/']],
    ['no such commits', ['-C', 'ROOT', 'nothing..HEAD']],
    ['neither a commit nor a path', ['-C', 'ROOT', 'mian']],
    ['two commits with a blank between', ['-C', 'ROOT', 'HEAD', 'HEAD']],
    ['no such path', ['-C', 'ROOT', 'HEAD', 'dts/nothing.dts']],
    ['no such format', ['-C', 'ROOT', '--format', 'html']],
    ['no such failure', ['-C', 'ROOT', '--fail-on', 'sometimes']],
  ])('%s is a usage error', async (_, args) => {
    await expect(review(args.map((arg) => (arg === 'ROOT' ? root : arg)))).rejects.toThrow(UsageError);
  });
});
