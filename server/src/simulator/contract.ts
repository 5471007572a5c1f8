/**
 * What the parts of the simulator promise each other. `probe/` (drivers/base), `dma/` (drivers/iommu/iommu.c,
 * of_iommu.c, dma-iommu.c, the 32-bit ARM glue) and `smmu/` (the hardware and its drivers) meet here and nowhere else.
 */
import type { DtNode } from '../devicetree/model';
import type { HardwareFacts } from '../iommu/hardware-facts';
import type { KernelParameter, KernelSymbol } from './kernel/inputs';
import type { KernelModel } from './kernel/model';
import type { ReportProvider } from './report';

/** 0, or a negative errno as the kernel returns it (-517 is -EPROBE_DEFER). */
export type Errno = number;

export const EPERM = -1;
export const ENOENT = -2;
export const EIO = -5;
export const ENXIO = -6;
export const ENOMEM = -12;
export const EBUSY = -16;
export const ENODEV = -19;
export const EINVAL = -22;
export const ENOSPC = -28;
export const ERANGE = -34;
export const EOPNOTSUPP = -95;
export const EPROBE_DEFER = -517;

/** A PCI function as far as IOMMU grouping and aliases need it. RID = bus << 8 | device << 3 | function. */
export interface PciFunction {
  readonly host: SimDevice;
  readonly rid: number;
  /** The bridge above it; null directly on the root bus. */
  readonly upstream: SimDevice | null;
  readonly multifunction: boolean;
  readonly kind:
    | 'conventional'
    | 'endpoint'
    | 'root-port'
    | 'upstream-port'
    | 'downstream-port'
    | 'pcie-to-pci'
    | 'pci-to-pcie';
  /** Whether the function has an ACS capability at all. */
  readonly acsCapable: boolean;
  /**
   * Whether ACS (SV, RR, CR, UF) was switched on when the function was enumerated (pci_acs_init): only when
   * pci_request_acs() had been called before (`IommuSubsystem.acsRequested`) or the command line says so.
   */
  readonly acsEnabled: boolean;
  /** DMA alias quirks (pci_add_dma_alias): further RIDs in whose name the function does DMA. */
  readonly dmaAliases?: readonly number[];
}

/** struct device, as far as all parts share it. `probe/` makes and owns it; the parts hang their state on it by WeakMap. */
export interface SimDevice {
  readonly node: DtNode | null;
  /** Node path, or `name` without a node. */
  readonly ref: string;
  readonly name: string;
  readonly bus: string;
  readonly parent: SimDevice | null;
  readonly pci: PciFunction | null;
  /** The driver bound or being probed now. */
  readonly driverName: string | null;
  /** Whether that driver sets driver_managed_dma. */
  readonly driverManagesDma: boolean;
  /** Whether the driver's own probe has begun, so that dev_set_drvdata() may have been called; absent: it has. */
  readonly driverDataSet?: boolean;
}

export type MessageLevel = 'debug' | 'info' | 'warn' | 'err';

/** What `dma/` and `smmu/` may ask of the machine they run in. */
export interface MachineServices {
  /** Virtual kernel time in milliseconds; never the wall clock. */
  now(): number;
  /** Runs `action` at a virtual time (timers, delayed work). Returns a cancel function. */
  at(time: number, action: () => void): () => void;
  /** A kernel log line. */
  message(level: MessageLevel, device: SimDevice | null, text: string): void;
  /** Whether the initcalls still run (system_state is SYSTEM_BOOTING). */
  booting(): boolean;
  /** driver_deferred_probe_check_state(): -EPROBE_DEFER, or -ENODEV / -ETIMEDOUT once waiting is over. */
  deferredProbeCheckState(device: SimDevice): Errno;
  /** device_link_add() by an IOMMU driver in probe_device or by another driver. */
  addDeviceLink(consumer: SimDevice, supplier: SimDevice, flags: readonly string[]): boolean;
  /** All devices of a bus in bus order (bus_for_each_dev). */
  devicesOfBus(bus: string): readonly SimDevice[];
  /** The device made for a node, or null. */
  deviceOf(node: DtNode): SimDevice | null;
  /** msleep() in a driver: virtual time passes, and timers and workers that are due meanwhile run. */
  sleep(milliseconds: number): void;
  /** The fact log: what a recording would show; the report is made from it. */
  trace(event: string, device: SimDevice | null, detail: Readonly<Record<string, unknown>>): void;
  /**
   * Whether the device at `node` has bound and registered what it provides (a clock, a memory controller, firmware
   * calls): what `clk_get`, `devm_tegra_memory_controller_get` or `qcom_scm_is_available` ask during a probe.
   * Providers that need no device (CLK_OF_DECLARE clocks, fixed interrupt controllers) are always ready.
   */
  supplierReady(node: DtNode): boolean;
  /** dev_err_probe(-EPROBE_DEFER) in a probe: the reason that devices_deferred shows after the driver's name. */
  deferReason(device: SimDevice, text: string): void;
  /** The kernel stops here (BUG, NULL pointer): unwinds the simulation with `complete: false`. Never returns. */
  panic(reason: string): never;
}

/** Which kernel runs: version, config, command line, page size. Made by `kernel/`. */
export interface KernelView {
  readonly version: string;
  /** What this version does differently (kernel/model.ts): branch on these flags, never on `version`. */
  readonly model: KernelModel;
  readonly arch: 'arm' | 'arm64' | 'riscv' | 'other';
  /** CPU page size in bytes. */
  readonly pageSize: number;
  /** Raw value of a CONFIG symbol (`y`, `m`, a number or string), or null when not set. */
  config(symbol: KernelSymbol): string | null;
  /** The last value of a command-line parameter (`iommu.strict`), `""` for a bare word, or null. Dashes equal underscores. */
  param(name: KernelParameter): string | null;
}

// ---- IOMMU drivers (struct iommu_ops) -----------------------------------------------------------------------------

export type DomainType = 'DMA' | 'DMA-FQ' | 'identity' | 'unmanaged' | 'blocked';

/** Bits of iommu_map's prot (include/linux/iommu.h). */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_CACHE = 4;
export const PROT_NOEXEC = 8;
export const PROT_MMIO = 16;
export const PROT_PRIV = 32;

/** One step of a table walk, from the root down. */
export interface WalkStep {
  /** Level as the format numbers it (Arm: 0 to 3; two-level formats: 1 and 2). */
  readonly level: number;
  /** Address of the table in memory and the index into it. Table addresses are of a notional allocator. */
  readonly table: bigint;
  readonly index: number;
  readonly descriptor: bigint;
  readonly meaning: 'table' | 'block' | 'page' | 'invalid';
  /** What the descriptor's bits say: `next 0x…`, `phys 0x… RW nG AF`. */
  readonly text: string;
}

/**
 * A domain as its IOMMU driver made it (struct iommu_domain with its domain ops). `pageSizes` and `aperture` are
 * final after the first attach only (arm_smmu_init_domain_context and its like): read them again after it.
 */
export interface HardwareDomain {
  readonly kind: 'paging' | 'identity' | 'blocked';
  /** Bit n set: pages of 2^n bytes. */
  readonly pageSizes: bigint;
  readonly aperture: { readonly start: bigint; readonly end: bigint; readonly force: boolean };
  attach(device: SimDevice): Errno;
  /**
   * iommu_map(): one range of any length; chooses the block sizes (iommu_pgsize), gives -EINVAL when iova, phys or size
   * is not a multiple of the smallest page, and takes back what it mapped when a later part fails.
   */
  map(iova: bigint, phys: bigint, size: bigint, prot: number): Errno;
  /**
   * iommu_unmap(): returns the number of bytes unmapped. `deferFlush` is the flush-queue case: the TLB keeps what it
   * holds until `flushTlb()`; without it the TLB forgets the range at once.
   */
  unmap(iova: bigint, size: bigint, deferFlush?: boolean): bigint;
  /** iommu_flush_iotlb_all(), what the flush queue does when it drains. */
  flushTlb(): void;
  /** iommu_iova_to_phys(); null when nothing is mapped there. */
  translate(iova: bigint): bigint | null;
  /** The table walk of an address, from the root; empty for domains without tables. */
  walk(iova: bigint): readonly WalkStep[];
  /** iommu_set_fault_handler(): called on a fault; a result other than -ENOSYS silences the kernel's message. */
  faultHandler: ((iova: bigint, write: boolean) => Errno) | null;
  free(): void;
}

/** What the hardware does with one access of a master (one bus transaction of a stream). */
export interface AccessOutcome {
  /** `translated`, passed `untranslated` (bypass), `fault` (reported), `aborted` (silently). */
  readonly result: 'translated' | 'untranslated' | 'fault' | 'aborted';
  readonly stream: number;
  readonly iova: bigint;
  readonly write: boolean;
  /** Where the access goes; null when it goes nowhere. */
  readonly phys: bigint | null;
  /** Translated by a TLB entry whose mapping is gone (the lazy-invalidation window). */
  readonly stale: boolean;
  /** A fault that held the transaction until the driver answered (SMMUv3 stall model): absent when it ended at once. */
  readonly stalled?: 'aborted';
  /** The panic with which the kernel answers the fault; absent: it goes on. */
  readonly panics?: string;
  /** `translation`, `permission`, `unknown-stream`, `address-size`, …; null without a fault. */
  readonly fault: string | null;
  /** What the kernel prints, in lines without the device prefix; empty when the rate limit or a handler swallows it. */
  readonly lines: readonly string[];
  readonly walk: readonly WalkStep[];
}

export interface ReservedRegion {
  readonly start: bigint;
  readonly length: bigint;
  readonly type: 'direct' | 'direct-relaxable' | 'reserved' | 'msi' | 'software-msi';
}

/** An IOMMU group; made by `dma/`, seen by the drivers' device_group. */
export interface GroupRef {
  readonly id: number;
  readonly devices: readonly SimDevice[];
}

/** What a driver's device_group can call (generic_device_group and its relatives). */
export interface GroupFactory {
  /** generic_device_group: a new group. */
  allocate(): GroupRef;
  /** generic_single_device_group: the instance's one group. */
  single(instance: IommuInstance): GroupRef;
  /** pci_device_group: ACS, aliases, functions. */
  pci(device: SimDevice): GroupRef;
  /** iommu_group_get: the device's group now. */
  of(device: SimDevice): GroupRef | null;
  /** iommu_group_set_iommudata: `released` runs when the group's last reference goes and its number becomes free. */
  onRelease(group: GroupRef, released: () => void): void;
}

/** struct iommu_fwspec: the IDs of a master on its provider. */
export interface FwSpec {
  readonly instance: IommuInstance;
  readonly ids: number[];
}

/** One driver's operations for one registered instance. `driver` is the identity that fwspecs compare (ops pointer). */
export interface IommuInstance {
  readonly driver: string;
  readonly device: SimDevice;
  readonly node: DtNode;
  /** Name of the class device that iommu_device_sysfs_add() makes (`smmu3.0x0000000009050000`); null or absent: none. */
  readonly sysfsName?: string | null;
  /** of_xlate, where this kernel's driver has one. Adds IDs to the fwspec through `addIds`. */
  readonly xlate: (device: SimDevice, cells: readonly number[], addIds: (ids: readonly number[]) => void) => Errno;
  probeDevice(device: SimDevice, fwspec: FwSpec): Errno;
  /**
   * The instance whose struct iommu_device probe_device returned, where that is not the one of the fwspec (a driver that
   * keeps the last xlate's instance). Absent: this one.
   */
  serving?(device: SimDevice): IommuInstance;
  /** Called when the device leaves, or when group creation failed. */
  releaseDevice(device: SimDevice): void;
  deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno;
  /** def_domain_type: null leaves the choice to config and command line. */
  defaultDomainType(device: SimDevice): 'DMA' | 'identity' | null;
  /** The static identity and blocked domains; null when the driver has none. */
  readonly identity: HardwareDomain | null;
  readonly blocked: HardwareDomain | null;
  allocatePaging(device: SimDevice): HardwareDomain | Errno;
  /** get_resv_regions of the driver alone, in its order (`iommu-addresses` and PCI windows are the core's). */
  reservedRegions(device: SimDevice): readonly ReservedRegion[];
  /** Whether its get_resv_regions also calls iommu_dma_get_resv_regions() (`iommu-addresses` of the tree). */
  readonly firmwareRegions: boolean;
  /** Whether IOMMU_CAP_DEFERRED_FLUSH holds (needed for DMA-FQ). */
  readonly deferredFlush: boolean;
  /** Whether IOMMU_CAP_CACHE_COHERENCY holds for the device. */
  cacheCoherent(device: SimDevice): boolean;
  /** System suspend and resume of the IOMMU itself. */
  suspend?(): void;
  resume?(): void;
  /** The stream IDs (swgroups, ports, micro-TLBs …) with which the device's transactions arrive at this instance. */
  streamsOf(device: SimDevice): readonly number[];
  /** One access of a stream; prints the kernel's fault lines through the machine. */
  access(stream: number, iova: bigint, write: boolean): AccessOutcome;
  /** Registered without its node (`mmu-masters`): no `iommus` finds it. */
  readonly anonymous?: boolean;
  /** A copy of what the hardware holds now (registers, page tables), for comparisons with recordings. */
  capture?(): unknown;
  /** Stream table, context banks and registers as they stand. */
  report(): ReportProvider;
}

/** What a provider's driver found when it probed. Made by `smmu/` for a provider node. */
/** Without instance and error: the driver binds, but there is no IOMMU in it. */
export type ProviderProbe =
  | { readonly error: Errno; readonly instance?: undefined }
  | { readonly error: 0; readonly instance: IommuInstance };

/** The door to `smmu/`: probes the IOMMU at a node. `hardware` are the scenario's facts about that IOMMU (ID registers …). */
export type ProbeProvider = (
  device: SimDevice,
  machine: MachineServices,
  kernel: KernelView,
  hardware: HardwareFacts,
) => ProviderProbe;

/** One group as sysfs shows it. */
export interface GroupView {
  readonly id: number;
  /** The `type` file: the default domain's type, or `unknown`. */
  readonly type: string;
  readonly devices: readonly SimDevice[];
  /** The `reserved_regions` file, sorted and merged; `end` inclusive. */
  readonly reservedRegions: readonly { readonly start: bigint; readonly end: bigint; readonly type: string }[];
  readonly provider: SimDevice | null;
}

/** struct dma_iommu_mapping of the 32-bit ARM glue. */
export interface ArmMappingView {
  readonly base: bigint;
  /** Pages per bitmap. */
  readonly bits: number;
  readonly bitmaps: number;
  readonly extensions: number;
  readonly references: number;
  readonly usedPages: number;
  /** Whether its domain is the one the group is attached to. */
  readonly current: boolean;
}

/** What DMA means for one device now: fwspec, group, domain, masks and limits. Addresses and masks in bytes. */
export interface DeviceDmaView {
  readonly ids: readonly number[];
  readonly provider: SimDevice | null;
  readonly group: number | null;
  /** iommu_get_domain_for_dev; null without one. */
  readonly domain: DomainType | null;
  /** The domain was freed while attached (use after free): its type is whatever its memory holds. */
  readonly domainFreed: boolean;
  readonly aperture: { readonly start: bigint; readonly end: bigint } | null;
  /** 0 without a domain. */
  readonly pageSizes: bigint;
  /** dev->dma_iommu: the DMA API allocates IOVAs in the default domain (never on 32-bit ARM). */
  readonly dmaIommu: boolean;
  /** The ARM glue's mapping; null without one. */
  readonly mapping: ArmMappingView | null;
  readonly coherent: boolean;
  readonly dmaMask: bigint;
  readonly coherentMask: bigint;
  /** 0 when no dma-ranges limit it. */
  readonly busLimit: bigint;
  /** of_iommu_configure's last result for it; null before the first attempt. -19 and others: runs without IOMMU. */
  readonly configureResult: Errno | null;
}

/** The door to `dma/` for the driver core. */
export interface IommuSubsystem {
  /** pci_request_acs() has been called: functions enumerated from now on get ACS switched on. */
  readonly acsRequested: boolean;
  /** iommu_device_unregister. */
  unregister(instance: IommuInstance): void;
  /** All groups, by number. */
  groups(): readonly GroupView[];
  view(device: SimDevice): DeviceDmaView;
  /** A write to /sys/kernel/iommu_groups/N/type: 0, -EINVAL, -EPERM, or -ENOENT without such a group. */
  writeGroupType(group: number, type: string): Errno;
  /** iommu_device_register: walks the buses as this kernel does. */
  register(instance: IommuInstance): Errno;
  /** Bus notifier: device added (BUS_NOTIFY_ADD_DEVICE). */
  deviceAdded(device: SimDevice): void;
  /** The subsys initcall that installs the bus notifiers (iommu_subsys_init, where this kernel has it). */
  installNotifiers(): void;
  /** Bus notifier: device removed. */
  deviceRemoved(device: SimDevice): void;
  /** The bus's dma_configure inside one probe attempt. 0, -EPROBE_DEFER, or what refuses the probe (-EBUSY). */
  configure(device: SimDevice): Errno;
  /** The bus's dma_cleanup after a failed probe or an unbind. */
  cleanup(device: SimDevice): void;
}

/**
 * What the client drivers do with the DMA and IOMMU APIs: the scenario's operations, else the default workload of the
 * device's class. The driver core calls it where the driver's own functions would run.
 */
export interface ClientWork {
  /**
   * Inside the driver's probe, when that attempt gets as far as using DMA. Returns 0, or the error with which the
   * driver's probe fails because of what it saw (a scenario's `failAfter`).
   */
  probe(device: SimDevice): Errno;
  /** Inside the driver's remove. */
  remove(device: SimDevice): void;
}
