/**
 * Domains of groups (drivers/iommu/iommu.c): which default domain a group gets, how devices are moved between domains,
 * who owns the DMA of a group.
 */
import type { SimDevice } from '../../contract/device';
import { EBUSY, EINVAL, ENODEV, EOPNOTSUPP, EPERM, EPROBE_DEFER, type Errno } from '../../contract/errno';
import {
  type DomainType,
  type HardwareDomain,
  PROT_CACHE,
  PROT_READ,
  PROT_WRITE,
} from '../../contract/hardware-domain';
import type { IommuInstance, ReservedRegion } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { DeviceStates } from '../device-state';
import { parseBool } from '../dma-iommu';
import { Domain } from '../domain';
import { DmaCookie } from '../iova/dma-cookie';
import { DeviceDomains } from './device-domains';
import type { Group } from './groups';

/** A type that the core may ask for; null: whatever suits best. */
type WantedType = 'DMA' | 'DMA-FQ' | 'identity' | null;

export interface GroupContext {
  readonly machine: MachineServices;
  readonly kernel: KernelView;
  readonly states: DeviceStates;
  reservedRegions(device: SimDevice): readonly ReservedRegion[];
}

/** iommu_subsys_init: what the configuration and the command line make the default. */
export function globalDefaultType(kernel: KernelView): 'DMA' | 'DMA-FQ' | 'identity' {
  const { model } = kernel;
  const passthrough = model.passthroughParam ? parseBool(kernel.param('iommu.passthrough')) : null;
  const identity = passthrough ?? (model.passthroughParam && kernel.config('CONFIG_IOMMU_DEFAULT_PASSTHROUGH') === 'y');
  if (identity) return 'identity';
  if (model.strictParam !== 'kconfig') return 'DMA';
  const strict = parseBool(kernel.param('iommu.strict')) ?? kernel.config('CONFIG_IOMMU_DEFAULT_DMA_STRICT') === 'y';
  return strict ? 'DMA' : 'DMA-FQ';
}

export class GroupDomains {
  readonly defaultType: 'DMA' | 'DMA-FQ' | 'identity';
  private readonly statics = new WeakMap<HardwareDomain, Domain>();
  private readonly armGlue: boolean;
  private readonly dmaApi: boolean;
  /** Whether devices are attached one by one. */
  private readonly byDevice: boolean;
  readonly devices: DeviceDomains;

  constructor(private readonly context: GroupContext) {
    const { kernel } = context;
    this.defaultType = globalDefaultType(kernel);
    this.armGlue = !kernel.model.defaultDomainOptional && kernel.config('CONFIG_ARM_DMA_USE_IOMMU') === 'y';
    this.byDevice = kernel.model.attachUnit === 'device';
    this.devices = new DeviceDomains(context.machine, context.states);
    this.dmaApi = kernel.config('CONFIG_IOMMU_DMA') === 'y';
  }

  /** dev_iommu_ops of the first device, which stands for the group. */
  private instance(group: Group): IommuInstance | null {
    const first = group.devices[0];
    return first === undefined ? null : this.context.states.of(first).instance;
  }

  /** __iommu_domain_alloc. */
  allocate(device: SimDevice, instance: IommuInstance, type: DomainType): Domain | Errno {
    if (type === 'identity' || type === 'blocked') {
      const { driversWithoutIdentity, driversWithoutBlocked, identityDomains } = this.context.kernel.model;
      const hardware = type === 'identity' ? instance.identity : instance.blocked;
      const lacking = type === 'identity' ? driversWithoutIdentity : driversWithoutBlocked;
      if (hardware === null || lacking.includes(instance.driver)) return EOPNOTSUPP;
      let domain = this.statics.get(hardware);
      if (domain === undefined) {
        const allocated =
          identityDomains === 'allocated' || (identityDomains === 'virtio' && instance.driver === 'virtio-iommu');
        const shown = type === 'identity' && allocated ? (instance.identityGeometry ?? null) : null;
        domain = new Domain(type, hardware, instance, shown);
        this.statics.set(hardware, domain);
      }
      return domain;
    }
    // iommu_get_dma_cookie
    if ((type === 'DMA' || type === 'DMA-FQ') && !this.dmaApi && this.context.kernel.model.defaultDomainOptional)
      return ENODEV;
    const hardware = instance.allocatePaging(device);
    if (typeof hardware === 'number') return hardware;
    const domain = new Domain(type, hardware, instance);
    if (domain.isDma) domain.cookie = new DmaCookie();
    return domain;
  }

  private allocateFor(group: Group, type: DomainType): Domain | Errno {
    const first = group.devices[0];
    const instance = this.instance(group);
    return first === undefined || instance === null ? ENODEV : this.allocate(first, instance, type);
  }

  /** __iommu_group_alloc_default_domain. */
  private defaultOf(group: Group, type: 'DMA' | 'DMA-FQ' | 'identity'): Domain | Errno {
    return group.defaultDomain?.type === type ? group.defaultDomain : this.allocateFor(group, type);
  }

  /** iommu_group_alloc_default_domain. */
  private allocateDefault(group: Group, type: WantedType): Domain | Errno {
    if (type !== null) return this.defaultOf(group, type);
    const domain = this.defaultOf(group, this.defaultType);
    if (typeof domain !== 'number') return domain;
    if (this.defaultType === 'DMA') return EINVAL;
    const fallback = this.defaultOf(group, 'DMA');
    if (typeof fallback !== 'number') this.sayFallback(group);
    return fallback;
  }

  /** The numbers are IOMMU_DOMAIN_IDENTITY and IOMMU_DOMAIN_DMA_FQ. */
  private sayFallback(group: Group): void {
    const { machine, kernel } = this.context;
    const type = this.defaultType === 'identity' ? 4 : 7;
    if (kernel.model.fallbackMessage === 'group')
      machine.message(
        'warn',
        null,
        `iommu: Failed to allocate default IOMMU domain of type ${type} for group (null) - Falling back to IOMMU_DOMAIN_DMA`,
      );
    else
      machine.message(
        'warn',
        group.devices[0] ?? null,
        `failed to allocate default IOMMU domain of type ${type}; falling back to IOMMU_DOMAIN_DMA`,
      );
  }

  /** iommu_get_default_domain_type: null leaves the choice to the global default; `undefined`: refused. */
  private wantedType(group: Group, target: WantedType): WantedType | undefined {
    const { kernel, machine } = this.context;
    let wanted: 'DMA' | 'identity' | null = this.armGlue ? 'identity' : null;
    for (const device of group.devices) {
      const instance = this.context.states.of(device).instance;
      const type = kernel.model.driverDomainType ? (instance?.defaultDomainType(device) ?? null) : null;
      if (type === null || type === wanted) continue;
      if (wanted === null) {
        wanted = type;
        continue;
      }
      machine.message(
        'err',
        device,
        `IOMMU driver error, requesting conflicting def_domain_type, ${typeName(wanted)} and ${typeName(type)}, for devices in group ${group.id}.`,
      );
      if (type === 'identity') wanted = type;
    }
    if (!this.dmaApi && !kernel.model.defaultDomainOptional) {
      if (wanted === 'DMA') return undefined;
      wanted = wanted ?? 'identity';
    }
    if (target !== null) return wanted !== null && wanted !== target ? undefined : target;
    return wanted;
  }

  /** iommu_setup_default_domain: makes the group's default domain (or changes it to `target`) and attaches it. */
  setUpDefault(group: Group, target: WantedType): Errno {
    const wanted = this.wantedType(group, target);
    if (wanted === undefined) return EINVAL;
    const domain = this.allocateDefault(group, wanted);
    if (typeof domain === 'number')
      return this.context.kernel.model.defaultDomainOptional && group.defaultDomain === null ? 0 : domain;
    if (domain === group.defaultDomain) return 0;
    const old = group.defaultDomain;
    let directFailed = false;
    for (const device of group.devices) {
      if (this.createDirectMappings(domain, device) !== 0) {
        directFailed = true;
        this.context.machine.message(
          'warn',
          this.context.states.of(device).instance?.device ?? null,
          'IOMMU driver was not able to establish FW requested direct mapping.',
        );
      }
    }
    group.defaultDomain = domain;
    let result: Errno;
    if (group.domain === null) {
      // The first attach must not fail: the caller undoes everything when it does.
      result = this.setDomain(group, domain, true);
      if (result !== 0) {
        if (old !== null) old.free();
        return result;
      }
    } else {
      result = this.setDomain(group, domain);
      if (result !== 0) {
        if (old !== null) {
          domain.free();
          group.defaultDomain = old;
        }
        return result;
      }
    }
    if (directFailed) {
      for (const device of group.devices) {
        result = this.createDirectMappings(domain, device);
        if (result === 0) continue;
        if (old !== null) {
          this.setDomain(group, old, true);
          domain.free();
          group.defaultDomain = old;
        }
        return result;
      }
    }
    old?.free();
    return 0;
  }

  /** iommu_create_device_direct_mappings. */
  createDirectMappings(domain: Domain, device: SimDevice): Errno {
    const page = BigInt(domain.granule);
    if (domain.isDma && page === 0n) return EINVAL;
    const state = this.context.states.of(device);
    const prot = PROT_READ | PROT_WRITE | (state.coherent ? PROT_CACHE : 0);
    for (const region of this.context.reservedRegions(device)) {
      if (region.type === 'direct') state.requireDirect = true;
      if ((region.type !== 'direct' && region.type !== 'direct-relaxable') || !domain.isDma) continue;
      const start = ((region.start + page - 1n) / page) * page;
      const end = ((region.start + region.length + page - 1n) / page) * page;
      let pending = 0n;
      for (let at = start; at <= end; at += page) {
        if (at !== end && domain.translate(at) === 0n) {
          pending += page;
          continue;
        }
        if (pending > 0n) {
          const result = domain.map(at - pending, at - pending, pending, prot);
          if (result !== 0) return result;
          pending = 0n;
        }
      }
    }
    return 0;
  }

  /** __iommu_device_set_domain. */
  setDeviceDomain(group: Group, device: SimDevice, domain: Domain, mustSucceed = false): Errno {
    if (
      this.context.states.of(device).requireDirect &&
      (domain.type === 'blocked' || domain === group.blockingDomain)
    ) {
      this.context.machine.message(
        'warn',
        device,
        'Firmware has requested this device have a 1:1 IOMMU mapping, rejecting configuring the device without a 1:1 mapping. Contact your platform vendor.',
      );
      return EINVAL;
    }
    const result = domain.attach(device);
    this.context.machine.trace('attach', device, { domain: domain.type, driver: domain.owner.driver, result });
    if (result !== 0 && mustSucceed && group.blockingDomain !== null && group.blockingDomain !== domain)
      group.blockingDomain.attach(device);
    return result;
  }

  /** __iommu_group_set_domain_internal: on an error every device goes back to where it was. */
  setDomain(group: Group, domain: Domain, mustSucceed = false): Errno {
    if (group.domain === domain) return 0;
    let result: Errno = 0;
    for (const [index, device] of group.devices.entries()) {
      const error = this.setDeviceDomain(group, device, domain, mustSucceed);
      if (error === 0) continue;
      result = error;
      if (mustSucceed) continue;
      const { failedAttachReverts } = this.context.kernel.model;
      if (failedAttachReverts === 'nothing') return error;
      const reverted = failedAttachReverts === 'with-failed' ? index + 1 : index;
      for (const earlier of group.devices.slice(0, reverted))
        if (group.domain !== null) this.setDeviceDomain(group, earlier, group.domain, true);
      return error;
    }
    group.domain = domain;
    return result;
  }

  /** __iommu_group_set_core_domain. */
  setCoreDomain(group: Group): void {
    const domain = group.owner !== null ? group.blockingDomain : group.defaultDomain;
    if (domain !== null) {
      this.setDomain(group, domain, true);
      return;
    }
    // Up to 6.6 a group can be without a default domain: detach_dev leaves the hardware as it is with identity.
    for (const device of group.devices) this.context.states.of(device).instance?.identity?.attach(device);
    group.domain = null;
  }

  /** __iommu_attach_group. */
  private attach(group: Group, domain: Domain): Errno {
    if (
      this.context.kernel.model.coreAttachChecks &&
      group.domain !== null &&
      group.domain !== group.defaultDomain &&
      group.domain !== group.blockingDomain
    )
      return EBUSY;
    if (this.instance(group)?.driver !== domain.owner.driver) return EINVAL;
    return this.setDomain(group, domain);
  }

  /** iommu_attach_device: only in a group of one. */
  attachDevice(device: SimDevice, domain: Domain): Errno {
    if (this.byDevice) return this.devices.attach(device, domain);
    const { group } = this.context.states.of(device);
    if (group === null) return ENODEV;
    if (this.context.kernel.model.coreAttachChecks && group.devices.length !== 1) return EINVAL;
    return this.attach(group, domain);
  }

  /** iommu_attach_group. */
  attachGroup(device: SimDevice, domain: Domain): Errno {
    const { group } = this.context.states.of(device);
    if (this.byDevice) return this.devices.attachGroup(group, domain);
    return group === null ? ENODEV : this.attach(group, domain);
  }

  /** iommu_detach_device: false when the kernel only warns and leaves the domain attached. */
  detachDevice(device: SimDevice, domain: Domain): boolean {
    const { group } = this.context.states.of(device);
    if (this.byDevice) {
      this.devices.detach(device, domain);
      return true;
    }
    if (group === null) return false;
    if (group.domain !== domain || group.devices.length !== 1) {
      this.context.machine.message('warn', group.devices[0] ?? null, 'WARNING: in iommu_detach_device()');
      return false;
    }
    this.setCoreDomain(group);
    return true;
  }

  /** iommu_detach_group. */
  detachGroup(device: SimDevice, domain: Domain): void {
    const { group } = this.context.states.of(device);
    if (this.byDevice) this.devices.detachGroup(group, domain);
    else if (group !== null) this.setCoreDomain(group);
  }

  /** iommu_device_use_default_domain. */
  useDefault(group: Group | null): Errno {
    if (group === null) return 0;
    if (group.defaultDomain === null && this.context.kernel.model.claimsDefaultDomain === 'awaited')
      return EPROBE_DEFER;
    if (group.ownerCount > 0 && (group.domain !== group.defaultDomain || group.owner !== null)) return EBUSY;
    group.ownerCount++;
    return 0;
  }

  /** iommu_device_unuse_default_domain. */
  unuseDefault(group: Group | null): void {
    if (group !== null && group.ownerCount > 0) group.ownerCount--;
  }

  /** iommu_device_claim_dma_owner. */
  claim(group: Group | null, owner: unknown): Errno {
    if (group === null) return ENODEV;
    if (group.ownerCount > 0) {
      if (group.owner !== owner) return EPERM;
      group.ownerCount++;
      return 0;
    }
    if (group.domain !== null && group.domain !== group.defaultDomain) return EBUSY;
    if (group.blockingDomain === null) {
      let domain = this.allocateFor(group, 'blocked');
      // A driver without a blocked domain gets an empty one.
      if (typeof domain === 'number') domain = this.allocateFor(group, 'unmanaged');
      if (typeof domain === 'number') return domain;
      group.blockingDomain = domain;
    }
    const result = this.setDomain(group, group.blockingDomain);
    if (result !== 0) return result;
    group.owner = owner;
    group.ownerCount++;
    return 0;
  }

  /** iommu_device_release_dma_owner. */
  releaseOwner(group: Group | null): void {
    if (group === null) return;
    if (group.ownerCount > 1) {
      group.ownerCount--;
      return;
    }
    if (group.ownerCount === 0 || group.owner === null) return;
    group.ownerCount = 0;
    group.owner = null;
    if (group.defaultDomain !== null) this.setDomain(group, group.defaultDomain, true);
  }
}

function typeName(type: 'DMA' | 'identity'): string {
  return type === 'DMA' ? 'Translated' : 'Passthrough';
}
