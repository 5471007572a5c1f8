/** What a kernel log says about IOMMUs and deferred probes, line by line; equal entries are folded into one. */

/** Where a fact stands in the log. */
export interface Noted {
  /** Line number of the first one, from 1. */
  readonly line: number;
  /** Of the last one; the same as `line` for a single one. */
  readonly lastLine: number;
  /** How many lines (or blocks of lines) say the same. */
  readonly count: number;
  /** The kernel's text of the first one. */
  readonly text: string;
  /** Kernel function that prints it. */
  readonly printedBy: string;
  /** The name in front of the device: its driver, or its bus while none is bound; null when the line has none. */
  readonly driver: string | null;
}

export type FaultKind =
  | 'translation'
  | 'permission'
  | 'unknown-stream'
  | 'blocked'
  | 'bad-stream-id'
  | 'ats'
  | 'decode'
  | 'other';

export interface FaultFact extends Noted {
  readonly type: 'fault';
  readonly model: string;
  /** The IOMMU's kernel device name; null when the line names none. */
  readonly iommu: string | null;
  /** Stream ID, endpoint, port or master number. */
  readonly stream: number | null;
  /** Name of the master in the line (a device, a memory client, a port). */
  readonly client: string | null;
  /** The context bank that reported it; null when the line names none. */
  readonly bank: number | null;
  readonly iova: bigint | null;
  /** The lowest and the highest address of the faults that are folded here; null for a fault without address. */
  readonly range: readonly [bigint, bigint] | null;
  readonly write: boolean | null;
  readonly kind: FaultKind;
  /** What the numbers in the line mean. */
  readonly decoded: readonly string[];
  /** How far the table walk came when the line says so: the level of the descriptor that was not valid. */
  readonly walkLevel: number | null;
  /** Faults that the rate limit left out ("callbacks suppressed"). */
  readonly suppressed: number;
}

export interface DeferralFact extends Noted {
  readonly type: 'deferral';
  readonly device: string;
  readonly reason: string;
  /** The node or device that the reason names, or null. */
  readonly supplier: string | null;
  /** The resource that the driver asked for ("supply vdd"), or null. */
  readonly resource: string | null;
  /**
   * `pending`: still waiting at the end; `timeout`: the kernel gave up on the dependency; `failed`: the probe ended with
   * -110 after that; `asked`: a probe attempt that asks to be tried again.
   */
  readonly form: 'pending' | 'timeout' | 'failed' | 'asked';
}

export interface GroupFact extends Noted {
  readonly type: 'group';
  readonly device: string;
  readonly group: number;
  readonly removed: boolean;
}

export interface RefusalFact extends Noted {
  readonly type: 'refusal';
  readonly device: string;
  readonly why: string;
}

/** An IOMMU driver, the IOMMU core or a DMA layer says that something went wrong, or warns. */
export interface DriverFact extends Noted {
  readonly type: 'driver';
  readonly device: string;
  readonly why: string;
  readonly severity: 'error' | 'warning';
}

export interface SyncStateFact extends Noted {
  readonly type: 'sync-state';
  readonly device: string;
  /** The consumer that has not bound; null for "Timed out". */
  readonly consumer: string | null;
}

export interface CycleFact extends Noted {
  readonly type: 'cycle';
  readonly device: string;
  readonly other: string;
}

/** A line of an IOMMU driver, of fw_devlink or of a device that is known here, and no row knows it. */
export interface UnreadFact extends Noted {
  readonly type: 'unread';
  readonly device: string;
}

export type LogFact =
  | FaultFact
  | DeferralFact
  | GroupFact
  | RefusalFact
  | DriverFact
  | SyncStateFact
  | CycleFact
  | UnreadFact;

/** A device link of the target (/sys/class/devlink), by the kernel names of both ends. */
export interface LinkState {
  readonly line: number;
  readonly supplier: string;
  readonly consumer: string;
  /** `dormant`: the supplier has not bound; `available`, `consumer probe`, `active` (drivers/base/core.c, status_show). */
  readonly status: string;
  readonly syncStateOnly: boolean;
}

/** A mapping of some domain, as the trace events iommu:map and iommu:unmap have it: [from, to). */
export interface MapEvent {
  readonly line: number;
  readonly gone: boolean;
  readonly from: bigint;
  readonly to: bigint;
}

/** What the log says about the kernel that wrote it. */
export interface KernelFacts {
  /** "6.12.117", with the line it is said in. */
  readonly version: { readonly text: string; readonly line: number } | null;
  readonly cmdline: { readonly text: string; readonly line: number } | null;
  readonly machine: { readonly text: string; readonly line: number } | null;
  /** What the shape of the lines says when no line says the version. */
  readonly shape: {
    readonly atLeast: string | null;
    readonly atMost: string | null;
    readonly why: string;
    readonly line: number;
  } | null;
}

/** One boot of a log that holds one or more. */
export interface Boot {
  /** Its first and its last line, from 1. */
  readonly from: number;
  readonly to: number;
  readonly kernel: KernelFacts;
  /** How many boots more the last one stands for: of very many the further ones are not told apart. */
  readonly more?: number;
}
