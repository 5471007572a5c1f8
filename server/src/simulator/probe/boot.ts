/** The boot: early providers, initcalls in order, the deferred-probe initcall and its timeout (init/main.c, drivers/base/dd.c). */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { isAvailable } from '../../devicetree/read';
import { type EarlyProvider, INITCALL_LEVELS, type InitcallLevel } from '../kernel/drivers';
import type { KernelDevice, ScenarioDriver } from '../scenario';
import { deferredTrigger } from './deferral';
import type { Device } from './devices/device';
import { initializeBelow, isProvider, populateAtBoot } from './devices/population';
import { registerEarlyIommus } from './early-iommus';
import { probingDone, resumeSyncState } from './links/device-links';
import { driversDone } from './links/fw-devlink';
import { interruptParent } from './links/interrupts';
import type { Machine } from './machine';

/** One thing that happens in an initcall. */
interface Step {
  readonly level: InitcallLevel;
  readonly order: number;
  readonly run: () => void;
}

/** Link-order numbers of the driver core's own initcalls (drivers/base/core.o before dd.o). */
export interface CoreOrders {
  readonly core: number;
  readonly dd: number;
}

/** Interrupt controllers that the probe of an early one serves along with itself, without a device (gic_of_init). */
const servedByParent = new Set(['arm,gic-v3-its', 'arm,gic-v2m-frame']);

/** An interrupt controller whose own interrupts, if any, lead nowhere else. */
function isRootController(tree: DeviceTree, node: DtNode): boolean {
  if (!node.properties.has('interrupt-controller')) return false;
  const parent = interruptParent(tree, node);
  return parent === null || parent === node;
}

/** of_irq_init(), of_clk_init(), timer_probe(): what the tree provides before any device exists. */
function initEarly(machine: Machine, early: (compatible: string) => readonly EarlyProvider[]): void {
  const { core } = machine;
  for (const node of core.tree.nodes) {
    if (!node.properties.has('compatible') || !isAvailable(node)) continue;
    // Board code brings the root interrupt controller up before any driver (powerpc's ppc_md.init_IRQ: mpic_alloc, ipic_init).
    if (core.kernel.arch === 'other' && isRootController(core.tree, node)) core.fwnode(node).initialized = true;
    const found = core.compatibles(node);
    for (const compatible of found) {
      const known = early(compatible);
      // Its own declaration comes before what others do with such nodes.
      const provider = known.find((p) => p.kind !== 'other') ?? known[0];
      if (provider === undefined) continue;
      if (provider.kind === 'irqchip' && !node.properties.has('interrupt-controller')) continue;
      const fwnode = core.fwnode(node);
      fwnode.populated ||= provider.populated && !core.kernel.model.earlyProvidersAreDevices;
      if (provider.kind !== 'other') fwnode.initialized ||= provider.initialized;
      else if (provider.initialized) {
        fwnode.initialized ||= isProvider(node);
        initializeBelow(machine, node);
      }
      break;
    }
    if (
      found.some((c) => servedByParent.has(c)) &&
      node.parent !== null &&
      core.fwnodes[node.parent.index]?.initialized === true
    )
      core.fwnode(node).initialized = true;
  }
}

/** The timer of deferred_probe_timeout_work. */
class ProbeTimeout {
  private cancel: (() => void) | null = null;

  constructor(private readonly machine: Machine) {}

  start(): void {
    const { core } = this.machine;
    this.cancel = core.clock.at(core.clock.now + core.probeTimeout * 1000, () => {
      this.cancel = null;
      this.machine.asWork(() => this.expire());
    });
  }

  /** deferred_probe_extend_timeout(). */
  extend(): void {
    if (this.cancel === null) return;
    const { core } = this.machine;
    this.cancel();
    this.start();
    core.trace('timeout-extended', null, { seconds: core.probeTimeout });
  }

  /** deferred_probe_timeout_work_func(). */
  private expire(): void {
    const { machine } = this;
    const { core } = machine;
    core.phase = 'timeout';
    core.trace('timeout', null, { seconds: core.probeTimeout });
    driversDone(core);
    core.probeTimeout = 0;
    deferredTrigger(core);
    machine.idle();
    for (const device of core.pending) {
      const reason = device.deferReason ?? '(reason unknown)';
      const { pendingMessage } = core.kernel.model;
      if (pendingMessage !== 'none') {
        if (pendingMessage === 'reason') core.message('warn', device, `deferred probe pending: ${reason}`);
        else core.message('info', device, 'deferred probe pending');
        core.trace('deferred-probe-pending', device, { reason });
      }
    }
    probingDone(core);
    core.phase = 'event';
  }
}

export class Boot {
  private readonly timeout: ProbeTimeout;
  /** What the kernel made by itself, by name. */
  private readonly made = new Map<string, Device>();

  constructor(
    private readonly machine: Machine,
    private readonly drivers: readonly ScenarioDriver[],
    private readonly early: (compatible: string) => readonly EarlyProvider[],
    private readonly orders: CoreOrders,
  ) {
    this.timeout = new ProbeTimeout(machine);
  }

  run(): void {
    const { machine } = this;
    const { core } = machine;
    // A scenario's devices of order below 0 come before /sys/devices/platform.
    for (const device of machine.scenario.kernelDevices)
      if (device.level === 'early' && device.order < 0) this.addKernelDevice(device);
    machine.platformRoot = machine.addDevice({
      node: null,
      name: 'platform',
      bus: '',
      parent: null,
      compatibles: [],
    });
    initEarly(machine, this.early);
    const steps = this.steps();
    const rank = new Map<InitcallLevel, number>(INITCALL_LEVELS.map((level, i) => [level, i]));
    const sorted = steps
      .map((step, i) => ({ step, i }))
      .sort(
        (a, b) =>
          (rank.get(a.step.level) ?? 0) - (rank.get(b.step.level) ?? 0) || a.step.order - b.step.order || a.i - b.i,
      );
    for (const { step } of sorted) {
      core.phase = step.level;
      step.run();
      machine.runAsynchronous();
    }
    core.phase = 'event';
    machine.idle();
  }

  /** A driver registers: at its initcall, or when its module is loaded. */
  register(driver: ScenarioDriver): void {
    const { takesBus } = driver.behaviour;
    if (takesBus !== undefined) this.machine.iommu.takeBus(takesBus);
    this.machine.registerDriver(driver);
    if (this.machine.kernel.model.timeoutExtended) this.timeout.extend();
  }

  private steps(): Step[] {
    const { machine, orders } = this;
    const { core } = machine;
    const { populateLevel } = core.kernel.model;
    const steps: Step[] = [
      {
        level: core.kernel.arch === 'arm' ? populateLevel.arm : populateLevel.other,
        // customize_machine is linked before every driver; of_platform_default_populate_init lies in drivers/of.
        order: core.kernel.model.earlyIommus ? Number.NEGATIVE_INFINITY : orders.core,
        run: () => this.populate(),
      },
      {
        level: core.kernel.model.groupsFrom,
        order: Number.NEGATIVE_INFINITY,
        run: () => machine.iommu.initGroups(),
      },
      { level: 'arch_sync', order: Number.NEGATIVE_INFINITY, run: () => machine.iommu.settleGroups() },
      // drivers/iommu is linked before every driver that could add a device at this level.
      { level: 'subsys', order: Number.NEGATIVE_INFINITY, run: () => machine.iommu.installNotifiers() },
      // drivers/amba is linked before drivers/base.
      { level: 'late', order: orders.core, run: () => machine.amba.retryLate() },
      { level: 'late', order: orders.core, run: () => resumeSyncState(core) },
      { level: 'late', order: orders.dd, run: () => this.deferredProbeInitcall() },
      { level: 'late_sync', order: orders.core, run: () => resumeSyncState(core) },
    ];
    for (const device of machine.scenario.kernelDevices)
      if (device.level !== 'early' || device.order >= 0)
        steps.push({ level: device.level, order: device.order, run: () => this.addKernelDevice(device) });
    for (const driver of this.drivers)
      if (!driver.model.module)
        steps.push({ level: driver.model.level, order: driver.model.order, run: () => this.register(driver) });
    return steps;
  }

  /** The tree becomes devices, after the IOMMUs that are declared early (of_iommu_init). */
  private populate(): void {
    const { machine } = this;
    if (machine.kernel.model.earlyIommus) registerEarlyIommus(machine, this.early);
    populateAtBoot(machine);
  }

  private addKernelDevice(device: KernelDevice): void {
    const { machine, made } = this;
    const added = machine.addDevice({
      node: null,
      name: device.name,
      bus: device.bus ?? '',
      parent: device.parent === null ? null : (made.get(device.parent) ?? machine.platformRoot),
      compatibles: [],
      boundTo: device.driver,
      powerManaged: device.powerManaged ?? true,
    });
    made.set(device.name, added);
  }

  /** deferred_probe_initcall(). */
  private deferredProbeInitcall(): void {
    const { machine } = this;
    const { core } = machine;
    core.phase = 'deferred';
    core.deferralEnabled = true;
    deferredTrigger(core);
    machine.idle();
    core.initcallsDone = true;
    const { model } = core.kernel;
    if (model.deferredProbeInitcall === 'two-pass') {
      if (!core.modules) driversDone(core);
      deferredTrigger(core);
      machine.idle();
      if (core.probeTimeout > 0) this.timeout.start();
      if (!core.modules) probingDone(core);
    }
  }
}
