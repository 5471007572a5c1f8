/** The names of a command line and a configuration that the simulator reads. */

/** Every parameter that is read. `KernelView.param` takes no other. */
export const KERNEL_PARAMETERS = [
  'arm-smmu.disable_bypass',
  'arm-smmu.force_stage',
  'deferred_probe_timeout',
  'fw_devlink',
  'fw_devlink.strict',
  'fw_devlink.sync_state',
  'iommu.forcedac',
  'iommu.passthrough',
  'iommu.strict',
  'pci',
] as const;
export type KernelParameter = (typeof KERNEL_PARAMETERS)[number];

/** Every symbol that is read besides those that decide which drivers are built. `KernelView.config` takes no other. */
export const KERNEL_SYMBOLS = [
  'CONFIG_ARM64_16K_PAGES',
  'CONFIG_ARM64_64K_PAGES',
  'CONFIG_ARM64_VA_BITS',
  'CONFIG_ARM_DMA_IOMMU_ALIGNMENT',
  'CONFIG_ARM_DMA_USE_IOMMU',
  'CONFIG_ARM_LPAE',
  'CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT',
  'CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS',
  'CONFIG_ARM_SMMU_QCOM',
  'CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC',
  'CONFIG_FW_DEVLINK_SYNC_STATE_TIMEOUT',
  'CONFIG_HZ',
  'CONFIG_IOMMU_DEFAULT_DMA_STRICT',
  'CONFIG_IOMMU_DEFAULT_PASSTHROUGH',
  'CONFIG_IOMMU_DMA',
  'CONFIG_IOMMU_IO_PGTABLE_ARMV7S',
  'CONFIG_MODULES',
  'CONFIG_PAGE_SIZE_16KB',
  'CONFIG_PAGE_SIZE_64KB',
  'CONFIG_RISCV_IOMMU',
  'CONFIG_RISCV_IOMMU_PCI',
  'CONFIG_SWIOTLB',
  'CONFIG_TEGRA_MC',
  'CONFIG_ZONE_DMA',
] as const;
export type KernelSymbol = (typeof KERNEL_SYMBOLS)[number];

/** Architectures whose kernels are told apart; `other` boots with nothing of its own. */
export type Architecture = 'arm' | 'arm64' | 'riscv' | 'other';

/** Drivers that kernels after the catalogue's release have besides (added-drivers.ts). */
export type AddedDriver = 'riscv,iommu' | 'iommu_pci';
