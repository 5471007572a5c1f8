/**
 * The scenario (`*.smmu.json`): what a tree cannot say. Types here; reading one is the job of ../scenario.
 * Numbers that can exceed 32 bits are given as "0x…" strings in JSON and are bigint here.
 */
import type { HardwareFacts } from '../iommu/hardware-facts';
import type { PciIdentity } from './kernel/catalogue/pci-ids';
import type { DriverModel, EarlyProvider, InitcallLevel } from './kernel/drivers';

/** Fields of every operation of a driver. */
interface OpBase {
  /** Echoed in the trace and the report, so that a caller finds its own operation again. */
  readonly tag?: number | string;
  /** Runs only when the operation with this index in the same list succeeded (a driver that stops at an error). */
  readonly ifOk?: number;
}

/** A place for the result of an allocation; `free` names it. Without one, the operation's index in its list. */
interface Slotted extends OpBase {
  readonly slot?: number;
}

export type DmaDirection = 'to-device' | 'from-device' | 'bidirectional';

/** What a driver does with the DMA API (include/linux/dma-mapping.h). Sizes and offsets in bytes. */
export type DmaOp =
  | (Slotted & { readonly op: 'alloc'; readonly size: number; readonly atomic?: boolean })
  | (Slotted & {
      readonly op: 'map';
      readonly size: number;
      /** Within the driver's page-aligned buffer. */
      readonly offset?: number;
      readonly direction?: DmaDirection;
    })
  | (Slotted & {
      readonly op: 'map-sg';
      /** Each segment: where it starts in the driver's buffer, and its length. */
      readonly segments: readonly { readonly offset: number; readonly size: number }[];
      readonly direction?: DmaDirection;
    })
  | (Slotted & { readonly op: 'map-resource'; readonly phys: bigint; readonly size: number })
  | (Slotted & { readonly op: 'alloc-noncontiguous'; readonly size: number })
  /** Frees or unmaps what is in a slot; nothing when the slot is empty. */
  | (OpBase & { readonly op: 'free'; readonly slot: number })
  | (OpBase & { readonly op: 'set-mask'; readonly bits: number; readonly coherentBits?: number })
  | (OpBase & { readonly op: 'set-segment'; readonly maxSize?: number; readonly boundary?: bigint })
  | (OpBase & { readonly op: 'sleep'; readonly ms: number })
  /** An MSI is requested: its doorbell is mapped for the device (iommu_dma_prepare_msi). */
  | (OpBase & { readonly op: 'request-msi' });

/** What a driver does with the IOMMU API (include/linux/iommu.h). `domain` numbers are global: drivers can share one. */
export type IommuApiOp =
  | (OpBase & { readonly op: 'domain-alloc'; readonly domain: number })
  | (OpBase & {
      readonly op: 'domain-attach';
      readonly domain: number;
      readonly by: 'device' | 'group';
      /** The driver frees the domain when it cannot be attached. */
      readonly freeOnFailure?: boolean;
    })
  | (OpBase & { readonly op: 'domain-detach'; readonly domain?: number; readonly by?: 'device' | 'group' })
  | (OpBase & { readonly op: 'domain-free'; readonly domain: number })
  /** iommu_present of the device's bus: 1 or 0. */
  | (OpBase & { readonly op: 'present' })
  /** The number then means the domain that the device is in now. */
  | (OpBase & { readonly op: 'domain-current'; readonly domain: number })
  | (OpBase & {
      readonly op: 'iommu-map';
      /** Null: whatever iommu_get_domain_for_dev() returns. */
      readonly domain: number | null;
      readonly iova: bigint;
      /** Null: the driver's own buffer. */
      readonly phys: bigint | null;
      readonly size: bigint;
      /** PROT_* bits of simulator/contract.ts. */
      readonly prot: number;
      /** The driver maps only into a domain that it could attach; else the result is -EBADFD (-77). */
      readonly onlyAttached?: boolean;
    })
  | (OpBase & { readonly op: 'iommu-unmap'; readonly domain: number; readonly iova: bigint; readonly size: bigint })
  | (OpBase & {
      readonly op: 'iova-to-phys';
      readonly domain: number;
      readonly iova: bigint;
      /** Look up the address that this slot holds instead of `iova`. */
      readonly ofSlot?: number;
    })
  | (OpBase & { readonly op: 'claim-owner' })
  | (OpBase & { readonly op: 'release-owner' })
  /** The driver's own IOVA allocator (host1x, drm/tegra): size-aligned below min(aperture end, 4 GiB), then iommu_map. */
  | (Slotted & { readonly op: 'iova-alloc'; readonly domain: number; readonly size: number })
  | (OpBase & { readonly op: 'iova-free'; readonly slot: number })
  /** iommu_set_fault_handler; null: the current domain. */
  | (OpBase & { readonly op: 'fault-handler'; readonly domain: number | null; readonly result: number })
  /** Records what the device sees now (domain, group, masks) under `when`. */
  /** With `hardware`: what the device's IOMMU holds instead. */
  | (OpBase & { readonly op: 'info'; readonly when: string; readonly hardware?: boolean });

/** The 32-bit ARM glue (arch/arm/mm/dma-mapping.c). */
export type ArmGlueOp =
  | (OpBase & { readonly op: 'arm-detach' })
  | (OpBase & { readonly op: 'arm-release'; readonly which: 'detached' | 'created' })
  | (OpBase & { readonly op: 'arm-create'; readonly base: bigint; readonly size: bigint })
  | (OpBase & { readonly op: 'arm-attach'; readonly which: 'created' | 'detached' | 'shared' })
  | (OpBase & { readonly op: 'arm-publish' })
  /** arch_teardown_dma_ops. */
  | (OpBase & { readonly op: 'arm-teardown' });

export type DeviceOp = DmaOp | IommuApiOp | ArmGlueOp;

/** How one device behaves with its driver, over what the driver says. */
export interface DeviceBehaviour {
  /** Node path, label or kernel device name. */
  readonly device: string;
  /** Result of each probe attempt before the operations run; the last repeats. */
  readonly probe?: readonly number[];
  /** Result after the operations ran (a probe that fails late); 0 or absent: success. */
  readonly failAfter?: number;
  /** How many attempts fail that way; absent: all. */
  readonly failAfterCount?: number;
  /** What the driver gives as the reason when it asks for deferral (dev_err_probe). */
  readonly reason?: string;
  /** The same for a deferral after its work (`failAfter` of -517); absent: `reason`. */
  readonly reasonAfter?: string;
  /** Milliseconds that each probe takes. */
  readonly delay?: number;
  readonly dmaBits?: number | null;
  readonly coherentBits?: number;
  readonly maxSegmentSize?: number;
  /** Bytes of the buffer that it maps for streaming; absent: 4 MiB. */
  readonly bufferSize?: number;
  readonly segmentBoundary?: bigint;
  /** In its probe, in order. Absent: the class's default workload. */
  readonly ops?: readonly DeviceOp[];
  /** In its remove, before what is left is freed. */
  readonly opsRemove?: readonly DeviceOp[];
  /** Remove frees nothing. */
  readonly leak?: boolean;
  /** Devices that its probe makes, instead of what the driver says. */
  readonly creates?: readonly CreatedDevice[];
  /** Facts about the hardware at this node (for an IOMMU: ID registers, group mode, page sizes, aperture …). */
  readonly hardware?: HardwareFacts;
}

export interface PciDeviceModel {
  /** `vendor:device` in hex, where the command line asks for it. */
  readonly id?: string;
  /** `bus:device.function` in hex; the bus counts as enumeration will number it. */
  readonly bdf: string;
  /** The driver by name; null: none. With `match`, the driver whose table fits. */
  readonly driver: string | null;
  readonly match?: PciIdentity;
  /** A virtual function (SR-IOV): it comes when its physical function's driver has made it. */
  readonly virtual?: boolean;
  readonly kind:
    | 'conventional'
    | 'endpoint'
    | 'rc-endpoint'
    | 'root-port'
    | 'upstream-port'
    | 'downstream-port'
    | 'pcie-to-pci'
    | 'pci-to-pcie';
  readonly multifunction: boolean;
  /** Whether it has an ACS capability. */
  readonly acs: boolean;
  /** For a bridge: the number of the bus behind it. */
  readonly secondary?: number;
  readonly dmaBits?: number;
}

export interface PciHostModel {
  readonly host: string;
  readonly devices: readonly PciDeviceModel[];
  /** Drivers of endpoints that are added to what the tree describes: the first behind an empty root port, if there is one. */
  readonly added?: readonly string[];
}

export type ScenarioEvent =
  | { readonly event: 'wait'; readonly ms: number }
  /** Takes a snapshot of lists, links and groups under this name. */
  | { readonly event: 'dump'; readonly name: string }
  | { readonly event: 'load'; readonly driver: string }
  /** User space comes up: modules that fit a device are loaded, now and for devices that appear later (udev). */
  | { readonly event: 'coldplug' }
  /** `freeze`: suspend to idle; absent: to memory. */
  | { readonly event: 'suspend'; readonly state?: 'mem' | 'freeze' }
  | { readonly event: 'resume' }
  | { readonly event: 'unbind'; readonly device: string }
  | { readonly event: 'bind'; readonly device: string; readonly driver?: string }
  | { readonly event: 'group-type'; readonly group: number; readonly type: string }
  | { readonly event: 'access'; readonly master: string; readonly iova: bigint; readonly write: boolean };

/**
 * A device that a driver's probe makes. In the name, `{name}` stands for the name of the device being probed and `{n}`
 * for a number that counts up with each use of this name.
 */
export interface CreatedDevice {
  readonly name: string;
  /** Null for a class device, which has no bus and matches nothing. */
  readonly bus: string | null;
  /** Index of an earlier entry that is its parent; null: the probed device. */
  readonly parent: number | null;
  /** The driver that binds to it at once, or null. */
  readonly driver: string | null;
}

/** How a driver probes, beyond what its DriverModel says. */
export interface DriverBehaviour {
  /** Result of each probe attempt of one device; the last repeats. */
  readonly probe: readonly number[];
  /** The driver has a sync_state callback. */
  readonly syncState: boolean;
  readonly creates: readonly CreatedDevice[];
  /** What it needs of its node: a property whose provider is missing fails the probe with `missing`. */
  readonly requires: readonly { readonly property: string; readonly missing: number }[];
  /** prevent_deferred_probe: a deferral becomes -ENXIO. */
  readonly preventsDeferral: boolean;
  /** Binds a plain bus (simple-bus and its like) only when that is the node's first compatible (simple-pm-bus). */
  readonly onlyFirstCompatible: boolean;
  /** The kinds of PCI functions that its probe takes; absent: all. */
  readonly pciKinds?: readonly PciDeviceModel['kind'][];
  /** The probe gets the node's clocks, resets, phys, supplies, interrupts: -EPROBE_DEFER while a provider is missing. */
  readonly usesResources: boolean;
  /** The kind of IOMMU that it registers (a model of `smmu/`, or `software`); null: none. */
  readonly provider: string | null;
  /** Its devices really provide what consumers ask for by name (clocks, resets …) once they are bound. */
  readonly provides: boolean;
  /** Its remove function takes down the devices that it populated (of_platform_depopulate). */
  readonly depopulates?: boolean;
  /**
   * The kind of IOMMU with whose operations it takes the platform bus as it registers, with hardware or without (3.19:
   * rk_iommu_init, omap_iommu_init).
   */
  readonly takesBus?: string;
  /** Resources managed by devres, in the order in which probe takes them. */
  readonly devres: readonly string[];
}

export interface ScenarioDriver {
  readonly model: DriverModel;
  readonly behaviour: DriverBehaviour;
}

/** A device that the kernel makes by itself in an initcall (no node): `reg-dummy`, `writeback`, `tty` … */
export interface KernelDevice {
  readonly name: string;
  readonly bus: string | null;
  readonly parent: string | null;
  readonly level: InitcallLevel;
  readonly order: number;
  readonly driver: string | null;
  /** False: not on dpm_list (device_set_pm_not_required). */
  readonly powerManaged?: boolean;
}

export interface Scenario {
  /** Kernel model (`6.12`). */
  /** Null: what the board's tree says, else the newest. */
  readonly kernel: string | null;
  readonly arch: 'arm' | 'arm64' | 'riscv' | null;
  readonly cmdline: string;
  /** CONFIG symbol -> value over the model's defaults; null: not set. */
  readonly config: ReadonlyMap<string, string | null>;
  /** [start, size] of RAM in bytes; empty: from the tree. */
  readonly memory: readonly (readonly [bigint, bigint])[];
  /** Added to the catalogue, or replacing an entry of the same name. */
  readonly drivers: readonly ScenarioDriver[];
  /** False: only the scenario's drivers and early providers exist. */
  readonly catalogue: boolean;
  /** Early providers (OF declare tables) over the catalogue's. */
  readonly early: readonly EarlyProvider[];
  readonly kernelDevices: readonly KernelDevice[];
  readonly devices: readonly DeviceBehaviour[];
  readonly pci: readonly PciHostModel[];
  /** Whether devices without operations get the default workload of their class. */
  readonly workloads: boolean;
  /** After boot, in order; empty: user space loads modules, and everything settles. */
  readonly events: readonly ScenarioEvent[];
}

/** What holds without a scenario. */
export const defaultScenario: Scenario = {
  kernel: null,
  arch: null,
  cmdline: '',
  config: new Map(),
  memory: [],
  drivers: [],
  catalogue: true,
  early: [],
  kernelDevices: [],
  devices: [],
  pci: [],
  workloads: true,
  events: [],
};
