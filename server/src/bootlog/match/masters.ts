/** Whose transactions a fault can be: by the stream as the hardware matches it, by a name in the line, by the bank. */
import type { DtNode } from '../../devicetree/model';
import { cellsOf, compatibles, isEnabled, u32 } from '../../devicetree/read';
import type { IommuView, Provider, StreamUse } from '../../iommu/view';
import { platformName } from '../../simulator/probe/devices/naming';
import { tegraSoc } from '../../simulator/smmu/tegra/soc';
import type { FaultFact } from '../facts';
import type { Board } from './board';
import { nodeOfDevice } from './nodes';
import clientTables from './tegra-clients.json';

/** The drivers (`Binding.driver`) whose nodes a model's lines can be of; models that are not here can be of any. */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  // Qualcomm's first SMMUs are Arm's: either driver has been seen on them.
  'arm-smmu': ['arm-smmu', 'qcom-iommu'],
  'qcom-iommu': ['qcom-iommu', 'arm-smmu'],
  'arm-smmu-v3': ['arm-smmu-v3'],
  'msm-drm': ['arm-smmu', 'qcom-iommu', 'msm_iommu'],
  'msm-iommu': ['msm_iommu', 'qcom-iommu'],
  'tegra-smmu': ['tegra-mc'],
  'exynos-sysmmu': ['exynos-sysmmu'],
  'rockchip-iommu': ['rk_iommu'],
  'rockchip-rga': ['rk_iommu'],
  'vsi-iommu': ['vsi_iommu'],
  'mtk-m4u': ['mtk-iommu', 'mtk-iommu-v1'],
  'omap-iommu': ['omap-iommu'],
  'ipmmu-vmsa': ['ipmmu-vmsa'],
  'sun50i-iommu': ['sun50i-iommu'],
  'apple-dart': ['apple-dart'],
  'virtio-iommu': ['virtio-iommu'],
  'riscv-iommu': ['riscv,iommu'],
};

/** Whether a model's lines can be of this node; a node of an unknown binding can be anything. */
function fits(model: string, { binding }: Provider): boolean {
  const drivers = DRIVERS[model];
  return binding === null || drivers === undefined || drivers.includes(binding.driver);
}

/** Devices that a bus found, which no node of the tree has to name: virtio's, and functions of PCI. */
const FOUND_BY_BUS = /^(?:virtio\d+|[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)$/;

export interface Located {
  /** The IOMMU that a line is of; null when it is not known. */
  readonly provider: Provider | null;
  /** Why the line cannot be of this tree, as a sentence; null where nothing speaks against it. */
  readonly foreign: string | null;
}

/** The Adreno GPU of a board: the enabled one, else the first; null without one. */
function adreno({ tree }: IommuView): DtNode | null {
  const gpus = tree.nodes.filter((node) => compatibles(node).some((name) => /^(?:qcom,adreno|amd,imageon)/.test(name)));
  return gpus.find((node) => isEnabled(node)) ?? gpus[0] ?? null;
}

const ELSEWHERE = 'the log is of another board, or of another tree of this one';

/** The IOMMU that a fault's line names; the only one of the board when it names none, and its driver prints such lines. */
export function providerOf(fact: FaultFact, { view, report }: Board): Located {
  if (fact.model === 'adreno-gpu') {
    const gpu = adreno(view);
    const its = view.providers.find((provider) => view.uses(provider).some((use) => use.node === gpu)) ?? null;
    return { provider: its, foreign: gpu === null ? `no Adreno GPU is in this tree: ${ELSEWHERE}` : null };
  }
  const name = fact.iommu;
  const node =
    name === null
      ? null
      : (nodeOfDevice(view, report, name) ??
        view.providers.find((provider) => platformName(provider.node) === name)?.node ??
        null);
  const found = node === null ? null : view.provider(node);
  if (found !== null) {
    if (fits(fact.model, found)) return { provider: found, foreign: null };
    const what = found.binding?.model ?? 'another IOMMU';
    return {
      provider: null,
      foreign: `${name} is ${found.node.path} in this tree, and that is ${what}, which prints no such line (${fact.model} does): ${ELSEWHERE}`,
    };
  }
  // A memory controller beside an SMMU, and names that are no IOMMU's node: not the IOMMU by chance.
  if (node !== null) return { provider: null, foreign: null };
  if (name !== null && !FOUND_BY_BUS.test(name))
    return { provider: null, foreign: `${name} is not in this tree: ${ELSEWHERE}` };
  if (fact.model === 'tegra-mc') return { provider: null, foreign: null };
  const fitting = view.providers.filter((provider) => fits(fact.model, provider));
  if (fitting.length === 0 && view.providers.length > 0)
    return { provider: null, foreign: `no IOMMU of this tree prints such lines (${fact.model} does): ${ELSEWHERE}` };
  const enabled = view.providers.filter((provider) => provider.enabled);
  const only = enabled.length === 1 ? (enabled[0] ?? null) : null;
  return { provider: only !== null && fits(fact.model, only) ? only : null, foreign: null };
}

/**
 * Whether a stream on the bus is one of a use's. Arm SMMUs compare under the mask of the specifier, or `stream-match-mask`
 * for those of one cell (arm_smmu_of_xlate); a row of `iommu-map` gives only IDs that a requester ID under
 * `iommu-map-mask` can lead to (of_map_id).
 */
export function usesStream(use: StreamUse, id: number): boolean {
  const oneCell = use.from.kind === 'iommu-map' || use.from.entry.args.length === 1;
  const ignored = (use.mask | (oneCell ? u32(use.provider.node, 'stream-match-mask', 0) : 0)) >>> 0;
  const keep = ~ignored;
  if (use.from.kind === 'iommus' || use.count === 1) return ((id ^ use.id) & keep) === 0;
  const row = use.from.map.rows[use.from.row];
  const mask = use.from.map.mask;
  const base = row?.ridBase ?? 0;
  const fits = (at: number): boolean => ((base + at) & ~mask) === 0;
  if (ignored === 0) return id >= use.id && id < use.id + use.count && fits(id - use.id);
  for (let at = 0; at < Math.min(use.count, 0x10000); at++)
    if (fits(at) && ((id ^ (use.id + at)) & keep) === 0) return true;
  return false;
}

/** Memory clients of a Tegra SoC with an Arm SMMU: name -> number in `interconnects`. */
function clientNumber(controller: DtNode, client: string): number | null {
  const tables = clientTables as Readonly<Record<string, string>>;
  for (const name of compatibles(controller)) {
    const entry = tables[name]?.split(' ').find((part) => part.startsWith(`${client}:`));
    if (entry !== undefined) return Number.parseInt(entry.slice(client.length + 1), 16);
  }
  return null;
}

/** The nodes whose `interconnects` name a memory client. */
function nodesOfClient(view: IommuView, controller: DtNode, client: string): DtNode[] {
  const number = clientNumber(controller, client);
  if (number === null) return [];
  const found: DtNode[] = [];
  for (const node of view.tree.nodes) {
    const property = node.properties.get('interconnects');
    if (property === undefined) continue;
    const cells = cellsOf(property);
    for (let at = 0; at < cells.length; ) {
      const target = view.tree.phandles.get(cells[at] ?? 0);
      if (target === undefined) break;
      const width = u32(target, '#interconnect-cells', 0);
      if (target === controller && cells[at + 1] === number) {
        found.push(node);
        break;
      }
      at += 1 + width;
    }
  }
  return found;
}

function memoryController(fact: FaultFact, { view, report }: Board): DtNode | null {
  const named = fact.iommu === null ? null : nodeOfDevice(view, report, fact.iommu);
  if (named !== null) return named;
  return view.tree.nodes.find((node) => /^nvidia,tegra\d+-mc$/.test(compatibles(node)[0] ?? '')) ?? null;
}

/** The masters whose streams the simulation points at the bank that faulted. */
function mastersOfBank(fact: FaultFact, provider: Provider, { view, report }: Board): DtNode[] {
  const shown = report?.providers.find((entry) => entry.device === provider.node.path);
  if (fact.bank === null || shown === undefined) return [];
  const paths = shown.streamTable
    .filter((row) => row.bank === fact.bank)
    .flatMap((row) => (Array.isArray(row.masters) ? (row.masters as readonly string[]) : []));
  return view.tree.nodes.filter((node) => paths.includes(node.path));
}

export interface Masters {
  /** Nodes that the transaction can belong to. */
  readonly nodes: readonly DtNode[];
  /** How they were found. */
  readonly by: 'name' | 'stream' | 'client' | 'bank' | 'only-iommu' | 'none';
}

/** The nodes whose transactions can carry a fault's stream; none for a line that is not of this tree. */
export function mastersOf(fact: FaultFact, { provider, foreign }: Located, board: Board): Masters {
  if (foreign !== null) return { nodes: [], by: 'none' };
  const { view, report } = board;
  if (fact.model === 'adreno-gpu') {
    const gpu = adreno(view);
    return gpu === null ? { nodes: [], by: 'none' } : { nodes: [gpu], by: 'client' };
  }
  if (fact.client !== null) {
    const named = /^[0-9a-f]+\.|[:/]/.test(fact.client) ? nodeOfDevice(view, report, fact.client) : null;
    if (named !== null && named !== provider?.node) return { nodes: [named], by: 'name' };
  }
  if (fact.model === 'tegra-mc' || fact.model === 'tegra-smmu') {
    const controller = memoryController(fact, board);
    const soc = controller === null ? null : tegraSoc(controller);
    if (controller !== null && fact.client !== null && soc === null) {
      const nodes = nodesOfClient(view, controller, fact.client);
      return { nodes, by: nodes.length > 0 ? 'client' : 'none' };
    }
    const smmu = provider ?? (controller === null ? null : view.provider(controller));
    const ids = soc?.clients.filter((entry) => entry.name === fact.client).map((entry) => entry.swgroup) ?? [];
    const nodes =
      smmu === null
        ? []
        : view
            .named(smmu)
            .filter((use) => ids.includes(use.id))
            .map((use) => use.node);
    return { nodes: [...new Set(nodes)], by: nodes.length > 0 ? 'client' : 'none' };
  }
  if (provider === null) return { nodes: [], by: 'none' };
  const uses = view.named(provider);
  if (fact.stream !== null) {
    const id = fact.stream;
    const found = uses.filter((use) => usesStream(use, id)).map((use) => use.node);
    if (found.length > 0) return { nodes: [...new Set(found)], by: 'stream' };
  }
  const banked = fact.stream === null ? mastersOfBank(fact, provider, board) : [];
  if (banked.length > 0) return { nodes: banked, by: 'bank' };
  // An IOMMU that is one device's, or names no streams: its masters are who can be meant.
  if (fact.stream === null && (provider.cells === 0 || !['arm-smmu', 'msm-drm', 'remoteproc'].includes(fact.model))) {
    const all = [...new Set(uses.filter((use) => use.enabled).map((use) => use.node))];
    const nodes = all.length > 0 ? all : [...new Set(uses.map((use) => use.node))];
    return { nodes, by: nodes.length > 0 ? 'only-iommu' : 'none' };
  }
  return { nodes: [], by: 'none' };
}
