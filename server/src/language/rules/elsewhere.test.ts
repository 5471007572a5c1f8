/** Findings of other kernels, on boards whose boots differ. */
import { describe, expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { simulate } from '../../simulator/simulate';
import { ruleContext } from './context';
import { findingsElsewhere } from './elsewhere';
import { exampleBoard } from './examples';
import { diagnose } from './findings';

const on = (fragment: string, kernel: string) => {
  const s = snapshotOfTexts({ 'board.dts': `${exampleBoard}${fragment}` }, (tree) =>
    simulate(tree, { board: 'board', kernel }),
  );
  return { kernel, findings: diagnose(ruleContext(s.tree, s.view, s.report), s.problems, {}) };
};
const TOO_BIG = '&a { iommus = <&smmu3 0x10>; };\n&b { iommus = <&smmu3 0xffffffff>; };';
const REFUSED =
  '/soc/dma@1010000 alone keeps &smmu3 from registering: adding it ends with error -34, and the registration is taken back. With it go /soc/dma@1000000: they wait until the kernel gives up, then run untranslated.';

describe('findings that hold for another kernel', () => {
  test.each<[string, string, string, readonly string[], readonly string[]]>([
    [
      'one of several',
      TOO_BIG,
      '6.12',
      ['6.1', '7.3'],
      [`information smmu/registration-refused: On Linux 7.3: ${REFUSED}`],
    ],
    [
      'two that say the same',
      TOO_BIG,
      '6.12',
      ['6.18', '7.3'],
      [`information smmu/registration-refused: On Linux 6.18 and 7.3: ${REFUSED}`],
    ],
    ['what the active kernel says itself is no news', TOO_BIG, '7.3', ['6.18'], []],
    ['a good board', '&a { iommus = <&smmu3 0x10>; };', '6.12', ['6.18', '7.3'], []],
  ])('%s', (_, fragment, active, others, expected) => {
    const found = findingsElsewhere(
      on(fragment, active).findings,
      others.map((kernel) => on(fragment, kernel)),
    );
    expect(
      found
        .filter((d) => d.code === 'smmu/registration-refused' || expected.length === 0)
        .map((d) => `${d.severity} ${d.code}: ${d.message}`),
    ).toEqual(expected);
  });
});

test.each([
  ['5.10', 'Linux 5.10 does not check that, and is stopped by a kernel BUG when'],
  ['6.12', 'an SMMUv3 refuses a second device (-EINVAL), and'],
  ['7.3', 'an SMMUv3 refuses a second device (-ENODEV), and'],
])('one stream for two masters of an SMMUv3 on %s', (kernel, words) => {
  const { findings } = on('&a { iommus = <&smmu3 0x10>; };\n&b { iommus = <&smmu3 0x10>; };', kernel);
  expect(findings.filter((d) => d.code === 'smmu/stream-twice').map((d) => d.message)).toEqual([
    expect.stringContaining(`: ${words} /soc/dma@1010000`),
  ]);
});
