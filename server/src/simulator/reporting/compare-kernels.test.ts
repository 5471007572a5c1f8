/** What the comparison of kernels says of a master that differs, and of one that does not. */
import { describe, expect, it } from 'vitest';
import { rig } from '../../../test/helpers/rig';
import { gic, iommu, master } from '../../../test/kernels/boards';
import { compareKernels } from './compare-kernels';

const reports = (soc: string, kernels: readonly string[]) =>
  kernels.map((kernel) => rig(`${gic}${soc}`, { kernel }).report);

describe('compareKernels', () => {
  it('says that a master without driver has its group in 7.3 only', () => {
    const without = `c0: client@a100000 { compatible = "oracle,no-driver"; reg = <0 0xa100000 0 0x1000>; iommus = <&oi 1>; };`;
    const [difference] = compareKernels(reports(iommu() + without, ['6.12', '7.3']), ['/soc/client@a100000']).masters;
    expect(difference?.texts).toContainEqual(expect.stringMatching(/has a group in 7\.3, none in 6\.12/));
    expect(difference?.kernels.map((k) => k.groupedWith.length)).toEqual([0, 1]);
  });

  it('counts what is alike', () => {
    const { masters, alike } = compareKernels(reports(iommu() + master(0), ['6.12', '6.12']), ['/soc/client@a100000']);
    expect([masters, alike]).toEqual([[], 1]);
  });
});
