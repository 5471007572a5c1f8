/** The cache against checking anew: the same findings after any edits, and no harm from broken entries. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exampleBoard } from '../../language/rules/examples';
import { Checker } from './checker';
import { shardOf } from './shard';

let root = '';
const at = (name: string): string => join(root, name);
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'scope-cache-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(at('include'), { recursive: true });
});

const BOARDS = ['a.dts', 'b.dts'];
/** What a file may hold; null: it is not there. */
const STATES: Readonly<Record<string, readonly (string | null)[]>> = {
  'a.dts': [
    `${exampleBoard}#include "x.dtsi"\n`,
    `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };\n`,
    `${exampleBoard}/ { blob = /incbin/("data"); };\n&a { iommus = <&smmu 1>; };\n`,
    '',
  ],
  'b.dts': [`#include "x.dtsi"\n${exampleBoard}`, `${exampleBoard}#include <y.h>\n&a { iommus = <&smmu ID>; };\n`],
  'x.dtsi': ['/ { x; };\n', '&a { iommus = <&smmu 0x480>; };\n', null],
  'include/y.h': ['#define ID 1 2\n', '#define ID 1\n', null],
  'include/x.dtsi': ['&b { iommus = <&smmu>; };\n', null],
  data: ['12', '3', null],
  'a.smmu.json': ['{}', '{ "kernel": "7.3" }', '{ wrong', null],
};

function put(name: string, state: string | null): void {
  if (state === null) rmSync(at(name), { force: true });
  else writeFileSync(at(name), state);
}

const args = (cache: string | null): string[] => [
  ...BOARDS.map(at),
  '-I',
  at('include'),
  ...(cache === null ? [] : ['--cache', at(cache)]),
];
const check = (cache: string | null): unknown => {
  const checker = new Checker(args(cache), 'program');
  return BOARDS.map((name) => checker.check(at(name)));
};
const entries = (): string[] =>
  readdirSync(at('cache'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => at(join('cache', name)));

describe('the cache', () => {
  test('gives what checking anew gives, after any edits', () => {
    const edit = fc
      .constantFrom(...Object.keys(STATES))
      .chain((name) => fc.constantFrom(...(STATES[name] ?? [])).map((state) => [name, state] as const));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
        for (const [name, states] of Object.entries(STATES)) put(name, states[0] ?? null);
        rmSync(at('cache'), { recursive: true, force: true });
        for (const [name, state] of [['data', '12'] as const, ...edits]) {
          put(name, state);
          expect(check('cache')).toEqual(check(null));
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('a second run takes all from it', () => {
    for (const [name, states] of Object.entries(STATES)) put(name, states[0] ?? null);
    const first = check('cache');
    const kept = entries();
    expect(kept.length).toBe(BOARDS.length);
    // an entry is believed: what it says is what comes out
    const path = kept[0] ?? '';
    const before = readFileSync(path, 'utf8');
    expect(check('cache')).toEqual(first);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test.each<[string, (text: string) => string]>([
    ['cut', (text) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['changed', (text) => text.replace(/"missing"/, '"Missing"')],
    ['of another format', () => '{}'],
  ])('an entry that is %s is dropped and said', (_, change) => {
    for (const [name, states] of Object.entries(STATES)) put(name, states[0] ?? null);
    put('x.dtsi', '&a { iommus = <&smmu 0x480>; };\n');
    const first = check('cache');
    for (const path of entries()) writeFileSync(path, change(readFileSync(path, 'utf8')));
    const checker = new Checker(args('cache'), 'program');
    const again = BOARDS.map((name) => checker.check(at(name)));
    expect(again.map((checked) => checked.findings)).toEqual(
      (first as typeof again).map((checked) => checked.findings),
    );
    expect(again.flatMap((checked) => checked.messages).join()).toMatch(/dropped a broken cache entry/);
    expect(check('cache')).toEqual(first);
  });

  test('a folder that cannot be used is said, and the check goes on', () => {
    for (const [name, states] of Object.entries(STATES)) put(name, states[0] ?? null);
    writeFileSync(at('taken'), '');
    const checker = new Checker(args('taken'), 'program');
    const checked = checker.check(at('a.dts'));
    expect(checked.readable).toBe(true);
    expect(checked.messages.join()).toMatch(/cannot (use|write) the cache/);
  });

  test('two that write at once leave whole entries', () => {
    for (const [name, states] of Object.entries(STATES)) put(name, states[0] ?? null);
    const [one, other] = [new Checker(args('cache'), 'program'), new Checker(args('cache'), 'program')];
    for (const name of BOARDS) expect(one.check(at(name))).toEqual(other.check(at(name)));
    expect(check('cache')).toEqual(check(null));
    expect(readdirSync(at('cache'), { recursive: true }).join()).not.toMatch(/json\./);
  });
});

describe('shards', () => {
  test('every name is in exactly one, and stays there when others come', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string()),
        fc.uniqueArray(fc.string()),
        fc.integer({ min: 1, max: 9 }),
        (a, b, n) => {
          const shards = Array.from({ length: n }, (_, i) => shardOf(a, `${i + 1}/${n}`));
          expect(shards.flat().sort()).toEqual([...a].sort());
          const more = [...new Set([...a, ...b])];
          for (const [i, shard] of shards.entries())
            expect(shardOf(more, `${i + 1}/${n}`)).toEqual(expect.arrayContaining([...shard]));
        },
      ),
    );
  });
});
