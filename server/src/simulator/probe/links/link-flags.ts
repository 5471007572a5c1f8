/** Flags of device links by name (DL_FLAG_*, include/linux/device.h). */
import type { DeviceLinkFlags } from '../devices/device';

/** Flags by name; `managed` follows from `stateless`. */
export function linkFlags(set: Partial<Omit<DeviceLinkFlags, 'managed'>>): DeviceLinkFlags {
  return {
    stateless: set.stateless ?? false,
    autoremoveConsumer: set.autoremoveConsumer ?? false,
    autoremoveSupplier: set.autoremoveSupplier ?? false,
    autoprobeConsumer: set.autoprobeConsumer ?? false,
    pmRuntime: set.pmRuntime ?? false,
    syncStateOnly: set.syncStateOnly ?? false,
    inferred: set.inferred ?? false,
    cycle: set.cycle ?? false,
    managed: !(set.stateless ?? false),
  };
}

/** device_link_flag_is_sync_state_only(). */
export function isSyncStateOnly(flags: DeviceLinkFlags): boolean {
  return (
    flags.syncStateOnly &&
    !flags.stateless &&
    !flags.autoremoveConsumer &&
    !flags.autoremoveSupplier &&
    !flags.autoprobeConsumer &&
    !flags.pmRuntime
  );
}
