/**
 * dpm_list and devices_kset, and the moves to their tails (device_reorder_to_tail). The kernel keeps two lists and walks
 * a device's children and consumers at each move. Here every place is a stamp, later stamps nearer the tail, and the
 * lists are sorted when somebody reads them; moves wait until then, or until what they depend on goes away, and are made
 * together: of a row of moves only the last meeting with each device decides where it ends up.
 *
 * What comes need not make moves wait less: a device takes a later stamp than the moves before it, which therefore pass
 * it by, and a link's consumer is moved with its dependents as soon as the link is there.
 */
import type { Device, Named } from '../probe/devices/device';
import { isSyncStateOnly } from '../probe/links/link-flags';

/** Room between two stamps for the devices that one move takes along. */
const BETWEEN = 1 << 22;

/** What has a place in devices_kset. */
interface Placed extends Named {
  /** The place; 0: not on the list. */
  shutdownStamp: number;
}

export class PowerOrder {
  private devices: Device[] = [];
  private others: Placed[] = [];
  /** Devices to be moved with their dependents, each once; `moveStamp` says in which order. */
  private moves: Device[] = [];
  private lastMove = 0;
  private walk = 0;
  private stamp = 1;

  /** dpm_list. */
  power(): Device[] {
    this.settle();
    this.devices = this.devices.filter((device) => device.shutdownStamp !== 0);
    return this.devices.filter((d) => d.powerStamp !== 0).sort((a, b) => a.powerStamp - b.powerStamp);
  }

  /** devices_kset: reversed it is the order of shutdown. */
  shutdown(): Named[] {
    this.settle();
    this.others = this.others.filter((other) => other.shutdownStamp !== 0);
    const all: Placed[] = [...this.devices.filter((d) => d.shutdownStamp !== 0), ...this.others];
    return all.sort((a, b) => a.shutdownStamp - b.shutdownStamp);
  }

  /** A device comes: at the tail of devices_kset, and of dpm_list when it is `managed` (device_pm_add). */
  add(device: Device, managed: boolean): void {
    device.shutdownStamp = this.stamp++;
    if (managed) device.powerStamp = device.shutdownStamp;
    this.devices.push(device);
  }

  /** A device link comes: it is a device of its own that never moves, on devices_kset alone. */
  addLink(link: Placed): void {
    link.shutdownStamp = this.stamp++;
    this.others.push(link);
  }

  /** A device goes. To be called while its links and its parent are still there. */
  remove(device: Device): void {
    this.settle();
    device.shutdownStamp = 0;
    device.powerStamp = 0;
  }

  /** Moves a device, its children and its consumers to the tails. */
  moveToTail(device: Device): void {
    if (device.moveStamp === 0) this.moves.push(device);
    device.moveStamp = this.lastMove = this.stamp++;
  }

  /** Moves a device alone, on dpm_list alone. */
  moveAlone(device: Device): void {
    this.settle();
    if (device.powerStamp !== 0) device.powerStamp = this.stamp++;
  }

  /** To be called before a device becomes its parent's child: moves of the parent since the device came miss it. */
  beforeChild(parent: Device, child: Device): void {
    if (this.moves.length === 0 || this.lastMove < child.shutdownStamp) return;
    for (let at: Device | null = parent; at !== null; at = at.parent)
      if (at.moveStamp > child.shutdownStamp || at.hasSuppliers) {
        this.settle();
        return;
      }
  }

  /** To be called before a link that orders suspend goes, or comes without a move of its consumer. */
  settle(): void {
    if (this.moves.length === 0) return;
    const walk = this.nextWalk();
    const roots = this.moves.sort((a, b) => a.moveStamp - b.moveStamp);
    this.moves = [];
    // The kernel's sequence of moves, read backwards: the first meeting is then the one that counts.
    const order: Device[] = [];
    for (let i = roots.length - 1; i >= 0; i--) {
      const root = roots[i];
      if (root === undefined || root.mark === walk) continue;
      order.length = 0;
      collect(root, walk, order);
      for (let at = order.length - 1, n = 0; at >= 0; at--, n++) {
        const device = order[at];
        if (device === undefined) continue;
        const place = root.moveStamp + n / BETWEEN;
        if (device.shutdownStamp !== 0) device.shutdownStamp = place;
        if (device.powerStamp !== 0) device.powerStamp = place;
      }
    }
    for (const root of roots) root.moveStamp = 0;
  }

  /** A fresh number for marking what a walk over devices has met (`Device.mark`). */
  nextWalk(): number {
    return ++this.walk;
  }
}

/** Post-order, branches from the last: the reverse of a walk that moves a device before its dependents. */
function collect(root: Device, walk: number, order: Device[]): void {
  root.mark = walk;
  const first = dependents(root);
  if (first === none) {
    order.push(root);
    return;
  }
  const since = root.moveStamp;
  const stack: Device[] = [root];
  const branches: Device[][] = [first];
  while (stack.length > 0) {
    const top = branches[branches.length - 1];
    const next = top?.pop();
    if (next === undefined) {
      const done = stack.pop();
      branches.pop();
      if (done !== undefined) order.push(done);
    } else if (next.mark !== walk && next.shutdownStamp < since) {
      next.mark = walk;
      stack.push(next);
      branches.push(dependents(next));
    }
  }
}

const none: Device[] = [];

/** Children, then consumers, in list order. */
function dependents(device: Device): Device[] {
  if (device.children.size === 0 && !device.hasConsumers) return none;
  const found: Device[] = [...device.children];
  for (const link of device.consumers) if (!isSyncStateOnly(link.flags)) found.push(link.consumer);
  return found;
}
