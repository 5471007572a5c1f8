/** Makes what rules look at, once a board state. */
import { propertiesByName } from '../../devicetree/by-name';
import type { DeviceTree, DtNode, DtProperty } from '../../devicetree/model';
import { nodeAt } from '../../devicetree/read';
import { addressCells, type DmaWindows, dmaWindowsOf, sizeCells } from '../../iommu/addresses';
import { type MemoryRegions, memoryRegionsOf } from '../../iommu/reserved';
import type { IommuView } from '../../iommu/view';
import { catalogueFor, type KernelCatalogue } from '../../simulator/kernel/catalogue';
import { NEWEST_KERNEL } from '../../simulator/kernel/choice';
import type { ReportChain, ReportDevice, SimulationReport } from '../../simulator/report';
import { distance } from '../../source/closest';
import { IOMMU_PROPERTIES } from '../properties';
import type { RuleContext } from './rule';

/** Properties that rules look for all over a tree. */
const PROPERTIES = [...IOMMU_PROPERTIES, 'dma-noncoherent'];
/** Names that are near to one of ours, and none of its misspellings. */
const REAL = new Set(['memory-regions', '#io-cells']);
/** A property name to the one of ours it is one slip away from, itself when rules look for it, or null; the same names come again in every tree. */
const slips = new Map<string, string | null>(PROPERTIES.map((name) => [name, name]));
const MAX_SLIPS = 50_000;

function slipOf(name: string): string | null {
  const known = slips.get(name);
  if (known !== undefined) return known;
  const meant = REAL.has(name) ? null : ([...IOMMU_PROPERTIES].find((n) => distance(name, n, 1) <= 1) ?? null);
  if (slips.size < MAX_SLIPS) slips.set(name, meant);
  return meant;
}

interface Walked {
  readonly named: ReadonlyMap<string, readonly DtNode[]>;
  readonly misspelt: readonly { readonly property: DtProperty; readonly meant: string }[];
}

/** One walk over all properties, for everything that rules look up by name. */
function walk(tree: DeviceTree): Walked {
  const named = new Map<string, DtNode[]>();
  const misspelt: { property: DtProperty; meant: string }[] = [];
  const index = propertiesByName(tree);
  const near: string[] = [];
  for (const name of index.names) {
    const meant = slipOf(name);
    if (meant === name)
      named.set(
        name,
        index.named(name).map(({ node }) => node),
      );
    else if (meant !== null) near.push(name);
  }
  for (const property of index.namedAny(near)) {
    const meant = slipOf(property.name);
    if (meant !== null && !property.node.properties.has(meant)) misspelt.push({ property, meant });
  }
  return { named, misspelt };
}

const NONE: readonly DtNode[] = [];

type OfBoard = Pick<RuleContext, 'main' | 'macros' | 'kernelKnown'> & {
  readonly drivers: KernelCatalogue | null;
  readonly kernel: string | null;
};

const NO_BOARD: OfBoard = { main: null, macros: [], kernelKnown: false, drivers: null, kernel: null };

/** A context over a tree, its IOMMU view and (when there is one) its simulated boot. */
export function ruleContext(
  tree: DeviceTree,
  view: IommuView,
  report: SimulationReport | null,
  configGiven = false,
  board: OfBoard = NO_BOARD,
): RuleContext {
  const devices = new Map<string, ReportDevice>();
  for (const entry of report?.devices ?? []) devices.set(entry.device, entry);
  const chains = new Map<string, ReportChain>();
  for (const chain of report?.chains ?? []) if (!chains.has(chain.device)) chains.set(chain.device, chain);
  const regions = new Map<DtNode, MemoryRegions | null>();
  const windows = new Map<DtNode | null, DmaWindows | null>();
  let walked: Walked | null = null;
  const properties = () => {
    walked ??= walk(tree);
    return walked;
  };
  return {
    tree,
    view,
    report,
    configGiven,
    ...board,
    kernel: report?.kernel ?? board.kernel ?? NEWEST_KERNEL,
    drivers: board.drivers ?? catalogueFor(report?.kernel ?? NEWEST_KERNEL),
    device: (node) => devices.get(node.path) ?? null,
    chain: (node) => chains.get(node.path) ?? null,
    node: (path) => (path.startsWith('/') ? nodeAt(tree, path) : null),
    nodesWith: (name) => properties().named.get(name) ?? NONE,
    // no getter: the shape that V8 makes for an object literal with one holds it, and all it can see, until a major collection
    misspelt: () => properties().misspelt,
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
