/** A patch in a repository of its own: which boards it reaches, what is said of them, in every format and with its exit status. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Ajv from 'ajv';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { catchPrinted } from '../../test/helpers/printed';
import { run as compile } from '../cli/compile';
import { run as diff } from '../cli/fleet/diff';
import { run as merge } from '../cli/fleet/merge';
import { run as review } from '../cli/fleet/review';
import { UsageError } from '../cli/options';
import { ORDER } from './fold';
import type { ReviewReport } from './report';
import reviewSchema from './review.schema.json';

let root = '';
/** For what is written, outside the repository. */
let folder = '';
const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

const SOC = `/ {
  #address-cells = <1>;
  #size-cells = <1>;
  interrupt-parent = <&gic>;
  gic: interrupt-controller@1000 { compatible = "arm,gic-v3"; reg = <0x1000 0x1000>, <0x3000 0x1000>; interrupt-controller; #interrupt-cells = <3>; }; pclk: pclk { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <1>; };
  soc {
    compatible = "simple-bus";
    #address-cells = <1>;
    #size-cells = <1>;
    ranges;
    smmu: iommu@100000 { compatible = "arm,mmu-500"; reg = <0x100000 0x10000>; #iommu-cells = <2>; #global-interrupts = <1>; interrupts = <0 1 4>, <0 2 4>, <0 3 4>, <0 4 4>; };
    dma0: dma-controller@200000 { compatible = "arm,pl330", "arm,primecell"; arm,primecell-periphid = <0x41330>; reg = <0x200000 0x1000>; iommus = <&smmu ID0 0x0>; clocks = <&pclk>; clock-names = "apb_pclk"; };
    dma1: dma-controller@300000 { compatible = "arm,pl330", "arm,primecell"; arm,primecell-periphid = <0x41330>; reg = <0x300000 0x1000>; iommus = <&smmu 0x20 0x0>; clocks = <&pclk>; clock-names = "apb_pclk"; };
  };
};
`;
const board = (name: string): string =>
  `/dts-v1/;\n#include "soc.dtsi"\n/ { model = "${name}"; compatible = "test,${name}"; };\n`;

const FIRST: Readonly<Record<string, string>> = {
  'dts/soc.dtsi': `#include "ids.h"\n${SOC}`,
  'dts/ids.h': '#define ID0 0x10\n',
  'dts/a.dts': board('a'),
  'dts/b.dts': board('b'),
  'dts/c.dts': `${board('c')}&dma0 { status = "disabled"; };\n`,
  'dts/alone.dts': '/dts-v1/;\n/ { };\n',
  'dts/fix.dtso': '/dts-v1/;\n/plugin/;\n&dma1 { status = "disabled"; };\n',
  'dts/Makefile': 'both-dtbs := alone.dtb\n',
};

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-review-')));
  folder = mkdtempSync(join(tmpdir(), 'scope-review-out-'));
  git('init', '-q', '-b', 'main');
  git('config', 'user.email', 'a@example.invalid');
  git('config', 'user.name', 'A');
  for (const [path, text] of Object.entries(FIRST)) write(path, text);
  git('add', '-A');
  git('commit', '-qm', 'first');
  git('tag', 'first');
});
afterAll(() => {
  for (const made of [root, folder]) rmSync(made, { recursive: true, force: true });
});
beforeEach(() => {
  git('reset', '-q', '--hard', 'first');
  git('clean', '-qfd');
});
const printed = catchPrinted();

const listed = async (...args: string[]): Promise<string[]> => {
  expect(await review(['-C', root, '--list', ...args])).toBe(0);
  return printed.out.split('\n').filter((line) => line !== '');
};
const fitsSchema = new Ajv({ allErrors: true, strict: false }).compile(reviewSchema);
/** A report that was written, which has to fit the shipped schema. */
const readReport = (path: string): ReviewReport => {
  const report = JSON.parse(readFileSync(path, 'utf8')) as ReviewReport;
  fitsSchema(report);
  expect(fitsSchema.errors ?? []).toEqual([]);
  return report;
};
const reported = async (...args: string[]): Promise<ReviewReport> => {
  await review(['-C', root, '--format', 'json', '-o', join(folder, 'out'), ...args]);
  return readReport(join(folder, 'out'));
};

describe('which boards a change reaches', () => {
  test.each<[string, Readonly<Record<string, string | null>>, readonly string[]]>([
    ['an include', { 'dts/soc.dtsi': `${FIRST['dts/soc.dtsi']}\n` }, ['dts/a.dts', 'dts/b.dts', 'dts/c.dts']],
    ['a header of an include', { 'dts/ids.h': '#define ID0 0x11\n' }, ['dts/a.dts', 'dts/b.dts', 'dts/c.dts']],
    ['a board', { 'dts/a.dts': `${FIRST['dts/a.dts']}\n` }, ['dts/a.dts']],
    ['an overlay', { 'dts/fix.dtso': `${FIRST['dts/fix.dtso']}\n` }, ['dts/fix.dtso']],
    ['a new board', { 'dts/new.dts': board('new') }, ['dts/new.dts']],
    ['a board that goes', { 'dts/a.dts': null }, ['dts/a.dts']],
    [
      'a Makefile that puts an overlay on a board',
      { 'dts/Makefile': 'both-dtbs := a.dtb fix.dtbo\n' },
      ['dts/fix.dtso'],
    ],
    ['a scenario', { 'dts/b.smmu.json': '{}' }, ['dts/b.dts']],
    ['nothing of ours', { 'README.txt': 'x' }, []],
  ])('%s', async (_, files, boards) => {
    for (const [path, text] of Object.entries(files))
      if (text === null) rmSync(join(root, path));
      else write(path, text);
    expect(await listed()).toEqual(boards);
  });
});

describe('what is said', () => {
  test('nothing when nothing behaves differently', async () => {
    write('dts/soc.dtsi', `/* a remark */\n${FIRST['dts/soc.dtsi']}`);
    expect(await review(['-C', root])).toBe(0);
    expect(printed.out).toBe(
      'HEAD..working tree: 3 boards reached by 1 changed file, behaviour equal\n' +
        'booted as on Linux 7.3 (the newest model; nothing names another)\n',
    );
  });

  test('boards that change alike are told once', async () => {
    write('dts/ids.h', '#define ID0 0x20\n');
    const report = await reported();
    expect(report).toMatchObject({ reached: 3, different: 2, left: 0, failed: [] });
    expect(report.groups[0]?.boards).toEqual(['dts/a.dts', 'dts/b.dts']);
    const dma = report.groups[0]?.changes.filter((c) => c.kind === 'neighbours').flatMap((c) => c.devices);
    expect(dma).toEqual(['/soc/dma-controller@200000', '/soc/dma-controller@300000']);
    expect(report.groups[0]?.changes.map((c) => c.kind)).toContain('conflict');
  });

  test('a lost translation, and its errors fail', async () => {
    write('dts/soc.dtsi', (FIRST['dts/soc.dtsi'] ?? '').replace('<&smmu 0x20 0x0>', '<&smmu 0x20>'));
    expect(await review(['-C', root])).toBe(1);
    expect(printed.out).toMatch(
      /dma-controller@300000 loses translation and has its DMA blocked by \/soc\/iommu@100000, which has no entry for it/,
    );
    expect(printed.out).toMatch(/new error: dts\/soc\.dtsi:\d+:\d+: &smmu takes 2 cells/);
    expect(await review(['-C', root, '--fail-on', 'never'])).toBe(0);
  });

  test('an IOMMU that nobody knows any more has the same streams, and nothing is said of which of them meet', async () => {
    const soc = SOC.replace('ID0 0x0', '0x21 0x460');
    write('dts/soc.dtsi', `${soc}&dma1 { iommus = <&smmu 0x20 0x1>; };\n`);
    git('commit', '-qam', 'before');
    write('dts/soc.dtsi', readFileSync(join(root, 'dts/soc.dtsi'), 'utf8').replace('arm,mmu-500', 'vendor,foo-smmu'));
    await review(['-C', root]);
    expect(printed.out).toContain('loses translation');
    expect(printed.out).not.toMatch(/streams? (no longer )?meet|has stream/);
  });

  test('of an unknown IOMMU the same cells are the same stream', async () => {
    const unknown = SOC.replace('arm,mmu-500', 'vendor,foo-smmu');
    write('dts/soc.dtsi', unknown.replace('ID0 0x0', '0x20 0x1'));
    git('commit', '-qam', 'before');
    write('dts/soc.dtsi', unknown.replace('ID0 0x0', '0x20 0x0'));
    await review(['-C', root]);
    expect(printed.out).toContain('has stream 0x20 on /soc/iommu@100000, before 0x20/0x1');
    expect(printed.out).toMatch(/streams meet: .*the same stream 0x20 on/);
  });

  const kinds = {
    'arm-smmu': [
      'iommu@100000 { compatible = "arm,mmu-500"; reg = <0x100000 0x10000>; #iommu-cells = <2>; #global-interrupts = <1>; interrupts = <0 1 4>, <0 2 4>, <0 3 4>, <0 4 4>; };',
      '1 0',
    ],
    'arm-smmu-v3': ['iommu@100000 { compatible = "arm,smmu-v3"; reg = <0x100000 0x20000>; #iommu-cells = <1>; };', '1'],
    rk_iommu: [
      'iommu@100000 { compatible = "rockchip,iommu"; reg = <0x100000 0x100>; #iommu-cells = <0>; interrupts = <0 1 4>; clocks = <&pclk>, <&pclk>; clock-names = "aclk", "iface"; };',
      '',
    ],
  } as const;
  test.each<[keyof typeof kinds, string, boolean]>([
    ['arm-smmu', 'has its DMA blocked by /soc/iommu@100000, which has no entry for it', true],
    ['arm-smmu-v3', 'has its DMA blocked by /soc/iommu@100000, which has no entry for it', false],
    ['rk_iommu', 'runs untranslated', false],
  ])('iommus of a master of %s goes: it %s', async (kind, end, counted) => {
    const [smmu, ids] = kinds[kind];
    const soc = SOC.replace(/iommu@100000 \{.*\n/, `${smmu}\n`).replace(/ iommus = <&smmu ID0 0x0>;/, '');
    const states = [`&smmu ${ids}`, null].map((list) =>
      soc.replace(/iommus = <&smmu 0x20 0x0>;/, list === null ? '' : `iommus = <${list}>;`),
    );
    write('dts/soc.dtsi', states[0] ?? '');
    git('commit', '-qam', 'before');
    write('dts/soc.dtsi', states[1] ?? '');
    await review(['-C', root]);
    expect(printed.out).toContain(`/soc/dma-controller@300000 loses translation and ${end}\n`);
    expect(/stream-mapping|context bank/.test(printed.out)).toBe(counted);
  });

  test('gone findings are no failure, but a change', async () => {
    write('dts/soc.dtsi', (FIRST['dts/soc.dtsi'] ?? '').replace('<&smmu 0x20 0x0>', '<&smmu 0x20>'));
    git('commit', '-qam', 'broken');
    write('dts/soc.dtsi', FIRST['dts/soc.dtsi'] ?? '');
    expect(await review(['-C', root])).toBe(0);
    expect(printed.out).toMatch(/gains translation/);
    expect(await review(['-C', root, '--fail-on', 'change'])).toBe(1);
  });

  test('findings that were there before stay silent, although their lines move', async () => {
    write('dts/soc.dtsi', (FIRST['dts/soc.dtsi'] ?? '').replace('<&smmu 0x20 0x0>', '<&smmu 0x20>'));
    git('commit', '-qam', 'broken');
    write('dts/soc.dtsi', `\n\n${(FIRST['dts/soc.dtsi'] ?? '').replace('<&smmu 0x20 0x0>', '<&smmu 0x20>')}`);
    expect(await review(['-C', root])).toBe(0);
    expect(printed.out).toMatch(/behaviour equal/);
  });

  test('what is wrong in a scenario is a finding of its board', async () => {
    write('dts/b.smmu.json', '{ "kernel": 5 }');
    const [group, ...more] = (await reported()).groups;
    expect(more).toEqual([]);
    expect(group?.boards).toEqual(['dts/b.dts']);
    const [change] = group?.changes ?? [];
    expect([change?.kind, change?.finding?.file, change?.finding?.line]).toEqual(['new-finding', 'dts/b.smmu.json', 1]);
  });

  const remark = () => write('dts/soc.dtsi', `/* a remark */\n${FIRST['dts/soc.dtsi']}`);
  const id = () => write('dts/ids.h', '#define ID0 0x20\n');
  const BROKEN = '{ "kernel": 5 }';
  test.each<[string, Readonly<Record<string, string>>, () => void, RegExp | null]>([
    [
      'a scenario, boards that read the same',
      { 'dts/b.smmu.json': '{{' },
      remark,
      /^dts\/b\.smmu\.json:1:2: error: .*JSON/,
    ],
    ['a scenario, boards that differ', { 'dts/b.smmu.json': BROKEN }, id, /^dts\/b\.smmu\.json:1:13: error: kernel/],
    ['a project file', { 'dts/smmu-scope.json': '{{' }, remark, /^dts\/smmu-scope\.json:1:2: error: .*JSON/],
    [
      'the scenario that a project file names',
      { 'dts/smmu-scope.json': '{ "scenario": "s.json" }', 'dts/s.json': BROKEN },
      remark,
      /^dts\/s\.json:1:13: error: kernel/,
    ],
    ['a scenario of a board that is not reached', { 'dts/alone.smmu.json': '{{' }, id, null],
    ['one that only lacks something', { 'dts/b.smmu.json': '{ "kernl": "6.12" }' }, id, null],
    ['one that the patch mends', { 'dts/b.smmu.json': '{{' }, () => write('dts/b.smmu.json', '{}'), null],
  ])('what is broken and committed is told once, with status 2: %s', async (_, files, change, says) => {
    for (const [path, text] of Object.entries(files)) write(path, text);
    git('add', '-A');
    git('commit', '-qm', 'broken');
    change();
    for (const args of [[], ['--kernel', '6.1,6.12'], ['--format', 'markdown'], ['--format', 'json']]) {
      [printed.out, printed.err] = ['', ''];
      expect(await review(['-C', root, '--fail-on', 'never', ...args])).toBe(says === null ? 0 : 2);
      const lines = (args[1] === 'json' ? printed.err : printed.out.replace(/^- |\\/gm, '')).split('\n');
      expect(lines.filter((line) => says?.test(line))).toHaveLength(says === null ? 0 : 1);
      if (args.length === 0) expect(/; an input is broken$/m.test(printed.out)).toBe(says !== null);
    }
    const { broken } = await reported();
    expect(broken?.length).toBe(says === null ? undefined : 1);
    printed.out = '';
    await review(['-C', root, '--format', 'github']);
    expect(/^::error file=dts\/[\w-]+(?:\.smmu)?\.json,line=1/m.test(printed.out)).toBe(says !== null);
  });

  test('what the patch breaks is a new error, told once', async () => {
    write('dts/b.smmu.json', '{{');
    expect(await review(['-C', root])).toBe(2);
    expect(printed.out.match(/b\.smmu\.json/g)).toHaveLength(1);
    expect(printed.out).toMatch(/; an input is broken$/m);
  });

  test.each([
    ['that is not there', () => '/nonexistent', /^cannot read \/nonexistent$/],
    ['that is a folder', () => join(root, 'dts'), /cannot read .*dts \(a folder, no file\)$/],
    ['that only the earlier side has', () => join(root, 'old.config'), /cannot read .*old\.config$/],
  ])('a --config %s is told once, and nothing is compared', async (_, path, says) => {
    write('old.config', 'CONFIG_ARM_SMMU=y\n');
    git('add', '-A');
    git('commit', '-qm', 'config');
    rmSync(join(root, 'old.config'));
    id();
    await expect(review(['-C', root, '--config', path()])).rejects.toThrow(says);
    expect([printed.out, printed.err]).toEqual(['', '']);
  });

  test('a --config that git ignores is read from the disk', async () => {
    write('.gitignore', '.config\n');
    write('.config', 'CONFIG_MODULES=y\n# CONFIG_ARM_SMMU is not set\n');
    id();
    for (const sides of [[], ['first..first'], ['--staged']])
      expect(await review(['-C', root, '--config', join(root, '.config'), ...sides])).toBe(0);
    printed.out = '';
    const { failed, reached } = await reported('--config', join(root, '.config'));
    expect([reached, failed]).toEqual([3, []]);
  });

  test.each([
    ['a .config', { config: 'none.config' }],
    ['a scenario', { scenario: 'none.json' }],
  ])(
    '%s that a project file names and that is not there: boards that nothing changes for are not passed over',
    async (_, project) => {
      write('dts/smmu-scope.json', JSON.stringify(project));
      git('add', '-A');
      git('commit', '-qm', 'project');
      remark();
      expect(await review(['-C', root])).toBe(2);
      expect(printed.out).toMatch(/; 3 boards could not be compared$/m);
      expect(printed.out.match(/not compared: cannot read/g)).toHaveLength(1);
    },
  );

  test('a project file counts for the boards of its folder, on each side its own', async () => {
    write('dts/smmu-scope.json', '{ "schema": 1, "defines": ["OFF"] }');
    write('dts/ids.h', '#define ID0 0x10\n');
    for (const name of ['a', 'b'])
      write(`dts/${name}.dts`, `${board(name)}#ifdef OFF\n&dma0 { status = "disabled"; };\n#endif\n`);
    git('add', '-A');
    git('commit', '-qm', 'project');
    write('dts/smmu-scope.json', '{ "schema": 1 }');
    const { reached, groups } = await reported();
    expect(reached).toBe(5);
    expect(groups.map(({ boards }) => boards)).toEqual([['dts/a.dts', 'dts/b.dts']]);
    expect(groups[0]?.changes.map(({ text }) => text).join()).toMatch(/is bound, before it is disabled/);
  });

  test('a finding that moves to another file is none, and one in other words at its place is not new', async () => {
    const broken = (FIRST['dts/soc.dtsi'] ?? '').replace('<&smmu 0x20 0x0>', '<&smmu 0x20>');
    write('dts/soc.dtsi', broken);
    git('commit', '-qam', 'broken');
    write('dts/chip.dtsi', broken);
    rmSync(join(root, 'dts/soc.dtsi'));
    for (const name of ['a', 'b', 'c'])
      write(`dts/${name}.dts`, (FIRST[`dts/${name}.dts`] ?? '').replace('soc.dtsi', 'chip.dtsi'));
    expect(await texts()).toEqual([]);
    git('add', '-A');
    git('commit', '-qm', 'moved');
    write(
      'dts/chip.dtsi',
      broken.replace('#iommu-cells = <2>', '#iommu-cells = <3>').replace('ID0 0x0', 'ID0 0x0 0x0'),
    );
    const [group] = (await reported()).groups;
    const said = (wanted: string) =>
      group?.changes.flatMap(({ kind, finding }) => (kind === wanted && finding !== undefined ? [finding.code] : []));
    expect(said('changed-finding')).toContain('smmu/cell-count');
    expect(said('new-finding')).not.toContain('smmu/cell-count');
  });

  const soc = (from: string, to: string): void => {
    const text = FIRST['dts/soc.dtsi'] ?? '';
    expect(text).toContain(from);
    write('dts/soc.dtsi', text.replace(from, to));
  };
  const texts = async (): Promise<string[]> =>
    (await reported()).groups.flatMap(({ boards, changes }) =>
      changes.map(({ devices, text }) => [`${boards.length} boards`, ...devices, text].join(' ')),
    );
  test.each<[string, [string, string], string[]]>([
    [
      'another stream, where everything else is equal',
      ['<&smmu 0x20 0x0>', '<&smmu 0x40 0x3>'],
      ['3 boards /soc/dma-controller@300000 has stream 0x40/0x3 on /soc/iommu@100000, before 0x20'],
    ],
    [
      'one stream more',
      ['<&smmu 0x20 0x0>', '<&smmu 0x20 0x0>, <&smmu 0x21 0x0>'],
      [
        '3 boards /soc/dma-controller@300000 gets stream 0x21 on /soc/iommu@100000 as well',
        '3 boards /soc/iommu@100000 uses 1 stream-mapping entry more',
        expect.stringMatching(/^3 boards new hint: .*mergeable-specifiers/),
      ],
    ],
    [
      'a disabled device gets a stream: nothing that counts',
      [
        'iommus = <&smmu 0x20 0x0>; clocks = <&pclk>; clock-names = "apb_pclk"; };',
        'iommus = <&smmu 0x20 0x0>; clocks = <&pclk>; clock-names = "apb_pclk"; }; more@400000 { compatible = "x,y"; status = "disabled"; iommus = <&smmu 0x77 0x0>; };',
      ],
      ['3 boards /soc/more@400000 is new and is disabled'],
    ],
    [
      'coherence',
      ['reg = <0x300000 0x1000>;', 'reg = <0x300000 0x1000>; dma-coherent;'],
      ['3 boards /soc/dma-controller@300000 is dma-coherent now'],
    ],
    [
      'a window of the bus',
      ['    ranges;', '    ranges;\n    dma-ranges = <0x0 0x0 0x40000000>;'],
      [
        '2 boards /soc/dma-controller@200000 has mapping 1 at 0x3ffff000, before at 0xfffff000',
        '3 boards /soc/dma-controller@300000 has mapping 1 at 0x3ffff000, before at 0xfffff000',
        '2 boards /soc/dma-controller@200000 has the DMA window 1 GiB at 0x0, before no dma-ranges',
        '3 boards /soc/dma-controller@300000 has the DMA window 1 GiB at 0x0, before no dma-ranges',
      ],
    ],
    [
      'a node with another name',
      ['dma1: dma-controller@300000', 'dma1: dma@300000'],
      ['3 boards /soc/dma@300000 is another name for what was dma-controller@300000 before'],
    ],
    [
      'a bus whose children are no devices any more',
      ['compatible = "simple-bus";', 'compatible = "x,y";'],
      expect.arrayContaining([
        '3 boards /soc/iommu@100000 is no device any more; before it is bound',
        '3 boards /soc has no driver, before it is bound',
      ]),
    ],
    [
      'a unit address with leading zeros',
      ['dma1: dma-controller@300000', 'dma1: dma-controller@0300000'],
      ['3 boards /soc/dma-controller@0300000 has its unit address written otherwise'],
    ],
  ])('%s', async (_, [from, to], expected) => {
    soc(from, to);
    const found = await texts();
    if (Array.isArray(expected)) expect(found).toHaveLength(expected.length);
    expect(found).toEqual(Array.isArray(expected) ? expect.arrayContaining(expected) : expected);
  });

  test('several kernels are told apart', async () => {
    write('dts/ids.h', '#define ID0 0x20\n');
    const report = await reported('--kernel', '6.1,6.12');
    expect(new Set(report.groups.flatMap((group) => group.kernels))).toEqual(new Set(['6.1', '6.12']));
  });

  test('a board that comes and one that goes', async () => {
    write('dts/new.dts', board('new'));
    rmSync(join(root, 'dts/a.dts'));
    const report = await reported();
    expect(report.groups.map(({ boards, changes }) => [boards, changes[0]?.text])).toEqual([
      [['dts/a.dts'], 'this board is gone'],
      [['dts/new.dts'], expect.stringMatching(/^this board is new: /)],
    ]);
  });
});

describe('sides', () => {
  const change = (id: string): void => write('dts/ids.h', `#define ID0 ${id}\n`);
  test('index, working tree and commits are different states', async () => {
    change('0x20');
    git('add', '-A');
    change('0x10');
    expect((await reported()).different).toBe(0);
    expect((await reported('--staged')).different).toBe(2);
    git('commit', '-qm', 'staged');
    expect((await reported('first..HEAD')).different).toBe(2);
    expect((await reported('HEAD..first')).different).toBe(2);
    expect((await reported('first')).different).toBe(0);
    expect((await reported('HEAD')).different).toBe(2);
    expect((await reported('first...HEAD')).different).toBe(2);
  });

  test('from where two commits parted is named by its own commit', async () => {
    git('checkout', '-q', '-b', 'one');
    change('0x20');
    git('commit', '-qam', 'one');
    git('checkout', '-q', '-b', 'two', 'first');
    change('0x30');
    git('commit', '-qam', 'two');
    const parted = git('rev-parse', 'first').slice(0, 12);
    expect(await reported('one...two')).toMatchObject({ base: parted, head: 'two' });
    expect(await reported('one..two')).toMatchObject({ base: 'one', head: 'two' });
    expect(await reported('first...two')).toMatchObject({ base: 'first', head: 'two' });
    expect(() => git('merge', '-q', 'one')).toThrow();
    await expect(review(['-C', root, '--staged'])).rejects.toThrow(/^dts\/ids\.h is unmerged/);
    expect(await listed()).toEqual(['dts/a.dts', 'dts/b.dts', 'dts/c.dts']);
    git('merge', '--abort');
    git('checkout', '-q', 'main');
    git('branch', '-qD', 'one', 'two');
  });

  test('a submodule is read as it lies, and that it differs is said', async () => {
    const other = mkdtempSync(join(folder, 'module-'));
    const there = (...args: string[]): string => execFileSync('git', ['-C', other, ...args], { encoding: 'utf8' });
    there('init', '-q');
    writeFileSync(join(other, 'soc.dtsi'), SOC.replace('ID0', '0x10'));
    there('add', '-A');
    there('-c', 'user.name=A', '-c', 'user.email=a@example.invalid', 'commit', '-qm', 'module');
    git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other, 'module');
    write('dts/a.dts', board('a').replace('soc.dtsi', '../module/soc.dtsi'));
    git('commit', '-qam', 'with a module');
    write('dts/a.dts', `${readFileSync(join(root, 'dts/a.dts'), 'utf8')}&dma0 { status = "disabled"; };\n`);
    const { groups } = await reported();
    expect(groups.flatMap(({ changes }) => changes.flatMap(({ devices }) => devices))).toContain(
      '/soc/dma-controller@200000',
    );
    expect(groups.flatMap(({ changes }) => changes.map(({ kind }) => kind))).not.toContain('new-finding');
    git('checkout', '-q', '.');
    write('module/soc.dtsi', SOC.replace('ID0', '0x30'));
    printed.err = '';
    expect(await review(['-C', root])).toBe(2);
    expect(printed.err).toMatch(/^smmu-scope: module is a submodule that differs: /m);
    git('submodule', '--quiet', 'deinit', '--force', 'module');
    rmSync(join(root, '.git/modules'), { recursive: true, force: true });
  });

  const MAKEFILE = 'a-cam-dtbs := a.dtb fix.dtbo\nb-cam-dtbs := b.dtb fix.dtbo\n';
  const CAM = '/dts-v1/;\n/plugin/;\n&dma1 { iommus = <&smmu 0x40 0x0>; };\n';
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['the overlay', { 'dts/fix.dtso': CAM.replace('0x40', '0x50') }, ['on a.dts: /soc/dma', 'on b.dts: /soc/dma']],
    ['one of its boards', { 'dts/b.dts': `${board('b')}&dma0 { iommus = <&smmu 0x40 0>; };\n` }, ['on b.dts: streams']],
    ['it goes on one board less', { 'dts/Makefile': MAKEFILE.split('\n')[1] ?? '' }, ['on a.dts: this board is gone']],
    [
      'it goes on one more',
      { 'dts/Makefile': `${MAKEFILE}c-dtbs := c.dtb fix.dtbo\n` },
      ['on c.dts: this board is new'],
    ],
    [
      'it goes on another',
      { 'dts/Makefile': MAKEFILE.replace('b.dtb', 'c.dtb') },
      ['on b.dts: this board is gone', 'on c.dts: this board is new'],
    ],
  ])('an overlay of several boards is looked at on each: %s', async (_, files, expected) => {
    write('dts/Makefile', MAKEFILE);
    write('dts/fix.dtso', CAM);
    git('commit', '-qam', 'an overlay of two boards');
    for (const [path, text] of Object.entries(files)) write(path, text);
    const said = (await reported()).groups.flatMap(({ boards, changes }) =>
      boards.flatMap((name) => changes.map(({ text, devices }) => `${name}: ${devices.join()}${text}`)),
    );
    const ofOverlay = said.flatMap((line) =>
      line.startsWith('dts/fix.dtso on ') ? line.slice('dts/fix.dtso '.length) : [],
    );
    for (const each of expected) expect(ofOverlay).toContainEqual(expect.stringContaining(each));
    const boards = (lines: readonly string[]) => [...new Set(lines.map((line) => line.split(':')[0]))].sort();
    expect(boards(ofOverlay)).toEqual(boards(expected));
    expect(await listed()).toContain('dts/fix.dtso');
  });

  test.each<[string, (text: string) => string, readonly string[]]>([
    ['alone', (text) => text, []],
    ['and changed', (text) => `${text}&dma0 { status = "disabled"; };\n`, ['/soc/dma-controller@200000']],
  ])('a board that is renamed is the same board: %s', async (_, edit, devices) => {
    const long = `${board('a')}${'// a long board\n'.repeat(30)}`;
    write('dts/a.dts', long);
    git('commit', '-qam', 'longer');
    git('mv', 'dts/a.dts', 'dts/z.dts');
    write('dts/z.dts', edit(long));
    git('add', '-A');
    for (const sides of [[], ['--staged']]) {
      const { groups } = await reported(...sides);
      expect(groups.flatMap(({ boards }) => boards)).toEqual(devices.length === 0 ? [] : ['dts/z.dts']);
      expect(
        groups.flatMap(({ changes }) => changes.flatMap((change) => change.devices)).filter((d) => d !== ''),
      ).toEqual(expect.arrayContaining([...devices]));
      expect(groups.flatMap(({ changes }) => changes.map(({ kind }) => kind))).not.toContain('board');
    }
    expect(await listed()).toEqual(['dts/z.dts']);
  });

  test('a path that is gone, and one that nothing differs below', async () => {
    rmSync(join(root, 'dts/a.dts'));
    expect(await listed('HEAD', 'dts/a.dts')).toEqual(['dts/a.dts']);
    expect(await review(['-C', root, 'HEAD', 'dts/ids.h'])).toBe(0);
    expect(printed.out).toMatch(/^HEAD\.\.working tree: no file differs$/m);
    write('README', 'x');
    printed.out = '';
    await review(['-C', root, 'HEAD', 'README']);
    expect(printed.out).toMatch(/: no board reached by 1 changed file$/m);
  });

  test('paths narrow the change', async () => {
    change('0x20');
    write('dts/alone.dts', '/dts-v1/;\n/ { a; };\n');
    expect(await listed('HEAD', 'dts/alone.dts')).toEqual(['dts/alone.dts']);
  });

  describe('what is a commit and what a path', () => {
    const ambiguous = /^both is both a commit and a file or folder: 'both --' means the commit, '-- both' the path$/;
    // both: a tag of the first commit, and a folder that differs since
    beforeEach(() => {
      git('tag', '-f', 'both', 'first');
      write('both/d.dts', FIRST['dts/alone.dts'] ?? '');
      git('add', '-A');
      git('commit', '-qm', 'a folder');
      write('both/d.dts', '/dts-v1/;\n/ { d; };\n');
      write('dts/alone.dts', '/dts-v1/;\n/ { a; };\n');
    });
    afterAll(() => void git('tag', '-d', 'both'));
    test.each<[readonly string[], readonly string[] | RegExp]>([
      [['both'], ambiguous],
      [['HEAD', 'both'], ambiguous],
      [
        ['both', '--'],
        ['both/d.dts', 'dts/alone.dts'],
      ],
      [['--', 'both'], ['both/d.dts']],
      [['HEAD', '--', 'both'], ['both/d.dts']],
      [['both', '--', 'both'], ['both/d.dts']],
      [['both..HEAD', '--', 'both'], ['both/d.dts']],
      [['both..HEAD', 'both'], ['both/d.dts']],
      [['--', 'HEAD'], /^HEAD is neither a commit nor a file or folder$/],
      [['--', 'first', 'dts'], /^first is neither a commit nor a file/],
      [['--', 'first..HEAD'], /^first\.\.HEAD is neither a commit nor a file/],
      [['dts', '--'], /^dts is no commit: paths stand behind --$/],
      [['dts', '--', 'both'], /^dts is no commit/],
      [['HEAD', 'dts', '--', 'both'], /^dts is no commit/],
      [['first', 'HEAD', '--'], /^HEAD is a commit: two are compared as first\.\.HEAD$/],
      [['--'], ['both/d.dts', 'dts/alone.dts']],
      [['dts'], ['dts/alone.dts']],
    ])('%j', async (args, expected) => {
      const given = ['-C', root, '--list', ...args];
      if (expected instanceof RegExp) await expect(review(given)).rejects.toThrow(expected);
      else expect(await listed(...args)).toEqual(expected);
    });
  });

  test('nothing is written into the repository', async () => {
    change('0x20');
    const before = git('status', '--porcelain');
    await reported();
    expect(git('status', '--porcelain')).toBe(before);
  });

  test.each([
    ['no repository', ['-C', '/']],
    ['no such commits', ['-C', 'ROOT', 'nothing..HEAD']],
    ['neither a commit nor a path', ['-C', 'ROOT', 'mian']],
    ['two commits with a blank between', ['-C', 'ROOT', 'HEAD', 'HEAD']],
    ['no such path', ['-C', 'ROOT', 'HEAD', 'dts/nothing.dts']],
    ['no such format', ['-C', 'ROOT', '--format', 'html']],
    ['no such failure', ['-C', 'ROOT', '--fail-on', 'sometimes']],
  ])('%s is a usage error', async (_, args) => {
    await expect(review(args.map((arg) => (arg === 'ROOT' ? root : arg)))).rejects.toThrow(UsageError);
  });
});

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
