/** Which entries of `iommus` the kernel comes to, and what is said of those that it does not. */
import { describe, expect, test } from 'vitest';
import { snapshotOfTexts } from '../../test/helpers/board';
import { ruleContext } from '../language/rules/context';
import { exampleBoard } from '../language/rules/examples';
import { diagnose } from '../language/rules/findings';

const of = (iommus: string) => {
  const text = `${exampleBoard}&smmu_b { status = "disabled"; };\n&a { iommus = ${iommus}; };\n&b { iommus = <&smmu 0x20 0x0>; };\n`;
  return snapshotOfTexts({ 'board.dts': text });
};

describe.each([
  ['all of a whole list', '<&smmu 0x10 0x0>, <&smmu 0x20 0x0>', [0x10, 0x20], [0x10, 0x20]],
  ['none behind a phandle of 0', '<&smmu 0x10 0x0>, <0>, <&smmu 0x20 0x0>', [0x10], [0x10, 0x20]],
  ['none behind one cell too many that is 0', '<&smmu 0x10 0x0 0>, <&smmu 0x20 0x0>', [0x10], [0x10, 0x20]],
  ['none when the first one is 0', '<0>, <&smmu 0x20 0x0>', [], [0x20]],
  ['none behind a disabled IOMMU', '<&smmu 0x10 0x0>, <&smmu_b 1 0>, <&smmu 0x20 0x0>', [0x10], [0x10, 0x20]],
  ['none behind another driver', '<&smmu 0x10 0x0>, <&smmu3 1>, <&smmu 0x20 0x0>', [0x10], [0x10, 0x20]],
  ['none from too few cells on', '<&smmu 0x10 0x0>, <&smmu 0x20>', [0x10], [0x10]],
])('the kernel reads %s', (_, iommus, read, named) => {
  const { tree, view, problems } = of(iommus);
  const smmu = view.providers.find(({ node }) => node.name === 'iommu@15000000');
  const ids = (uses: readonly { id: number; node: { path: string } }[] = []) =>
    uses.filter(({ node }) => node.path === '/soc/dma@1000000').map(({ id }) => id);
  test('its streams', () => {
    expect(ids(smmu && view.uses(smmu))).toEqual(read);
    expect(ids(smmu && view.named(smmu))).toEqual(named);
  });
  test('a stream that it does not read meets no other', () => {
    const shared = diagnose(ruleContext(tree, view, null), problems, {}).filter((d) => d.code === 'smmu/group-shared');
    expect(shared.length > 0).toBe(read.includes(0x20));
  });
});
