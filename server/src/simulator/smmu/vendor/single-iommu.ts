/**
 * IOMMUs without a stream table that software fills: every master of an instance (or of one ID) has one address space.
 * What differs from family to family is a description: sizes, aperture, groups, refusals, table format, fault text.
 */
import type { DtNode } from '../../../devicetree/model';
import type { Capacity } from '../../../iommu/capacity';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENOMEM, type Errno } from '../../contract/errno';
import type { AccessOutcome, HardwareDomain } from '../../contract/hardware-domain';
import type { FwSpec, GroupFactory, GroupRef, IommuInstance, ReservedRegion } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices, MessageLevel } from '../../contract/machine';
import type { ReportProvider } from '../../report';
import { PagingDomain, StaticDomain } from '../domain';
import { type KernelState, kernelState } from '../kernel-state';
import { reportCapacity } from '../report-capacity';
import { hex, type PageTable } from '../tables/page-table';

/** What a fault text is made of. */
export interface FaultContext {
  readonly iova: bigint;
  readonly write: boolean;
  readonly stream: number;
  readonly master: SimDevice | null;
  readonly fault: 'translation' | 'permission';
  readonly instance: SingleIommu;
  readonly domain: SingleDomain;
}

export interface FamilyDescription {
  /** The identity of iommu_ops. */
  readonly driver: string;
  readonly model: string;
  readonly sysfsName: string | null;
  /** iommu_ops.pgsize_bitmap. */
  readonly pageSizes: bigint;
  readonly aperture: (device: SimDevice) => { readonly start: bigint; readonly end: bigint; readonly force: boolean };
  /** A new table; null where the driver cannot make one (-ENOMEM at the attach). */
  readonly table: (state: KernelState) => PageTable | null;
  /** Whether the table exists before the first attach (else mapping is -ENODEV). */
  readonly tableAtAllocation: boolean;
  readonly group: 'device' | 'instance' | 'pci-or-device';
  readonly identity: boolean;
  /** Attaching the identity domain is refused (-EINVAL): the hardware cannot be bypassed. */
  readonly cannotBypass?: boolean;
  readonly blocked: boolean;
  readonly deferredFlush: boolean;
  readonly coherent: boolean;
  readonly firmwareRegions: boolean;
  readonly softwareMsi: boolean;
  readonly defaultDomain: 'DMA' | 'identity' | null;
  /** of_xlate: IDs to add, or the errno. */
  readonly xlate: (device: SimDevice, cells: readonly number[]) => readonly number[] | Errno;
  /** probe_device's refusals. */
  readonly admit?: (device: SimDevice, fwspec: FwSpec, instance: SingleIommu) => Errno;
  /** How many domains may be attached at once (context banks); null: any number. */
  readonly contexts?: number | null;
  /** Device link flags of probe_device; null: no link. */
  readonly link: readonly string[] | null;
  /** The lines of a fault, and the call site whose rate limit holds; null: unlimited. */
  readonly faultLines: (context: FaultContext) => readonly string[];
  readonly rateLimit: string | null;
  /** Level of the fault lines; `err` when absent. */
  readonly faultLevel?: MessageLevel;
  /** Who prints them: the IOMMU when absent, another device, or nobody (pr_err: the lines carry their prefix). */
  readonly faultDevice?: (context: FaultContext) => SimDevice | null;
  /** The handler masks its interrupt after the first line: no later fault is seen. */
  readonly reportsOnce?: boolean;
  /** The panic with which the kernel answers a fault that no handler took. */
  readonly fatal?: string;
  /** What an access of a blocked master prints; absent: nothing. */
  readonly blockedLines?: (stream: number, iova: bigint) => readonly string[];
  /** What an access of a master without a domain meets: its lines; null or absent: it passes. */
  readonly unattachedLines?: ((stream: number, iova: bigint) => readonly string[]) | null;
  /** Capacity that the tree does not tell (iommu/capacity.ts); absent: none. */
  readonly capacity?: readonly Capacity[];
  /** Whether a handler's answer silences the message. */
  readonly handlerSilences: boolean;
}

export class SingleDomain extends PagingDomain {
  protected readonly initialPageSizes: bigint;
  aperture: { readonly start: bigint; readonly end: bigint; readonly force: boolean };
  attachedTo: SingleIommu | null = null;
  readonly devices = new Set<SimDevice>();

  constructor(
    private readonly maker: SingleIommu,
    device: SimDevice,
  ) {
    super();
    this.initialPageSizes = maker.family.pageSizes;
    this.aperture = maker.family.aperture(device);
    if (maker.family.tableAtAllocation) this.table = maker.family.table(maker.state);
  }

  /** Gives the domain its table at the first attach. */
  finalise(instance: SingleIommu): Errno {
    this.attachedTo ??= instance;
    this.table ??= instance.family.table(instance.state);
    return this.table === null ? ENOMEM : 0;
  }

  attach(device: SimDevice): Errno {
    return this.maker.attachPaging(this, device);
  }

  protected override onFree(): void {
    this.maker.forget(this);
  }
}

interface Master {
  readonly ids: readonly number[];
  domain: SingleDomain | 'identity' | 'blocked' | null;
}

export class SingleIommu implements IommuInstance {
  readonly driver: string;
  readonly sysfsName: string | null;
  readonly xlate: IommuInstance['xlate'];
  readonly identity: HardwareDomain | null;
  readonly blocked: HardwareDomain | null;
  readonly deferredFlush: boolean;
  readonly firmwareRegions: boolean;
  readonly state: KernelState;
  private readonly masters = new Map<SimDevice, Master>();
  private readonly active = new Set<SingleDomain>();
  private reported = false;

  constructor(
    readonly device: SimDevice,
    readonly node: DtNode,
    readonly machine: MachineServices,
    readonly kernel: KernelView,
    readonly family: FamilyDescription,
  ) {
    this.driver = family.driver;
    this.sysfsName = family.sysfsName;
    this.deferredFlush = family.deferredFlush;
    this.firmwareRegions = family.firmwareRegions;
    this.state = kernelState(machine);
    this.identity = family.identity
      ? new StaticDomain('identity', (device) => this.attachStatic(device, 'identity'))
      : null;
    this.blocked = family.blocked
      ? new StaticDomain('blocked', (device) => this.attachStatic(device, 'blocked'))
      : null;
    this.siblings.add(this);
    const xlate: NonNullable<IommuInstance['xlate']> = (master, cells, addIds) => {
      const ids = family.xlate(master, cells);
      if (typeof ids === 'number') return ids;
      if (ids.length > 0) addIds(ids);
      return 0;
    };
    this.xlate = xlate;
  }

  private get siblings(): Set<SingleIommu> {
    return this.state.static(`${this.family.driver} instances`, () => new Set<SingleIommu>());
  }

  probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    const refusal = this.family.admit?.(device, fwspec, this) ?? 0;
    if (refusal !== 0) return refusal;
    this.masters.set(device, { ids: [...fwspec.ids], domain: null });
    if (this.family.link !== null && this.kernel.model.driversThatLink.includes(this.family.driver))
      this.machine.addDeviceLink(device, this.device, this.family.link);
    return 0;
  }

  releaseDevice(device: SimDevice): void {
    const domain = this.masters.get(device)?.domain;
    if (domain instanceof SingleDomain) domain.devices.delete(device);
    this.masters.delete(device);
  }

  deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    if (this.family.group === 'instance')
      return this.kernel.model.driversWithGroupPerMaster.includes(this.driver)
        ? groups.allocate()
        : groups.single(this);
    return this.family.group === 'pci-or-device' && device.pci !== null ? groups.pci(device) : groups.allocate();
  }

  defaultDomainType(device: SimDevice): 'DMA' | 'identity' | null {
    void device;
    return this.family.defaultDomain;
  }

  reservedRegions(device: SimDevice): readonly ReservedRegion[] {
    void device;
    return this.family.softwareMsi ? [{ start: 0x8000000n, length: 0x100000n, type: 'software-msi' }] : [];
  }

  cacheCoherent(): boolean {
    return this.family.coherent;
  }

  streamsOf(device: SimDevice): readonly number[] {
    const ids = this.masters.get(device)?.ids ?? [];
    return ids.length > 0 ? [...new Set(ids)] : this.masters.has(device) ? [0] : [];
  }

  allocatePaging(device: SimDevice): HardwareDomain | Errno {
    return new SingleDomain(this, device);
  }

  private instanceOf(device: SimDevice): SingleIommu | null {
    for (const instance of this.siblings) if (instance.masters.has(device)) return instance;
    return null;
  }

  attachPaging(domain: SingleDomain, device: SimDevice): Errno {
    const instance = this.instanceOf(device);
    const master = instance?.masters.get(device);
    if (instance === null || master === undefined) return ENODEV;
    if (domain.attachedTo !== null && domain.attachedTo !== instance && this.family.group !== 'device') return EINVAL;
    const limit = this.family.contexts ?? null;
    if (limit !== null && !instance.active.has(domain) && instance.active.size >= limit) return -16;
    const error = domain.finalise(instance);
    if (error !== 0) return error;
    instance.leave(master, device);
    domain.devices.add(device);
    instance.active.add(domain);
    master.domain = domain;
    return 0;
  }

  private leave(master: Master, device: SimDevice): void {
    const domain = master.domain;
    if (!(domain instanceof SingleDomain)) return;
    domain.devices.delete(device);
    if (domain.devices.size === 0) this.active.delete(domain);
  }

  private attachStatic(device: SimDevice, kind: 'identity' | 'blocked'): Errno {
    const instance = this.instanceOf(device);
    const master = instance?.masters.get(device);
    if (instance === null || master === undefined) return ENODEV;
    if (kind === 'identity' && instance.family.cannotBypass === true) return EINVAL;
    instance.leave(master, device);
    master.domain = kind;
    return 0;
  }

  /** The number of a domain's context among those in use. */
  contextOf(domain: SingleDomain): number {
    return Math.max(0, [...this.active].indexOf(domain));
  }

  forget(domain: SingleDomain): void {
    for (const instance of this.siblings) instance.active.delete(domain);
  }

  private masterOf(stream: number): [SimDevice, Master] | null {
    for (const [device, master] of this.masters)
      if (master.ids.includes(stream) || (master.ids.length === 0 && stream === 0)) return [device, master];
    return null;
  }

  access(stream: number, iova: bigint, write: boolean): AccessOutcome {
    const base = { stream, iova, write, stale: false, walk: [] };
    const found = this.masterOf(stream);
    const domain = found?.[1].domain ?? null;
    const level = this.family.faultLevel ?? 'err';
    if (domain === 'blocked') {
      const lines = this.family.blockedLines?.(stream, iova) ?? [];
      for (const line of lines) this.machine.message(level, this.device, line);
      return { ...base, result: 'aborted', phys: null, fault: 'aborted', lines };
    }
    if (domain === null && this.family.unattachedLines != null) {
      const lines = this.family.unattachedLines(stream, iova);
      for (const line of lines) this.machine.message(level, this.device, line);
      return { ...base, result: 'fault', phys: null, fault: 'unknown-stream', lines };
    }
    // Else a master without a domain passes: these IOMMUs come out of reset switched off.
    if (domain === null || domain === 'identity')
      return { ...base, result: 'untranslated', phys: iova, fault: null, lines: [] };
    const { leaf, stale } = domain.access(iova);
    const walk = domain.walk(iova);
    if (leaf !== null && (write ? leaf.write : leaf.read))
      return {
        ...base,
        result: 'translated',
        phys: leaf.phys + (iova - leaf.iova),
        stale,
        fault: null,
        lines: [],
        walk,
      };
    const fault = leaf === null ? 'translation' : 'permission';
    const answer = domain.faultHandler?.(iova, write) ?? -38;
    const silent = this.family.handlerSilences && answer === 0;
    const site = this.family.rateLimit;
    const masked = this.family.reportsOnce === true && this.reported;
    const allowed = !silent && !masked && (site === null || this.state.limit(site).allows());
    const context = { iova, write, stream, master: found?.[0] ?? null, fault, instance: this, domain } as const;
    const lines = allowed ? this.family.faultLines(context) : [];
    if (!silent) this.reported = true;
    const reporter = this.family.faultDevice === undefined ? this.device : this.family.faultDevice(context);
    for (const line of lines) this.machine.message(level, reporter, line);
    const { fatal } = this.family;
    const panics = fatal !== undefined && answer !== 0 ? { panics: fatal } : {};
    return { ...base, result: 'fault', phys: null, fault, lines, walk, ...panics };
  }

  report(): ReportProvider {
    const streamTable = [...this.masters].map(([device, master]) => ({
      ids: master.ids.map((id) => hex(id)),
      domain: master.domain instanceof SingleDomain ? 'translated' : (master.domain ?? 'none'),
      masters: [device.ref],
    }));
    const contextBanks = [...this.active].map((domain, index) => ({
      index,
      pageSizes: hex(domain.pageSizes),
      start: hex(domain.aperture.start),
      end: hex(domain.aperture.end),
    }));
    const { capacity } = this.family;
    return {
      device: this.device.ref,
      model: this.family.model,
      streamTable,
      contextBanks,
      registers: {},
      ...(capacity === undefined ? {} : { capacity: reportCapacity(capacity) }),
    };
  }
}
