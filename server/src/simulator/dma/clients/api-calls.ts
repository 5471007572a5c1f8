/** Calls of drivers that use the IOMMU API or the ARM glue themselves, and what each returned. */
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENOMEM, type Errno } from '../../contract/errno';
import { PROT_READ, PROT_WRITE } from '../../contract/hardware-domain';
import type { MachineServices } from '../../contract/machine';
import type { ArmGlueOp, IommuApiOp } from '../../scenario';
import { ArmMapping } from '../arm/arm-mapping';
import type { Domain } from '../domain';
import type { IommuCore } from '../iommu-core';
import { IovaDomain } from '../iova/iova';

const ENODATA = -61;
const EBADFD = -77;
const ENOSYS = -38;

function isArmOp(op: IommuApiOp | ArmGlueOp): op is ArmGlueOp {
  return op.op.startsWith('arm-');
}

interface OwnRange {
  readonly domain: Domain;
  readonly frame: number;
  readonly size: bigint;
}

/** One explicit mapping that is still there. */
export interface ApiMapping {
  readonly device: SimDevice;
  readonly domain: Domain;
  readonly iova: bigint;
  readonly size: bigint;
  readonly phys: bigint;
  /** What was assumed, when the call comes from a default workload. */
  readonly assumption: string | null;
}

export class ApiCalls {
  private assumption: string | null = null;
  private mapped: ApiMapping[] = [];
  /** Domains that drivers allocated, by their number. */
  private readonly domains = new Map<number, Domain>();
  private readonly allocators = new Map<Domain, IovaDomain>();
  private readonly ranges = new Map<SimDevice, Map<number, OwnRange>>();
  /** The domain that each driver attached last. */
  private readonly attached = new Map<SimDevice, { readonly domain: Domain; readonly by: 'device' | 'group' }>();
  private readonly everAttached = new Set<Domain>();
  private readonly detachedMappings = new Map<SimDevice, ArmMapping>();
  private readonly createdMappings = new Map<SimDevice, ArmMapping>();
  private sharedMapping: ArmMapping | null = null;

  constructor(
    private readonly core: IommuCore,
    private readonly machine: MachineServices,
    private readonly bufferOf: (device: SimDevice) => bigint,
  ) {}

  /** Makes one call and logs it under its index; gives its result. */
  run(device: SimDevice, index: number, op: IommuApiOp | ArmGlueOp, assumption: string | null): number {
    this.assumption = assumption;
    if (op.op === 'info') {
      if (op.hardware === true) {
        const capture = this.core.states.of(device).instance?.capture?.() ?? null;
        this.machine.trace('hardware', device, { when: op.when, capture });
      } else this.machine.trace('dma-view', device, { when: op.when, view: this.core.view(device) });
      return 0;
    }
    const detail = isArmOp(op) ? this.arm(device, op) : this.call(device, index, op);
    this.machine.trace('api', device, { op: index, tag: op.tag, call: op.op, ...detail });
    return Number(detail.result);
  }

  private call(
    device: SimDevice,
    index: number,
    op: Exclude<IommuApiOp, { op: 'info' }>,
  ): Readonly<Record<string, unknown>> & { readonly result: number | bigint } {
    const { domains } = this.core;
    const state = this.core.states.of(device);
    switch (op.op) {
      case 'domain-alloc': {
        const instance = this.core.allocatorOf(device);
        // iommu_domain_alloc() gives NULL where the bus is asked; its callers make -ENOMEM of it.
        if (instance === null) return { result: this.core.instanceOfBusAsked ? ENOMEM : ENODEV };
        const domain = domains.allocate(device, instance, 'unmanaged');
        if (typeof domain === 'number') return { result: domain };
        this.domains.set(op.domain, domain);
        return { result: 0, type: domain.type };
      }
      case 'present':
        return { result: this.core.present(device) ? 1 : 0 };
      case 'domain-attach': {
        const domain = this.domains.get(op.domain);
        if (domain === undefined) return { result: ENODATA, by: op.by };
        const result = op.by === 'device' ? domains.attachDevice(device, domain) : domains.attachGroup(device, domain);
        if (result === 0) {
          this.attached.set(device, { domain, by: op.by });
          this.everAttached.add(domain);
        } else if (op.freeOnFailure === true) {
          this.domains.delete(op.domain);
          domain.free();
        }
        return { result, by: op.by };
      }
      case 'domain-detach': {
        const known = this.attached.get(device);
        const domain = op.domain === undefined ? known?.domain : this.domains.get(op.domain);
        if (domain === undefined) return { result: ENODATA };
        if ((op.by ?? known?.by ?? 'device') === 'device') domains.detachDevice(device, domain);
        else domains.detachGroup(device, domain);
        this.attached.delete(device);
        return { result: 0 };
      }
      case 'domain-free': {
        const domain = this.domains.get(op.domain);
        if (domain === undefined) return { result: ENODATA };
        this.domains.delete(op.domain);
        this.mapped = this.mapped.filter((mapping) => mapping.domain !== domain);
        domain.free();
        return { result: 0 };
      }
      case 'domain-current': {
        const domain = state.domain;
        if (domain === null) return { result: ENODATA };
        this.domains.set(op.domain, domain);
        return { result: 0, type: domain.type };
      }
      case 'iommu-map': {
        const domain = op.domain === null ? (state.domain ?? undefined) : this.domains.get(op.domain);
        if (domain === undefined) return { result: ENODATA, iova: op.iova, size: op.size };
        if (op.onlyAttached === true && !this.everAttached.has(domain)) return { result: EBADFD };
        const phys = op.phys ?? this.bufferOf(device);
        const result = domain.map(op.iova, phys, op.size, op.prot);
        if (result === 0)
          this.mapped.push({ device, domain, iova: op.iova, size: op.size, phys, assumption: this.assumption });
        return { result, iova: op.iova, size: op.size, type: domain.type };
      }
      case 'iommu-unmap': {
        const domain = this.domains.get(op.domain);
        if (domain === undefined) return { result: ENODATA, iova: op.iova, size: op.size };
        const result = domain.unmap(op.iova, op.size);
        this.forget(domain, op.iova, result);
        return { result, iova: op.iova, size: op.size };
      }
      case 'iova-to-phys': {
        const domain = this.domains.get(op.domain);
        if (domain === undefined) return { result: ENODATA, iova: op.iova };
        return { result: 0, iova: op.iova, phys: domain.translate(op.iova), found: domain.translate(op.iova) !== 0n };
      }
      case 'claim-owner':
        return { result: domains.claim(state.group, device) };
      case 'release-owner':
        domains.releaseOwner(state.group);
        return { result: 0 };
      case 'iova-alloc':
        return this.allocateOwn(device, op.slot ?? index, op.domain, op.size);
      case 'iova-free':
        return this.freeOwn(device, op.slot);
      case 'fault-handler': {
        const domain = op.domain === null ? (state.domain ?? undefined) : this.domains.get(op.domain);
        if (domain === undefined) return { result: ENODATA };
        const { result } = op;
        const handler = (iova: bigint, write: boolean): Errno => {
          this.machine.trace('fault-handler', device, { iova, write, result });
          return result;
        };
        domain.hardware.faultHandler = handler;
        return { result: 0, current: op.domain === null };
      }
    }
  }

  /** alloc_iova in the driver's own allocator (host1x_device, tegra_drm_alloc), then iommu_map. */
  private allocateOwn(
    device: SimDevice,
    slot: number,
    number: number,
    bytes: number,
  ): { result: Errno; iova?: bigint } {
    const domain = this.domains.get(number);
    if (domain === undefined) return { result: ENODATA };
    const granule = domain.granule;
    if (granule === 0) return { result: EINVAL };
    const { aperture } = domain.hardware;
    let allocator = this.allocators.get(domain);
    if (allocator === undefined) {
      allocator = new IovaDomain(granule, Number(aperture.start / BigInt(granule)), { uncached: true });
      this.allocators.set(domain, allocator);
    }
    const end = aperture.end < 0xffffffffn ? aperture.end : 0xffffffffn;
    const pages = Math.ceil(bytes / granule);
    const frame = allocator.allocate(pages, Number(end / BigInt(granule)), true);
    if (frame === 0) return { result: ENOMEM };
    const iova = BigInt(frame) * BigInt(granule);
    const size = BigInt(pages) * BigInt(granule);
    const result = domain.map(iova, this.bufferOf(device), size, PROT_READ | PROT_WRITE);
    if (result !== 0) {
      allocator.free(frame);
      return { result };
    }
    let own = this.ranges.get(device);
    if (own === undefined) {
      own = new Map();
      this.ranges.set(device, own);
    }
    own.set(slot, { domain, frame, size });
    this.mapped.push({ device, domain, iova, size, phys: this.bufferOf(device), assumption: this.assumption });
    return { result: 0, iova };
  }

  private freeOwn(device: SimDevice, slot: number): { result: number | bigint; iova?: bigint } {
    const range = this.ranges.get(device)?.get(slot);
    if (range === undefined) return { result: ENODATA };
    this.ranges.get(device)?.delete(slot);
    const iova = BigInt(range.frame) * BigInt(range.domain.granule);
    const result = range.domain.unmap(iova, range.size);
    this.forget(range.domain, iova, result);
    this.allocators.get(range.domain)?.free(range.frame);
    return { result, iova };
  }

  /** Explicit mappings that are still there. */
  live(): readonly ApiMapping[] {
    return this.mapped;
  }

  /** Takes [iova, iova + size) out of the list. */
  private forget(domain: Domain, iova: bigint, size: bigint): void {
    if (size === 0n) return;
    const end = iova + size;
    this.mapped = this.mapped.flatMap((mapping) => {
      const last = mapping.iova + mapping.size;
      if (mapping.domain !== domain || last <= iova || mapping.iova >= end) return [mapping];
      const left = mapping.iova < iova ? [{ ...mapping, size: iova - mapping.iova }] : [];
      const right =
        last > end ? [{ ...mapping, iova: end, size: last - end, phys: mapping.phys + (end - mapping.iova) }] : [];
      return [...left, ...right];
    });
  }

  // ---- the ARM glue --------------------------------------------------------------------------------------------------

  private arm(device: SimDevice, op: ArmGlueOp): Readonly<Record<string, unknown>> & { readonly result: number } {
    const { armGlue } = this.core;
    if (!armGlue.built) return { result: ENOSYS, built: false };
    switch (op.op) {
      case 'arm-detach': {
        const mapping = this.core.states.of(device).armMapping;
        const referencesBefore = mapping?.references ?? 0;
        if (mapping !== null) {
          // The driver keeps a reference, so that it can release or attach the mapping afterwards.
          mapping.references++;
          this.detachedMappings.set(device, mapping);
        }
        armGlue.detach(device);
        return { result: 0, hadMapping: mapping !== null, referencesBefore };
      }
      case 'arm-release': {
        const mappings = op.which === 'detached' ? this.detachedMappings : this.createdMappings;
        const mapping = mappings.get(device);
        if (mapping === undefined) return { result: 0, which: op.which };
        mappings.delete(device);
        if (op.which === 'detached') mapping.references--;
        const before = mapping.references;
        mapping.put();
        return { result: 0, which: op.which, referencesBefore: before };
      }
      case 'arm-create': {
        const mapping = armGlue.create(device, op.base, op.size);
        if (!(mapping instanceof ArmMapping)) return { result: mapping, base: op.base, size: op.size };
        this.createdMappings.set(device, mapping);
        return {
          result: 0,
          base: op.base,
          size: op.size,
          bits: mapping.bits,
          bitmaps: mapping.bitmaps.length,
          extensions: mapping.extensions,
          type: mapping.domain.type,
        };
      }
      case 'arm-attach': {
        const mapping =
          op.which === 'created'
            ? this.createdMappings.get(device)
            : op.which === 'detached'
              ? this.detachedMappings.get(device)
              : this.sharedMapping;
        // Nothing to attach: the driver does not get as far as the call.
        return { result: mapping ? armGlue.attach(device, mapping) : ENODATA, which: op.which };
      }
      case 'arm-teardown':
        armGlue.tearDown(device);
        return { result: 0 };
      case 'arm-publish': {
        const mapping = this.core.states.of(device).armMapping;
        if (mapping === null) return { result: ENODATA };
        mapping.references++;
        this.sharedMapping = mapping;
        return { result: 0 };
      }
    }
  }
}
