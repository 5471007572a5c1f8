import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { KERNEL_TREE, MODULES, writeTree } from '../../../test/helpers/kernel-tree';
import { readCatalogueFile } from './catalogue-file';
import { cacheFolder } from './kept';
import { catalogueOf, shortcomings } from './kernels';
import { readKernel } from './read';

const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'own-kernel-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

let root = '';
let cache = '';
beforeEach(() => {
  root = folder();
  cache = folder();
  writeTree(root, KERNEL_TREE);
});
const read = (modules: readonly string[] = []) => readKernel({ root, modules, cache });

describe('what is kept', () => {
  test('an unchanged tree is not read again; a changed file costs only itself', () => {
    const first = read();
    expect(first.read).toBe(6);
    const second = read();
    expect([second.read, second.data]).toEqual([null, first.data]);
    writeFileSync(
      join(root, 'drivers/acme/uart.c'),
      (KERNEL_TREE['drivers/acme/uart.c'] ?? '').replace('acme,uart', 'acme,uart-v2'),
    );
    const third = read();
    expect(third.read).toBe(1);
    expect(JSON.stringify(third.data)).toContain('acme,uart-v2');
    expect(read().data).toEqual(third.data);
  });

  test.each([
    ['cut', (path: string) => truncateSync(path, 400)],
    ['damaged', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('acme', 'acne'))],
    ['no text', (path: string) => writeFileSync(path, Buffer.from([0xff, 0, 1, 2]))],
    ['empty', (path: string) => writeFileSync(path, '')],
  ])('%s: dropped, and that is said', (_, harm) => {
    const { data } = read();
    for (const name of readdirSync(cache)) harm(join(cache, name));
    const again = read();
    expect(again.data).toEqual(data);
    expect(again.read).toBe(6);
    expect(again.problems.filter((p) => p.includes('was cut or damaged')).length).toBe(2);
    expect(read().problems).toEqual([]);
  });

  test('a folder that nothing can be kept in is told of, and costs nothing else', () => {
    cache = join(root, 'Makefile');
    const { data, problems } = read();
    expect(data.drivers.length).toBe(4);
    expect(problems.join()).toMatch(/cannot keep what was read/);
  });

  test('where: by the environment', () => {
    expect(cacheFolder({ SMMU_SCOPE_CACHE: '/c' })).toBe('/c/kernels');
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/smmu-scope/kernels');
  });
});

describe('odd trees', () => {
  test.each([
    ['', 'it has no Makefile'],
    ['Makefile', 'it has no drivers/Makefile'],
  ])('no kernel: %s', (only, message) => {
    const odd = folder();
    if (only !== '') writeFileSync(join(odd, only), 'VERSION = 5\n');
    expect(() => readKernel({ root: odd, modules: [], cache })).toThrow(message);
  });

  test('loops of links, pipes, unreadable and huge files stop nothing', () => {
    symlinkSync(root, join(root, 'drivers/acme/loop'));
    symlinkSync('self.c', join(root, 'drivers/acme/self.c'));
    execFileSync('mkfifo', [join(root, 'drivers/acme/pipe.c')]);
    writeFileSync(join(root, 'drivers/acme/huge.c'), `${'/* */\n'.repeat(700_000)}`);
    writeFileSync(join(root, 'drivers/acme/closed.c'), '');
    chmodSync(join(root, 'drivers/acme/closed.c'), 0);
    writeFileSync(
      join(root, 'drivers/acme/Makefile'),
      `${KERNEL_TREE['drivers/acme/Makefile']}obj-y += loop/drivers/acme/ self.o pipe.o huge.o closed.o\n`,
    );
    const result = read();
    expect(catalogueOf(result, { path: root, named: true }).driversForCompatible('acme,uart')[0]?.name).toBe(
      'acme_uart',
    );
    expect(shortcomings(result).join('\n')).toMatch(/huge\.c: 4\.2 MB, not read/);
  });

  test('modules outside the tree have their own paths', () => {
    const vendor = folder();
    writeTree(vendor, MODULES);
    const kernel = catalogueOf(read([vendor]), { path: root, named: false });
    expect(kernel.driversForCompatible('acme,codec')[0]?.place?.file).toBe(join(vendor, 'audio/codec.c'));
    expect(kernel.driversForCompatible('acme,gps')[0]?.name).toBe('acme_gps');
  });
});

describe('catalogue files', () => {
  const file = (text: string): string => {
    const path = join(folder(), 'c.json');
    writeFileSync(path, text);
    return path;
  };
  test('what was written is read', () => {
    const { data } = read();
    expect(readCatalogueFile(file(JSON.stringify(data))).driversForCompatible('acme,uart')[0]?.name).toBe('acme_uart');
  });
  test.each(['', '{', '[]', 'null', '{"kernel":"6.1"}', '"x"'])('%s is none', (text) => {
    expect(() => readCatalogueFile(file(text))).toThrow('is no catalogue');
  });
  test('rows of another shape are refused', () => {
    const { data } = read();
    for (const drivers of [[1], [['a']], [['a', 0, 0, 0, 0, 0, 'x']], [['a', 0, 0, 0, 0, 0, 0, 'x']]])
      expect(() => readCatalogueFile(file(JSON.stringify({ ...data, drivers })))).toThrow('is no catalogue');
    expect(() => readCatalogueFile('/nowhere/at/all.json')).toThrow('cannot read');
  });
});
