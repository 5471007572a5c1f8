/** The IOMMU drivers. */
import type { InitcallLevel } from '../drivers';
import type { AddedDriver } from '../names';
import type { RulesOf } from './rule';

export interface DriverFlags {
  /** Whether nvme asks for the log of command effects before or after it sets the host's behaviour. */
  readonly nvmeLogPage: 'effects-first' | 'effects-last';
  /** Bytes of xhci's device context base address array: for all 256 slots, or for those of the controller (64 assumed). */
  readonly xhciContextArray: number;
  /** Whether pieces are cut from a fragment of pages from its end down, or from its start up. */
  readonly pageFragments: 'down' | 'up';
  /** What virtio-net receives into: fragments of 1536 bytes, or whole pages. */
  readonly virtioNetBuffers: 'fragments' | 'pages';
  /** Where in its page a disk's second identification is read to: the offset of ata_device's buffer for one sector. */
  readonly ataSectorBuffer: number;
  /** An IOMMU that registers makes a class device in sysfs (iommu_device_sysfs_add). */
  readonly iommuClassDevices: boolean;
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
  /** Drivers that cannot make a blocked domain: a claimed group gets an empty unmanaged one. */
  readonly driversWithoutBlocked: readonly string[];
  /** arm-smmu-v3 with `#iommu-cells` other than <1> does not probe (-EINVAL), or says so and goes on. */
  readonly smmuV3CellsFatal: boolean;
  /** Whether the GPC DMA of Tegra makes IOMMU masters of its channels where its node has iommu-map. */
  readonly gpcdmaChannels: boolean;
  /** Compatibles of masters that a Qualcomm SMMU leaves untranslated by default. */
  readonly qcomIdentityMasters: readonly string[];
  /** Bytes that mtk_iommu keeps free at the end of each region of 4 GiB. */
  readonly mediatekGap: number;
  /** pci=config_acs= exists. */
  readonly configAcsParam: boolean;
  /** When ACS is switched on: as a function is enumerated (pci_acs_init), or in each dma_configure (pci_dma_configure). */
  readonly acsEnabledAt: 'enumeration' | 'configure';
  /** What an arm-smmu (v1, v2) does with streams it does not know: passes them, or what CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT says. */
  readonly smmuBypass: 'allowed' | 'kconfig';
  /** Initcall levels of platform drivers (DriverModel.name) that differ from the catalogue's 6.12. */
  readonly driverLevels: Readonly<Record<string, InitcallLevel>>;
}

const QCOM_MASTERS = [
  ...['qcom,adreno', 'qcom,adreno-gmu', 'qcom,mdp4', 'qcom,mdss'],
  ...['sc7180', 'sc7280', 'sdm845'].map((soc) => `qcom,${soc}-mss-pil`),
];
const QCOM_DISPLAYS = [
  ...['qcm2290', 'sc7180', 'sc7280', 'sc8180x', 'sc8280xp', 'sdm670', 'sdm845', 'sm6115', 'sm6350', 'sm6375'],
  ...['sm8150', 'sm8250', 'sm8450', 'x1e80100'],
];
const qcomDisplays = (...socs: readonly string[]): string[] => socs.map((soc) => `qcom,${soc}-mdss`);

export const DRIVERS_RULES: RulesOf<DriverFlags> = {
  nvmeLogPage: {
    what: 'nvme reads the log of command effects before it sets host behaviour (6.1), or after it.',
    source: 'nvme_init_identify, nvme_init_effects, nvme_configure_host_options',
    since: { '3.19': 'effects-last', '6.6': 'effects-first' },
    recorded: [],
  },
  xhciContextArray: {
    what: 'xhci allocates its array of device contexts for 256 slots, or for the slots that the controller has (7.3).',
    source: 'xhci_mem_init',
    since: { '3.19': 2056, '7.3': 520 },
    recorded: [],
  },
  pageFragments: {
    what: 'Network buffers are cut from a fragment of pages from its end down, or (6.13 on) from its start up.',
    source: '__page_frag_alloc_align',
    since: { '3.19': 'down', '6.18': 'up' },
    recorded: [],
  },
  virtioNetBuffers: {
    what: 'virtio-net receives into fragments of 1536 bytes, or into whole pages of a pool (7.3).',
    source: 'add_recvbuf_mergeable, virtnet_create_page_pools',
    since: { '3.19': 'fragments', '7.3': 'pages' },
    recorded: [],
  },
  ataSectorBuffer: {
    what: "A disk's identification is read into its ata_device, and read again into the buffer for one sector, behind the cached directory of logs (6.17 on): then it lies across the end of a page.",
    source: 'ata_dev_reread_id; gp_log_dir and sector_buf of struct ata_device',
    since: { '3.19': 0xdc0, '6.18': 0xfc0 },
    recorded: [],
  },
  iommuClassDevices: {
    what: 'The IOMMUs of Arm systems make a class device in sysfs when they register (4.11 on).',
    source: 'iommu_device_sysfs_add',
    since: { '3.19': false, '4.12': true },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
  smmuV3Alias: {
    what: 'arm-smmu-v3, one stream for two masters: not checked, refused with -EINVAL, or with -ENODEV and another text.',
    source: 'arm_smmu_insert_master',
    since: { '3.19': 'allowed', '5.15': 'stream', '6.1': 'stream-from', '6.18': 'aliasing' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  smmuV3EventText: {
    what: 'arm-smmu-v3 prints an event as number and raw words, since 6.14 the decoded fields and the master too, as errors.',
    source: 'arm_smmu_dump_event',
    since: { '3.19': 'raw', '6.18': 'decoded' },
    recorded: ['6.12'],
  },
  driversAdded: {
    what: "Drivers besides those of the catalogue's release (6.12): the RISC-V IOMMU has one since 6.13, as a platform device and as a PCI function.",
    source: 'riscv_iommu_platform_driver, riscv_iommu_pci_driver',
    since: { '3.19': [], '6.18': ['riscv,iommu', 'iommu_pci'] },
    recorded: [],
  },
  driversThatLink: {
    what: 'IOMMU drivers that make a device link from master to IOMMU in probe_device.',
    source: 'device_link_add in drivers/iommu',
    since: {
      '3.19': [],
      '4.12': ['exynos-iommu'],
      '5.15': [
        ...['apple-dart', 'arm-smmu', 'qcom_iommu', 'exynos-iommu', 'mtk_iommu', 'mtk_iommu_v1', 'rockchip-iommu'],
        // no kernel before 7.1 has this driver
        'vsi-iommu',
      ],
    },
    recorded: ['6.12', '7.3'],
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
    recorded: ['6.1', '6.12', '7.3'],
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
    recorded: ['6.12', '7.3'],
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
    recorded: [],
  },
  driversWithGroupPerMaster: {
    what: 'rockchip-iommu makes a group for every master up to 4.12, one for every IOMMU since 5.0.',
    source: 'rk_iommu_add_device, rk_iommu_device_group',
    since: { '3.19': ['rockchip-iommu'], '5.15': [] },
    recorded: [],
  },
  driversWithoutBlocked: {
    what: 'Drivers without a blocked domain, whose claimed groups get an empty unmanaged one: the Arm SMMUs up to 6.6.',
    source: '__iommu_group_alloc_blocking_domain; iommu_ops.blocked_domain',
    since: { '3.19': ['arm-smmu', 'arm-smmu-v3'], '6.12': [] },
    recorded: ['6.1', '6.12', '7.3'],
  },
  smmuV3CellsFatal: {
    what: 'arm-smmu-v3 with #iommu-cells missing or other than <1>: an error that only asks for bypass, which the default of disable_bypass overrules, so that the SMMU works (to 6.6), or its probe fails.',
    source: 'arm_smmu_device_probe, arm_smmu_device_dt_probe, arm_smmu_device_reset',
    since: { '3.19': false, '6.12': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  gpcdmaChannels: {
    what: 'The GPC DMA of Tegra with iommu-map: each channel is an IOMMU master of its own, with its number as ID and a group of its own (7.3).',
    source: 'tegra_dma_probe in drivers/dma/tegra186-gpc-dma.c',
    since: { '3.19': false, '7.3': true },
    recorded: [],
  },
  qcomIdentityMasters: {
    what: 'Masters that a Qualcomm SMMU leaves untranslated by default: the GPU, modems and display controllers of its table; some displays more by 6.6, those of SAR2130P and Glymur by 7.3.',
    source: 'qcom_smmu_client_of_match, qcom_smmu_def_domain_type',
    since: {
      '3.19': [...QCOM_MASTERS, ...qcomDisplays('sc7180', 'sc7280', 'sc8180x', 'sm8250', 'sdm845')],
      '6.6': [...QCOM_MASTERS, ...qcomDisplays(...QCOM_DISPLAYS)],
      '7.3': [...QCOM_MASTERS, ...qcomDisplays(...QCOM_DISPLAYS, 'glymur', 'sar2130p')],
    },
    recorded: [],
  },
  mediatekGap: {
    what: 'The IOVA regions of MediaTek IOMMUs have 4 GiB, or 8 MiB less (6.7 on).',
    source: 'MTK_IOMMU_IOVA_SZ_4G in drivers/iommu/mtk_iommu.c',
    since: { '3.19': 0, '6.12': 0x800000 },
    recorded: [],
  },
  configAcsParam: {
    what: 'The option pci=config_acs (6.11 on).',
    source: 'pci_enable_acs, pci_setup',
    since: { '3.19': false, '6.12': true },
    recorded: ['6.1', '6.12'],
  },
  acsEnabledAt: {
    what: 'ACS is switched on when a function is found, so only once an IOMMU has asked for it, or each time its DMA is configured, right after the IOMMU layer asked (7.3): ports isolate whatever probes first.',
    source: 'pci_acs_init; pci_dma_configure, pci_enable_acs',
    since: { '3.19': 'enumeration', '7.3': 'configure' },
    recorded: ['6.1', '6.12'],
  },
  smmuBypass: {
    what: 'arm-smmu lets streams that it does not know pass unless arm-smmu.disable_bypass is given (to 5.1), or decides by Kconfig (default: blocked).',
    source: 'disable_bypass in drivers/iommu/arm-smmu.c',
    since: { '3.19': 'allowed', '5.15': 'kconfig' },
    recorded: ['6.12', '7.3'],
  },
  driverLevels: {
    what: 'rockchip-iommu registers its driver at subsys_initcall up to 6.0, as builtin_platform_driver after that.',
    source: 'rk_iommu_init, builtin_platform_driver',
    since: { '3.19': { rk_iommu: 'subsys' }, '6.1': {} },
    recorded: [],
  },
};
