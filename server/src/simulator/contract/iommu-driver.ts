/** What an IOMMU driver in `smmu/` promises the IOMMU core (struct iommu_ops), and what it may ask of the core's groups. */
import type { DtNode } from '../../devicetree/model';
import type { HardwareFacts } from '../../iommu/hardware-facts';
import type { ReportProvider } from '../report';
import type { SimDevice } from './device';
import type { Errno } from './errno';
import type { AccessOutcome, HardwareDomain } from './hardware-domain';
import type { KernelView } from './kernel-view';
import type { MachineServices } from './machine';

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
  /** Its groups have a default domain whatever the kernel model says of `driver` (a vendor's driver in its place). */
  readonly ownDefaultDomains?: boolean;
  /** The static identity and blocked domains; null when the driver has none. */
  readonly identity: HardwareDomain | null;
  readonly blocked: HardwareDomain | null;
  /** Why every group is given an identity domain that cannot be attached; `assumed`: no one stated the hardware fact. */
  readonly identityImpossible?: { readonly why: string; readonly assumed: boolean };
  /**
   * Page sizes and window of identity domains in kernels that allocate one for each group (`identityDomains`). Absent:
   * none to show.
   */
  readonly identityGeometry?: { readonly pageSizes: bigint; readonly start: bigint; readonly end: bigint };
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
  /** Without of_iommu_set_ops(), so that of_iommu_configure() does not find it (3.19); absent: with it. */
  readonly ofOperations?: boolean;
  /** Without bus_set_iommu() (3.19): of_xlate alone; absent: with it. */
  readonly busOperations?: boolean;
  /** The buses whose operations it sets (3.19); absent: all that the core watches. */
  readonly buses?: readonly string[] | undefined;
  /** Goes on when the bus has another driver's operations already. */
  readonly ignoresBusy?: boolean;
  /** Its add_device reads `iommus` itself, besides the drivers that the kernel model names. */
  readonly parsesMasters?: boolean;
  /** Its add_device takes every device, whatever `iommus` says (Exynos in 3.19). */
  readonly takesEveryDevice?: boolean;
  /** It attaches devices that are behind no IOMMU of its own, to nothing (rk_iommu_attach_device of 3.19). */
  readonly attachesAny?: boolean;
  /** Its add_device makes no group (Tegra in 3.19). */
  readonly groupless?: boolean;
  /** Its add_device puts groups off until they exist (arch_initcall_sync). */
  readonly groupsLater?: boolean;
  /** Registered without its node (`mmu-masters`): no `iommus` finds it. */
  readonly anonymous?: boolean;
  /** A copy of what the hardware holds now (registers, page tables), for comparisons with recordings. */
  capture?(): unknown;
  /** Stream table, context banks and registers as they stand. */
  report(): ReportProvider;
}

/**
 * What a provider's driver found when it probed. Made by `smmu/` for a provider node. Without instance and error: the
 * driver binds, but there is no IOMMU in it.
 */
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
