/** Which IOMMUs have registered, and whose operations the buses have (bus_set_iommu, iommu_device_register). */
import type { DtNode } from '../../devicetree/model';
import type { SimDevice } from '../contract/device';
import { EBUSY, type Errno } from '../contract/errno';
import type { IommuInstance } from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import type { DeviceStates } from './device-state';
import { EmptyIommu } from './empty-iommu';

/** Buses that the core watches, in its order (iommu_buses). */
export const IOMMU_BUSES = ['platform', 'pci', 'amba', 'fsl-mc', 'host1x-context', 'cdx'];

export class Registrations {
  /** In the order of registration. */
  readonly all: readonly IommuInstance[];
  private readonly list: IommuInstance[] = [];
  /** Where one driver serves all buses: an instance of it (bus->iommu_ops). */
  private busDriver: IommuInstance | null = null;

  constructor(
    private readonly kernel: KernelView,
    /** Stands for the node of an IOMMU that has none. */
    private readonly root: DtNode,
    private readonly states: DeviceStates,
  ) {
    this.all = this.list;
  }

  /** The IOMMU that `iommus` finds at a node. */
  at(node: DtNode): IommuInstance | null {
    return this.list.find((instance) => instance.node === node && instance.anonymous !== true) ?? null;
  }

  /** Whose operations the buses have, where they have any of their own. */
  get ofBus(): IommuInstance | null {
    return this.busDriver;
  }

  /** An IOMMU registers: `walk` when the devices of its buses are to be offered to it now, else what its driver hears. */
  take(instance: IommuInstance): Errno | 'walk' {
    const { model } = this.kernel;
    const perDevice = model.attachUnit === 'device';
    // of_iommu_set_ops() of 3.19 records the node whether the buses are free or not.
    if (perDevice) this.add(instance);
    // bus_set_iommu() refuses a second call, of the same driver too.
    if (perDevice && instance.buses !== undefined && this.busDriver !== null)
      return instance.ignoresBusy === true ? 0 : EBUSY;
    if (model.opsScope === 'system' && instance.busOperations !== false) {
      // The buses keep the operations even when this registration fails and is taken back.
      if (this.busDriver !== null && this.busDriver.driver !== instance.driver)
        return instance.ignoresBusy === true ? 0 : EBUSY;
      this.busDriver ??= instance;
    }
    this.add(instance);
    return perDevice && instance.busOperations === false ? 0 : 'walk';
  }

  private add(instance: IommuInstance): void {
    if (!this.list.includes(instance)) this.list.push(instance);
  }

  /** A driver takes the platform bus as it registers, with hardware or without (3.19). */
  takeBus(driver: string): void {
    if (this.kernel.model.attachUnit === 'device') this.busDriver ??= new EmptyIommu(driver, this.root);
  }

  /** The IOMMU goes; the buses keep its driver's operations. */
  drop(instance: IommuInstance): void {
    const at = this.list.indexOf(instance);
    if (at >= 0) this.list.splice(at, 1);
  }

  /** What iommu_domain_alloc(bus) asks: the device's own IOMMU, or where the bus is asked whoever has the bus. */
  allocatorOf(device: SimDevice): IommuInstance | null {
    const bus = this.kernel.model.domainAllocAsks === 'bus' ? this.busDriver : null;
    return this.kernel.model.attachUnit === 'device' ? bus : (this.states.of(device).instance ?? bus);
  }

  hasBus(bus: string): boolean {
    return this.busDriver !== null && (this.busDriver.buses ?? IOMMU_BUSES).includes(bus);
  }

  /** Whether a watched bus has operations (iommu_present). */
  present(bus: string): boolean {
    return this.hasBus(bus) || (this.kernel.model.opsScope === 'instance' && this.list.length > 0);
  }
}
