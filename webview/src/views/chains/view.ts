/** The defer chains: for each root cause a graph of the devices that wait for it, the property on each edge, and the fix. */
import './style.css';
import { h, svg } from '../../dom';
import { cut, shortName } from '../../model/address';
import {
  type ChainCluster,
  causeNames,
  chainClusters,
  edgePath,
  fittingGraph,
  maxNote,
  type PlacedNode,
} from '../../model/chains';
import { about, dataTable, deviceLink, keep, nothing, type ViewContext } from '../../view';

export function chainsView(context: ViewContext, root: HTMLElement): void {
  const unfolded: ReadonlySet<string> = new Set(keep<readonly string[]>(context, 'chains.unfolded', []));
  const clusters = chainClusters(context.report, unfolded);
  const explained = new Set(clusters.flatMap((cluster) => cluster.waiting));
  const rest = context.report.deferred.filter(({ device }) => !explained.has(device));
  if (clusters.length === 0 && rest.length === 0) {
    const bound = context.report.devices.filter((device) => device.status === 'bound').length;
    const failed = context.report.devices.filter(({ status }) => status === 'failed' || status === 'rejected').length;
    const rest =
      failed === 0 ? `Every device with a driver came up (${bound} bound).` : `${bound} bound, ${failed} failed.`;
    root.append(nothing('No device stays deferred', rest));
    return;
  }
  const space: Space = { charWidth: measureCharacter(), room: root.clientWidth - 26 };
  root.append(
    h(
      'div',
      { class: 'cards' },
      ...clusters.map((cluster) => clusterCard(context, cluster, unfolded, space)),
      rest.length > 0 ? others(context, rest) : '',
    ),
  );
}

/** Pixels: of one character of the graph's font, and from left to right in a card. */
interface Space {
  readonly charWidth: number;
  readonly room: number;
}

/** The width of one character of the font the graph is drawn in. */
function measureCharacter(): number {
  const probe = h('span', { class: 'mono probe' }, 'm'.repeat(20));
  document.body.append(probe);
  const width = probe.getBoundingClientRect().width / 20;
  probe.remove();
  return width > 0 ? width : 7.2;
}

function clusterCard(
  context: ViewContext,
  cluster: ChainCluster,
  unfolded: ReadonlySet<string>,
  space: Space,
): HTMLElement {
  const count = cluster.waiting.length === 1 ? '1 device waits' : `${cluster.waiting.length} devices wait`;
  return about(
    context,
    [cluster.root, ...cluster.waiting],
    h(
      'section',
      { class: 'card chain' },
      h('h2', {}, deviceLink(context, cluster.root), h('span', { class: 'cause' }, causeNames[cluster.cause])),
      h('div', { class: 'facts' }, h('span', {}, count), h('span', { class: 'path' }, cluster.root)),
      h('p', { class: 'fix' }, h('span', { class: 'tag' }, 'fix'), ' ', cluster.fix),
      h(
        'div',
        { class: 'graph', tabindex: 0, role: 'region', 'aria-label': `What waits for ${cluster.root}` },
        graph(context, cluster, unfolded, space),
      ),
    ),
  );
}

let markers = 0;

function graph(context: ViewContext, cluster: ChainCluster, unfolded: ReadonlySet<string>, space: Space): SVGElement {
  const placed = fittingGraph(cluster, space.charWidth, space.room);
  const marker = `arrow-${++markers}`;
  const arrow = svg(
    'marker',
    { id: marker, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
    svg('path', { d: 'M0,0L8,4L0,8Z', class: 'arrow' }),
  );
  const edges = placed.edges.map((edge) => {
    const text = edge.properties.join(', ');
    const path = svg('path', {
      class: 'edge',
      d: edgePath(edge.points, placed.direction),
      'marker-end': `url(#${marker})`,
    });
    const group = svg('g', {}, path);
    if (text !== '') {
      const { x, y, width } = edge.label;
      const open = () => context.open(edge.from, edge.properties[0]);
      const words = svg('text', { x, y: y + 4, 'text-anchor': 'middle' });
      words.textContent = text;
      const label = svg(
        'g',
        { class: 'edge-label', ...clickable(`${text} of ${edge.from}: open its source`, open) },
        svg('rect', { x: x - width / 2, y: y - 9, width, height: 18, rx: 3 }),
        words,
      );
      group.append(label);
    }
    return group;
  });
  const nodes = placed.nodes.map((node) => nodeShape(context, cluster, node, unfolded));
  const { width, height } = placed;
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group' },
    svg('defs', {}, arrow),
    ...edges,
    ...nodes,
  );
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

function nodeShape(
  context: ViewContext,
  cluster: ChainCluster,
  node: PlacedNode,
  unfolded: ReadonlySet<string>,
): SVGElement {
  const { x, y, width, height, role } = node;
  const unfold = () => {
    context.kept.set('chains.unfolded', [...unfolded, cluster.root]);
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

/** Deferred devices for which no chain is known: the kernel's reason alone. */
function others(
  context: ViewContext,
  deferred: readonly { readonly device: string; readonly reason: string }[],
): HTMLElement {
  const rows = deferred.map(({ device, reason }) =>
    about(
      context,
      [device],
      h('tr', {}, h('td', {}, deviceLink(context, device)), h('td', {}, reason || 'no reason given')),
    ),
  ) as HTMLTableRowElement[];
  const title = `Deferred without a known cause (${deferred.map(({ device }) => shortName(device)).length})`;
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, title),
    dataTable(['Device', 'Reason, as in devices_deferred'], rows, title),
  );
}
