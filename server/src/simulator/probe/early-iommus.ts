/** IOMMUs that are declared early (IOMMU_OF_DECLARE as it was meant in 3.19: of_iommu_init before any device exists). */
import type { DtNode } from '../../devicetree/model';
import type { SimDevice } from '../contract/device';
import type { EarlyProvider } from '../kernel/drivers';
import { platformName } from './devices/naming';
import { createEarly } from './devices/population';
import type { Machine } from './machine';

/** What stands for the IOMMU until the tree's walk makes a device of its node. */
function placeholder(node: DtNode): SimDevice {
  return {
    node,
    ref: node.path,
    name: platformName(node),
    bus: 'platform',
    parent: null,
    pci: null,
    driverName: null,
    driverManagesDma: false,
  };
}

/** of_iommu_init(): every matching node in the tree's order, whatever its status. */
export function registerEarlyIommus(machine: Machine, early: (compatible: string) => readonly EarlyProvider[]): void {
  const { core } = machine;
  for (const node of core.tree.nodes) {
    if (!core.compatibles(node).some((c) => early(c).some((p) => p.kind === 'iommu'))) continue;
    const device = placeholder(node);
    const hardware = machine.hardwareOf(device);
    const probe = machine.providerModels?.('software')(device, machine, machine.kernel, hardware);
    const refused = typeof hardware.declareError === 'number' ? hardware.declareError : (probe?.error ?? 0);
    if (refused === 0 && probe?.instance !== undefined) machine.iommu.register(probe.instance);
    if (refused !== 0) core.message('err', null, `Failed to initialise IOMMU ${node.path}`);
    if (hardware.declareCreates === true) createEarly(machine, node);
  }
}
