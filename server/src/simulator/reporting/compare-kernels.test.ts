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

  it('names the master that keeps its IOMMU from registering, for itself and for the others', () => {
    const v3 = `oi: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; };`;
    const tooBig = `c1: client@a101000 { compatible = "oracle,client"; reg = <0 0xa101000 0 0x1000>; iommus = <&oi 0xffffffff>; };`;
    const soc = `${gic}${v3}${master(0)}${tooBig}`;
    const options = { catalogue: true, scenario: { devices: [] } };
    const compared = compareKernels(
      ['6.12', '7.3'].map((kernel) => rig(soc, { ...options, kernel }).report),
      ['/soc/client@a100000', '/soc/client@a101000'],
    );
    const cause = 'alone keeps its whole IOMMU /soc/iommu@c000000 from registering: adding it ends with error -34';
    expect(compared.masters.map(({ kernels }) => kernels.map((k) => k.cause))).toEqual([
      [null, `/soc/client@a101000 ${cause}`],
      [null, `this master ${cause}`],
    ]);
    expect(compared.masters.flatMap(({ texts }) => texts)).toContainEqual(
      expect.stringContaining(
        `/soc/client@a100000 is translated in 6.12, not in 7.3: in 7.3 /soc/client@a101000 ${cause}`,
      ),
    );
  });

  it('counts what is alike', () => {
    const { masters, alike } = compareKernels(reports(iommu() + master(0), ['6.12', '6.12']), ['/soc/client@a100000']);
    expect([masters, alike]).toEqual([[], 1]);
  });
});
