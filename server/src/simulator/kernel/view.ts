/** One kernel that boots: version, configuration and command line together (the KernelView of contract.ts). */
import type { KernelView } from '../contract/kernel-view';
import { NEWEST_KERNEL } from './choice';
import { parseCmdline } from './cmdline';
import { kernelModel, modelFor } from './rules';

export interface KernelChoice {
  /** `6.12`, `v5.15.100`; a version without a model of its own gets the nearest one. */
  readonly version: string;
  readonly arch: KernelView['arch'];
  readonly cmdline: string;
  /** CONFIG symbol (with prefix) -> value; null: not set. */
  readonly config: (symbol: string) => string | null;
  /** What its own source declares with IOMMU_OF_DECLARE, where that was read; absent: what the model says. */
  readonly declaredIommus?: readonly string[];
}

/** CPU page size in bytes from the configuration (arch/arm64/Kconfig, "Page size"); 4096 where nothing else is set. */
function pageSizeOf(config: (symbol: string) => string | null): number {
  if (config('CONFIG_ARM64_64K_PAGES') === 'y' || config('CONFIG_PAGE_SIZE_64KB') === 'y') return 65536;
  if (config('CONFIG_ARM64_16K_PAGES') === 'y' || config('CONFIG_PAGE_SIZE_16KB') === 'y') return 16384;
  return 4096;
}

/** The view of a kernel. An unreadable version means the newest. */
export function kernelView(choice: KernelChoice): KernelView {
  const model = modelFor(choice.version) ?? kernelModel(NEWEST_KERNEL);
  return {
    version: model.version,
    model: choice.declaredIommus === undefined ? model : { ...model, declaredIommus: choice.declaredIommus },
    arch: choice.arch,
    pageSize: pageSizeOf(choice.config),
    config: choice.config,
    param: parseCmdline(choice.cmdline),
  };
}
