/** The board that a log is held against: its tree, the boot on paper, and what that boot was made with. */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { compatibles } from '../../devicetree/read';
import { type IommuView, iommuView } from '../../iommu/view';
import { driversFor } from '../../simulator/kernel/catalogue';
import { chooseKernel } from '../../simulator/kernel/choice';
import type { DriverModel } from '../../simulator/kernel/drivers';
import { kernelModel } from '../../simulator/kernel/rules';
import { platformName } from '../../simulator/probe/devices/naming';
import { supplierKinds, suppliesOf } from '../../simulator/probe/links/suppliers';
import type { SimulationReport } from '../../simulator/report';
import { defaultScenario } from '../../simulator/scenario';
import { configFor, releaseOfTree, type SimulateOptions, simulate } from '../../simulator/simulate';

export interface Board {
  readonly view: IommuView;
  /** The boot on paper under the log's kernel; null: only the tree is known. */
  readonly report: SimulationReport | null;
  /** The drivers of this configuration that match a node, those of its first compatible first; empty when none does. */
  drivers(node: DtNode): readonly DriverModel[];
  /** What a node's properties name as its suppliers, in the eyes of this kernel. */
  supplies(node: DtNode): readonly { readonly supplier: DtNode; readonly property: string }[];
}

/** Boots a tree on paper for a log to be held against. */
export function makeBoard(tree: DeviceTree, settings: SimulateOptions): Board {
  const scenario = settings.scenario ?? defaultScenario;
  const version = chooseKernel({
    option: settings.kernel,
    scenario: scenario.kernel,
    tree: releaseOfTree(settings),
  }).model;
  const catalogue = scenario.catalogue
    ? driversFor(version, settings.drivers).driverSet(configFor(tree, settings))
    : null;
  const kinds = supplierKinds(kernelModel(version).supplierBindings);
  return {
    view: iommuView(tree),
    report: simulate(tree, settings),
    drivers(node) {
      const names = compatibles(node);
      const own = scenario.drivers.filter((added) =>
        added.model.of.some((row) => row.compatible !== null && names.includes(row.compatible)),
      );
      return [...own.map((added) => added.model), ...names.flatMap((name) => catalogue?.fitting(name) ?? [])];
    },
    supplies: (node) => suppliesOf(tree, node, kinds),
  };
}

/** The kernel's names of a tree's masters and IOMMUs, as they stand in front of what their drivers print. */
export function deviceNames(tree: DeviceTree): string[] {
  const view = iommuView(tree);
  const nodes = new Set<DtNode>(view.providers.map((provider) => provider.node));
  for (const master of view.masters) nodes.add(master.node);
  return [...new Set([...nodes].map(platformName))];
}
