/** What `dma/` (drivers/iommu's core and the DMA glue) promises the driver core. */
import type { DtNode } from '../../devicetree/model';
import type { SimDevice } from './device';
import type { Errno } from './errno';
import type { DomainType } from './hardware-domain';
import type { IommuInstance } from './iommu-driver';

/** One group as sysfs shows it. */
export interface GroupView {
  readonly id: number;
  /** The `type` file: the default domain's type, or `unknown`. */
  readonly type: string;
  readonly devices: readonly SimDevice[];
  /** The `reserved_regions` file, sorted and merged; `end` inclusive. */
  readonly reservedRegions: readonly { readonly start: bigint; readonly end: bigint; readonly type: string }[];
  readonly provider: SimDevice | null;
}

/** struct dma_iommu_mapping of the 32-bit ARM glue. */
export interface ArmMappingView {
  readonly base: bigint;
  /** Pages per bitmap. */
  readonly bits: number;
  readonly bitmaps: number;
  readonly extensions: number;
  readonly references: number;
  readonly usedPages: number;
  /** Whether its domain is the one the group is attached to. */
  readonly current: boolean;
}

/** What DMA means for one device now: fwspec, group, domain, masks and limits. Addresses and masks in bytes. */
export interface DeviceDmaView {
  readonly ids: readonly number[];
  readonly provider: SimDevice | null;
  readonly group: number | null;
  /** iommu_get_domain_for_dev; null without one. */
  readonly domain: DomainType | null;
  /** The IOMMU driver whose domain that is; null without one. */
  readonly domainDriver: string | null;
  /** The domain was freed while attached (use after free): its type is whatever its memory holds. */
  readonly domainFreed: boolean;
  readonly aperture: { readonly start: bigint; readonly end: bigint } | null;
  /** 0 without a domain. */
  readonly pageSizes: bigint;
  /** dev->dma_iommu: the DMA API allocates IOVAs in the default domain (never on 32-bit ARM). */
  readonly dmaIommu: boolean;
  /** The ARM glue's mapping; null without one. */
  readonly mapping: ArmMappingView | null;
  readonly coherent: boolean;
  readonly dmaMask: bigint;
  readonly coherentMask: bigint;
  /** 0 when no dma-ranges limit it. */
  readonly busLimit: bigint;
  /** of_iommu_configure's last result for it; null before the first attempt. -19 and others: runs without IOMMU. */
  readonly configureResult: Errno | null;
  /** Its specifiers hold a constant that nobody here knows (DtProperty.unknown): it is taken to have no IOMMU, and that is said. */
  readonly unknownStream: boolean;
  /** Its IOMMU had taken it, and let it go as it unregistered: its registration or its driver's probe failed behind that. */
  readonly letGo: boolean;
}

/** The door to `dma/` for the driver core. */
export interface IommuSubsystem {
  /** pci_request_acs() has been called: functions enumerated from now on get ACS switched on. */
  readonly acsRequested: boolean;
  /** iommu_device_unregister. */
  unregister(instance: IommuInstance): void;
  /** All groups, by number. */
  groups(): readonly GroupView[];
  view(device: SimDevice): DeviceDmaView;
  /** A write to /sys/kernel/iommu_groups/N/type: 0, -EINVAL, -EPERM, or -ENOENT without such a group. */
  writeGroupType(group: number, type: string): Errno;
  /** iommu_device_register: walks the buses as this kernel does. */
  register(instance: IommuInstance): Errno;
  /** Bus notifier: device added (BUS_NOTIFY_ADD_DEVICE). */
  deviceAdded(device: SimDevice): void;
  /**
   * A driver sets the platform bus's operations as it registers, whether it has hardware or not (3.19). Nothing happens
   * when another has the bus.
   */
  takeBus(driver: string): void;
  /** The initcall from which on groups can be made (iommu_init). */
  initGroups(): void;
  /** arch_initcall_sync: drivers that put their groups off make them. */
  settleGroups(): void;
  /** The subsys initcall that installs the bus notifiers (iommu_subsys_init, where this kernel has it). */
  installNotifiers(): void;
  /** Bus notifier: device removed. */
  deviceRemoved(device: SimDevice): void;
  /** The bus's dma_configure inside one probe attempt. 0, -EPROBE_DEFER, or what refuses the probe (-EBUSY). */
  configure(device: SimDevice): Errno;
  /**
   * of_dma_configure_id() by a driver for a device that it made: `id` through the iommu-map of `node`. 0 when the device has
   * exactly one stream ID then (tegra_dev_iommu_get_stream_id), else -EPROBE_DEFER or -EINVAL.
   */
  configureId(device: SimDevice, node: DtNode, id: number): Errno;
  /** The bus's dma_cleanup after a failed probe or an unbind. */
  cleanup(device: SimDevice): void;
}

/**
 * What the client drivers do with the DMA and IOMMU APIs: the scenario's operations, else the default workload of the
 * device's class. The driver core calls it where the driver's own functions would run.
 */
export interface ClientWork {
  /**
   * Inside the driver's probe, when that attempt gets as far as using DMA. Returns 0, or the error with which the
   * driver's probe fails because of what it saw (a scenario's `failAfter`).
   */
  probe(device: SimDevice): Errno;
  /** Inside the driver's remove. */
  remove(device: SimDevice): void;
  /** User space is up: it switches interfaces on and reads disks, of the devices there are and of those that come. */
  userSpace(): void;
}
