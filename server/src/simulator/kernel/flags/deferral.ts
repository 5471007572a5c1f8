/** When devices come, and how probes are put off and retried. */
import type { InitcallLevel } from '../drivers';
import type { RulesOf } from './rule';

export interface EarlyNodes {
  /** Compatibles that get a device wherever they stand, mostly in /reserved-memory (reserved_mem_matches). */
  readonly reserved: readonly string[];
  /** The children of /firmware: none, they alone, or plain buses with what is below them too. */
  readonly firmware: 'no' | 'children' | 'buses';
  /** The simple-framebuffer in /chosen. */
  readonly framebuffer: boolean;
}

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
  /** What becomes a device before the walk over the tree (of_platform_default_populate_init). */
  readonly earlyNodes: EarlyNodes;
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
  /**
   * When really_probe() fails before the driver's own probe (dma_configure: an IOMMU that is waited for): the next driver
   * that fits is tried, as after a probe that fails, or none for now.
   */
  readonly failedConfigure: 'next-driver' | 'ends';
  /**
   * An AMBA device whose peripheral ID cannot be read yet (its clock or reset is missing) never comes, is added later
   * (every 5 s; `late`: at late_initcall besides), or is added at once and read when a driver is matched.
   */
  readonly ambaWithoutId: 'never' | 'each-5s' | 'late-and-each-5s' | 'added';
  /** "DRIVER: probe of DEVICE failed with error N" as a warning, or "DRIVER DEVICE: probe with driver DRIVER failed …" as an error. */
  readonly probeFailedText: 'of' | 'with-driver';
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
  earlyNodes: {
    what: 'Nodes that become devices before the walk over the tree: none (3.19), ramoops (4.12), then more kinds of reserved memory, the children of /firmware and, by 6.1, the framebuffer in /chosen.',
    source: 'of_platform_default_populate_init, reserved_mem_matches',
    since: {
      '3.19': { reserved: [], firmware: 'no', framebuffer: false },
      '4.12': { reserved: ['ramoops'], firmware: 'no', framebuffer: false },
      '5.10': { reserved: ['qcom,rmtfs-mem', 'qcom,cmd-db', 'ramoops'], firmware: 'children', framebuffer: false },
      '5.15': {
        reserved: ['qcom,rmtfs-mem', 'qcom,cmd-db', 'ramoops', 'nvmem-rmem'],
        firmware: 'children',
        framebuffer: false,
      },
      '6.1': {
        reserved: [
          ...['phram', 'qcom,rmtfs-mem', 'qcom,cmd-db', 'qcom,smem', 'ramoops', 'nvmem-rmem'],
          'google,open-dice',
        ],
        firmware: 'buses',
        framebuffer: true,
      },
    },
    recorded: [],
  },
  deferredProbeTimeout: {
    what: 'Default of deferred_probe_timeout: none, 0, or 10 s with modules (5.19 on).',
    source: 'driver_deferred_probe_timeout in drivers/base/dd.c',
    since: { '3.19': null, '5.10': { modules: 0, noModules: 0 }, '6.1': { modules: 10, noModules: 0 } },
    recorded: ['6.1', '6.12', '7.3'],
  },
  deferredProbeInitcall: {
    what: 'The late initcall retries the pending list once, or a second time after it has declared the initcalls done (5.0 on).',
    source: 'deferred_probe_initcall',
    since: { '3.19': 'one-pass', '5.10': 'two-pass' },
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
    since: { '3.19': 'none', '5.10': 'plain', '6.12': 'reason' },
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
    since: { '3.19': 'device', '5.10': 'device-and-dependents' },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
  failedConfigure: {
    what: "When setting a device up for DMA fails before its driver's probe (an IOMMU that is waited for), the next driver that fits is tried all the same, or (5.14 on) none for now.",
    source: 'really_probe, call_driver_probe, __device_attach_driver',
    since: { '3.19': 'next-driver', '5.15': 'ends' },
    recorded: [],
  },
  ambaWithoutId: {
    what: 'An AMBA device whose peripheral ID cannot be read because its clock or reset has not come: there is never a device (3.19); it is tried again every 5 seconds, and at late_initcall too (5.10), so that a boot has the device late; or it is added at once and its match waits (6.0 on).',
    source: 'amba_device_add, amba_deferred_retry, amba_deferred_retry_func; amba_match',
    since: { '3.19': 'never', '4.12': 'each-5s', '5.10': 'late-and-each-5s', '6.1': 'added' },
    recorded: [],
  },
  probeFailedText: {
    what: 'The line for a probe that fails: a warning "DRIVER: probe of DEVICE failed with error N", or an error of the device, "probe with driver DRIVER failed with error N" (6.12).',
    source: 'really_probe; call_driver_probe',
    since: { '3.19': 'of', '6.12': 'with-driver' },
    recorded: [],
  },
};
