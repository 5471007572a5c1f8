/** The lists of deferred devices (drivers/base/dd.c, "Deferred Probe infrastructure"). */
import type { Core } from './core';
import type { Device } from './devices/device';

/**
 * driver_deferred_probe_add(): at the end of the pending list, unless the device matches nothing (not asked up to 5.11) or
 * is on a list.
 */
export function deferredAdd(core: Core, device: Device): void {
  if ((!device.canMatch && core.held === null) || device.deferred) return;
  core.pending.push(device.deferEntry);
  if (core.logs()) core.trace('defer', device);
}

/** driver_deferred_probe_del(). */
export function deferredDelete(core: Core, device: Device): void {
  if (!device.deferred) return;
  device.deferEntry.list?.remove(device.deferEntry);
  device.deferReason = null;
  core.trace('defer-removed', device);
}

/** driver_deferred_probe_trigger(): all pending devices become active; the worker is queued. */
export function deferredTrigger(core: Core): void {
  if (!core.deferralEnabled) return;
  core.triggerCount++;
  core.active.takeAll(core.pending);
  core.workQueued = true;
}

/** device_set_deferred_probe_reason(): `dev_driver_string: text`, that is the driver, or the bus while there is none. */
export function setDeferReason(core: Core, device: Device, text: string): void {
  device.deferReason = `${device.driverName ?? device.bus}: ${text}`;
  if (core.logs()) core.trace('defer-reason', device, { text });
}
