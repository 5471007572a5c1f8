/** What the simulator reads of a command line and a configuration, and what a person may have meant by another name. */
import { closest } from '../../source/closest';
import { catalogueSymbols } from './catalogue';
import { splitCmdline } from './cmdline';

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

/** A name that nothing reads but that nearly is one that something reads. */
export interface Misspelling {
  readonly name: string;
  readonly meant: string;
  /** Where the name stands in the text, in characters. */
  readonly offset: number;
}

/** Short names are near to too many real ones. */
const MIN_LENGTH = 8;

/**
 * The parameters of a command line that look like misspelt ones of ours. A kernel has thousands that we do not read, so
 * only near misses count: at most two letters wrong.
 */
export function misspeltParameters(cmdline: string): Misspelling[] {
  const candidates = KERNEL_PARAMETERS.filter((name) => name.length >= MIN_LENGTH);
  const found: Misspelling[] = [];
  let from = 0;
  for (const { name } of splitCmdline(cmdline)) {
    const at = cmdline.indexOf(name, from);
    if (at >= 0) from = at + name.length;
    const plain = name.replaceAll('-', '_');
    if (name.length < MIN_LENGTH || KERNEL_PARAMETERS.some((known) => known.replaceAll('-', '_') === plain)) continue;
    const meant = near(name, candidates);
    if (meant !== null) found.push({ name, meant, offset: Math.max(0, at) });
  }
  return found;
}

let symbols: ReadonlySet<string> | null = null;

/** The symbol that a person may have meant by one that neither the simulator nor a driver of the catalogue reads; null: none. */
export function meantSymbol(symbol: string): string | null {
  symbols ??= new Set<string>([...KERNEL_SYMBOLS, ...catalogueSymbols()]);
  return symbols.has(symbol) ? null : near(symbol, symbols);
}

function near(name: string, candidates: Iterable<string>): string | null {
  const [nearest] = closest(name, candidates, 1, 2);
  return nearest ?? null;
}
