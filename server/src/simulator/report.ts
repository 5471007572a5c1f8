/**
 * The simulation report: what `simulate --format json` prints, what the panel draws, and what diagnostics read.
 * A contract: extend it, rename or drop nothing without a new `schema` number and a changelog line.
 * Addresses are "0x…" strings; arrays are in the order in which things happened.
 */

import type { KernelChosen } from './kernel/choice';

/** A device's node path when it has a node, else the kernel's device name. */
export type DeviceRef = string;
export type StrategyId = 'S1' | 'S2' | 'S3' | 'S4' | 'S5' | 'S6';
export type DeviceStatus = 'bound' | 'deferred' | 'no-driver' | 'failed' | 'rejected' | 'disabled';

/** A place in a source file, counted from 1. */
export interface SourceRef {
  readonly uri: string;
  readonly line: number;
  readonly column: number;
}

export interface ReportDevice {
  readonly device: DeviceRef;
  /** The kernel's device name, for example `15000000.iommu`. */
  readonly name: string;
  readonly bus: string;
  readonly driver: string | null;
  readonly status: DeviceStatus;
  readonly attempts: number;
  /** Position in the order in which drivers bound (from 0), null when never bound. */
  readonly boundAt: number | null;
  readonly deferReason: string | null;
  /** A negative errno of the last failed attempt. */
  readonly error: number | null;
  readonly group: number | null;
  /** `DMA`, `DMA-FQ`, `identity`, `unmanaged`, `blocked`. */
  readonly domain: string | null;
  readonly translated: boolean;
  /** For a master without translation: why (a sentence that names node and property). */
  readonly untranslatedReason: string | null;
  readonly source: SourceRef | null;
}

export type TimelineEvent =
  | 'initcall'
  | 'register-driver'
  | 'add-device'
  | 'link'
  | 'cycle'
  | 'probe'
  | 'defer'
  | 'retry'
  | 'bound'
  | 'fail'
  | 'group'
  | 'timeout'
  | 'unbind'
  | 'suspend'
  | 'resume';

export interface TimelineEntry {
  readonly n: number;
  /** Initcall level, `deferred`, `timeout`, `event`, … */
  readonly phase: string;
  readonly event: TimelineEvent;
  readonly device: DeviceRef | null;
  readonly driver: string | null;
  readonly result: number;
  readonly detail: string;
}

export type ChainCause =
  | 'no-driver'
  | 'disabled'
  | 'cycle'
  | 'probe-error'
  | 'timeout'
  | 'module-not-loaded'
  | 'never-registers'
  | 'deferred';

export interface ReportChain {
  readonly device: DeviceRef;
  /** From the device to the root cause. */
  readonly path: readonly DeviceRef[];
  /** The property that makes each step: `steps[i]` leads from `path[i]` to `path[i + 1]`. */
  readonly steps: readonly string[];
  readonly cause: ChainCause;
  /** The property of the first step. */
  readonly property: string;
  /** What would fix it, a sentence. */
  readonly fix: string;
}

export interface ReportLink {
  readonly consumer: DeviceRef;
  readonly supplier: DeviceRef;
  readonly property: string | null;
  /** dormant | available | probing | active | unbind | sync-state-only … as in /sys/class/devlink/…/status. */
  readonly state: string;
  readonly cycle: boolean;
}

export interface ReportGroup {
  readonly id: number;
  readonly type: string;
  readonly devices: readonly DeviceRef[];
  /** [first, last, type] as in /sys/kernel/iommu_groups/N/reserved_regions. */
  readonly reservedRegions: readonly (readonly [string, string, string])[];
  readonly provider: DeviceRef | null;
}

export interface ReportProvider {
  readonly device: DeviceRef;
  readonly model: string;
  /** Model specific rows: one object a stream-table entry, a swgroup, a bank … */
  readonly streamTable: readonly Readonly<Record<string, string | number | boolean | null | readonly string[]>>[];
  readonly contextBanks: readonly Readonly<Record<string, string | number | boolean | null>>[];
  readonly registers: Readonly<Record<string, string>>;
  /** What the hardware decides and the tree does not tell; absent where a model has none. */
  readonly capacity?: readonly ReportCapacity[];
  /** Masters that its driver would not take; absent where it took all, or a model does not tell. */
  readonly refused?: readonly ReportRefusal[];
}

/** A master that an IOMMU's driver would not take. */
export interface ReportRefusal {
  readonly device: DeviceRef;
  /** The negative errno. */
  readonly error: number;
  /** What stood in its way, as a sentence without its full stop. */
  readonly why: string;
  /** The masters that hold what it wants. */
  readonly others: readonly DeviceRef[];
}

/** One fact of an IOMMU's capacity (docs/hardware-capacity.md). */
export interface ReportCapacity {
  /** The key below `hardware` in a scenario. */
  readonly name: string;
  readonly value: number | boolean | string;
  /** True: nobody said so, a documented default. */
  readonly assumed: boolean;
  /** Where the default comes from. */
  readonly source: string;
}

export type RegionKind = 'alloc' | 'map' | 'sg' | 'resource' | 'reserved' | 'direct' | 'msi' | 'api';

export interface ReportRegion {
  readonly iova: string;
  readonly size: string;
  readonly kind: RegionKind;
  readonly owner: DeviceRef | null;
  readonly phys: string | null;
  /** Set when the region comes from a default workload, not from the scenario: what was assumed. */
  readonly assumption: string | null;
}

export interface ReportDomain {
  readonly id: number;
  /** Null: of a device that was attached without a group (3.19). */
  readonly group: number | null;
  /** The device whose domain it is when there is no group. */
  readonly device: DeviceRef | null;
  readonly type: string;
  readonly granule: number;
  readonly aperture: readonly [string, string];
  readonly regions: readonly ReportRegion[];
}

export interface ReportDma {
  readonly device: DeviceRef;
  readonly op: number;
  readonly kind: string;
  readonly size: string;
  readonly iova: string | null;
  readonly error: number | null;
  readonly segments?: readonly { readonly iova: string; readonly size: string }[];
}

export interface ReportFault {
  readonly master: DeviceRef;
  readonly stream: string;
  readonly iova: string;
  readonly kind: string;
  readonly message: string;
}

/** What one device does to others that share its IOMMU or its group. */
export interface ReportConsequence {
  /**
   * `registration-refused`: the IOMMU cannot add the device, and the core takes its whole registration back.
   * `default-domain-refused`: the device's group can attach no default domain, and the registration is taken back.
   * `group-without-mapping`: 32-bit ARM can attach no mapping to the device, because it is not alone in its group.
   */
  readonly kind: 'registration-refused' | 'default-domain-refused' | 'group-without-mapping';
  readonly device: DeviceRef;
  readonly iommu: DeviceRef | null;
  /** The negative errno that the core got. */
  readonly error: number;
  /** The other members of the group; empty for a registration, which concerns every master of the IOMMU. */
  readonly others: readonly DeviceRef[];
  /** The cause in words, where the IOMMU's driver tells one; `assumed`: it rests on hardware facts that nobody stated. */
  readonly why?: { readonly text: string; readonly assumed: boolean };
}

/** How a host bridge's requester IDs become stream IDs (`iommu-map`). */
export interface ReportRidMap {
  readonly host: DeviceRef;
  /** `iommu-map-mask`: only these bits of a requester ID count. */
  readonly mask: number;
  readonly rows: readonly {
    readonly ridBase: number;
    /** IDs, at least 1. */
    readonly length: number;
    readonly provider: DeviceRef | null;
    /** The first stream ID; null where the specifier holds none. */
    readonly idBase: number | null;
  }[];
}

/** A master and an IOMMU that it is behind, in the order of suspend and resume. */
export interface ReportPowerPair {
  readonly master: DeviceRef;
  readonly iommu: DeviceRef;
  /** The master suspends before the IOMMU and resumes after it. */
  readonly safe: boolean;
  /** A device link orders the two; without one the order is that of their creation. */
  readonly linked: boolean;
}

export interface StrategyMaster {
  readonly device: DeviceRef;
  readonly translatedBeforeProbe: boolean;
  readonly automaticMapping: boolean;
  readonly mustTearDown: boolean;
  readonly deferrals: number;
  readonly waitsFor: readonly DeviceRef[];
  readonly suspendOrderSafe: boolean;
  readonly devres: boolean;
  /** Who attaches the master to a domain: the core (or the early IOMMU code), its own driver, nobody. */
  readonly attachedBy: 'core' | 'driver' | 'nobody';
  /** Whether its driver is bound at the end; null where the strategy orders too little to say (S1 to S3). */
  readonly binds: boolean | null;
  readonly note: string;
}

/** One address space under a strategy: whose it is, and what lies in it. */
export interface StrategyMap extends Pick<ReportDomain, 'type' | 'granule' | 'aperture' | 'regions'> {
  readonly devices: readonly DeviceRef[];
}

export interface ReportStrategy {
  readonly id: StrategyId;
  readonly masters: readonly StrategyMaster[];
  /** The address spaces under this strategy; null: every IOVA is that of `domains`. */
  readonly maps: readonly StrategyMap[] | null;
}

export interface ReportMessage {
  readonly level: 'debug' | 'info' | 'warn' | 'err';
  readonly device: DeviceRef | null;
  /** The driver in front of the device's name: bound or being probed then; null: its bus stands there. */
  readonly driver: string | null;
  readonly text: string;
}

export interface SimulationReport {
  readonly schema: 1;
  readonly board: string;
  /** The model that booted (`7.3`). */
  readonly kernel: string;
  /** Who chose it, what was asked for, and whether the model is only near. */
  readonly kernelChosen: KernelChosen;
  /** Whose drivers these are (`drivers of /src/linux (Linux 5.15.104)`); absent: those of the nearest release that is shipped. */
  readonly drivers?: string;
  readonly cmdline: string;
  readonly strategy: StrategyId;
  /** What in this model is verified by recordings of real kernels, in sentences. */
  readonly verified: readonly string[];
  /** False when the kernel itself would stop (BUG, panic); then `messages` says why. */
  readonly complete: boolean;
  readonly devices: readonly ReportDevice[];
  readonly timeline: readonly TimelineEntry[];
  readonly deferred: readonly { readonly device: DeviceRef; readonly reason: string }[];
  readonly chains: readonly ReportChain[];
  readonly links: readonly ReportLink[];
  readonly groups: readonly ReportGroup[];
  readonly providers: readonly ReportProvider[];
  readonly domains: readonly ReportDomain[];
  readonly dma: readonly ReportDma[];
  /** Absent where the tree has none. */
  readonly ridMaps?: readonly ReportRidMap[];
  readonly faults: readonly ReportFault[];
  /** Absent where one device takes nothing from others. */
  readonly consequences?: readonly ReportConsequence[];
  readonly power: {
    readonly suspend: readonly DeviceRef[];
    readonly resume: readonly DeviceRef[];
    /** Absent where no device is behind an IOMMU. */
    readonly pairs?: readonly ReportPowerPair[];
  };
  readonly strategies: readonly ReportStrategy[];
  readonly messages: readonly ReportMessage[];
}
