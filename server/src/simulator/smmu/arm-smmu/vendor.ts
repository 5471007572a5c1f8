/**
 * What Qualcomm's kernels read of a master besides mainline, for SMMUs that no mainline kernel drives: that a vendor's kernel boots is
 * then certain, and that its driver does the rest as mainline's is assumed.
 */
import type { DtNode } from '../../../devicetree/model';
import { stringsOf } from '../../../devicetree/read';
import { phandleTarget } from '../../../iommu/nodes';
import { outsideOf, qcomGroupNode, qcomRanges, vendorIommuOf } from '../../../iommu/vendor';
import type { SimDevice } from '../../contract/device';
import type { GroupFactory, GroupRef, ReservedRegion } from '../../contract/iommu-driver';
import type { ReportCapacity } from '../../report';

/** Whether the kernel that drives an SMMU reads the qcom,iommu properties of its masters. */
export function readsQcomProperties(node: DtNode): boolean {
  return vendorIommuOf(node)?.vendor === 'qcom';
}

/** qcom_iommu_generate_resv_regions: everything outside of qcom,iommu-dma-addr-pool is reserved; nothing where it is refused. */
export function outsidePool(device: SimDevice): ReservedRegion[] {
  if (device.node === null) return [];
  const pool = qcomRanges(qcomGroupNode(device.node), 'qcom,iommu-dma-addr-pool');
  if (pool === null || pool.error !== null) return [];
  return outsideOf(pool.ranges).map(({ address, size }) => ({ start: address, length: size, type: 'reserved' }));
}

/** Whether qcom,iommu-dma asks for a domain that is one to one. */
export function wantsBypass(device: SimDevice): boolean {
  if (device.node === null) return false;
  return stringsOf(qcomGroupNode(device.node).properties.get('qcom,iommu-dma'))[0] === 'bypass';
}

/**
 * of_get_device_group: the group of a device that is in one and names the same qcom,iommu-group, else a new one. Null for a device without
 * the property. `known` are the devices that came this way before.
 */
export function sharedGroup(device: SimDevice, groups: GroupFactory, known: Map<DtNode, SimDevice[]>): GroupRef | null {
  const node = device.node === null ? null : phandleTarget(device.node, 'qcom,iommu-group');
  if (node === null) return null;
  const devices = known.get(node) ?? [];
  known.set(node, [...devices.filter((other) => other !== device), device]);
  for (const other of devices) {
    const group = other === device ? null : groups.of(other);
    if (group !== null) return group;
  }
  return groups.allocate();
}

/** What the report says of all this. */
export const QCOM_ASSUMED: ReportCapacity = {
  name: 'vendorProperties',
  value: 'qcom,iommu-dma-addr-pool, qcom,iommu-group, qcom,iommu-dma',
  assumed: true,
  source:
    "no mainline kernel drives this SMMU: the vendor's driver is taken to do as mainline's, and to read these properties (qcom-iommu-util.c, arm-smmu.c of Qualcomm's kernels)",
};
