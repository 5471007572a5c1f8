/**
 * What differs between kernel versions, as named flags. `probe/`, `dma/` and `smmu/` read these; nobody compares version
 * numbers. The values, with their reasons and sources, stand with the flags in flags/: one rule a flag, one file a family.
 */

import type { AttachFlags } from './flags/attach';
import type { DeferralFlags } from './flags/deferral';
import type { DmaFlags } from './flags/dma';
import type { DriverFlags } from './flags/drivers';
import type { GroupFlags } from './flags/groups';
import type { LinkFlags } from './flags/links';
import type { KernelVersion } from './versions';

/** All flags, family by family. */
export interface KernelFlags extends AttachFlags, DeferralFlags, LinkFlags, GroupFlags, DmaFlags, DriverFlags {}

/** One kernel's flags under its version. */
export interface KernelModel extends KernelFlags {
  readonly version: KernelVersion;
  /** What in this model is verified by recordings of real kernels, and what only by reading its source. */
  readonly verified: readonly string[];
}
