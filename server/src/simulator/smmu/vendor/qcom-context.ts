/**
 * Qualcomm's context-bank IOMMU (drivers/iommu/arm/arm-smmu/qcom_iommu.c): each context bank is a child node, its number
 * the only cell of a specifier.
 */
import type { DtNode } from '../../../devicetree/model';
import { isAvailable, stringsOf, u32 } from '../../../devicetree/read';
import { isCompatible, registerRanges } from '../../../iommu/nodes';
import { EINVAL, ENODEV, ENOENT } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { contextFaultLine } from '../arm-smmu/fault-text';
import { LpaeTable } from '../tables/lpae';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

const CONTEXTS = [
  'qcom,msm-iommu-v1-ns',
  'qcom,msm-iommu-v1-sec',
  'qcom,msm-iommu-v2-ns',
  'qcom,msm-iommu-v2-sec',
] as const;

/** get_asid(): `qcom,ctx-asid`, else the page of the child's registers. */
function bankOf(child: DtNode): number | null {
  if (child.properties.has('qcom,ctx-asid')) return u32(child, 'qcom,ctx-asid', 0);
  const base = registerRanges(child)[0]?.base;
  return base === undefined ? null : Number(base / 0x1000n);
}

/** qcom_iommu_device_probe(). */
export const probeQcomContext: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null) return { error: ENODEV };
  const clocks = stringsOf(node.properties.get('clock-names'));
  for (const name of ['iface', 'bus'])
    if (!clocks.includes(name)) {
      machine.message('err', device, `failed to get ${name} clock`);
      return { error: ENOENT };
    }
  if (!node.properties.has('qcom,iommu-secure-id')) {
    machine.message('err', device, 'missing qcom,iommu-secure-id property');
    return { error: ENODEV };
  }
  const banks = new Map<number, DtNode>();
  for (const child of node.children.values()) {
    const bank = isAvailable(child) && isCompatible(child, ...CONTEXTS) ? bankOf(child) : null;
    if (bank !== null) banks.set(bank, child);
  }
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'qcom_iommu',
    model: 'qcom-iommu',
    sysfsName: device.name,
    pageSizes: 0x1000n | 0x10000n | 0x100000n | 0x1000000n,
    aperture: () => ({ start: 0n, end: 0xffff_ffffn, force: true }),
    table: (state) => {
      const config = {
        stage: 1 as const,
        ias: 32,
        oas: 40,
        coherentWalk: false,
        ttbr1: false,
        refusesParts: kernel.model.refusesPartialUnmap,
      };
      return LpaeTable.known({ ...config, pageSizes: 0x40201000n, cpuPageSize: kernel.pageSize }, state.tables);
    },
    tableAtAllocation: false,
    identity: true,
    link: ['pm-runtime'],
    xlate: (master, cells) => {
      const bank = cells[0] ?? 0;
      if (cells.length !== 1) {
        const text = `incorrect number of iommu params found for ${node.name} (found ${cells.length}, expected 1)`;
        machine.message('err', master, text);
        return EINVAL;
      }
      return banks.has(bank) ? [bank] : EINVAL;
    },
    rateLimit: 'qcom_iommu_fault',
    // The context's own device speaks (qcom-iommu-ctx).
    faultDevice: ({ stream }) => {
      const child = banks.get(stream);
      return (child === undefined ? null : machine.deviceOf(child)) ?? device;
    },
    handlerSilences: true,
    faultLines: ({ iova, write, stream, fault }) => {
      const fsr = fault === 'translation' ? 0x2 : 0x8;
      const line = contextFaultLine({ fsr, iova: 0n, fsynr0: write ? 0x10 : 0, cbfrsynra: 0, bank: stream });
      return [
        line.replace('iova=0x00000000', `iova=0x${iova.toString(16).padStart(16, '0')}`).replace(/, cbfrsynra=0x0/, ''),
      ];
    },
  });
  return { error: 0, instance };
};
