/** The defer chains: for each root cause a graph of the devices that wait for it, the property on each edge, and the fix. */
import './style.css';
import { type ChainCluster, causeNames, chainClusters, type Unfolded } from '../../../../server/src/drawing/chains';
import { choice, textField } from '../../controls';
import { h } from '../../dom';
import {
  about,
  dataTable,
  deviceLink,
  deviceLinks,
  foldable,
  keep,
  linkButton,
  nothing,
  type ViewContext,
} from '../../view';
import { type GraphSpace, graph, measureCharacter } from './graph';

/** Cards before a button offers the rest. */
const fewCards = 25;

export function chainsView(context: ViewContext, root: HTMLElement): void {
  const { report } = context;
  const unfolded = keep<Unfolded>(context, 'chains.unfolded', {});
  const clusters = chainClusters(report, unfolded, context.device);
  const explained = new Set(clusters.flatMap((cluster) => cluster.waiting));
  const rest = report.deferred.filter(({ device }) => !explained.has(device));
  if (clusters.length === 0 && rest.length === 0) {
    const bound = report.devices.filter((device) => device.status === 'bound').length;
    const failed = report.devices.filter(({ status }) => status === 'failed' || status === 'rejected').length;
    const others =
      failed === 0 ? `Every device with a driver came up (${bound} bound).` : `${bound} bound, ${failed} failed.`;
    root.append(nothing('No device stays deferred', others));
    return;
  }
  const cards = h('div', { class: 'cards' });
  const bar = h(
    'div',
    { class: 'bar' },
    textField('Filter by device or root cause', keep(context, 'chains.filter', ''), (value) => {
      context.kept.set('chains.filter', value);
      fill();
    }),
    iommuChoice(context, fill),
    legend(),
  );
  root.append(bar, cards);
  const space: GraphSpace = { charWidth: measureCharacter(), room: root.clientWidth - 26 };
  const inSight = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        inSight.unobserve(target);
        drawers.get(target)?.();
      }
    },
    { rootMargin: '400px' },
  );
  const drawers = new Map<Element, () => void>();

  function fill(): void {
    inSight.disconnect();
    drawers.clear();
    const matches = chainFilter(context);
    const shown = clusters.filter(matches);
    const limit = keep(context, 'chains.cards', fewCards);
    const made = shown.slice(0, limit).map((cluster) => clusterCard(context, cluster, space, drawers));
    const left = rest.filter(({ device }) => matches({ root: device, waiting: [device] }));
    cards.replaceChildren(
      ...made,
      shown.length > limit
        ? linkButton(`Show ${shown.length - limit} more root causes`, 'Show the rest', () => {
            context.kept.set('chains.cards', shown.length);
            fill();
          })
        : '',
      left.length > 0 ? others(context, left) : '',
      shown.length === 0 && left.length === 0 ? nothing('Nothing matches', 'No chain matches the filter.') : '',
    );
    for (const frame of drawers.keys()) inSight.observe(frame);
    // the first is drawn with this frame, the others when they come into sight
    const [first] = drawers;
    if (first !== undefined) {
      inSight.unobserve(first[0]);
      first[1]();
    }
  }
  fill();
}

/** Whether a cluster is about what the user typed, and about masters of the IOMMU that was chosen. */
function chainFilter(context: ViewContext): (cluster: Pick<ChainCluster, 'root' | 'waiting'>) => boolean {
  const text = keep(context, 'chains.filter', '').trim().toLowerCase();
  const iommu = keep(context, 'chains.iommu', '');
  const behind = new Set(
    iommu === ''
      ? []
      : context.report.links.filter(({ supplier }) => supplier === iommu).map(({ consumer }) => consumer),
  );
  return ({ root, waiting }) => {
    const named = text === '' || [root, ...waiting].some((device) => device.toLowerCase().includes(text));
    return named && (iommu === '' || root === iommu || waiting.some((device) => behind.has(device)));
  };
}

/** Only what waits for, or is behind, one IOMMU; offered where there are several causes to choose from. */
function iommuChoice(context: ViewContext, changed: () => void): HTMLElement | string {
  const linked = new Set(context.report.links.map(({ supplier }) => supplier));
  const iommus = context.report.devices
    .filter(({ device, driver, name }) => linked.has(device) && /iommu|smmu/i.test(`${driver} ${name}`))
    .map(({ device }) => device);
  if (iommus.length === 0) return '';
  const options = [
    { value: '', text: 'All IOMMUs and others' },
    ...iommus.map((device) => ({ value: device, text: `Only behind ${device}` })),
  ];
  return choice('Behind which IOMMU', options, keep(context, 'chains.iommu', ''), (value) => {
    context.kept.set('chains.iommu', value);
    changed();
  });
}

const legend = (): HTMLElement =>
  h(
    'div',
    { class: 'legend' },
    ...(['root', 'waiting', 'folded'] as const).map((role) =>
      h(
        'span',
        { class: 'legend-item' },
        h('i', { class: `node-swatch ${role}` }),
        { root: 'root cause', waiting: 'waits', folded: 'more, folded' }[role],
      ),
    ),
    h('span', { class: 'legend-item' }, 'An arrow leads from who waits to its supplier; on it the property.'),
  );

function clusterCard(
  context: ViewContext,
  cluster: ChainCluster,
  space: GraphSpace,
  drawers: Map<Element, () => void>,
): HTMLElement {
  const count = cluster.waiting.length === 1 ? '1 device waits' : `${cluster.waiting.length} devices wait`;
  const frame = h('div', {
    class: 'graph',
    tabindex: 0,
    role: 'group',
    'aria-label': `What waits for ${cluster.root}`,
  });
  drawers.set(frame, () => frame.replaceChildren(graph(context, cluster, space)));
  const waiting = () =>
    h(
      'div',
      { class: 'waiting' },
      deviceLinks(context, cluster.waiting.slice(0, 500)),
      cluster.waiting.length > 500 && ` and ${cluster.waiting.length - 500} more`,
    );
  return about(
    context,
    [cluster.root, ...cluster.waiting],
    h(
      'section',
      { class: 'card chain' },
      h('h2', {}, deviceLink(context, cluster.root), h('span', { class: 'cause' }, causeNames[cluster.cause])),
      h('div', { class: 'facts' }, h('span', {}, count), h('span', { class: 'path' }, cluster.root)),
      h('p', { class: 'fix' }, h('span', { class: 'tag' }, 'fix'), ' ', cluster.fix),
      frame,
      cluster.waiting.length > 3 && foldable(context, `chains.list.${cluster.root}`, false, 'All who wait', waiting),
    ),
  );
}

/** Deferred devices for which no chain is known: the kernel's reason alone. */
function others(
  context: ViewContext,
  deferred: readonly { readonly device: string; readonly reason: string }[],
): HTMLElement {
  const rows = deferred
    .slice(0, 300)
    .map(({ device, reason }) =>
      about(
        context,
        [device],
        h('tr', {}, h('td', {}, deviceLink(context, device)), h('td', {}, reason || 'no reason given')),
      ),
    );
  const title = `Deferred without a known cause (${deferred.length})`;
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, title),
    dataTable(['Device', 'Reason, as in devices_deferred'], rows, title),
  );
}
