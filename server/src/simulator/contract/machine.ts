/** What `probe/` (drivers/base) promises the IOMMU core and the IOMMU drivers: the machine that they run in. */
import type { DtNode } from '../../devicetree/model';
import type { SimDevice } from './device';
import type { Errno } from './errno';

export type MessageLevel = 'debug' | 'info' | 'warn' | 'err';

/** What `dma/` and `smmu/` may ask of the machine they run in. */
export interface MachineServices {
  /** Virtual kernel time in milliseconds; never the wall clock. */
  now(): number;
  /** Runs `action` at a virtual time (timers, delayed work). Returns a cancel function. */
  at(time: number, action: () => void): () => void;
  /** A kernel log line. */
  message(level: MessageLevel, device: SimDevice | null, text: string): void;
  /** Whether the initcalls still run (system_state is SYSTEM_BOOTING). */
  booting(): boolean;
  /** driver_deferred_probe_check_state(): -EPROBE_DEFER, or -ENODEV / -ETIMEDOUT once waiting is over. */
  deferredProbeCheckState(device: SimDevice): Errno;
  /** device_link_add() by an IOMMU driver in probe_device or by another driver. */
  addDeviceLink(consumer: SimDevice, supplier: SimDevice, flags: readonly string[]): boolean;
  /** All devices of a bus in bus order (bus_for_each_dev). */
  devicesOfBus(bus: string): readonly SimDevice[];
  /** The device made for a node, or null. */
  deviceOf(node: DtNode): SimDevice | null;
  /** msleep() in a driver: virtual time passes, and timers and workers that are due meanwhile run. */
  sleep(milliseconds: number): void;
  /** The fact log: what a recording would show; the report is made from it. */
  trace(event: string, device: SimDevice | null, detail: Readonly<Record<string, unknown>>): void;
  /**
   * Whether the device at `node` has bound and registered what it provides (a clock, a memory controller, firmware
   * calls): what `clk_get`, `devm_tegra_memory_controller_get` or `qcom_scm_is_available` ask during a probe.
   * Providers that need no device (CLK_OF_DECLARE clocks, fixed interrupt controllers) are always ready.
   */
  supplierReady(node: DtNode): boolean;
  /** dev_err_probe(-EPROBE_DEFER) in a probe: the reason that devices_deferred shows after the driver's name. */
  deferReason(device: SimDevice, text: string): void;
  /** The kernel stops here (BUG, NULL pointer): unwinds the simulation with `complete: false`. Never returns. */
  panic(reason: string): never;
}
