/**
 * The Tegra SMMU (drivers/iommu/tegra-smmu.c, drivers/memory/tegra/mc.c): part of the memory controller. Masters are
 * swgroups; a swgroup's register names the address space (ASID) of its clients, or lets them pass untranslated.
 */
import type { DtNode } from '../../../devicetree/model';
import { iommusEntries } from '../../../iommu/nodes';
import { vendorOf } from '../../../iommu/vendor';
import type { SimDevice } from '../../contract/device';
import { ENODEV, ENOSPC, type Errno } from '../../contract/errno';
import type { AccessOutcome, HardwareDomain } from '../../contract/hardware-domain';
import type { FwSpec, GroupFactory, GroupRef, IommuInstance, ReservedRegion } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { ReportProvider } from '../../report';
import { StaticDomain } from '../domain';
import { type KernelState, widePhys } from '../kernel-state';
import { l4tRegions } from '../l4t';
import { RegisterSpace } from '../register-space';
import { hex, type Leaf } from '../tables/page-table';
import { TEGRA_DIRECTORY_ATTRIBUTES } from '../tables/tegra';
import { TegraDomain } from './domain';
import { ERR_ADR, ERR_STATUS, ERROR_REGISTERS, SMMU_TRANSLATION_TYPE, tegraFaultLine } from './fault-text';
import type { TegraClient, TegraSoc } from './soc';

const ENOENT: Errno = -2;
/** MSI_IOVA_BASE and MSI_IOVA_LENGTH of L4T's driver. */
const MSI_WINDOW: ReservedRegion = { start: 0x8000000n, length: 0x100000n, type: 'software-msi' };
const MC = { INTSTATUS: 0x0, INTMASK: 0x4, EMEM_ARB_CFG: 0x90, TIMING_CONTROL: 0xfc } as const;
const SMMU = {
  CONFIG: 0x10,
  TLB_CONFIG: 0x14,
  PTC_CONFIG: 0x18,
  PTB_ASID: 0x1c,
  PTB_DATA: 0x20,
  TLB_FLUSH: 0x30,
  PTC_FLUSH: 0x34,
  PTC_FLUSH_HI: 0x9b8,
} as const;
const ASID_ENABLE = 0x80000000;
const ASID_MASK = 0x7f;
const PAGE_FAULT_BIT = 10;

/** A copy of an SMMU's state. */
export interface TegraCapture {
  readonly kind: 'tegra-smmu';
  readonly registers: ReadonlyMap<number, number>;
  readonly soc: TegraSoc;
  readonly domains: readonly {
    readonly device: string;
    readonly asid: number;
    readonly useCount: number;
    readonly leaves: readonly Leaf[];
  }[];
}

interface SwgroupGroup {
  readonly swgroup: number;
  /** Index in the SoC's list of shared groups, or null. */
  readonly shared: number | null;
  readonly group: GroupRef;
}

export class TegraSmmu implements IommuInstance {
  readonly driver = 'tegra-smmu';
  readonly sysfsName: string;
  readonly identity: HardwareDomain;
  /** None: the core blocks with an empty paging domain, which takes an ASID of its own. */
  readonly blocked = null;
  readonly deferredFlush = false;
  readonly firmwareRegions: boolean;
  readonly ownDefaultDomains: boolean;
  /** Whether the tree is written for L4T, which drives it with a driver of its own. */
  private readonly l4t: boolean;
  readonly registers = new RegisterSpace();
  private readonly asids = new Set<number>();
  private readonly groups: SwgroupGroup[] = [];
  private readonly masters = new Map<SimDevice, FwSpec>();
  /** The paging domain a device was attached to last (iommu_get_domain_for_dev); absent: identity. */
  private readonly current = new Map<SimDevice, TegraDomain>();

  constructor(
    readonly device: SimDevice,
    readonly node: DtNode,
    readonly machine: MachineServices,
    private readonly kernel: KernelView,
    readonly state: KernelState,
    readonly soc: TegraSoc,
  ) {
    this.sysfsName = device.name;
    this.l4t = vendorOf(node)?.driver === 'l4t-tegra-smmu';
    this.firmwareRegions = this.l4t;
    this.ownDefaultDomains = this.l4t;
    this.identity = new StaticDomain('identity', (master) => this.attachIdentity(master));
  }

  /** tegra_mc_probe() and tegra_smmu_probe(): the registers they set up, after what firmware left. */
  start(): void {
    const { registers, soc } = this;
    registers.write(MC.EMEM_ARB_CFG, registers.read(MC.EMEM_ARB_CFG) & ~0x1ff);
    for (const client of soc.clients) {
      if (client.latency === null) continue;
      const [offset, shift, mask, value] = client.latency;
      registers.write(offset, (registers.read(offset) & ~(mask << shift)) | ((value & mask) << shift));
    }
    registers.write(MC.TIMING_CONTROL, 1);
    registers.write(MC.INTMASK, soc.interruptMask);
    registers.write(SMMU.PTC_CONFIG, (1 << 29) | 0x3f | (soc.requestLimit ? 8 << 24 : 0));
    registers.write(SMMU.TLB_CONFIG, (1 << 29) | soc.tlbLines | (soc.roundRobin ? 1 << 28 : 0));
    registers.write(SMMU.PTC_FLUSH, 0);
    registers.write(SMMU.TLB_FLUSH, 0);
    registers.write(SMMU.CONFIG, 1);
  }

  // ---- masters ----------------------------------------------------------------------------------------------------

  readonly xlate = (_device: SimDevice, cells: readonly number[], addIds: (ids: readonly number[]) => void): Errno => {
    addIds([cells[0] ?? 0]);
    return 0;
  };

  /** tegra_smmu_probe_device(): reads `iommus` again and adds every ID a second time. */
  probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    if (device.node !== null)
      for (const entry of iommusEntries(device.node))
        if (entry.provider === this.node) fwspec.ids.push(entry.cells[0] ?? 0);
    this.masters.set(device, fwspec);
    return 0;
  }

  releaseDevice(device: SimDevice): void {
    this.masters.delete(device);
    this.current.delete(device);
  }

  /** tegra_smmu_device_group(): by the first swgroup alone, or by the SoC's list that it is in. */
  deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const swgroup = this.masters.get(device)?.ids[0] ?? 0;
    const found = this.soc.groups.findIndex((entry) => entry.swgroups.includes(swgroup));
    const shared = found < 0 ? null : found;
    for (const known of this.groups)
      if (known.swgroup === swgroup || (shared !== null && known.shared === shared)) return known.group;
    const group = device.pci !== null ? groups.pci(device) : groups.allocate();
    const entry = { swgroup, shared, group };
    this.groups.push(entry);
    groups.onRelease(group, () => {
      const at = this.groups.indexOf(entry);
      if (at >= 0) this.groups.splice(at, 1);
    });
    return group;
  }

  /** L4T's driver has DMA domains (tegra_smmu_domain_alloc) and leaves the choice to the core. */
  defaultDomainType(): 'identity' | null {
    return this.l4t ? null : 'identity';
  }

  /** Mainline's driver has none; L4T's those of its properties (tegra_smmu_get_resv_regions). */
  reservedRegions(device: SimDevice): readonly ReservedRegion[] {
    return this.l4t && device.node !== null ? [MSI_WINDOW, ...l4tRegions(device.node)] : [];
  }

  cacheCoherent(): boolean {
    return false;
  }

  streamsOf(device: SimDevice): readonly number[] {
    return [...new Set(this.masters.get(device)?.ids ?? [])];
  }

  // ---- address spaces ---------------------------------------------------------------------------------------------

  allocatePaging(): HardwareDomain {
    return new TegraDomain(this);
  }

  /** tegra_smmu_attach_dev(): once for every ID, so that doubled IDs count twice. */
  attachPaging(domain: TegraDomain, device: SimDevice): Errno {
    const fwspec = this.masters.get(device);
    if (fwspec === undefined) return ENOENT;
    if (fwspec.ids.length === 0) return ENODEV;
    const done: number[] = [];
    for (const swgroup of fwspec.ids) {
      const error = this.prepare(domain);
      if (error !== 0) {
        for (const id of done.reverse()) {
          this.disable(id, domain.asid);
          this.unprepare(domain);
        }
        return error;
      }
      this.enable(swgroup, domain.asid);
      done.push(swgroup);
    }
    this.current.set(device, domain);
    return 0;
  }

  /** tegra_smmu_identity_attach(): takes the device out of the domain it is in. */
  private attachIdentity(device: SimDevice): Errno {
    const fwspec = this.masters.get(device);
    if (fwspec === undefined) return ENODEV;
    const domain = this.current.get(device);
    if (domain === undefined) return 0;
    for (const swgroup of fwspec.ids) {
      this.disable(swgroup, domain.asid);
      this.unprepare(domain);
    }
    this.current.delete(device);
    return 0;
  }

  /** tegra_smmu_as_prepare(): the first user takes the lowest free ASID. */
  private prepare(domain: TegraDomain): Errno {
    if (domain.useCount > 0) {
      domain.useCount++;
      return 0;
    }
    let asid = 0;
    while (asid < this.soc.asids && this.asids.has(asid)) asid++;
    if (asid >= this.soc.asids) return ENOSPC;
    this.asids.add(asid);
    domain.asid = asid;
    this.flushCache(domain.directoryAddress);
    this.registers.write(SMMU.TLB_FLUSH, this.asidField(asid) | ASID_ENABLE);
    this.registers.write(SMMU.PTB_ASID, asid & ASID_MASK);
    this.registers.write(SMMU.PTB_DATA, Number(domain.directoryAddress >> 12n) | TEGRA_DIRECTORY_ATTRIBUTES);
    domain.active = this;
    domain.useCount++;
    return 0;
  }

  private unprepare(domain: TegraDomain): void {
    domain.useCount--;
    if (domain.useCount > 0) return;
    this.asids.delete(domain.asid);
    domain.active = null;
  }

  private swgroupOf(swgroup: number): { readonly name: string; readonly reg: number } | undefined {
    return this.soc.swgroups.find((entry) => entry.swgroup === swgroup);
  }

  private clientsOf(swgroup: number): readonly TegraClient[] {
    return this.soc.clients.filter((client) => client.swgroup === swgroup);
  }

  private enable(swgroup: number, asid: number): void {
    const entry = this.swgroupOf(swgroup);
    if (entry === undefined) {
      this.machine.message('warn', null, `tegra_smmu_enable group from swgroup ${swgroup} not found`);
      return;
    }
    const value = this.registers.read(entry.reg) & ~ASID_MASK;
    this.registers.write(entry.reg, value | (asid & ASID_MASK) | ASID_ENABLE);
    this.switchClients(swgroup, true);
  }

  /** The register keeps the ASID, without the enable bit. */
  private disable(swgroup: number, asid: number): void {
    const entry = this.swgroupOf(swgroup);
    if (entry !== undefined) {
      const value = this.registers.read(entry.reg) & ~ASID_MASK;
      this.registers.write(entry.reg, (value | (asid & ASID_MASK)) & ~ASID_ENABLE);
    }
    this.switchClients(swgroup, false);
  }

  private switchClients(swgroup: number, on: boolean): void {
    for (const client of this.clientsOf(swgroup)) {
      // A client without the bit has offset 0 in the driver's table, which is the interrupt status register.
      const [offset, bit] = client.smmu ?? [0, 0];
      const value = this.registers.read(offset);
      this.registers.write(offset, on ? value | (1 << bit) : value & ~(1 << bit));
    }
  }

  private asidField(asid: number): number {
    return this.soc.asids === 4 ? (asid & 3) << 29 : (asid & ASID_MASK) << 24;
  }

  private flushCache(address: bigint): void {
    const wide = widePhys(this.kernel);
    if (this.soc.addressBits > 32) this.registers.write(SMMU.PTC_FLUSH_HI, wide ? Number((address >> 32n) & 3n) : 0);
    const atom = BigInt(this.soc.atomSize);
    this.registers.write(SMMU.PTC_FLUSH, Number(BigInt.asUintN(32, address & ~(atom - 1n))) | 1);
  }

  /** A directory entry changed: its cache line and the 4 MiB section are flushed. */
  flushSection(asid: number, offset: number, entry: bigint): void {
    this.flushCache(entry);
    this.registers.write(SMMU.TLB_FLUSH, this.asidField(asid) | ASID_ENABLE | ((offset & 0xffc00000) >>> 12) | 2);
  }

  /** A page entry changed: its cache line and the 16 KiB group are flushed. */
  flushGroup(asid: number, offset: number, entry: bigint): void {
    this.flushCache(entry);
    this.registers.write(SMMU.TLB_FLUSH, this.asidField(asid) | ASID_ENABLE | ((offset & 0xffffc000) >>> 12) | 3);
  }

  // ---- hardware ---------------------------------------------------------------------------------------------------

  /** One access of a swgroup; the first client of the right direction stands for it in the error status. */
  access(stream: number, iova: bigint, write: boolean): AccessOutcome {
    const base = { stream, iova, write, stale: false };
    const through = { ...base, result: 'untranslated', phys: iova, fault: null, lines: [], walk: [] } as const;
    const entry = this.swgroupOf(stream);
    const value = entry === undefined ? 0 : this.registers.read(entry.reg);
    if ((value & ASID_ENABLE) === 0) return through;
    const asid = value & ASID_MASK;
    const domain = [...this.current.values()].find((candidate) => candidate.active === this && candidate.asid === asid);
    if (domain === undefined) return through;
    const { leaf, stale } = domain.access(iova);
    const walk = domain.walk(iova);
    if (leaf !== null && (write ? leaf.write : leaf.read))
      return {
        ...base,
        stale,
        result: 'translated',
        phys: leaf.phys + (iova - leaf.iova),
        fault: null,
        lines: [],
        walk,
      };
    const client =
      this.clientsOf(stream).find((one) => /wr?\d?$|mcwa+b?$/.test(one.name) === write) ?? this.clientsOf(stream)[0];
    const status =
      (client?.id ?? 0) |
      (write ? 1 << 16 : 0) |
      (Number((iova >> 32n) & 3n) << 20) |
      domain.rightsOf(iova) |
      (SMMU_TRANSLATION_TYPE << 28);
    this.registers.write(ERR_STATUS, status);
    this.registers.write(ERR_ADR, Number(BigInt.asUintN(32, iova)));
    this.registers.write(MC.INTSTATUS, this.registers.read(MC.INTSTATUS) | (1 << PAGE_FAULT_BIT));
    const lines = this.interrupt();
    const fault = leaf === null ? 'translation' : 'permission';
    return { ...base, result: 'fault', phys: null, fault, lines, walk };
  }

  /** tegra30_mc_handle_irq(): a line for every pending bit, all bits of one register pair from the same status. */
  interrupt(): readonly string[] {
    const pending = this.registers.read(MC.INTSTATUS) & this.soc.interruptMask;
    const lines: string[] = [];
    const wide = widePhys(this.kernel);
    for (let bit = 0; bit < 32; bit++) {
      if ((pending & (1 << bit)) === 0) continue;
      const [status, address] = ERROR_REGISTERS[bit] ?? [ERR_STATUS, ERR_ADR];
      const line = tegraFaultLine(this.soc, bit, this.registers.read(status), this.registers.read(address), wide);
      if (this.state.limit('tegra30_mc_handle_irq').allows()) lines.push(line);
    }
    for (const line of lines) this.machine.message('err', this.device, line);
    if (!this.plainMemory) this.registers.write(MC.INTSTATUS, this.registers.read(MC.INTSTATUS) & ~pending);
    return lines;
  }

  /** Set for hardware whose status bits are not cleared by writing 1. */
  plainMemory = false;

  poke(_instance: number, offset: number, value: number): void {
    this.registers.write(offset, value);
  }

  /** The domains in use, in the order of their ASIDs. */
  domains(): readonly TegraDomain[] {
    return [...new Set(this.current.values())].sort((a, b) => a.asid - b.asid);
  }

  /** Registers, and the address space of every device in one. */
  capture(): TegraCapture {
    const domains = [...this.current].map(([device, domain]) => ({
      device: device.ref,
      asid: domain.asid,
      useCount: domain.useCount,
      leaves: [...domain.leaves()],
    }));
    return { kind: 'tegra-smmu', registers: new Map(this.registers.entries()), soc: this.soc, domains };
  }

  report(): ReportProvider {
    const streamTable = this.soc.swgroups
      .map((entry) => ({ entry, value: this.registers.read(entry.reg) }))
      .filter(({ entry, value }) => value !== 0 || this.mastersOf(entry.swgroup).length > 0)
      .map(({ entry, value }) => ({
        name: entry.name,
        swgroup: entry.swgroup,
        register: hex(entry.reg),
        value: hex(value),
        enabled: (value & ASID_ENABLE) !== 0,
        asid: value & ASID_MASK,
        masters: this.mastersOf(entry.swgroup).map((device) => device.ref),
      }));
    const contextBanks = this.domains().map((domain) => ({
      asid: domain.asid,
      users: domain.useCount,
      directory: hex(domain.directoryAddress),
    }));
    const registers: Record<string, string> = {};
    for (const [name, offset] of Object.entries({ ...MC, ...SMMU })) {
      const value = this.registers.read(offset);
      if (value !== 0) registers[name] = hex(value);
    }
    return { device: this.device.ref, model: 'tegra-smmu', streamTable, contextBanks, registers };
  }

  private mastersOf(swgroup: number): readonly SimDevice[] {
    return [...this.masters].filter(([, fwspec]) => fwspec.ids.includes(swgroup)).map(([device]) => device);
  }
}
