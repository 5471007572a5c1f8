/** struct device and struct device_link, as far as drivers/base looks at them. State only; the rules are in the modules beside. */
import type { DtNode } from '../../../devicetree/model';
import type { PciFunction, SimDevice } from '../../contract/device';
import type { DriverModel } from '../../kernel/drivers';
import type { DriverBehaviour } from '../../scenario';
import * as few from '../few';
import type { FwLinkOf, FwNodeOf } from '../links/fwnode';
import { ListEntry } from '../list';

export type FwNode = FwNodeOf<Device>;
export type FwLink = FwLinkOf<Device>;

/** enum dl_dev_state. */
export type DeviceLinkState = 'no-driver' | 'probing' | 'bound' | 'unbinding';

/** A driver that has registered with its bus. */
export interface RegisteredDriver {
  readonly model: DriverModel;
  readonly behaviour: DriverBehaviour;
  /** Registration order on all buses. */
  readonly serial: number;
  /** Devices bound to it, in binding order (klist_devices). */
  readonly devices: Set<Device>;
}

/** What has a place in devices_kset. */
export interface Named {
  readonly name: string;
}

/** The outcome of a device's last attempt. */
interface LastAttempt {
  driver: string;
  result: number;
}

export class Device implements SimDevice {
  driver: RegisteredDriver | null = null;
  /** device_is_bound(). */
  bound = false;
  /** Some registered driver matched once (dev->can_match). */
  canMatch = false;
  registered = false;
  dead = false;
  linkState: DeviceLinkState = 'no-driver';
  private ownSuppliers: few.Few<Device, DeviceLink> = null;
  private ownConsumers: few.Few<Device, DeviceLink> = null;
  private ownChildren: Set<Device> | null = null;
  /** Number of the walk that visited the device last (PowerOrder.nextWalk). */
  mark = 0;
  /** dev->fwnode; shared by devices made for the same node (of_node_reused). */
  fwnode: FwNode | null = null;
  /** Its places on dpm_list and devices_kset (power-order.ts); 0: not on the list. */
  powerStamp = 0;
  shutdownStamp = 0;
  /** When the move that it waits for was asked; 0: none. */
  moveStamp = 0;
  private ownDeferEntry: ListEntry<Device> | null = null;
  /** Text of device_set_deferred_probe_reason, with the driver's prefix; null: none. */
  deferReason: string | null = null;
  stateSynced = false;
  /** On the list of suppliers whose sync_state waits (links.defer_sync). */
  syncDeferred = false;
  attempts = 0;
  /** It was its node's device until it was removed: another one may stand for the node now. */
  hadNode = false;
  /** How often its driver's own probe function was called. */
  probeCalls = 0;
  deferrals = 0;
  /** How often it was put off because its IOMMU had not registered. */
  iommuDeferrals = 0;
  /** Suppliers it was ever put off for, and the property that names each. */
  waitedFor: Map<string, string> | null = null;
  /** The link that its last deferral waited for, and the reason that it gave. */
  blockedBy: object | null = null;
  blockedText = '';
  /** What its probe asked for last and did not get. */
  missing: readonly { readonly property: string; readonly supplier: DtNode }[] = nothingMissing;
  private lastAttempt: LastAttempt | null = null;
  boundAt: number | null = null;
  /** From the start of the driver's own probe to device_unbind_cleanup(). */
  driverDataSet = false;
  /** Position in the bus's list. */
  busSerial = -1;
  /** Devices that its driver's probe made: they go when the driver goes. */
  created: Device[] | null = null;
  /** Resources held by devres, in the order in which probe took them. */
  devres: string[] | null = null;
  /** The only driver that can bind to it, by name (PCI functions, devices made for one driver); null: by matching. */
  boundTo: string | null = null;
  /** platform_device.name, by which drivers match it besides its node (platform_match): a cell of a multi-function device. */
  platformId: string | null = null;
  /** The drivers that fit it, as of the registration of that many drivers. */
  fit: readonly RegisteredDriver[] = noDrivers;
  fitVersion = -1;
  /** PCI functions are matched only once pci_bus_add_device() has come to them. */
  matchable = true;

  constructor(
    readonly id: number,
    readonly node: DtNode | null,
    readonly name: string,
    /** Empty for a class device. */
    readonly bus: string,
    readonly parent: Device | null,
    readonly pci: PciFunction | null,
    /** What drivers are matched against. */
    readonly compatibles: readonly string[],
  ) {}

  get deferEntry(): ListEntry<Device> {
    this.ownDeferEntry ??= new ListEntry<Device>(this);
    return this.ownDeferEntry;
  }

  /** On the pending or the active list of deferred devices. */
  get deferred(): boolean {
    return this.ownDeferEntry !== null && this.ownDeferEntry.list !== null;
  }

  /** Links to its suppliers, in the order in which they were made. */
  get suppliers(): Iterable<DeviceLink> {
    return few.members(this.ownSuppliers);
  }

  get firstSupplier(): DeviceLink | null {
    for (const link of this.suppliers) return link;
    return null;
  }

  /** Links to its consumers, in the order in which they were made. */
  get consumers(): Iterable<DeviceLink> {
    return few.members(this.ownConsumers);
  }

  get hasSuppliers(): boolean {
    return this.ownSuppliers !== null;
  }

  get hasConsumers(): boolean {
    return this.ownConsumers !== null;
  }

  /** The link by which a consumer depends on it. */
  linkTo(consumer: Device): DeviceLink | undefined {
    return few.get(this.ownConsumers, consumer, consumerOf);
  }

  /** In the order in which device_add of each finished. */
  get children(): ReadonlySet<Device> {
    return this.ownChildren ?? noDevices;
  }

  addChild(child: Device): void {
    this.ownChildren ??= new Set();
    this.ownChildren.add(child);
  }

  removeChild(child: Device): void {
    this.ownChildren?.delete(child);
  }

  /** Puts a link between the two into their lists. */
  static connect(link: DeviceLink): void {
    const { supplier, consumer } = link;
    supplier.ownConsumers = few.add(supplier.ownConsumers, consumer, link, consumerOf);
    consumer.ownSuppliers = few.add(consumer.ownSuppliers, supplier, link, supplierOf);
  }

  static disconnect(link: DeviceLink): void {
    const { supplier, consumer } = link;
    supplier.ownConsumers = few.without(supplier.ownConsumers, consumer, consumerOf);
    consumer.ownSuppliers = few.without(consumer.ownSuppliers, supplier, supplierOf);
  }

  /** The last attempt: who tried, and 0 or a negative errno; null before the first. */
  get last(): Readonly<LastAttempt> | null {
    return this.lastAttempt;
  }

  setLast(driver: string, result: number): void {
    if (this.lastAttempt === null) this.lastAttempt = { driver, result };
    else {
      this.lastAttempt.driver = driver;
      this.lastAttempt.result = result;
    }
  }

  /** Remembers a supplier that it was put off for. */
  waits(supplier: string, property: string): void {
    this.waitedFor ??= new Map();
    this.waitedFor.set(supplier, property);
  }

  get ref(): string {
    return this.node === null || this.sharesNode ? this.name : this.node.path;
  }

  /** Whether the node is not its own (a device that reuses its parent's node). */
  get sharesNode(): boolean {
    return !this.hadNode && this.fwnode !== null && this.fwnode.device !== null && this.fwnode.device !== this;
  }

  get driverName(): string | null {
    return this.driver?.model.name ?? null;
  }

  get driverManagesDma(): boolean {
    return this.driver?.model.managesDma ?? false;
  }
}

/** enum device_link_state, in the words of /sys/class/devlink/…/status. */
export type DeviceLinkStatus =
  | 'not tracked'
  | 'dormant'
  | 'available'
  | 'consumer probing'
  | 'active'
  | 'supplier unbinding';

export interface DeviceLinkFlags {
  stateless: boolean;
  autoremoveConsumer: boolean;
  autoremoveSupplier: boolean;
  autoprobeConsumer: boolean;
  pmRuntime: boolean;
  syncStateOnly: boolean;
  inferred: boolean;
  cycle: boolean;
  managed: boolean;
}

export class DeviceLink implements Named {
  status: DeviceLinkStatus = 'not tracked';
  alive = true;
  references = 1;
  /** The link is a device of the devlink class itself, and in devices_kset. */
  shutdownStamp = 0;
  constructor(
    readonly consumer: Device,
    readonly supplier: Device,
    public flags: DeviceLinkFlags,
    /** The property that asked for it, when firmware links made it. */
    public property: string | null,
  ) {}

  get name(): string {
    return `${this.supplier.bus}:${this.supplier.name}--${this.consumer.bus}:${this.consumer.name}`;
  }
}

const noDrivers: readonly RegisteredDriver[] = [];
const consumerOf = (link: DeviceLink): Device => link.consumer;
const supplierOf = (link: DeviceLink): Device => link.supplier;
const noDevices: ReadonlySet<Device> = new Set();
export const nothingMissing: readonly { readonly property: string; readonly supplier: DtNode }[] = [];
