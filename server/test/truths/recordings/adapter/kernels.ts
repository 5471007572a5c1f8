/**
 * The kernels that were recorded: build, release and configuration. From the READMEs of the recordings and the initcall
 * lines of their boot logs.
 */
import type { EarlyProvider } from '../../../../src/simulator/kernel/drivers';
import type { RecordingFile } from '../recording';

export type Build = 'arm64' | 'smmu2' | 'soc' | 'arm32' | 'arm32-nouse';

export function buildOf(set: string, file: RecordingFile): Build {
  const build = file.kernel_build ?? '';
  if (/arm32/.test(set) || file.name.startsWith('arm32-') || /^(default|lpae|nouse|align)/.test(build))
    return build.startsWith('nouse') ? 'arm32-nouse' : 'arm32';
  if (build.startsWith('soc')) return 'soc';
  return build === '' ? 'arm64' : 'smmu2';
}

/** The kernel's release as one number that orders releases: major * 1000 + minor (6.12.117: 6012); 0 without one. */
export function releaseOf(file: RecordingFile): number {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(file.kernel) ?? [];
  return Number(major ?? 0) * 1000 + Number(minor ?? 0);
}

/** The serial core's own bus (drivers/tty/serial/serial_base_bus.c): since 6.5. */
export const hasSerialBase = (release: number): boolean => release >= 6005;

/** The bus of devices that stand for no hardware (drivers/base/faux.c): since 6.14. */
export const hasFaux = (release: number): boolean => release >= 6014;

/** The kernel of the debate about IOMMU set-up: neither default domains nor fwspecs, no simple-pm-bus, groups by notifier. */
export const isFirst = (release: number): boolean => release < 4000;

/** drivers/base as it is linked in these kernels: after the vendor drivers, before the rig's. */
export const baseOrders = { core: 500, dd: 501 };

export const isArm = (build: Build): boolean => build.startsWith('arm32');

export function configOf(build: Build, file: RecordingFile): Map<string, string | null> {
  const config = new Map<string, string | null>([
    ['CONFIG_MODULES', file.config_modules === 'y' ? 'y' : null],
    ['CONFIG_PCI', 'y'],
    ['CONFIG_PM_SLEEP', 'y'],
    ['CONFIG_HZ', '250'],
    ['CONFIG_ARM_AMBA', 'y'],
    ['CONFIG_SMP', 'y'],
  ]);
  if (isArm(build)) {
    config.set('CONFIG_ARM', 'y');
    const align = /^align(\d+)/.exec(file.kernel_build ?? '');
    if (build !== 'arm32-nouse') {
      config.set('CONFIG_ARM_DMA_USE_IOMMU', 'y');
      config.set('CONFIG_ARM_DMA_IOMMU_ALIGNMENT', align?.[1] ?? '8');
      config.set('CONFIG_ARM_SMMU', 'y');
      config.set('CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT', 'y');
    }
    if ((file.kernel_build ?? '').startsWith('lpae')) config.set('CONFIG_ARM_LPAE', 'y');
    for (const symbol of ['TEGRA_MC', 'TEGRA_IOMMU_SMMU', 'PINCTRL', 'INTERCONNECT'])
      config.set(`CONFIG_${symbol}`, 'y');
  } else {
    config.set('CONFIG_ARM64', 'y');
    config.set('CONFIG_ARM64_4K_PAGES', 'y');
    config.set('CONFIG_IOMMU_DMA', 'y');
    config.set('CONFIG_IOMMU_DEFAULT_DMA_STRICT', 'y');
    config.set('CONFIG_ARM_SMMU_V3', 'y');
    config.set('CONFIG_ARM_SMMU', 'y');
    if (build !== 'arm64') {
      config.set('CONFIG_VIRTIO_IOMMU', 'y');
      config.set('CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT', 'y');
    }
    if (build === 'soc')
      for (const symbol of [
        'TEGRA_MC',
        'TEGRA_IOMMU_SMMU',
        'PINCTRL',
        'INTERCONNECT',
        'ARM_SMMU_QCOM',
        'QCOM_SCM',
        'PM_GENERIC_DOMAINS',
        'MAILBOX',
        'ARCH_TEGRA',
        'ARCH_QCOM',
      ])
        config.set(`CONFIG_${symbol}`, 'y');
  }
  return config;
}

/** IOMMUs that the rig declares (IOMMU_OF_DECLARE). */
export const declared: readonly EarlyProvider[] = [
  {
    kind: 'iommu',
    compatible: 'oracle,iommu-early',
    populated: false,
    initialized: false,
    config: null,
    place: null,
  },
];

export const early: readonly EarlyProvider[] = [
  ...['arm,gic-v3', 'arm,cortex-a15-gic'].map(
    (compatible): EarlyProvider => ({
      kind: 'irqchip',
      compatible,
      populated: true,
      initialized: true,
      config: null,
      place: null,
    }),
  ),
  ...['fixed-clock', 'fixed-factor-clock'].map(
    (compatible): EarlyProvider => ({
      kind: 'clk',
      compatible,
      populated: true,
      initialized: true,
      config: null,
      place: null,
    }),
  ),
];
