/** When devices come, and how probes are put off and retried. */
import type { InitcallLevel } from '../drivers';
import type { RulesOf } from './rule';

export interface DeferralFlags {
  /** Suspend to idle on a board without suspend_ops ends in a NULL pointer. */
  readonly freezeNeedsOps: boolean;
  /**
   * Removing a device of the tree that has `reg` ends in a NULL pointer: its resources were never inserted and are
   * released all the same.
   */
  readonly removalReleasesResources: boolean;
  /** A device that is removed leaves its group before its driver's remove runs, or after it. */
  readonly leavesGroup: 'before-remove' | 'after-remove';
  /** The initcall level at which the tree becomes devices (of_platform_default_populate_init, customize_machine). */
  readonly populateLevel: { readonly arm: InitcallLevel; readonly other: InitcallLevel };
  /** Clocks and interrupt controllers that are set up early are not marked OF_POPULATED: they become devices too. */
  readonly earlyProvidersAreDevices: boolean;
  /** Default of deferred_probe_timeout in seconds with and without CONFIG_MODULES; null: the kernel has no timeout. */
  readonly deferredProbeTimeout: { readonly modules: number; readonly noModules: number } | null;
  /** deferred_probe_initcall: `one-pass` (trigger and flush), `two-pass` (then initcalls_done, trigger and flush again). */
  readonly deferredProbeInitcall: 'one-pass' | 'two-pass';
  /** Each driver registration restarts a running timeout (deferred_probe_extend_timeout). */
  readonly timeoutExtended: boolean;
  /** What deferred_probe_timeout_work_func prints for a device: nothing, the bare text (info), or with reason (warning). */
  readonly pendingMessage: 'none' | 'plain' | 'reason';
  /** Whether a supplier that is waited for becomes the reason in devices_deferred (dev_err_probe in device_links_check_suppliers). */
  readonly supplierReason: boolean;
  /** A deferred device that is retried moves to the end of dpm_list alone, or with its children and consumers. */
  readonly retryMoves: 'device' | 'device-and-dependents';
}

export const DEFERRAL_RULES: RulesOf<DeferralFlags> = {
  freezeNeedsOps: {
    what: 'Suspend to idle on a board without suspend_ops is a NULL pointer (3.19).',
    source: 'platform_suspend_begin in kernel/power/suspend.c',
    since: { '3.19': true, '4.12': false },
    recorded: ['3.19'],
  },
  removalReleasesResources: {
    what: 'Removing a platform device of the tree that has reg is a NULL pointer in release_resource (3.19): of_device_add does not insert its resources, platform_device_del releases them.',
    source: 'of_device_add, platform_device_del, release_resource',
    since: { '3.19': true, '4.12': false },
    recorded: [],
  },
  leavesGroup: {
    what: 'The IOMMU driver hears of a device that goes before the remove of its own driver (BUS_NOTIFY_DEL_DEVICE, 3.19) or after it (BUS_NOTIFY_REMOVED_DEVICE); the automatic mapping of 32-bit ARM stays.',
    source: 'iommu_bus_notifier, device_del',
    since: { '3.19': 'before-remove', '4.12': 'after-remove' },
    recorded: ['3.19'],
  },
  earlyProvidersAreDevices: {
    what: 'Interrupt controllers and clocks that are set up early become platform devices too (3.19), or are marked as done.',
    source: 'of_irq_init, of_clk_init; of_platform_device_create_pdata',
    since: { '3.19': true, '4.12': false },
    recorded: ['3.19'],
  },
  populateLevel: {
    what: 'The level at which the tree becomes devices.',
    source: 'customize_machine, arm64_device_init; of_platform_default_populate_init',
    since: {
      '3.19': { arm: 'arch', other: 'arch_sync' },
      '4.12': { arm: 'arch_sync', other: 'arch_sync' },
    },
    recorded: ['3.19', '6.12', '7.3'],
  },
  deferredProbeTimeout: {
    what: 'Default of deferred_probe_timeout: none, 0, or 10 s with modules (5.19 on).',
    source: 'driver_deferred_probe_timeout in drivers/base/dd.c',
    since: { '3.19': null, '5.15': { modules: 0, noModules: 0 }, '6.1': { modules: 10, noModules: 0 } },
    recorded: ['6.1', '6.12', '7.3'],
  },
  deferredProbeInitcall: {
    what: 'The late initcall retries the pending list once, or a second time after it has declared the initcalls done (5.0 on).',
    source: 'deferred_probe_initcall',
    since: { '3.19': 'one-pass', '5.15': 'two-pass' },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
  timeoutExtended: {
    what: 'Each driver registration restarts a running timeout (6.1 on).',
    source: 'deferred_probe_extend_timeout, driver_register',
    since: { '3.19': false, '6.1': true },
    recorded: ['6.1', '6.12'],
  },
  pendingMessage: {
    what: 'What the timeout prints for a device that is still pending.',
    source: 'deferred_probe_timeout_work_func',
    since: { '3.19': 'none', '5.15': 'plain', '6.12': 'reason' },
    recorded: ['6.1', '6.12'],
  },
  supplierReason: {
    what: 'A supplier that is waited for is given as the reason of the deferral.',
    source: 'device_links_check_suppliers',
    since: { '3.19': false, '5.15': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  retryMoves: {
    what: 'A retried device moves to the end of the power-management list alone, or with its children and consumers (5.10 on).',
    source: 'deferred_probe_work_func, device_pm_move_to_tail',
    since: { '3.19': 'device', '5.15': 'device-and-dependents' },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
};
