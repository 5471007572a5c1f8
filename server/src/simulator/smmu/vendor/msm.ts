/** Qualcomm's first IOMMU (drivers/iommu/msm_iommu.c): machine IDs, short descriptors, 32-bit ARM only. */

import { u32 } from '../../../devicetree/read';
import { interruptCount, registerRanges } from '../../../iommu/nodes';
import { EINVAL, type ProbeProvider } from '../../contract';
import { ShortTable } from '../tables/short';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

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
    table: (state) => new ShortTable({}, state.tables),
    contexts: banks,
    xlate: (_device, cells) => [cells[0] ?? 0],
    faultLines: () => [
      'Unexpected IOMMU page fault!',
      'base = (ptrval)',
      'Fault occurred in context 0.',
      'Interesting registers:',
    ],
  });
  return { error: 0, instance };
};
