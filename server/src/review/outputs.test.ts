import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { board, FIRST, fitsSchema, readReport, reviewRepository } from '../../test/helpers/review-repository';
import { run as compile } from '../cli/compile';
import { run as diff } from '../cli/fleet/diff';
import { run as merge } from '../cli/fleet/merge';
import { run as review } from '../cli/fleet/review';
import { ORDER } from './fold';
import reviewSchema from './review.schema.json';

const { root, folder, git, write, printed, reported } = reviewRepository();

describe('formats', () => {
  const broken = (): void =>
    write('dts/soc.dtsi', (FIRST['dts/soc.dtsi'] ?? '').replace('<&smmu 0x20 0x0>', '<&smmu 0x20>'));
  test('SARIF holds only what is new', async () => {
    broken();
    await review(['-C', root, '--format', 'sarif']);
    const { runs } = JSON.parse(printed.out) as { runs: { results: { ruleId: string }[] }[] };
    expect(new Set(runs[0]?.results.map((r) => r.ruleId))).toEqual(new Set(['smmu/cell-count']));
  });

  test('annotations for GitHub stand on the line', async () => {
    broken();
    await review(['-C', root, '--format', 'github']);
    expect(printed.out).toMatch(/^::error file=dts\/soc\.dtsi,line=\d+,col=\d+,endLine=\d+,title=smmu\/cell-count::/m);
    expect(printed.out).toMatch(/^::notice title=SMMU Scope::3 boards reached/m);
  });

  test('Code Quality for GitLab', async () => {
    broken();
    await review(['-C', root, '--format', 'gitlab']);
    const [first] = JSON.parse(printed.out) as Record<string, unknown>[];
    expect(first).toMatchObject({
      check_name: 'smmu/cell-count',
      severity: 'critical',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      location: { path: 'dts/soc.dtsi', lines: { begin: expect.any(Number) } },
    });
  });

  test('Markdown', async () => {
    broken();
    await review(['-C', root, '--format', 'markdown']);
    expect(printed.out).toMatch(/^### SMMU Scope/);
    expect(printed.out).toMatch(/^- new error: dts\/soc\.dtsi/m);
  });
});

describe('the schema', () => {
  test('knows every kind of change', () => {
    expect(reviewSchema.$defs.change.properties.kind.enum).toEqual(ORDER);
  });
  test('a diff, a board that goes and one that cannot be compared fit it', async () => {
    await diff([join(root, 'dts/a.dts'), join(root, 'dts/c.dts'), '--format', 'json', '-o', join(folder, 'diff')]);
    expect(readReport(join(folder, 'diff')).groups[0]?.changes[0]?.places[0]?.file).toMatch(/soc\.dtsi$/);
    rmSync(join(root, 'dts/a.dts'));
    write('dts/b.dts', '/incbin/');
    expect((await reported()).different).toBe(2);
  });
  test.each<[string, (report: Record<string, unknown>) => unknown]>([
    ['another number', (report) => ({ ...report, schema: 2 })],
    ['no groups', ({ groups: _, ...report }) => report],
    ['something unknown', (report) => ({ ...report, more: 1 })],
    [
      'a finding without its finding',
      (report) => ({
        ...report,
        groups: [
          { boards: ['a'], kernels: [''], changes: [{ kind: 'new-finding', devices: [], text: 'x', places: [] }] },
        ],
      }),
    ],
  ])('%s does not fit', async (_, spoil) => {
    write('dts/ids.h', '#define ID0 0x20\n');
    expect(fitsSchema(spoil({ ...(await reported()) }))).toBe(false);
  });
});

describe('shards', () => {
  test('the merged reports of shards are the report', async () => {
    write('dts/ids.h', '#define ID0 0x20\n');
    const whole = await reported();
    const files: string[] = [];
    for (const i of [1, 2, 3]) {
      const file = join(folder, `shard${i}.json`);
      await review(['-C', root, '--format', 'json', '--shard', `${i}/3`, '-o', file]);
      files.push(file);
    }
    const oid = git('rev-parse', 'HEAD').trim();
    for (const [i, file] of files.entries())
      expect(readReport(file)).toMatchObject({ shard: `${i + 1}/3`, reachedInAll: 3, baseCommit: oid });
    expect(await merge(files.slice(1))).toBe(2);
    expect(printed.err).toMatch(/shard 1\/3 missing/);
    expect(await merge([...files, '-o', join(folder, 'whole')])).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'whole'), 'utf8'))).toEqual(whole);
  });
});

test.each([
  ['worktree', [], {}],
  ['commits', ['first..HEAD'], { headCommit: expect.any(String) }],
])('the commits of a comparison are in the report: %s', async (_, sides, head) => {
  write('dts/ids.h', '#define ID0 0x20\n');
  git('commit', '-qam', 'second');
  const report = await reported(...sides);
  const base = git('rev-parse', sides.length === 0 ? 'HEAD' : 'first').trim();
  expect(report).toMatchObject({ baseCommit: base, ...head });
  expect('headCommit' in report).toBe('headCommit' in head);
  expect('shard' in report || 'reachedInAll' in report).toBe(false);
});

test('a shard that no board falls into says so', async () => {
  write('dts/ids.h', '#define ID0 0x20\n');
  const empty: string[] = [];
  for (const i of [1, 2, 3, 4, 5]) {
    printed.out = '';
    await review(['-C', root, '--shard', `${i}/5`]);
    empty.push(...(printed.out.match(/: none of the 3 boards reached by 1 changed file is in shard \d\/5$/gm) ?? []));
    expect(printed.out).not.toMatch(/no board reached/);
  }
  expect(empty.length).toBeGreaterThanOrEqual(2);
});

describe('diff', () => {
  test('two files', async () => {
    write('dts/b.dts', `${board('b')}&dma1 { status = "disabled"; };\n`);
    expect(await diff([join(root, 'dts/a.dts'), join(root, 'dts/b.dts')])).toBe(0);
    expect(printed.out).toMatch(/dma-controller@300000 is disabled, before it is bound/);
    expect(await diff([join(root, 'dts/a.dts'), join(root, 'dts/b.dts'), '--fail-on', 'change'])).toBe(1);
  });
  test('the same file twice', async () => {
    expect(await diff([join(root, 'dts/a.dts'), join(root, 'dts/a.dts'), '--fail-on', 'change'])).toBe(0);
  });
  test('a blob against its source: findings go by paths, whatever the labels', async () => {
    write('dts/b.dts', `${board('b')}&dma0 { iommus = <&smmu 0x20 0x0>; };\n`);
    const blob = join(folder, 'b.dtb');
    expect(await compile([join(root, 'dts/b.dts'), '-o', blob])).toBe(0);
    printed.out = '';
    expect(await diff([blob, join(root, 'dts/b.dts'), '--fail-on', 'change'])).toBe(0);
    expect(printed.out).toMatch(/: behaviour equal\n/);
  });
  test('a file that is not there', async () => {
    await expect(diff([join(root, 'dts/a.dts'), join(root, 'nothing.dts')])).rejects.toThrow(/cannot read/);
  });
});
