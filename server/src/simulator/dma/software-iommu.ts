/**
 * A generic IOMMU that exists in software only, for scenarios: any grouping, any page sizes and aperture, and failures
 * on demand. It translates like a page table and knows nothing of registers.
 */
import type { DtNode } from '../../devicetree/model';
import { factNumber, factWide, type HardwareFacts } from '../../iommu/hardware-facts';
import { PerObject } from '../../source/per-object';
import type { SimDevice } from '../contract/device';
import { EINVAL, ENOMEM, ERANGE, type Errno } from '../contract/errno';
import {
  type AccessOutcome,
  type HardwareDomain,
  PROT_READ,
  PROT_WRITE,
  type WalkStep,
} from '../contract/hardware-domain';
import type {
  FwSpec,
  GroupFactory,
  GroupRef,
  IommuInstance,
  ProviderProbe,
  ReservedRegion,
} from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import type { MachineServices } from '../contract/machine';
import type { ReportProvider } from '../report';
import { SortedMappings } from './sorted-mappings';

/** What a scenario can say about it (`hardware` of the device). All fields optional in the scenario. */
export interface SoftwareIommuFacts {
  /** `each`: a group per device (PCI rules for PCI); `one`: one group for all; `by-id`: devices that share an ID. */
  readonly groups: 'each' | 'one' | 'by-id' | 'none' | 'every-device';
  /** def_domain_type asks for identity. */
  readonly identityByDefault: boolean;
  /** The driver has an identity domain at all. */
  readonly identityDomain: boolean;
  readonly pageSizes: bigint;
  readonly aperture: { readonly start: bigint; readonly end: bigint; readonly force: boolean };
  /** iommu_map outside the aperture is -ERANGE. */
  readonly checkAperture: boolean;
  /** Largest ID; probe_device gives -ERANGE above it. Null: any. */
  readonly maxId: number | null;
  /** Attaches of paging domains number `first` to `first + count - 1` (from 1) fail with `error`. */
  readonly attachFailure: { readonly error: Errno; readonly first: number; readonly count: number } | null;
  /** No paging domain can be allocated. */
  readonly allocationFails: boolean;
  /** Whether it has of_xlate and calls of_iommu_set_ops(); without it its add_device reads `iommus` (3.19). */
  readonly ofOperations: boolean;
  /** Whether it calls bus_set_iommu() (3.19). */
  readonly busOperations: boolean;
  /** What an attach gives while the device is in another paging domain (3.19); 0: the new domain replaces it. */
  readonly attachRefusal: Errno;
  /** What add_device gives for every device; 0: it works. */
  readonly addError: Errno;
  /** Groups are put off until they exist. */
  readonly groupsLater: boolean;
  /** It goes on without the bus when another driver has it. */
  readonly busyIgnored: boolean;
  /** sysfs name of the class device. */
  readonly sysfsName: string | null;
}

const GROUPINGS = ['each', 'one', 'by-id', 'none', 'every-device'] as const;

/** Reads the facts of a scenario; wrong types count as absent. */
export function softwareIommuFacts(hardware: HardwareFacts, kernel: KernelView): SoftwareIommuFacts {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const window = list(hardware.aperture).map(factWide);
  const failure = list(hardware.attachFailure).map(factNumber);
  const groups = hardware.groups;
  return {
    groups: GROUPINGS.find((known) => known === groups) ?? 'each',
    ofOperations: hardware.ofOperations !== false,
    busOperations: hardware.busOperations !== false,
    attachRefusal: factNumber(hardware.attachRefusal) ?? 0,
    addError: factNumber(hardware.addError) ?? 0,
    groupsLater: hardware.groupsLater === true,
    busyIgnored: hardware.busyIgnored === true,
    identityByDefault: hardware.identityByDefault === true,
    identityDomain: hardware.identityDomain !== false,
    pageSizes: factWide(hardware.pageSizes) ?? 0x40201000n,
    aperture: {
      start: window[0] ?? 0n,
      end:
        window[1] ??
        (kernel.arch === 'arm' && kernel.config('CONFIG_ARM_LPAE') !== 'y' ? 0xffffffffn : 0xffffffffffffn),
      force: hardware.forceAperture !== false,
    },
    checkAperture: hardware.checkAperture === true,
    maxId: factNumber(hardware.maxId),
    attachFailure:
      failure.length === 3 ? { error: failure[0] ?? EINVAL, first: failure[1] ?? 1, count: failure[2] ?? 1 } : null,
    allocationFails: hardware.allocationFails === true,
    sysfsName: typeof hardware.sysfsName === 'string' ? hardware.sysfsName : null,
  };
}

/** The state that all instances share: it is one driver, and the last xlate of a device decides who serves it. */
interface DriverState {
  readonly serving: WeakMap<SimDevice, SoftwareIommu>;
}

const drivers = new PerObject<MachineServices, DriverState>();

function driverState(machine: MachineServices): DriverState {
  let state = drivers.get(machine);
  if (state === undefined) {
    state = { serving: new WeakMap() };
    drivers.set(machine, state);
  }
  return state;
}

class SoftwareDomain implements HardwareDomain {
  faultHandler: HardwareDomain['faultHandler'] = null;
  readonly mappings = new SortedMappings();
  /** Translations of pages that were accessed, until they are invalidated. */
  private readonly tlb = new Map<bigint, bigint>();

  constructor(
    readonly kind: HardwareDomain['kind'],
    private readonly iommu: SoftwareIommu,
  ) {}

  get pageSizes(): bigint {
    return this.iommu.facts.pageSizes;
  }

  get aperture(): HardwareDomain['aperture'] {
    return this.iommu.facts.aperture;
  }

  attach(device: SimDevice): Errno {
    return this.iommu.servingInstance(device).attach(device, this);
  }

  private aligned(...values: bigint[]): boolean {
    const page = this.pageSizes & -this.pageSizes;
    return values.every((value) => value % page === 0n);
  }

  map(iova: bigint, phys: bigint, size: bigint, prot: number): Errno {
    if (!this.aligned(iova, phys, size)) return EINVAL;
    const { aperture, facts } = { aperture: this.aperture, facts: this.iommu.facts };
    if (facts.checkAperture && (iova < aperture.start || iova + size - 1n > aperture.end)) return ERANGE;
    return this.mappings.map(iova, phys, size, prot);
  }

  unmap(iova: bigint, size: bigint, deferFlush = false): bigint {
    if (!this.aligned(iova, size)) return 0n;
    if (!deferFlush) for (const page of this.tlb.keys()) if (page >= iova && page < iova + size) this.tlb.delete(page);
    return this.mappings.unmap(iova, size);
  }

  flushTlb(): void {
    this.tlb.clear();
  }

  translate(iova: bigint): bigint | null {
    return this.mappings.translate(iova);
  }

  walk(_iova: bigint): readonly WalkStep[] {
    return [];
  }

  free(): void {
    this.tlb.clear();
  }

  access(
    iova: bigint,
    write: boolean,
  ): { readonly phys: bigint | null; readonly stale: boolean; readonly fault: string } {
    const page = iova & ~((this.pageSizes & -this.pageSizes) - 1n);
    const mapping = this.mappings.find(iova);
    if (mapping === null) {
      const stale = this.tlb.get(page);
      return {
        phys: stale === undefined ? null : stale + (iova - page),
        stale: stale !== undefined,
        fault: 'translation',
      };
    }
    if ((mapping.prot & (write ? PROT_WRITE : PROT_READ)) === 0)
      return { phys: null, stale: false, fault: 'permission' };
    this.tlb.set(page, mapping.phys + (page - mapping.start));
    return { phys: mapping.phys + (iova - mapping.start), stale: false, fault: '' };
  }
}

class SoftwareIommu implements IommuInstance {
  readonly driver = 'software-iommu';
  readonly ofOperations: boolean;
  readonly busOperations: boolean;
  readonly ignoresBusy: boolean;
  readonly parsesMasters: boolean;
  readonly takesEveryDevice: boolean;
  readonly groupless: boolean;
  readonly groupsLater: boolean;
  readonly buses: readonly string[] | undefined;
  /** Without fwspec (3.19) of_xlate itself refuses an ID. */
  private readonly checksAtXlate: boolean;
  readonly node: DtNode;
  readonly identity: HardwareDomain | null;
  readonly blocked: HardwareDomain;
  readonly firmwareRegions = true;
  readonly deferredFlush = true;
  readonly sysfsName: string | null;
  private readonly ids = new Map<SimDevice, readonly number[]>();
  private readonly groupsById = new Map<number, GroupRef>();
  private readonly attached = new Map<SimDevice, SoftwareDomain>();
  /** Attaches of paging domains so far. */
  private attaches = 0;

  constructor(
    readonly device: SimDevice,
    node: DtNode,
    readonly facts: SoftwareIommuFacts,
    private readonly shared: DriverState,
    kernel: KernelView,
  ) {
    this.node = node;
    this.identity = facts.identityDomain ? new SoftwareDomain('identity', this) : null;
    this.blocked = new SoftwareDomain('blocked', this);
    this.sysfsName = facts.sysfsName;
    this.ofOperations = facts.ofOperations;
    this.busOperations = facts.busOperations;
    this.ignoresBusy = facts.busyIgnored;
    this.parsesMasters = kernel.model.attachUnit === 'device';
    this.checksAtXlate = this.parsesMasters;
    this.buses = this.parsesMasters ? ['platform'] : undefined;
    this.takesEveryDevice = facts.groups === 'every-device';
    this.groupless = facts.groups === 'none';
    this.groupsLater = facts.groupsLater;
  }

  get identityGeometry(): NonNullable<IommuInstance['identityGeometry']> {
    const { pageSizes, aperture } = this.facts;
    return { pageSizes, start: aperture.start, end: aperture.end };
  }

  xlate(device: SimDevice, cells: readonly number[], addIds: (ids: readonly number[]) => void): Errno {
    const { maxId } = this.facts;
    if (this.checksAtXlate && maxId !== null && (cells[0] ?? 0) > maxId) return ERANGE;
    this.shared.serving.set(device, this);
    if (cells.length > 0) addIds(cells.slice(0, 1));
    return 0;
  }

  serving(device: SimDevice): IommuInstance {
    return this.servingInstance(device);
  }

  servingInstance(device: SimDevice): SoftwareIommu {
    return this.shared.serving.get(device) ?? this;
  }

  probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    const serving = this.shared.serving.get(device) ?? this;
    const { maxId, addError } = serving.facts;
    if (addError !== 0) return addError;
    if (!this.checksAtXlate && maxId !== null && fwspec.ids.some((id) => id > maxId)) return ERANGE;
    serving.ids.set(device, [...fwspec.ids]);
    return 0;
  }

  releaseDevice(device: SimDevice): void {
    this.ids.delete(device);
    this.attached.delete(device);
  }

  deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    if (this.facts.groups === 'one') return groups.single(this);
    if (this.facts.groups !== 'by-id') return device.pci === null ? groups.allocate() : groups.pci(device);
    const ids = this.ids.get(device) ?? [];
    let found: GroupRef | null = null;
    for (const id of ids) {
      const known = this.groupsById.get(id);
      if (known === undefined) continue;
      if (found !== null && known !== found) return EINVAL;
      found = known;
    }
    const group = found ?? (device.pci === null ? groups.allocate() : groups.pci(device));
    for (const id of ids) this.groupsById.set(id, group);
    if (found === null)
      groups.onRelease(group, () => {
        for (const [id, other] of this.groupsById) if (other === group) this.groupsById.delete(id);
      });
    return group;
  }

  defaultDomainType(_device: SimDevice): 'DMA' | 'identity' | null {
    return this.facts.identityByDefault ? 'identity' : null;
  }

  allocatePaging(_device: SimDevice): HardwareDomain | Errno {
    return this.facts.allocationFails ? ENOMEM : new SoftwareDomain('paging', this);
  }

  attach(device: SimDevice, domain: SoftwareDomain): Errno {
    if (domain.kind === 'paging') {
      const current = this.attached.get(device);
      if (this.facts.attachRefusal !== 0 && current !== undefined && current !== domain && current.kind === 'paging')
        return this.facts.attachRefusal;
      const failure = this.facts.attachFailure;
      const number = ++this.attaches;
      if (failure !== null && number >= failure.first && number < failure.first + failure.count) return failure.error;
    }
    this.attached.set(device, domain);
    return 0;
  }

  reservedRegions(_device: SimDevice): readonly ReservedRegion[] {
    return [];
  }

  cacheCoherent(_device: SimDevice): boolean {
    return true;
  }

  streamsOf(device: SimDevice): readonly number[] {
    return this.ids.get(device) ?? [];
  }

  access(stream: number, iova: bigint, write: boolean): AccessOutcome {
    const outcome = { stream, iova, write, lines: [], walk: [], stale: false, phys: null };
    const device = [...this.ids].find(([, ids]) => ids.includes(stream))?.[0];
    const domain = device === undefined ? undefined : this.attached.get(device);
    if (domain === undefined) return { ...outcome, result: 'fault', fault: 'unknown-stream' };
    if (domain.kind === 'identity') return { ...outcome, result: 'untranslated', phys: iova, fault: null };
    if (domain.kind === 'blocked') return { ...outcome, result: 'aborted', fault: null };
    const { phys, stale, fault } = domain.access(iova, write);
    if (phys !== null) return { ...outcome, result: 'translated', phys, stale, fault: null };
    domain.faultHandler?.(iova, write);
    return { ...outcome, result: 'fault', fault };
  }

  report(): ReportProvider {
    return {
      device: this.device.ref,
      model: 'software-iommu',
      streamTable: [...this.ids].map(([device, ids]) => ({
        device: device.ref,
        ids: ids.map((id) => `0x${id.toString(16)}`),
        domain: this.attached.get(device)?.kind ?? null,
      })),
      contextBanks: [],
      registers: {},
    };
  }
}

/** Probes a software IOMMU at a device; it needs a node, and registers whatever the facts say. */
export function probeSoftwareIommu(
  device: SimDevice,
  machine: MachineServices,
  kernel: KernelView,
  hardware: HardwareFacts,
): ProviderProbe {
  if (device.node === null) return { error: EINVAL };
  const facts = softwareIommuFacts(hardware, kernel);
  return { error: 0, instance: new SoftwareIommu(device, device.node, facts, driverState(machine), kernel) };
}
