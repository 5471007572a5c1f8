/** Which driver fits which device (the buses' match functions), indexed so that neither side is searched through. */
import type { DtNode } from '../../devicetree/model';
import { stringOf, u32 } from '../../devicetree/read';
import { partId } from '../kernel/amba-parts';
import type { Device, RegisteredDriver } from './device';

/** The peripheral ID of an AMBA device: the tree's override, else the one its compatible stands for; null: unknown. */
export function peripheralId(device: Device): number | null {
  if (device.node?.properties.has('arm,primecell-periphid')) return u32(device.node, 'arm,primecell-periphid', 0);
  for (const compatible of device.compatibles) {
    const id = partId(compatible);
    if (id !== null) return id;
  }
  return null;
}

/** of_match_node() of one table: some row fits the node. */
function ofMatches(driver: RegisteredDriver, node: DtNode, compatibles: readonly string[]): boolean {
  return driver.model.of.some(
    (row) =>
      (row.compatible === null || compatibles.includes(row.compatible)) &&
      (row.type === null || stringOf(node.properties.get('device_type')) === row.type) &&
      (row.name === null || (node.name.split('@')[0] ?? '') === row.name) &&
      (row.compatible !== null || row.type !== null || row.name !== null),
  );
}

/** A compatible without its vendor (of_alias_from_compatible): what i2c, spi and their like call the device. */
export function modalias(compatibles: readonly string[]): string {
  const first = compatibles[0] ?? '';
  return first.slice(first.indexOf(',') + 1);
}

export class Bus {
  /** In the order of klist_devices; devices that have gone stay as holes. */
  readonly devices: Device[] = [];
  private readonly devicesByKey = new Map<string, Device[]>();
  private readonly driversByKey = new Map<string, RegisteredDriver[]>();
  /** Drivers that no key finds: rows by type or node name, AMBA IDs. */
  private readonly loose: RegisteredDriver[] = [];

  constructor(readonly name: string) {}

  private keysOf(device: Device): string[] {
    const keys = device.compatibles.map((c) => `c:${c}`);
    if (device.compatibles.length > 0) keys.push(`i:${modalias(device.compatibles)}`);
    if (device.boundTo !== null) keys.push(`n:${device.boundTo}`);
    return keys;
  }

  addDevice(device: Device): void {
    device.busSerial = this.devices.length;
    this.devices.push(device);
    for (const key of this.keysOf(device)) {
      const list = this.devicesByKey.get(key);
      if (list === undefined) this.devicesByKey.set(key, [device]);
      else if (list[list.length - 1] !== device) list.push(device);
    }
  }

  /** How many drivers have registered. */
  private version = 0;

  get hasDrivers(): boolean {
    return this.version > 0;
  }

  addDriver(driver: RegisteredDriver): void {
    const { model } = driver;
    this.version++;
    for (const key of driverKeys(driver)) {
      const list = this.driversByKey.get(key);
      if (list === undefined) this.driversByKey.set(key, [driver]);
      else list.push(driver);
    }
    if (model.amba.length > 0 || model.of.some((row) => row.compatible === null)) this.loose.push(driver);
  }

  matches(driver: RegisteredDriver, device: Device): boolean {
    if (device.dead || !device.matchable) return false;
    if (device.boundTo !== null) return device.boundTo === driver.model.name;
    if (this.name === 'amba') {
      const id = peripheralId(device);
      if (driver.model.amba.some((row) => id !== null && (id & row.mask) >>> 0 === row.id >>> 0)) return true;
    }
    if (device.node === null || device.sharesNode) return false;
    if (ofMatches(driver, device.node, device.compatibles)) return true;
    return driver.model.ids.length > 0 && driver.model.ids.includes(modalias(device.compatibles));
  }

  /** The registered drivers that fit a device, in registration order (bus_for_each_drv). Kept until a driver registers. */
  driversFor(device: Device): readonly RegisteredDriver[] {
    if (device.fitVersion === this.version) return device.fit;
    const fit: RegisteredDriver[] = [];
    for (const key of this.keysOf(device))
      for (const driver of this.driversByKey.get(key) ?? [])
        if (!fit.includes(driver) && this.matches(driver, device)) fit.push(driver);
    for (const driver of this.loose) if (!fit.includes(driver) && this.matches(driver, device)) fit.push(driver);
    if (fit.length > 1) fit.sort((x, y) => x.serial - y.serial);
    if (device.matchable) {
      device.fitVersion = this.version;
      device.fit = fit.length === 0 ? nothing : fit;
    }
    return fit;
  }

  /** The devices that fit a driver, in bus order, those added while the caller works included (bus_for_each_dev). */
  *devicesFor(driver: RegisteredDriver): Generator<Device> {
    if (this.loose.includes(driver)) {
      for (const device of this.devices) if (this.matches(driver, device)) yield device;
      return;
    }
    const lists: { list: readonly Device[]; at: number }[] = [];
    const keys = driverKeys(driver);
    let last = -1;
    for (;;) {
      // Lists can come into being while we walk: a probe may add the first device of its kind.
      for (let i = lists.length; i < keys.length; i++) lists.push({ list: [], at: 0 });
      let best: Device | null = null;
      for (const [i, cursor] of lists.entries()) {
        if (cursor.list.length === 0) cursor.list = this.devicesByKey.get(keys[i] ?? '') ?? cursor.list;
        for (let head = cursor.list[cursor.at]; head !== undefined; head = cursor.list[++cursor.at]) {
          if (head.busSerial <= last || head.dead) continue;
          if (best === null || head.busSerial < best.busSerial) best = head;
          break;
        }
      }
      if (best === null) return;
      last = best.busSerial;
      if (this.matches(driver, best)) yield best;
    }
  }
}

const nothing: readonly RegisteredDriver[] = [];

function driverKeys(driver: RegisteredDriver): string[] {
  const keys: string[] = [];
  for (const row of driver.model.of) if (row.compatible !== null) keys.push(`c:${row.compatible}`);
  for (const id of driver.model.ids) keys.push(`i:${id}`);
  keys.push(`n:${driver.model.name}`);
  return keys;
}
