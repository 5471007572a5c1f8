/** IOMMU groups and their numbers (struct iommu_group, iommu_group_alloc). */
import type { SimDevice } from '../../contract/device';
import type { GroupRef, IommuInstance } from '../../contract/iommu-driver';
import type { Domain } from '../domain';

export class Group implements GroupRef {
  readonly devices: SimDevice[] = [];
  defaultDomain: Domain | null = null;
  blockingDomain: Domain | null = null;
  domain: Domain | null = null;
  ownerCount = 0;
  owner: unknown = null;
  /** References besides those of the devices (an instance's singleton group). */
  holds = 0;
  released = false;
  readonly onRelease: (() => void)[] = [];
  constructor(readonly id: number) {}
}

/** Gives groups the lowest free number (ida_alloc) and takes it back with the last reference. */
export class GroupNumbers {
  private readonly groups: (Group | null)[] = [];
  /** No number below this one is free. */
  private lowest = 0;
  /** Groups made since the last `settle`: one that no device joined goes again. */
  private fresh: Group[] = [];
  /** The group that an instance has for all its masters, and holds by itself. */
  private readonly singles = new WeakMap<IommuInstance, Group>();

  allocate(): Group {
    while (this.lowest < this.groups.length && this.groups[this.lowest] !== null) this.lowest++;
    const id = this.lowest;
    const group = new Group(id);
    this.groups[id] = group;
    this.fresh.push(group);
    return group;
  }

  /** Releases groups made in a call that failed, and a group that its last device has left. */
  settle(left: Group | null = null): void {
    const candidates = left === null ? this.fresh : [...this.fresh, left];
    this.fresh = [];
    for (const group of candidates) if (group.devices.length === 0 && group.holds === 0) this.release(group);
  }

  /** The one group of an instance, made at its first use. */
  single(instance: IommuInstance, allocate: () => Group): Group {
    let group = this.singles.get(instance);
    if (group === undefined) {
      group = allocate();
      group.holds = 1;
      this.singles.set(instance, group);
    }
    return group;
  }

  /** The instance goes, and lets go of its group. */
  dropSingle(instance: IommuInstance): void {
    const group = this.singles.get(instance);
    if (group === undefined) return;
    group.holds = 0;
    this.singles.delete(instance);
    this.settle(group);
  }

  get(id: number): Group | null {
    return this.groups[id] ?? null;
  }

  all(): Group[] {
    return this.groups.filter((group): group is Group => group !== null);
  }

  /** Those with devices. */
  filled(): Group[] {
    return this.all().filter((group) => group.devices.length > 0);
  }

  private release(group: Group): void {
    if (group.released) return;
    group.released = true;
    for (const action of group.onRelease) action();
    this.groups[group.id] = null;
    this.lowest = Math.min(this.lowest, group.id);
  }
}
