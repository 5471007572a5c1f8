/** What the defer-chain view shows: deferred devices gathered under the root cause they wait for, as graphs. */
import { graphlib, layout } from '@dagrejs/dagre';
import type { ChainCause, ReportChain, SimulationReport } from '../simulator/report';
import { shortName } from './address';

export interface ChainNode {
  readonly id: string;
  readonly label: string;
  /** The device's own state, or how many devices a folded node stands for. */
  readonly note: string;
  readonly role: 'root' | 'waiting' | 'folded';
  /** A folded node's: the supplier, and how many wait for it in all. */
  readonly supplier?: string;
  readonly waiting?: number;
}

export interface ChainEdge {
  readonly from: string;
  readonly to: string;
  /** Properties that make the step, in order of appearance. */
  readonly properties: readonly string[];
}

export interface ChainCluster {
  readonly root: string;
  readonly cause: ChainCause;
  readonly fix: string;
  /** Deferred devices that wait for this root. */
  readonly waiting: readonly string[];
  readonly nodes: readonly ChainNode[];
  readonly edges: readonly ChainEdge[];
}

/** Root causes in words. */
export const causeNames: Readonly<Record<ChainCause, string>> = {
  'no-driver': 'no driver in this configuration',
  disabled: 'disabled in the devicetree',
  cycle: 'a cycle: the devices wait for each other',
  'probe-error': 'its probe fails',
  timeout: 'given up after the probe timeout',
  'module-not-loaded': 'its driver is a module that is not loaded',
  'never-registers': 'bound, but never registers what others wait for',
  deferred: 'its own probe keeps deferring',
};

/** Consumers of one supplier beyond this many are folded into one node; fewer the further they stand from the root cause. */
const foldLimits = [6, 4, 2];
const foldLimit = (depth: number): number => foldLimits[Math.min(depth, foldLimits.length - 1)]!;

/** How many consumers of a supplier the user wants to see, by the supplier's path. */
export type Unfolded = Readonly<Record<string, number>>;

/**
 * The clusters of a report, the one that holds back most devices first.
 * @param shown a device whose whole way is drawn however many wait beside it; null: none
 */
export function chainClusters(
  report: SimulationReport,
  unfolded: Unfolded = {},
  shown: string | null = null,
): ChainCluster[] {
  const byRoot = new Map<string, ReportChain[]>();
  for (const chain of report.chains) {
    const root = chain.path.at(-1) ?? chain.device;
    const key = `${chain.cause} ${root}`;
    const list = byRoot.get(key);
    if (list) list.push(chain);
    else byRoot.set(key, [chain]);
  }
  const reasons = new Map(report.devices.map((device) => [device.device, device.deferReason]));
  const clusters = [...byRoot.values()].map((chains) => cluster(chains, reasons, unfolded, shown));
  return clusters.sort((a, b) => b.waiting.length - a.waiting.length);
}

function cluster(
  chains: readonly ReportChain[],
  reasons: ReadonlyMap<string, string | null>,
  unfolded: Unfolded,
  shown: string | null,
): ChainCluster {
  const { cause, fix } = chains[0]!;
  const root = chains[0]!.path.at(-1) ?? chains[0]!.device;
  const nodes = new Map<string, ChainNode>();
  const edges = new Map<string, { from: string; to: string; properties: string[] }>();
  const add = (id: string) => {
    if (nodes.has(id)) return;
    const isRoot = id === root;
    // The edges say whom a device waits for; only another reason is worth words.
    const reason = reasons.get(id) ?? '';
    const note = /wait for supplier|supplier .* not ready/.test(reason) ? '' : reason;
    nodes.set(id, { id, label: shortName(id), note, role: isRoot ? 'root' : 'waiting' });
  };
  for (const { path, steps } of chains) {
    path.forEach((id, i) => {
      add(id);
      const to = path[i + 1];
      if (to === undefined) return;
      const key = `${id}\0${to}`;
      const edge = edges.get(key) ?? { from: id, to, properties: [] };
      const property = steps[i];
      if (property && !edge.properties.includes(property)) edge.properties.push(property);
      edges.set(key, edge);
    });
  }
  const waiting = [...new Set(chains.map((chain) => chain.device))];
  const whole: ChainCluster = { root, cause, fix, waiting, nodes: [...nodes.values()], edges: [...edges.values()] };
  const way = new Set(chains.find(({ device }) => device === shown)?.path ?? []);
  return fold(whole, unfolded, way);
}

/** From the root outwards: of the many that wait at one place a few are drawn, and one node stands for the others. */
function fold(cluster: ChainCluster, unfolded: Unfolded, way: ReadonlySet<string>): ChainCluster {
  const consumers = new Map<string, ChainEdge[]>();
  for (const edge of cluster.edges) {
    const list = consumers.get(edge.to);
    if (list === undefined) consumers.set(edge.to, [edge]);
    else list.push(edge);
  }
  const visible = new Set([cluster.root]);
  const folded: ChainNode[] = [];
  const edges: ChainEdge[] = [];
  let level = [cluster.root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const supplier of level) {
      const waiting = consumers.get(supplier) ?? [];
      const limit = unfolded[supplier] ?? foldLimit(depth);
      // those for whom others wait come first, and those on the way that is asked for
      const rank = ({ from }: ChainEdge) => (way.has(from) ? 2 : consumers.has(from) ? 1 : 0);
      const ordered = waiting.length > limit ? [...waiting].sort((a, b) => rank(b) - rank(a)) : waiting;
      const drawn = waiting.length > limit ? ordered.slice(0, limit - 1) : ordered;
      const hidden = ordered.slice(drawn.length).filter(({ from }) => !visible.has(from));
      edges.push(...drawn, ...ordered.slice(drawn.length).filter(({ from }) => visible.has(from)));
      for (const { from } of drawn) {
        if (visible.has(from)) continue;
        visible.add(from);
        next.push(from);
      }
      if (hidden.length === 0) continue;
      const id = `${supplier}\0folded`;
      const label = hidden.length === 1 ? '1 more device' : `${hidden.length} more devices`;
      folded.push({ id, label, note: 'click to show them', role: 'folded', supplier, waiting: waiting.length });
      edges.push({ from: id, to: supplier, properties: [...new Set(hidden.flatMap((edge) => edge.properties))] });
    }
    level = next;
  }
  // a way that leads nowhere (a cycle of which the root is no part) is drawn whole
  if (folded.length === 0) return cluster;
  return { ...cluster, nodes: [...cluster.nodes.filter(({ id }) => visible.has(id)), ...folded], edges };
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedNode extends ChainNode, Point {
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge extends ChainEdge {
  readonly points: readonly Point[];
  /** The middle of the label, and its width. */
  readonly label: Point & { readonly width: number };
}

export interface PlacedGraph {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const maxNote = 44;

/** From who waits to the root cause: left to right, or top to bottom. */
export type Direction = 'LR' | 'TB';

/**
 * Places a cluster in the direction that needs no scrolling, or less of it. Text keeps its size.
 * @param charWidth pixels of one character of the editor's font
 * @param room pixels there are from left to right
 */
export function fittingGraph(cluster: ChainCluster, charWidth: number, room: number): PlacedGraph {
  const across = placeGraph(cluster, charWidth, 'LR');
  if (across.width <= room) return across;
  const down = placeGraph(cluster, charWidth, 'TB');
  return down.width < across.width ? down : across;
}

/** Places a cluster in one direction. */
export function placeGraph(cluster: ChainCluster, charWidth: number, direction: Direction): PlacedGraph {
  const graph = new graphlib.Graph({ multigraph: false });
  const ranksep = direction === 'LR' ? 44 : 24;
  graph.setGraph({ rankdir: direction, nodesep: 14, ranksep, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const indexes = new Map(cluster.nodes.map((node, i) => [node.id, String(i)]));
  for (const node of cluster.nodes) {
    const note = Math.min(node.note.length, maxNote) * charWidth * 0.88;
    const width = Math.max(96, Math.max(node.label.length * charWidth, note) + 24);
    graph.setNode(indexes.get(node.id)!, { width, height: node.note === '' ? 30 : 44 });
  }
  for (const edge of cluster.edges) {
    const width = Math.max(12, edge.properties.join(', ').length * charWidth * 0.88 + 10);
    graph.setEdge(indexes.get(edge.from)!, indexes.get(edge.to)!, { width, height: 18, labelpos: 'c' });
  }
  layout(graph);
  const box = (id: string) => graph.node(indexes.get(id)!) as Box;
  const size = graph.graph() as { width: number; height: number };
  return {
    direction,
    width: size.width,
    height: size.height,
    nodes: cluster.nodes.map((node) => {
      const { x, y, width, height } = graph.node(indexes.get(node.id)!) as PlacedNode;
      return { ...node, x, y, width, height };
    }),
    edges: cluster.edges.map((edge) => {
      const placed = graph.edge(indexes.get(edge.from)!, indexes.get(edge.to)!) as Point & {
        points: Point[];
        width: number;
      };
      const points = alongSides(placed.points, box(edge.from), box(edge.to), direction);
      return { ...edge, points, label: { x: placed.x, y: placed.y, width: placed.width } };
    }),
  };
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Lets an edge that runs in the graph's direction leave and arrive at the middle of the boxes' sides. */
function alongSides(points: readonly Point[], from: Box, to: Box, direction: Direction): readonly Point[] {
  const inner = points.slice(1, -1);
  if (direction === 'LR') {
    if (from.x >= to.x) return points;
    return [{ x: from.x + from.width / 2, y: from.y }, ...inner, { x: to.x - to.width / 2 - 1, y: to.y }];
  }
  if (from.y >= to.y) return points;
  return [{ x: from.x, y: from.y + from.height / 2 }, ...inner, { x: to.x, y: to.y - to.height / 2 - 1 }];
}

/** A smooth path through the points of an edge. */
export function edgePath(points: readonly Point[], direction: Direction): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${round(first.x)},${round(first.y)}`;
  let previous = first;
  for (const point of rest) {
    const [x, y] = [(previous.x + point.x) / 2, (previous.y + point.y) / 2];
    const bends = direction === 'LR' ? [x, previous.y, x, point.y] : [previous.x, y, point.x, y];
    path += `C${[...bends, point.x, point.y].map(round).join(',')}`;
    previous = point;
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
