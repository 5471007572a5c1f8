/** Makes what rules look at, once a board state. */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { nodeAt } from '../../devicetree/read';
import { addressCells, type DmaWindows, dmaWindowsOf, sizeCells } from '../../iommu/addresses';
import { type MemoryRegions, memoryRegionsOf } from '../../iommu/reserved';
import type { IommuView } from '../../iommu/view';
import type { ReportChain, ReportDevice, SimulationReport } from '../../simulator/report';
import type { RuleContext } from './rule';

/** A context over a tree, its IOMMU view and (when there is one) its simulated boot. */
export function ruleContext(tree: DeviceTree, view: IommuView, report: SimulationReport | null): RuleContext {
  const devices = new Map<string, ReportDevice>();
  for (const entry of report?.devices ?? []) devices.set(entry.device, entry);
  const chains = new Map<string, ReportChain>();
  for (const chain of report?.chains ?? []) if (!chains.has(chain.device)) chains.set(chain.device, chain);
  const regions = new Map<DtNode, MemoryRegions | null>();
  const windows = new Map<DtNode | null, DmaWindows | null>();
  return {
    tree,
    view,
    report,
    device: (node) => devices.get(node.path) ?? null,
    chain: (node) => chains.get(node.path) ?? null,
    node: (path) => (path.startsWith('/') ? nodeAt(tree, path) : null),
    memoryRegions(node) {
      let found = regions.get(node);
      if (found === undefined) {
        found = memoryRegionsOf(tree, node);
        regions.set(node, found);
      }
      return found;
    },
    windows(bus) {
      let found = windows.get(bus);
      if (found === undefined) {
        found = dmaWindowsOf(bus);
        windows.set(bus, found);
      }
      return found;
    },
    busCells: (bus) => ({ address: addressCells(bus), size: sizeCells(bus) }),
  };
}
