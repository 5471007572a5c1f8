/** The DMA API: windows, IOVAs and their caches. */
import type { RulesOf } from './rule';

export interface DmaFlags {
  /** arch_teardown_dma_ops() drops the mapping and leaves iommu_ops in place: the next DMA call finds no mapping. */
  readonly teardownKeepsOps: boolean;
  /** `dma-ranges` count only when every bus above has the property too (of_translate_dma_address). */
  readonly dmaRangesNeedAll: boolean;
  /**
   * Where of_dma_get_range() begins to look for `dma-ranges`: at the bus above the node (whose property must be there);
   * at the node itself, and then at its bus, whose property must be there; or at the bus, which may lack it.
   */
  readonly dmaRangesFrom: 'above-node' | 'node' | 'bus';
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
  /** `iommu-addresses` of reserved memory is read (of_iommu_get_resv_regions). */
  readonly readsIommuAddresses: boolean;
  /** Whether an unmap of a part of a block (Arm page tables) is refused, with a warning; else the block is split. */
  readonly refusesPartialUnmap: boolean;
  /** Per-CPU IOVA magazines: entries of one, and how many full ones the depot keeps (null: any number, trimmed); null: no cache. */
  readonly iovaCache: { readonly magazine: number; readonly depot: number | null } | null;
  /**
   * An IOVA search that finds nothing below the remembered range looks above it too, and before the last try the depot is
   * emptied besides the CPU's magazines (__alloc_and_insert_iova_range, alloc_iova_fast).
   */
  readonly iovaRetries: boolean;
}

export const DMA_RULES: RulesOf<DmaFlags> = {
  teardownKeepsOps: {
    what: 'arch_teardown_dma_ops drops the automatic mapping of 32-bit ARM and leaves iommu_ops set, so that the next DMA call is a NULL pointer (3.19), or resets them.',
    source: 'arm_teardown_iommu_dma_ops, __arm_iommu_detach_device, __iommu_create_mapping; arm_iommu_detach_device',
    since: { '3.19': true, '4.12': false },
    recorded: ['3.19'],
  },
  dmaRangesNeedAll: {
    what: 'dma-ranges are ignored unless every bus above has the property as well, if only empty (to 5.4); later a bus without it translates one to one.',
    source: 'of_dma_get_range, of_translate_one',
    since: { '3.19': true, '5.10': false },
    recorded: [],
  },
  dmaRangesFrom: {
    what: 'The search for dma-ranges begins above the node, so that those of a PCI host do not count for its functions (to 5.4), at the node itself, whose own property counts (to 6.0), or at its bus. Until 6.0 a bus next above the device without the property ends the search.',
    source: 'of_dma_get_range; of_dma_configure_id',
    since: { '3.19': 'above-node', '5.10': 'node', '6.1': 'bus' },
    recorded: [],
  },
  arm64IommuDma: {
    what: 'The DMA API of arm64 translates (4.5 on); before, arch_setup_dma_ops ignored the IOMMU.',
    source: 'arch_setup_dma_ops, arch/arm64/mm/dma-mapping.c',
    since: { '3.19': false, '4.12': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  armWindow: {
    what: "Size of the 32-bit ARM glue's window without dma-ranges: the 32-bit mask, or mask + 1 (4.1 on).",
    source: 'of_dma_configure, arm_setup_iommu_dma_ops',
    since: { '3.19': 'mask', '4.12': 'mask-plus-one' },
    recorded: ['6.12'],
  },
  armExtraBitmap: {
    what: 'The glue may extend by one bitmap more than planned.',
    source: 'extend_iommu_mapping, arch/arm/mm/dma-mapping.c',
    since: { '3.19': true, '4.12': false },
    recorded: ['6.12', '7.3'],
  },
  armTeardownOnFailure: {
    what: "The glue's mapping goes on unbind and after every failed or deferred probe; before, it stayed for the life of the device.",
    source: 'dma_deconfigure, arch_teardown_dma_ops; of_dma_deconfigure',
    since: { '3.19': false, '4.12': true },
    recorded: ['3.19', '6.1', '6.12', '7.3'],
  },
  iovaStartsAtDmaRanges: {
    what: 'The first IOVA is also at least the base of the dma-ranges window (to 6.6).',
    source: 'iommu_dma_init_domain',
    since: { '3.19': true, '6.12': false },
    recorded: ['6.12'],
  },
  pci32First: {
    what: 'PCI functions with more than 32 bits try below 4 GiB first: never, always, or until the first failure.',
    source: 'iommu_dma_alloc_iova',
    since: { '3.19': 'never', '4.12': 'always', '6.6': 'until-failure' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  forcedacParam: {
    what: 'The parameter iommu.forcedac.',
    source: 'iommu_dma_forcedac_setup',
    since: { '3.19': false, '5.15': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  readsIommuAddresses: {
    what: 'iommu-addresses of reserved memory keeps a range from the allocator or maps it one to one (6.3 on); before, the property is not read.',
    source: 'of_iommu_get_resv_regions, iommu_dma_get_resv_regions',
    since: { '3.19': false, '6.6': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  refusesPartialUnmap: {
    what: 'An unmap of a part of a block or large page of an Arm page table: the block is split, or (6.13 on) nothing is unmapped and the kernel warns.',
    source: '__arm_lpae_unmap, __arm_v7s_unmap; arm_lpae_split_blk_unmap, arm_v7s_split_blk_unmap',
    since: { '3.19': false, '6.18': true },
    recorded: [],
  },
  iovaCache: {
    what: 'Magazines of freed IOVA: none, 128 entries with 32 in the depot, 127 with 32 (6.1), 127 with a growing depot (6.7 on).',
    source: 'IOVA_MAG_SIZE, iova_magazine_alloc, iova_depot_work_func',
    since: {
      '3.19': null,
      '4.12': { magazine: 128, depot: 32 },
      '6.1': { magazine: 127, depot: 32 },
      '6.12': { magazine: 127, depot: null },
    },
    recorded: ['6.1', '6.12', '7.3'],
  },
  iovaRetries: {
    what: 'A search for IOVAs that finds nothing below the range allocated last looks above it as well, and the depot of freed ones is given back before the last try (5.11 on).',
    source: '__alloc_and_insert_iova_range, alloc_iova_fast, free_global_cached_iovas',
    since: { '3.19': false, '5.15': true },
    recorded: [],
  },
};
