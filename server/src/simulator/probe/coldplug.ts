/** User space loads modules: `udevadm trigger` after boot for the devices that exist, then uevents for those that come. */
import type { ScenarioDriver } from '../scenario';
import type { Boot } from './boot';
import type { Device } from './device';
import type { Machine } from './machine';
import { modalias, peripheralId } from './matching';

/** Finds and registers the modules whose alias fits a device (MODULE_DEVICE_TABLE; of_device_uevent_modalias). */
export class ModuleLoader {
  private readonly byKey = new Map<string, ScenarioDriver[]>();
  private readonly amba: ScenarioDriver[] = [];
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
      for (const row of model.of) if (row.compatible !== null) this.index(`c:${row.compatible}`, driver);
      for (const id of model.ids) this.index(`i:${model.bus}:${id}`, driver);
      this.index(`n:${model.bus}:${model.name}`, driver);
      if (model.amba.length > 0) this.amba.push(driver);
    }
  }

  private index(key: string, driver: ScenarioDriver): void {
    const list = this.byKey.get(key);
    if (list === undefined) this.byKey.set(key, [driver]);
    else list.push(driver);
  }

  /** Loads a driver by name. 0, or -ENOENT when no module has it. */
  load(name: string): number {
    const found = this.modules.filter((m) => m.model.name === name);
    for (const driver of found) this.insert(driver);
    return found.length > 0 ? 0 : -2;
  }

  /** Loads what fits the devices there are, in the order in which they were added, and from now on those that come. */
  coldplug(): void {
    const { core } = this.machine;
    this.machine.uevent = (device) => this.plug(device);
    for (let i = 0; i < core.devices.length; i++) {
      const device = core.devices[i];
      if (device !== undefined && !device.dead) this.plug(device);
    }
  }

  private plug(device: Device): void {
    const found = new Set<ScenarioDriver>();
    if (device.boundTo !== null) this.collect(found, `n:${device.bus}:${device.boundTo}`);
    for (const compatible of device.compatibles) this.collect(found, `c:${compatible}`);
    if (device.platformId !== null) {
      this.collect(found, `i:platform:${device.platformId}`);
      this.collect(found, `n:platform:${device.platformId}`);
    }
    if (device.compatibles.length > 0 && device.bus !== 'platform')
      this.collect(found, `i:${device.bus}:${modalias(device.compatibles)}`);
    if (device.bus === 'amba' && this.amba.length > 0) {
      const id = peripheralId(device);
      for (const driver of this.amba)
        if (id !== null && driver.model.amba.some((row) => (id & row.mask) >>> 0 === row.id >>> 0)) found.add(driver);
    }
    for (const driver of found) this.insert(driver);
  }

  private collect(found: Set<ScenarioDriver>, key: string): void {
    for (const driver of this.byKey.get(key) ?? []) found.add(driver);
  }

  private insert(driver: ScenarioDriver): void {
    if (this.loaded.has(driver)) return;
    this.loaded.add(driver);
    this.boot.register(driver);
    this.machine.idle();
  }
}
