import { describe, expect, test } from 'vitest';
import type { Disk } from './disk';
import { SteadyDisk } from './steady-disk';

describe('a disk that is looked at once', () => {
  const asked: string[] = [];
  const disk: Disk = {
    stat: (path) => {
      asked.push(path);
      return path === '/a' ? { folder: true, size: 0, stamp: '1' } : null;
    },
    bytes: (path) => Buffer.from(path),
    list: (path) => [{ name: path, folder: false }],
    real: (path) => `/real${path}`,
  };
  const steady = new SteadyDisk(disk);

  test.each([
    ['a folder', '/a', true],
    ['nothing', '/b', null],
  ])('%s is asked for once', (_, path, folder) => {
    asked.length = 0;
    for (let i = 0; i < 3; i++) expect(steady.stat(path)?.folder ?? null).toBe(folder);
    expect(asked).toEqual([path]);
  });

  test('what it remembers has an end', () => {
    for (let i = 0; i < 30_000; i++) steady.stat(`/c${i}`);
    asked.length = 0;
    steady.stat('/a');
    steady.stat('/c29999');
    expect(asked).toEqual(['/a']);
  });

  test('content is read anew', () => {
    expect(steady.bytes('/x')?.toString()).toBe('/x');
    expect(steady.list('/x')).toEqual([{ name: '/x', folder: false }]);
    expect(steady.real('/x')).toBe('/real/x');
  });
});
