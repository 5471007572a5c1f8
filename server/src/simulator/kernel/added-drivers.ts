/** Drivers that kernels after the catalogue's release have besides, each read in its source. */
import type { KernelCatalogue } from './catalogue';
import { type DriverModel, type OfMatch, plainDriver } from './drivers';
import type { AddedDriver, KernelSymbol } from './names';

interface Addition {
  readonly config: KernelSymbol;
  readonly bus: string;
  readonly compatibles: readonly string[];
  /** It is linked just before the first driver of this folder itself. */
  readonly before: string;
  readonly file: string;
  readonly line: number;
}

/**
 * By name. RISC-V IOMMU: Documentation/devicetree/bindings/iommu/riscv,iommu.yaml; riscv_iommu_of_match and
 * builtin_platform_driver in iommu-platform.c, riscv_iommu_pci_tbl and builtin_pci_driver in iommu-pci.c (Linux 6.18.2).
 * The PCI functions match by their IDs, which the node's first compatible states (pciVVVV,DDDD of the PCI bus binding);
 * drivers/iommu/Makefile links the folder before the drivers beside it.
 */
const ADDITIONS = {
  'riscv,iommu': {
    config: 'CONFIG_RISCV_IOMMU',
    bus: 'platform',
    compatibles: ['riscv,iommu'],
    before: 'drivers/iommu/',
    file: 'drivers/iommu/riscv/iommu-platform.c',
    line: 167,
  },
  iommu_pci: {
    config: 'CONFIG_RISCV_IOMMU_PCI',
    bus: 'pci',
    compatibles: ['pci1b36,14', 'pci1b36,0014', 'pci1efd,8', 'pci1efd,0008'],
    before: 'drivers/iommu/',
    file: 'drivers/iommu/riscv/iommu-pci.c',
    line: 117,
  },
} as const satisfies Readonly<Record<AddedDriver, Addition>>;

/** The drivers named that the catalogue does not have itself, as far as the configuration builds them. */
export function addedDrivers(
  names: readonly AddedDriver[],
  catalogue: KernelCatalogue,
  config: (symbol: KernelSymbol) => string | null,
): DriverModel[] {
  return names.flatMap((name, i): DriverModel[] => {
    const addition: Addition = ADDITIONS[name];
    if (config(addition.config) !== 'y' || catalogue.hasDriver(addition.bus, name)) return [];
    const place = { file: addition.file, line: addition.line };
    return [
      {
        ...plainDriver,
        name,
        bus: addition.bus,
        of: addition.compatibles.map((compatible): OfMatch => ({ compatible, type: null, name: null, place })),
        // Between two rows of the catalogue, whose orders are whole numbers.
        order: catalogue.linkOrderIn(addition.before) - 0.5 + i / 1000,
        config: addition.config,
        iommuProvider: true,
        noUnbind: true,
        place,
      },
    ];
  });
}
