/** Vendors' IOMMUs and their drivers in words: for hover, the report of a boot, findings. */
import { type Vendor, type VendorDifference, type VendorIommu, vendorDriverOf, vendorDrivers } from './vendor';

const NAMES: Readonly<Record<Vendor, string>> = {
  qcom: 'Qualcomm',
  nvidia: 'NVIDIA',
  samsung: 'Samsung',
  mediatek: 'MediaTek',
  rockchip: 'Rockchip',
  hisilicon: 'HiSilicon',
  broadcom: 'Broadcom',
  allwinner: 'Allwinner',
  unisoc: 'Unisoc',
};

/** The vendor as it writes itself. */
export function vendorName(vendor: Vendor): string {
  return NAMES[vendor];
}

/** Which driver drives a vendor's IOMMU, and what stands in for it here. */
export function driverWords(iommu: VendorIommu): string {
  const driver = vendorDriverOf(iommu);
  const who = vendorName(iommu.vendor);
  const place = driver.replaces === null ? '' : `, in the place of mainline's ${driver.replaces}`;
  if (driver.looked === 'none') {
    const unseen = `no public copy of ${who}'s driver was found, so what it does is not known`;
    if (driver.as !== undefined) return `${unseen}: it is taken to do as ${driver.as} does`;
    return `${unseen}: nothing of it is simulated, and its masters run untranslated`;
  }
  if (iommu.simulation === null)
    return `${who}'s driver registers no IOMMU with the kernel, so that its masters run untranslated for the DMA API`;
  if (iommu.simulation !== undefined)
    return `${who}'s driver drives it${place}; its groups, window and page sizes are simulated, its registers are not`;
  return `${who}'s driver drives it${place}, whose model stands in for it; these differ`;
}

/** What a vendor's driver does otherwise: its own list, or that of the one that it is taken for. */
export function differencesOf(iommu: VendorIommu): readonly VendorDifference[] {
  const driver = vendorDriverOf(iommu);
  return driver.as === undefined ? driver.differs : (vendorDrivers[driver.as]?.differs ?? []);
}
