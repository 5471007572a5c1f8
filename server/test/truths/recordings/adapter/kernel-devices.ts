/** The devices that the recorded kernels make by themselves, in the order of the boot logs. */
import type { InitcallLevel } from '../../../../src/simulator/kernel/drivers';
import type { KernelDevice } from '../../../../src/simulator/scenario';
import { type Build, hasFaux, isArm, isFirst } from './kernels';

/** Before /sys/devices/platform (driver_init). */
const FIRST = -1;

export function kernelDevicesOf(build: Build, release: number): KernelDevice[] {
  const made: KernelDevice[] = [];
  const add = (
    name: string,
    level: InitcallLevel,
    order: number,
    bus: string | null = null,
    driverName: string | null = null,
    parent: string | null = null,
    powerManaged = true,
  ): void => {
    made.push({ name, bus, parent, level, order, driver: driverName, powerManaged });
  };
  if (isFirst(release)) {
    for (const name of ['cpu', 'container']) add(name, 'early', 1);
    add('workqueue', 'core', 1);
    for (const name of ['cpu0', 'writeback', 'default']) add(name, 'subsys', 1);
    for (const name of ['mem', 'null', 'zero', 'full', 'random', 'urandom', 'kmsg', 'tty', 'console'])
      add(name, 'fs', 1);
    for (const name of ['clocksource', 'clocksource0']) add(name, 'device', 1);
    add('alarmtimer', 'device', 1, 'platform', 'alarmtimer', 'platform');
    for (const name of ['clockevents', 'clockevent0', 'broadcast']) add(name, 'device', 1);
    // kernel/power/qos.c
    for (const name of ['cpu_dma_latency', 'network_latency', 'network_throughput', 'memory_bandwidth'])
      add(name, 'late', 1);
    return made;
  }
  const faux = hasFaux(release);
  if (faux) add('faux', 'early', FIRST);
  add('cpu', 'early', 1);
  // drivers/base/cpu.c adds the CPUs itself (GENERIC_CPU_DEVICES); arm64 did so in topology_init before 6.8.
  const early = isArm(build) || release >= 6008;
  if (early) add('cpu0', 'early', 1);
  add('container', 'early', 1);
  if (!early) add('cpu0', 'subsys', 0);
  add('workqueue', 'core', 1);
  // drivers/pmdomain/core.c, genpd_bus_init.
  if (isArm(build) && release >= 7000) add('genpd_provider', 'core', 2);
  if (faux) add('reg-dummy', 'core', 20, 'faux', 'faux_driver', 'faux', false);
  else add('reg-dummy', 'core', 20, 'platform', 'reg-dummy', 'platform');
  add('writeback', 'subsys', 1);
  for (const name of [
    ...(build === 'smmu2' || build === 'soc' ? ['mem'] : []),
    'null',
    'zero',
    'full',
    'random',
    'urandom',
    'kmsg',
    'tty',
    'console',
    'hw_random',
  ])
    add(name, 'fs', 1);
  for (const name of ['clocksource', 'clocksource0', 'clockevents', 'clockevent0', 'broadcast']) add(name, 'device', 1);
  // drivers/base/cacheinfo.c, after the IOMMU drivers; its devices need no power management. What is said of caches
  // that the tree does not describe differs: a third level by 6.12, and 32-bit ARM too in 7.3.
  const caches = isArm(build) ? (release >= 7000 ? 3 : 0) : release >= 6012 ? 3 : 2;
  if (caches > 0) add('cache', 'device', 100, null, null, null, false);
  for (let i = 0; i < caches; i++) add(`index${i}`, 'device', 100, null, null, null, false);
  return made;
}
