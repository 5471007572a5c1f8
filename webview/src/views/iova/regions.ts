/** The list of a map: regions and the gaps between them, for reading, keyboard and screen reader; and what changed. */
import { formatAddress, formatSize } from '../../../../server/src/drawing/address';
import { type DomainMap, formatRange, type MapRegion, shortKindNames } from '../../../../server/src/drawing/iova';
import { h } from '../../dom';
import { dataTable, deviceLink, keep, linkButton, type ViewContext } from '../../view';
import type { AddressMap } from './address-map';

/** Rows before a button offers the rest. */
const fewRows = 100;

export type RegionRows = Map<MapRegion, HTMLTableRowElement>;

export function regionTable(
  context: ViewContext,
  map: DomainMap,
  key: string,
  rows: RegionRows,
  drawing: AddressMap,
): HTMLElement {
  const limit = keep(context, `iova.rows.${key}`, fewRows);
  const shown = map.regions.slice(0, limit);
  const columns = ['IOVA', 'Size', 'Kind'];
  const owners = shown.some(({ owner }) => owner !== null && map.devices.length !== 1);
  const physical = shown.some(({ phys }) => phys !== null);
  if (owners) columns.push('Owner');
  if (physical) columns.push('Physical');
  columns.push('Access');
  const listed: HTMLTableRowElement[] = [];
  let end = BigInt(map.domain.aperture[0]);
  for (const region of shown) {
    if (region.start > end) listed.push(gapRow(region.start - end, columns.length));
    if (region.start + region.size > end) end = region.start + region.size;
    const { kind, owner, phys, assumption } = region;
    const row = h(
      'tr',
      { onmouseenter: () => drawing.highlight(region), onmouseleave: () => drawing.highlight(null) },
      h(
        'td',
        { class: 'mono' },
        h(
          'button',
          {
            class: 'plain',
            type: 'button',
            title: 'Zoom the map to this region',
            onclick: () => drawing.showRegion(region),
          },
          formatRange(region),
        ),
      ),
      h('td', { class: 'number' }, formatSize(region.size)),
      h(
        'td',
        { class: 'short' },
        h('i', { class: `swatch kind-${kind}` }),
        shortKindNames[kind],
        ' ',
        assumption !== null && h('span', { class: 'tag assumed', title: assumption }, 'assumed'),
      ),
      owners && h('td', {}, owner !== null && deviceLink(context, owner)),
      physical && h('td', { class: 'mono' }, phys),
      h('td', {}, walkLink(context, region, owner ?? map.devices[0] ?? null)),
    );
    rows.set(region, row);
    listed.push(row);
  }
  const last = BigInt(map.domain.aperture[1]);
  if (shown.length === map.regions.length && last >= end) listed.push(gapRow(last - end + 1n, columns.length));
  const left = map.regions.length - shown.length;
  return h(
    'div',
    {},
    dataTable(columns, listed, `Regions of ${map.devices.join(', ') || `domain ${map.domain.id}`}`),
    left > 0 &&
      linkButton(`Show ${Math.min(left, 1000)} more of ${left} regions`, 'Show more of the list', () => {
        context.kept.set(`iova.rows.${key}`, limit + 1000);
        context.redraw();
      }),
  );
}

const gapRow = (size: bigint, columns: number): HTMLTableRowElement =>
  h('tr', { class: 'gap-row' }, h('td', { colspan: columns }, `${formatSize(size)} free`));

/** Reserved space is never walked. */
function walkLink(context: ViewContext, region: MapRegion, master: string | null): HTMLElement | string {
  if (master === null || region.kind === 'reserved' || region.kind === 'msi') return '';
  return linkButton('walk', 'Walk the page tables at its first address', () =>
    context.go({ view: 'translate', device: master, address: formatAddress(region.start) }),
  );
}
