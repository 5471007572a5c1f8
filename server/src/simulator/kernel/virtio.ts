/** What a virtio device is, and which driver its type binds to (drivers/virtio; Virtio 1.2, 5). */
import type { PciFunction } from '../contract/device';

const VENDOR = 0x1af4;
const FIRST = 0x1000;
/** Functions from here on are modern ones: their type is what is above. */
const MODERN = 0x1040;
const LAST = 0x107f;

/** Types of the transitional functions, which say theirs as the subsystem's ID too. */
const TRANSITIONAL: Readonly<Record<number, number>> = {
  4096: 1,
  4097: 2,
  4098: 5,
  4099: 3,
  4100: 8,
  4101: 4,
  4105: 9,
};

/** Drivers by the type in their MODULE_DEVICE_TABLE(virtio, …). */
const DRIVERS: Readonly<Record<number, string>> = {
  1: 'virtio_net',
  2: 'virtio_blk',
  3: 'virtio_console',
  4: 'virtio_rng',
  5: 'virtio_balloon',
  8: 'virtio_scsi',
  9: '9pnet_virtio',
  16: 'virtio_gpu',
  18: 'virtio_input',
  19: 'vmw_vsock_virtio_transport',
  20: 'virtio_crypto',
  23: 'virtio_iommu',
  24: 'virtio_mem',
  26: 'virtiofs',
  27: 'virtio_pmem',
  40: 'virtio_bt',
};

/** The virtio type of a PCI function (virtio_pci_modern_probe, virtio_pci_legacy_probe); null: it is no virtio device. */
export function virtioType(identity: PciFunction['identity']): number | null {
  if (identity == null || identity.vendor !== VENDOR) return null;
  const { device, subdevice } = identity;
  if (device == null || device < FIRST || device > LAST) return null;
  return device >= MODERN ? device - MODERN : (subdevice ?? TRANSITIONAL[device] ?? null);
}

/** The driver that takes a virtio device of a type, or null. */
export function virtioDriver(type: number): string | null {
  return DRIVERS[type] ?? null;
}
