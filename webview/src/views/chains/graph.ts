/** One cluster as a graph whose nodes and edges are buttons. */
import { cut } from '../../../../server/src/drawing/address';
import {
  type ChainCluster,
  edgePath,
  fittingGraph,
  maxNote,
  type PlacedEdge,
  type PlacedNode,
  type Unfolded,
} from '../../../../server/src/drawing/chains';
import { h, svg } from '../../dom';
import { keep, type ViewContext } from '../../view';

/** Pixels: of one character of the graph's font, and from left to right in a card. */
export interface GraphSpace {
  readonly charWidth: number;
  readonly room: number;
}

/** Devices that a click on a folded node brings. */
const stepOfUnfolding = 20;

/** The width of one character of the font the graph is drawn in. */
export function measureCharacter(): number {
  const probe = h('span', { class: 'mono probe' }, 'm'.repeat(20));
  document.body.append(probe);
  const width = probe.getBoundingClientRect().width / 20;
  probe.remove();
  return width > 0 ? width : 7.2;
}

let markers = 0;

export function graph(context: ViewContext, cluster: ChainCluster, space: GraphSpace): SVGElement {
  const placed = fittingGraph(cluster, space.charWidth, space.room);
  const marker = `arrow-${++markers}`;
  const arrow = svg(
    'marker',
    { id: marker, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
    svg('path', { d: 'M0,0L8,4L0,8Z', class: 'arrow' }),
  );
  const { width, height } = placed;
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', class: 'picture' },
    svg('defs', {}, arrow),
    ...placed.edges.map((edge) => edgeShape(context, edge, placed.direction, marker)),
    ...placed.nodes.map((node) => nodeShape(context, node)),
  );
}

function edgeShape(context: ViewContext, edge: PlacedEdge, direction: 'LR' | 'TB', marker: string): SVGElement {
  const text = edge.properties.join(', ');
  const path = svg('path', { class: 'edge', d: edgePath(edge.points, direction), 'marker-end': `url(#${marker})` });
  const group = svg('g', {}, path);
  if (text === '') return group;
  const { x, y, width } = edge.label;
  const words = svg('text', { x, y: y + 4, 'text-anchor': 'middle' });
  words.textContent = text;
  // an edge of a folded node stands for many devices: there is no one source to open
  const open = () => context.open(edge.from, edge.properties[0]);
  const action = edge.from.includes('\0') ? {} : clickable(`${text} of ${edge.from}: open its source`, open);
  group.append(
    svg(
      'g',
      { class: 'edge-label', ...action },
      svg('rect', { x: x - width / 2, y: y - 9, width, height: 18, rx: 3 }),
      words,
    ),
  );
  return group;
}

/** Attributes that make an SVG group a button for mouse and keyboard. */
function clickable(label: string, action: () => void) {
  return {
    role: 'button',
    tabindex: 0,
    'aria-label': label,
    onclick: action,
    onkeydown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      action();
    },
  };
}

function nodeShape(context: ViewContext, node: PlacedNode): SVGElement {
  const { x, y, width, height, role, supplier } = node;
  const unfold = () => {
    const before = keep<Unfolded>(context, 'chains.unfolded', {});
    const shown = before[supplier!] ?? 6;
    context.kept.set('chains.unfolded', { ...before, [supplier!]: shown + stepOfUnfolding });
    context.redraw();
  };
  const action = role === 'folded' ? unfold : () => context.open(node.id);
  const pointed = context.device === node.id ? ' pointed' : '';
  const label = role === 'folded' ? `Show ${node.label}` : `${node.id}: ${node.note || 'waits'}; open its source`;
  const name = svg('text', { class: 'node-name', x, y: node.note === '' ? y + 4 : y - 3, 'text-anchor': 'middle' });
  name.textContent = node.label;
  const title = svg('title');
  title.textContent = role === 'folded' ? node.note : `${node.id}\n${node.note}`;
  const group = svg(
    'g',
    { class: `node ${role}${pointed}`, ...clickable(label, action) },
    title,
    svg('rect', { x: x - width / 2, y: y - height / 2, width, height, rx: 5 }),
    name,
  );
  if (node.note !== '') {
    const note = svg('text', { class: 'node-note', x, y: y + 13, 'text-anchor': 'middle' });
    note.textContent = cut(node.note, maxNote);
    group.append(note);
  }
  return group;
}
