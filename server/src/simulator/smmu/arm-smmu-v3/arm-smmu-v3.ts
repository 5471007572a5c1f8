/** The Arm SMMUv3 (drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c): stream table, context descriptors, event queue. */
import type { DtNode } from '../../../devicetree/model';
import type { Capacity } from '../../../iommu/capacity';
import { isDmaCoherent } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENOENT, ENOMEM, ENOSPC, ERANGE, type Errno } from '../../contract/errno';
import type { AccessOutcome, HardwareDomain } from '../../contract/hardware-domain';
import type { FwSpec, GroupFactory, GroupRef, IommuInstance, ReservedRegion } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { ReportProvider } from '../../report';
import { StaticDomain } from '../domain';
import type { KernelState } from '../kernel-state';
import { Refusals } from '../refusals';
import { reportCapacity } from '../report-capacity';
import { LpaeTable } from '../tables/lpae';
import { hex } from '../tables/page-table';
import { type SmmuV3Context, SmmuV3Domain } from './domain';
import { decodedEventLines, EVENT, eventLines, eventWords } from './event-text';
import { IDR, type SmmuV3Identification } from './identification';
import {
  ABORT_ENTRY,
  bypassEntry,
  contextDescriptor,
  type Entry,
  type EntryKind,
  encodable,
  stage1Entry,
  stage2Entry,
} from './stream-table';

/** A second-level table holds 256 entries, the first level at most 2^17 descriptors. */
const SPLIT = 256;
const MAX_FIRST_LEVEL = 2 ** 17;

interface Master {
  readonly fwspec: FwSpec;
  readonly ids: readonly number[];
  readonly stall: boolean;
  /** Address of the context descriptor table, made at the first stage-1 attach. */
  descriptors: bigint | null;
}

interface StreamEntry {
  readonly words: Entry;
  readonly kind: EntryKind;
  readonly domain: SmmuV3Domain | null;
  readonly descriptor: Entry | null;
}

export interface SmmuV3Statics {
  pageSizes: bigint;
  readonly asids: Set<number>;
  readonly instances: Set<ArmSmmuV3>;
}

export interface SmmuV3Setup {
  readonly device: SimDevice;
  readonly node: DtNode;
  readonly machine: MachineServices;
  readonly kernel: KernelView;
  readonly state: KernelState;
  readonly statics: SmmuV3Statics;
  readonly id: SmmuV3Identification;
  readonly registers: ReadonlyMap<number, number>;
  readonly base: bigint;
  /** Event records carry the class of the address (input); QEMU leaves it 0. */
  readonly inputClass: boolean;
  /** Address bits of the bus into the SMMU: what lies beyond never arrives. */
  readonly busBits: number;
  readonly capacity: readonly Capacity[];
}

export class ArmSmmuV3 implements IommuInstance {
  readonly driver = 'arm-smmu-v3';
  readonly device: SimDevice;
  readonly node: DtNode;
  readonly sysfsName: string;
  readonly identity: HardwareDomain;
  readonly blocked: HardwareDomain;
  readonly deferredFlush = true;
  readonly firmwareRegions = true;
  private readonly masters = new Map<SimDevice, Master>();
  /** streams: ID -> its only master. */
  private readonly owners = new Map<number, SimDevice>();
  private readonly refusals = new Refusals();
  private readonly vmids = new Set<number>();
  /** Entries other than the initial abort. */
  private readonly entries = new Map<number, StreamEntry>();
  /** Who wrote the entry of a stream last. */
  private readonly writers = new Map<number, SimDevice>();
  /** First-level descriptors that point to a table. */
  private readonly secondLevel = new Map<number, bigint>();
  private readonly tableBase: bigint;

  constructor(readonly setup: SmmuV3Setup) {
    this.device = setup.device;
    this.node = setup.node;
    this.sysfsName = `smmu3.0x${setup.base.toString(16).padStart(16, '0')}`;
    this.identity = new StaticDomain('identity', (device) => this.install(device, 'bypass'));
    this.blocked = new StaticDomain('blocked', (device) => this.install(device, 'abort'));
    const bytes = setup.id.twoLevel ? this.firstLevel * 8 : 2 ** setup.id.sidBits * 64;
    this.tableBase = setup.state.tables.allocate(bytes);
    setup.statics.pageSizes |= setup.id.pageSizes;
    setup.statics.instances.add(this);
  }

  /** arm_smmu_domain_finalise() leaves an identity domain with the driver's page sizes and without a window. */
  get identityGeometry(): NonNullable<IommuInstance['identityGeometry']> {
    return { pageSizes: this.driverPageSizes, start: 0n, end: 0n };
  }

  get driverPageSizes(): bigint {
    return this.setup.statics.pageSizes;
  }

  /** num_l1_ents. */
  private get firstLevel(): number {
    return Math.min(Math.max(1, 2 ** this.setup.id.sidBits / SPLIT), MAX_FIRST_LEVEL);
  }

  // ---- masters ----------------------------------------------------------------------------------------------------

  readonly xlate = (_device: SimDevice, cells: readonly number[], addIds: (ids: readonly number[]) => void): Errno => {
    addIds([cells[0] ?? 0]);
    return 0;
  };

  private inRange(sid: number): boolean {
    const { twoLevel, sidBits } = this.setup.id;
    return twoLevel ? Math.floor(sid / SPLIT) < this.firstLevel : sid < 2 ** sidBits;
  }

  /** arm_smmu_insert_master(): every stream ID belongs to one master only (in the kernels that insist). */
  probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    const taken: number[] = [];
    this.refusals.forget(device);
    const giveUp = (error: Errno, why: string, owner?: SimDevice): Errno => {
      for (const sid of taken) this.owners.delete(sid);
      return this.refusals.note(device, error, why, owner === undefined ? [] : [owner]);
    };
    for (const sid of fwspec.ids) {
      if (!this.inRange(sid))
        return giveUp(ERANGE, `stream ${hex(sid)} is beyond the stream table of ${this.setup.id.sidBits} bits`);
      if (this.setup.id.twoLevel) this.makeSecondLevel(sid);
      const owner = this.owners.get(sid);
      if (owner === undefined) {
        this.owners.set(sid, device);
        taken.push(sid);
      } else if (owner !== device) {
        const refusal = this.refuseAlias(device, owner, sid);
        if (refusal !== 0) return giveUp(refusal, `stream ${hex(sid)} belongs to another master already`, owner);
      }
    }
    const { id } = this.setup;
    const canStall = device.node?.properties.has('dma-can-stall') === true;
    const stall = (id.stalls && canStall) || id.stallForced;
    this.masters.set(device, { fwspec, ids: [...fwspec.ids], stall, descriptors: null });
    return 0;
  }

  private refuseAlias(device: SimDevice, owner: SimDevice, sid: number): Errno {
    const rule = this.setup.kernel.model.smmuV3Alias;
    if (rule === 'unchecked') return 0;
    if (rule === 'aliasing') {
      this.setup.machine.message(
        'warn',
        device,
        `Aliasing StreamID 0x${sid.toString(16)} (from ${owner.name}) unsupported, expect DMA to be broken`,
      );
      return ENODEV;
    }
    const from = rule === 'stream-from' ? ` from dev ${owner.name}` : '';
    this.setup.machine.message('warn', device, `stream ${sid} already in tree${from}`);
    return EINVAL;
  }

  private makeSecondLevel(sid: number): void {
    const index = Math.floor(sid / SPLIT);
    if (!this.secondLevel.has(index)) this.secondLevel.set(index, this.setup.state.tables.allocate(SPLIT * 64));
  }

  releaseDevice(device: SimDevice): void {
    const master = this.masters.get(device);
    if (master === undefined) return;
    this.install(device, 'abort');
    for (const sid of master.ids) if (this.owners.get(sid) === device) this.owners.delete(sid);
    this.masters.delete(device);
  }

  deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef {
    return device.pci !== null ? groups.pci(device) : groups.allocate();
  }

  defaultDomainType(): null {
    return null;
  }

  reservedRegions(): readonly ReservedRegion[] {
    return [{ start: 0x8000000n, length: 0x100000n, type: 'software-msi' }];
  }

  cacheCoherent(device: SimDevice): boolean {
    const node = device.pci === null ? device.node : device.pci.host.node;
    return this.setup.id.coherent || (node !== null && isDmaCoherent(node));
  }

  streamsOf(device: SimDevice): readonly number[] {
    return [...new Set(this.masters.get(device)?.ids ?? [])];
  }

  // ---- domains ----------------------------------------------------------------------------------------------------

  allocatePaging(device: SimDevice): HardwareDomain | Errno {
    const domain = new SmmuV3Domain(this);
    if (this.masters.has(device)) {
      const error = this.finalise(domain);
      if (error !== 0) return error;
    }
    return domain;
  }

  /** arm_smmu_domain_finalise(). */
  private finalise(domain: SmmuV3Domain): Errno {
    const { id, kernel, state, statics } = this.setup;
    const stage: 1 | 2 = id.stage1 ? 1 : 2;
    const virtual = Number(kernel.config('CONFIG_ARM64_VA_BITS') ?? '48');
    const table = LpaeTable.create(
      {
        stage,
        pageSizes: id.pageSizes,
        ias: stage === 1 ? Math.min(id.vax ? 52 : 48, Number.isFinite(virtual) ? virtual : 48) : id.ias,
        oas: stage === 1 ? id.ias : id.oas,
        coherentWalk: id.coherent,
        ttbr1: false,
        cpuPageSize: kernel.pageSize,
        refusesParts: kernel.model.refusesPartialUnmap,
      },
      state.tables,
    );
    if (table === null || !encodable(table.oas)) return ENOMEM;
    const [used, bits] = stage === 1 ? [statics.asids, id.asidBits] : [this.vmids, id.vmidBits];
    let tag = 1;
    while (used.has(tag)) tag++;
    if (tag >= 2 ** bits) return stage === 1 ? -16 : ENOSPC;
    used.add(tag);
    domain.finalise({ instance: this, stage, tag, table });
    return 0;
  }

  freeContext(context: SmmuV3Context): void {
    (context.stage === 1 ? this.setup.statics.asids : this.vmids).delete(context.tag);
  }

  private instanceOf(device: SimDevice): ArmSmmuV3 | null {
    for (const instance of this.setup.statics.instances) if (instance.masters.has(device)) return instance;
    return null;
  }

  /** arm_smmu_attach_dev(). */
  attachPaging(domain: SmmuV3Domain, device: SimDevice): Errno {
    const instance = this.instanceOf(device);
    if (instance === null) return ENOENT;
    if (domain.context === null) {
      const error = instance.finalise(domain);
      if (error !== 0) return error;
    }
    const context = domain.context;
    if (context === null || context.instance !== instance) return EINVAL;
    return instance.installDomain(device, domain, context);
  }

  private installDomain(device: SimDevice, domain: SmmuV3Domain, context: SmmuV3Context): Errno {
    const master = this.masters.get(device);
    if (master === undefined) return ENOENT;
    const { id, state } = this.setup;
    this.refuseLive(device, master.ids);
    let entry: StreamEntry;
    if (context.stage === 1) {
      master.descriptors ??= state.tables.allocate(64);
      const descriptor = contextDescriptor(id, context.table, context.tag, master.stall);
      entry = { words: stage1Entry(id, master.descriptors, master.stall), kind: 'stage-1', domain, descriptor };
    } else {
      const words = stage2Entry(id, context.table, context.tag, master.stall);
      entry = { words, kind: 'stage-2', domain, descriptor: null };
    }
    for (const sid of master.ids) {
      this.entries.set(sid, entry);
      this.writers.set(sid, device);
    }
    return 0;
  }

  /** arm_smmu_write_strtab_ent() up to 5.10: the master's own entries were cleared first, another's are still live. */
  private refuseLive(device: SimDevice, ids: readonly number[]): void {
    if (this.setup.kernel.model.smmuV3Alias !== 'unchecked') return;
    const live = ids.find(
      (sid) => this.writers.get(sid) !== device && (this.entries.get(sid)?.domain ?? null) !== null,
    );
    if (live === undefined) return;
    this.setup.machine.panic(
      `kernel BUG in arm_smmu_write_strtab_ent(): stream ${hex(live)} of ${device.name} translates already, for ${this.writers.get(live)?.name ?? 'another master'}`,
    );
  }

  private install(device: SimDevice, kind: 'abort' | 'bypass'): Errno {
    const owner = this.masters.has(device) ? this : this.instanceOf(device);
    const master = owner?.masters.get(device);
    if (owner === null || master === undefined) return ENODEV;
    for (const sid of master.ids) {
      if (kind === 'abort') owner.entries.delete(sid);
      else owner.entries.set(sid, { words: bypassEntry(owner.setup.id), kind, domain: null, descriptor: null });
    }
    return 0;
  }

  suspend(): void {}

  /** arm_smmu_device_reset() finds its tables in memory as they were. */
  resume(): void {}

  // ---- hardware ---------------------------------------------------------------------------------------------------

  /** Whether the stream table holds anything for a stream ID (else C_BAD_STREAMID). */
  private hasEntry(stream: number): boolean {
    if (!this.inRange(stream)) return false;
    return !this.setup.id.twoLevel || this.secondLevel.has(Math.floor(stream / SPLIT));
  }

  access(stream: number, iova: bigint, write: boolean): AccessOutcome {
    const base = { stream, iova, write, stale: false, walk: [] };
    if (iova >> BigInt(this.setup.busBits) !== 0n)
      return { ...base, result: 'aborted', phys: null, fault: 'beyond-bus', lines: [] };
    if (!this.hasEntry(stream)) {
      const lines = this.record(eventWords(EVENT.C_BAD_STREAMID, stream, null, false));
      return { ...base, result: 'fault', phys: null, fault: 'bad-stream-id', lines };
    }
    const entry = this.entries.get(stream);
    if (entry === undefined || entry.kind === 'abort')
      return { ...base, result: 'aborted', phys: null, fault: 'aborted', lines: [] };
    if (entry.domain === null) return { ...base, result: 'untranslated', phys: iova, fault: null, lines: [] };
    const { leaf, stale } = entry.domain.access(iova);
    const walk = entry.domain.walk(iova);
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
    const event = leaf === null ? EVENT.F_TRANSLATION : EVENT.F_PERMISSION;
    // A stalled transaction waits for CMD_RESUME. Without a handler of page requests on the domain
    // iommu_report_device_fault() answers "invalid", which arm_smmu_page_response() sends as an abort, and the event is printed.
    const stall = this.stalls(stream);
    const lines = this.record(eventWords(event, stream, { iova, write, stall }, this.setup.inputClass));
    const fault = leaf === null ? 'translation' : 'permission';
    return { ...base, result: 'fault', phys: null, fault, lines, walk, ...(stall ? { stalled: 'aborted' } : {}) };
  }

  private stalls(stream: number): boolean {
    const owner = this.owners.get(stream);
    return owner !== undefined && this.masters.get(owner)?.stall === true;
  }

  /** arm_smmu_evtq_thread(): one rate limit for all SMMUs. */
  private record(words: readonly bigint[]): string[] {
    if (!this.setup.state.limit('arm_smmu_evtq_thread').allows()) return [];
    const lines = eventLines(words);
    const decoded = this.setup.kernel.model.smmuV3EventText === 'decoded';
    if (decoded)
      lines.push(...decodedEventLines(words, this.owners.get(Number((words[0] ?? 0n) >> 32n))?.name ?? null));
    for (const line of lines) this.setup.machine.message(decoded ? 'err' : 'info', this.device, line);
    return lines;
  }

  report(): ReportProvider {
    const streamTable: Record<string, string | number | boolean | null | readonly string[]>[] = [];
    const contextBanks: Record<string, string | number | boolean | null>[] = [];
    const streams = [...this.owners.keys()].sort((a, b) => a - b);
    const shown = new Set<SmmuV3Domain>();
    for (const sid of streams) {
      const entry = this.entries.get(sid);
      const context = entry?.domain?.context ?? null;
      const words = entry?.words ?? ABORT_ENTRY;
      streamTable.push({
        stream: hex(sid),
        type: entry?.kind ?? 'abort',
        ...(this.stalls(sid) ? { stall: true } : {}),
        asid: context?.stage === 1 ? context.tag : null,
        vmid: context?.stage === 2 ? context.tag : null,
        entry: words.map((word) => hex(word)),
        masters: [this.owners.get(sid)?.ref ?? ''],
      });
      if (entry?.domain == null || context === null || shown.has(entry.domain)) continue;
      shown.add(entry.domain);
      contextBanks.push({
        stage: context.stage,
        [context.stage === 1 ? 'asid' : 'vmid']: context.tag,
        inputBits: context.table.ias,
        outputBits: context.table.oas,
        granule: context.table.granule,
        startLevel: context.table.startLevel,
        table: hex(context.table.rootAddress),
        ...(entry.descriptor === null
          ? {}
          : { CD0: hex(entry.descriptor[0]), CD1: hex(entry.descriptor[1]), CD3: hex(entry.descriptor[3]) }),
      });
    }
    const registers: Record<string, string> = {};
    for (const [name, offset] of Object.entries(IDR)) registers[name] = hex(this.setup.registers.get(offset) ?? 0);
    registers.STRTAB_BASE = hex(this.tableBase);
    registers.STRTAB_BASE_CFG = hex(
      this.setup.id.twoLevel ? (1 << 16) | (8 << 6) | (Math.log2(this.firstLevel) + 8) : this.setup.id.sidBits,
    );
    return {
      device: this.device.ref,
      model: 'arm-smmu-v3',
      streamTable,
      contextBanks,
      registers,
      capacity: reportCapacity(this.setup.capacity),
      ...this.refusals.report(),
    };
  }
}
