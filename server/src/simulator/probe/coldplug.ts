/** User space loads modules: `udevadm trigger` after boot for the devices that exist, then uevents for those that come. */
import { matchesPciRow } from '../kernel/catalogue/pci-ids';
import type { ScenarioDriver } from '../scenario';
import type { Boot } from './boot';
import type { Device } from './devices/device';
import type { Machine } from './machine';
import { MatchIndex, modalias, peripheralId, tableOf } from './matching';

/**
 * How long user space takes for a module, in ms: it starts modprobe, which reads and links the file. An assumption; all
 * that matters is that it is longer than a flush queue waits (IOVA_DEFAULT_FQ_TIMEOUT) and much shorter than any timeout
 * of the driver core.
 */
const LOADING = 20;

/** Finds and registers the modules whose alias fits a device (MODULE_DEVICE_TABLE; of_device_uevent_modalias). */
export class ModuleLoader {
  private readonly byCompatible = new MatchIndex<ScenarioDriver>();
  /** By id and name, for each bus. */
  private readonly byBus = new Map<string, MatchIndex<ScenarioDriver>>();
  private readonly amba: ScenarioDriver[] = [];
  private readonly pci: ScenarioDriver[] = [];
  private readonly loaded = new Set<ScenarioDriver>();

  constructor(
    private readonly machine: Machine,
    private readonly boot: Boot,
    private readonly modules: readonly ScenarioDriver[],
  ) {
    for (const driver of modules) {
      const { model } = driver;
      // A scenario's modules are loaded by its own events only.
      if (model.place === null) continue;
      let bus = this.byBus.get(model.bus);
      if (bus === undefined) {
        bus = new MatchIndex();
        this.byBus.set(model.bus, bus);
      }
      for (const { kind, text } of tableOf(model).keys)
        (kind === 'compatible' ? this.byCompatible : bus).add(kind, text, driver);
      if (model.amba.length > 0) this.amba.push(driver);
      if (model.pci !== undefined) this.pci.push(driver);
    }
  }

  /** Loads a driver by name. 0, or -ENOENT when no module has it. */
  load(name: string): number {
    const found = this.modules.filter((m) => m.model.name === name);
    for (const driver of found) this.insert(driver);
    return found.length > 0 ? 0 : -2;
  }

  /** Loads what fits the devices there are, in the order of their paths (sd_device_enumerator sorts), and from now on those that come. */
  coldplug(): void {
    this.machine.userSpace = this;
    // what no module fits needs no place in the order, which is most of a large board
    const present = this.machine.core.devices.filter((device) => !device.dead && this.fitting(device).size > 0);
    const paths = new Map(present.map((device) => [device, sysfsPath(device)]));
    const path = (device: Device): string => paths.get(device) ?? '';
    for (const device of present.sort((a, b) => (path(a) < path(b) ? -1 : path(a) > path(b) ? 1 : 0)))
      if (!device.dead) this.plug(device);
  }

  /** A uevent: loads what fits a device. */
  plug(device: Device): void {
    for (const driver of this.fitting(device)) {
      if (this.loaded.has(driver)) continue;
      this.machine.wait(LOADING);
      this.insert(driver);
    }
  }

  /** The modules whose alias fits a device, in the order in which they load. */
  private fitting(device: Device): ReadonlySet<ScenarioDriver> {
    const { compatibles, boundTo, platformId } = device;
    const found = new Set<ScenarioDriver>();
    const bus = this.byBus.get(device.bus);
    if (boundTo !== null) collect(found, bus, 'name', boundTo);
    for (const compatible of compatibles) collect(found, this.byCompatible, 'compatible', compatible);
    if (platformId !== null) {
      const platform = this.byBus.get('platform');
      collect(found, platform, 'id', platformId);
      collect(found, platform, 'name', platformId);
    }
    if (compatibles.length > 0 && device.bus !== 'platform') collect(found, bus, 'id', modalias(compatibles));
    if (device.bus === 'amba' && this.amba.length > 0) {
      const id = peripheralId(device);
      for (const driver of this.amba)
        if (id !== null && driver.model.amba.some((row) => (id & row.mask) >>> 0 === row.id >>> 0)) found.add(driver);
    }
    const identity = device.pci?.identity;
    if (identity !== undefined)
      for (const driver of this.pci)
        if (driver.model.pci?.rows.some((row) => matchesPciRow(row, identity)) === true) found.add(driver);
    return found;
  }

  private insert(driver: ScenarioDriver): void {
    if (this.loaded.has(driver)) return;
    this.loaded.add(driver);
    this.boot.register(driver);
    this.machine.idle();
  }
}

/** Below /sys/devices; parents sort before their children. */
function sysfsPath(device: Device): string {
  let path = device.name;
  for (let at = device.parent; at !== null; at = at.parent) path = `${at.name}/${path}`;
  return path;
}

function collect(
  found: Set<ScenarioDriver>,
  index: MatchIndex<ScenarioDriver> | undefined,
  kind: 'compatible' | 'id' | 'name',
  text: string,
): void {
  const list = index?.of(kind).get(text);
  if (list !== undefined) for (const driver of list) found.add(driver);
}
