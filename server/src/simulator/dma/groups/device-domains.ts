/**
 * Attaching where the unit is the device (3.19: __iommu_attach_device): the core asks only that the device's bus has
 * IOMMU operations; whether the device may be attached, and over what, is the driver's answer.
 */
import type { SimDevice } from '../../contract/device';
import { ENODEV, type Errno } from '../../contract/errno';
import type { MachineServices } from '../../contract/machine';
import type { DeviceStates } from '../device-state';
import type { Domain } from '../domain';
import type { Group } from './groups';

export class DeviceDomains {
  /** How the driver of a domain finds the IOMMU of a device that of_xlate never saw: false when it serves none. Set by the core. */
  masters: { adopt(device: SimDevice, driver: string): boolean } | null = null;

  constructor(
    private readonly machine: MachineServices,
    private readonly states: DeviceStates,
  ) {}

  /** iommu_attach_device: the driver's own result. */
  attach(device: SimDevice, domain: Domain): Errno {
    const state = this.states.of(device);
    const served = domain.owner.attachesAny === true || this.masters?.adopt(device, domain.owner.driver) === true;
    const result = served ? domain.attach(device) : ENODEV;
    this.machine.trace('attach', device, { domain: domain.type, driver: domain.owner.driver, result });
    if (result === 0) state.ownDomain = domain;
    return result;
  }

  /** iommu_attach_group: device by device, until one fails; those before it stay attached. */
  attachGroup(group: Group | null, domain: Domain): Errno {
    if (group === null) return ENODEV;
    for (const device of group.devices) {
      const result = this.attach(device, domain);
      if (result !== 0) return result;
    }
    return 0;
  }

  /** iommu_detach_device: the driver leaves the device without a domain; a domain that is not attached stays where it is. */
  detach(device: SimDevice, domain: Domain): void {
    const state = this.states.of(device);
    if (state.ownDomain !== domain) return;
    (state.instance ?? state.fwspec?.instance)?.identity?.attach(device);
    state.ownDomain = null;
  }

  /** iommu_detach_group. */
  detachGroup(group: Group | null, domain: Domain): void {
    for (const device of group?.devices ?? []) this.detach(device, domain);
  }
}
