import { expect, test } from 'vitest';
import { blocksUnlisted } from './unlisted';

test.each<[string | null, string, string, boolean]>([
  ['arm-smmu', '4.12', '', false],
  ['arm-smmu', '5.10', '', true],
  ['arm-smmu', '7.3', '', true],
  ['arm-smmu', '6.12', 'quiet arm-smmu.disable_bypass=0', false],
  ['arm-smmu', '6.12', 'arm-smmu.disable_bypass=1', true],
  ['arm-smmu-v3', '6.12', '', true],
  ['arm-smmu-v3', '6.12', 'arm-smmu.disable_bypass=n', true],
  ['rk_iommu', '6.12', '', false],
  [null, '6.12', '', false],
])('%s of Linux %s with "%s"', (driver, kernel, cmdline, blocks) => {
  expect(blocksUnlisted(driver, kernel, cmdline)).toBe(blocks);
});
