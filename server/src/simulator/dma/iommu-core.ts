/**
 * The IOMMU core (drivers/iommu/iommu.c) with of_dma_configure and the bus hooks around it: which devices get an IOMMU,
 * when, in which group and domain.
 */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import type { SimDevice } from '../contract/device';
import type { DeviceDmaView, GroupView, IommuSubsystem } from '../contract/dma-core';
import { EACCES, EBUSY, EINVAL, ENODEV, ENOENT, EPERM, EPROBE_DEFER, type Errno } from '../contract/errno';
import type { GroupFactory, IommuInstance, ReservedRegion } from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import type { MachineServices } from '../contract/machine';
import { KernelPanic } from '../contract/panic';
import { ArmGlue } from './arm/arm-glue';
import { applyBusProperties } from './bus-properties';
import { type DeviceState, DeviceStates } from './device-state';
import { viewOf } from './device-view';
import { DmaIommu } from './dma-iommu';
import { DriverMasters } from './driver-masters';
import { GroupDomains } from './groups/group-domains';
import { Group, GroupNumbers } from './groups/groups';
import { findPciGroup } from './groups/pci-groups';
import { mergeRegions, REGION_NAMES, reservedRegions } from './groups/reserved-regions';
import { hasXlate, type MappedId, NO_IOMMU_FOUND, type OfIommuContext, parseMaster } from './of-iommu';
import { IOMMU_BUSES, Registrations } from './registrations';

const MASK64 = (1n << 64n) - 1n;

const WATCHED: ReadonlySet<string> = new Set(IOMMU_BUSES);

/** Messages that nearly every device gives: one string each. */
const BEHIND = 'device is behind an iommu';
const NOT_BEHIND = 'device is not behind an iommu';
const NO_IOMMU = `Adding to IOMMU failed: ${ENODEV}`;

export class IommuCore implements IommuSubsystem {
  acsRequested = false;
  readonly states = new DeviceStates();
  readonly domains: GroupDomains;
  readonly dmaIommu: DmaIommu;
  readonly armGlue: ArmGlue;
  private readonly numbers = new GroupNumbers();
  private readonly registered: Registrations;
  /** Devices with a fwspec that are in no group (yet): what a registration walk can find. */
  private readonly ungrouped = new Set<SimDevice>();
  private readonly context: OfIommuContext;
  private readonly masters: DriverMasters;
  private notified = false;
  /** Groups can be made (iommu_init has run). */
  private grouping = false;
  /** Drivers that put their groups off have made them. */
  private settled = false;
  /** Devices whose driver puts their groups off, in the order in which it was asked. */
  private readonly postponed: SimDevice[] = [];

  constructor(
    private readonly tree: DeviceTree,
    private readonly machine: MachineServices,
    private readonly kernel: KernelView,
  ) {
    this.registered = new Registrations(kernel, tree.root, this.states);
    const regions = (device: SimDevice): readonly ReservedRegion[] => this.regionsOf(device);
    this.domains = new GroupDomains({ machine, kernel, states: this.states, reservedRegions: regions });
    this.dmaIommu = new DmaIommu(machine, kernel, regions);
    this.armGlue = new ArmGlue(machine, kernel, this.states, this.domains, () => this.registered.ofBus);
    this.masters = new DriverMasters(tree, kernel, this.states, this.registered.all);
    this.domains.devices.masters = this.masters;
    this.context = {
      tree,
      machine,
      kernel,
      instanceOf: (node) => this.registered.at(node),
    };
  }

  // ---- registration --------------------------------------------------------------------------------------------------

  register(instance: IommuInstance): Errno {
    if (this.kernel.model.driversWithGroupAtProbe.includes(instance.driver)) this.factory.single(instance);
    const answer = this.registered.take(instance);
    let result: Errno = answer === 'walk' ? 0 : answer;
    if (answer === 'walk')
      for (const bus of instance.buses ?? IOMMU_BUSES) if (result === 0) result = this.walkBus(bus, instance);
    if (answer === 'walk' && result !== 0) this.unregister(instance);
    else if (result !== 0) this.numbers.dropSingle(instance);
    return result;
  }

  takeBus(driver: string): void {
    this.registered.takeBus(driver);
  }

  unregister(instance: IommuInstance): void {
    // Nothing takes operations off a bus in 3.19, nor masters from a driver that goes.
    if (this.kernel.model.attachUnit === 'device') return;
    for (const bus of IOMMU_BUSES)
      for (const device of this.machine.devicesOfBus(bus))
        if (this.states.of(device).instance === instance) {
          this.release(device);
          this.states.of(device).letGo = true;
        }
    this.registered.drop(instance);
    this.numbers.dropSingle(instance);
  }

  /** bus_iommu_probe: first groups for all devices of the bus, then a default domain for each new group. */
  private walkBus(bus: string, registered: IommuInstance): Errno {
    const fresh: Group[] = [];
    const parse = this.kernel.model.attachMoment === 'registration';
    const byDriver = this.masters.parses(registered);
    if (!parse && !byDriver && this.ungrouped.size === 0) return 0;
    for (const device of this.machine.devicesOfBus(bus)) {
      if (parse) this.parseUnbound(device);
      if (byDriver) this.masters.parse(device);
      const result = this.probeDevice(device, fresh);
      // add_iommu_group() of 3.19 hears what add_device says and goes on.
      if (result === 0 || result === ENODEV || this.kernel.model.attachUnit === 'device') continue;
      this.machine.trace('registration-refused', device, { iommu: registered.device, result });
      return result;
    }
    for (const group of fresh) {
      const first = group.devices[0];
      const result = first !== undefined && this.wantsDefault(first) ? this.domains.setUpDefault(group, null) : 0;
      if (first !== undefined && result !== 0) {
        this.machine.trace('default-domain-refused', first, {
          iommu: registered.device,
          result,
          members: group.devices,
          impossible: registered.identityImpossible ?? null,
        });
        return result;
      }
      for (const device of group.devices) this.joined(device, this.states.of(device));
    }
    return 0;
  }

  /** The DMA API of a device that has just got its default domain, where that does not wait for each dma_configure. */
  private joined(device: SimDevice, state: DeviceState): void {
    if (!this.kernel.model.warnsWithoutDomain) this.dmaIommu.setUp(device, state);
  }

  /** What iommu_domain_alloc(bus) asks: the device's own IOMMU, or where the bus is asked whoever has the bus. */
  allocatorOf(device: SimDevice): IommuInstance | null {
    return this.registered.allocatorOf(device);
  }

  /** Whether no bus operations mean a NULL domain (3.19), which drivers take for a lack of memory. */
  get instanceOfBusAsked(): boolean {
    return this.kernel.model.attachUnit === 'device';
  }

  /** iommu_present: whether the device's bus has operations. */
  present(device: SimDevice): boolean {
    return WATCHED.has(device.bus) && this.registered.present(device.bus);
  }

  /** Whether groups of the device's IOMMU get a default domain in this kernel. */
  private wantsDefault(device: SimDevice): boolean {
    const { defaultDomains, driversWithoutDefaultDomain } = this.kernel.model;
    const { instance } = this.states.of(device);
    const listed = driversWithoutDefaultDomain.includes(instance?.driver ?? '');
    return defaultDomains && (!listed || instance?.ownDefaultDomains === true);
  }

  /** iommu_init: from now on groups can be made. */
  initGroups(): void {
    this.grouping = true;
  }

  /** A driver that puts its groups off makes them now. */
  settleGroups(): void {
    this.settled = true;
    for (const device of this.postponed.splice(0)) this.probeDevice(device, null);
  }

  /** iommu_subsys_init: from now on the bus notifiers offer added devices (kernels that install them here). */
  installNotifiers(): void {
    this.notified = true;
  }

  deviceAdded(device: SimDevice): void {
    const { attachMoment, notifierFrom, opsScope } = this.kernel.model;
    if (attachMoment === 'creation') this.dmaConfigure(device);
    if (notifierFrom === 'subsys' && !this.notified) return;
    if (notifierFrom === 'registration' && opsScope === 'system' && !this.registered.hasBus(device.bus)) return;
    if (attachMoment === 'registration') this.parseUnbound(device);
    if (this.masters.any) this.masters.parse(device);
    this.probeDevice(device, null);
  }

  /** iommu_init_device (6.15 on) runs the bus's dma_configure for a device without driver. */
  private parseUnbound(device: SimDevice): void {
    const state = this.states.of(device);
    if (device.driverName !== null || state.fwspec !== null || state.group !== null) return;
    state.hasIommuParam = true;
    this.dmaConfigure(device);
    if (state.fwspec === null) state.hasIommuParam = false;
  }

  deviceRemoved(device: SimDevice): void {
    this.release(device);
  }

  /** iommu_release_device. */
  private release(device: SimDevice): void {
    const state = this.states.of(device);
    if (state.group !== null) this.leaveGroup(device, state, state.group);
    this.freeParam(state);
    this.ungrouped.delete(device);
  }

  // ---- one probe attempt ---------------------------------------------------------------------------------------------

  configure(device: SimDevice): Errno {
    const { model } = this.kernel;
    if (!hasDmaConfigure(device)) return 0;
    const state = this.states.of(device);
    if (model.attachMoment !== 'creation') {
      const result = this.dmaConfigure(device);
      if (result !== 0) {
        this.unbindCleanup(device, state);
        return result;
      }
    }
    if (device.driverManagesDma || model.claimsDefaultDomain === 'no') return 0;
    const result = this.domains.useDefault(state.group);
    if (result !== 0) {
      this.unbindCleanup(device, state);
      return result;
    }
    state.usesDefaultDomain = true;
    return 0;
  }

  configureId(device: SimDevice, node: DtNode, id: number): Errno {
    if (this.dmaConfigure(device, { node, id }) === EPROBE_DEFER) return EPROBE_DEFER;
    return this.states.of(device).fwspec?.ids.length === 1 ? 0 : EINVAL;
  }

  cleanup(device: SimDevice): void {
    if (!hasDmaConfigure(device)) return;
    const state = this.states.of(device);
    if (state.usesDefaultDomain) this.domains.unuseDefault(state.group);
    state.usesDefaultDomain = false;
    if (this.kernel.model.armTeardownOnFailure) this.unbindCleanup(device, state);
  }

  /** device_unbind_cleanup, the part that concerns DMA. */
  private unbindCleanup(device: SimDevice, state: DeviceState): void {
    this.armGlue.tearDown(device);
    if (this.kernel.model.warnsWithoutDomain) state.dmaIommu = false;
    state.windows = null;
  }

  /** of_dma_configure_id: windows, masks, coherency, then the IOMMU. Only -EPROBE_DEFER is an error. */
  private dmaConfigure(device: SimDevice, as: MappedId | null = null): Errno {
    const master = as?.node ?? (device.pci === null ? device.node : device.pci.host.node);
    if (master === null || (as === null && !hasDmaConfigure(device))) return 0;
    const state = this.states.of(device);
    const windowed = applyBusProperties(this.tree, this.kernel, this.armGlue.limits.addressMask, device, master, state);

    const parsed = this.ofIommuConfigure(device, state, master, as?.id ?? null);
    if (this.kernel.model.acsEnabledAt === 'configure') device.pci?.enableAcs?.();
    const quiet = parsed === NO_IOMMU_FOUND && !this.kernel.model.noIommuIsError;
    const result = parsed === NO_IOMMU_FOUND ? ENODEV : parsed;
    state.configureResult = result;
    state.letGo = false;
    this.machine.trace('iommu-configure', device, quiet ? { result, quiet } : { result });
    if (result === EPROBE_DEFER) {
      if (windowed) state.windows = null;
      return EPROBE_DEFER;
    }
    if (result !== 0 && !quiet)
      this.machine.message('debug', device, result === ENODEV ? NO_IOMMU : `Adding to IOMMU failed: ${result}`);
    this.machine.message('debug', device, result === 0 ? BEHIND : NOT_BEHIND);
    if (result === 0 && this.kernel.model.warnsWithoutDomain) {
      if (state.group !== null && state.group.domain !== null) this.dmaIommu.setUp(device, state);
      else this.dmaIommu.warnWithoutDomain(device, state);
    }
    this.armGlue.setUp(device, result === 0);
    return 0;
  }

  /** of_iommu_configure. */
  private ofIommuConfigure(device: SimDevice, state: DeviceState, master: DtNode, id: number | null): Errno {
    if (state.fwspec !== null) return hasXlate(this.kernel, state.fwspec.instance) ? 0 : NO_IOMMU_FOUND;
    if (device.pci !== null) this.acsRequested = true;
    // The registration walk goes on by itself with a device that it made ready here.
    const walking = this.kernel.model.attachMoment === 'registration' && state.hasIommuParam;
    let result = parseMaster(this.context, device, state, master, id);
    if (result === 0 && !walking && this.kernel.model.groupMoment === 'configure') {
      // Registration and device_add should have been the moment (__iommu_probe_device).
      if (this.kernel.model.attachMoment === 'registration' && device.driverName !== null)
        this.machine.message('warn', device, 'late IOMMU probe at driver bind, something fishy here!');
      result = this.probeDevice(device, null);
    }
    if (state.fwspec !== null && state.group === null) this.ungrouped.add(device);
    return result;
  }

  // ---- groups --------------------------------------------------------------------------------------------------------

  /**
   * __iommu_probe_device: the driver takes the device, a group is found or made, and the device joins its domain.
   * `fresh` collects new groups whose default domain is made later (registration walk).
   */
  private probeDevice(device: SimDevice, fresh: Group[] | null): Errno {
    const state = this.states.of(device);
    if (state.fwspec === null) return ENODEV;
    if (state.group !== null) return 0;
    if (!this.settled && state.fwspec.instance.groupsLater === true) {
      this.postponed.push(device);
      return 0;
    }
    const group = this.initDevice(device, state);
    if (group === null) return 0;
    if (typeof group === 'number') {
      this.freeParam(state);
      this.numbers.settle();
      return group;
    }
    state.group = group;
    this.ungrouped.delete(device);
    this.announce(device, group);
    group.devices.push(device);
    if (group.defaultDomain !== null) this.domains.createDirectMappings(group.defaultDomain, device);
    let result: Errno = 0;
    if (group.domain !== null) {
      result = this.domains.setDeviceDomain(group, device, group.domain);
      const again = this.kernel.model.joinAttaches === 'twice' && fresh === null && group.owner === null;
      if (result === 0 && again && group.defaultDomain !== null)
        result = this.domains.setDeviceDomain(group, device, group.defaultDomain);
    } else if (group.defaultDomain === null && this.wantsDefault(device)) {
      if (fresh === null) result = this.domains.setUpDefault(group, null);
      else if (!fresh.includes(group)) fresh.push(group);
    }
    if (result !== 0) {
      this.leaveGroup(device, state, group);
      return result;
    }
    if (group.defaultDomain !== null) this.joined(device, state);
    this.numbers.settle();
    return 0;
  }

  /** iommu_init_device: the group, null from a driver that has none, or a negative errno. */
  private initDevice(device: SimDevice, state: DeviceState): Group | Errno | null {
    const fwspec = state.fwspec;
    if (fwspec === null) return ENODEV;
    const result = fwspec.instance.probeDevice(device, fwspec);
    if (result !== 0) return result;
    const instance = fwspec.instance.serving?.(device) ?? fwspec.instance;
    state.instance = instance;
    if (instance.groupless === true && this.kernel.model.attachUnit === 'device') return null;
    const group = instance.deviceGroup(device, this.factory);
    if (group instanceof Group) return group;
    instance.releaseDevice(device);
    return typeof group === 'number' ? group : EINVAL;
  }

  private announce(device: SimDevice, group: Group): void {
    this.machine.trace('group-add', device, { group: group.id });
    const { groupMessage } = this.kernel.model;
    if (groupMessage === 'device') this.machine.message('info', device, `Adding to iommu group ${group.id}`);
    else if (groupMessage === 'iommu')
      this.machine.message('info', null, `iommu: Adding device ${device.name} to group ${group.id}`);
  }

  /** __iommu_group_remove_device with iommu_deinit_device. */
  private leaveGroup(device: SimDevice, state: DeviceState, group: Group): void {
    const at = group.devices.indexOf(device);
    if (at >= 0) group.devices.splice(at, 1);
    this.machine.trace('group-remove', device, { group: group.id });
    state.instance?.releaseDevice(device);
    if (group.devices.length === 0) {
      group.defaultDomain?.free();
      group.blockingDomain?.free();
      group.defaultDomain = null;
      group.blockingDomain = null;
      group.domain = null;
    }
    state.group = null;
    this.freeParam(state);
    this.numbers.settle(group);
  }

  /** dev_iommu_free. */
  private freeParam(state: DeviceState): void {
    state.fwspec = null;
    state.instance = null;
    state.hasIommuParam = false;
    state.requireDirect = false;
    state.dmaIommu = false;
  }

  /** iommu_group_alloc. */
  private allocateGroup(): Group {
    if (!this.grouping && this.kernel.model.groupsFrom === 'arch')
      this.machine.panic(
        'NULL pointer dereference in iommu_group_alloc(): the IOMMU makes groups before iommu_init() has run (arch_initcall)',
      );
    return this.numbers.allocate();
  }

  private readonly factory: GroupFactory = {
    allocate: () => this.allocateGroup(),
    single: (instance) => this.numbers.single(instance, () => this.allocateGroup()),
    pci: (device) =>
      findPciGroup(device, this.machine.devicesOfBus('pci'), (other) => this.states.of(other).group) ??
      this.allocateGroup(),
    of: (device) => this.states.of(device).group,
    onRelease: (group, released) => {
      if (group instanceof Group) group.onRelease.push(released);
    },
  };

  // ---- what others see -----------------------------------------------------------------------------------------------

  /** iommu_get_resv_regions; empty without an IOMMU. */
  regionsOf(device: SimDevice): readonly ReservedRegion[] {
    const instance = this.states.of(device).instance;
    return instance === null ? [] : reservedRegions(this.context, device, instance);
  }

  /** As regionsOf, for whoever looks on: what stops the kernel when it reads them shows none. */
  private shownRegions(device: SimDevice): readonly ReservedRegion[] {
    try {
      return this.regionsOf(device);
    } catch (error) {
      if (!(error instanceof KernelPanic)) throw error;
      return [];
    }
  }

  writeGroupType(id: number, type: string): Errno {
    const group = this.numbers.get(id);
    const { typeChange } = this.kernel.model;
    if (group === null || typeChange === 'no-file') return ENOENT;
    if (typeChange === 'read-only') return EACCES;
    if (group.defaultDomain === null) return EINVAL;
    const text = type.replace(/\n$/, '');
    if (text !== 'identity' && text !== 'DMA' && text !== 'DMA-FQ' && text !== 'auto') return EINVAL;
    if (text === 'DMA-FQ' && group.defaultDomain.type === 'DMA') {
      // The queue comes up without tearing the domain down.
      this.dmaIommu.initQueue(group.defaultDomain);
      group.defaultDomain.type = 'DMA-FQ';
      return 0;
    }
    if (typeChange === 'unbound-device') {
      if (group.devices.length !== 1) return EINVAL;
      if (group.devices[0]?.driverName !== null || group.defaultDomain !== group.domain) return EBUSY;
    } else if (group.devices.length === 0 || group.ownerCount > 0) return EPERM;
    const result = this.domains.setUpDefault(group, text === 'auto' ? null : text);
    if (result !== 0) return result;
    for (const device of group.devices) this.joined(device, this.states.of(device));
    return 0;
  }

  /** The groups themselves, by number. */
  allGroups(): readonly Group[] {
    return this.numbers.all();
  }

  groups(): readonly GroupView[] {
    // One that its IOMMU made and nobody joined is not shown.
    return this.numbers.filled().map((group) => ({
      id: group.id,
      type: group.defaultDomain?.type ?? 'unknown',
      devices: [...group.devices],
      reservedRegions: mergeRegions(group.devices.flatMap((device) => [...this.shownRegions(device)])).map(
        (region) => ({
          start: region.start,
          end: (region.start + region.length - 1n) & MASK64,
          type: REGION_NAMES[region.type],
        }),
      ),
      provider: group.devices[0] === undefined ? null : (this.states.of(group.devices[0]).instance?.device ?? null),
    }));
  }

  view(device: SimDevice): DeviceDmaView {
    return viewOf(this.states.of(device));
  }
}

/** Buses with a dma_configure hook. */
function hasDmaConfigure(device: SimDevice): boolean {
  return WATCHED.has(device.bus);
}
