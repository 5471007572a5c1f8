/**
 * The rules behind the kernel models: for each flag what differs, where the kernel decides it, and the value in each
 * version. "Read" means read in the source of that release (stable point releases 3.19.8, 4.12.0, 5.15.100, 6.6.87,
 * 6.12.117, 6.18.2); only 6.12 has recordings.
 */
import { KERNEL_VERSIONS, type KernelFlags, type KernelModel, type KernelVersion } from './model';

export interface KernelRule<T> {
  /** What differs, in a sentence. */
  readonly what: string;
  /** The functions (and files) that decide it. */
  readonly source: string;
  /** The value from that version on, until the next one named. 3.19 is always named. */
  readonly since: { readonly '3.19': T } & Readonly<Partial<Record<KernelVersion, T>>>;
  /** Whether recordings of 6.12 confirm the 6.12 value. */
  readonly recorded: boolean;
}

export const KERNEL_RULES: { readonly [F in keyof KernelFlags]: KernelRule<KernelFlags[F]> } = {
  attachMoment: {
    what: 'A master is parsed when its device is created (3.19), just before each probe (4.12), or as soon as its IOMMU registers, without any driver (6.15 on).',
    source: 'of_platform_device_create_pdata; really_probe, platform_dma_configure; iommu_init_device',
    since: { '3.19': 'creation', '4.12': 'probe', '6.18': 'registration' },
    recorded: true,
  },
  notifierFrom: {
    what: 'Devices added later are offered to the IOMMU driver from its own registration on, or from subsys_initcall on.',
    source: 'bus_set_iommu, iommu_bus_init; iommu_subsys_init',
    since: { '3.19': 'registration', '6.6': 'subsys' },
    recorded: false,
  },
  opsScope: {
    what: 'One IOMMU driver type a system (to 6.6: a second gets -EBUSY), or any mix (6.12).',
    source: 'bus_set_iommu (to 5.19); iommu_device_register',
    since: { '3.19': 'system', '6.12': 'instance' },
    recorded: true,
  },
  coreDemandsFwspec: {
    what: 'The core refuses a device without fwspec before it asks the driver.',
    source: '__iommu_probe_device, iommu_init_device',
    since: { '3.19': false, '6.12': true },
    recorded: true,
  },
  driversThatParse: {
    what: 'IOMMU drivers that read iommus themselves when the core offers them a device: Rockchip up to 4.12, OMAP, Tegra since it has groups (5.0). Effective where the core does not demand a fwspec.',
    source: 'rk_iommu_add_device; omap_iommu_add_device, omap_iommu_probe_device; tegra_smmu_probe_device',
    since: {
      '3.19': ['rockchip-iommu'],
      '4.12': ['rockchip-iommu', 'omap-iommu'],
      '5.15': ['tegra-smmu', 'omap-iommu'],
    },
    recorded: false,
  },
  claimsDefaultDomain: {
    what: "dma_configure claims the group's default domain for kernel use and refuses the probe with -EBUSY when another owner has it (5.19 on); in 6.12 it defers a probe whose group has none yet.",
    source: 'platform_dma_configure, iommu_device_use_default_domain',
    since: { '3.19': 'no', '6.6': 'claimed', '6.12': 'awaited' },
    recorded: true,
  },
  missingIommu: {
    what: 'An IOMMU that has not registered is ignored for ever (3.19), waited for during boot when its compatible is declared (4.12), or waited for as the driver core says (5.0 on).',
    source: 'of_iommu_configure; of_iommu_driver_present; driver_deferred_probe_check_state',
    since: { '3.19': 'ignored', '4.12': 'declared-while-booting', '5.15': 'deferred' },
    recorded: true,
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
      '5.15': [],
    },
    recorded: false,
  },
  partialFwspec: {
    what: 'When one of several iommus entries fails, the fwspec of the earlier ones stays and counts as success next time (4.12 to 6.6), or is freed.',
    source: 'of_iommu_configure, iommu_fwspec_free',
    since: { '3.19': 'kept', '6.12': 'freed' },
    recorded: true,
  },
  iommuMap: {
    what: 'iommu-map is not read, read for one alias of a PCI function, or for every alias.',
    source: 'of_pci_iommu_init, of_pci_map_rid, of_map_id',
    since: { '3.19': 'none', '4.12': 'one-alias', '5.15': 'aliases' },
    recorded: true,
  },
  populateLevel: {
    what: 'The level at which the tree becomes devices.',
    source: 'customize_machine, arm64_device_init; of_platform_default_populate_init',
    since: {
      '3.19': { arm: 'arch', other: 'arch_sync' },
      '4.12': { arm: 'arch_sync', other: 'arch_sync' },
    },
    recorded: true,
  },
  deferredProbeTimeout: {
    what: 'Default of deferred_probe_timeout: none, 0, or 10 s with modules (5.19 on).',
    source: 'driver_deferred_probe_timeout in drivers/base/dd.c',
    since: { '3.19': null, '5.15': { modules: 0, noModules: 0 }, '6.6': { modules: 10, noModules: 0 } },
    recorded: true,
  },
  deferredProbeInitcall: {
    what: 'The late initcall retries the pending list once, or a second time after it has declared the initcalls done (5.0 on).',
    source: 'deferred_probe_initcall',
    since: { '3.19': 'one-pass', '5.15': 'two-pass' },
    recorded: true,
  },
  timeoutExtended: {
    what: 'Each driver registration restarts a running timeout (6.1 on).',
    source: 'deferred_probe_extend_timeout, driver_register',
    since: { '3.19': false, '6.6': true },
    recorded: true,
  },
  pendingMessage: {
    what: 'What the timeout prints for a device that is still pending.',
    source: 'deferred_probe_timeout_work_func',
    since: { '3.19': 'none', '5.15': 'plain', '6.12': 'reason' },
    recorded: true,
  },
  supplierReason: {
    what: 'A supplier that is waited for is given as the reason of the deferral.',
    source: 'device_links_check_suppliers',
    since: { '3.19': false, '5.15': true },
    recorded: true,
  },
  retryMoves: {
    what: 'A retried device moves to the end of the power-management list alone, or with its children and consumers (5.10 on).',
    source: 'deferred_probe_work_func, device_pm_move_to_tail',
    since: { '3.19': 'device', '5.15': 'device-and-dependents' },
    recorded: true,
  },
  fwDevlink: {
    what: 'Default of fw_devlink.',
    source: 'fw_devlink_flags in drivers/base/core.c',
    since: { '3.19': 'absent', '5.15': 'on', '6.12': 'rpm' },
    recorded: true,
  },
  fwDevlinkBestEffort: {
    what: 'The console does not wait for suppliers whose drivers have not come (6.1 on).',
    source: 'of_alias_scan, FWNODE_FLAG_BEST_EFFORT, device_links_check_suppliers',
    since: { '3.19': false, '6.6': true },
    recorded: true,
  },
  supplierBindings: {
    what: 'Which properties make supplier links.',
    source: 'of_supplier_bindings in drivers/of/property.c',
    since: {
      '3.19': { without: [], added: [], lastPinctrl: -1, remoteEndpoint: 'none', nvmemCells: false },
      '5.15': {
        without: [
          'interrupt-map',
          'msi-parent',
          'access-controllers',
          'io-backends',
          'pses',
          'power-supplies',
          'post-init-providers',
          'panel',
          'io-channels',
        ],
        added: [
          { name: 'io-channel', cells: '#io-channel-cells' },
          { name: 'interrupt-parent', cells: null },
        ],
        lastPinctrl: 8,
        remoteEndpoint: 'compatible-node',
        nvmemCells: false,
      },
      '6.6': {
        without: [
          'interrupt-map',
          'msi-parent',
          'access-controllers',
          'io-backends',
          'pses',
          'power-supplies',
          'post-init-providers',
        ],
        added: [{ name: 'interrupt-parent', cells: null }],
        lastPinctrl: 8,
        remoteEndpoint: 'port-parent',
        nvmemCells: true,
      },
      '6.12': { without: [], added: [], lastPinctrl: 8, remoteEndpoint: 'port-parent', nvmemCells: true },
    },
    recorded: true,
  },
  cycleMessage: {
    what: 'The text for a dependency cycle.',
    source: 'fw_devlink_relax_cycle, __fw_devlink_relax_cycles',
    since: { '3.19': 'none', '5.15': 'consumer', '6.6': 'node' },
    recorded: true,
  },
  syncStatePending: {
    what: 'The line "sync_state() pending due to": absent, a warning (6.2 on), information (6.18).',
    source: 'fw_devlink_dev_sync_state',
    since: { '3.19': 'none', '6.6': 'warn', '6.18': 'info' },
    recorded: true,
  },
  groupMessage: {
    what: 'The line for a device that joins a group: none, "iommu: Adding device X to group N", "Adding to iommu group N" by the device (5.4 on).',
    source: 'iommu_group_add_device',
    since: { '3.19': 'none', '4.12': 'iommu', '5.15': 'device' },
    recorded: true,
  },
  defaultDomains: {
    what: 'Groups get a default domain (4.2 on).',
    source: 'iommu_group_get_for_dev, iommu_setup_default_domain',
    since: { '3.19': false, '4.12': true },
    recorded: true,
  },
  fallbackMessage: {
    what: 'Who says that a default domain falls back to DMA: the first master (4.12), or the core for the group.',
    source: 'iommu_group_get_for_dev; iommu_group_alloc_default_domain',
    since: { '3.19': 'device', '5.15': 'group' },
    recorded: false,
  },
  warnsWithoutDomain: {
    what: 'arm64 warns "Failed to set up IOMMU" at each probe of a master that counts as having an IOMMU but is in no domain (to 6.6).',
    source: 'arch_setup_dma_ops, iommu_setup_dma_ops',
    since: { '3.19': false, '4.12': true, '6.12': false },
    recorded: true,
  },
  passthroughParam: {
    what: 'The parameter iommu.passthrough.',
    source: 'iommu_set_def_domain_type in drivers/iommu/iommu.c',
    since: { '3.19': false, '4.12': true },
    recorded: true,
  },
  strictParam: {
    what: 'Always strict, or as iommu.strict and Kconfig say, with the type DMA-FQ (5.15 on).',
    source: 'iommu_dma_setup, iommu_get_dma_strict, IOMMU_DEFAULT_DMA_STRICT',
    since: { '3.19': 'none', '5.15': 'kconfig' },
    recorded: true,
  },
  driverDomainType: {
    what: "The driver's def_domain_type is asked (5.8 on).",
    source: 'iommu_get_def_domain_type',
    since: { '3.19': false, '5.15': true },
    recorded: true,
  },
  defaultDomainOptional: {
    what: 'A group whose default domain cannot be made stays without one (to 6.6); 32-bit ARM has no DMA domains without CONFIG_IOMMU_DMA, and 6.12 asks for identity there.',
    source: 'iommu_setup_default_domain, iommu_get_dma_cookie, iommu_get_default_domain_type',
    since: { '3.19': true, '6.12': false },
    recorded: true,
  },
  coreAttachChecks: {
    what: 'iommu_attach_device refuses a group of several (-EINVAL) and a group that is not in its default domain (-EBUSY); in 3.19 it asks the driver alone.',
    source: 'iommu_attach_device, __iommu_attach_group',
    since: { '3.19': false, '4.12': true },
    recorded: true,
  },
  arm64IommuDma: {
    what: 'The DMA API of arm64 translates (4.5 on); before, arch_setup_dma_ops ignored the IOMMU.',
    source: 'arch_setup_dma_ops, arch/arm64/mm/dma-mapping.c',
    since: { '3.19': false, '4.12': true },
    recorded: true,
  },
  armWindow: {
    what: "Size of the 32-bit ARM glue's window without dma-ranges: the 32-bit mask, or mask + 1 (4.1 on).",
    source: 'of_dma_configure, arm_setup_iommu_dma_ops',
    since: { '3.19': 'mask', '4.12': 'mask-plus-one' },
    recorded: true,
  },
  armExtraBitmap: {
    what: 'The glue may extend by one bitmap more than planned.',
    source: 'extend_iommu_mapping, arch/arm/mm/dma-mapping.c',
    since: { '3.19': true, '4.12': false },
    recorded: true,
  },
  armTeardownOnFailure: {
    what: "The glue's mapping goes on unbind and after every failed or deferred probe; before, it stayed for the life of the device.",
    source: 'dma_deconfigure, arch_teardown_dma_ops; of_dma_deconfigure',
    since: { '3.19': false, '4.12': true },
    recorded: true,
  },
  iovaStartsAtDmaRanges: {
    what: 'The first IOVA is also at least the base of the dma-ranges window (to 6.6).',
    source: 'iommu_dma_init_domain',
    since: { '3.19': true, '6.12': false },
    recorded: true,
  },
  pci32First: {
    what: 'PCI functions with more than 32 bits try below 4 GiB first: never, always, or until the first failure.',
    source: 'iommu_dma_alloc_iova',
    since: { '3.19': 'never', '4.12': 'always', '6.6': 'until-failure' },
    recorded: true,
  },
  forcedacParam: {
    what: 'The parameter iommu.forcedac.',
    source: 'iommu_dma_forcedac_setup',
    since: { '3.19': false, '5.15': true },
    recorded: true,
  },
  iovaCache: {
    what: 'Magazines of freed IOVA: none, 128 entries with 32 in the depot, 127 with 32 (6.1), 127 with a growing depot (6.7 on).',
    source: 'IOVA_MAG_SIZE, iova_magazine_alloc, iova_depot_work_func',
    since: {
      '3.19': null,
      '4.12': { magazine: 128, depot: 32 },
      '6.6': { magazine: 127, depot: 32 },
      '6.12': { magazine: 127, depot: null },
    },
    recorded: true,
  },
  smmuV3Alias: {
    what: 'arm-smmu-v3, one stream for two masters: not checked, refused with -EINVAL, or with -ENODEV and another text.',
    source: 'arm_smmu_insert_master',
    since: { '3.19': 'allowed', '5.15': 'stream', '6.12': 'stream-from', '6.18': 'aliasing' },
    recorded: true,
  },
  smmuV3EventText: {
    what: 'arm-smmu-v3 prints an event as number and raw words, since 6.14 the decoded fields and the master too, as errors.',
    source: 'arm_smmu_dump_event',
    since: { '3.19': 'raw', '6.18': 'decoded' },
    recorded: true,
  },
  driversAdded: {
    what: "Drivers besides those of the catalogue's release (6.12): the RISC-V IOMMU has one since 6.13, as a platform device and as a PCI function.",
    source: 'riscv_iommu_platform_driver, riscv_iommu_pci_driver',
    since: { '3.19': [], '6.18': ['riscv,iommu', 'iommu_pci'] },
    recorded: false,
  },
  driversThatLink: {
    what: 'IOMMU drivers that make a device link from master to IOMMU in probe_device.',
    source: 'device_link_add in drivers/iommu',
    since: {
      '3.19': [],
      '4.12': ['exynos-iommu'],
      '5.15': ['apple-dart', 'arm-smmu', 'qcom_iommu', 'exynos-iommu', 'mtk_iommu', 'mtk_iommu_v1', 'rockchip-iommu'],
    },
    recorded: true,
  },
  driversWithoutXlate: {
    what: 'IOMMU drivers without of_xlate: no in-tree driver has it in 3.19; Tegra, Rockchip and IPMMU still lack it in 4.12, OMAP in 6.12, MediaTek generation one in 6.18.',
    source: 'iommu_ops.of_xlate of each driver',
    since: {
      '3.19': [
        'arm-smmu',
        'arm-smmu-v3',
        'tegra-smmu',
        'rockchip-iommu',
        'exynos-iommu',
        'omap-iommu',
        'ipmmu-vmsa',
        'msm_iommu',
      ],
      '4.12': ['tegra-smmu', 'rockchip-iommu', 'omap-iommu', 'ipmmu-vmsa', 'mtk_iommu_v1'],
      '5.15': ['omap-iommu', 'mtk_iommu_v1'],
      '6.18': ['mtk_iommu_v1'],
    },
    recorded: true,
  },
  driversWithoutDefaultDomain: {
    what: 'Drivers whose groups stay without a default domain, so that nothing is translated by itself: Tegra, OMAP, MSM and MediaTek generation one have only unmanaged domains up to 6.6; Rockchip in 4.12 never asks for one.',
    source:
      'tegra_smmu_domain_alloc, omap_iommu_domain_alloc, msm_iommu_domain_alloc, mtk_iommu_v1_domain_alloc; rk_iommu_add_device',
    since: {
      '3.19': ['tegra-smmu', 'omap-iommu', 'msm_iommu', 'mtk_iommu_v1', 'rockchip-iommu', 'ipmmu-vmsa'],
      '5.15': ['tegra-smmu', 'omap-iommu', 'msm_iommu', 'mtk_iommu_v1'],
      '6.12': [],
    },
    recorded: true,
  },
  driversWithoutIdentity: {
    what: 'Drivers that cannot make identity domains: with iommu.passthrough their groups get a DMA domain after a warning. Up to 5.15 only the Arm SMMUs (and Apple DART) can; virtio and Rockchip by 6.6, all by 6.12.',
    source: 'iommu_ops.domain_alloc of each driver, iommu_group_alloc_default_domain',
    since: {
      '3.19': [
        'exynos-iommu',
        'rockchip-iommu',
        'ipmmu-vmsa',
        'mtk_iommu',
        'sprd-iommu',
        'sun50i-iommu',
        'qcom_iommu',
        'virtio-iommu',
      ],
      '6.6': ['exynos-iommu', 'ipmmu-vmsa', 'mtk_iommu', 'sprd-iommu', 'sun50i-iommu', 'qcom_iommu'],
      '6.12': [],
    },
    recorded: false,
  },
  driversWithGroupPerMaster: {
    what: 'rockchip-iommu makes a group for every master up to 4.12, one for every IOMMU since 5.0.',
    source: 'rk_iommu_add_device, rk_iommu_device_group',
    since: { '3.19': ['rockchip-iommu'], '5.15': [] },
    recorded: false,
  },
  smmuBypass: {
    what: 'arm-smmu lets streams that it does not know pass unless arm-smmu.disable_bypass is given (to 5.1), or decides by Kconfig (default: blocked).',
    source: 'disable_bypass in drivers/iommu/arm-smmu.c',
    since: { '3.19': 'allowed', '5.15': 'kconfig' },
    recorded: true,
  },
  driverLevels: {
    what: 'rockchip-iommu registers its driver at subsys_initcall up to 6.0, as builtin_platform_driver after that.',
    source: 'rk_iommu_init, builtin_platform_driver',
    since: { '3.19': { rk_iommu: 'subsys' }, '6.6': {} },
    recorded: false,
  },
};

/** A rule's value in a version: the one named last at or before it. */
function valueIn<T>(rule: KernelRule<T>, version: KernelVersion): T {
  let value = rule.since['3.19'];
  for (const v of KERNEL_VERSIONS) {
    if (Object.hasOwn(rule.since, v)) value = rule.since[v] as T;
    if (v === version) break;
  }
  return value;
}

function verifiedIn(version: KernelVersion): string[] {
  const rules = Object.values(KERNEL_RULES);
  const recorded = rules.filter((r) => r.recorded).length;
  if (version === '6.12')
    return [
      `Model 6.12: ${recorded} of ${rules.length} rules are confirmed by recordings of Linux 6.12.117 on arm64 and 32-bit ARM (order of probing, deferral, device links, IOMMU groups, domains, IOVAs); the others are read in its source.`,
    ];
  const same = (Object.keys(KERNEL_RULES) as (keyof KernelFlags)[]).filter((flag) => {
    const rule = KERNEL_RULES[flag] as KernelRule<unknown>;
    return rule.recorded && JSON.stringify(valueIn(rule, version)) === JSON.stringify(valueIn(rule, '6.12'));
  }).length;
  return [
    `Model ${version}: no kernel of this version was recorded; its rules are read in its source.`,
    `${same} of its ${rules.length} rules are those of model 6.12 that recordings of Linux 6.12.117 confirm.`,
  ];
}

const models = new Map<KernelVersion, KernelModel>();

/** The model of a version. The same object each time. */
export function kernelModel(version: KernelVersion): KernelModel {
  let model = models.get(version);
  if (model === undefined) {
    const flags: Record<string, unknown> = {};
    for (const [flag, rule] of Object.entries(KERNEL_RULES))
      flags[flag] = valueIn(rule as KernelRule<unknown>, version);
    model = { ...(flags as unknown as KernelFlags), version, verified: verifiedIn(version) };
    models.set(version, model);
  }
  return model;
}

/** The model for a version as a person writes it (`6.12`, `v5.15.100`, `6.8`): the nearest older one, else the oldest. Null when it is no version. */
export function modelFor(text: string): KernelModel | null {
  const match = /^v?(\d+)\.(\d+)/.exec(text.trim());
  if (match === null) return null;
  const wanted = Number(match[1]) * 1000 + Number(match[2]);
  let found: KernelVersion = '3.19';
  for (const version of KERNEL_VERSIONS) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major * 1000 + minor <= wanted) found = version;
  }
  return kernelModel(found);
}
