/** What an IOMMU does with the DMA of a device that it has no entry for. */
import { modelFor } from './kernel/rules';

/**
 * Whether a driver, by default, makes its IOMMU refuse it: arm-smmu by sCR0.USFCFG and S2CR_TYPE_FAULT, since
 * CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT (5.2) unless arm-smmu.disable_bypass=0; arm-smmu-v3 by stream table entries that
 * abort (arm_smmu_write_strtab_ent with disable_bypass in 5.10, arm_smmu_make_abort_ste in 6.12). False: it does not, or nobody knows.
 */
export function blocksUnlisted(driver: string | null, kernel: string, cmdline = ''): boolean {
  if (modelFor(kernel)?.smmuBypass !== 'kconfig') return false;
  return driver === 'arm-smmu'
    ? !/(?:^|\s)arm[-_]smmu\.disable_bypass=(?:0|n|f|of)/i.test(cmdline)
    : driver === 'arm-smmu-v3';
}
