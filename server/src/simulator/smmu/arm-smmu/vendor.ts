/**
 * What vendors' drivers of Arm's SMMU read besides mainline's, of masters and of the SMMU: Qualcomm's for SMMUs that no mainline
 * kernel drives, NVIDIA's L4T for its own where the tree is written for it. That they do the rest as mainline's is assumed.
 */
import type { DtNode } from '../../../devicetree/model';
import { cellsOf, stringsOf } from '../../../devicetree/read';
import type { AddressRange } from '../../../iommu/addresses';
import { phandleTarget } from '../../../iommu/nodes';
import { outsideOf, qcomGroupNode, qcomRanges, vendorOf } from '../../../iommu/vendor';
import { l4tSidSpace } from '../../../iommu/vendor-values';
import type { SimDevice } from '../../contract/device';
import { ENOMEM, type Errno } from '../../contract/errno';
import type { GroupFactory, GroupRef, ReservedRegion } from '../../contract/iommu-driver';
import type { KernelState } from '../kernel-state';
import { l4tRegions } from '../l4t';

/** Which vendor's driver drives an SMMU; null: mainline's. */
function driverOf(node: DtNode): string | null {
  return vendorOf(node)?.driver ?? null;
}

/** The group that a vendor's driver puts a device in before it looks at its entries; null: none. `stream` is its first. */
export function vendorGroup(
  smmu: DtNode,
  device: SimDevice,
  stream: number,
  groups: GroupFactory,
  state: KernelState,
): GroupRef | Errno | null {
  switch (driverOf(smmu)) {
    case 'l4t-t19x-smmu': {
      const space = l4tSidSpace(smmu, stream);
      if (space === undefined) return null;
      if (space === null) return ENOMEM;
      return known(
        space.node,
        state.static('l4t address spaces', () => new Map<DtNode, GroupRef>()),
        groups,
        () => groups.allocate(),
      );
    }
    case 'qcom-arm-smmu':
      return sharedGroup(
        device,
        groups,
        state.static('qcom,iommu-group', () => new Map<DtNode, SimDevice[]>()),
      );
    case 'l4t-arm-smmu':
      return numberedGroup(
        device,
        groups,
        state.static('iommu-group-id', () => new Map<number, GroupRef>()),
      );
    default:
      return null;
  }
}

/** The regions that a vendor's driver reserves for a device besides mainline's. */
export function vendorRegions(smmu: DtNode, device: SimDevice, stream: number): ReservedRegion[] {
  switch (driverOf(smmu)) {
    case 'l4t-t19x-smmu': {
      const space = l4tSidSpace(smmu, stream);
      return space == null ? [] : outside([{ address: space.start, size: space.end - space.start + 1n }]);
    }
    case 'qcom-arm-smmu':
      return outsidePool(device);
    case 'l4t-arm-smmu':
      return device.node === null ? [] : l4tRegions(device.node);
    default:
      return [];
  }
}

/** Address bits of a stage-1 context: three levels of tables are what qcom,use-3-lvl-tables allows (arm_smmu_init_domain_context). */
export function vendorInputBits(smmu: DtNode, bits: number): number {
  return driverOf(smmu) === 'qcom-arm-smmu' && smmu.properties.has('qcom,use-3-lvl-tables') ? Math.min(bits, 39) : bits;
}

/** A number of the ID registers: qcom,num-smr-override and qcom,num-context-banks-override may lower it (arm_smmu_device_cfg_probe). */
export function vendorLimit(smmu: DtNode, kind: 'smr' | 'context-banks', number: number): number {
  if (driverOf(smmu) !== 'qcom-arm-smmu') return number;
  return Math.min(number, cellsOf(smmu.properties.get(`qcom,num-${kind}-override`))[0] ?? number);
}

/**
 * With which words the kernel stops at a context fault that no handler takes: Qualcomm's BUGs, unless qcom,iommu-faults of the
 * domain's first master has non-fatal (arm_smmu_context_fault). Null: it goes on.
 */
export function vendorFatal(smmu: DtNode, master: SimDevice | undefined): string | null {
  if (driverOf(smmu) !== 'qcom-arm-smmu') return null;
  const node = master?.node ?? null;
  const words = node === null ? [] : stringsOf(qcomGroupNode(node).properties.get('qcom,iommu-faults'));
  return words.includes('non-fatal') ? null : 'BUG in arm_smmu_context_fault (qcom,iommu-faults is not non-fatal)';
}

/** qcom_iommu_generate_resv_regions: everything outside of qcom,iommu-dma-addr-pool is reserved; nothing where it is refused. */
function outsidePool(device: SimDevice): ReservedRegion[] {
  if (device.node === null) return [];
  const pool = qcomRanges(qcomGroupNode(device.node), 'qcom,iommu-dma-addr-pool');
  if (pool === null || pool.error !== null) return [];
  return outside(pool.ranges);
}

function outside(ranges: readonly AddressRange[]): ReservedRegion[] {
  return outsideOf(ranges).map(({ address, size }) => ({ start: address, length: size, type: 'reserved' }));
}

/** The group of a key, made where there is none yet. */
function known<K>(key: K, list: Map<K, GroupRef>, groups: GroupFactory, make: () => GroupRef): GroupRef {
  const found = list.get(key);
  if (found !== undefined) return found;
  const made = make();
  list.set(key, made);
  groups.onRelease(made, () => list.delete(key));
  return made;
}

/** Whether qcom,iommu-dma asks for a domain that is one to one. */
export function wantsBypass(smmu: DtNode, device: SimDevice): boolean {
  if (device.node === null || driverOf(smmu) !== 'qcom-arm-smmu') return false;
  return stringsOf(qcomGroupNode(device.node).properties.get('qcom,iommu-dma'))[0] === 'bypass';
}

/**
 * of_get_device_group: the group of a device that is in one and names the same qcom,iommu-group, else a new one. Null for a device without
 * the property. `sharers` are the devices that came this way before.
 */
function sharedGroup(device: SimDevice, groups: GroupFactory, sharers: Map<DtNode, SimDevice[]>): GroupRef | null {
  const node = device.node === null ? null : phandleTarget(device.node, 'qcom,iommu-group');
  if (node === null) return null;
  const devices = sharers.get(node) ?? [];
  sharers.set(node, [...devices.filter((other) => other !== device), device]);
  for (const other of devices) {
    const group = other === device ? null : groups.of(other);
    if (group !== null) return group;
  }
  return groups.allocate();
}

/** tegra_smmu_of_get_group (of_tegra-smmu.c of L4T): the group of the number, over all SMMUs of the system; null without a number. */
function numberedGroup(device: SimDevice, groups: GroupFactory, list: Map<number, GroupRef>): GroupRef | null {
  const number = cellsOf(device.node?.properties.get('iommu-group-id'))[0];
  if (number === undefined) return null;
  return known(number, list, groups, () => (device.pci === null ? groups.allocate() : groups.pci(device)));
}
