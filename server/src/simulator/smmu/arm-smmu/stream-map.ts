/** Stream match registers and stream-to-context registers: arm_smmu_find_sme() and what is built on it. */
import { EINVAL, ENOSPC, type Errno } from '../../contract/errno';
import type { GroupRef } from '../../contract/iommu-driver';
import { hex } from '../tables/page-table';
import type { S2crType } from './registers';

export interface Smr {
  id: number;
  mask: number;
  valid: boolean;
}

export interface S2cr {
  group: GroupRef | null;
  count: number;
  type: S2crType;
  bank: number;
}

/** The stream ID and mask of a fwspec id: both are cut to 16 bits (FIELD_PREP in arm_smmu_of_xlate). */
export function streamOf(id: number): { readonly id: number; readonly mask: number } {
  return { id: id & 0xffff, mask: (id >>> 16) & 0xffff };
}

/** Why the entries of a master could not be had. */
export interface Obstacle {
  readonly id: number;
  readonly mask: number;
  /** The live entry that its match overlaps; null: there is no free one. */
  readonly entry: { readonly index: number; readonly id: number; readonly mask: number } | null;
}

/** What arm_smmu_find_sme() says with an errno alone. @param groups entries that the SMMU has */
export function obstacleText({ id, mask, entry }: Obstacle, groups: number): string {
  const own = `stream ${hex(id)} with mask ${hex(mask)}`;
  return entry === null
    ? `no stream-mapping entry is free for ${own}: all ${groups} are in use`
    : `${own} overlaps entry ${entry.index}, ${hex(entry.id)} with mask ${hex(entry.mask)}, without lying inside it`;
}

/** The live stream table of one SMMU. Without SMRs (stream indexing) the index is the stream ID. */
export class StreamMap {
  readonly smrs: Smr[] | null;
  readonly s2crs: S2cr[];
  /** What the last allocate() that failed met. */
  obstacle: Obstacle | null = null;

  constructor(
    /** num_mapping_groups: SMRs, or stream IDs when indexing. */
    public groups: number,
    matching: boolean,
    private readonly initialType: S2crType,
  ) {
    this.smrs = matching ? Array.from({ length: groups }, () => ({ id: 0, mask: 0, valid: false })) : null;
    this.s2crs = Array.from({ length: groups }, () => this.initial());
  }

  private initial(): S2cr {
    return { group: null, count: 0, type: this.initialType, bank: 0 };
  }

  s2cr(index: number): S2cr {
    let entry = this.s2crs[index];
    if (entry === undefined) {
      entry = this.initial();
      this.s2crs[index] = entry;
    }
    return entry;
  }

  /**
   * arm_smmu_find_sme(): the entry for an ID and mask. An entry inside a live one shares it, any other overlap is
   * -EINVAL (the order of the entries decides which is met first), no free entry is -ENOSPC.
   */
  find(id: number, mask: number): number | Errno {
    if (this.smrs === null) return id;
    let free: number = ENOSPC;
    for (let i = 0; i < this.groups; i++) {
      const smr = this.smrs[i];
      if (smr === undefined) break;
      if (!smr.valid) {
        if (free < 0) free = i;
        continue;
      }
      if ((mask & smr.mask) === mask && ((id ^ smr.id) & ~smr.mask & 0xffff) === 0) return i;
      if (((id ^ smr.id) & ~(smr.mask | mask) & 0xffff) === 0) return EINVAL;
    }
    return free;
  }

  /** arm_smmu_master_alloc_smes(): the entries of all of a master's IDs, or the errno of the first that fails. */
  allocate(ids: readonly number[]): number[] | Errno {
    const taken: number[] = [];
    for (const value of ids) {
      const { id, mask } = streamOf(value);
      const index = this.find(id, mask);
      if (index < 0) {
        this.obstacle = { id, mask, entry: index === EINVAL ? this.overlapped(id, mask) : null };
        for (const entry of taken.reverse()) this.release(entry);
        return index;
      }
      const s2cr = this.s2cr(index);
      const smr = this.smrs?.[index];
      if (smr !== undefined && s2cr.count === 0) {
        smr.id = id;
        smr.mask = mask;
        smr.valid = true;
      }
      s2cr.count++;
      taken.push(index);
    }
    return taken;
  }

  /** The first live entry that a match overlaps without lying inside it: where find() gives up. */
  private overlapped(id: number, mask: number): Obstacle['entry'] {
    const index = (this.smrs ?? []).findIndex(
      (smr) => smr.valid && ((id ^ smr.id) & ~(smr.mask | mask) & 0xffff) === 0,
    );
    const smr = this.smrs?.[index];
    return smr === undefined ? null : { index, id: smr.id, mask: smr.mask };
  }

  /** arm_smmu_free_sme(): true when the entry has no user left and became invalid. */
  release(index: number): boolean {
    const s2cr = this.s2cr(index);
    s2cr.count--;
    if (s2cr.count > 0) return false;
    this.s2crs[index] = this.initial();
    const smr = this.smrs?.[index];
    if (smr !== undefined) smr.valid = false;
    return true;
  }

  /**
   * arm_smmu_device_group(): the group of the *last* entry counts; two different known ones next to each other in the
   * walk are -EINVAL, an unknown one between them makes the walk forget.
   */
  knownGroup(entries: readonly number[]): GroupRef | null | Errno {
    let group: GroupRef | null = null;
    for (const index of entries) {
      const known = this.s2cr(index).group;
      if (group !== null && known !== null && group !== known) return EINVAL;
      group = known;
    }
    return group;
  }

  /** The entry that a stream ID matches in hardware, or null. */
  match(stream: number): number | null {
    if (this.smrs === null) return stream < this.groups ? stream : null;
    for (let i = 0; i < this.groups; i++) {
      const smr = this.smrs[i];
      if (smr?.valid === true && ((stream ^ smr.id) & ~smr.mask & 0xffff) === 0) return i;
    }
    return null;
  }
}
