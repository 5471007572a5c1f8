import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareAll } from './compare';
import { readBundles, readFolder } from './load';
import type { Recording } from './recording';

const fixtures = join(__dirname, 'fixtures');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recordings-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(path: string, dts: string | null, json: unknown): void {
  mkdirSync(join(folder, path), { recursive: true });
  if (dts !== null) writeFileSync(join(folder, path, 'scenario.dts'), dts);
  if (json !== null)
    writeFileSync(join(folder, path, 'recording.json'), typeof json === 'string' ? json : JSON.stringify(json));
}

/** The differences of the only recording in the folder, as `kind: predicted`. */
function differences(): string[] {
  return compareAll(readFolder(folder)).differences.map((d) => `${d.kind}: ${JSON.stringify(d.predicted)}`);
}

const known = readBundles(fixtures).find((r) => r.file.name === 'basic-one-sid') as Recording;
const good = { ...known.file, name: 'some' };

describe('folders of recordings', () => {
  it.each(['some', 'set/some', 'a/set/some'])('are read at %s', (path) => {
    put(path, known.dts, good);
    const read = readFolder(folder);
    expect(read.map((r) => [r.file.name, r.problems])).toEqual([['some', []]]);
    expect(compareAll(read).differences).toEqual([]);
  });

  it('may be one recording, whose set is the folder above', () => {
    put('arm64/some', known.dts, good);
    expect(readFolder(join(folder, 'arm64', 'some')).map((r) => [r.set, r.file.name])).toEqual([['arm64', 'some']]);
  });
});

describe('recordings of an unforeseen shape', () => {
  const cases: [string, string | null, unknown, RegExp][] = [
    ['no recording.json', known.dts, null, /^readable: .*recording\.json/],
    ['no scenario.dts', null, good, /^readable: .*scenario\.dts/],
    ['JSON that ends early', known.dts, JSON.stringify(good).slice(0, 500), /^readable: .*recording\.json/],
    ['JSON that is a list', known.dts, [1, 2], /^readable: .*events: no list/],
    ['no events', known.dts, { ...good, events: undefined }, /^readable: .*events: no list/],
    ['a dump without groups', known.dts, { ...good, dumps: { boot: { deferred: [] } } }, /^readable: .*boot\.groups/],
    ['rows that are no rows', known.dts, { ...good, dma: [null] }, /^no-throw: /],
    ['an incomplete boot', known.dts, { ...good, complete: false }, /^complete: true/],
    ['a dump that nothing asks for', known.dts, { ...good, dumps: { later: good.dumps.boot } }, /^groups: null/],
    ['an unknown event', known.dts, { ...good, events: [{ kind: 'new', device: null }] }, /^understood: .*event new/],
    ['an unknown variable', known.dts, { ...good, rig_env: 'onew=1' }, /^understood: .*variable onew=1/],
    ['an unknown option', known.dts, { ...good, qemu: ['-device', 'nvme'] }, /^understood: .*qemu nvme/],
    ['an unknown command', known.dts, { ...good, script: [{ cmd: 'r33', lines: [] }] }, /^understood: .*r33/],
    ['an unknown kernel', known.dts, { ...good, kernel_build: 'other' }, /^understood: .*kernel other/],
    [
      'an unknown property',
      known.dts.replace('iommus =', 'oracle,new; iommus ='),
      good,
      /^understood: .*property oracle,new/,
    ],
    ['an unknown operation', known.dts.replace('<1 0 4096 0>', '<99 0 0 0>'), good, /^understood: .*operation 99/],
    [
      'an operation too often',
      known.dts.replace('<1 0 4096 0>', '<10 0 0xffffffff 1>'),
      good,
      /^understood: .*too often/,
    ],
    ['an unknown driver', known.dts.replace('oracle,client', 'oracle,other'), good, /^understood: .*oracle,other/],
    ['a tree that does not parse', '/dts-v1/; / { soc {', good, /^(bound|attempts): /],
  ];
  it.each(cases)('%s: a counted difference, no exception', (_name, dts, json, expected) => {
    put('some', dts, json);
    expect(differences().some((text) => expected.test(text))).toBe(true);
  });
});
