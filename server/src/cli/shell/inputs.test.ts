/** Which boards a folder stands for. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { expandNames } from './inputs';

const folder = mkdtempSync(join(tmpdir(), 'inputs-'));
for (const name of ['a.dts', 'sub/b.dts', 'sub/c.dtso', 'sub/d.dtsi', '.hidden/e.dts']) {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), '/dts-v1/; / { };');
}
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('parts of boards that are called .dts', () => {
  const tree = mkdtempSync(join(tmpdir(), 'parts-'));
  const texts: Readonly<Record<string, string>> = {
    'board.dts': '/dts-v1/;\n#include "parts/pins.dts"\n/ { };',
    // another board gives the version
    'revision.dts': '#include "board.dts"\n/ { b; };',
    // included: a part, though it has a root
    'parts/pins.dts': '/ { pins { }; };',
    // included by a name that a macro makes
    'parts/list.dts': 'entry { };',
    // nobody includes it: a board whose version was forgotten
    'slip.dts': '/ { };',
    'overlay.dtso': '&a { };',
  };
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(join(tree, name, '..'), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
  afterAll(() => rmSync(tree, { recursive: true, force: true }));
  const below = (...names: readonly string[]) =>
    expandNames(names.map((n) => join(tree, n))).map((p) => relative(tree, p));
  test('are no boards', () => expect(below('')).toEqual(['board.dts', 'overlay.dtso', 'revision.dts', 'slip.dts']));
  test('also where the includer stands in another folder that was given', () => {
    expect(() => below('parts', '.')).toThrow(/no board/);
    expect(below('parts/pins.dts')).toEqual(['parts/pins.dts']);
  });
});

describe('a folder', () => {
  test.each<[string, string | null, readonly string[]]>([
    ['without a project file: all boards', null, ['a.dts', 'sub/b.dts', 'sub/c.dtso']],
    ['with one that names none: all boards', '{ "kernel": "6.12" }', ['a.dts', 'sub/b.dts', 'sub/c.dtso']],
    ['with names', '{ "boards": ["a.dts"] }', ['a.dts']],
    ['with globs', '{ "boards": ["sub/*.dts", "**/*.dtso"] }', ['sub/b.dts', 'sub/c.dtso']],
  ])('%s', (_, project, boards) => {
    const file = join(folder, 'smmu-scope.json');
    if (project === null) rmSync(file, { force: true });
    else writeFileSync(file, project);
    expect(expandNames([folder]).map((path) => relative(folder, path))).toEqual(boards);
  });

  test('with names that are nowhere is refused', () => {
    writeFileSync(join(folder, 'smmu-scope.json'), '{ "boards": ["z.dts"] }');
    expect(() => expandNames([folder])).toThrow(/no board/);
  });
});
