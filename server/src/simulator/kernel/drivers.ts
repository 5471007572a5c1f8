/**
 * Drivers as the driver core sees them: who registers when, and what each can bind. The built-in catalogue and the
 * drivers of a scenario are the same type, so that nothing above cares where a driver came from.
 */

import type { PciIdentity, PciMatch } from './catalogue/pci-ids';

/** Initcall levels in the order in which the kernel runs them (include/linux/init.h); `_sync` runs after its level. */
export const INITCALL_LEVELS = [
  'early',
  'pure',
  'core',
  'core_sync',
  'postcore',
  'postcore_sync',
  'arch',
  'arch_sync',
  'subsys',
  'subsys_sync',
  'fs',
  'fs_sync',
  'rootfs',
  'device',
  'device_sync',
  'late',
  'late_sync',
] as const;

export type InitcallLevel = (typeof INITCALL_LEVELS)[number];

/** A place in the kernel source, the line counted from 1. */
export interface KernelPlace {
  /** Relative to the kernel tree. */
  readonly file: string;
  readonly line: number;
}

/** One row of an of_device_id table. A field that is null matches anything (drivers/of/base.c, __of_device_is_compatible). */
export interface OfMatch {
  readonly compatible: string | null;
  /** `device_type` of the node. */
  readonly type: string | null;
  /** Node name without unit address. */
  readonly name: string | null;
  readonly place: KernelPlace | null;
}

/**
 * What a driver makes of the children of its node when it has bound:
 * - `platform`: of_platform_populate() without bus table: each child with a compatible, no recursion;
 * - `platform-buses`: with the default bus table (simple-bus, simple-mfd, isa, arm,amba-bus recurse);
 * - `mfd`: only children whose compatible is in `compatibles` (mfd_cell.of_compatible);
 * - `scmi_protocol`: each `protocol@N`, matched by its number (the driver's `ids`, in hex);
 * - `gpio`: each child that is a `gpio-controller` becomes a device of the gpio bus, bound at once by gpiolib's stub;
 * - `provided-nodes` (PROVIDED_NODES): no devices; with `providesBelow`, nodes that it looks for by `names` or by
 *   `compatibles` and below which it registers providers although they have compatibles;
 * - any other text: the bus that the driver registers a controller of (i2c, spi, spmi, mdio_bus, mipi-dsi, serial …),
 *   whose children become devices of that bus.
 */
export const PROVIDED_NODES = 'provided-nodes';

export interface Population {
  readonly bus: string;
  /** For `mfd`: the compatibles that get a device. Empty otherwise. */
  readonly compatibles: readonly string[];
  /** The children stand in a child node of this name (`mdio`, `i2c-bus`, `ports` …), or null: directly below. */
  readonly below: string | null;
  /** For `provided-nodes`: node names without unit address. For `mfd`: the name of each compatible's cell, by which platform drivers match it as well ('': not known). */
  readonly names?: readonly string[];
}

/** Resources whose getters return -EPROBE_DEFER while the provider is missing (clk_get, reset_control_get …). */
export const RESOURCE_KINDS = ['clocks', 'resets', 'phys', 'supplies', 'interrupts'] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

export interface DriverModel {
  /** The name in sysfs (device_driver.name). */
  readonly name: string;
  /** `platform`, `amba`, `pci`, `i2c`, `spi`, `spmi`, `mdio_bus`, `mipi-dsi`, `serial`, `rpmsg` … as in /sys/bus. */
  readonly bus: string;
  /** of_match_table; empty for a driver that only matches otherwise. */
  readonly of: readonly OfMatch[];
  /** Names of the bus's own id table (i2c_device_id …): compared with the first compatible without its vendor. */
  readonly ids: readonly string[];
  /** AMBA peripheral IDs ({ id, mask }), as unsigned 32-bit numbers. */
  readonly amba: readonly { readonly id: number; readonly mask: number }[];
  /** The rows of a PCI driver's table; absent: none. */
  readonly pci?: { readonly rows: readonly PciMatch[] };
  /** The level at which the driver registers; a module counts as `device`. */
  readonly level: InitcallLevel;
  /** Link order: within a level, the smaller number registers first; ties keep their order in the list. */
  readonly order: number;
  /** True when it exists only as a module: it registers when a `load` event (or udev after boot) brings it. */
  readonly module: boolean;
  /** CONFIG_ symbol that builds it (with prefix), or null: always built. */
  readonly config: string | null;
  /** driver_managed_dma. */
  readonly managesDma: boolean;
  /** Calls the IOMMU API itself (iommu_domain_alloc, iommu_attach_device …): wants its own domain. */
  readonly usesIommuApi: boolean;
  /** Its probe registers an IOMMU (iommu_device_register). */
  readonly iommuProvider: boolean;
  /** platform_driver_probe(): binds only what exists when it registers, and never defers (-EPROBE_DEFER is final). */
  readonly probeOnce: boolean;
  /** probe_type = PROBE_PREFER_ASYNCHRONOUS. */
  readonly asynchronous: boolean;
  /** suppress_bind_attrs: no bind and unbind in sysfs. */
  readonly noUnbind: boolean;
  readonly populates: readonly Population[];
  /** What its probe asks for by name; absent: nothing. */
  readonly gets?: readonly ResourceKind[];
  /**
   * Its probe registers clocks, power domains or interrupts: nodes below its own that carry such cells and have no
   * compatible are marked initialized. Absent: false.
   */
  readonly providesBelow?: boolean;
  /** It has a sync_state callback; absent: false. */
  readonly syncState?: boolean;
  /** Where the driver structure stands; null for drivers of a scenario. */
  readonly place: KernelPlace | null;
}

/** A driver of which nothing special is known: built in, at device level, matching nothing. */
export const plainDriver: Omit<DriverModel, 'name' | 'bus'> = {
  of: [],
  ids: [],
  amba: [],
  level: 'device',
  order: 0,
  module: false,
  config: null,
  managesDma: false,
  usesIommuApi: false,
  iommuProvider: false,
  probeOnce: false,
  asynchronous: false,
  noUnbind: false,
  populates: [],
  place: null,
};

/**
 * A node served by an OF declare table before any device exists (CLK_OF_DECLARE, IRQCHIP_DECLARE, TIMER_OF_DECLARE,
 * RESERVEDMEM_OF_DECLARE, CPU_METHOD_OF_DECLARE …), or by an early initcall that looks for it (`other`: it and the nodes
 * below it, as far as they carry a provider's cells).
 */
export type EarlyKind = 'clk' | 'irqchip' | 'timer' | 'reservedmem' | 'iommu' | 'other';

export interface EarlyProvider {
  /** `iommu`: a software IOMMU that registers before the tree becomes devices, in kernels where IOMMUs can (`earlyIommus`). */
  readonly kind: EarlyKind;
  readonly compatible: string;
  /**
   * The node is marked OF_POPULATED, so that no platform device is made for it: clocks (of_clk_init) and interrupt
   * controllers (of_irq_init); false for CLK_OF_DECLARE_DRIVER, which clears the mark, and for timers.
   */
  readonly populated: boolean;
  /**
   * The node is marked FWNODE_FLAG_INITIALIZED (of_clk_add_provider, irq_domain_create): consumers make no link while
   * it has no device ("might never become dev").
   */
  readonly initialized: boolean;
  readonly config: string | null;
  readonly place: KernelPlace | null;
}

/** The drivers that exist in one kernel with one configuration. Made once, shared by all simulations. */
export interface DriverSet {
  /** In registration order: by level, then link order. Modules are among them, marked. */
  readonly drivers: readonly DriverModel[];
  /** Drivers with an of_device_id row of this compatible, in registration order. */
  byCompatible(compatible: string): readonly DriverModel[];
  /** All that a node of this compatible can bring: `byCompatible`, and `byId` of the buses that match it without its vendor. */
  fitting(compatible: string): readonly DriverModel[];
  /** Drivers whose own id table names this (a compatible without its vendor), in registration order. */
  byId(bus: string, id: string): readonly DriverModel[];
  /** The drivers on a bus, in registration order. */
  onBus(bus: string): readonly DriverModel[];
  /** PCI drivers whose table fits a function, in registration order. */
  byPci(identity: PciIdentity): readonly DriverModel[];
  /** AMBA drivers for this peripheral ID, in registration order. */
  byPeriphid(periphid: number): readonly DriverModel[];
  /** The driver of a name on a bus, or null. */
  byName(bus: string, name: string): DriverModel | null;
  /** Drivers with a row that has no compatible (matched by device_type or node name alone). */
  readonly byTypeOrName: readonly DriverModel[];
  /** The early providers of this compatible, in link order. */
  early(compatible: string): readonly EarlyProvider[];
}
