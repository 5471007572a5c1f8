/** virtio-iommu (drivers/iommu/virtio-iommu.c; Virtio 1.2, 5.13): endpoints and mappings by request, no tables. */
import type { DtNode } from '../../../devicetree/model';
import { capacityFlag, capacityOf, capacityWide } from '../../../iommu/capacity';
import { factWide, type HardwareFacts } from '../../../iommu/hardware-facts';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENOENT } from '../../contract/errno';
import type { IommuInstance, ProbeProvider, ReservedRegion } from '../../contract/iommu-driver';
import { kernelState } from '../kernel-state';
import { IntervalTable } from '../tables/intervals';
import { COMMON } from './defaults';
import { type FamilyDescription, SingleIommu } from './single-iommu';

class VirtioIommu extends SingleIommu {
  constructor(
    private readonly msi: ReservedRegion | null,
    ...rest: ConstructorParameters<typeof SingleIommu>
  ) {
    super(...rest);
  }

  /** viommu_domain_finalise() gives identity domains the device's page sizes and input range too. */
  get identityGeometry(): NonNullable<IommuInstance['identityGeometry']> {
    const { start, end } = this.family.aperture(this.device);
    return { pageSizes: this.family.pageSizes, start, end };
  }

  /** The device's own MSI window; without one, the software window. */
  override reservedRegions(): readonly ReservedRegion[] {
    return [this.msi ?? { start: 0x8000000n, length: 0x100000n, type: 'software-msi' }];
  }
}

/** Endpoint IDs that the device model knows: the scenario's list, else the PCI functions of the machine. */
function knownEndpoints(hardware: HardwareFacts, functions: readonly SimDevice[]): (id: number) => boolean {
  if (Array.isArray(hardware.endpoints)) {
    const list = new Set(hardware.endpoints.map((entry) => Number(entry)));
    return (id) => list.has(id);
  }
  if (functions.length === 0) return () => true;
  return (id) => functions.some((device) => device.pci?.rid === id);
}

/**
 * viommu_probe(). Facts: `pageSizeMask`, `inputStart`, `inputEnd`, `bypassConfig` (identity domains without mappings),
 * `bypass` (what happens to endpoints that are not attached), `msiStart`/`msiSize` (a window that the device reports), `endpoints`. Defaults as in QEMU.
 */
export const probeVirtio: ProbeProvider = (device, machine, kernel, hardware) => {
  const node: DtNode | null = device.node ?? device.parent?.node ?? null;
  if (node === null) return { error: ENODEV };
  const capacity = capacityOf(node, hardware, 'virtio-iommu');
  const pageSizes = capacityWide(capacity, 'pageSizeMask');
  if (pageSizes === 0n) return { error: EINVAL };
  const start = capacityWide(capacity, 'inputStart');
  const end = capacityWide(capacity, 'inputEnd');
  const msiStart = factWide(hardware.msiStart) ?? 0x8090000n;
  const msiSize = factWide(hardware.msiSize) ?? 0x10000n;
  const msi: ReservedRegion | null =
    hardware.msiStart === null ? null : { start: msiStart, length: msiSize, type: 'msi' };
  const known = knownEndpoints(hardware, machine.devicesOfBus('pci'));
  const family: FamilyDescription = {
    ...COMMON,
    driver: 'virtio-iommu',
    model: 'virtio-iommu',
    capacity,
    sysfsName: device.parent?.name ?? device.name,
    pageSizes,
    aperture: () => ({ start, end, force: true }),
    table: () => new IntervalTable({ pageSizes, start, end, existing: -17, rights: true, whole: true }),
    tableAtAllocation: true,
    group: 'pci-or-device',
    identity: capacityFlag(capacity, 'bypassConfig'),
    deferredFlush: true,
    coherent: true,
    firmwareRegions: true,
    xlate: (_master, cells) => [cells[0] ?? 0],
    // The probe request of an unknown endpoint fails.
    admit: (_master, fwspec) => (fwspec.ids.every((id) => known(id)) ? 0 : ENOENT),
    // Without the device's bypass, endpoints that nobody attached are blocked.
    unattachedLines:
      hardware.bypass === false
        ? (stream, iova) =>
            kernelState(machine).limit('viommu_fault_handler').allows()
              ? [`unknown fault from EP ${stream} at ${iova === 0n ? '0' : `0x${iova.toString(16)}`} []`]
              : []
        : null,
    rateLimit: 'viommu_fault_handler',
    faultLines: ({ iova, write, stream, fault }) => {
      const rights = fault === 'permission' ? (write ? 'W' : 'R') : '';
      return [`page fault from EP ${stream} at ${iova === 0n ? '0' : `0x${iova.toString(16)}`} [${rights}]`];
    },
  };
  const instance = new VirtioIommu(msi, device, node, machine, kernel, family);
  machine.message('info', device, `input address: ${(end - 1n).toString(2).length} bits`);
  machine.message('info', device, `page mask: 0x${pageSizes.toString(16)}`);
  return { error: 0, instance };
};
