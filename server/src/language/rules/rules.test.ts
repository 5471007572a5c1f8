import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { simulateForTest } from '../../../test/helpers/simulation';
import { parseScenario } from '../../scenario/parse';
import type { ReportChain, SimulationReport } from '../../simulator/report';
import { simulate } from '../../simulator/simulate';
import { positionAt } from '../../source/file';
import { rules } from './all';
import { ruleContext } from './context';
import { plainExample, rulePage } from './docs';
import { exampleBoard } from './examples';
import { diagnose } from './findings';

const DOCS = join(__dirname, '../../../../docs/rules');

function findings(example: string, code: string) {
  const text = exampleBoard + plainExample(example);
  const snapshot = snapshotOfTexts({ 'board.dts': text }, simulateForTest);
  expect(snapshot.problems.filter((p) => p.severity === 'error' && code !== 'unknown-label')).toEqual([]);
  const context = ruleContext(snapshot.tree, snapshot.view, snapshot.report);
  return diagnose(context, snapshot.problems, {}).filter((d) => d.code === `smmu/${code}`);
}

test('an IOMMU whose interrupts lead nowhere is a warning: a guest gets its controller of the hypervisor', () => {
  const rule = rules.find((r) => r.code === 'provider-fails');
  const said = (interrupts: string) => {
    const node = `smmu: iommu@10000 { compatible = "arm,mmu-500"; reg = <0x10000 0x10000>; #iommu-cells = <1>; #global-interrupts = <1>; ${interrupts} };`;
    const text = `/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>; ${node} a@1 { reg = <1 1>; compatible = "x"; iommus = <&smmu 1>; }; };\n`;
    const { tree, view } = snapshotOfTexts({ 'board.dts': text });
    const found = [...(rule?.check(ruleContext(tree, view, simulate(tree, { board: '' }))) ?? [])];
    return found.map((f) => f.severity ?? rule?.severity);
  };
  expect(said('interrupts = <0 1 4>, <0 2 4>;')).toEqual(['warning']);
  expect(said('')).toEqual(['error']);
});

test('several larbs are a mistake only in kernels whose driver links to one', () => {
  const rule = rules.find((r) => r.code === 'larb-mixed');
  const { tree, view } = snapshotOfTexts({ 'board.dts': exampleBoard + plainExample(rule?.bad ?? '') });
  const found = (kernel: string) => [
    ...(rule?.check(ruleContext(tree, view, simulate(tree, { board: '', kernel }))) ?? []),
  ];
  expect(found('5.10')).toEqual([]);
  expect(found('6.12')).toHaveLength(1);
});

describe('a rule that asks the kernel asks the one that would boot, also without a boot', () => {
  const larbs = plainExample(rules.find((r) => r.code === 'larb-mixed')?.bad ?? '');
  const map = '&pcie { iommu-map = <0x0 &smmu 0x100 0x100>; };';
  const holes = '&pcie { bus-range = <0x0 0xff>; iommu-map = <0x0 &smmu 0x100 0x100>; };';
  const unlisted = plainExample(rules.find((r) => r.code === 'missing-iommus')?.bad ?? '');
  const twice = plainExample(rules.find((r) => r.code === 'stream-twice')?.bad ?? '');
  const many = larbs.replace('&a', '&m4u { compatible = "mediatek,mt8189-iommu-mm"; };\n&a');
  test.each<[string, string, string, RegExp | null]>([
    ['larb-mixed', larbs, '5.10', null],
    ['larb-mixed', larbs, '5.15', /runs untranslated/],
    ['larb-mixed', larbs, '6.12', /runs untranslated/],
    ['larb-mixed', larbs, '7.3', /runs untranslated/],
    ['larb-mixed', many, '7.3', null],
    ['map-unread', map, '3.19', /Linux 3\.19 does not read/],
    ['map-unread', map, '4.12', null],
    ['map-hole', holes, '4.12', /: functions there run untranslated/],
    ['map-hole', holes, '6.12', /: the DMA of functions there is blocked/],
    ['missing-iommus', unlisted, '4.12', /if it goes through that one too, it runs untranslated/],
    ['missing-iommus', unlisted, '6.12', /if it goes through that one too, it has its DMA blocked/],
    ['stream-twice', twice, '5.10', /Linux 5\.10 does not check that/],
    ['stream-twice', twice, '6.12', /-EINVAL/],
    ['stream-twice', twice, '7.3', /-ENODEV/],
    [
      'map-length',
      '&smmu { #iommu-cells = <2>; };\n&pcie { iommu-map = <0x0 &smmu 0x100 0x0 0x1>; };',
      '6.12',
      /Linux 6\.12 reads four/,
    ],
    ['map-length', '&smmu { #iommu-cells = <2>; };\n&pcie { iommu-map = <0x0 &smmu 0x100 0x0 0x1>; };', '7.3', null],
  ])('%s: %s on %s', (code, text, kernel, says) => {
    const rule = rules.find((r) => r.code === code);
    const { tree, view } = snapshotOfTexts({ 'board.dts': `${exampleBoard}${text}` });
    const board = { main: null, macros: [], kernelKnown: false, drivers: null, kernel };
    const found = [...(rule?.check(ruleContext(tree, view, null, false, board)) ?? [])].map((f) => f.message);
    if (says === null) expect(found).toEqual([]);
    else expect(found.join('\n')).toMatch(says);
  });
});

describe('examples of the rules', () => {
  // their chains need more than a few nodes: tested on reports below
  const onReports = new Set(['deferred', 'supplier-cycle', 'untranslated', 'map-unread']);
  const withExample = rules.filter((rule) => rule.bad !== '' && !onReports.has(rule.code));
  test.each(withExample.map((rule) => [rule.code, rule] as const))(
    '%s: the bad one is found, at its place',
    (code, rule) => {
      const start = exampleBoard.length + rule.bad.indexOf('«');
      const end = exampleBoard.length + rule.bad.indexOf('»') - 1;
      const found = findings(rule.bad, code);
      expect(found.length, 'no finding').toBeGreaterThan(0);
      if (rule.bad.includes('«'))
        expect(found.map((d) => d.span?.file.text.slice(d.span.start, d.span.end))).toContain(
          (exampleBoard + plainExample(rule.bad)).slice(start, end),
        );
      if (rule.bad.includes('«'))
        expect(found.map((d) => d.span && [d.span.start, d.span.end])).toContainEqual([start, end]);
    },
  );

  test.each(rules.map((rule) => [rule.code, rule] as const))('%s: the good one is not', (code, rule) => {
    expect(findings(rule.good, code).map((d) => d.message)).toEqual([]);
  });

  test.each(withExample.map((rule) => [rule.code, rule] as const))(
    '%s: fixes leave a tree that parses',
    (code, rule) => {
      const text = exampleBoard + plainExample(rule.bad);
      for (const finding of findings(rule.bad, code))
        for (const fix of finding.fixes?.() ?? []) {
          let fixed = text;
          for (const edit of [...fix.edits].sort((a, b) => b.span.start - a.span.start))
            fixed = fixed.slice(0, edit.span.start) + edit.text + fixed.slice(edit.span.end);
          expect(fixed).not.toBe(text);
          const snapshot = snapshotOfTexts({ 'board.dts': fixed }, simulateForTest);
          const syntax = snapshot.problems.filter((p) => p.severity === 'error');
          expect(syntax.map((p) => `${positionAt(p.span.file, p.span.start).line}: ${p.message}`)).toEqual([]);
          if (fix.preferred)
            expect(
              diagnose(ruleContext(snapshot.tree, snapshot.view, snapshot.report), snapshot.problems, {}).filter(
                (d) => d.code === finding.code && d.message === finding.message,
              ),
              `"${fix.title}" leaves the finding`,
            ).toEqual([]);
        }
    },
  );
});

/** 32-bit ARM with its glue, and a driver for the masters. */
const glue = parseScenario(`{
  "arch": "arm",
  "config": { "CONFIG_ARM_DMA_USE_IOMMU": "y", "CONFIG_ARM_SMMU": "y" },
  "drivers": [{ "name": "d", "compatible": ["vendor,dma", "vendor,other-dma"], "bus": "platform", "initcall": "device", "order": 9000, "module": false }]
}`).scenario;

describe('rules that read the report', () => {
  const board = `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; clocks = <&absent2>; };`;
  const snapshot = snapshotOfTexts({ 'board.dts': board });
  const device = '/soc/dma@1000000';
  const base = {
    schema: 1,
    board: 'board',
    kernel: '6.12',
    cmdline: '',
    strategy: 'S6',
    verified: [],
    complete: true,
    timeline: [],
    deferred: [],
    links: [],
    groups: [],
    providers: [],
    domains: [],
    dma: [],
    power: { suspend: [], resume: [] },
    strategies: [],
    messages: [],
  } as const;
  const entry = {
    device,
    name: '1000000.dma',
    bus: 'platform',
    driver: 'd',
    attempts: 1,
    boundAt: 1,
    error: null,
    group: null,
    domain: null,
    translated: false,
    source: null,
  };
  const chain = (cause: ReportChain['cause']): ReportChain => ({
    device,
    path: [device, '/clock-absent'],
    steps: ['clocks'],
    cause,
    property: 'clocks',
    fix: 'Repair it.',
  });
  const found = (report: Partial<SimulationReport>) =>
    diagnose(
      ruleContext(snapshot.tree, snapshot.view, {
        ...base,
        devices: [],
        chains: [],
        faults: [],
        ...report,
      } as SimulationReport),
      [],
      {},
    )
      .filter((d) => d.severity !== 'hint')
      .map((d) => `${d.severity} ${d.code} ${d.span?.file.text.slice(d.span.start, d.span.end)}`);
  const deferredEntry = (deferReason: string) =>
    ({ ...entry, status: 'deferred', boundAt: null, deferReason, untranslatedReason: null }) as const;

  test.each([
    ['probe-error', 'platform: supplier clock-absent not ready', ['warning smmu/deferred clocks']],
    ['cycle', 'platform: supplier clock-absent not ready', ['warning smmu/supplier-cycle clocks']],
    ['cycle', 'd: waits for clocks of /clock-absent', ['information smmu/supplier-cycle clocks']],
    ['disabled', 'platform: wait for supplier /clock-absent', ['warning smmu/supplier-disabled clocks']],
    ['no-driver', 'platform: supplier clock-absent not ready', ['information smmu/supplier-no-driver clocks']],
  ] as const)('a chain that ends in %s (%s)', (cause, reason, expected) => {
    expect(found({ devices: [deferredEntry(reason)], chains: [chain(cause)] })).toEqual(expected);
  });
  test('a master that ends without its IOMMU', () => {
    const bound = { ...entry, status: 'bound', deferReason: null, untranslatedReason: 'the IOMMU refused it' } as const;
    expect(found({ devices: [bound] })).toEqual(['information smmu/untranslated iommus']);
    expect(found({ devices: [{ ...bound, domain: 'identity' }] })).toEqual([]);
  });
  test.each([
    ['3.19', 1],
    ['4.12', 0],
    ['6.12', 0],
  ])('iommu-map on Linux %s', (kernel, findings) => {
    const s = snapshotOfTexts(
      { 'board.dts': `${exampleBoard}&pcie { iommu-map = <0x0 &smmu 0x100 0x100>; };` },
      (tree) => simulate(tree, { board: 'board', kernel }),
    );
    const all = diagnose(ruleContext(s.tree, s.view, s.report), s.problems, {});
    expect(all.filter((d) => d.code === 'smmu/map-unread')).toHaveLength(findings);
  });
  const tooBig = '&a { iommus = <&smmu3 0x10>; };\n&b { iommus = <&smmu3 0xffffffff>; };';
  const dart =
    '&{/soc} { dart_io: iommu@5000000 { compatible = "apple,t8103-dart"; reg = <0x5000000 0x4000>; interrupts = <0 9 4>; #iommu-cells = <1>; }; };\n&a { iommus = <&dart_io 1>; };';
  // an AMBA device probes before the platform device without driver, and is added to a registering IOMMU behind it
  const pl330 =
    '&{/soc} { pl330: dma@6000000 { compatible = "arm,pl330", "arm,primecell"; arm,primecell-periphid = <0x41330>; reg = <0x6000000 0x1000>; clocks = <&absent2>; clock-names = "apb_pclk"; interrupts = <0 10 4>; iommus = <&smmu 0x481 0x0>; }; };\n&a { iommus = <&smmu 0x480 0x1>; };';
  const shared = '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu 0x480 0x0>; };';
  test.each([
    ['registration-refused', '6.12', tooBig, undefined, []],
    [
      'registration-refused',
      '7.3',
      tooBig,
      undefined,
      [
        'error: On Linux 7.3 /soc/dma@1010000 alone keeps &smmu3 from registering: adding it ends with error -34, and the registration is taken back. With it go /soc/dma@1000000: they wait until the kernel gives up, then run untranslated.',
      ],
    ],
    ['registration-refused', '6.12', dart, undefined, []],
    [
      'registration-refused',
      '7.3',
      dart,
      undefined,
      [
        "information: On Linux 7.3 &dart_io does not register: it cannot attach the default domain of /soc/dma@1000000 (error -22), because its pages of 16 KiB are larger than the kernel's of 4 KiB, so that it could only pass addresses on, which it has no support for (assumed).",
      ],
    ],
    ['provider-fails', '7.3', dart, undefined, []],
    [
      'stream-overlap',
      '6.12',
      pl330,
      undefined,
      [
        'error: 0x480/0x1 (0x480-0x481) of /soc/dma@1000000 contains 0x481/0x0 (0x481) of /soc/dma@6000000 on &smmu: the driver refuses the later one (-EINVAL), and /soc/dma@1000000 runs without the IOMMU.',
      ],
    ],
    [
      'stream-overlap',
      '7.3',
      pl330,
      undefined,
      [
        'warning: 0x481/0x0 (0x481) of /soc/dma@6000000 lies inside 0x480/0x1 (0x480-0x481) of /soc/dma@1000000 on &smmu: both share one stream-mapping entry and one group, and only while /soc/dma@1000000 comes first.',
      ],
    ],
    ['group-without-mapping', '6.12', shared, glue, []],
    [
      'group-without-mapping',
      '7.3',
      shared,
      glue,
      [
        'error: On Linux 7.3 /soc/dma@1000000 gets no mapping: it shares its IOMMU group with /soc/dma@1010000, and 32-bit ARM attaches a mapping only to the one device of a group. All of them run with physical addresses.',
        'error: On Linux 7.3 /soc/dma@1010000 gets no mapping: it shares its IOMMU group with /soc/dma@1000000, and 32-bit ARM attaches a mapping only to the one device of a group. All of them run with physical addresses.',
      ],
    ],
  ])('%s on Linux %s', (code, kernel, fragment, scenario, expected) => {
    const s = snapshotOfTexts({ 'board.dts': `${exampleBoard}${fragment}` }, (tree) =>
      simulate(tree, { board: 'board', kernel, ...(scenario === undefined ? {} : { scenario }) }),
    );
    const all = diagnose(ruleContext(s.tree, s.view, s.report), s.problems, {});
    expect(all.filter((d) => d.code === `smmu/${code}`).map((d) => `${d.severity}: ${d.message}`)).toEqual(expected);
  });
  test('why it ends so is said once: not beside a warning or error at the same iommus', () => {
    const bound = {
      ...entry,
      status: 'bound',
      deferReason: null,
      untranslatedReason: `iommus of ${device}: refused`,
    } as const;
    const said = (fragment: string) => {
      const s = snapshotOfTexts({ 'board.dts': `${exampleBoard}${fragment}` });
      const report = { ...base, devices: [bound], chains: [], faults: [] } as unknown as SimulationReport;
      return diagnose(ruleContext(s.tree, s.view, report), s.problems, {}).filter((d) => d.severity !== 'hint');
    };
    expect(said('&a { iommus = <&smmu 0x482 0x6>; };').map((d) => d.message)).toEqual([
      `${device} runs untranslated: refused`,
    ]);
    expect(said('&b { iommus = <&smmu 0x480 0x3>; };\n&a { iommus = <&smmu 0x482 0x6>; };').map((d) => d.code)).toEqual(
      ['smmu/stream-overlap'],
    );
  });
  test('faults, one finding a kind', () => {
    const fault = {
      master: device,
      stream: '0x480',
      iova: '0x1000',
      kind: 'translation',
      message: 'Unhandled context fault',
    };
    expect(found({ faults: [fault, fault] })).toEqual(['warning smmu/simulated-fault iommus']);
  });
});

describe('binding facts', () => {
  const messages = (fragment: string, code: string) => findings(fragment, code).map((d) => d.message);
  test('a device whose binding requires an IOMMU', () =>
    expect(
      messages(
        '&{/soc} { aes@1050000 { compatible = "nvidia,tegra234-se-aes"; reg = <0x1050000 0x1000>; }; };',
        'missing-iommus',
      ),
    ).toEqual([expect.stringMatching(/has no iommus, which crypto\/nvidia,tegra234-se-aes.yaml requires/)]));
  test('not when it is disabled', () =>
    expect(
      messages(
        '&{/soc} { aes@1050000 { compatible = "nvidia,tegra234-se-aes"; reg = <0x1050000 0x1000>; status = "disabled"; }; };',
        'missing-iommus',
      ),
    ).toEqual([]));
  test('a condition of the binding holds for its SoC only', () => {
    const sata = (soc: string) =>
      messages(`&a { compatible = "nvidia,${soc}-ahci"; iommus = <&smmu 1 0>; };`, 'binding-required')[0];
    expect(sata('tegra186')).toContain('interconnects');
    expect(sata('tegra124')).not.toContain('interconnects');
  });
  test.each([
    ['', true],
    ['port { };', false],
    ['port@0 { };', false],
    ['ports { port { }; };', true],
    ['port = <0>;', false],
    ['port { }; /delete-node/ port;', true],
  ])('a required child node counts as there: %s', (body, told) => {
    const vop = `&a { compatible = "rockchip,px30-vop-big"; iommus = <&smmu 1 0>; ${body} };`;
    expect(messages(vop, 'binding-required').some((message) => /has no .*\bport\b/.test(message))).toBe(told);
  });
});

describe('the rules as a set', () => {
  test('codes are unique and files are named after them', () => {
    expect(new Set(rules.map((rule) => rule.code)).size).toBe(rules.length);
    const files = new Set(readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).map((path) => basename(path)));
    for (const rule of rules) expect(files.has(`${rule.code}.ts`), rule.code).toBe(true);
  });

  test('every rule has its page, and no page is without a rule (BLESS=1 writes them)', () => {
    if (process.env.BLESS !== undefined) {
      mkdirSync(DOCS, { recursive: true });
      for (const rule of rules) writeFileSync(join(DOCS, `${rule.code}.md`), rulePage(rule));
    }
    expect(readdirSync(DOCS).sort()).toEqual(rules.map((rule) => `${rule.code}.md`).sort());
    for (const rule of rules) expect(readFileSync(join(DOCS, `${rule.code}.md`), 'utf8')).toBe(rulePage(rule));
  });
});

describe('suppression and severity', () => {
  const bad = (comment: string) => `${exampleBoard}&a { ${comment}\n iommus = <&smmu 0x480>; };`;
  const codes = (text: string, settings = {}) => {
    const s = snapshotOfTexts({ 'board.dts': text });
    return diagnose(ruleContext(s.tree, s.view, null), s.problems, settings).map((d) => `${d.severity} ${d.code}`);
  };
  test.each([
    ['', ['error smmu/cell-count']],
    ['// smmu-scope-ignore cell-count set by the boot loader', []],
    ['/* smmu-scope-ignore smmu/cell-count reason */', []],
    ['// smmu-scope-ignore other-rule reason', ['error smmu/cell-count']],
    ['// smmu-scope-ignore * all', []],
  ])('%s', (comment, expected) => {
    expect(codes(bad(comment))).toEqual(expected);
  });
  test('settings', () => {
    expect(codes(bad(''), { 'smmu/cell-count': 'off' })).toEqual([]);
    expect(codes(bad(''), { 'smmu/cell-count': 'hint' })).toEqual(['hint smmu/cell-count']);
  });
});

test('README, settings and examples name rules that exist', () => {
  const root = join(__dirname, '../../../..');
  const codes = new Set(rules.map((rule) => `smmu/${rule.code}`));
  for (const name of ['README.md', 'package.json', 'CONTRIBUTING.md', 'CHANGELOG.md'])
    for (const [code] of readFileSync(join(root, name), 'utf8').matchAll(/\bsmmu\/[a-z]+(?:-[a-z]+)*/g))
      expect(codes, `${name} names ${code}`).toContain(code);
});
