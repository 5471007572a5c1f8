/** What happens after boot: the scenario's events, and the snapshots it asks for. */
import type { DeviceDmaView, GroupView } from '../contract/dma-core';
import { resume, suspend } from '../power/sleep';
import type { ScenarioDriver, ScenarioEvent } from '../scenario';
import { bindTo, releaseDriver } from './binding';
import type { Boot } from './boot';
import { ModuleLoader } from './coldplug';
import type { Device, DeviceLink } from './devices/device';
import type { Machine } from './machine';

/** One device link as /sys/class/devlink shows it. */
interface LinkView {
  readonly supplier: Device;
  readonly consumer: Device;
  readonly status: string;
  readonly autoRemoveOn: 'never' | 'supplier unbind' | 'consumer unbind';
  readonly runtimePm: boolean;
  readonly syncStateOnly: boolean;
}

/** The state of the machine at one moment (a dump of debugfs and sysfs). */
export interface Snapshot {
  readonly name: string;
  /** devices_deferred, in its order. */
  readonly deferred: readonly { readonly device: Device; readonly reason: string | null }[];
  /** Every device of a bus, with the driver bound to it. */
  readonly devices: readonly { readonly device: Device; readonly driver: string | null }[];
  readonly links: readonly LinkView[];
  /** Devices whose `waiting_for_supplier` is 1. */
  readonly waiting: readonly Device[];
  readonly groups: readonly GroupView[];
  readonly views: readonly { readonly device: Device; readonly view: DeviceDmaView }[];
  /** Node path -> what the IOMMU there holds (IommuInstance.capture). */
  readonly hardware: ReadonlyMap<string, unknown>;
  readonly powerList: readonly string[];
  readonly shutdownList: readonly string[];
}

export interface EventOutcome {
  readonly event: ScenarioEvent;
  /** 0 or a negative errno. */
  readonly result: number;
}

function linkView(link: DeviceLink): LinkView {
  return {
    supplier: link.supplier,
    consumer: link.consumer,
    status: link.status,
    autoRemoveOn: link.flags.autoremoveSupplier
      ? 'supplier unbind'
      : link.flags.autoremoveConsumer
        ? 'consumer unbind'
        : 'never',
    runtimePm: link.flags.pmRuntime,
    syncStateOnly: link.flags.syncStateOnly,
  };
}

export function takeSnapshot(machine: Machine, name: string): Snapshot {
  const { core } = machine;
  const onBus = core.devices.filter((d) => !d.dead && d.bus !== '');
  return {
    name,
    deferred: [...core.pending].map((device) => ({ device, reason: device.deferReason })),
    devices: onBus.map((device) => ({ device, driver: device.driverName })),
    links: [...core.links].map(linkView),
    waiting: onBus.filter(
      (d) =>
        !d.bound &&
        (core.held?.holdsBack(d) ??
          (core.fwDevlink !== 'permissive' && d.fwnode?.device === d && d.fwnode.waitsFor() !== null)),
    ),
    groups: machine.iommu.groups(),
    views: onBus
      .map((device) => ({ device, view: machine.iommu.view(device) }))
      .filter(({ view }) => view.group !== null || view.domain !== null),
    hardware: new Map(machine.providers.map((instance) => [instance.node.path, instance.capture?.() ?? null])),
    powerList: core.order.power().map((d) => d.name),
    shutdownList: core.order.shutdown().map((d) => d.name),
  };
}

export interface EventResults {
  readonly snapshots: readonly Snapshot[];
  readonly outcomes: readonly EventOutcome[];
  /** The order of the last suspend and resume; null when there was none. */
  readonly suspended: readonly Device[] | null;
  readonly resumed: readonly Device[] | null;
}

/** Runs the events in order. `modules`: the drivers that an event can load. */
export class EventRunner implements EventResults {
  private readonly loader: ModuleLoader;
  readonly snapshots: Snapshot[] = [];
  readonly outcomes: EventOutcome[] = [];
  suspended: readonly Device[] | null = null;
  resumed: readonly Device[] | null = null;

  constructor(
    private readonly machine: Machine,
    boot: Boot,
    modules: readonly ScenarioDriver[],
  ) {
    this.loader = new ModuleLoader(machine, boot, modules);
  }

  run(events: readonly ScenarioEvent[]): void {
    for (const event of events) {
      this.machine.core.trace('event', null, { event: event.event });
      const result = this.one(event);
      this.machine.idle();
      this.outcomes.push({ event, result });
    }
  }

  private one(event: ScenarioEvent): number {
    const { machine } = this;
    switch (event.event) {
      case 'wait':
        machine.wait(event.ms);
        return 0;
      case 'dump':
        this.snapshots.push(takeSnapshot(machine, event.name));
        return 0;
      case 'load':
        return this.loader.load(event.driver);
      case 'coldplug':
        this.loader.coldplug();
        machine.idle();
        machine.work?.userSpace();
        return 0;
      case 'suspend':
        if (event.state === 'freeze' && machine.kernel.model.freezeNeedsOps)
          machine.panic('NULL pointer dereference in platform_suspend_begin(): suspend to idle without suspend_ops');
        this.suspended = suspend(machine);
        return 0;
      case 'resume':
        this.resumed = resume(machine);
        return 0;
      case 'unbind': {
        const device = machine.find(event.device);
        if (device?.driver == null || device.driver.model.noUnbind) return -19;
        releaseDriver(machine, device);
        return 0;
      }
      case 'bind': {
        const device = machine.find(event.device);
        if (device === null) return -19;
        const driver = event.driver === undefined ? machine.lastDriverOf(device) : machine.driverNamed(event.driver);
        if (driver === null || driver.model.noUnbind) return -19;
        return bindTo(machine, device, driver);
      }
      case 'group-type':
        return machine.iommu.writeGroupType(event.group, event.type);
      case 'access': {
        const device = machine.find(event.master);
        if (device === null) return -19;
        machine.access(device, event.iova, event.write);
        return 0;
      }
    }
  }
}
