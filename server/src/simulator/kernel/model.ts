/**
 * What differs between kernel versions, as named flags. `probe/`, `dma/` and `smmu/` read these; nobody compares version
 * numbers. The values, with their reasons and sources, stand in rules.ts: one rule a flag.
 */

import type { InitcallLevel } from './drivers';
import type { AddedDriver } from './names';

/** The kernels that can be predicted, oldest first. */
export const KERNEL_VERSIONS = ['3.19', '4.12', '5.15', '6.6', '6.12', '6.18'] as const;
export type KernelVersion = (typeof KERNEL_VERSIONS)[number];

/** Differences of of_supplier_bindings[] from 6.12. */
export interface SupplierBindings {
  /** Property names that make no link in this kernel. */
  readonly without: readonly string[];
  /** Exact names linked here but not in 6.12, with the property that counts their cells (null: none). */
  readonly added: readonly { readonly name: string; readonly cells: string | null }[];
  /** pinctrl-0 up to this number. */
  readonly lastPinctrl: number;
  /** remote-endpoint: who is the consumer; `none`: not linked. */
  readonly remoteEndpoint: 'none' | 'compatible-node' | 'port-parent';
  /** nvmem-cells: whether the provider's `#nvmem-cell-cells` is honoured. */
  readonly nvmemCells: boolean;
}

export interface KernelFlags {
  // ---- when a master is parsed and attached -------------------------------------------------------------------------
  /**
   * Where of_iommu_configure() runs. `creation`: of_platform_device_create_pdata, before device_add, never again;
   * `probe`: the bus's dma_configure inside really_probe(), each attempt; `registration`: besides that in
   * iommu_init_device(), for devices already there when their IOMMU registers and for devices added later, so that a
   * master gets its group without any driver. Governs IommuSubsystem.register, deviceAdded and configure.
   */
  readonly attachMoment: 'creation' | 'probe' | 'registration';
  /**
   * Since when the bus notifier offers added devices to the IOMMU driver: from its own registration
   * (bus_set_iommu), or from subsys_initcall (iommu_subsys_init). Governs IommuSubsystem.deviceAdded.
   */
  readonly notifierFrom: 'registration' | 'subsys';
  /**
   * Who may register: `system` (one driver type at a time; another gets -EBUSY from bus_set_iommu, later from
   * iommu_device_register) or `instance` (any mix). Governs IommuSubsystem.register.
   */
  readonly opsScope: 'system' | 'instance';
  /**
   * The core refuses a device without fwspec before the driver's probe_device is asked (__iommu_probe_device). Where it
   * does not, `driversThatParse` take masters by themselves: when they register, and when a device is added later.
   */
  readonly coreDemandsFwspec: boolean;
  /** Registered drivers (IommuInstance.driver) whose probe_device (add_device) reads `iommus` of the device it is offered. */
  readonly driversThatParse: readonly string[];
  /**
   * The core claims the default domain in dma_configure (iommu_device_use_default_domain; -EBUSY when another owns it).
   * `awaited`: a group that has none yet defers the probe.
   */
  readonly claimsDefaultDomain: 'no' | 'claimed' | 'awaited';

  // ---- an IOMMU that is not ready, or an entry that cannot be used ----------------------------------------------------
  /**
   * What a missing IOMMU means. `ignored`: no IOMMU for ever; `declared-while-booting`: -EPROBE_DEFER only for
   * compatibles in IOMMU_OF_DECLARE and only before boot has ended, else no IOMMU; `deferred`:
   * driver_deferred_probe_check_state() decides. Governs of_iommu_xlate.
   */
  readonly missingIommu: 'ignored' | 'declared-while-booting' | 'deferred';
  /** Compatibles of the IOMMU_OF_DECLARE table, where `missingIommu` asks for it. */
  readonly declaredIommus: readonly string[];
  /**
   * One of several `iommus` entries fails. `kept`: no IOMMU now, but the fwspec of the earlier entries stays and the
   * next attempt takes it for success; `freed`: all or nothing. Governs of_iommu_configure.
   */
  readonly partialFwspec: 'kept' | 'freed';
  /** `iommu-map`: `none`; `one-alias` (PCI, first alias only); `aliases` (PCI, every alias). Governs PCI configure. */
  readonly iommuMap: 'none' | 'one-alias' | 'aliases';

  // ---- devices and deferral -------------------------------------------------------------------------------------------------------
  /** The initcall level at which the tree becomes devices (of_platform_default_populate_init, customize_machine). */
  readonly populateLevel: { readonly arm: InitcallLevel; readonly other: InitcallLevel };
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

  // ---- fw_devlink -----------------------------------------------------------------------------------------------------
  /** Default of fw_devlink=; `absent`: the kernel has none. */
  readonly fwDevlink: 'absent' | 'permissive' | 'on' | 'rpm';
  /** The console's node probes without waiting for its suppliers' drivers (FWNODE_FLAG_BEST_EFFORT). */
  readonly fwDevlinkBestEffort: boolean;
  /** Which properties make supplier links. */
  readonly supplierBindings: SupplierBindings;
  /** `consumer`: "Fixing up cyclic dependency with X" on the consumer; `node`: "X: Fixed dependency cycle(s) with Y". */
  readonly cycleMessage: 'none' | 'consumer' | 'node';
  /** "sync_state() pending due to": whether and how loud. */
  readonly syncStatePending: 'none' | 'warn' | 'info';

  // ---- groups and default domains --------------------------------------------------------------------------------------
  /** "Adding to iommu group N": not printed; `iommu: Adding device X to group N`; or by the device (driver or bus first). */
  readonly groupMessage: 'none' | 'iommu' | 'device';
  /** Whether groups get a default domain at all. */
  readonly defaultDomains: boolean;
  /** "Falling back to IOMMU_DOMAIN_DMA": said by the first master, or by the core with the group's name. */
  readonly fallbackMessage: 'device' | 'group';
  /**
   * arm64 sets up dma-iommu in each dma_configure (arch_setup_dma_ops) and warns of a master that has an IOMMU but no
   * domain; later the core does it when the master joins its group.
   */
  readonly warnsWithoutDomain: boolean;
  /** iommu.passthrough= exists. */
  readonly passthroughParam: boolean;
  /**
   * iommu.strict= and flush queues: `none` (always strict) or `kconfig` (CONFIG_IOMMU_DEFAULT_DMA_*, type DMA-FQ when
   * lazy).
   */
  readonly strictParam: 'none' | 'kconfig';
  /** A driver's def_domain_type is asked (iommu_ops.def_domain_type). */
  readonly driverDomainType: boolean;
  /**
   * A default domain that cannot be made (32-bit ARM has no CONFIG_IOMMU_DMA, so no DMA domain): the group stays without
   * one, or its type becomes identity where that helps and the device is refused where it does not.
   */
  readonly defaultDomainOptional: boolean;
  /** The core refuses to attach a device of a group of several, or a group that is not in its default domain (-EINVAL, -EBUSY). */
  readonly coreAttachChecks: boolean;

  // ---- DMA API ------------------------------------------------------------------------------------------------------------
  /** arm64 has IOMMU-backed DMA ops (arch_setup_dma_ops heeds the IOMMU). */
  readonly arm64IommuDma: boolean;
  /** Size of the 32-bit ARM glue's window without dma-ranges: the mask (one byte short of 4 GiB), or mask + 1. */
  readonly armWindow: 'mask' | 'mask-plus-one';
  /** The glue's bitmaps may grow by one more than planned (extend_iommu_mapping). */
  readonly armExtraBitmap: boolean;
  /** The glue's mapping is torn down on unbind and after a failed or deferred probe (arch_teardown_dma_ops from dma_deconfigure). */
  readonly armTeardownOnFailure: boolean;
  /** First IOVA page of dma-iommu: max(1, aperture), or also at least the dma-ranges base (iommu_dma_init_domain). */
  readonly iovaStartsAtDmaRanges: boolean;
  /** PCI with a mask above 32 bits: never below 4 GiB first, each time, or until the first failure (iommu_dma_alloc_iova). */
  readonly pci32First: 'never' | 'always' | 'until-failure';
  /** iommu.forcedac= exists. */
  readonly forcedacParam: boolean;
  /** Per-CPU IOVA magazines: entries of one, and how many full ones the depot keeps (null: any number, trimmed); null: no cache. */
  readonly iovaCache: { readonly magazine: number; readonly depot: number | null } | null;

  // ---- IOMMU drivers -----------------------------------------------------------------------------------------------------
  /**
   * arm-smmu-v3, one stream for two masters: two groups; refused with -EINVAL and "stream N already in tree" (5.15
   * without, 6.12 with the other's name); refused with -ENODEV and "Aliasing StreamID". Governs arm_smmu_insert_master.
   */
  readonly smmuV3Alias: 'allowed' | 'stream' | 'stream-from' | 'aliasing';
  /** arm-smmu-v3's log of an event: number and raw words, or these and the decoded fields. Governs arm_smmu_dump_event. */
  readonly smmuV3EventText: 'raw' | 'decoded';
  /** Drivers that this kernel has besides those of the catalogue's release (kernel/added-drivers.ts). */
  readonly driversAdded: readonly AddedDriver[];
  /** IOMMU drivers (iommu_ops identity as in the IOMMU catalogue) that link master to IOMMU in probe_device. */
  readonly driversThatLink: readonly string[];
  /** Registered drivers (IommuInstance.driver) that have no of_xlate, so that `iommus` does nothing by itself. */
  readonly driversWithoutXlate: readonly string[];
  /**
   * Drivers whose groups stay without a default domain: they can make neither DMA nor identity domains, or their
   * add_device never asks the core for one.
   */
  readonly driversWithoutDefaultDomain: readonly string[];
  /** Drivers that cannot make an identity domain: iommu.passthrough leaves their groups in a DMA domain. */
  readonly driversWithoutIdentity: readonly string[];
  /** Drivers that make a group a master where later kernels have one an instance. */
  readonly driversWithGroupPerMaster: readonly string[];
  /** What an arm-smmu (v1, v2) does with streams it does not know: passes them, or what CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT says. */
  readonly smmuBypass: 'allowed' | 'kconfig';
  /** Initcall levels of platform drivers (DriverModel.name) that differ from the catalogue's 6.12. */
  readonly driverLevels: Readonly<Record<string, InitcallLevel>>;
}

/** One kernel's flags under its version. */
export interface KernelModel extends KernelFlags {
  readonly version: KernelVersion;
  /** What in this model is verified by recordings of real kernels, and what only by reading its source. */
  readonly verified: readonly string[];
}
