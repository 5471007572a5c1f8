/** fw_devlink: from what the tree says to device links (drivers/base/core.c). */
import { isAvailable } from '../../../devicetree/read';
import type { Core } from '../core';
import type { Device, DeviceLinkFlags, FwLink, FwNode } from '../devices/device';
import { markCycle, relaxCycles, sayCycle } from './cycles';
import { addLink, relaxLink } from './device-links';
import { FwNodeOf } from './fwnode';
import { isSyncStateOnly, linkFlags } from './link-flags';

type Outcome = 'linked' | 'refused' | 'later';

/** fw_devlink_get_flags(). */
function flagsFor(core: Core, link: FwLink, proxy: boolean): DeviceLinkFlags {
  if (link.cycle && !proxy) return linkFlags({ inferred: true, syncStateOnly: true, cycle: true });
  if (proxy || core.fwDevlink === 'permissive') return linkFlags({ inferred: true, syncStateOnly: true });
  return linkFlags({ inferred: true, autoprobeConsumer: true, pmRuntime: core.fwDevlink === 'rpm' });
}

/** fw_devlink_parse_fwtree(): the supplies of a node and of everything available below it, once. */
function parseTree(core: Core, root: FwNode): void {
  const stack: FwNode[] = [root];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (!at.linksAdded) {
      at.linksAdded = true;
      for (const supply of core.supplies(at.node)) {
        if (supply.optional && !core.fwDevlinkStrict) continue;
        const supplier = core.fwnode(supply.supplier);
        if (!reachable(supplier)) continue;
        FwNodeOf.link(core.fwnode(supply.consumer), supplier, supply.ignore, false, supply.property);
      }
    }
    pushReversed(stack, availableChildren(core, at));
  }
}

/** of_link_to_phandle(): a supplier that is unavailable, or below a node that is, is no supplier. */
function reachable(supplier: FwNode): boolean {
  for (let at: FwNode | null = supplier; at !== null; at = at.parent) {
    if (at.device !== null) return true;
    if (!isAvailable(at.node)) return false;
  }
  return true;
}

function availableChildren(core: Core, fwnode: FwNode): readonly FwNode[] {
  return fwnode.node.children.size === 0 ? noNodes : fwnode.availableChildren(core.fwnodeOf);
}

const noNodes: readonly FwNode[] = [];

/** So that they come off the stack in their own order. */
function pushReversed(stack: FwNode[], nodes: readonly FwNode[]): void {
  for (let i = nodes.length - 1; i >= 0; i--) stack.push(nodes[i] as FwNode);
}

/** fwnode_get_next_parent_dev(). */
function nearestDevice(fwnode: FwNode): Device | null {
  for (let up = fwnode.parent; up !== null; up = up.parent) if (up.device !== null) return up.device;
  return null;
}

/** fwnode_is_ancestor_of(): a node counts as its own ancestor. */
function isAncestor(ancestor: FwNode | null, child: FwNode): boolean {
  if (ancestor === null) return false;
  for (let at: FwNode | null = child; at !== null; at = at.parent) if (at === ancestor) return true;
  return false;
}

/** fwnode_init_without_drv() for the node or an ancestor of it. */
function initialisedWithoutDriver(fwnode: FwNode): boolean {
  for (let at: FwNode | null = fwnode; at !== null; at = at.parent)
    if (at.initialized && (at.device === null || at.device.linkState === 'no-driver')) return true;
  return false;
}

/** fw_devlink_create_devlink(). */
function createDevlink(core: Core, consumer: Device, supplier: FwNode, link: FwLink): Outcome {
  if (link.ignore) return 'linked';
  if (core.mayCycle(link.consumer.node, supplier.node) && relaxCycles(core, link.consumer, supplier)) {
    markCycle(core, link);
    if (core.kernel.model.cycleSaid === 'closing-link') sayCycle(core, consumer, link);
  }
  const flags = flagsFor(core, link, consumer.fwnode !== link.consumer);
  const device = supplier.notDevice ? nearestDevice(supplier) : supplier.device;
  if (device !== null) {
    if (device.linkState === 'no-driver' && supplier.initialized) {
      core.trace('not-linking', consumer, { supplier: supplier.node });
      return 'refused';
    }
    if (consumer !== device && addLink(core, consumer, device, flags, link.property) === null) {
      core.message('err', consumer, `Failed to create device link (0x${flagBits(flags)}) with ${device.name}`);
      return 'refused';
    }
    return 'linked';
  }
  if (initialisedWithoutDriver(supplier)) {
    core.trace('not-linking', consumer, { supplier: supplier.node });
    return 'refused';
  }
  return 'later';
}

/** The flags as dmesg shows them (include/linux/device.h, DL_FLAG_*). */
function flagBits(flags: DeviceLinkFlags): string {
  let bits = 0;
  if (flags.stateless) bits |= 1;
  if (flags.autoremoveConsumer) bits |= 2;
  if (flags.pmRuntime) bits |= 4;
  if (flags.autoremoveSupplier) bits |= 16;
  if (flags.autoprobeConsumer) bits |= 32;
  if (flags.syncStateOnly) bits |= 128;
  if (flags.inferred) bits |= 256;
  if (flags.cycle) bits |= 512;
  return bits.toString(16);
}

/** __fw_devlink_link_to_consumers(). */
function linkToConsumers(core: Core, device: Device): void {
  const fwnode = device.fwnode;
  if (fwnode === null) return;
  for (const link of fwnode.consumers()) {
    if (!link.alive) continue;
    let consumer = link.consumer.device;
    let own = true;
    if (consumer === null) {
      consumer = nearestDevice(link.consumer);
      if (consumer === null || isAncestor(consumer.fwnode, fwnode)) continue;
      own = false;
    }
    const outcome = createDevlink(core, consumer, fwnode, link);
    if (own && outcome !== 'later') FwNodeOf.unlink(link);
  }
}

/** __fw_devlink_link_to_suppliers(): own links for the device's node, proxies for all nodes below. */
function linkToSuppliers(core: Core, device: Device, root: FwNode): void {
  const stack: FwNode[] = [root];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const own = device.fwnode === at;
    if (at.hasSuppliers)
      for (const link of at.suppliers()) {
        if (!link.alive) continue;
        const outcome = createDevlink(core, device, link.supplier, link);
        if (own && outcome !== 'later') FwNodeOf.unlink(link);
      }
    pushReversed(stack, availableChildren(core, at));
  }
}

/** fw_devlink_link_device(): a device with a node of its own has been added. */
export function linkDevice(core: Core, device: Device): void {
  if (core.fwDevlink === 'off' || device.fwnode === null) return;
  parseTree(core, device.fwnode);
  linkToConsumers(core, device);
  linkToSuppliers(core, device, device.fwnode);
}

/** fwnode_links_purge_suppliers(). */
function purgeSuppliers(fwnode: FwNode): void {
  if (fwnode.hasSuppliers) for (const link of fwnode.suppliers()) FwNodeOf.unlink(link);
}

/**
 * The first half of device_links_driver_bound(): a bound device needs no more links to suppliers, and becomes the
 * supplier for consumers of those of its child nodes that are no devices.
 */
export function firmwareBound(core: Core, device: Device): void {
  const fwnode = device.fwnode;
  if (fwnode === null || fwnode.device !== device) return;
  purgeSuppliers(fwnode);
  if (fwnode.node.children.size > 0) pickUpDangling(core, fwnode);
  linkToConsumers(core, device);
}

/** fw_devlink_pickup_dangling_consumers(). */
function pickUpDangling(core: Core, fwnode: FwNode): void {
  const stack: FwNode[] = [];
  pushReversed(stack, availableChildren(core, fwnode));
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at.device !== null && at.device.bus !== '') continue;
    at.notDevice = true;
    for (const link of at.consumers()) {
      FwNodeOf.link(link.consumer, fwnode, link.ignore, link.cycle, link.property);
      FwNodeOf.unlink(link);
    }
    pushReversed(stack, availableChildren(core, at));
  }
}

/** fw_devlink_drivers_done(): nobody waits any more for a supplier that matches no driver. */
export function driversDone(core: Core): void {
  core.driversDone = true;
  for (const link of core.links) if (!link.supplier.canMatch) relaxLink(core, link);
}

/** fw_devlink_unblock_consumers(). */
export function unblockConsumers(core: Core, device: Device): void {
  if (core.fwDevlink === 'off' || core.fwDevlink === 'permissive') return;
  for (const link of device.consumers) if (!isSyncStateOnly(link.flags)) relaxLink(core, link);
}
