/** Which driver fits which device (the buses' match functions), indexed so that neither side is searched through. */
import type { DtNode } from '../../devicetree/model';
import { stringOf, u32 } from '../../devicetree/read';
import { partId } from '../kernel/amba-parts';
import { matchesPciRow } from '../kernel/catalogue/pci-ids';
import type { DriverModel, OfMatch } from '../kernel/drivers';
import type { Device, RegisteredDriver } from './devices/device';

/** The peripheral ID of an AMBA device: the tree's override, else the one its compatible stands for; null: unknown. */
export function peripheralId(device: Device): number | null {
  if (device.node?.properties.has('arm,primecell-periphid')) return u32(device.node, 'arm,primecell-periphid', 0);
  for (const compatible of device.compatibles) {
    const id = partId(compatible);
    if (id !== null) return id;
  }
  return null;
}

/** What a driver's tables say, looked up by the text that brings a device. */
interface MatchTable {
  /** What can bring a device of the bus and the driver together. */
  readonly keys: readonly Key[];
  /** Compatibles that are enough by themselves. */
  readonly plain: ReadonlySet<string>;
  /** The other rows: a device_type or a node name is asked for. */
  readonly special: readonly OfMatch[];
  /** No key finds its devices: a row without compatible, AMBA IDs. */
  readonly loose: boolean;
}

/** Drivers of the catalogue stay the same from boot to boot. */
const tables = new WeakMap<DriverModel, MatchTable>();

/** The tables of a driver, unpacked once for each model. */
export function tableOf(model: DriverModel): MatchTable {
  let table = tables.get(model);
  if (table === undefined) {
    const { of, ids, amba, name } = model;
    const keys: Key[] = [];
    for (const row of of) if (row.compatible !== null) keys.push({ kind: 'compatible', text: row.compatible });
    for (const id of ids) keys.push({ kind: 'id', text: id });
    keys.push({ kind: 'name', text: name });
    table = {
      keys,
      plain: new Set(
        of.flatMap((r) => (r.compatible !== null && r.type === null && r.name === null ? r.compatible : [])),
      ),
      special: of.filter((r) => r.type !== null || r.name !== null),
      loose: amba.length > 0 || model.pci !== undefined || of.some((row) => row.compatible === null),
    };
    tables.set(model, table);
  }
  return table;
}

/** of_match_node() of one table: some row fits the node. */
function ofMatches(driver: RegisteredDriver, node: DtNode, compatibles: readonly string[]): boolean {
  const { plain, special } = tableOf(driver.model);
  for (let i = 0; i < compatibles.length; i++) if (plain.has(compatibles[i] as string)) return true;
  for (let i = 0; i < special.length; i++) {
    const row = special[i] as OfMatch;
    if (
      (row.compatible === null || compatibles.includes(row.compatible)) &&
      (row.type === null || stringOf(node.properties.get('device_type')) === row.type) &&
      (row.name === null || (node.name.split('@')[0] ?? '') === row.name)
    )
      return true;
  }
  return false;
}

/** A compatible without its vendor (of_alias_from_compatible): what i2c, spi and their like call the device. */
export function modalias(compatibles: readonly string[]): string {
  const first = compatibles[0] ?? '';
  return first.slice(first.indexOf(',') + 1);
}

/** What can bring a device and a driver together: a compatible, a compatible without vendor, the driver's name. */
export class MatchIndex<T> {
  private readonly compatibles = new Map<string, T[]>();
  private readonly ids = new Map<string, T[]>();
  private readonly names = new Map<string, T[]>();

  of(kind: KeyKind): Map<string, T[]> {
    return kind === 'compatible' ? this.compatibles : kind === 'id' ? this.ids : this.names;
  }

  add(kind: KeyKind, key: string, value: T): void {
    const lists = this.of(kind);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [value]);
    else if (list[list.length - 1] !== value) list.push(value);
  }
}

type KeyKind = 'compatible' | 'id' | 'name';

interface Key {
  readonly kind: KeyKind;
  readonly text: string;
}

export class Bus {
  /** In the order of klist_devices; devices that have gone stay as holes. */
  readonly devices: Device[] = [];
  private readonly deviceIndex = new MatchIndex<Device>();
  private readonly driverIndex = new MatchIndex<RegisteredDriver>();
  /** Drivers that no key finds: rows by type or node name, AMBA IDs. */
  private readonly loose: RegisteredDriver[] = [];
  /** One list for all devices that one driver alone fits. */
  private readonly alone = new Map<RegisteredDriver, readonly RegisteredDriver[]>();
  /** modalias() of compatibles met. */
  private readonly aliases = new Map<string, string>();

  constructor(readonly name: string) {}

  private aliasOf(compatible: string): string {
    let alias = this.aliases.get(compatible);
    if (alias === undefined) {
      alias = modalias([compatible]);
      this.aliases.set(compatible, alias);
    }
    return alias;
  }

  addDevice(device: Device): void {
    device.busSerial = this.devices.length;
    this.devices.push(device);
    for (const compatible of device.compatibles) this.deviceIndex.add('compatible', compatible, device);
    const first = device.compatibles[0];
    if (first !== undefined) this.deviceIndex.add('id', this.aliasOf(first), device);
    if (device.boundTo !== null) this.deviceIndex.add('name', device.boundTo, device);
    if (device.platformId !== null) {
      this.deviceIndex.add('id', device.platformId, device);
      this.deviceIndex.add('name', device.platformId, device);
    }
  }

  /** How many drivers have registered. */
  version = 0;

  get hasDrivers(): boolean {
    return this.version > 0;
  }

  addDriver(driver: RegisteredDriver): void {
    this.version++;
    const { keys, loose } = tableOf(driver.model);
    for (const { kind, text } of keys) this.driverIndex.add(kind, text, driver);
    if (loose) this.loose.push(driver);
  }

  matches(driver: RegisteredDriver, device: Device): boolean {
    if (device.dead || !device.matchable) return false;
    if (device.boundTo !== null) return device.boundTo === driver.model.name;
    if (this.name === 'amba') {
      const id = peripheralId(device);
      if (driver.model.amba.some((row) => id !== null && (id & row.mask) >>> 0 === row.id >>> 0)) return true;
    }
    const identity = device.pci?.identity;
    if (identity !== undefined && driver.model.pci?.rows.some((row) => matchesPciRow(row, identity)) === true)
      return true;
    if (device.node === null || device.sharesNode) return false;
    if (ofMatches(driver, device.node, device.compatibles)) return true;
    const { ids, name } = driver.model;
    // platform_match(): the id table when there is one, else the driver's name.
    if (this.name === 'platform')
      return (
        device.platformId !== null && (ids.length > 0 ? ids.includes(device.platformId) : name === device.platformId)
      );
    return ids.length > 0 && ids.includes(modalias(device.compatibles));
  }

  /** The registered drivers that fit a device, in registration order (bus_for_each_drv). Kept until a driver registers. */
  driversFor(device: Device): readonly RegisteredDriver[] {
    if (device.fitVersion === this.version) return device.fit;
    let fit: RegisteredDriver[] | null = null;
    const consider = (drivers: readonly RegisteredDriver[] | undefined): void => {
      if (drivers !== undefined)
        for (const driver of drivers)
          if ((fit === null || !fit.includes(driver)) && this.matches(driver, device))
            if (fit === null) fit = [driver];
            else fit.push(driver);
    };
    for (const compatible of device.compatibles) consider(this.driverIndex.of('compatible').get(compatible));
    const first = device.compatibles[0];
    if (first !== undefined) consider(this.driverIndex.of('id').get(this.aliasOf(first)));
    if (device.boundTo !== null) consider(this.driverIndex.of('name').get(device.boundTo));
    if (device.platformId !== null) {
      consider(this.driverIndex.of('id').get(device.platformId));
      consider(this.driverIndex.of('name').get(device.platformId));
    }
    if (this.loose.length > 0) consider(this.loose);
    const found = this.kept(fit);
    if (device.matchable) {
      device.fitVersion = this.version;
      device.fit = found;
    }
    return found;
  }

  private kept(fit: RegisteredDriver[] | null): readonly RegisteredDriver[] {
    if (fit === null) return nothing;
    const only = fit[0];
    if (fit.length > 1 || only === undefined) return fit.sort((x, y) => x.serial - y.serial);
    let list = this.alone.get(only);
    if (list === undefined) {
      list = fit;
      this.alone.set(only, list);
    }
    return list;
  }

  /** The devices that fit a driver, in bus order, those added while the caller works included (bus_for_each_dev). */
  *devicesFor(driver: RegisteredDriver): Generator<Device> {
    if (this.loose.includes(driver)) {
      for (const device of this.devices) if (this.matches(driver, device)) yield device;
      return;
    }
    const { keys } = tableOf(driver.model);
    if (!keys.some(({ kind, text }) => this.deviceIndex.of(kind).has(text))) return;
    const lists: { list: readonly Device[]; at: number }[] = [];
    let last = -1;
    for (;;) {
      // Lists can come into being while we walk: a probe may add the first device of its kind.
      for (let i = lists.length; i < keys.length; i++) lists.push({ list: [], at: 0 });
      let best: Device | null = null;
      for (let i = 0; i < lists.length; i++) {
        const cursor = lists[i];
        const key = keys[i];
        if (cursor === undefined || key === undefined) continue;
        if (cursor.list.length === 0) cursor.list = this.deviceIndex.of(key.kind).get(key.text) ?? cursor.list;
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
