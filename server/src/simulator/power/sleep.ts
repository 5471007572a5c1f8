/** System suspend and resume as far as their order goes (drivers/base/power/main.c). */
import type { Core } from '../probe/core';
import { deferredTrigger } from '../probe/deferral';
import type { Device } from '../probe/devices/device';
import type { Machine } from '../probe/machine';

/** dpm_suspend() walks dpm_list from its tail. Devices in the order in which they suspend. */
export function suspend(machine: Machine): Device[] {
  const { core } = machine;
  const order = core.order.power().reverse();
  for (const device of order) {
    if (device.driver !== null) core.trace('suspend', device, { driver: device.driver.model.name });
    machine.instanceOf(device)?.suspend?.();
  }
  return order;
}

/** dpm_resume() walks it from its head; dpm_complete() lets probing go on, which retries every deferred device. */
export function resume(machine: Machine): Device[] {
  const { core } = machine;
  const order = core.order.power();
  for (const device of order) {
    machine.instanceOf(device)?.resume?.();
    if (device.driver !== null) core.trace('resume', device, { driver: device.driver.model.name });
  }
  unblockProbing(core);
  machine.idle();
  return order;
}

/** device_unblock_probing(). */
function unblockProbing(core: Core): void {
  deferredTrigger(core);
}
