import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catchPrinted } from '../../test/helpers/printed';
import { exampleBoard } from '../language/rules/examples';
import { run as check } from './check';
import { run as iommus } from './iommus';
import { UsageError } from './options';

interface SarifLog {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly version: string; readonly rules: readonly { id: string; helpUri?: string }[] };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly locations: readonly { physicalLocation: { artifactLocation: { uri: string } } }[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
    }[];
  }[];
}

// The schema is of JSON Schema's draft 4; what it uses of it means the same later, but for the name of its own address.
const {
  id: _,
  $schema: __,
  ...sarifSchema
} = JSON.parse(
  readFileSync(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
) as Record<string, unknown>;
const validateSarif = new Ajv({
  strict: false,
  unicodeRegExp: false,
  formats: {
    uri: (text: string) => URL.canParse(text),
    'uri-reference': (text: string) => /^(?:[\w\-.~:/?@!$&'()*+,;=]|%[0-9A-F]{2})*$/i.test(text),
    'date-time': true,
  },
}).compile(sarifSchema);

let root = '';
let inputs = '';
beforeAll(() => {
  inputs = realpathSync(mkdtempSync(join(tmpdir(), 'scope-inputs-')));
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-check-')));
  writeFileSync(join(root, 'clean.dts'), `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };\n`);
  writeFileSync(join(root, 'bad.dts'), `${exampleBoard}&a { iommus = <&smmu 0x480>; };\n`);
  writeFileSync(
    join(root, 'warns.dts'),
    `${exampleBoard}&smmu { status = "disabled"; };\n&a { iommus = <&smmu 0x480 0x0>; };\n`,
  );
  mkdirSync(join(root, 'empty'));
  const soc = exampleBoard.replace('/dts-v1/;', '');
  writeFileSync(join(root, 'soc.dtsi'), `${soc}&a { iommus = <&smmu 0x480>; };\n`);
  for (const name of ['one', 'two']) writeFileSync(join(root, `${name}.dts`), '/dts-v1/;\n#include "soc.dtsi"\n');
  writeFileSync(join(root, 'lonely.dtsi'), '&a { iommus = <&smmu 0x480>; };\n');
  writeFileSync(join(root, 'list'), `${join(root, 'clean.dts')}\n${join(root, 'bad.dts')}\n`);
});
afterAll(() => {
  for (const folder of [root, inputs]) rmSync(folder, { recursive: true, force: true });
});
const printed = catchPrinted();

const file = (name: string) => join(root, name);

describe('check', () => {
  test.each([
    ['clean', ['clean.dts'], [], 0],
    ['an error', ['bad.dts'], [], 1],
    ['warnings alone are no failure', ['warns.dts'], [], 0],
    ['but too many are', ['warns.dts'], ['--max-warnings', '0'], 1],
    ['a file that is not there', ['nothing.dts'], [], 2],
    ['the only shard', ['bad.dts', 'clean.dts'], ['--shard', '1/1'], 1],
  ])('%s', async (_, files, options, status) => {
    expect(await check([...files.map(file), ...options])).toBe(status);
  });

  test('findings go to standard output as file:line:column: severity: message [code]', async () => {
    await check([file('bad.dts')]);
    const line = exampleBoard.split('\n').length;
    expect(printed.out).toContain(`${file('bad.dts')}:${line}:16: error: &smmu takes 2 cells`);
    expect(printed.out).toContain('[smmu/cell-count]');
    expect(printed.err).toBe('');
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

  test('a file that is not there is not counted', async () => {
    expect(await check([file('clean.dts'), file('nothing.dts')])).toBe(2);
    expect(printed.out).toMatch(/^1 file: 0 errors, 0 warnings$/m);
    expect(printed.err).toContain('cannot read');
  });

  const withInput = (name: string, content: string, ...more: string[]): Promise<number> => {
    const folder = mkdtempSync(join(inputs, 'case-'));
    for (const board of ['board.dts', 'other.dts'])
      writeFileSync(join(folder, board), `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };\n`);
    writeFileSync(join(folder, name), content);
    return check([join(folder, 'board.dts'), ...more.map((each) => each.replace('HERE', folder))]);
  };
  test.each<[string, string, string, string[], number, RegExp]>([
    ['a project file', 'smmu-scope.json', '{ "kernel": "6.12" }', [], 0, /^$/],
    ['one that is no JSON', 'smmu-scope.json', '{{', [], 2, /smmu-scope\.json:1:\d+: error/],
    ['one with a wrong value', 'smmu-scope.json', '{ "kernel": "newest" }', [], 2, /kernel must be one of/],
    ['one with a wrong name', 'smmu-scope.json', '{ "kernl": "6.12" }', [], 0, /warning: unknown property kernl/],
    [
      'one with a rule there is none of',
      'smmu-scope.json',
      '{ "severity": { "cell-count": "off" } }',
      [],
      0,
      /smmu.cell-count/,
    ],
    ['a scenario that is no JSON', 'board.smmu.json', '{{', [], 2, /board\.smmu\.json:1:\d+: error/],
    ['its own configuration', '.config', 'CONFIG_ARM_SMMU=y\n', ['--config', 'HERE/.config'], 0, /fragment/],
    [
      'one that a project file names and is not there',
      'smmu-scope.json',
      '{ "config": "none" }',
      ['HERE/board.dts', 'HERE/other.dts'],
      2,
      /^smmu-scope: cannot read \S*none\n$/,
    ],
  ])('what counts for a board: %s', async (_, name, content, more, status, said) => {
    for (const jobs of [[], ['--no-simulation']])
      if (jobs.length === 0 || (name === 'smmu-scope.json' && !content.includes('config'))) {
        [printed.out, printed.err] = ['', ''];
        expect(await withInput(name, content, ...more, ...jobs)).toBe(status);
        expect(printed.err).toMatch(said);
        expect(printed.out).toMatch(status === 2 ? /warnings; an input is broken\n/ : /warnings\n/);
      }
  });

  test.each([
    ['that is not there', '--config', '/nonexistent', /^cannot read \/nonexistent$/],
    ['that is a folder', '--config', '/', /^cannot read \/ \(a folder, no file\)$/],
    ['that is a device', '--config', '/dev/null', /^cannot read \/dev\/null \(a device, no file\)$/],
    ['one of several', '--config', '/dev/null:/x', /^cannot read \/dev\/null/],
    ['that is a folder', '--scenario', '/', /^cannot read \/ \(a folder, no file\)$/],
    ['that is a folder', '--overlay', '/', /^cannot read \/ \(a folder, no file\)$/],
  ])('a file %s is told once, and nothing is checked: %s', async (_, option, path, says) => {
    await expect(check([file('clean.dts'), file('warns.dts'), option, path])).rejects.toThrow(says);
    expect([printed.out, printed.err]).toEqual(['', '']);
  });

  test('a shard is in the documents, and one without a file says so', async () => {
    const shards: Record<string, unknown>[] = [];
    for (const i of [1, 2, 3]) {
      printed.out = '';
      await check([file('clean.dts'), '--format', 'json', '--shard', `${i}/3`]);
      shards.push(JSON.parse(printed.out) as Record<string, unknown>);
    }
    expect(shards.map(({ shard }) => shard)).toEqual(['1/3', '2/3', '3/3']);
    const empty = shards.find(({ files }) => files === 0)?.shard as string;
    printed.out = '';
    await check([file('clean.dts'), '--shard', empty]);
    expect(printed.out).toBe(`0 files (none of the 1 is in shard ${empty}): 0 errors, 0 warnings\n`);
    printed.out = '';
    await check([file('clean.dts'), '--format', 'sarif', '--shard', empty]);
    const log = JSON.parse(printed.out) as { runs: { properties: unknown }[] };
    expect(log.runs[0]?.properties).toEqual({ shard: empty });
    const valid = validateSarif(log);
    expect(valid ? [] : validateSarif.errors).toEqual([]);
  });

  test('a file named twice is one, a name behind -- is no option', async () => {
    await check([file('clean.dts'), join(root, '.', 'empty', '..', 'clean.dts'), '--format', 'json']);
    expect((JSON.parse(printed.out) as { files: number }).files).toBe(1);
    expect(await check(['--', '--format'])).toBe(2);
    expect(printed.err).toContain('cannot read --format');
  });

  test('a folder is all its boards, a glob what it matches', async () => {
    expect(await check([root, '--format', 'json'])).toBe(1);
    const boards = (JSON.parse(printed.out) as { files: number }).files;
    expect(boards).toBe(5);
    printed.out = '';
    expect(await check([join(root, '{clean,warns}.dts'), '--format', 'json'])).toBe(0);
    expect((JSON.parse(printed.out) as { files: number }).files).toBe(2);
    await expect(check([join(root, '*.none')])).rejects.toThrow('nothing matches');
    await expect(check([join(root, 'empty')])).rejects.toThrow('no board');
  });

  test('an include is checked through its boards, each of its mistakes once', async () => {
    expect(await check([file('soc.dtsi'), '--format', 'json'])).toBe(1);
    const { findings } = JSON.parse(printed.out) as { findings: Record<string, unknown>[] };
    const errors = findings.filter((f) => f.severity === 'error');
    expect(errors).toMatchObject([
      { board: file('soc.dtsi'), through: file('one.dts'), file: file('soc.dtsi'), code: 'smmu/cell-count' },
    ]);
    printed.out = '';
    // alone, nothing but its text can be judged, and that is said
    expect(await check([file('lonely.dtsi')])).toBe(0);
    expect(printed.err).toContain('no board includes');
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

  test('SARIF holds to its schema: every code has its rule, addresses are encoded, fingerprints stay', async () => {
    const odd = join(root, 'a b#c.dts');
    writeFileSync(odd, readFileSync(file('bad.dts'), 'utf8').replace('/ {', '/ { x = <1>\n'));
    await check([odd, file('bad.dts'), file('warns.dts'), '--format', 'sarif']);
    const document = JSON.parse(printed.out) as SarifLog;
    const valid = validateSarif(document);
    expect(valid ? [] : validateSarif.errors).toEqual([]);
    const [run] = document.runs;
    const ids = run?.tool.driver.rules.map((rule) => rule.id) ?? [];
    for (const { ruleId, ruleIndex } of run?.results ?? []) expect(ids[ruleIndex]).toBe(ruleId);
    expect(run?.tool.driver.version).toBe(
      (JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as { version: string }).version,
    );
    expect(run?.tool.driver.rules.find((rule) => rule.id === 'smmu/cell-count')?.helpUri).toMatch(
      /^file:.*\/docs\/rules\/cell-count\.md$/,
    );
    const uris = run?.results.map((r) => r.locations[0]?.physicalLocation.artifactLocation.uri) ?? [];
    expect(uris.some((uri) => uri?.endsWith('a%20b%23c.dts'))).toBe(true);
    const marks = (log: SarifLog) =>
      log.runs[0]?.results
        .filter((r) => r.ruleId === 'smmu/cell-count')
        .map((r) => r.partialFingerprints['smmuScope/v1']);
    const before = marks(document);
    expect(new Set(before).size).toBe(before?.length);
    // three lines further down it is the same finding
    const text = readFileSync(file('bad.dts'), 'utf8');
    writeFileSync(file('bad.dts'), text.replace('/dts-v1/;', '/dts-v1/;\n\n\n'));
    printed.out = '';
    await check([odd, file('bad.dts'), file('warns.dts'), '--format', 'sarif']);
    writeFileSync(file('bad.dts'), text);
    rmSync(odd);
    expect(marks(JSON.parse(printed.out) as SarifLog)).toEqual(before);
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

  test('an entry that the kernel does not read is marked', async () => {
    writeFileSync(join(root, 'hole.dts'), `${exampleBoard}&a { iommus = <&smmu 0x10 0x0>, <0>, <&smmu 0x20 0x0>; };\n`);
    expect(await iommus([file('hole.dts'), '--format', 'json'])).toBe(0);
    const [smmu, whole] = ['/soc/iommu@15000000', JSON.parse(printed.out) as { masters: { specifiers: unknown }[] }];
    expect(whole.masters[0]?.specifiers).toEqual([
      { provider: smmu, cells: [0x10, 0] },
      { provider: null, cells: [], read: false },
      { provider: smmu, cells: [0x20, 0], read: false },
    ]);
    await iommus([file('hole.dts')]);
    expect(printed.out).toContain(`<${smmu} 0x10 0x0> <?> (not read) <${smmu} 0x20 0x0> (not read)`);
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
