/** A comparison is of two trees: whatever is around them, both boot alike. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { catchPrinted } from '../../../test/helpers/printed';
import { exampleBoard } from '../../language/rules/examples';
import { run as compile } from '../compile';
import { run as diff } from './diff';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-diff-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
  return join(root, name);
};
const printed = catchPrinted();

const text = `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };\n`;
/** A board in a kernel tree of this release. */
function boardOf(release: string): string {
  const [version, patchlevel] = release.split('.');
  write(`${release}/Makefile`, `VERSION = ${version}\nPATCHLEVEL = ${patchlevel}\nSUBLEVEL = 0\n`);
  write(`${release}/Kconfig`, '');
  write(`${release}/include/dt-bindings/.keep`, '');
  return write(`${release}/arch/arm64/boot/dts/t.dts`, text);
}

const sides = { old: '', young: '', blob: '', other: '' };
type Side = keyof typeof sides;
beforeAll(async () => {
  sides.old = boardOf('6.1');
  sides.young = boardOf('6.12');
  sides.other = write('plain/t.dts', text);
  sides.blob = join(root, 'r.dtb');
  expect(await compile([sides.young, '-o', sides.blob])).toBe(0);
});
const project = JSON.stringify({ kernel: '5.15', cmdline: 'iommu.strict=1' });
const scenario = JSON.stringify({ schema: 1, kernel: '6.6', cmdline: 'iommu.passthrough=1' });

describe('both sides boot as one', () => {
  const beside: string[] = [];
  beforeEach(() => {
    for (const path of beside.splice(0)) rmSync(path, { force: true });
    printed.out = '';
    printed.err = '';
  });
  test.each<[string, Side, Side, Readonly<Record<string, string>>, readonly string[], RegExp, RegExp]>([
    [
      'a blob, a source in a tree',
      'blob',
      'young',
      {},
      [],
      /^booted as on Linux 6\.12 \(the tree's\)$/m,
      /r\.dtb boots with the kernel of \S*t\.dts \(6\.12/,
    ],
    [
      'a source in a tree, a blob',
      'young',
      'blob',
      {},
      [],
      /^booted as on Linux 6\.12 \(the tree's\)$/m,
      /r\.dtb boots with the kernel of \S*t\.dts \(6\.12/,
    ],
    [
      'two trees: the later',
      'young',
      'old',
      {},
      [],
      /^booted as on Linux 6\.1 \(the tree's\)$/m,
      /6\.12\S*t\.dts boots with the kernel of \S*6\.1\/\S*t\.dts \(6\.1/,
    ],
    ['two that lie in none', 'blob', 'other', {}, [], /the newest model/, /^$/],
    ['an option', 'blob', 'young', {}, ['--kernel', '5.10'], /on Linux 5\.10$/m, /^$/],
    ['several kernels', 'young', 'old', {}, ['--kernel', '5.10,6.18'], /5\.10(.|\n)*6\.18/, /^$/],
    [
      'a scenario beside the source',
      'blob',
      'young',
      { '6.12/arch/arm64/boot/dts/t.smmu.json': scenario },
      [],
      /^booted as on Linux 6\.6 \(the scenario's\)$/m,
      /r\.dtb boots with scenario and settings of \S*t\.dts \(.*t\.smmu\.json\)/,
    ],
    [
      'a scenario beside the blob',
      'blob',
      'young',
      { 'r.smmu.json': scenario },
      [],
      /^booted as on Linux 6\.6 \(the scenario's\)$/m,
      /t\.dts boots with scenario and settings of \S*r\.dtb \(.*r\.smmu\.json\)/,
    ],
    [
      'a project file',
      'blob',
      'other',
      { 'plain/smmu-scope.json': project },
      [],
      /5\.15 \(the project file's\)/,
      /r\.dtb boots with scenario and settings of \S*t\.dts \(.*smmu-scope\.json\)/,
    ],
  ])('%s', async (_, before, now, files, more, booted, says) => {
    for (const [name, content] of Object.entries(files)) beside.push(write(name, content));
    expect(await diff([sides[before], sides[now], '--fail-on', 'change', ...more])).toBe(0);
    expect(printed.out).toMatch(booted);
    expect(printed.out).toMatch(/: behaviour equal\n/);
    expect(printed.err).toMatch(says);
  });
});

test.each([
  ['a scenario beside it', 'plain/t.smmu.json', '{{', []],
  ['a project file', 'plain/smmu-scope.json', '{{', []],
  ['a scenario of both', 'plain/s.json', '{{', ['--scenario', join(root, 'plain/s.json')]],
])('what is broken and counts is told once, with status 2: %s', async (_, name, content, more) => {
  const path = write(name, content);
  expect(await diff([sides.other, sides.young, '--kernel', '6.1,6.12', '--fail-on', 'never', ...more])).toBe(2);
  rmSync(path);
  expect(printed.err.match(/json:1:2: error: the JSON is broken/g)).toHaveLength(1);
});

describe('what is not read whole is not compared', () => {
  const half = (from: string, length: number): Buffer => readFileSync(from).subarray(0, length);
  test.each<[string, string, () => string | Buffer, RegExp]>([
    ['one byte', 'x.dtb', () => 'x', /x\.dtb: A blob has a header of at least 36 bytes/],
    ['an empty blob', 'x.dtb', () => '', /x\.dtb: A blob has a header/],
    ['a header alone', 'x.dtb', () => half(sides.blob, 40), /x\.dtb: The blob says it has \d+ bytes, the file has 40/],
    ['half a blob', 'x.dtb', () => half(sides.blob, 500), /x\.dtb: The blob says it has \d+ bytes, the file has 500/],
    ['text', 'x.dtb', () => text, /x\.dtb: /],
    ['an empty source', 'x.dts', () => '', /x\.dts: no node stands in it/],
    ['no source', 'x.dts', () => 'garbage {', /x\.dts: no node stands in it/],
    ['an include that is not there', 'x.dts', () => `#include "none.h"\n${text}`, /x\.dts: none\.h: no such file/],
    ['data that are not there', 'x.dts', () => `${text}/ { d = /incbin/("none"); };`, /x\.dts: none: no such file/],
  ])('%s', async (_, name, content, says) => {
    const broken = write(name, '');
    writeFileSync(broken, content());
    for (const pair of [
      [broken, sides.other],
      [sides.other, broken],
    ])
      await expect(diff([...pair, '--fail-on', 'never'])).rejects.toThrow(says);
    expect(printed.out).toBe('');
  });

  test('an overlay for both that is cut', async () => {
    const overlay = write('cut.dtbo', '');
    writeFileSync(overlay, half(sides.blob, 500));
    await expect(diff([sides.young, sides.other, '--overlay', overlay])).rejects.toThrow(/cut\.dtbo: The blob says/);
  });

  test('sources that lack the same are compared', async () => {
    const [one, two] = ['one.dts', 'two.dts'].map((name) => write(name, `#include "none.h"\n${text}`));
    expect(await diff([one ?? '', two ?? '', '--fail-on', 'change'])).toBe(0);
  });
});
