/** Qualcomm's first IOMMU (drivers/iommu/msm_iommu.c): machine IDs, short descriptors, 32-bit ARM only. */

import { u32 } from '../../../devicetree/read';
import { interruptCount, registerRanges } from '../../../iommu/nodes';
import { EINVAL } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { ShortTable } from '../tables/short';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

/** What __program_context() leaves (msm_iommu_hw-8xxx.h): M, TRE, AFE; CFEIE, RCOSH, RCISH, RCNSH, TLBMCFG, CFCFG, V2PCFG. */
const SCTLR = 0x7;
const ACTLR = 0x37072;

/** msm_iommu_probe(): `qcom,ncb` is the number of context banks. */
export const probeMsm: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0 || interruptCount(node) === 0) return { error: EINVAL };
  const banks = u32(node, 'qcom,ncb', -1);
  if (banks < 0) {
    machine.message('err', device, 'could not get ncb');
    return { error: EINVAL };
  }
  const base = registerRanges(node)[0]?.base ?? 0n;
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'msm_iommu',
    model: 'msm-iommu',
    sysfsName: `msm-smmu.0x${base.toString(16).padStart(8, '0')}`,
    pageSizes: 0x1000n | 0x10000n | 0x100000n | 0x1000000n,
    table: (state) => new ShortTable({ refusesParts: kernel.model.refusesPartialUnmap }, state.tables),
    contexts: banks,
    xlate: (_device, cells) => [cells[0] ?? 0],
    // msm_iommu_fault_handler(), print_ctx_regs(): pr_err with the module's name in front.
    faultDevice: () => null,
    faultLines: ({ iova, fault, domain, instance }) => {
      const word = (value: bigint | number): string => value.toString(16).padStart(8, '0');
      const fsr = fault === 'translation' ? 0x2 : 0x8;
      const context = instance.contextOf(domain);
      const table = domain.walk(iova)[0]?.table ?? 0n;
      return [
        'Unexpected IOMMU page fault!',
        // The address at which the registers are mapped into the kernel: no prediction.
        `base = ${word(0)}`,
        `Fault occurred in context ${context}.`,
        'Interesting registers:',
        `FAR    = ${word(iova)}    PAR    = ${word(0)}`,
        `FSR    = ${word(fsr)} [${fault === 'translation' ? 'TF ' : 'APF '}]`,
        `FSYNR0 = ${word(0)}    FSYNR1 = ${word(0)}`,
        `TTBR0  = ${word(table)}    TTBR1  = ${word(0)}`,
        `SCTLR  = ${word(SCTLR)}    ACTLR  = ${word(ACTLR)}`,
      ].map((line) => `msm_iommu: ${line}`);
    },
  });
  return { error: 0, instance };
};
