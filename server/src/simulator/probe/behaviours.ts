/** How the probes of the kernel's own drivers behave where it matters for order and deferral. */
import type { DriverModel } from '../kernel/drivers';
import type { DriverBehaviour } from '../scenario';

/** A driver that binds at its first attempt and needs nothing. */
export const plainBehaviour: DriverBehaviour = {
  probe: [0],
  syncState: false,
  creates: [],
  requires: [],
  preventsDeferral: false,
  onlyFirstCompatible: false,
  usesResources: false,
  provider: null,
  provides: true,
  devres: [],
};

/** Drivers that do something special, by name, each read in its source. */
const special: Readonly<Record<string, Partial<DriverBehaviour>>> = {
  // drivers/pci/pcie/portdrv.c: pcie_portdrv_probe takes ports of PCI Express only.
  pcieport: { pciKinds: ['root-port', 'upstream-port', 'downstream-port'] },
  // drivers/bus/simple-pm-bus.c: simple_pm_bus_probe.
  'simple-pm-bus': { onlyFirstCompatible: true, usesResources: false },
  // drivers/virtio/virtio_mmio.c: a transport whose device ID is 0 has no device behind it, as nearly all of an emulated board's.
  'virtio-mmio': { probe: [-19] },
  // drivers/iommu/virtio-iommu.c: viommu_probe registers an IOMMU; the catalogue looks at drivers of the tree's nodes only.
  virtio_iommu: { provider: 'virtio_iommu' },
  // drivers/memory/tegra/mc.c: prevent_deferred_probe, devm_clk_get(…, "mc"), platform_get_irq.
  'tegra-mc': { preventsDeferral: true },
};

/** The behaviour of a catalogue driver: it gets what its node names, and registers an IOMMU if it is one. */
export function behaviourOf(model: DriverModel): DriverBehaviour {
  return {
    ...plainBehaviour,
    usesResources: true,
    syncState: model.syncState ?? false,
    provider: model.iommuProvider ? model.name : null,
    ...special[model.name],
  };
}
