/** What a boot takes a vendor's IOMMU driver for, and what that driver does otherwise: facts of the report that nobody stated. */
import type { DtNode } from '../../devicetree/model';
import { namesVendorIommu, type VendorIommu, vendorOf } from '../../iommu/vendor';
import { differencesOf, driverWords } from '../../iommu/vendor-words';
import type { Outcome } from '../probe/run';
import type { ReportCapacity, ReportProvider } from '../report';

/** The driver of a node's IOMMU, and a row for each thing that it does otherwise; none for mainline's. */
function factsOf(iommu: VendorIommu): ReportCapacity[] {
  return [
    { name: 'vendorDriver', value: iommu.model, assumed: true, source: `${driverWords(iommu)}; ${iommu.source}` },
    ...differencesOf(iommu).map(({ effect, says, simulated, source }) => ({
      name: 'vendorDiffers',
      value: `${effect}: ${says}`,
      assumed: true,
      source: `${simulated ? 'simulated' : 'not simulated'}; ${source}`,
    })),
  ];
}

/** A provider of the report with what its vendor's driver is taken for. */
export function withVendorFacts(provider: ReportProvider, node: DtNode | null): ReportProvider {
  const iommu = node === null ? null : vendorOf(node);
  return iommu === null ? provider : { ...provider, capacity: [...(provider.capacity ?? []), ...factsOf(iommu)] };
}

/** Vendors' IOMMUs whose driver is bound and registers none with the kernel. */
export function silentProviders({ machine }: Outcome): ReportProvider[] {
  const found: ReportProvider[] = [];
  for (const device of machine.core.devices) {
    if (device.driver === null || device.node === null || device.sharesNode) continue;
    if (!namesVendorIommu(device.compatibles)) continue;
    const iommu = vendorOf(device.node);
    if (iommu?.simulation !== null) continue;
    found.push({
      device: device.ref,
      model: iommu.model,
      streamTable: [],
      contextBanks: [],
      registers: {},
      capacity: factsOf(iommu),
    });
  }
  return found;
}
