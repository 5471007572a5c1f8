/** Device links: making, checking and tearing down (drivers/base/core.c, "Device links support"). */
import { EPROBE_DEFER } from '../../contract/errno';
import type { Core } from '../core';
import { deferredAdd, setDeferReason } from '../deferral';
import { Device, DeviceLink, type DeviceLinkFlags } from '../devices/device';
import { isSyncStateOnly, linkFlags } from './link-flags';

/** Whether `target` is `device` or depends on it through children and consumers (device_is_dependent). */
export function isDependent(core: Core, device: Device, target: Device): boolean {
  if (device === target) return true;
  // Most links join a device that has just come: what nothing depends on, or what depends on its ancestors alone.
  let alone = !target.hasSuppliers;
  for (let up = target.parent; up !== null; up = up.parent) {
    if (up === device) return true;
    alone &&= !up.hasSuppliers;
  }
  if (alone || (device.children.size === 0 && !device.hasConsumers)) return false;
  const walk = core.order.nextWalk();
  const stack: Device[] = [device];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at === target) return true;
    if (at.mark === walk) continue;
    at.mark = walk;
    for (const child of at.children) stack.push(child);
    for (const link of at.consumers) if (!isSyncStateOnly(link.flags)) stack.push(link.consumer);
  }
  // A target still being added is not yet among its parent's children: its ancestors count as well.
  for (let up = target.parent; up !== null; up = up.parent) if (up.mark === walk) return true;
  return false;
}

function initStatus(link: DeviceLink): void {
  const { supplier, consumer } = link;
  switch (supplier.linkState) {
    case 'probing':
      link.status = consumer.linkState === 'probing' ? 'consumer probing' : 'dormant';
      break;
    case 'bound':
      link.status =
        consumer.linkState === 'probing' ? 'consumer probing' : consumer.linkState === 'bound' ? 'active' : 'available';
      break;
    case 'unbinding':
      link.status = 'supplier unbinding';
      break;
    case 'no-driver':
      link.status = 'dormant';
      break;
  }
}

/**
 * device_link_add(). Null when there is no such link to be: a device on itself, a dependency the other way round, a
 * sync-state-only link for a consumer that has probed.
 */
export function addLink(
  core: Core,
  consumer: Device,
  supplier: Device,
  flags: DeviceLinkFlags,
  property: string | null,
): DeviceLink | null {
  if (consumer === supplier || (flags.syncStateOnly && !isSyncStateOnly(flags))) return null;
  if (flags.autoprobeConsumer && (flags.autoremoveConsumer || flags.autoremoveSupplier)) return null;
  if (supplier.powerStamp === 0 || (!flags.syncStateOnly && isDependent(core, consumer, supplier))) return null;
  if (flags.syncStateOnly && consumer.linkState !== 'no-driver' && consumer.linkState !== 'probing') return null;
  if (flags.autoremoveSupplier) flags.autoremoveConsumer = false;

  const present = supplier.linkTo(consumer);
  if (present !== undefined) return updateLink(core, present, flags);

  const link = new DeviceLink(consumer, supplier, flags, property);
  core.order.addLink(link);
  if (!flags.stateless) initStatus(link);
  Device.connect(link);
  core.links.add(link);
  if (flags.syncStateOnly) {
    core.trace('link-sync-state-only', consumer, { supplier, property });
    return link;
  }
  core.order.moveToTail(consumer);
  core.trace('link', consumer, { supplier, property });
  return link;
}

/** A second device_link_add() for the same pair changes the link that is there. */
function updateLink(core: Core, link: DeviceLink, flags: DeviceLinkFlags): DeviceLink {
  const own = link.flags;
  if (own.syncStateOnly) core.order.settle();
  if (own.inferred && !flags.inferred) own.inferred = false;
  if (flags.pmRuntime) own.pmRuntime = true;
  let reorder = false;
  if (flags.stateless) {
    link.references++;
    reorder = own.syncStateOnly && !own.stateless;
    own.stateless = true;
  } else {
    if (flags.autoremoveSupplier) {
      if (own.autoremoveConsumer) {
        own.autoremoveConsumer = false;
        own.autoremoveSupplier = true;
      }
    } else if (!flags.autoremoveConsumer) {
      own.autoremoveConsumer = false;
      own.autoremoveSupplier = false;
    }
    if (!own.managed) {
      link.references++;
      own.managed = true;
      initStatus(link);
    }
    if (own.syncStateOnly && !flags.syncStateOnly) {
      own.syncStateOnly = false;
      reorder = true;
    }
  }
  if (reorder) {
    core.order.moveToTail(link.consumer);
    core.trace('link', link.consumer, { supplier: link.supplier, property: link.property });
  }
  return link;
}

function deleteLink(core: Core, link: DeviceLink): void {
  if (!isSyncStateOnly(link.flags)) core.order.settle();
  link.alive = false;
  Device.disconnect(link);
  core.links.delete(link);
  link.shutdownStamp = 0;
  core.trace('link-drop', link.consumer, { supplier: link.supplier });
}

/** device_link_drop_managed(). */
function dropManaged(core: Core, link: DeviceLink): void {
  link.flags.managed = false;
  link.status = 'not tracked';
  link.references--;
  if (link.references === 0) deleteLink(core, link);
}

/** fw_devlink_relax_link(): the link only holds sync_state back from now on. */
export function relaxLink(core: Core, link: DeviceLink): void {
  if (!link.flags.inferred || isSyncStateOnly(link.flags)) return;
  core.order.settle();
  link.flags = linkFlags({ inferred: true, syncStateOnly: true });
  core.trace('link-relax', link.consumer, { supplier: link.supplier });
}

/** device_links_check_suppliers(): 0, -EAGAIN (-11) for a best-effort probe, or -EPROBE_DEFER with the reason set. */
export function checkSuppliers(core: Core, device: Device): number {
  const bestEffort = device.canMatch && device.fwnode?.bestEffort === true;
  let result = 0;
  if (core.held?.holdsBack(device) === true) return EPROBE_DEFER;
  if (device.fwnode !== null && core.fwDevlink !== 'permissive' && device.fwnode.hasSuppliers) {
    const waiting = device.fwnode.waitsFor();
    if (waiting !== null) {
      if (!bestEffort) {
        if (device.blockedBy !== waiting) {
          device.waits(waiting.supplier.node.path, waiting.property);
          device.blockedBy = waiting;
          const { node } = waiting.supplier;
          device.blockedText = `wait for supplier ${core.kernel.model.supplierText === 'path' ? node.path : node.name}`;
        }
        if (core.kernel.model.supplierReason) setDeferReason(core, device, device.blockedText);
        return EPROBE_DEFER;
      }
      result = -11;
    }
  }
  for (const link of device.suppliers) {
    if (!link.flags.managed) continue;
    if (link.status !== 'available' && !link.flags.syncStateOnly) {
      if (bestEffort && link.flags.inferred && !link.supplier.canMatch) {
        result = -11;
        continue;
      }
      missingSupplier(device);
      if (device.blockedBy !== link) {
        device.waits(link.supplier.ref, link.property ?? '');
        device.blockedBy = link;
        device.blockedText = `supplier ${link.supplier.name} not ready`;
      }
      if (core.kernel.model.supplierReason) setDeferReason(core, device, device.blockedText);
      device.linkState = 'probing';
      return EPROBE_DEFER;
    }
    link.status = 'consumer probing';
  }
  device.linkState = 'probing';
  return result;
}

function missingSupplier(device: Device): void {
  for (const link of device.suppliers)
    if (link.status === 'consumer probing') link.status = link.supplier.linkState === 'bound' ? 'available' : 'dormant';
}

/** device_links_driver_bound(), the part after fw_devlink picked up its dangling consumers. */
export function linksDriverBound(core: Core, device: Device): void {
  const ready: Device[] = [];
  for (const link of device.consumers) {
    if (!link.flags.managed || link.status === 'consumer probing' || link.status === 'active') continue;
    link.status = 'available';
    if (link.flags.autoprobeConsumer) deferredAdd(core, link.consumer);
  }
  queueOrDefer(core, device, ready);
  const bestEffort = device.canMatch && device.fwnode?.bestEffort === true;
  for (const link of [...device.suppliers]) {
    if (!link.flags.managed) continue;
    if (link.flags.syncStateOnly) dropManaged(core, link);
    else if (bestEffort && link.flags.inferred && link.status !== 'consumer probing' && !link.supplier.canMatch)
      dropManaged(core, link);
    else link.status = 'active';
    queueOrDefer(core, link.supplier, ready);
  }
  device.linkState = 'bound';
  flushSyncState(core, ready);
}

function hasSyncState(device: Device): boolean {
  return device.driver?.behaviour.syncState ?? false;
}

function queueOrDefer(core: Core, device: Device, ready: Device[]): void {
  if (core.deferSyncCount > 0) {
    if (hasSyncState(device)) core.deferredSync.add(device);
  } else queueSyncState(device, ready);
}

/** __device_links_queue_sync_state(). */
function queueSyncState(device: Device, ready: Device[]): void {
  if (!hasSyncState(device) || device.stateSynced) return;
  for (const link of device.consumers) if (link.flags.managed && link.status !== 'active') return;
  device.stateSynced = true;
  ready.push(device);
}

function flushSyncState(core: Core, ready: readonly Device[]): void {
  for (const device of ready) core.trace('sync-state', device);
}

/** device_links_supplier_sync_state_pause() and _resume(). */
export function pauseSyncState(core: Core): void {
  core.deferSyncCount++;
}

export function resumeSyncState(core: Core): void {
  if (core.deferSyncCount === 0) return;
  core.deferSyncCount--;
  if (core.deferSyncCount > 0) return;
  const ready: Device[] = [];
  for (const device of core.deferredSync) {
    core.deferredSync.delete(device);
    queueSyncState(device, ready);
  }
  flushSyncState(core, ready);
}

/** __device_links_no_driver(). */
function suppliersNoDriver(core: Core, device: Device): void {
  for (const link of [...device.suppliers].reverse()) {
    if (!link.flags.managed) continue;
    if (link.flags.autoremoveConsumer) {
      dropManaged(core, link);
      continue;
    }
    if (link.status !== 'consumer probing' && link.status !== 'active') continue;
    link.status = link.supplier.linkState === 'bound' ? 'available' : 'dormant';
  }
  device.linkState = 'no-driver';
}

/** device_links_no_driver(): after a failed probe. */
export function linksNoDriver(core: Core, device: Device): void {
  for (const link of device.consumers)
    if (link.flags.managed && (link.status === 'consumer probing' || link.status === 'active')) link.status = 'dormant';
  suppliersNoDriver(core, device);
}

/** device_links_driver_cleanup(): after an unbind. */
export function linksDriverCleanup(core: Core, device: Device): void {
  for (const link of [...device.consumers]) {
    if (!link.flags.managed) continue;
    if (link.status === 'supplier unbinding' && link.flags.autoremoveSupplier) dropManaged(core, link);
    link.status = 'dormant';
  }
  core.deferredSync.delete(device);
  suppliersNoDriver(core, device);
}

/** device_links_busy(): true when a consumer still uses the device. */
export function linksBusy(device: Device): boolean {
  let busy = false;
  for (const link of device.consumers) {
    if (!link.flags.managed) continue;
    if (link.status === 'consumer probing' || link.status === 'active') {
      busy = true;
      break;
    }
    link.status = 'supplier unbinding';
  }
  device.linkState = 'unbinding';
  return busy;
}

/** device_links_unbind_consumers(): active consumers go first, one by one from the start of the list. */
export function unbindConsumers(device: Device, release: (consumer: Device) => void): void {
  for (let again = true; again; ) {
    again = false;
    for (const link of device.consumers) {
      if (!link.flags.managed || link.flags.syncStateOnly) continue;
      const status = link.status;
      link.status = 'supplier unbinding';
      if (status === 'active') {
        release(link.consumer);
        again = true;
        break;
      }
    }
  }
}

/** device_links_purge(): a device goes for good. */
export function purgeLinks(core: Core, device: Device): void {
  core.held?.forget(device);
  for (const link of [...device.suppliers].reverse()) deleteLink(core, link);
  for (const link of [...device.consumers].reverse()) deleteLink(core, link);
}

/** fw_devlink_probing_done(): suppliers whose sync_state is still held back. */
export function probingDone(core: Core): void {
  const ready: Device[] = [];
  const queued = new Set<Device>(core.deferredSync);
  for (const link of core.links) {
    const supplier = link.supplier;
    if (!link.flags.managed || link.status === 'active' || supplier.stateSynced || !hasSyncState(supplier)) continue;
    if (!core.syncStateTimeout) {
      const level = core.kernel.model.syncStatePending;
      if (level !== 'none') core.message(level, supplier, `sync_state() pending due to ${link.consumer.name}`);
      core.trace('sync-state-pending', supplier, { consumer: link.consumer });
      continue;
    }
    if (queued.has(supplier)) continue;
    core.message('warn', supplier, 'Timed out. Forcing sync_state()');
    supplier.stateSynced = true;
    queued.add(supplier);
    ready.push(supplier);
  }
  flushSyncState(core, ready);
}
