/** What a driver's own probe and remove functions do, as far as its model and the scenario say. */
import type { DtNode } from '../../devicetree/model';
import { compatibles } from '../../devicetree/read';
import { ENODEV, ENOENT, ENXIO, EPROBE_DEFER } from '../contract/errno';
import type { ResourceKind } from '../kernel/drivers';
import { virtioDriver, virtioType } from '../kernel/virtio';
import type { CreatedDevice } from '../scenario';
import { setDeferReason } from './deferral';
import { type Device, nothingMissing, type RegisteredDriver } from './devices/device';
import { addDmaChannels } from './devices/dma-channels';
import { depopulateChildren, populateChildren } from './devices/population';
import type { DriverCore } from './driver-core';

/** The result of attempt `n` (from 0): the last one given repeats. */
function resultAt(results: readonly number[], n: number): number {
  return results[Math.min(n, results.length - 1)] ?? 0;
}

/** The driver's probe function: 0 or a negative errno. */
export function callProbe(machine: DriverCore, device: Device, driver: RegisteredDriver): number {
  const { core } = machine;
  const behaviour = driver.behaviour;
  const own = machine.behaviourOf(device);
  if (behaviour.onlyFirstCompatible && device.node !== null) {
    const first = compatibles(device.node)[0];
    const rows = driver.model.of;
    const data = rows.some(
      (row) =>
        row.compatible !== null && busCompatibles.has(row.compatible) && device.compatibles.includes(row.compatible),
    );
    if (data && !rows.some((row) => row.compatible === first)) return ENODEV;
    if (data) return 0;
  }
  const kind = device.pci?.kind;
  if (kind !== undefined && behaviour.pciKinds?.includes(kind) === false) return ENODEV;
  const missing = missingResource(machine, device, driver);
  if (missing !== 0) return final(driver, missing);

  const n = device.probeCalls++;
  device.driverDataSet = true;
  core.trace('driver-probe', device, { driver: driver.model.name, attempt: n + 1 });
  machine.observe(device, 'probe');
  if (own?.delay !== undefined) machine.sleep(own.delay);
  const result = own?.probe !== undefined ? resultAt(own.probe, n) : resultAt(behaviour.probe, n);
  if (behaviour.devres.length > 0) device.devres = [...behaviour.devres];
  if (result !== 0) {
    machine.observe(device, 'failing');
    if (result === EPROBE_DEFER && own?.reason !== undefined) setDeferReason(core, device, own.reason);
    return final(driver, result);
  }
  const provided = machine.provide(device, driver);
  if (provided !== 0) return final(driver, provided);
  machine.create(device, own?.creates ?? transported(device, driver) ?? behaviour.creates);
  const worked = machine.work?.probe(device) ?? 0;
  if (worked !== 0) {
    machine.observe(device, 'failing-late');
    const reason = own?.reasonAfter ?? own?.reason;
    if (worked === EPROBE_DEFER && reason !== undefined) setDeferReason(core, device, reason);
    return final(driver, worked);
  }
  const channels = addDmaChannels(machine, device, driver);
  if (channels !== 0) return final(driver, channels);
  populateChildren(machine, device, driver);
  machine.enumeratePci(device);
  return 0;
}

/** prevent_deferred_probe: "probe deferral not supported" (platform_probe). */
function final(driver: RegisteredDriver, result: number): number {
  const prevented = driver.model.probeOnce || driver.behaviour.preventsDeferral;
  return prevented && result === EPROBE_DEFER ? ENXIO : result;
}

const busCompatibles = new Set(['simple-bus', 'simple-mfd', 'isa', 'arm,amba-bus']);

/** The driver's remove function. */
export function callRemove(machine: DriverCore, device: Device, driver: RegisteredDriver): void {
  machine.work?.remove(device);
  machine.observe(device, 'removed');
  if (driver.behaviour.depopulates === true) depopulateChildren(machine, device);
  machine.withdraw(device, driver);
}

function isWithin(node: DtNode, above: DtNode): boolean {
  for (let at: DtNode | null = node; at !== null; at = at.parent) if (at === above) return true;
  return false;
}

/** What the probe asks for by name and does not get: 0, -EPROBE_DEFER or the driver's own error. */
function missingResource(machine: DriverCore, device: Device, driver: RegisteredDriver): number {
  const node = device.node;
  device.missing = nothingMissing;
  if (node === null) return 0;
  if (driver.behaviour.usesResources) {
    // Before the driver's probe: pin control in really_probe(), then the power domain in the bus's probe
    // (platform_probe: dev_pm_domain_attach), whatever the order of the properties.
    for (const kind of ['pinctrl', 'power-domain'] as const) {
      const result = missingOfKind(machine, device, driver, node, kind);
      if (result !== 0) return result;
    }
  }
  // amba_probe, 6.12: the bus takes the clock before it calls the driver
  const clock = device.bus === 'amba' ? machine.amba.clock(node) : null;
  if (clock !== null) {
    return clock.supplier === null ? ENOENT : waitFor(machine, device, clock.supplier, clock.property);
  }
  for (const need of driver.behaviour.requires) {
    if (!node.properties.has(need.property)) {
      if (need.missing !== 0) return need.missing;
      continue;
    }
    for (const supplier of suppliersNamed(machine, node, need.property)) {
      if (machine.supplierReady(supplier)) continue;
      device.missing = [{ property: need.property, supplier }];
      return EPROBE_DEFER;
    }
  }
  return driver.behaviour.usesResources ? missingOfKind(machine, device, driver, node, 'needed') : 0;
}

/** The first supplier of one kind that is not there, and what asking for it returns. */
function missingOfKind(
  machine: DriverCore,
  device: Device,
  driver: RegisteredDriver,
  node: DtNode,
  wanted: 'needed' | 'power-domain' | 'pinctrl',
): number {
  for (const supply of machine.core.namedBy(node)) {
    // What a driver's own node provides it need not wait for: regulators that feed each other, pin hogs (dt_to_map_one_config).
    if (supply.consumer !== node || supply.ignore || isWithin(supply.supplier, node)) continue;
    const kind = resourceKind(supply.property, driver.model.gets ?? []);
    if (kind !== wanted || machine.supplierReady(supply.supplier)) continue;
    if (ASKED.test(supply.property) && askedInCircle(machine, node, supply.supplier)) continue;
    if (kind === 'pinctrl' && !machine.core.modules) continue;
    if (kind === 'power-domain') {
      if (!hasOnePowerDomain(machine, node)) continue;
      const state = machine.core.checkState(device);
      if (state !== EPROBE_DEFER) {
        device.missing = [{ property: supply.property, supplier: supply.supplier }];
        return state;
      }
    }
    return waitFor(machine, device, supply.supplier, supply.property);
  }
  return 0;
}

/** -EPROBE_DEFER for a supplier that is not there, which is noted. */
function waitFor(machine: DriverCore, device: Device, supplier: DtNode, property: string): number {
  device.missing = [{ property, supplier }];
  device.waits(supplier.path, property);
  setDeferReason(machine.core, device, `waits for ${property} of ${supplier.path}`);
  return EPROBE_DEFER;
}

/** register_virtio_device(): what stands behind a virtio transport is a device of its own, named as it comes (virtio_index_ida). */
function transported(device: Device, driver: RegisteredDriver): readonly CreatedDevice[] | null {
  if (driver.model.name !== 'virtio-pci' || driver.behaviour.creates.length > 0) return null;
  const type = virtioType(device.pci?.identity);
  return type === null ? null : [{ name: 'virtio{n}', bus: 'virtio', parent: null, driver: virtioDriver(type) }];
}

function* suppliersNamed(machine: DriverCore, node: DtNode, property: string): Generator<DtNode> {
  for (const supply of machine.core.namedBy(node)) if (supply.property === property) yield supply.supplier;
}

/** genpd_dev_pm_attach() attaches a device with one domain by itself; a driver of a device with several does. */
function hasOnePowerDomain(machine: DriverCore, node: DtNode): boolean {
  let count = 0;
  for (const supply of machine.core.namedBy(node)) if (supply.property === 'power-domains') count++;
  return count === 1;
}

/**
 * Properties that stand only in nodes whose driver asks for what they name by itself, whatever fw_devlink made of the link:
 * extcon_get_edev_by_phandle, mbox_request_channel, devm_iio_channel_get, devm_pwm_get, of_hwspin_lock_get_id and gpiod_get
 * return -EPROBE_DEFER while it is missing (6.12).
 */
const ASKED = /^(?:extcon|mboxes|io-channels|pwms|hwlocks|gpios|[\w,.+-]+-gpios)$/;

/** How many nodes a search for a circle looks at. */
const CIRCLE = 64;

/**
 * Whether two drivers would ask for each other. Boards with such a circle work, so one of the two does not ask in its probe; which
 * one cannot be told from the tree, so neither is taken to.
 */
function askedInCircle(machine: DriverCore, node: DtNode, supplier: DtNode): boolean {
  const seen = new Set<DtNode>([supplier]);
  for (const at of seen) {
    if (isWithin(node, at) || isWithin(at, node)) return true;
    if (seen.size > CIRCLE) return false;
    for (let owner: DtNode | null = at; owner !== null; owner = owner.parent)
      if (owner.properties.has('compatible')) {
        for (const supply of machine.core.namedBy(owner)) if (ASKED.test(supply.property)) seen.add(supply.supplier);
        break;
      }
  }
  return false;
}

const PINCTRL = /^pinctrl-\d+$/;

/**
 * Properties whose getters return -EPROBE_DEFER while the provider is missing, when the driver (`needed`) or the driver
 * core calls them. `power-domain`: driver_deferred_probe_check_state() decides, and its error ends the probe
 * (__genpd_dev_pm_attach). `pinctrl`: waited for as long as the kernel has modules (dt_to_map_one_config), else done
 * without (pinctrl_bind_pins).
 */
function resourceKind(property: string, gets: readonly ResourceKind[]): 'needed' | 'power-domain' | 'pinctrl' | null {
  switch (property) {
    case 'clocks':
    case 'resets':
    case 'phys':
    case 'interrupts':
      return gets.includes(property) ? 'needed' : null;
    case 'interrupts-extended':
      return gets.includes('interrupts') ? 'needed' : null;
    case 'power-domains':
      return 'power-domain';
    default:
      if (PINCTRL.test(property)) return 'pinctrl';
      if (ASKED.test(property)) return 'needed';
      return property.endsWith('-supply') && gets.includes('supplies') ? 'needed' : null;
  }
}
