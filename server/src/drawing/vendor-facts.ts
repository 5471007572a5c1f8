/** What a report says of vendors' IOMMU drivers (simulator/reporting/vendor.ts): in the panel and on a terminal. */
import type { ReportCapacity, ReportProvider } from '../simulator/report';

/** Whether a fact of a provider's capacity is about a vendor's driver rather than about the hardware. */
export function isVendorFact({ name }: Pick<ReportCapacity, 'name'>): boolean {
  return name.startsWith('vendor');
}

/** What drivers of vendors' IOMMUs are taken for and do otherwise than mainline's, each once, with its devices. */
export function vendorFacts(
  providers: readonly ReportProvider[],
): { readonly text: string; readonly source: string; readonly devices: readonly string[] }[] {
  const found = new Map<string, { text: string; source: string; devices: string[] }>();
  for (const { device, capacity } of providers)
    for (const { value, source } of capacity?.filter(isVendorFact) ?? []) {
      const key = `${String(value)} ${source}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { text: String(value), source, devices: [device] });
      else known.devices.push(device);
    }
  return [...found.values()];
}
