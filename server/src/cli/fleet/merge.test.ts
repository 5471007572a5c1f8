/** Documents that are none, and shards that are given twice. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { catchPrinted } from '../../../test/helpers/printed';
import { run as check } from '../check';
import { run as merge } from './merge';

const root = mkdtempSync(join(tmpdir(), 'scope-merge-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const printed = catchPrinted();
let made = 0;
const file = (content: unknown): string => {
  const path = join(root, `${++made}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const finding = (board: string) => ({
  ...{ board, file: board, line: 1, column: 1, endLine: 1, endColumn: 2 },
  ...{ severity: 'error', code: 'smmu/x', message: 'm', rule: null, related: [] },
});
const shard = (...boards: string[]) => ({ schema: 1, files: boards.length, findings: boards.map(finding) });
const sarif = (...boards: string[]) => ({
  version: '2.1.0',
  runs: [{ results: boards.map((board) => ({ properties: { board } })) }],
});
const report = (...boards: string[]) => ({
  ...{ schema: 1, tool: 'smmu-scope review', base: 'a', head: 'b', changed: 1, reached: 1, booted: [], different: 0 },
  ...{ left: 0, groups: [], failed: boards.map((board) => ({ board, message: 'm' })) },
});

describe('what is no document', () => {
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /is no JSON document \(/],
    ['null', null, /is no output of check or review/],
    ['a list', [], /is no output of check or review/],
    ['files that are no number', { ...shard('a'), files: 'x' }, /is no output/],
    ['files below nothing', { ...shard('a'), files: -1 }, /is no output/],
    ['a finding that is null', { ...shard('a'), findings: [null] }, /is no output/],
    ['a finding without a board', { ...shard(), findings: [{ ...finding('a'), board: 3 }] }, /is no output/],
    ['a finding of no severity', { ...shard(), findings: [{ ...finding('a'), severity: 'bad' }] }, /is no output/],
    ['related that is null', { ...shard(), findings: [{ ...finding('a'), related: [null] }] }, /is no output/],
    ['a run that is null', { version: '2.1.0', runs: [null] }, /is no output/],
    ['a result that is null', { version: '2.1.0', runs: [{ results: [null] }] }, /is no output/],
    ['groups that are null', { ...report('a'), groups: [null] }, /is no output/],
    [
      'a change that is null',
      { ...report('a'), groups: [{ boards: [], kernels: [], changes: [null] }] },
      /is no output/,
    ],
    ['a failure that is null', { ...report('a'), failed: [null] }, /is no output/],
  ])('%s', async (_, content, says) => {
    await expect(merge([file(content)])).rejects.toThrow(says);
    if (says.source.includes('is no output'))
      await expect(check([root, '--baseline', file(content)])).rejects.toThrow(/is no output of check/);
  });
});

describe('a shard that is given twice', () => {
  test('by the same name, or through a link', async () => {
    const one = file(shard('a'));
    const link = join(root, 'link.json');
    symlinkSync(one, link);
    await expect(merge([one, one])).rejects.toThrow(/is given twice/);
    await expect(merge([one, link])).rejects.toThrow(/is given twice/);
  });
  test.each<[string, (...boards: string[]) => unknown]>([
    ['check', shard],
    ['sarif', sarif],
    ['review', report],
  ])('as a copy: %s', async (_, of) => {
    await expect(merge([file(of('a', 'b')), file(of('b', 'c'))])).rejects.toThrow(/both have b/);
    expect(await merge([file(of('a', 'b')), file(of('c'))])).toBe(0);
  });
});

test('shards of a check are counted together', async () => {
  printed.out = '';
  expect(await merge([file(shard('b')), file(shard('a', 'c'))])).toBe(0);
  const whole = JSON.parse(printed.out) as { files: number; findings: { board: string }[] };
  expect([whole.files, ...whole.findings.map((f) => f.board)]).toEqual([3, 'a', 'b', 'c']);
});

describe('shards that are missing, twice or of another run', () => {
  const kinds: readonly (readonly [string, (origin: object, ...boards: string[]) => unknown])[] = [
    ['check', (origin, ...boards) => ({ ...shard(...boards), ...origin })],
    ['review', (origin, ...boards) => ({ ...report(...boards), ...origin })],
    [
      'sarif',
      (origin, ...boards) => ({
        version: '2.1.0',
        runs: [{ properties: origin, results: boards.map((board) => ({ properties: { board } })) }],
      }),
    ],
  ];
  const A = 'a'.repeat(40);
  const B = 'b'.repeat(40);
  const cases: readonly (readonly [string, readonly object[], number | RegExp, string, string | undefined])[] = [
    ['all', [{ shard: '2/2' }, { shard: '1/2' }], 0, '', undefined],
    ['the only one', [{ shard: '1/1' }], 0, '', undefined],
    ['none says any', [{}, {}], 0, '', undefined],
    ['one is missing', [{ shard: '1/3' }, { shard: '3/3' }], 2, 'shard 2/3 missing', '1,3/3'],
    ['two are missing', [{ shard: '2/3' }], 2, 'shards 1/3, 3/3 missing', '2/3'],
    ['merged before', [{ shard: '1,3/3' }, { shard: '2/3' }], 0, '', undefined],
    ['merged before, one is twice', [{ shard: '1,3/3' }, { shard: '3/3' }], /both are shard 3\/3/, '', undefined],
    ['one is twice', [{ shard: '1/2' }, { shard: '1/2' }], /both are shard 1\/2/, '', undefined],
    ['other totals', [{ shard: '1/2' }, { shard: '2/3' }], /is shard 1\/2, .* is shard 2\/3/, '', undefined],
    ['one says none', [{ shard: '1/2' }, {}], /is shard 1\/2, .* is no shard/, '', undefined],
    ['beyond the total', [{ shard: '3/2' }], /is no output/, '', undefined],
    ['no shard at all', [{ shard: 'x' }], /is no output/, '', undefined],
  ];
  test.each(kinds.flatMap(([kind, of]) => cases.map((each) => [kind, ...each, of] as const)))(
    '%s: %s',
    async (_, __, origins, status, says, kept, of) => {
      const files = origins.map((origin, i) => file(of(origin, `board${i}`)));
      if (status instanceof RegExp) {
        await expect(merge(files)).rejects.toThrow(status);
        await expect(merge([...files, '--partial'])).rejects.toThrow(status);
        return;
      }
      for (const more of [[], ['--partial']]) {
        [printed.out, printed.err] = ['', ''];
        expect(await merge([...files, ...more])).toBe(more.length > 0 ? 0 : status);
        if (more.length > 0 || says === '') expect(printed.err).toBe('');
        else expect(printed.err).toContain(says);
        // what there is is printed
        const whole = JSON.parse(printed.out) as { shard?: string; runs?: { properties?: { shard?: string } }[] };
        expect(whole.runs === undefined ? whole.shard : whole.runs[0]?.properties?.shard).toBe(kept);
        expect(printed.out.match(/"board": "board\d"/g)).toHaveLength(origins.length);
      }
    },
  );

  test.each<[string, readonly object[], RegExp | null]>([
    [
      'the same',
      [
        { baseCommit: A, headCommit: B },
        { baseCommit: A, headCommit: B },
      ],
      null,
    ],
    ['one does not say', [{ baseCommit: A }, {}], null],
    [
      'another base',
      [{ baseCommit: A }, { baseCommit: B }],
      /different states: the earlier side is commit a+ in .*, b+ in/,
    ],
    ['another head', [{ headCommit: A }, {}, { headCommit: B }], /different states: the later side is commit a+ in/],
    [
      'a working tree that was edited between',
      [
        { shard: '1/2', reachedInAll: 7 },
        { shard: '2/2', reachedInAll: 8 },
      ],
      /different states: the number of boards reached is 7 in .*, 8 in/,
    ],
  ])('states: %s', async (_, origins, says) => {
    const files = origins.map((origin, i) => file({ ...report(`board${i}`), ...origin }));
    if (says !== null) await expect(merge(files)).rejects.toThrow(says);
    else {
      printed.out = '';
      expect(await merge(files)).toBe(0);
      expect(JSON.parse(printed.out)).toMatchObject(origins[0] ?? {});
    }
  });
});
