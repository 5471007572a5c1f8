/** The machine that one simulation runs on: what drivers/base offers to drivers, to `dma/` and to `smmu/`. */

import type { DeviceTree, DtNode } from '../../devicetree/model';
import { isEnabled } from '../../devicetree/read';
import type { HardwareFacts } from '../../iommu/hardware-facts';
import type { SimDevice } from '../contract/device';
import type { ClientWork, IommuSubsystem } from '../contract/dma-core';
import type { Errno } from '../contract/errno';
import type { IommuInstance, ProbeProvider } from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import type { MachineServices, MessageLevel } from '../contract/machine';
import { KernelPanic } from '../contract/panic';
import type { CreatedDevice, DeviceBehaviour, Scenario } from '../scenario';
import { attachDevice, attachDriver, releaseDriver, runDeferredWork } from './binding';
import { Core } from './core';
import { setDeferReason } from './deferral';
import { AmbaIds } from './devices/amba';
import { Device, type RegisteredDriver } from './devices/device';
import { enumerateHost } from './devices/pci';
import type { DriverCore, NewDevice } from './driver-core';
import { LinksBetweenDevices } from './links/between-devices';
import { addLink, purgeLinks } from './links/device-links';
import { linkDevice, unblockConsumers } from './links/fw-devlink';
import { linkFlags } from './links/link-flags';
import { Bus } from './matching';

/** Far more than a report shows. */
const LOG_LIMIT = 100_000;

export class Machine implements MachineServices, DriverCore {
  readonly core: Core;
  readonly amba: AmbaIds;
  /** Set right after construction: the IOMMU core needs the machine. */
  iommu!: IommuSubsystem;
  work: ClientWork | null = null;
  providerModels: ((kind: string) => ProbeProvider) | null = null;
  /** deferred_probe_work_func is running. */
  working = false;
  platformRoot: Device | null = null;
  /** Who hears of a new device (udev, once it runs); called when the kernel has nothing else to do. */
  userSpace: { plug(device: Device): void } | null = null;
  private readonly buses = new Map<string, Bus>();
  private lastBus: Bus | null = null;
  private readonly drivers: RegisteredDriver[] = [];
  private readonly instances = new Map<Device, IommuInstance>();
  private readonly counters = new Map<string, number>();
  private readonly behaviours = new Map<string, DeviceBehaviour>();
  private readonly controllers = new Map<Device, number>();
  /** Work that came due while the deferred-probe worker was in a driver. */
  private readonly postponed: (() => void)[] = [];
  private readonly asynchronous: (() => void)[] = [];
  private readonly between: LinksBetweenDevices | null;

  constructor(
    readonly tree: DeviceTree,
    readonly kernel: KernelView,
    readonly scenario: Scenario,
    /** Whether observations of devices' DMA state are wanted (they cost). */
    private readonly observing: boolean,
  ) {
    this.core = new Core(tree, kernel, observing ? Number.POSITIVE_INFINITY : LOG_LIMIT);
    this.between =
      kernel.model.fwDevlinkBetween === 'devices' && this.core.fwDevlink !== 'off'
        ? new LinksBetweenDevices(this.core)
        : null;
    this.core.held = this.between;
    this.amba = new AmbaIds(
      this.core,
      (node) => this.supplierReady(node),
      (action) => this.asWork(action),
    );
    for (const behaviour of scenario.devices) {
      const label = tree.labels.get(behaviour.device);
      const key = label === undefined ? behaviour.device : label.path;
      this.behaviours.set(key, { ...this.behaviours.get(key), ...behaviour });
    }
  }

  // ---- devices --------------------------------------------------------------------------------------------------------

  /** The bus of a name; null for devices of a class. */
  bus(name: string): Bus | null {
    if (name === '') return null;
    if (this.lastBus !== null && this.lastBus.name === name) return this.lastBus;
    let bus = this.buses.get(name);
    if (bus === undefined) {
      bus = new Bus(name);
      this.buses.set(name, bus);
    }
    this.lastBus = bus;
    return bus;
  }

  /** device_add(). */
  addDevice(spec: NewDevice): Device {
    const { core } = this;
    const device = new Device(
      core.devices.length,
      spec.node,
      spec.name,
      spec.bus,
      spec.parent,
      spec.pci ?? null,
      spec.compatibles,
    );
    device.boundTo = spec.boundTo ?? null;
    device.platformId = spec.platformId ?? null;
    device.matchable = spec.matchable ?? true;
    core.devices.push(device);
    core.trace('add-device', device);
    device.registered = true;
    core.order.add(device, spec.powerManaged !== false);
    this.bus(spec.bus)?.addDevice(device);
    if (spec.bus !== '') this.iommu.deviceAdded(device);
    if (spec.node !== null) {
      const fwnode = core.fwnode(spec.node);
      device.fwnode = fwnode;
      if (fwnode.device === null) {
        fwnode.device = device;
        if (this.between === null) linkDevice(core, device);
        else this.between.added(device);
      }
    }
    attachDevice(this, device);
    if (this.userSpace !== null) this.postponed.push(() => this.userSpace?.plug(device));
    if (device.fwnode !== null && core.driversDone && !device.canMatch) unblockConsumers(core, device);
    if (spec.parent !== null) {
      core.order.beforeChild(spec.parent, device);
      spec.parent.addChild(device);
    }
    return device;
  }

  /** fw_devlink_pause(), where this kernel has it. */
  pauseLinks(): void {
    this.between?.pause();
  }

  /** fw_devlink_resume(): what was added since is linked, and then probed. */
  resumeLinks(): void {
    this.between?.resume((device) => attachDevice(this, device));
  }

  /** device_del(). */
  removeDevice(device: Device): void {
    const { core } = this;
    device.dead = true;
    if (device.fwnode?.device === device) device.fwnode.device = null;
    core.order.remove(device);
    device.parent?.removeChild(device);
    const first = this.kernel.model.leavesGroup === 'before-remove';
    if (first && device.bus !== '') this.iommu.deviceRemoved(device);
    releaseDriver(this, device);
    if (device.deferred) device.deferEntry.list?.remove(device.deferEntry);
    purgeLinks(core, device);
    if (!first && device.bus !== '') this.iommu.deviceRemoved(device);
    device.registered = false;
    core.trace('remove-device', device);
  }

  /** The devices that a probe makes; they go with the driver. */
  create(device: Device, list: readonly CreatedDevice[]): void {
    const made: Device[] = [];
    for (const entry of list) {
      const name = entry.name.replace('{name}', device.name).replace('{n}', () => `${this.count(entry.name)}`);
      const parent = entry.parent === null ? device : (made[entry.parent] ?? device);
      const created = this.addDevice({
        node: null,
        name,
        bus: entry.bus ?? '',
        parent,
        compatibles: [],
        boundTo: entry.driver,
      });
      made.push(created);
      device.created ??= [];
      device.created.push(created);
    }
  }

  removeCreated(device: Device): void {
    const made = device.created;
    if (made === null) return;
    device.created = null;
    for (let i = made.length - 1; i >= 0; i--) {
      const created = made[i];
      if (created !== undefined) this.removeDevice(created);
    }
  }

  /** Counts up: 0, 1, 2 … for each key. */
  count(key: string): number {
    const n = this.counters.get(key) ?? 0;
    this.counters.set(key, n + 1);
    return n;
  }

  nextPciDomain(): number {
    return this.count('pci domain');
  }

  /** The number of a controller on its bus: from /aliases, else counted up. */
  controllerNumber(device: Device, bus: string): number {
    const known = this.controllers.get(device);
    if (known !== undefined) return known;
    const number = aliasNumber(this.tree, device.node, bus) ?? this.count(`controller ${bus}`);
    this.controllers.set(device, number);
    return number;
  }

  enumeratePci(device: Device): void {
    enumerateHost(this, device);
  }

  // ---- drivers --------------------------------------------------------------------------------------------------------

  /** driver_register(). */
  registerDriver(driver: Omit<RegisteredDriver, 'serial' | 'devices'>): RegisteredDriver {
    const registered: RegisteredDriver = { ...driver, serial: this.drivers.length, devices: new Set() };
    this.drivers.push(registered);
    this.core.trace('register-driver', null, { driver: driver.model.name, bus: driver.model.bus });
    this.bus(driver.model.bus)?.addDriver(registered);
    attachDriver(this, registered);
    return registered;
  }

  driverNamed(name: string): RegisteredDriver | null {
    return this.drivers.find((d) => d.model.name === name) ?? null;
  }

  /** Registers what an IOMMU's driver found, if this driver is one. 0 or a negative errno. */
  provide(device: Device, driver: RegisteredDriver): Errno {
    if (this.providerModels === null || driver.behaviour.provider === null) return 0;
    const probe = this.providerModels(driver.behaviour.provider);
    const found = probe(device, this, this.kernel, this.hardwareOf(device));
    const { instance } = found;
    if (instance === undefined) return found.error;
    const name = instance.sysfsName ?? null;
    if (name !== null && this.kernel.model.iommuClassDevices)
      this.create(device, [{ name: name.replace('{', '{ '), bus: null, parent: null, driver: null }]);
    this.instances.set(device, instance);
    const result = this.iommu.register(instance);
    if (result !== 0) this.instances.delete(device);
    return result;
  }

  /** The provider's driver goes. */
  withdraw(device: Device, _driver: RegisteredDriver): void {
    const instance = this.instances.get(device);
    if (instance === undefined) return;
    this.instances.delete(device);
    this.iommu.unregister(instance);
  }

  get providers(): readonly IommuInstance[] {
    return [...this.instances.values()];
  }

  instanceOf(device: Device): IommuInstance | undefined {
    return this.instances.get(device);
  }

  /** The driver that a `bind` event means when it names none: the one tried last, else the first that fits. */
  lastDriverOf(device: Device): RegisteredDriver | null {
    const name = device.last?.driver;
    if (name !== undefined) return this.driverNamed(name);
    return this.bus(device.bus)?.driversFor(device)[0] ?? null;
  }

  /** An access of the device's streams on the instance it is behind; logged as `access`. */
  access(device: Device, iova: bigint, write: boolean): void {
    const view = this.iommu.view(device);
    const instance = [...this.instances.values()].find((i) => i.device === view.provider);
    const streams = instance?.streamsOf(device) ?? [];
    if (instance === undefined || streams.length === 0) {
      this.core.trace('access', device, { iova, write, result: 'untranslated' });
      return;
    }
    const stream = streams[0] ?? 0;
    const outcome = instance.access(stream, iova, write);
    this.core.trace('access', device, { iova, write, outcome });
    if (outcome.panics !== undefined) this.panic(outcome.panics);
  }

  hardwareOf(device: SimDevice): HardwareFacts {
    return this.behaviourOf(device)?.hardware ?? {};
  }

  behaviourOf(device: SimDevice): DeviceBehaviour | undefined {
    if (this.behaviours.size === 0) return undefined;
    const byRef = this.behaviours.get(device.ref);
    if (device.ref === device.name) return byRef;
    const byName = this.behaviours.get(device.name);
    return byRef === undefined || byName === undefined ? (byRef ?? byName) : { ...byRef, ...byName };
  }

  /** Whether a scenario's device reference (path, label or kernel name) means this device. */
  refersTo(reference: string, device: Device): boolean {
    return (
      device.ref === reference ||
      device.name === reference ||
      (device.node !== null && this.tree.labels.get(reference) === device.node)
    );
  }

  find(reference: string): Device | null {
    return this.core.devices.find((d) => !d.dead && this.refersTo(reference, d)) ?? null;
  }

  /** Logs what DMA means for the device now, when observations are wanted. */
  observe(device: Device, when: string): void {
    if (this.observing) this.core.trace('dma-view', device, { when, view: this.iommu.view(device) });
  }

  // ---- time -----------------------------------------------------------------------------------------------------------

  /** async_schedule_dev(): runs when the present context has nothing more to do. */
  runLater(action: () => void): void {
    this.asynchronous.push(action);
  }

  /** Runs what was scheduled asynchronously. */
  runAsynchronous(): void {
    for (let action = this.asynchronous.shift(); action !== undefined; action = this.asynchronous.shift()) action();
  }

  /** Runs `action` as work of its own: after the deferred-probe worker when that is in a driver now. */
  asWork(action: () => void): void {
    if (this.working) this.postponed.push(action);
    else action();
  }

  /** Lets the worker run, as when nothing else wants the CPU. */
  idle(): void {
    while (this.core.workQueued || this.postponed.length > 0 || this.asynchronous.length > 0) {
      if (this.core.workQueued) runDeferredWork(this);
      this.runAsynchronous();
      this.postponed.shift()?.();
    }
  }

  wait(milliseconds: number): void {
    this.core.clock.advanceTo(this.core.clock.now + milliseconds);
    this.idle();
  }

  // ---- MachineServices --------------------------------------------------------------------------------------------

  now(): number {
    return this.core.clock.now;
  }

  at(time: number, action: () => void): () => void {
    return this.core.clock.at(time, action);
  }

  sleep(milliseconds: number): void {
    if (this.core.workQueued && !this.working) runDeferredWork(this);
    this.core.clock.advanceTo(this.core.clock.now + milliseconds);
  }

  message(level: MessageLevel, device: SimDevice | null, text: string): void {
    this.core.message(level, device, text);
  }

  booting(): boolean {
    return this.core.phase !== 'event';
  }

  deferredProbeCheckState(device: SimDevice): Errno {
    return this.core.checkState(device);
  }

  addDeviceLink(consumer: SimDevice, supplier: SimDevice, flags: readonly string[]): boolean {
    if (!(consumer instanceof Device) || !(supplier instanceof Device)) return false;
    const has = (name: string): boolean => flags.includes(name);
    return (
      addLink(
        this.core,
        consumer,
        supplier,
        linkFlags({
          stateless: has('stateless'),
          autoremoveConsumer: has('autoremove-consumer'),
          autoremoveSupplier: has('autoremove-supplier'),
          autoprobeConsumer: has('autoprobe-consumer'),
          pmRuntime: has('pm-runtime'),
        }),
        null,
      ) !== null
    );
  }

  devicesOfBus(bus: string): readonly SimDevice[] {
    return (this.buses.get(bus)?.devices ?? []).filter((d) => !d.dead);
  }

  deviceOf(node: DtNode): SimDevice | null {
    return this.core.fwnodes[node.index]?.device ?? null;
  }

  supplierReady(node: DtNode): boolean {
    for (let at: DtNode | null = node; at !== null; at = at.parent) {
      const fwnode = this.core.fwnodes[at.index];
      // What registered a provider for the node itself needs no device (rcar_sysc_pd_init, CLK_OF_DECLARE_DRIVER).
      if (at === node && fwnode?.initialized === true) return true;
      if (fwnode?.device != null) return fwnode.device.bound && (fwnode.device.driver?.behaviour.provides ?? false);
      if (fwnode?.initialized === true) return true;
      if (!isEnabled(at)) return false;
    }
    return false;
  }

  deferReason(device: SimDevice, text: string): void {
    if (device instanceof Device) setDeferReason(this.core, device, text);
  }

  trace(event: string, device: SimDevice | null, detail: Readonly<Record<string, unknown>>): void {
    this.core.trace(event, device, detail);
  }

  panic(reason: string): never {
    throw new KernelPanic(reason);
  }
}

/** of_alias_get_id(): the number of `bus<N>` in /aliases that leads to the node. */
function aliasNumber(tree: DeviceTree, node: DtNode | null, bus: string): number | null {
  const aliases = tree.root.children.get('aliases');
  if (aliases === undefined || node === null) return null;
  const decoder = new TextDecoder();
  for (const [name, property] of aliases.properties) {
    const found = new RegExp(`^${bus.replace(/[^a-z0-9]/g, '.')}(\\d+)$`).exec(name);
    if (found !== null && decoder.decode(property.bytes).split('\0')[0] === node.path)
      return Number.parseInt(found[1] ?? '0', 10);
  }
  return null;
}
