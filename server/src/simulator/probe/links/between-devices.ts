/**
 * fw_devlink as it was up to 5.10: links from device to device, made of what a device's node and all nodes below it name,
 * when the device is added and again whenever a further device comes while suppliers are missing (drivers/base/core.c,
 * fw_devlink_link_device, device_link_add_missing_supplier_links; drivers/of/property.c, of_link_to_suppliers).
 */
import type { DtNode } from '../../../devicetree/model';
import { isAvailable } from '../../../devicetree/read';
import type { Core, HeldBack } from '../core';
import type { Device, DeviceLinkFlags, FwNode } from '../devices/device';
import { addLink, isDependent } from './device-links';
import { linkFlags } from './link-flags';

/** One supplier that a waiting device could not be linked to yet. */
interface Missing {
  readonly consumer: Waiting;
  readonly supplier: DtNode;
  readonly property: string;
  /** Named by the device's own node: it may have to wait. Else a node below it names it, and only sync_state is held back. */
  readonly own: boolean;
  /** What of_link_to_phandle() said last: -EAGAIN, or that there is no such link for now. */
  again: boolean;
}

/** A device on wait_for_suppliers. */
interface Waiting {
  readonly device: Device;
  /** links.need_for_probe: it may not probe. */
  needed: boolean;
  /** Null: its node was not read yet, because the tree is still becoming devices. */
  missing: Set<Missing> | null;
}

type Outcome = 'linked' | 'never' | 'again' | 'not-now';

export class LinksBetweenDevices implements HeldBack {
  /** wait_for_suppliers, in its order. */
  private readonly waiting = new Map<Device, Waiting>();
  private readonly missingBySupplier = new Map<DtNode, Missing[]>();
  private pauses = 0;
  /** deferred_fw_devlink: devices that were added during a pause. */
  private paused: Device[] = [];

  constructor(private readonly core: Core) {}

  private get permissive(): boolean {
    return this.core.fwDevlink === 'permissive';
  }

  /** fw_devlink_get_flags(). */
  private flags(own: boolean): DeviceLinkFlags {
    if (!own || this.permissive) return linkFlags({ syncStateOnly: true });
    return linkFlags({ autoprobeConsumer: true, pmRuntime: this.core.fwDevlink === 'rpm' });
  }

  /** fw_devlink_pause(). */
  pause(): void {
    this.pauses++;
  }

  /** fw_devlink_resume(): calls `probe` for each device that was added since the pause, in their order. */
  resume(probe: (device: Device) => void): void {
    this.pauses--;
    if (this.pauses > 0) return;
    this.addMissing(null);
    const devices = this.paused;
    this.paused = [];
    for (const device of devices) probe(device);
  }

  /** fw_devlink_link_device(): a device with a node of its own has been added. */
  added(device: Device): void {
    if (this.core.fwDevlink === 'off' || device.fwnode === null) return;
    const entry: Waiting = { device, needed: true, missing: null };
    if (this.pauses > 0) {
      this.waiting.set(device, entry);
      this.paused.push(device);
      return;
    }
    this.addMissing(device.fwnode.node);
    this.read(entry, device.fwnode);
    if (this.settle(entry)) return;
    this.waiting.set(device, entry);
  }

  /** device_links_driver_bound(): it waits for nobody any more. Also for a device that goes. */
  forget(device: Device): void {
    this.waiting.delete(device);
  }

  /** Whether the device may not probe because suppliers have no device; notes which. */
  holdsBack(device: Device): boolean {
    const entry = this.waiting.get(device);
    if (entry === undefined || !entry.needed) return false;
    for (const { own, again, supplier, property } of entry.missing ?? noneMissing)
      if (own && again) {
        device.waits(supplier.path, property);
        break;
      }
    return true;
  }

  /** of_link_to_suppliers(): links what can be linked; the rest is remembered. */
  private read(entry: Waiting, root: FwNode): void {
    const { core } = this;
    entry.missing = new Set();
    const stack: FwNode[] = [root];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const own = at === root;
      for (const supply of core.supplies(at.node)) {
        const supplier = this.supplierNode(supply.supplier);
        if (supplier === null) {
          core.trace('not-linking', entry.device, { supplier: supply.supplier });
          continue;
        }
        const outcome = this.link(entry.device, supplier, supply.property, own);
        if (outcome === 'linked' || outcome === 'never') continue;
        const missing = { consumer: entry, supplier, property: supply.property, own, again: outcome === 'again' };
        entry.missing.add(missing);
        const list = this.missingBySupplier.get(supplier);
        if (list === undefined) this.missingBySupplier.set(supplier, [missing]);
        else list.push(missing);
      }
      const children = at.node.children.size === 0 ? [] : at.availableChildren(core.fwnodeOf);
      for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] as FwNode);
    }
  }

  /** The node that a phandle stands for: it or the nearest above it with a compatible; null where one on the way is disabled. */
  private supplierNode(named: DtNode): DtNode | null {
    for (let at: DtNode | null = named; at !== null; at = at.parent) {
      if (!isAvailable(at)) return null;
      if (at.properties.has('compatible')) return at;
    }
    return null;
  }

  /** of_link_to_phandle(), from where the supplier's node is known. */
  private link(consumer: Device, node: DtNode, property: string, own: boolean): Outcome {
    const { core } = this;
    for (let at: DtNode | null = node; at !== null; at = at.parent) if (at === consumer.node) return 'never';
    const supplier = core.fwnode(node);
    if (supplier.device !== null)
      return addLink(core, consumer, supplier.device, this.flags(own), property) === null ? 'not-now' : 'linked';
    if (supplier.populated) {
      // "Early device without struct device": unless it is one that is only late.
      core.trace('not-linking', consumer, { supplier: node });
      return 'not-now';
    }
    if (!own || this.permissive) return 'again';
    for (let up = supplier.parent; up !== null; up = up.parent)
      if (up.device !== null) return isDependent(core, consumer, up.device) ? 'not-now' : 'again';
    return 'again';
  }

  /**
   * device_link_add_missing_supplier_links(). `node`: what got a device just now; null: many did. Only links to these can
   * come out otherwise than last time, save where a cycle may have closed since (own links that hold a probe back).
   */
  private addMissing(node: DtNode | null): void {
    if (node !== null && this.permissive) {
      const consumers = new Set<Waiting>();
      for (const missing of this.missingBySupplier.get(node) ?? []) {
        const { consumer } = missing;
        if (this.waiting.get(consumer.device) !== consumer) continue;
        this.retry(missing);
        consumers.add(consumer);
      }
      for (const consumer of consumers) if (this.settle(consumer)) this.waiting.delete(consumer.device);
      return;
    }
    for (const entry of [...this.waiting.values()]) {
      if (entry.missing !== null) for (const missing of entry.missing) this.retry(missing);
      else if (entry.device.fwnode !== null) this.read(entry, entry.device.fwnode);
      if (this.settle(entry)) this.waiting.delete(entry.device);
    }
  }

  private retry(missing: Missing): void {
    const { consumer, supplier, property, own } = missing;
    const outcome = this.link(consumer.device, supplier, property, own);
    missing.again = outcome === 'again';
    if (outcome === 'linked' || outcome === 'never') consumer.missing?.delete(missing);
  }

  /** What of_link_to_suppliers() returned: true for 0; -ENODEV holds the probe back, -EAGAIN and a permissive fw_devlink do not. */
  private settle(entry: Waiting): boolean {
    let waits = false;
    let ownWaits = false;
    for (const { again, own } of entry.missing ?? noneMissing) {
      waits ||= again;
      ownWaits ||= again && own;
    }
    if (waits && (this.permissive || !ownWaits)) entry.needed = false;
    return !waits;
  }
}

const noneMissing: ReadonlySet<Missing> = new Set();
