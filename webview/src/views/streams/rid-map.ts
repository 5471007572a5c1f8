/** A host bridge's map of requester IDs to stream IDs: a bar over the IDs, and the rows. */
import type { ReportRidMap } from '../../../../server/src/simulator/report';
import { h, svg } from '../../dom';
import { ridStretches } from '../../model/streams';
import { about, dataTable, deviceLink, type ViewContext } from '../../view';

const fewRows = 100;

export function ridMapCard(context: ViewContext, map: ReportRidMap): HTMLElement {
  const stretches = ridStretches(map);
  const rows = stretches
    .slice(0, fewRows)
    .map(({ rid, ids, provider }, i) =>
      h(
        'tr',
        {},
        h('td', { class: 'short' }, sign(i), String(i + 1)),
        h('td', { class: 'mono' }, rid),
        h('td', { class: 'mono' }, ids),
        h('td', {}, provider === null ? 'no IOMMU' : deviceLink(context, provider)),
      ),
    );
  return about(
    context,
    [map.host],
    h(
      'section',
      { class: 'card rid-map' },
      h(
        'h2',
        {},
        deviceLink(context, map.host, 'iommu-map'),
        h('span', { class: 'tag' }, `mask 0x${map.mask.toString(16)}`),
      ),
      h(
        'p',
        { class: 'note' },
        'Requester IDs (bus, device, function) from left to right, and the stream IDs they become.',
      ),
      bar(stretches, map.host),
      dataTable(['Row', 'Requester IDs', 'Stream IDs', 'IOMMU'], rows, `iommu-map of ${map.host}`),
      stretches.length > rows.length && h('p', { class: 'note' }, `and ${stretches.length - rows.length} more rows`),
    ),
  );
}

/** Rows of a map have the colours of their stretches, four in turn. */
const sign = (row: number): SVGElement =>
  svg(
    'svg',
    { class: 'rid-row-sign', viewBox: '0 0 10 10', 'aria-hidden': 'true' },
    svg('rect', { class: `rid tone-${row % 4}`, width: 10, height: 10 }),
  );

/**
 * The stretches on the axis of the 16 bits; each at least wide enough to be seen. Where two overlap the first row counts
 * (of_map_id), so it lies on top.
 */
function bar(stretches: ReturnType<typeof ridStretches>, host: string): HTMLElement {
  const parts = stretches.map(({ from, to, rid, ids }, i) => {
    const title = svg('title');
    title.textContent = `row ${i + 1}: ${rid} becomes ${ids}`;
    const width = Math.max(0.6, (to - from) * 100);
    const x = Math.min(100 - width, from * 100);
    return svg('rect', { class: `rid tone-${i % 4}`, 'data-row': i + 1, x, y: 0, width, height: 10 }, title);
  });
  parts.reverse();
  return h(
    'div',
    { class: 'rid-frame' },
    svg(
      'svg',
      {
        class: 'rid-bar',
        viewBox: '0 0 100 10',
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `Requester IDs of ${host} that are mapped`,
      },
      ...parts,
    ),
    h('div', { class: 'rid-ends mono' }, h('span', {}, '0x0'), h('span', {}, '0xffff')),
  );
}
