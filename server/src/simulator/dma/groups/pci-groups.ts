/** Aliases and isolation of PCI functions (drivers/pci/search.c, pci_acs_enabled, pci_device_group). */
import type { PciFunction, SimDevice } from '../../contract/device';
import type { Group } from './groups';

const busOf = (pci: PciFunction): number => pci.rid >> 8;
const sameBus = (a: PciFunction, b: PciFunction): boolean => a.host === b.host && busOf(a) === busOf(b);

/**
 * pci_for_each_dma_alias: calls `visit` with each function and requester ID under which the device's DMA may arrive;
 * ends early with the first result that is not 0.
 */
export function forEachDmaAlias(device: SimDevice, visit: (device: SimDevice, rid: number) => number): number {
  const pci = device.pci;
  if (pci === null) return 0;
  let result = visit(device, pci.rid);
  for (const alias of pci.dmaAliases ?? []) if (result === 0) result = visit(device, alias);
  let bus = busOf(pci);
  for (let bridge = pci.upstream; result === 0 && bridge !== null; bridge = bridge.pci?.upstream ?? null) {
    const up = bridge.pci;
    if (up === null) break;
    // PCIe-to-PCI bridges use the number of the bus below; other bridges to or from conventional PCI their own ID.
    if (up.kind === 'pcie-to-pci') result = visit(bridge, bus << 8);
    else if (up.kind === 'pci-to-pcie' || up.kind === 'conventional') result = visit(bridge, up.rid);
    bus = busOf(up);
  }
  return result;
}

/** pci_acs_enabled for the flags that isolation needs. */
function acsEnabled(pci: PciFunction): boolean {
  if (pci.acsQuirk === true) return true;
  switch (pci.kind) {
    case 'conventional':
    case 'pcie-to-pci':
    case 'pci-to-pcie':
      return false;
    case 'root-port':
    case 'downstream-port':
      return pci.acsEnabled;
    default:
      return !pci.multifunction || pci.acsEnabled;
  }
}

/** pci_acs_path_enabled up to the root. */
function acsPathEnabled(from: SimDevice): boolean {
  for (let at: SimDevice | null = from; at !== null; at = at.pci?.upstream ?? null)
    if (at.pci === null || !acsEnabled(at.pci)) return false;
  return true;
}

/** pci_devs_are_dma_aliases: either does DMA in the other's name. */
function areAliases(a: PciFunction, b: PciFunction): boolean {
  return (a.dmaAliases?.includes(b.rid) ?? false) || (b.dmaAliases?.includes(a.rid) ?? false);
}

/**
 * The existing group that pci_device_group finds for a device, or null when it must have a new one. `functions` are
 * all PCI functions in bus order; `groupOf` is iommu_group_get.
 */
export function findPciGroup(
  device: SimDevice,
  functions: readonly SimDevice[],
  groupOf: (device: SimDevice) => Group | null,
): Group | null {
  let found: Group | null = null;
  let last = device;
  forEachDmaAlias(device, (at) => {
    last = at;
    found = groupOf(at);
    return found === null ? 0 : 1;
  });
  if (found !== null) return found;

  // Up to where ACS keeps peers apart.
  for (let bridge = last.pci?.upstream ?? null; bridge !== null; bridge = bridge.pci?.upstream ?? null) {
    if (acsPathEnabled(bridge)) break;
    last = bridge;
    const group = groupOf(bridge);
    if (group !== null) return group;
  }

  const tested = new Set<SimDevice>();
  return aliasGroup(last, functions, groupOf, tested) ?? functionGroup(last, functions, groupOf, tested);
}

/** get_pci_alias_group. */
function aliasGroup(
  device: SimDevice,
  functions: readonly SimDevice[],
  groupOf: (device: SimDevice) => Group | null,
  tested: Set<SimDevice>,
): Group | null {
  if (tested.has(device)) return null;
  tested.add(device);
  const own = groupOf(device);
  if (own !== null) return own;
  const pci = device.pci;
  if (pci === null) return null;
  for (const other of functions) {
    if (other === device || other.pci === null || !sameBus(pci, other.pci) || !areAliases(pci, other.pci)) continue;
    const group = aliasGroup(other, functions, groupOf, tested) ?? functionGroup(other, functions, groupOf, tested);
    if (group !== null) return group;
  }
  return null;
}

/** get_pci_function_alias_group. */
function functionGroup(
  device: SimDevice,
  functions: readonly SimDevice[],
  groupOf: (device: SimDevice) => Group | null,
  tested: Set<SimDevice>,
): Group | null {
  const pci = device.pci;
  if (pci === null || !pci.multifunction || acsEnabled(pci)) return null;
  for (const other of functions) {
    if (other === device || other.pci === null || !sameBus(pci, other.pci)) continue;
    if (((pci.rid ^ other.pci.rid) & 0xf8) !== 0 || acsEnabled(other.pci)) continue;
    const group = aliasGroup(other, functions, groupOf, tested);
    if (group !== null) return group;
  }
  return null;
}
