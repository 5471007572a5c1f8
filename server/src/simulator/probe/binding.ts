/** Bringing devices and drivers together and apart (drivers/base/dd.c). */
import { EBUSY, ENODEV, ENXIO, EPROBE_DEFER } from '../contract/errno';
import { deferredAdd, deferredDelete, deferredTrigger } from './deferral';
import { type Device, DeviceLink, type RegisteredDriver } from './devices/device';
import type { DriverCore } from './driver-core';
import {
  checkSuppliers,
  linksBusy,
  linksDriverBound,
  linksDriverCleanup,
  linksNoDriver,
  unbindConsumers,
} from './links/device-links';
import { firmwareBound } from './links/fw-devlink';
import { callProbe, callRemove } from './probe-call';

/** Buses whose dma_configure sets up the IOMMU (platform, amba, pci and their like; not i2c, spi, virtio …). */
const dmaBuses = new Set(['platform', 'amba', 'pci', 'fsl-mc', 'cdx', 'host1x']);

/** Negative: nothing more is tried for this device now. Positive: the driver refused; the next one may try. 0: bound. */
type AttachResult = number;

/** device_unbind_cleanup(): devres goes in reverse order. */
function unbindCleanup(machine: DriverCore, device: Device): void {
  const { core } = machine;
  if (device.devres !== null) {
    for (let i = device.devres.length - 1; i >= 0; i--)
      core.trace('devres-release', device, { resource: device.devres[i] ?? '' });
    device.devres = null;
  }
  machine.removeCreated(device);
  device.driver = null;
  // dev_set_drvdata(dev, NULL)
  device.driverDataSet = false;
}

/** really_probe(). */
function reallyProbe(machine: DriverCore, device: Device, driver: RegisteredDriver): AttachResult {
  const { core, iommu } = machine;
  const linkResult = checkSuppliers(core, device);
  if (linkResult === EPROBE_DEFER) return EPROBE_DEFER;
  core.trace('probe-start', device, { driver: driver.model.name });
  device.driver = driver;
  if (dmaBuses.has(device.bus)) {
    const result = iommu.configure(device);
    if (result !== 0) {
      if (result === EPROBE_DEFER) device.iommuDeferrals++;
      linksNoDriver(core, device);
      unbindCleanup(machine, device);
      return core.kernel.model.failedConfigure === 'ends' ? result : -result;
    }
  }
  let result = callProbe(machine, device, driver);
  if (result === EPROBE_DEFER) core.trace('driver-requests-defer', device);
  else if (result === ENODEV || result === ENXIO) core.trace('probe-reject', device, { error: result });
  else if (result !== 0) {
    core.trace('probe-fail', device, { error: result });
    const { name } = driver.model;
    if (core.kernel.model.probeFailedText === 'with-driver')
      core.message('err', device, `probe with driver ${name} failed with error ${result}`);
    else core.message('warn', null, `${name}: probe of ${device.name} failed with error ${result}`);
  }
  if (result !== 0) {
    // A best-effort probe may work once the missing suppliers are there.
    if (linkResult !== 0) result = EPROBE_DEFER;
    if (dmaBuses.has(device.bus)) iommu.cleanup(device);
    linksNoDriver(core, device);
    unbindCleanup(machine, device);
    return -result;
  }
  driverBound(machine, device, driver);
  return 0;
}

/** driver_bound(). */
function driverBound(machine: DriverCore, device: Device, driver: RegisteredDriver): void {
  const { core } = machine;
  device.bound = true;
  device.boundAt = core.boundCount++;
  driver.devices.add(device);
  core.trace('bound', device, { driver: driver.model.name });
  if (core.held === null) firmwareBound(core, device);
  else core.held.forget(device);
  linksDriverBound(core, device);
  deferredDelete(core, device);
  deferredTrigger(core);
}

/** driver_probe_device(): one attempt, and the pending list when it is deferred. */
function probeDevice(machine: DriverCore, device: Device, driver: RegisteredDriver): AttachResult {
  const { core } = machine;
  const triggers = core.triggerCount;
  const result = attempt(machine, device, driver);
  if (result === EPROBE_DEFER || result === -EPROBE_DEFER) {
    device.deferrals++;
    deferredAdd(core, device);
    if (triggers !== core.triggerCount) deferredTrigger(core);
  }
  return result;
}

/** __driver_probe_device(). */
function attempt(machine: DriverCore, device: Device, driver: RegisteredDriver): AttachResult {
  if (device.dead || !device.registered) return ENODEV;
  if (device.driver !== null) return EBUSY;
  const { core } = machine;
  device.canMatch = true;
  device.attempts++;
  if (core.logs()) core.trace('match', device, { driver: driver.model.name });
  const result = reallyProbe(machine, device, driver);
  // The number that initcall_debug prints: negative from the core, positive from the driver, except a deferral.
  device.setLast(driver.model.name, result > 0 ? -result : result);
  if (core.logs()) core.trace('attempt', device, { driver: driver.model.name, result });
  return result;
}

/**
 * device_initial_probe(), also for a retry from the deferred list: every driver that fits, until one binds. Drivers that
 * prefer it are tried asynchronously after the others (__device_attach, __device_attach_async_helper).
 */
export function attachDevice(machine: DriverCore, device: Device, asynchronous = false): void {
  const bus = machine.bus(device.bus);
  if (bus === null || device.dead || device.driver !== null) return;
  if (device.bus === 'amba' && !machine.amba.readable(device)) {
    if (bus.hasDrivers) ambaDefers(machine, device);
    return;
  }
  let later = false;
  for (const driver of bus.driversFor(device)) {
    if (driver.model.probeOnce) continue;
    if (driver.model.asynchronous !== asynchronous) {
      later ||= driver.model.asynchronous;
      continue;
    }
    if (probeDevice(machine, device, driver) <= 0) return;
  }
  if (later) machine.runLater(() => attachDevice(machine, device, true));
}

/** amba_match() cannot read the peripheral ID yet: "Device match requests probe deferral". */
function ambaDefers(machine: DriverCore, device: Device): void {
  device.canMatch = true;
  deferredAdd(machine.core, device);
}

/** driver_attach(): a driver has registered. */
export function attachDriver(machine: DriverCore, driver: RegisteredDriver): void {
  const bus = machine.bus(driver.model.bus);
  if (bus === null) return;
  if (driver.model.bus === 'amba')
    for (const device of bus.devices)
      if (!device.dead && device.driver === null && !machine.amba.readable(device)) ambaDefers(machine, device);
  for (const device of bus.devicesFor(driver)) {
    // __driver_attach: a match that defers is no match
    if (device.bus === 'amba' && !machine.amba.readable(device)) continue;
    if (driver.model.asynchronous) {
      if (device.driver === null) machine.runLater(() => probeDevice(machine, device, driver));
    } else probeDevice(machine, device, driver);
  }
}

/**
 * The retry of a device that waits for the same supplier as before, in short: what attachDevice() would come to, when the
 * log no longer takes what repeats itself. False when anything is different, and nothing has been done.
 */
function stillWaits(machine: DriverCore, device: Device): boolean {
  const { core } = machine;
  const { blockedBy: link, last } = device;
  if (!(link instanceof DeviceLink) || !core.logIsFull || device.firstSupplier !== link) return false;
  if (!link.flags.managed || link.flags.syncStateOnly || link.status === 'available') return false;
  if (device.fwnode === null || device.fwnode.hasSuppliers || device.fwnode.bestEffort) return false;
  const bus = machine.bus(device.bus);
  const driver = device.fit[0];
  if (bus === null || device.fitVersion !== bus.version || device.fit.length !== 1 || driver === undefined)
    return false;
  if (driver.model.probeOnce || driver.model.asynchronous || bus.name === 'amba') return false;
  if (device.dead || device.driver !== null || last?.result !== EPROBE_DEFER || last.driver !== driver.model.name)
    return false;
  for (const other of device.suppliers) if (other.status === 'consumer probing') return false;
  if (core.kernel.model.supplierReason !== (device.deferReason !== null)) return false;
  device.attempts++;
  device.deferrals++;
  device.linkState = 'probing';
  // retry, match, attempt, defer, and the reason.
  core.leftOut += core.kernel.model.supplierReason ? 5 : 4;
  core.pending.push(device.deferEntry);
  return true;
}

/** deferred_probe_work_func(). */
export function runDeferredWork(machine: DriverCore): void {
  const { core } = machine;
  if (machine.working) return;
  machine.working = true;
  core.workQueued = false;
  for (let entry = core.active.first; entry !== null; entry = core.active.first) {
    const device = entry.value;
    core.active.remove(entry);
    if (core.kernel.model.retryMoves === 'device') core.order.moveAlone(device);
    else core.order.moveToTail(device);
    if (stillWaits(machine, device)) continue;
    device.deferReason = null;
    if (core.logs()) core.trace('retry', device);
    attachDevice(machine, device);
  }
  core.workQueued = false;
  machine.working = false;
}

/** device_release_driver_internal(): consumers first. */
export function releaseDriver(machine: DriverCore, device: Device): void {
  const driver = device.driver;
  if (driver === null) return;
  const { core, iommu } = machine;
  while (linksBusy(device)) {
    unbindConsumers(device, (consumer) => releaseDriver(machine, consumer));
    if (device.driver !== driver) return;
  }
  core.trace('remove', device, { driver: driver.model.name });
  callRemove(machine, device, driver);
  if (dmaBuses.has(device.bus)) iommu.cleanup(device);
  unbindCleanup(machine, device);
  linksDriverCleanup(core, device);
  driver.devices.delete(device);
  device.bound = false;
}

/** A write to the driver's `bind` file (device_driver_attach). 0 or a negative errno. */
export function bindTo(machine: DriverCore, device: Device, driver: RegisteredDriver): number {
  const bus = machine.bus(device.bus);
  if (bus === null || !bus.matches(driver, device)) return ENODEV;
  const result = attempt(machine, device, driver);
  if (result === EPROBE_DEFER || result === -EPROBE_DEFER) return -11;
  return result > 0 ? -result : result;
}
