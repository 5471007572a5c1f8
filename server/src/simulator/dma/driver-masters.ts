/** IOMMU drivers that read `iommus` themselves: in add_device, or (3.19) when a device is attached. */
import type { DeviceTree } from '../../devicetree/model';
import { parsePhandleList } from '../../iommu/specifiers';
import type { SimDevice } from '../contract/device';
import type { IommuInstance } from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import type { DeviceStates } from './device-state';

export class DriverMasters {
  constructor(
    private readonly tree: DeviceTree,
    private readonly kernel: KernelView,
    private readonly states: DeviceStates,
    private readonly instances: readonly IommuInstance[],
  ) {}

  /** Whether an IOMMU's driver is offered devices without fwspec and reads `iommus` of them itself. */
  parses(instance: IommuInstance): boolean {
    const { coreDemandsFwspec, driversThatParse } = this.kernel.model;
    return !coreDemandsFwspec && (instance.parsesMasters === true || driversThatParse.includes(instance.driver));
  }

  get any(): boolean {
    return !this.kernel.model.coreDemandsFwspec && this.instances.some((instance) => this.parses(instance));
  }

  /** The start of tegra_smmu_probe_device, rk_iommu_add_device …: the first registered IOMMU that `iommus` names. */
  parse(device: SimDevice): void {
    const state = this.states.of(device);
    if (device.pci !== null || state.fwspec !== null || state.group !== null) return;
    const all = this.instances.find((instance) => instance.takesEveryDevice === true && this.parses(instance));
    const instance = this.named(device, (one) => this.parses(one)) ?? all;
    if (instance === undefined) return;
    state.fwspec = { instance, ids: [] };
    state.hasIommuParam = true;
  }

  /**
   * attach_dev of a driver that keeps no record of its masters (tegra_smmu_attach_dev of 3.19): it looks at `iommus` of
   * the device that it is given. Returns whether it serves the device.
   */
  adopt(device: SimDevice, driver: string): boolean {
    const state = this.states.of(device);
    const instance = this.named(device, (one) => one.driver === driver);
    if (instance === undefined) return false;
    if (state.instance !== null) return true;
    if (state.fwspec === null) {
      const ids = this.entries(device).flatMap((entry) => (entry.node === instance.node ? entry.args.slice(0, 1) : []));
      state.fwspec = { instance, ids };
      state.hasIommuParam = true;
    }
    if (instance.probeDevice(device, state.fwspec) === 0) state.instance = instance.serving?.(device) ?? instance;
    return true;
  }

  private entries(device: SimDevice): ReturnType<typeof parsePhandleList>['entries'] {
    return device.node === null
      ? []
      : parsePhandleList(this.tree, device.node.properties.get('iommus'), '#iommu-cells').entries;
  }

  private named(device: SimDevice, wanted: (instance: IommuInstance) => boolean): IommuInstance | undefined {
    for (const { node } of this.entries(device)) {
      const found = this.instances.find((one) => one.node === node && one.anonymous !== true && wanted(one));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
