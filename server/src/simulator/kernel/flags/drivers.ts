/** The IOMMU drivers. */
import type { InitcallLevel } from '../drivers';
import type { AddedDriver } from '../names';
import type { RulesOf } from './rule';

interface QcomSmmus {
  /** Of the plain implementation (qcom_smmu_impl_of_match); null: those of 6.12. */
  readonly compatibles: readonly string[] | null;
  /** A GPU's SMMU (`qcom,adreno-smmu`) has an implementation of its own: never, always, or when its own compatible is in that table. */
  readonly adreno: 'never' | 'always' | 'by-table';
}

interface NvidiaSmmus {
  readonly compatibles: readonly string[];
  /** Tegra194 and 234 map by the CPU's page only (nvidia_smmu_init_context). */
  readonly smallPages: boolean;
  /** The probe wants a second register block, or the memory controller. */
  readonly needs: 'second-block' | 'memory-controller';
}

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
   * arm-smmu-v3, one stream for two masters: two groups, and a kernel BUG when the second is attached to a domain that
   * translates while the first's entry does; refused with -EINVAL and "stream N already in tree" (5.15
   * without, 6.12 with the other's name); refused with -ENODEV and "Aliasing StreamID". Governs arm_smmu_insert_master.
   */
  readonly smmuV3Alias: 'unchecked' | 'stream' | 'stream-from' | 'aliasing';
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
  /** Drivers that make the group of an instance as it probes, whether masters come or not: groups count in the order of the IOMMUs. */
  readonly driversWithGroupAtProbe: readonly string[];
  /** Drivers that cannot make a blocked domain: a claimed group gets an empty unmanaged one. */
  readonly driversWithoutBlocked: readonly string[];
  /** arm-smmu-v3 with `#iommu-cells` other than <1> does not probe (-EINVAL), or says so and goes on. */
  readonly smmuV3CellsFatal: boolean;
  /** Whether the GPC DMA of Tegra makes IOMMU masters of its channels where its node has iommu-map. */
  readonly gpcdmaChannels: boolean;
  /** Which SMMUs have Qualcomm's implementation. */
  readonly qcomSmmus: QcomSmmus;
  /** Which SMMUs have NVIDIA's implementation, and what it asks for. */
  readonly nvidiaSmmus: NvidiaSmmus;
  /** A driver binds to plain buses (simple-bus, simple-mfd, isa, arm,amba-bus), or nothing does (simple_pm_bus_of_match). */
  readonly plainBusesBind: boolean;
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

const qcomModems = (...socs: readonly string[]): string[] => socs.map((soc) => `qcom,${soc}-mss-pil`);
const QCOM_MASTERS = [
  ...['qcom,adreno', 'qcom,adreno-gmu', 'qcom,mdp4', 'qcom,mdss'],
  ...qcomModems('sc7180', 'sc7280', 'sdm845'),
];
const QCOM_DISPLAYS = [
  ...['qcm2290', 'sc7180', 'sc7280', 'sc8180x', 'sc8280xp', 'sdm670', 'sdm845', 'sm6115', 'sm6350', 'sm6375'],
  ...['sm8150', 'sm8250', 'sm8450', 'x1e80100'],
];
const qcom500 = (...socs: readonly string[]): string[] => socs.map((soc) => `qcom,${soc}-smmu-500`);
const nvidiaParts = (...parts: readonly string[]): string[] => parts.map((part) => `nvidia,tegra${part}-smmu`);
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
    what: 'arm-smmu-v3, one stream for two masters: not checked, so that writing the live entry again is a kernel BUG (to 5.10), refused with -EINVAL, or with -ENODEV and another text.',
    source: 'arm_smmu_write_strtab_ent; arm_smmu_insert_master',
    since: { '3.19': 'unchecked', '5.15': 'stream', '6.1': 'stream-from', '6.18': 'aliasing' },
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
      '5.10': ['arm-smmu', 'qcom_iommu', 'exynos-iommu', 'rockchip-iommu'],
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
      '5.10': ['omap-iommu', 'mtk_iommu_v1'],
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
      '5.10': ['tegra-smmu', 'omap-iommu', 'msm_iommu', 'mtk_iommu_v1'],
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
    since: { '3.19': ['rockchip-iommu'], '5.10': [] },
    recorded: [],
  },
  driversWithGroupAtProbe: {
    what: 'Drivers that make their one group when the IOMMU probes, so that groups are numbered by their IOMMUs: OMAP (4.12), Rockchip (5.0) and sun50i, Unisoc from its first day (5.13), all up to 6.6; later with the first master.',
    source: 'rk_iommu_probe, sun50i_iommu_probe, omap_iommu_probe, sprd_iommu_probe; generic_single_device_group',
    since: {
      '3.19': [],
      '4.12': ['omap-iommu'],
      '5.10': ['omap-iommu', 'rockchip-iommu', 'sun50i-iommu'],
      '5.15': ['omap-iommu', 'rockchip-iommu', 'sun50i-iommu', 'sprd-iommu'],
      '6.12': [],
    },
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
    what: 'Masters that a Qualcomm SMMU leaves untranslated by default: the GPU, modems and display controllers of its table; more of them by 5.15 and 6.1, some displays more by 6.6, those of SAR2130P and Glymur by 7.3.',
    source: 'qcom_smmu_client_of_match, qcom_smmu_def_domain_type',
    since: {
      // no kernel before 5.8 asks a driver
      '3.19': [],
      '5.10': [
        ...['qcom,adreno', 'qcom,adreno-gmu', 'qcom,mdp4', 'qcom,mdss'],
        ...qcomModems('sc7180', 'sdm845'),
        ...qcomDisplays('sc7180', 'sdm845'),
      ],
      '5.15': [
        ...['qcom,adreno', 'qcom,mdp4', 'qcom,mdss'],
        ...qcomModems('sc7180', 'sdm845'),
        ...qcomDisplays('sc7180', 'sc7280', 'sc8180x', 'sdm845'),
      ],
      '6.1': [...QCOM_MASTERS, ...qcomDisplays('sc7180', 'sc7280', 'sc8180x', 'sm8250', 'sdm845')],
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
    since: { '3.19': 'allowed', '5.10': 'kconfig' },
    recorded: ['6.12', '7.3'],
  },
  qcomSmmus: {
    what: "Which SMMUs have Qualcomm's implementation, which keeps the firmware's streams and knows masters to leave alone: none (4.12), four MMU-500 (5.10), a list that grows, and that of a GPU (5.11 on).",
    source: 'arm_smmu_impl_init, qcom_smmu_impl_init, qcom_smmu_impl_of_match',
    since: {
      '3.19': { compatibles: [], adreno: 'never' },
      '5.10': { compatibles: qcom500('sdm845', 'sc7180', 'sm8150', 'sm8250'), adreno: 'never' },
      '5.15': {
        compatibles: [
          ...['qcom,msm8998-smmu-v2', 'qcom,sdm630-smmu-v2'],
          ...qcom500('sc7180', 'sc7280', 'sc8180x', 'sdm845', 'sm6125', 'sm8150', 'sm8250', 'sm8350'),
        ],
        adreno: 'always',
      },
      '6.1': {
        compatibles: [
          ...['qcom,msm8998-smmu-v2', 'qcom,sdm630-smmu-v2'],
          ...qcom500('qcm2290', 'sc7180', 'sc7280', 'sc8180x', 'sc8280xp', 'sdm845', 'sm6125', 'sm6350', 'sm6375'),
          ...qcom500('sm8150', 'sm8250', 'sm8350', 'sm8450'),
        ],
        adreno: 'always',
      },
      '6.6': { compatibles: null, adreno: 'by-table' },
    },
    recorded: ['6.12', '7.3'],
  },
  nvidiaSmmus: {
    what: "Which SMMUs have NVIDIA's implementation: none (4.12), Tegra194's, which needs a second register block (5.10), or those of Tegra186 on, which ask for the memory controller (5.13 on).",
    source: 'arm_smmu_impl_init, nvidia_smmu_impl_init, nvidia_smmu_init_context',
    since: {
      '3.19': { compatibles: [], smallPages: false, needs: 'second-block' },
      '5.10': { compatibles: nvidiaParts('194'), smallPages: false, needs: 'second-block' },
      '5.15': { compatibles: nvidiaParts('194', '186'), smallPages: true, needs: 'memory-controller' },
      '6.1': { compatibles: nvidiaParts('234', '194', '186'), smallPages: true, needs: 'memory-controller' },
    },
    recorded: ['6.12', '7.3'],
  },
  plainBusesBind: {
    what: 'Plain buses have no driver, or simple-pm-bus binds to those whose first compatible is that of a plain bus (5.15 on).',
    source: 'simple_pm_bus_of_match, simple_pm_bus_probe',
    since: { '3.19': false, '5.15': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  driverLevels: {
    what: 'IOMMU drivers that registered at subsys_initcall before they became plain platform drivers: Rockchip, IPMMU and MSM up to 6.0, MediaTek up to 5.11.',
    source: 'rk_iommu_init, ipmmu_init, msm_iommu_driver_init, mtk_iommu_init, m4u_init; builtin_platform_driver',
    since: {
      '3.19': { rk_iommu: 'subsys' },
      '4.12': { rk_iommu: 'subsys', 'ipmmu-vmsa': 'subsys', msm_iommu: 'subsys', 'mtk-iommu-v1': 'subsys' },
      '5.10': {
        ...{ rk_iommu: 'subsys', 'ipmmu-vmsa': 'subsys', msm_iommu: 'subsys' },
        ...{ 'mtk-iommu': 'subsys', 'mtk-iommu-v1': 'subsys' },
      },
      '5.15': { rk_iommu: 'subsys', 'ipmmu-vmsa': 'subsys', msm_iommu: 'subsys' },
      '6.1': {},
    },
    recorded: [],
  },
};
