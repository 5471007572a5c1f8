/**
 * RISC-V IOMMU (RISC-V IOMMU Architecture Specification 1.0; drivers/iommu/riscv of Linux 6.13 and later, no driver
 * before): a device directory of one to three levels, one address space a domain, faults through a queue.
 */
import { capacityFlag, capacityNumber, capacityOf } from '../../../iommu/capacity';
import { interruptCount, registerRanges } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, type Errno } from '../../contract/errno';
import type { FwSpec, ProbeProvider } from '../../contract/iommu-driver';
import { kernelState } from '../kernel-state';
import { riscvTable } from '../tables/riscv';
import { COMMON } from '../vendor/defaults';
import { type FamilyDescription, SingleIommu } from '../vendor/single-iommu';
import { CAUSE } from './fault-causes';

/**
 * Device IDs that a directory of `levels` reaches (2.2 of the specification): leaves hold 7 bits of the ID with base
 * format contexts and 6 with extended ones (capabilities.MSI_FLAT), each further level 9 (the third 8 with base format).
 */
export function deviceIdBits(levels: number, msiFlat: boolean): number {
  return [msiFlat ? 6 : 7, msiFlat ? 15 : 16, 24][levels - 1] ?? 24;
}

class RiscvIommu extends SingleIommu {
  private readonly users = new Map<number, Set<SimDevice>>();

  /** riscv_iommu_probe_device(): the context of every ID is prepared; one that is live already is only warned about. */
  override probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    const error = super.probeDevice(device, fwspec);
    if (error !== 0) return error;
    for (const id of fwspec.ids) {
      const users = this.users.get(id) ?? new Set();
      if (users.size > 0) this.machine.message('warn', device, 'already attached to IOMMU device directory');
      users.add(device);
      this.users.set(id, users);
    }
    return 0;
  }

  override releaseDevice(device: SimDevice): void {
    for (const users of this.users.values()) users.delete(device);
    super.releaseDevice(device);
  }
}

/** riscv_iommu_platform_probe() and riscv_iommu_pci_probe(), riscv_iommu_init(). Capabilities: `vaBits`, `msiFlat`, `ddtLevels`, `hardwareDirty`. */
export const probeRiscv: ProbeProvider = (device, machine, kernel, hardware) => {
  const node = device.node;
  if (node === null || !kernel.model.driversAdded.includes(device.pci === null ? 'riscv,iommu' : 'iommu_pci'))
    return { error: ENODEV };
  // A PCI function has its registers in a BAR and its interrupts as messages (riscv_iommu_pci_probe).
  if (device.pci === null && registerRanges(node).length === 0) return { error: EINVAL };
  if (device.pci === null && interruptCount(node) === 0) {
    machine.message('err', device, 'error -ENODEV: no IRQ resources provided');
    return { error: ENODEV };
  }
  const capacity = capacityOf(node, hardware);
  const vaBits = capacityNumber(capacity, 'vaBits');
  const levels = capacityNumber(capacity, 'ddtLevels');
  const idBits = deviceIdBits(levels, capacityFlag(capacity, 'msiFlat'));
  const hardwareDirty = capacityFlag(capacity, 'hardwareDirty');
  if (![39, 48, 57].includes(vaBits)) return { error: EINVAL };
  const line = (cause: number, id: number, iova: bigint): readonly string[] =>
    kernelState(machine).limit('riscv_iommu_fault').allows()
      ? [`Fault ${cause} devid: 0x${id.toString(16)} iotval: ${iova.toString(16)} iotval2: 0`]
      : [];
  const family: FamilyDescription = {
    ...COMMON,
    driver: 'riscv-iommu',
    model: 'riscv-iommu',
    sysfsName: `riscv-iommu@${device.name}`,
    pageSizes: 0x1000n,
    // Half the space: what is above would have to be sign-extended (riscv_iommu_alloc_paging_domain).
    aperture: () => ({ start: 0n, end: (1n << BigInt(vaBits - 1)) - 1n, force: true }),
    table: (state) => riscvTable(vaBits, hardwareDirty, state.tables),
    group: 'pci-or-device',
    blocked: true,
    capacity,
    xlate: (_master, cells) => [cells[0] ?? 0],
    // riscv_iommu_get_dc(): an ID beyond the directory has no context.
    admit: (_master, fwspec) => (fwspec.ids.length === 0 || fwspec.ids.some((id) => id >= 2 ** idBits) ? ENODEV : 0),
    faultLevel: 'warn',
    // A context that is not valid (cause 258), or an ID that the directory's mode has no bits for (260).
    unattachedLines: (id, iova) => line(id >= 2 ** idBits ? CAUSE.TYPE_DISALLOWED : CAUSE.DDT_INVALID, id, iova),
    blockedLines: (id, iova) => line(CAUSE.DDT_INVALID, id, iova),
    faultLines: ({ iova, write, stream }) => line(write ? CAUSE.WRITE_PAGE_FAULT : CAUSE.READ_PAGE_FAULT, stream, iova),
  };
  return { error: 0, instance: new RiscvIommu(device, node, machine, kernel, family) };
};
