/**
 * dpm_list and devices_kset, and the moves to their tails (device_reorder_to_tail). The kernel walks a device's children
 * and consumers at each move; here moves wait until the lists are read or what they depend on changes, and are then
 * made together: of a row of moves only the last meeting with each device decides where it ends up.
 */
import type { Device, Named } from './device';
import { isSyncStateOnly } from './link-flags';
import { LinkedList } from './list';

export class PowerOrder {
  private readonly power = new LinkedList<Device>();
  private readonly shutdown = new LinkedList<Named>();
  /** Devices to be moved with their dependents, the last move last. */
  private readonly moves = new LinkedList<Device>();
  private walk = 0;

  /** dpm_list. */
  get powerList(): LinkedList<Device> {
    this.settle();
    return this.power;
  }

  /** devices_kset: reversed it is the order of shutdown. */
  get shutdownList(): LinkedList<Named> {
    this.settle();
    return this.shutdown;
  }

  /** Moves a device, its children and its consumers to the tails. */
  moveToTail(device: Device): void {
    if (device.moveEntry.list === null) this.moves.push(device.moveEntry);
    else this.moves.moveToTail(device.moveEntry);
  }

  /** To be called before a child or a link that orders suspend comes or goes. */
  settle(): void {
    if (this.moves.size === 0) return;
    const walk = ++this.walk;
    const roots = [...this.moves];
    this.moves.clear();
    // The kernel's sequence of moves, read backwards: the first meeting is then the one that counts.
    const order: Device[] = [];
    for (let i = roots.length - 1; i >= 0; i--) {
      const root = roots[i];
      if (root !== undefined && root.mark !== walk) this.collect(root, walk, order);
    }
    for (let i = order.length - 1; i >= 0; i--) {
      const device = order[i];
      if (device === undefined) continue;
      this.shutdown.moveToTail(device.shutdownEntry);
      this.power.moveToTail(device.pmEntry);
    }
  }

  /** Post-order, branches from the last: the reverse of a walk that moves a device before its dependents. */
  private collect(root: Device, walk: number, order: Device[]): void {
    root.mark = walk;
    const stack: Device[] = [root];
    const branches: Device[][] = [dependents(root)];
    while (stack.length > 0) {
      const top = branches[branches.length - 1];
      const next = top?.pop();
      if (next === undefined) {
        const done = stack.pop();
        branches.pop();
        if (done !== undefined) order.push(done);
      } else if (next.mark !== walk) {
        next.mark = walk;
        stack.push(next);
        branches.push(dependents(next));
      }
    }
  }
}

const none: Device[] = [];

/** Children, then consumers, in list order. */
function dependents(device: Device): Device[] {
  if (device.children.size === 0 && device.consumers.size === 0) return none;
  const found: Device[] = [...device.children];
  for (const link of device.consumers.values()) if (!isSyncStateOnly(link.flags)) found.push(link.consumer);
  return found;
}
