/**
 * Arm SMMUv1/v2 and its integrations: one registered instance of drivers/iommu/arm/arm-smmu/arm-smmu.c, its stream
 * table and context banks, and the hardware behind them.
 */
import type { DtNode } from '../../../devicetree/model';
import { isDmaCoherent } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENOMEM, ENOSPC, type Errno } from '../../contract/errno';
import type { AccessOutcome, HardwareDomain } from '../../contract/hardware-domain';
import type { FwSpec, GroupFactory, GroupRef, IommuInstance, ReservedRegion } from '../../contract/iommu-driver';
import type { ReportProvider } from '../../report';
import { StaticDomain } from '../domain';
import { physText } from '../kernel-state';
import { Refusals } from '../refusals';
import { LpaeTable } from '../tables/lpae';
import { hex } from '../tables/page-table';
import { ShortTable } from '../tables/short';
import { type BankContents, contextFormat, encodableOutput, lpaeBankContents, shortBankContents } from './context-bank';
import { type ArmSmmuContext, ArmSmmuDomain, type ArmSmmuDomainOwner } from './domain';
import { accessStream, contextInterrupt, globalInterrupt } from './faults';
import { qcomWantsIdentity } from './implementation';
import { ArmSmmuProgrammer } from './programming';
import { CB, GR0, type S2crType } from './registers';
import { type ArmSmmuCapture, armSmmuReport, captureArmSmmu } from './report';
import type { ArmSmmuSetup } from './setup';
import type { ArmSmmuState } from './state';
import { obstacleText, StreamMap, streamOf } from './stream-map';
import { vendorGroup, vendorInputBits, vendorRegions, wantsBypass } from './vendor';

/** ARM_SMMU_MAX_CBS. */
const MAX_BANKS = 128;

interface Master {
  readonly entries: number[];
  readonly ids: readonly number[];
}

export class ArmSmmuInstance implements IommuInstance, ArmSmmuDomainOwner, ArmSmmuState {
  readonly driver = 'arm-smmu';
  readonly device: SimDevice;
  readonly node: DtNode;
  readonly sysfsName: string;
  readonly anonymous: boolean;
  readonly identity: HardwareDomain;
  readonly blocked: HardwareDomain;
  readonly deferredFlush = true;
  readonly firmwareRegions = true;
  readonly streams: StreamMap;
  readonly programmer: ArmSmmuProgrammer;
  readonly domains: (ArmSmmuDomain | undefined)[] = [];
  pageSizesOffered: bigint;
  private readonly bankMap = new Set<number>();
  private interruptCounter = 0;
  private readonly masters = new Map<SimDevice, Master>();
  private readonly refusals = new Refusals();

  constructor(readonly setup: ArmSmmuSetup) {
    this.device = setup.device;
    this.node = setup.node;
    this.sysfsName = `smmu.${physText(setup.kernel, setup.base)}`;
    this.anonymous = setup.legacy;
    const { configuration } = setup;
    this.streams = new StreamMap(
      configuration.groups,
      configuration.matching,
      setup.disableBypass ? 'fault' : 'bypass',
    );
    this.programmer = new ArmSmmuProgrammer(setup, this.streams);
    this.pageSizesOffered = setup.pageSizes;
    this.identity = new StaticDomain('identity', (device) => this.attachType(device, 'bypass'));
    this.blocked = new StaticDomain('blocked', (device) => this.attachType(device, 'fault'));
  }

  /** iommu_ops.pgsize_bitmap: the sizes of all probed instances. */
  /** arm_smmu_init_domain_context() leaves an identity domain with the driver's page sizes and without a window. */
  get identityGeometry(): NonNullable<IommuInstance['identityGeometry']> {
    return { pageSizes: this.driverPageSizes, start: 0n, end: 0n };
  }

  get driverPageSizes(): bigint {
    return this.setup.statics.pageSizes ?? 0n;
  }

  // ---- masters ----------------------------------------------------------------------------------------------------

  /** arm_smmu_of_xlate(): ID and mask in 16 bits each; `stream-match-mask` for specifiers of one cell. */
  readonly xlate = (_device: SimDevice, cells: readonly number[], addIds: (ids: readonly number[]) => void): Errno => {
    const matchMask = this.node.properties.get('stream-match-mask');
    let id = (cells[0] ?? 0) & 0xffff;
    if (cells.length > 1) id |= ((cells[1] ?? 0) & 0xffff) << 16;
    else if (matchMask !== undefined && matchMask.bytes.length >= 4) {
      const mask = ((matchMask.bytes[2] ?? 0) << 8) | (matchMask.bytes[3] ?? 0);
      id |= mask << 16;
    }
    addIds([id >>> 0]);
    return 0;
  };

  /** arm_smmu_probe_device(). */
  probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    this.refusals.forget(device);
    const refuse = (text: string): Errno => {
      this.setup.machine.message('err', device, text);
      return this.refusals.note(device, EINVAL, text);
    };
    for (const value of fwspec.ids) {
      const { id, mask } = streamOf(value);
      if ((id & ~this.programmer.streamIdMask) !== 0)
        return refuse(`stream ID ${hex(id)} out of range for SMMU (${hex(this.programmer.streamIdMask)})`);
      if ((mask & ~this.programmer.smrMaskMask) !== 0)
        return refuse(`SMR mask ${hex(mask)} out of range for SMMU (${hex(this.programmer.smrMaskMask)})`);
    }
    const entries = this.streams.allocate(fwspec.ids);
    if (typeof entries === 'number') {
      const { obstacle, groups } = this.streams;
      const holders = obstacle?.entry == null ? [] : this.mastersOfEntry(obstacle.entry.index);
      return this.refusals.note(device, entries, obstacle === null ? '' : obstacleText(obstacle, groups), holders);
    }
    for (const index of entries) this.programmer.writeEntry(index);
    this.masters.set(device, { entries, ids: [...fwspec.ids] });
    if (this.setup.kernel.model.driversThatLink.includes(this.driver))
      this.setup.machine.addDeviceLink(device, this.device, ['pm-runtime', 'autoremove-supplier']);
    return 0;
  }

  releaseDevice(device: SimDevice): void {
    const master = this.masters.get(device);
    if (master === undefined) return;
    for (const index of master.entries) if (this.streams.release(index)) this.programmer.writeEntry(index);
    this.masters.delete(device);
  }

  /** arm_smmu_device_group(). */
  deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const entries = this.masters.get(device)?.entries ?? [];
    const shared = vendorGroup(this.node, device, this.streamsOf(device)[0] ?? 0, groups, this.setup.state);
    if (typeof shared === 'number') return shared;
    if (shared !== null) {
      for (const index of entries) this.streams.s2cr(index).group = shared;
      return shared;
    }
    const known = this.streams.knownGroup(entries);
    if (known !== null) return known;
    const made = device.pci !== null ? groups.pci(device) : groups.allocate();
    for (const index of entries) this.streams.s2cr(index).group = made;
    return made;
  }

  defaultDomainType(device: SimDevice): 'DMA' | 'identity' | null {
    if (this.setup.statics.legacyBinding) return 'identity';
    if (wantsBypass(this.node, device)) return 'identity';
    return this.setup.model.qcom !== null && qcomWantsIdentity(device, this.setup.kernel) ? 'identity' : null;
  }

  reservedRegions(device: SimDevice): readonly ReservedRegion[] {
    const own: ReservedRegion = { start: 0x8000000n, length: 0x100000n, type: 'software-msi' };
    return [own, ...vendorRegions(this.node, device, this.streamsOf(device)[0] ?? 0)];
  }

  cacheCoherent(device: SimDevice): boolean {
    const node = device.pci === null ? device.node : device.pci.host.node;
    return this.setup.configuration.coherentWalk || (node !== null && isDmaCoherent(node));
  }

  streamsOf(device: SimDevice): readonly number[] {
    return (this.masters.get(device)?.ids ?? []).map((id) => streamOf(id).id);
  }

  /** The masters of a stream-map entry, in the order in which they probed. */
  mastersOfEntry(index: number): readonly SimDevice[] {
    const found: SimDevice[] = [];
    this.masters.forEach((master, device) => {
      if (master.entries.includes(index)) found.push(device);
    });
    return found;
  }

  // ---- domains ----------------------------------------------------------------------------------------------------

  allocatePaging(): HardwareDomain {
    return new ArmSmmuDomain(this);
  }

  private attachType(device: SimDevice, type: S2crType): Errno {
    return this.installEntries(device, type, 0);
  }

  /** arm_smmu_attach_dev(): finalises a new domain on this instance, then points the master's entries at its bank. */
  attachPaging(domain: ArmSmmuDomain, device: SimDevice): Errno {
    const instance = this.instanceOf(device);
    if (instance === null) return ENODEV;
    if (domain.context === null) {
      const error = instance.initContext(domain, device);
      if (error !== 0) return error;
    }
    const context = domain.context;
    if (context === null || context.instance !== instance) return EINVAL;
    return instance.installEntries(device, 'trans', context.bank);
  }

  /** All probed instances of this kernel. */
  private get siblings(): Set<ArmSmmuInstance> {
    return this.setup.state.static('arm-smmu instances', () => new Set<ArmSmmuInstance>());
  }

  /** Makes the instance known to the others. */
  register(): void {
    this.siblings.add(this);
  }

  /** The instance behind which a master is: the domain's maker need not be it. */
  private instanceOf(device: SimDevice): ArmSmmuInstance | null {
    for (const instance of this.siblings) if (instance.masters.has(device)) return instance;
    return null;
  }

  private installEntries(device: SimDevice, type: S2crType, bank: number): Errno {
    const master = this.masters.get(device);
    if (master === undefined) {
      const other = this.instanceOf(device);
      return other === null || other === this ? ENODEV : other.installEntries(device, type, bank);
    }
    for (const index of master.entries) {
      const entry = this.streams.s2cr(index);
      if (entry.type === type && entry.bank === bank) continue;
      entry.type = type;
      entry.bank = bank;
      this.programmer.writeS2cr(index);
    }
    return 0;
  }

  private freeBank(start: number, end: number): number | Errno {
    for (let bank = start; bank < end; bank++) if (!this.bankMap.has(bank)) return bank;
    return ENOSPC;
  }

  /** __arm_smmu_alloc_bitmap() from where the stage's banks begin; the GPU of an Adreno SMMU always has bank 0. */
  private allocateBank(stage: 1 | 2, device: SimDevice): number | Errno {
    const { configuration, model } = this.setup;
    if (model.qcom?.adreno === true) return this.isGpu(device) ? this.freeBank(0, 1) : this.freeBank(1, this.bankCount);
    return this.freeBank(stage === 1 ? configuration.stage2Banks : 0, this.bankCount);
  }

  /** qcom_adreno_smmu_is_gpu_device(): the GPU is the master with stream 0. */
  private isGpu(device: SimDevice): boolean {
    return (this.masters.get(device)?.ids ?? []).some((id) => streamOf(id).id === 0);
  }

  get bankCount(): number {
    return Math.min(MAX_BANKS, this.setup.configuration.banks);
  }

  /** arm_smmu_init_domain_context(). */
  private initContext(domain: ArmSmmuDomain, device: SimDevice): Errno {
    const { configuration, kernel, model } = this.setup;
    const stage: 1 | 2 = configuration.stage1 ? 1 : 2;
    const is64Bit = kernel.arch !== 'arm';
    const format = contextFormat(
      configuration,
      {
        is64Bit,
        lpae: kernel.config('CONFIG_ARM_LPAE') === 'y',
        v7s: kernel.config('CONFIG_IOMMU_IO_PGTABLE_ARMV7S') === 'y',
      },
      stage,
    );
    if (format === null) return EINVAL;
    const bank = this.allocateBank(stage, device);
    if (bank < 0) return bank;
    let ias = stage === 1 ? configuration.vaBits : configuration.ipaBits;
    if (stage === 1 && format === 'aarch64') ias = vendorInputBits(this.node, ias);
    let oas = stage === 1 ? configuration.ipaBits : configuration.paBits;
    if (format === 'aarch32-short') [ias, oas] = [Math.min(ias, 32), Math.min(oas, 32)];
    else if (format === 'aarch32-long') [ias, oas] = [Math.min(ias, stage === 1 ? 32 : 40), Math.min(oas, 40)];
    const interrupt =
      model.version === 'v2' ? bank : ++this.interruptCounter % Math.max(1, this.setup.contextInterrupts);
    const tag = (stage === 2 ? bank + 1 : bank) + this.setup.contextIdBase;
    if (model.nvidia?.smallPagesOnly === true) this.pageSizesOffered &= BigInt(kernel.pageSize) * 2n - 1n;
    const ttbr1 = model.qcom?.ttbr1 === true && stage === 1 && format === 'aarch64' && this.isGpu(device);
    // qcom_adreno_smmu_init_context() writes into the GPU driver's data, which is NULL until that driver's probe runs: a
    // GPU that is not on the list of identity clients (no `qcom,adreno` in its compatible) stops the kernel here.
    if (model.qcom?.adreno === true && this.isGpu(device) && device.driverDataSet === false)
      this.setup.machine.panic(
        `qcom_adreno_smmu_init_context: NULL pointer: ${device.name} is attached before its driver has set its data`,
      );
    let contents: BankContents;
    let table: ArmSmmuContext['table'];
    let lpae: LpaeTable | null = null;
    if (format === 'aarch32-short') {
      const short = new ShortTable(
        { coherentWalk: configuration.coherentWalk, refusesParts: kernel.model.refusesPartialUnmap },
        this.setup.state.tables,
      );
      contents = shortBankContents(short, configuration.coherentWalk);
      table = short;
    } else {
      const offered =
        format === 'aarch32-long' ? this.pageSizesOffered & (0x1000n | 0x200000n | 0x40000000n) : this.pageSizesOffered;
      lpae = LpaeTable.create(
        {
          stage,
          pageSizes: offered,
          ias,
          oas,
          coherentWalk: configuration.coherentWalk,
          ttbr1,
          cpuPageSize: kernel.pageSize,
          refusesParts: kernel.model.refusesPartialUnmap,
        },
        this.setup.state.tables,
      );
      if (lpae === null || !encodableOutput(lpae.oas)) return ENOMEM;
      contents = lpaeBankContents(lpae, format, configuration.coherentWalk, tag);
      table = lpae;
    }
    this.bankMap.add(bank);
    this.programmer.tags[bank] = tag;
    this.programmer.interrupts[bank] = interrupt;
    this.programmer.contents[bank] = contents;
    this.domains[bank] = domain;
    const span = 1n << BigInt(ias);
    domain.finalise({
      instance: this,
      bank,
      stage,
      tag,
      format,
      start: ttbr1 ? (1n << 64n) - span : 0n,
      end: ttbr1 ? (1n << 64n) - 1n : span - 1n,
      table,
      lpae,
    });
    this.programmer.writeBank(bank);
    return 0;
  }

  /** arm_smmu_destroy_domain_context(). */
  freeContext(context: ArmSmmuContext): void {
    this.programmer.contents[context.bank] = undefined;
    this.domains[context.bank] = undefined;
    this.programmer.writeBank(context.bank);
    // free_io_pgtable_ops() invalidates the whole context before the tables go.
    this.flushed(context);
    this.bankMap.delete(context.bank);
  }

  /** Whether iova_to_phys uses the address translation registers instead of walking the tables. */
  asksHardware(context: ArmSmmuContext): boolean {
    return this.setup.configuration.translationOps && context.stage === 1;
  }

  /** arm_smmu_iova_to_phys_hard(): the answer keeps 40 address bits; plain memory answers 0. */
  hardwareTranslation(context: ArmSmmuContext, iova: bigint): bigint | null {
    let phys = 0n;
    if (!this.setup.hardware.plainMemory) {
      const leaf = context.table.lookup(iova & ~0xfffn);
      if (leaf === null) {
        this.setup.machine.message('err', this.device, 'translation fault!');
        return null;
      }
      phys = leaf.phys + ((iova & ~0xfffn) - leaf.iova);
    }
    const answer = (phys & 0xff_ffff_f000n) | (iova & 0xfffn);
    return answer === 0n ? null : answer;
  }

  /**
   * arm_smmu_tlb_add_page_* and arm_smmu_tlb_inv_walk_*: by address in the bank, one write a granule, of which the last
   * one stays; stage 2 of version 1 by VMID. Qualcomm's parts take the whole ASID for walks (flush_walk_prefer_tlbiasid).
   */
  invalidate(context: ArmSmmuContext, iova: bigint, size: bigint, granule: bigint, kind: 'leaf' | 'walk'): void {
    const { hardware, model, kernel } = this.setup;
    const walk = kind === 'walk';
    if (context.stage === 2 && model.version !== 'v2') {
      hardware.writeGlobal(GR0.TLBIVMID, context.tag);
      if (walk) this.programmer.sync();
      return;
    }
    if (walk && context.stage === 1 && model.qcom !== null) {
      this.flushed(context);
      return;
    }
    const last = iova + size - granule;
    const wide = context.format === 'aarch64';
    if (context.stage === 2) {
      const register = walk ? CB.TLBIIPAS2 : CB.TLBIIPAS2L;
      if (wide) hardware.writeBank64(context.bank, register, last >> 12n);
      else hardware.writeBank(context.bank, register, Number(last >> 12n));
    } else {
      const register = walk ? CB.TLBIVA : CB.TLBIVAL;
      // The address is an unsigned long: a 32-bit kernel loses the ASID above it.
      const asid = kernel.arch === 'arm' ? 0n : BigInt(context.tag) << 48n;
      if (wide)
        hardware.writeBank64(context.bank, register, BigInt.asUintN(64, (BigInt.asUintN(64, last) >> 12n) | asid));
      else hardware.writeBank(context.bank, register, Number((last & 0xffff_f000n) | BigInt(context.tag)));
    }
    if (walk) this.programmer.syncBank(context.bank);
  }

  /** arm_smmu_iotlb_sync(). */
  synced(context: ArmSmmuContext): void {
    if (context.stage === 1 || this.setup.model.version === 'v2') this.programmer.syncBank(context.bank);
    else this.programmer.sync();
  }

  /** tlb_flush_all: by ASID in the bank (arm_smmu_tlb_inv_context_s1), or by VMID globally. */
  flushed(context: ArmSmmuContext): void {
    if (context.stage === 1) {
      this.setup.hardware.writeBank(context.bank, CB.TLBIASID, context.tag);
      this.programmer.syncBank(context.bank);
      return;
    }
    this.setup.hardware.writeGlobal(GR0.TLBIVMID, context.tag);
    this.programmer.sync();
  }

  suspend(): void {}

  /** arm_smmu_runtime_resume(). */
  resume(): void {
    this.programmer.reset();
  }

  // ---- hardware ---------------------------------------------------------------------------------------------------

  access(stream: number, iova: bigint, write: boolean): AccessOutcome {
    return accessStream(this, stream, iova, write);
  }

  /** The handler of the node's interrupt `index`: global ones first, then one a bank (or shared by banks). */
  interrupt(index: number): readonly string[] {
    if (index < this.setup.globalInterrupts) return globalInterrupt(this);
    const line = index - this.setup.globalInterrupts;
    const printed: string[] = [];
    for (let bank = 0; bank < this.bankCount; bank++)
      if (this.programmer.contents[bank] !== undefined && this.programmer.interrupts[bank] === line)
        printed.push(...contextInterrupt(this, bank));
    return printed;
  }

  /** A word written to a register from outside the driver; `instance` counts the `reg` entries. */
  poke(instance: number, offset: number, value: number): void {
    this.setup.hardware.spaces[instance]?.write(offset, value);
  }

  /** The banks as they are programmed. */
  get banks(): readonly (BankContents | undefined)[] {
    return this.programmer.contents;
  }

  /** Keeps a bank for bypass streams (qcom_smmu_cfg_probe). */
  reserveBypassBank(): void {
    this.programmer.reserveBypassBank();
    if (this.programmer.bypassBank !== null) this.bankMap.add(this.programmer.bypassBank);
  }

  interruptLine(bank: number): number {
    return this.programmer.interrupts[bank] ?? 0;
  }

  contextId(bank: number): number {
    return this.programmer.tags[bank] ?? 0;
  }

  /** Registers of every instance, and the leaves of every live bank. */
  capture(): ArmSmmuCapture {
    return captureArmSmmu(this);
  }

  report(): ReportProvider {
    return { ...armSmmuReport(this), ...this.refusals.report() };
  }
}
