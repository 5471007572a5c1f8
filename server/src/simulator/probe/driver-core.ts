/**
 * The driver core as its own parts see it: what binding, probing, populating and enumerating may ask of the machine that
 * they run in. `Machine` is it; the parts know only this, so that they and the machine depend on each other in one direction.
 */
import type { DtNode } from '../../devicetree/model';
import type { PciFunction } from '../contract/device';
import type { ClientWork, IommuSubsystem } from '../contract/dma-core';
import type { Errno } from '../contract/errno';
import type { KernelView } from '../contract/kernel-view';
import type { CreatedDevice, DeviceBehaviour, Scenario } from '../scenario';
import type { Core } from './core';
import type { AmbaIds } from './devices/amba';
import type { Device, RegisteredDriver } from './devices/device';
import type { Bus } from './matching';

/** A device before device_add(). */
export interface NewDevice {
  readonly node: DtNode | null;
  readonly name: string;
  readonly bus: string;
  readonly parent: Device | null;
  readonly compatibles: readonly string[];
  readonly pci?: PciFunction;
  readonly boundTo?: string | null;
  readonly platformId?: string;
  readonly matchable?: boolean;
  readonly powerManaged?: boolean;
}

export interface DriverCore {
  readonly core: Core;
  readonly amba: AmbaIds;
  readonly kernel: KernelView;
  readonly scenario: Scenario;
  readonly iommu: IommuSubsystem;
  /** What client drivers do; null when nothing watches them. */
  readonly work: ClientWork | null;
  /** deferred_probe_work_func is running. */
  working: boolean;
  /** /sys/devices/platform; null before driver_init(). */
  readonly platformRoot: Device | null;
  /** The bus of a name; null for devices of a class. */
  bus(name: string): Bus | null;
  /** device_add(). */
  addDevice(spec: NewDevice): Device;
  /** The devices that a probe makes; they go with the driver. */
  create(device: Device, list: readonly CreatedDevice[]): void;
  removeCreated(device: Device): void;
  /** fw_devlink_pause() and fw_devlink_resume(), where this kernel has them: devices added between are probed at the end. */
  pauseLinks(): void;
  resumeLinks(): void;
  /** device_del(). */
  removeDevice(device: Device): void;
  /** The kernel stops here. */
  panic(reason: string): never;
  nextPciDomain(): number;
  /** The number of a controller on its bus: from /aliases, else counted up. */
  controllerNumber(device: Device, bus: string): number;
  enumeratePci(device: Device): void;
  /** Registers what an IOMMU's driver found, if this driver is one. 0 or a negative errno. */
  provide(device: Device, driver: RegisteredDriver): Errno;
  /** The provider's driver goes. */
  withdraw(device: Device, driver: RegisteredDriver): void;
  behaviourOf(device: Device): DeviceBehaviour | undefined;
  /** Whether a scenario's device reference (path, label or kernel name) means this device. */
  refersTo(reference: string, device: Device): boolean;
  /** Logs what DMA means for the device now, when observations are wanted. */
  observe(device: Device, when: string): void;
  /** async_schedule_dev(): runs when the present context has nothing more to do. */
  runLater(action: () => void): void;
  /** msleep() in a driver: virtual milliseconds. */
  sleep(milliseconds: number): void;
  /** Whether the device at `node` has bound and registered what it provides. */
  supplierReady(node: DtNode): boolean;
}
