/** What `probe/` shows of a device to all parts: struct device, and what PCI adds to it. */
import type { DtNode } from '../../devicetree/model';

/** A PCI function as far as IOMMU grouping and aliases need it. RID = bus << 8 | device << 3 | function. */
export interface PciFunction {
  readonly host: SimDevice;
  readonly rid: number;
  /** The bridge above it; null directly on the root bus. */
  readonly upstream: SimDevice | null;
  readonly multifunction: boolean;
  readonly kind:
    | 'conventional'
    | 'endpoint'
    | 'root-port'
    | 'upstream-port'
    | 'downstream-port'
    | 'pcie-to-pci'
    | 'pci-to-pcie';
  /** Whether the function has an ACS capability at all. */
  readonly acsCapable: boolean;
  /**
   * Whether ACS (SV, RR, CR, UF) is switched on: once the function was enumerated (pci_acs_init) after pci_request_acs()
   * (`IommuSubsystem.acsRequested`) or because the command line says so, or since `enableAcs`.
   */
  readonly acsEnabled: boolean;
  /** pci_enable_acs() once pci_request_acs() has been called; absent: the function has no ACS capability. */
  readonly enableAcs?: () => void;
  /** DMA alias quirks (pci_add_dma_alias): further RIDs in whose name the function does DMA. */
  readonly dmaAliases?: readonly number[];
}

/** struct device, as far as all parts share it. `probe/` makes and owns it; the parts hang their state on it by WeakMap. */
export interface SimDevice {
  readonly node: DtNode | null;
  /** Node path, or `name` without a node. */
  readonly ref: string;
  readonly name: string;
  readonly bus: string;
  readonly parent: SimDevice | null;
  readonly pci: PciFunction | null;
  /** The driver bound or being probed now. */
  readonly driverName: string | null;
  /** Whether that driver sets driver_managed_dma. */
  readonly driverManagesDma: boolean;
  /** Whether the driver's own probe has begun, so that dev_set_drvdata() may have been called; absent: it has. */
  readonly driverDataSet?: boolean;
}
