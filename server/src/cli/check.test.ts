import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catchPrinted } from '../../test/helpers/printed';
import { exampleBoard } from '../language/rules/examples';
import { run as check } from './check';
import { run as iommus } from './iommus';
import { UsageError } from './options';

let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-check-')));
  writeFileSync(join(root, 'clean.dts'), `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };\n`);
  writeFileSync(join(root, 'bad.dts'), `${exampleBoard}&a { iommus = <&smmu 0x480>; };\n`);
  writeFileSync(
    join(root, 'warns.dts'),
    `${exampleBoard}&smmu { status = "disabled"; };\n&a { iommus = <&smmu 0x480 0x0>; };\n`,
  );
  writeFileSync(join(root, 'list'), `${join(root, 'clean.dts')}\n${join(root, 'bad.dts')}\n`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
const printed = catchPrinted();

const file = (name: string) => join(root, name);

describe('check', () => {
  test.each([
    ['clean', ['clean.dts'], [], 0],
    ['an error', ['bad.dts'], [], 1],
    ['warnings alone are no failure', ['warns.dts'], [], 0],
    ['but too many are', ['warns.dts'], ['--max-warnings', '0'], 1],
    ['a file that is not there', ['nothing.dts'], [], 2],
    ['the first shard', ['bad.dts', 'clean.dts'], ['--shard', '1/2'], 1],
    ['the second shard', ['bad.dts', 'clean.dts'], ['--shard', '2/2'], 0],
  ])('%s', async (_, files, options, status) => {
    expect(await check([...files.map(file), ...options])).toBe(status);
  });

  test('errors go to standard error as file:line:column: severity: message [code]', async () => {
    await check([file('bad.dts')]);
    const line = exampleBoard.split('\n').length;
    expect(printed.err).toContain(`${file('bad.dts')}:${line}:16: error: &smmu takes 2 cells`);
    expect(printed.err).toContain('[smmu/cell-count]');
  });

  test('JSON', async () => {
    expect(await check([`@${file('list')}`, '--format', 'json'])).toBe(1);
    const document = JSON.parse(printed.out) as { schema: number; files: number; findings: Record<string, unknown>[] };
    expect([document.schema, document.files]).toEqual([1, 2]);
    expect(document.findings.find((f) => f.code === 'smmu/cell-count')).toMatchObject({
      board: file('bad.dts'),
      file: file('bad.dts'),
      column: 16,
      endColumn: 27,
      severity: 'error',
      rule: expect.stringMatching(/cell-count/),
      related: [{ file: file('bad.dts'), message: '#iommu-cells = <2>' }],
    });
  });

  test('SARIF', async () => {
    await check([file('bad.dts'), '--format', 'sarif']);
    const document = JSON.parse(printed.out) as {
      version: string;
      runs: { results: { ruleId: string; level: string }[] }[];
    };
    expect(document.version).toBe('2.1.0');
    expect(document.runs[0]?.results).toContainEqual(
      expect.objectContaining({ ruleId: 'smmu/cell-count', level: 'error' }),
    );
  });

  test.each([
    [[]],
    [['x.dts', '--format', 'xml']],
    [['x.dts', '--shard', '3/2']],
    [['x.dts', '--max-warnings', 'many']],
  ])('usage: %j', async (args) => {
    await expect(check(args)).rejects.toBeInstanceOf(UsageError);
  });
});

describe('iommus', () => {
  test('JSON of one board', async () => {
    expect(await iommus([file('clean.dts'), '--format', 'json'])).toBe(0);
    const document = JSON.parse(printed.out) as Record<string, { path: string }[]>;
    expect(document.providers?.find((p) => p.path === '/soc/iommu@15000000')).toEqual({
      path: '/soc/iommu@15000000',
      compatible: ['arm,mmu-500'],
      cells: 2,
      status: 'okay',
    });
    expect(document.masters).toEqual([
      {
        path: '/soc/dma@1000000',
        compatible: ['vendor,dma'],
        status: 'okay',
        specifiers: [{ provider: '/soc/iommu@15000000', cells: [0x480, 0] }],
      },
    ]);
    expect(document.maps).toEqual([]);
  });

  test('one line a board', async () => {
    await iommus([file('clean.dts'), file('warns.dts'), '--format', 'jsonl']);
    expect(
      printed.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { board: string }).board),
    ).toEqual([file('clean.dts'), file('warns.dts')]);
  });
});
