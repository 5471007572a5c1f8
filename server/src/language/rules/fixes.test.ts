/** Quick fixes: the text they leave, and that the finding is gone from it. */
import { describe, expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { simulateForTest, simulateOn } from '../../../test/helpers/simulation';
import { formatRange } from '../structure/formatting';
import { ruleContext } from './context';
import { exampleBoard } from './examples';
import { type Diagnosis, diagnose } from './findings';

function findings(text: string, kernel: string | undefined): Diagnosis[] {
  const simulate = kernel === undefined ? simulateForTest : simulateOn(kernel);
  const snapshot = snapshotOfTexts({ 'board.dts': text }, simulate);
  return diagnose(ruleContext(snapshot.tree, snapshot.view, snapshot.report), snapshot.problems, {});
}

const clean = (what: Diagnosis) => `${what.code} ${what.span?.start ?? ''}`;

/** Code, what it is, the fragment before and after (of the fragment; other changes are told by `elsewhere`). */
const cases: readonly {
  readonly code: string;
  /** The kernel that boots; absent: the default. */
  readonly kernel?: string;
  readonly before: string;
  readonly after: string;
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

function apply(text: string, finding: Diagnosis): string {
  const fix = finding.fixes?.().find((f) => f.preferred);
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
    const fixed = apply(text, finding);
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
