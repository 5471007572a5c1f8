import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { board, FIRST, reviewRepository, SOC } from '../../test/helpers/review-repository';
import { run as review } from '../cli/fleet/review';

const { root, git, write, printed, listed, reported } = reviewRepository();

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

  // a device of the same stream keeps the entry, as long as it is attached itself
  test.each([
    [
      'iommus = <&smmu 0x20 0x0>;',
      'its DMA meets the mappings of /soc/dma-controller@200000, which has the same stream',
    ],
    ['iommus = <&smmu 0x21 0x0>;', 'has its DMA blocked by /soc/iommu@100000, which has no entry for it'],
    [
      'iommus = <&smmu 0x20 0x0>; status = "disabled";',
      'has its DMA blocked by /soc/iommu@100000, which has no entry for it',
    ],
  ])('iommus of a master go while another has %s', async (other, end) => {
    const before = (FIRST['dts/soc.dtsi'] ?? '').replace('iommus = <&smmu ID0 0x0>;', other);
    write('dts/soc.dtsi', before);
    git('commit', '-qam', 'before');
    write('dts/soc.dtsi', before.replace(/(dma1: .*)iommus = <&smmu 0x20 0x0>;/, '$1'));
    await review(['-C', root]);
    expect(printed.out).toContain(`/soc/dma-controller@300000 loses translation and ${end}\n`);
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

  // a remote processor's masters: its driver makes devices of them when its firmware runs
  const dsp = (masters: string): string => `/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>;
  smmu: iommu@1000 { compatible = "arm,mmu-500"; reg = <0x1000 0x1000>; #iommu-cells = <2>; #global-interrupts = <1>; };
  dsp { compatible = "test,no-driver"; ${masters} };
};`;
  const STREAM = 'iommus = <&smmu 0x10 0>;';
  test.each<[string, string, string, string[]]>([
    ['loses its streams', `cb { ${STREAM} };`, 'cb { };', ['no longer has stream 0x10 on /iommu@1000']],
    ['gets streams', 'cb { };', `cb { ${STREAM} };`, ['gets stream 0x10 on /iommu@1000']],
    ['is gone', `cb { ${STREAM} };`, '', ['is gone; before it is no device']],
    [
      'is disabled',
      `cb { ${STREAM} };`,
      `cb { status = "disabled"; ${STREAM} };`,
      ['is disabled; before it is no device'],
    ],
    [
      'is enabled',
      `cb { status = "disabled"; ${STREAM} };`,
      `cb { ${STREAM} };`,
      [expect.stringMatching(/^is enabled and is no device: it has no compatible/) as string],
    ],
  ])('a master that no device is made for: %s', async (_, before, now, expected) => {
    write('dts/dsp.dts', dsp(before));
    git('add', '-A');
    git('commit', '-qm', 'dsp');
    write('dts/dsp.dts', dsp(now));
    const said = (await reported()).groups.flatMap(({ changes }) => changes).filter(({ finding }) => finding == null);
    expect(said.map(({ text }) => text)).toEqual(expected);
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
