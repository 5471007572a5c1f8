/** Faults and deferrals on a board: who, where, why; and no sentence without its evidence. */
import { describe, expect, it } from 'vitest';
import { arm64Board, snapshotOfTexts } from '../../../test/helpers/board';
import { parseScenario } from '../../scenario/parse';
import type { FaultFact } from '../facts';
import { makeBoard } from '../match/board';
import { nodeOfDevice } from '../match/nodes';
import { readLog } from '../read';
import { holdBoots } from './boots';
import { explainLog } from './explain';
import { explainFault } from './fault';
import { chooseKernel } from './kernel';
import { placeOf } from './place';
import { entryJson, explanationText } from './render';
import { logResult } from './result';

const { tree } = snapshotOfTexts({
  'board.dts': arm64Board(
    'c0: client@a100000 { compatible = "x,client"; reg = <0xa100000 0x1000>; iommus = <&smmu 5>; };',
    `smmu: iommu@5c000000 {
		compatible = "arm,mmu-500"; reg = <0x5c000000 0x10000>; #global-interrupts = <1>; #iommu-cells = <1>;
		interrupts = <0 1 4>, <0 2 4>, <0 3 4>;
	};`,
  ),
});
const { scenario } = parseScenario(
  '{ "drivers": [{ "name": "client", "compatible": ["x,client"], "bus": "platform", "initcall": "device" }], "dma": [{ "device": "/soc/client@a100000", "ops": [{ "op": "alloc", "size": "0x1000" }] }] }',
);
const board = makeBoard(tree, { board: 'board.dts', scenario });
const bare = makeBoard(tree, { board: 'board.dts' });

const context = (iova: string, stream = '0x5', fsr = '0x402', fsynr = '0x0'): string =>
  `arm-smmu 5c000000.iommu: Unhandled context fault: fsr=${fsr}, iova=${iova}, fsynr=${fsynr}, cbfrsynra=${stream}, cb=0`;
const first = (text: string): FaultFact => readLog(text).facts[0] as FaultFact;

describe('a fault on a board', () => {
  it('finds nodes by kernel names, by the unit address over the name', () => {
    const find = (name: string): string | undefined => nodeOfDevice(board.view, null, name)?.path;
    expect(find('5c000000.iommu')).toBe('/iommu@5c000000');
    expect(find('5c000000.apps-smmu')).toBe('/iommu@5c000000');
    expect(find('a100000.qcom,client')).toBe('/soc/client@a100000');
    expect(find('nobody')).toBeUndefined();
    expect(find('99.nobody')).toBeUndefined();
  });

  it('names the master of a stream', () => {
    const found = explainFault(first(context('0x50000000')), board);
    expect([found.provider?.path, found.mastersBy]).toEqual(['/iommu@5c000000', 'stream']);
    expect(found.masters.map((node) => node.path)).toEqual(['/soc/client@a100000']);
  });

  it('sends to the tree of the board for a stream that no node names', () => {
    const text = explainFault(first(context('0x50000000', '0x85')), board)
      .causes.map((c) => c.text)
      .join('\n');
    expect(text).toContain('/sys/firmware/fdt');
  });

  const CAUSES: readonly (readonly [string, string, RegExp])[] = [
    ['page 0', context('0x10'), /never written/],
    ['the top of 4 GiB', context('0xfff00000'), /not mapped any more, or not yet/],
    ['RAM', context('0x80001000', '0x5', '0x402', '0x1'), /physical address may have been given/],
    ['a permission fault on a write', context('0xfff00000', '0x5', '0x8', '0x10'), /mapped for reading/],
    ['a permission fault on a read', context('0xfff00000', '0x5', '0x8', '0x1'), /mapped for writing/],
    ['the last level of the walk', context('0x50000000', '0x5', '0x402', '0x3'), /near this address was mapped/],
    ['the first level of the walk', context('0x50000000', '0x5', '0x402', '0x1'), /nothing was mapped near/],
  ];
  it.each(CAUSES)('%s', (_, text, expected) => {
    expect(explainFault(first(text), bare).causes[0]?.text).toMatch(expected);
  });
});

/** A board with one IOMMU of this compatible. */
const boardOf = (compatible: string, address: string, cells = 1): typeof board =>
  makeBoard(
    snapshotOfTexts({
      'board.dts': arm64Board(
        `c0: client@a100000 { compatible = "x,client"; reg = <0xa100000 0x1000>; iommus = <&mmu${' 5'.repeat(cells)}>; };`,
        `mmu: iommu@${address} { compatible = "${compatible}"; reg = <0x${address} 0x10000>; #iommu-cells = <${cells}>; };`,
      ),
    }).tree,
    { board: 'board.dts' },
  );

describe('a log of two boots', () => {
  const bootOfLog = (version: string, cmdline: string | null, ...lines: readonly string[]): string[] => [
    `[    0.000000] Linux version ${version} (x@y) (gcc) #1 SMP`,
    ...(cmdline === null ? [] : [`[    0.000000] Kernel command line: ${cmdline}`]),
    ...lines.map((line, i) => `[    ${i + 2}.000000] ${line}`),
  ];
  const scenarioOf = { kernel: '6.12', cmdline: 'of.the.scenario' };
  const held = (lines: readonly string[]) => {
    const log = readLog(lines.join('\n'));
    const made: string[] = [];
    const boots = holdBoots(
      log,
      (facts) => chooseKernel(facts, { kernel: undefined, cmdline: undefined }, scenarioOf),
      ({ kernel, cmdline }) => {
        made.push(`${kernel} ${cmdline}`);
        return makeBoard(tree, { board: 'board.dts', scenario, kernel, cmdline });
      },
    );
    return { log, boots, made, explanation: explainLog(log, boots) };
  };
  const domains = ({ entries }: ReturnType<typeof explainLog>): unknown[] =>
    entries.flatMap((entry) => (entry.type === 'fault' ? [entry.found.domain] : []));
  const FAULT = context('0xfff00000');

  it('explains each fault with the kernel and command line of its own boot', () => {
    const first = bootOfLog('6.1.55', 'iommu.passthrough=0', FAULT);
    const second = bootOfLog('7.3.1', 'iommu.passthrough=1', FAULT);
    const { made, explanation, log } = held([...first, ...second]);
    expect(made.sort()).toEqual(['6.1.55 iommu.passthrough=0', '7.3.1 iommu.passthrough=1']);
    expect(domains(explanation)).toEqual([expect.stringMatching(/^DMA/), 'identity']);
    const text = explanationText(explanation, log.kernel, explanation.boots[1]?.choice ?? null, () => null, true);
    expect(text).toContain('boots:   2 in this log; the kernel above is of the last, lines 4-6');
    expect(text).toMatch(/boot 1 of 2, lines 1 to 3, Linux 6\.1\.55, model 6\.1, command line of line 2\n/);
    expect(text).toMatch(/boot 2 of 2, lines 4 to 6, Linux 7\.3\.1, model 7\.3, command line of line 5\n/);
    const shown = logResult(explanation, log.kernel, null, board, () => null);
    expect(shown.kernel.join('\n')).toContain('2 in this log; the kernel above is of the last');
    expect(shown.entries.map((entry) => entry.details.at(-1))).toEqual([
      expect.stringContaining('boot 1 of 2'),
      expect.stringContaining('boot 2 of 2'),
    ]);
  });

  it('takes no command line from the boot before', () => {
    const { made } = held([...bootOfLog('6.1.55', 'iommu.passthrough=1', FAULT), ...bootOfLog('7.3.1', null, FAULT)]);
    expect(made.sort()).toEqual(['6.1.55 iommu.passthrough=1', '7.3.1 of.the.scenario']);
  });

  it('compares the groups of one boot', () => {
    const group = 'client a100000.client: Adding to iommu group';
    const { explanation, log } = held([
      ...bootOfLog('6.1.55', null, 'platform 1.other: Adding to iommu group 0', `${group} 1`),
      ...bootOfLog('6.1.55', null, `${group} 0`),
    ]);
    expect(explanation.comparison?.devices.map((entry) => [entry.device, entry.actual])).toEqual([
      ['/soc/client@a100000', 0],
    ]);
    expect(explanation.comparison?.agrees).toBe(true);
    const text = explanationText(explanation, log.kernel, null, () => null, true);
    expect(text).toContain('boots:   2 in this log; compared: the last, lines 4-5');
    expect(text).toMatch(/boot 2 of 2, lines 4 to 5, .*, compared with the prediction/);
  });

  it('boots a bounded number of boards, and says so', () => {
    const many = Array.from({ length: 20 }, (_, i) => bootOfLog('6.12.1', `serial=${i}`, FAULT)).flat();
    const { made, explanation, log } = held(many);
    expect(made.length).toBe(16);
    expect(explanation.boots.map(({ board: on }) => on !== null)).toEqual([
      ...Array.from({ length: 4 }, () => false),
      ...Array.from({ length: 16 }, () => true),
    ]);
    expect(explanationText(explanation, log.kernel, null, () => null, true)).toContain(
      'boot 1 of 20, lines 1 to 3, Linux 6.12.1, not held against the board: only 16 different boots are',
    );
  });
});

describe('a line that is not of this board', () => {
  const v3 = boardOf('arm,smmu-v3', '2b400000');
  const sun50i = boardOf('allwinner,sun50i-h6-iommu', '30f0000');
  const EVENT = (name: string): string =>
    `arm-smmu-v3 ${name}: event 0x10 received:\narm-smmu-v3 ${name}: \t0x0000000500000010\narm-smmu-v3 ${name}: \t0x0000020800000000`;
  const CONTEXT = (name: string): string => context('0x50000000').replace('5c000000.iommu', name);
  const FOREIGN: readonly (readonly [string, string, typeof board, RegExp | null])[] = [
    ['its own SMMUv3', EVENT('2b400000.iommu'), v3, null],
    ['its own, as a vendor names it', EVENT('2b400000.smmu_tcu'), v3, null],
    [
      'another address',
      EVENT('99999000.iommu'),
      v3,
      /^99999000\.iommu is not in this tree: the log is of another board/,
    ],
    ['another address and driver', CONTEXT('77777000.iommu'), v3, /^77777000\.iommu is not in this tree/],
    ['the name of ACPI', EVENT('arm-smmu-v3.0.auto'), v3, /^arm-smmu-v3\.0\.auto is not in this tree/],
    ['the address of an IOMMU of another kind', CONTEXT('2b400000.iommu'), v3, /2b400000\.iommu is .* Arm SMMUv3/],
    [
      'Exynos on Allwinner',
      'exynos-sysmmu 14650000.sysmmu: 14450000.mixer: PAGE FAULT occurred at 0x20000000',
      sun50i,
      /not in/,
    ],
    [
      'an IPMMU on Allwinner',
      'ipmmu-vmsa 30f0000.iommu: Unhandled fault: status 0x00000001 iova 0x10',
      sun50i,
      /30f0000/,
    ],
    [
      'a line without a device, of another driver',
      'vcodec, fault addr 0x04482010 status 6b',
      sun50i,
      /no IOMMU of this tree/,
    ],
    ['its own IOMMU', 'sun50i-iommu 30f0000.iommu: Page fault for 0x10000000 (master 5, dir rd)', sun50i, null],
  ];
  it.each(FOREIGN)('%s', (_, text, on, expected) => {
    const found = explainFault(first(text), on);
    if (expected === null) {
      expect(found.foreign).toBeNull();
      expect(found.provider?.path).toMatch(/^\/iommu@/);
      expect(found.masters.map((node) => node.path)).toEqual(['/soc/client@a100000']);
      return;
    }
    expect(found.foreign).toMatch(expected);
    expect([found.provider, found.masters, found.place, found.causes]).toEqual([null, [], null, []]);
    const log = readLog(text);
    expect(explanationText(explainLog(log, on), log.kernel, null, () => null, true)).toContain(
      `iommu:   ${found.foreign}`,
    );
  });
});

it('says that a master found by its context bank is a guess', () => {
  const log = readLog('arm-smmu 5c000000.iommu: Unhandled context fault: fsr=0x402, iova=0xff7ff000, fsynr=0x11, cb=0');
  const explanation = explainLog(log, board);
  const [entry] = explanation.entries;
  if (entry?.type !== 'fault') throw new Error('no fault');
  expect([entry.found.mastersBy, entry.found.masters.length]).toEqual(['bank', 1]);
  const guess = /a guess: the line names no stream, and the simulation gave context bank 0 to it/;
  expect(explanationText(explanation, log.kernel, null, () => null, true)).toMatch(guess);
  expect(entryJson(entry, () => null).mastersGuessed).toMatch(guess);
  const [shown] = logResult(explanation, log.kernel, null, board, () => null).entries;
  expect(shown?.details.join('\n')).toMatch(guess);
  const sure = explainLog(readLog(context('0x50000000')), board).entries[0];
  expect(sure === undefined ? null : entryJson(sure, () => null)).toMatchObject({
    mastersBy: 'stream',
    mastersGuessed: null,
  });
});

describe('no sentence without its evidence', () => {
  const iovas = [
    '0x0',
    '0x1000',
    '0x50000000',
    '0x80001000',
    '0xfff00000',
    '0xffffe000',
    '0xfffff000',
    '0x1000000000000',
    '0xffff000000001000',
  ];
  const texts = [
    ...iovas.flatMap((iova) =>
      ['0x2', '0x8', '0x10', '0x402'].flatMap((fsr) =>
        ['0x0', '0x1', '0x3', '0x11'].flatMap((fsynr) => ['0x5', '0x85'].map((s) => context(iova, s, fsr, fsynr))),
      ),
    ),
    'arm-smmu 5c000000.iommu: Blocked unknown Stream ID 0x85; boot with "arm-smmu.disable_bypass=0" to allow',
    'arm-smmu 5c000000.iommu: Blocked unknown Stream ID 0x5; boot with "arm-smmu.disable_bypass=0" to allow',
    'arm-smmu-v3 9050000.smmuv3: event: F_TRANSL_FORBIDDEN client: (unassigned sid) sid: 0x8 ssid: 0x0',
    'tegra-mc 2c00000.memory-controller: pcie5w: write @0x000000ffffffff00: EMEM address decode error (EMEM decode error)',
    'platform a100000.client: deferred probe pending: platform: wait for supplier /iommu@5c000000',
    'platform 123000.x: deferred probe pending: platform: wait for supplier /nobody@1',
    'client a100000.client: deferred probe timeout, ignoring dependency',
    'arm-smmu 5c000000.iommu: a sentence that nobody has printed yet',
  ];
  it.each([
    ['with a boot on paper that maps', board],
    ['with one that does not', bare],
    ['without a report', { ...bare, report: null }],
  ] as const)('%s', (_, on) => {
    for (const text of texts) {
      const { entries } = explainLog(readLog(text), on);
      expect(entries.length).toBe(1);
      const [entry] = entries;
      const causes = entry !== undefined && 'found' in entry ? entry.found.causes : [];
      for (const { text: says, because } of causes) {
        expect(because, says).not.toBe('');
        const fault = entry?.type === 'fault' ? entry.found : null;
        // Use after free: only where a mapping is known. A physical address: only where memory is, never where IOVAs come first.
        if (/use after free/.test(says)) expect(fault?.place?.relation).toBe('inside');
        if (/physical address/.test(says)) expect(because).toMatch(/RAM|not translated/);
        if (/past the end/.test(says)) expect(fault?.place?.relation).toBe('after');
        if (/more address bits/.test(says)) expect(because).toMatch(/aperture/);
        if (/is disabled/.test(says)) expect(because).toMatch(/status/);
        if (/module/.test(says)) expect(says).toMatch(/CONFIG_\w+=m|a module/);
        expect(says).not.toMatch(/byte-swapped|boot logo|garbage/);
      }
      const printed = explanationText(
        { entries, boots: [], compared: 0, comparison: null, found: true, dropped: 0 },
        readLog(text).kernel,
        null,
        () => null,
        true,
      );
      expect(printed).not.toMatch(/undefined|\[object|NaN/);
      expect(printed).not.toMatch(/no line of this log/);
    }
  });

  it('calls a log empty only when it holds nothing, and shows what it does not understand with its node', () => {
    const empty = explainLog(readLog('[    1.0] usb 1-1: new device\n'), board);
    expect([empty.entries, empty.found]).toEqual([[], false]);
    const unread = explainLog(readLog('[    1.0] arm-smmu 5c000000.iommu: a new sentence\n'), board);
    expect(unread.found).toBe(true);
    expect(unread.entries[0]).toMatchObject({ type: 'unread', node: { path: '/iommu@5c000000' } });
  });
});

describe('where an address lies', () => {
  const base = bare.report;
  if (base === null) throw new Error('no report');
  const region = (iova: string, size: string, kind: 'alloc' | 'msi') => ({
    iova,
    size,
    kind,
    owner: '/x',
    phys: null,
    assumption: null,
  });
  const aperture = ['0x0', '0xffffffffffff'] as const;
  const domain = {
    id: 0,
    group: 0,
    device: null,
    type: 'DMA',
    granule: 4096,
    aperture,
    regions: [region('0x8000000', '0x100000', 'msi'), region('0xfffe0000', '0x1000', 'alloc')],
  };
  const other = { ...domain, id: 1, group: 1, regions: [region('0x10000000', '0x1000', 'alloc')] };
  const report = {
    ...base,
    groups: [
      {
        id: 0,
        type: 'DMA',
        devices: ['/x'],
        reservedRegions: [['0x8000000', '0x80fffff', 'msi']] as const,
        provider: null,
      },
    ],
    domains: [domain, other],
  };
  it.each([
    [0xfffe0010n, 'inside'],
    [0xfffe1000n, 'after'],
    [0xfffdfff0n, 'before'],
    [0x8000010n, 'reserved'],
    [0x10000000n, 'other-domain'],
    [0x10n, 'zero'],
    [0x50000000n, 'unmapped'],
    [1n << 48n, 'beyond'],
  ] as const)('%x is %s', (iova, relation) => {
    expect(placeOf(iova, domain, report).relation).toBe(relation);
  });
  it('has no place in a domain that does not translate', () => {
    expect(placeOf(0x1000n, { ...domain, type: 'identity', aperture: ['0x0', '0x0'] }, report).relation).toBe(
      'unknown',
    );
  });
});

describe('a trace of mappings', () => {
  const FAULT =
    '[    9.0] arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xffff1000, fsynr=0x1, cbfrsynra=0x5, cb=0';
  const map = (name: string, text: string): string => ` usb-7 [001] .....     8.000000: ${name}: IOMMU: ${text}`;
  it.each([
    [
      'mapped and unmapped',
      [
        map('map', 'iova=0x00000000ffff1000 - 0x00000000ffff2000 paddr=0x0000000080000000 size=4096'),
        map('unmap', 'iova=0x00000000ffff1000 - 0x00000000ffff2000 size=4096 unmapped_size=4096'),
      ],
      /unmapped again/,
    ],
    [
      'mapped by size, as older kernels print it',
      [map('map', 'iova=0x00000000ffff0000 paddr=0x0000000080000000 size=8192')],
      /mapped in some domain/,
    ],
    [
      'past the end',
      [map('map', 'iova=0x00000000ffff0000 - 0x00000000ffff1000 paddr=0x80000000 size=4096')],
      /past the end/,
    ],
    ['elsewhere', [map('map', 'iova=0x0000000010000000 - 0x0000000010001000 paddr=0x80000000 size=4096')], null],
  ])('%s', (_, trace, says) => {
    const [entry] = explainLog(readLog([FAULT, ...trace].join('\n')), null).entries;
    const causes = entry?.type === 'fault' ? entry.found.causes : [];
    if (says === null) expect(causes).toEqual([]);
    else {
      expect(causes[0]?.text).toMatch(says);
      expect(causes[0]?.because).toMatch(/the trace (?:un)?maps 0x/);
    }
  });
});
