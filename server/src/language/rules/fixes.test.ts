/** Quick fixes: the text they leave, and that the finding is gone from it. */
import { describe, expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { simulateForTest, simulateOn } from '../../../test/helpers/simulation';
import { contextOf } from '../board-context';
import { formatRange } from '../structure/formatting';
import { exampleBoard } from './examples';
import { type Diagnosis, diagnose } from './findings';

function findings(text: string, kernel: string | undefined): Diagnosis[] {
  const simulate = kernel === undefined ? simulateForTest : simulateOn(kernel);
  const snapshot = snapshotOfTexts({ 'board.dts': text }, simulate);
  return diagnose(contextOf(snapshot), snapshot.problems, {});
}

const clean = (what: Diagnosis) => `${what.code} ${what.span?.start ?? ''}`;

/** Code, what it is, the fragment before and after (of the fragment; other changes are told by `elsewhere`). */
const cases: readonly {
  readonly code: string;
  /** The kernel that boots; absent: the default. */
  readonly kernel?: string;
  readonly before: string;
  readonly after: string;
  /** The fix, by the start of its title, where none is preferred. */
  readonly title?: string;
  /** Text that stands somewhere in the rest of the board afterwards. */
  readonly elsewhere?: string;
}[] = [
  {
    code: 'mergeable-specifiers',
    before: '&a {\n\tiommus = <&smmu 0x480 0x0>,\n\t\t <&smmu 0x481 0x0>,\n\t\t <&smmu 0x500 0x0>;\n};\n',
    after: '&a {\n\tiommus = <&smmu 0x480 0x1>,\n\t\t <&smmu 0x500 0x0>;\n};\n',
  },
  {
    code: 'mergeable-specifiers',
    before: '&a {\n\tiommus = <&smmu 0x486 0x8>, <&smmu 0x484 0x8>, <&smmu 0x482 0x8>, <&smmu 0x480 0x8>;\n};\n',
    after: '&a {\n\tiommus = <&smmu 0x480 0xe>;\n};\n',
  },
  {
    code: 'pci-iommus',
    kernel: '6.12',
    before: '&pcie {\n\tiommus = <&smmu 0x100 0x0>;\n\tbus-range = <0x0 0x1>;\n};\n',
    after:
      '&pcie {\n\tiommus = <&smmu 0x100 0x0>;\n\tiommu-map = <0x0 &smmu 0x100 0x200>;\n\tbus-range = <0x0 0x1>;\n};\n',
  },
  {
    code: 'pci-iommus',
    kernel: '6.12',
    before: '&pcie {\n\tiommus = <&smmu 0x1400 0x7f>;\n};\n',
    after: '&pcie {\n\tiommus = <&smmu 0x1400 0x7f>;\n\tiommu-map = <0x0 &smmu 0x1400 0x80>;\n};\n',
  },
  {
    code: 'pci-iommus',
    kernel: '6.12',
    before: '&a {\n\tiommus = <&smmu 0x180 0x0>;\n};\n\n&pcie {\n\tiommus = <&smmu 0x100 0x0>;\n};\n',
    after:
      '&a {\n\tiommus = <&smmu 0x180 0x0>;\n};\n\n&pcie {\n\tiommus = <&smmu 0x100 0x0>;\n\tiommu-map = <0x0 &smmu 0x100 0x80>;\n};\n',
  },
  {
    code: 'boot-framebuffer',
    before:
      '&{/chosen} {\n\tframebuffer@88000000 {\n\t\tcompatible = "simple-framebuffer";\n\t\treg = <0x0 0x88000000 0x0 0x10000>;\n\t};\n};\n\n&display {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
    after:
      '&{/chosen} {\n\tframebuffer@88000000 {\n\t\tcompatible = "simple-framebuffer";\n\t\treg = <0x0 0x88000000 0x0 0x10000>;\n\t\tmemory-region = <&framebuffer_region>;\n\t};\n};\n\n&display {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
    elsewhere:
      '\n\t\tframebuffer_region: framebuffer@88000000 {\n\t\t\treg = <0x0 0x88000000 0x0 0x10000>;\n\t\t\tiommu-addresses = <&display 0x88000000 0x10000>;\n\t\t\tno-map;\n\t\t};\n\t};\n',
  },
  {
    code: 'boot-framebuffer',
    before:
      '&{/chosen} {\n\tframebuffer@80000000 {\n\t\tcompatible = "simple-framebuffer";\n\t\tmemory-region = <&fb>;\n\t};\n};\n\n&display {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
    after:
      '&{/chosen} {\n\tframebuffer@80000000 {\n\t\tcompatible = "simple-framebuffer";\n\t\tmemory-region = <&fb>;\n\t};\n};\n\n&display {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
    elsewhere: 'iommu-addresses = <&display 0x80000000 0x800000>;',
  },
  {
    code: 'pci-iommus',
    kernel: '7.3',
    before: '&pcie {\n\tiommus = <&smmu 0x100 0x0>;\n};\n',
    after: '&pcie {\n\tiommus = <&smmu 0x100 0x0>;\n\tiommu-map = <0x0 &smmu 0x100 0x0 0x1>;\n};\n',
  },
  {
    code: 'map-length',
    kernel: '7.3',
    before: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x1>, <0x100 &smmu_b 0x101 0x1>;\n};\n',
    after: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x0 0x1>, <0x100 &smmu_b 0x101 0x0 0x1>;\n};\n',
  },
  {
    code: 'map-length',
    kernel: '6.12',
    before: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x0 0x1>;\n};\n',
    after: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x1>;\n};\n',
  },
  {
    code: 'cell-count',
    before: '&a {\n\tiommus = <&smmu 0x480>;\n};\n',
    after: '&a {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
  },
  {
    code: 'cell-count',
    before: '&a {\n\tiommus = <&smmu3 0x480 0x0>;\n};\n',
    after: '&a {\n\tiommus = <&smmu3 0x480>;\n};\n',
  },
  {
    code: 'provider-disabled',
    before: '&smmu {\n\tstatus = "disabled";\n};\n\n&a {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
    after: '&smmu {\n\tstatus = "okay";\n};\n\n&a {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
  },
  {
    code: 'map-overlap',
    before: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x200>,\n\t\t    <0x100 &smmu 0x400 0x200>;\n};\n',
    after: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x200>,\n\t\t    <0x200 &smmu 0x500 0x100>;\n};\n',
  },
  {
    code: 'map-overlap',
    title: 'End the other row',
    before: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x200>,\n\t\t    <0x100 &smmu 0x400 0x200>;\n};\n',
    after: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x100>,\n\t\t    <0x100 &smmu 0x400 0x200>;\n};\n',
  },
  {
    code: 'map-overlap',
    before: '&pcie {\n\tiommu-map = <0x100 &smmu 0x400 0x200>,\n\t\t    <0x0 &smmu 0x100 0x200>;\n};\n',
    after: '&pcie {\n\tiommu-map = <0x100 &smmu 0x400 0x200>,\n\t\t    <0x0 &smmu 0x100 0x100>;\n};\n',
  },
  {
    code: 'map-overlap',
    before: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x200>,\n\t\t    <0x100 &smmu 0x400 0x100>;\n};\n',
    after: '&pcie {\n\tiommu-map = <0x0 &smmu 0x100 0x200>;\n};\n',
  },
  {
    code: 'map-hole',
    before: '&pcie {\n\tbus-range = <0x0 0x3>;\n\tiommu-map = <0x0 &smmu 0x100 0x100>;\n};\n',
    after: '&pcie {\n\tbus-range = <0x0 0x3>;\n\tiommu-map = <0x0 &smmu 0x100 0x400>;\n};\n',
  },
  {
    code: 'stream-overlap',
    title: 'Give &b the mask 0x3: 0x480-0x483',
    before: '&a {\n\tiommus = <&smmu 0x484 0x3>;\n};\n\n&b {\n\tiommus = <&smmu 0x480 0xf>;\n};\n',
    after: '&a {\n\tiommus = <&smmu 0x484 0x3>;\n};\n\n&b {\n\tiommus = <&smmu 0x480 0x3>;\n};\n',
  },
  {
    // the ID of the later one lies in the other's match: only that one's mask can give way
    code: 'stream-overlap',
    title: 'Give &a the mask 0x7: 0x1080-0x1087',
    before: '&a {\n\tiommus = <&smmu 0x1080 0x1f>;\n};\n\n&b {\n\tiommus = <&smmu 0x1088 0x40>;\n};\n',
    after: '&a {\n\tiommus = <&smmu 0x1080 0x7>;\n};\n\n&b {\n\tiommus = <&smmu 0x1088 0x40>;\n};\n',
  },
  {
    code: 'stream-twice',
    title: 'Give &b the stream ID 0x12',
    before: '&a {\n\tiommus = <&smmu3 0x10>, <&smmu3 0x11>;\n};\n\n&b {\n\tiommus = <&smmu3 0x11>;\n};\n',
    after: '&a {\n\tiommus = <&smmu3 0x10>, <&smmu3 0x11>;\n};\n\n&b {\n\tiommus = <&smmu3 0x12>;\n};\n',
  },
  {
    code: 'swgroup-unknown',
    before:
      '#define TEGRA_SWGROUP_AFI 3\n#define TEGRA_SWGROUP_AVPC 4\n&{/soc} {\n\tavpc@2000 {\n\t\tiommus = <&mc 200>;\n\t};\n};\n',
    after:
      '#define TEGRA_SWGROUP_AFI 3\n#define TEGRA_SWGROUP_AVPC 4\n&{/soc} {\n\tavpc@2000 {\n\t\tiommus = <&mc TEGRA_SWGROUP_AVPC>;\n\t};\n};\n',
  },
  {
    code: 'legacy-mmu-masters',
    before: '&smmu_old {\n\tmmu-masters = <&a 0x480>;\n};\n\n&a {\n\t#stream-id-cells = <1>;\n};\n',
    after: '&smmu_old {\n\t#iommu-cells = <1>;\n};\n\n&a {\n};\n',
    elsewhere: 'iommus = <&smmu_old 0x480>;',
  },
  {
    code: 'duplicate-specifier',
    before: '&a {\n\tiommus = <&smmu 0x480 0x0>,\n\t\t <&smmu 0x480 0x0>;\n};\n',
    after: '&a {\n\tiommus = <&smmu 0x480 0x0>;\n};\n',
  },
  {
    code: 'redundant-specifier',
    before: '&a {\n\tiommus = <&smmu 0x480 0x3>, <&smmu 0x481 0x0>;\n};\n',
    after: '&a {\n\tiommus = <&smmu 0x480 0x3>;\n};\n',
  },
];

function apply(text: string, finding: Diagnosis, title?: string): string {
  const all = finding.fixes?.() ?? [];
  const fix = all.find((f) => (title === undefined ? f.preferred : f.title.startsWith(title)));
  expect(fix, `one of: ${all.map((f) => f.title).join(' | ')}`).toBeDefined();
  let fixed = text;
  for (const edit of [...(fix?.edits ?? [])].sort((a, b) => b.span.start - a.span.start))
    fixed = fixed.slice(0, edit.span.start) + edit.text + fixed.slice(edit.span.end);
  return fixed;
}

describe('quick fixes', () => {
  test.each(cases.map((c) => [`${c.code}: ${c.before.replace(/\s+/g, ' ')}`, c] as const))('%s', (_, c) => {
    const text = `${exampleBoard}\n${c.before}`;
    const finding = findings(text, c.kernel).find((d) => d.code === `smmu/${c.code}`);
    expect(finding, 'no finding').toBeDefined();
    if (finding === undefined) return;
    const fixed = apply(text, finding, c.title);
    expect(fixed.endsWith(`\n${c.after}`) ? c.after : fixed.slice(-c.after.length - 40)).toBe(c.after);
    if (c.elsewhere !== undefined) expect(fixed).toContain(c.elsewhere);
    const left = findings(fixed, c.kernel);
    expect(left.filter((d) => d.code === finding.code).map(clean)).toEqual([]);
    // nothing new that is worse
    const before = new Set(findings(text, c.kernel).map((d) => d.code));
    expect(left.filter((d) => d.severity === 'error' && !before.has(d.code)).map(clean)).toEqual([]);
    // what the fix wrote stands as the formatter would have it
    const snapshot = snapshotOfTexts({ 'board.dts': fixed }, simulateForTest);
    const file = snapshot.file('file:///t/board.dts');
    expect(file).not.toBeNull();
    if (file === null) return;
    const shifted = formatRange(file, fixed.length - c.after.length, fixed.length).map((e) => e.text);
    expect(shifted).toEqual([]);
  });
});

describe('an IOMMU that the shared include disables', () => {
  const soc = exampleBoard
    .replace('/dts-v1/;\n', '')
    .replace('smmu: iommu@15000000 {', 'smmu: iommu@15000000 {\n\t\t\tstatus = "disabled";')
    .replace('a: dma@1000000 {', 'a: dma@1000000 { iommus = <&smmu 0x480 0x0>; status = "disabled";');

  function openBoard(board: string) {
    const snapshot = snapshotOfTexts({ 'board.dts': `/dts-v1/;\n#include "soc.dtsi"\n${board}`, 'soc.dtsi': soc });
    const context = contextOf(snapshot);
    const all = diagnose(context, snapshot.problems, {}).filter((d) => d.code === 'smmu/provider-disabled');
    return { all, board: snapshot.file('file:///t/board.dts')?.text ?? '' };
  }

  test.each([
    [
      'a new reference',
      '\n&a {\n\tstatus = "okay";\n};\n',
      '\n&a {\n\tstatus = "okay";\n};\n\n&smmu {\n\tstatus = "okay";\n};\n',
    ],
    [
      'the reference that is there',
      '\n&smmu {\n\tdma-coherent;\n};\n\n&a {\n\tstatus = "okay";\n};\n',
      '\n&smmu {\n\tstatus = "okay";\n\tdma-coherent;\n};\n\n&a {\n\tstatus = "okay";\n};\n',
    ],
  ])('is enabled on the board: %s', (_, before, after) => {
    const { all, board } = openBoard(before);
    // the warning stands where the board enables the master, a hint where the include names the IOMMU
    expect(all.map((d) => [d.severity, d.span?.file.uri, d.span?.file.text.slice(d.span.start, d.span.end)])).toEqual([
      ['warning', 'file:///t/board.dts', '&a'],
      ['hint', 'file:///t/soc.dtsi', '&smmu 0x480 0x0'],
    ]);
    const fixes = all[0]?.fixes?.() ?? [];
    expect(fixes.map((f) => [f.title, f.preferred, f.edits[0]?.span.file.uri])).toEqual([
      ['Enable &smmu in board.dts', true, 'file:///t/board.dts'],
      ['Enable &smmu in soc.dtsi, for every board that includes it', false, 'file:///t/soc.dtsi'],
    ]);
    const edit = fixes[0]?.edits[0];
    if (edit === undefined) return;
    const fixed = board.slice(0, edit.span.start) + edit.text + board.slice(edit.span.end);
    expect(fixed.endsWith(after) ? after : fixed).toBe(after);
    expect(openBoard(fixed.slice(fixed.indexOf('"soc.dtsi"\n') + 11)).all).toEqual([]);
  });
});

describe('one mistake, one finding', () => {
  test.each([
    ['a cell too many', '&a { iommus = <&smmu 0x480 0x0 0x0>; };', 'cell-count'],
    ['a cell too many that is a phandle of nobody', '&a { iommus = <&smmu 0x480 0x0 0x5000>; };', 'cell-count'],
    ['a cell too many for one cell', '&a { iommus = <&smmu3 0x480 0x0>; };', 'cell-count'],
    ['a cell too many before another entry', '&a { iommus = <&smmu3 0x480 0x0>, <&smmu3 0x481>; };', 'cell-count'],
    ['a cell too few', '&a { iommus = <&smmu 0x480>; };', 'cell-count'],
    ['a cell too few before another entry', '&a { iommus = <&smmu 0x480>, <&smmu 0x500 0x0>; };', 'cell-count'],
    ['a hole', '&a { iommus = <&smmu 0x480 0x0>, <0>, <&smmu 0x481 0x0>; };', 'hole'],
    ['rows that overlap', '&pcie { iommu-map = <0x0 &smmu3 0x0 0x200>, <0x100 &smmu3 0x100 0x200>; };', 'map-overlap'],
  ])('%s', (_, fragment, code) => {
    const said = findings(`${exampleBoard}${fragment}\n`, undefined).filter((d) => d.severity !== 'hint');
    expect(said.map((d) => d.code)).toEqual([`smmu/${code}`]);
  });
});
