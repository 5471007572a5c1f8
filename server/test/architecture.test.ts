/** The map in ARCHITECTURE.md is whole and true, and the house keeps to its sizes. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';

const text = readFileSync('ARCHITECTURE.md', 'utf8');
const mapped = new Set([...text.matchAll(/^\| `([^`]+)\/` \|/gm)].map((row) => row[1] ?? ''));
const sources = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'server', 'client', 'webview'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(ts|mjs)$/.test(path) && existsSync(path));
const count = new Map<string, number>();
for (const path of sources)
  if (!path.endsWith('.test.ts')) count.set(dirname(path), (count.get(dirname(path)) ?? 0) + 1);

describe('the map', () => {
  const folders = [...new Set(sources.map((path) => dirname(path)))].filter((path) => path.includes('/'));
  test.each(folders.filter((path) => !/^(client|webview)\/test$|^server\/src$/.test(path)))(
    '%s has its line',
    (folder) => {
      expect(mapped.has(folder), `a row for \`${folder}/\``).toBe(true);
    },
  );
  test.each([...mapped])('%s is there', (folder) => expect(existsSync(folder)).toBe(true));

  // `name/file.ts` in the text: below server/src, or from the top
  const files = [...text.matchAll(/`((?:[\w-]+\/)+[\w-]+\.(?:ts|json|cjs))`/g)].map((found) => found[1] ?? '');
  test.each([...new Set(files)])('%s is a file', (file) => {
    expect(
      ['', 'server/src/', 'server/src/simulator/', 'server/src/language/'].some((top) => existsSync(top + file)),
    ).toBe(true);
  });
});

describe('sizes', () => {
  test.each([...count].filter(([folder]) => !folder.includes('/rules/')))('%s holds at most 25 files', (_, files) => {
    expect(files).toBeLessThanOrEqual(25);
  });
  test('no file is over 500 lines without a reason here', () => {
    const long = sources.filter((path) => readFileSync(path, 'utf8').split('\n').length > 501 && !text.includes(path));
    expect(long).toEqual([]);
  });
});

/** What V8 makes old at once, and then keeps a whole board (source/per-object.ts). */
const OLD_FROM_BIRTH = {
  'a WeakMap by what belongs to a board':
    /new WeakMap<(DeviceTree|Dt\w+|BoardSnapshot|MachineServices|Machine|Device)\b/,
  'a function literal assigned to a member': /^\s+(\w+\.)+\w+ (\?\?|\|\|)?= (async )?(\([^()]*\)(: [^=]+)?|\w+) =>/m,
  'an object literal with a getter': /^ {4,}get \w+\(\)/m,
};

describe('what a board leaves behind', () => {
  const library = sources.filter(
    (path) =>
      /^server\/src\/(source|dts|devicetree|iommu|simulator|scenario|language)\//.test(path) &&
      !path.endsWith('.test.ts'),
  );
  test.each(Object.entries(OLD_FROM_BIRTH))('is not kept by %s', (_, pattern) => {
    expect(library.length).toBeGreaterThan(300);
    expect(library.filter((path) => pattern.test(readFileSync(path, 'utf8')))).toEqual([]);
  });
});
