/** When a master is parsed and attached, and what an IOMMU that is not ready or an entry that cannot be used means. */
import type { RowReading } from '../../../iommu/map';
import type { RulesOf } from './rule';

export interface AttachFlags {
  // ---- when a master is parsed and attached ----
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

  // ---- an IOMMU that is not ready, or an entry that cannot be used ----
  /**
   * What a missing IOMMU means. `ignored`: no IOMMU for ever; `declared-while-booting`: -EPROBE_DEFER only for
   * compatibles in IOMMU_OF_DECLARE and only before boot has ended, else no IOMMU; `deferred`:
   * driver_deferred_probe_check_state() decides. Governs of_iommu_xlate.
   */
  readonly missingIommu: 'ignored' | 'declared-while-booting' | 'deferred';
  /** of_iommu_configure() looks at `status` of the IOMMU, or takes whatever has registered. */
  readonly disabledIommu: 'ignored' | 'used';
  /**
   * IOMMUs that a scenario declares early register just before the tree becomes devices (of_iommu_init), with their
   * automatic mappings; later kernels register IOMMUs as devices only.
   */
  readonly earlyIommus: boolean;
  /** Compatibles of the IOMMU_OF_DECLARE table, where `missingIommu` asks for it. */
  readonly declaredIommus: readonly string[];
  /**
   * One of several `iommus` entries fails. `kept`: no IOMMU now, but the fwspec of the earlier entries stays and the
   * next attempt takes it for success, and an entry whose IOMMU has not registered is refused after one that has
   * (-EINVAL) instead of being waited for; `freed`: all or nothing. Governs of_iommu_configure.
   */
  readonly partialFwspec: 'kept' | 'freed';
  /** `iommu-map`: `none`; `one-alias` (PCI, first alias only); `aliases` (PCI, every alias). Governs PCI configure. */
  readonly iommuMap: 'none' | 'one-alias' | 'aliases';
  /** How `iommu-map` and `msi-map` are cut into rows: four cells each, or by the target's #cells. Governs of_map_id. */
  readonly mapRows: RowReading;
  /** A device without IOMMU counts as an error (-ENODEV) that of_iommu_configure tells at debug level. */
  readonly noIommuIsError: boolean;
}

export const ATTACH_RULES: RulesOf<AttachFlags> = {
  attachMoment: {
    what: 'A master is parsed when its device is created (3.19), just before each probe (4.12), or as soon as its IOMMU registers, without any driver (6.15 on).',
    source: 'of_platform_device_create_pdata; really_probe, platform_dma_configure; iommu_init_device',
    since: { '3.19': 'creation', '4.12': 'probe', '6.18': 'registration' },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
  notifierFrom: {
    what: 'Devices added later are offered to the IOMMU driver from its own registration on, or from subsys_initcall on.',
    source: 'bus_set_iommu, iommu_bus_init; iommu_subsys_init',
    since: { '3.19': 'registration', '6.1': 'subsys' },
    recorded: ['3.19', '7.3'],
  },
  opsScope: {
    what: 'One IOMMU driver type a system (to 6.6: a second gets -EBUSY), or any mix (6.12).',
    source: 'bus_set_iommu (to 5.19); iommu_device_register',
    since: { '3.19': 'system', '6.12': 'instance' },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
  coreDemandsFwspec: {
    what: 'The core refuses a device without fwspec before it asks the driver.',
    source: '__iommu_probe_device, iommu_init_device',
    since: { '3.19': false, '6.12': true },
    recorded: ['3.19', '6.12'],
  },
  driversThatParse: {
    what: 'IOMMU drivers that read iommus themselves when the core offers them a device: Rockchip up to 4.12, OMAP, Tegra since it has groups (5.0). Effective where the core does not demand a fwspec.',
    source: 'rk_iommu_add_device; omap_iommu_add_device, omap_iommu_probe_device; tegra_smmu_probe_device',
    since: {
      '3.19': ['rockchip-iommu'],
      '4.12': ['rockchip-iommu', 'omap-iommu'],
      '5.10': ['tegra-smmu', 'omap-iommu'],
    },
    recorded: ['3.19'],
  },
  claimsDefaultDomain: {
    what: "dma_configure claims the group's default domain for kernel use and refuses the probe with -EBUSY when another owner has it (5.19 on); in 6.12 it defers a probe whose group has none yet.",
    source: 'platform_dma_configure, iommu_device_use_default_domain',
    since: { '3.19': 'no', '6.1': 'claimed', '6.12': 'awaited' },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
  missingIommu: {
    what: 'An IOMMU that has not registered is ignored for ever (3.19), waited for during boot when its compatible is declared (4.12), or waited for as the driver core says (5.0 on).',
    source: 'of_iommu_configure; of_iommu_driver_present; driver_deferred_probe_check_state',
    since: { '3.19': 'ignored', '4.12': 'declared-while-booting', '5.10': 'deferred' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  disabledIommu: {
    what: 'An IOMMU that is disabled in the tree and has registered all the same, because it was declared early, is used (3.19) or passed over.',
    source: 'of_iommu_configure, of_iommu_init; of_iommu_xlate',
    since: { '3.19': 'used', '4.12': 'ignored' },
    recorded: [],
  },
  earlyIommus: {
    what: 'IOMMUs can be declared early: registered by of_iommu_init just before the tree becomes devices, whatever their status, so that a mapping is there before each probe. No driver of the 3.19 tree does so.',
    source: 'of_iommu_init, customize_machine',
    since: { '3.19': true, '4.12': false },
    recorded: ['3.19'],
  },
  declaredIommus: {
    what: 'The compatibles in the IOMMU_OF_DECLARE table.',
    source: 'IOMMU_OF_DECLARE in drivers/iommu (none before 4.1, table gone in 5.0)',
    since: {
      '3.19': [],
      '4.12': [
        'arm,smmu-v3',
        'arm,smmu-v1',
        'arm,smmu-v2',
        'arm,mmu-400',
        'arm,mmu-401',
        'arm,mmu-500',
        'cavium,smmu-v2',
        'samsung,exynos-sysmmu',
        'qcom,apq8064-iommu',
        'mediatek,mt8173-m4u',
      ],
      '5.10': [],
    },
    recorded: [],
  },
  partialFwspec: {
    what: 'When one of several iommus entries fails, the fwspec of the earlier ones stays and counts as success next time, and an IOMMU that has not registered is not waited for after one that has (-EINVAL; 4.12 to 6.6), or is freed.',
    source: 'of_iommu_configure, iommu_fwspec_init, iommu_fwspec_free',
    since: { '3.19': 'kept', '6.12': 'freed' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  iommuMap: {
    what: 'iommu-map is not read, read for one alias of a PCI function, or for every alias.',
    source: 'of_pci_iommu_init, of_pci_map_rid, of_map_id',
    since: { '3.19': 'none', '4.12': 'one-alias', '5.10': 'aliases' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  mapRows: {
    what: 'A row of iommu-map or msi-map has four cells whatever the target says (to 7.1), or as many output cells as its #iommu-cells or #msi-cells (7.2 on): a range of IDs is refused where they are two, and rows of four for one target with length 1 each are still taken, with a warning.',
    source: 'of_map_id; of_check_bad_map',
    since: { '3.19': 'four', '7.3': 'by-cells' },
    recorded: [],
  },
  noIommuIsError: {
    what: 'A device without IOMMU is passed over silently (NO_IOMMU), or counts as -ENODEV with "Adding to IOMMU failed: -19" at debug level.',
    source: 'of_iommu_configure, of_iommu_xlate',
    since: { '3.19': false, '6.12': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
};
