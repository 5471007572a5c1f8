/** The IOVA maps: one card a domain, with its address axis and its list of regions. */
import './style.css';
import { textField } from '../../controls';
import { h } from '../../dom';
import { formatAddress, formatSize, typedAddress } from '../../model/address';
import {
  type DomainMap,
  domainMaps,
  formatRange,
  groupName,
  hasMap,
  kindNames,
  kinds,
  type MapRegion,
  mapMatches,
  regionAt,
  shortKindNames,
} from '../../model/iova';
import { type Window, wholeAxis } from '../../model/window';
import { about, dataTable, deviceLink, deviceLinks, foldable, keep, nothing, type ViewContext } from '../../view';
import { type AddressMap, addressMap, whereIs } from './address-map';

/** Rows of a region table before a button offers the rest. */
const fewRows = 200;
/** Tables of at most this many regions are open from the start. */
const openRows = 8;

export function iovaView(context: ViewContext, root: HTMLElement): void {
  const maps = domainMaps(context.report);
  if (maps.length === 0) {
    root.append(nothing('No domains', 'No master of this board is behind an IOMMU, so there are no IOVAs to show.'));
    return;
  }
  const tooltip = h('div', { class: 'tooltip', role: 'tooltip', hidden: true });
  const cards = h('div', { class: 'cards' });
  const query = context.focus.address ?? keep(context, 'iova.filter', '');
  const filter = textField('Filter by device, type, group or address (0x…)', query, (value) => {
    context.kept.set('iova.filter', value);
    fill(value);
  });
  root.append(h('div', { class: 'bar' }, filter, legend(maps)), cards, tooltip);

  const drawn: AddressMap[] = [];
  const observer = new ResizeObserver(() => {
    for (const map of drawn) map.resize(Math.floor(cards.clientWidth - 26));
  });
  observer.observe(cards);

  function fill(value: string): void {
    const address = typedAddress(value);
    const shown = maps.filter((map) => mapMatches(map, value, address));
    drawn.length = 0;
    const withMap = shown.filter(({ domain }) => hasMap(domain));
    const without = shown.filter(({ domain }) => !hasMap(domain));
    cards.replaceChildren(
      ...withMap.map((map) => domainCard(context, map, tooltip, address, drawn)),
      without.length > 0 ? passThrough(context, without) : '',
      shown.length === 0
        ? nothing('Nothing matches', address === null ? value : `No domain maps ${formatAddress(address)}.`)
        : '',
    );
    for (const map of drawn) map.resize(Math.floor(cards.clientWidth - 26));
  }
  fill(query);
}

function legend(maps: readonly DomainMap[]): HTMLElement {
  const present = new Set(maps.flatMap((map) => map.regions.map((region) => region.kind)));
  const items = kinds
    .filter((kind) => present.has(kind))
    .map((kind) => h('span', { class: 'legend-item' }, h('i', { class: `swatch kind-${kind}` }), kindNames[kind]));
  if (maps.some((map) => map.assumed)) {
    items.push(h('span', { class: 'legend-item' }, h('i', { class: 'swatch assumed' }), 'Assumed workload'));
  }
  return h('div', { class: 'legend' }, ...items);
}

function domainCard(
  context: ViewContext,
  map: DomainMap,
  tooltip: HTMLElement,
  marked: bigint | null,
  drawn: AddressMap[],
): HTMLElement {
  const { domain } = map;
  const key = map.devices[0] ?? `domain ${domain.id}`;
  const rows = new Map<MapRegion, HTMLTableRowElement>();
  const drawing = addressMap(map, tooltip, {
    window: keep<Window>(context, `iova.window.${key}`, wholeAxis),
    onWindow: (window) => context.kept.set(`iova.window.${key}`, window),
    marked,
    onHover: (region) => {
      for (const [each, row] of rows) row.classList.toggle('lit', each === region);
    },
    onOpen: (region) => {
      if (region.owner !== null) context.open(region.owner);
    },
  });
  drawn.push(drawing);
  const [first, last] = [BigInt(domain.aperture[0]), BigInt(domain.aperture[1])];
  const facts = h(
    'div',
    { class: 'facts' },
    h('span', { class: `tag type-${domain.type}` }, domain.type),
    h('span', {}, groupName(domain)),
    h('span', { title: 'The smallest page of the domain' }, `granule ${formatSize(BigInt(domain.granule))}`),
    h('span', { title: 'First and last address of the aperture' }, `${formatAddress(first)} – ${formatAddress(last)}`),
    h('span', {}, `${formatSize(map.mapped)} mapped`),
    map.assumed &&
      h(
        'span',
        { class: 'tag assumed', title: 'These regions come from a default workload, not from a scenario' },
        'assumed workload',
      ),
  );
  const title = map.devices.length > 0 ? deviceLinks(context, map.devices) : h('span', {}, `Domain ${domain.id}`);
  const summary = map.regions.length === 1 ? '1 region' : `${map.regions.length} regions`;
  const list = () => regionTable(context, map, key, rows, drawing);
  return about(
    context,
    map.devices,
    h(
      'section',
      { class: 'card domain' },
      h('h2', {}, title, drawing.buttons),
      facts,
      drawing.element,
      marked !== null && h('p', { class: 'where' }, whereIs(marked, regionAt(map, marked))),
      map.regions.length > 0 && foldable(context, `iova.table.${key}`, map.regions.length <= openRows, summary, list),
    ),
  );
}

function regionTable(
  context: ViewContext,
  map: DomainMap,
  key: string,
  rows: Map<MapRegion, HTMLTableRowElement>,
  drawing: AddressMap,
): HTMLElement {
  const all = keep(context, `iova.all.${key}`, false);
  const shown = all ? map.regions : map.regions.slice(0, fewRows);
  const columns = ['IOVA', 'Size', 'Kind'];
  const owners = shown.some(({ owner }) => owner !== null && map.devices.length !== 1);
  const physical = shown.some(({ phys }) => phys !== null);
  if (owners) columns.push('Owner');
  if (physical) columns.push('Physical');
  for (const region of shown) {
    const { kind, owner, phys, assumption } = region;
    const zoomTo = { class: 'plain', type: 'button', title: 'Zoom the map to this region' };
    const assumed = assumption !== null && h('span', { class: 'tag assumed', title: assumption }, 'assumed');
    const row = h(
      'tr',
      { onmouseenter: () => drawing.highlight(region), onmouseleave: () => drawing.highlight(null) },
      h(
        'td',
        { class: 'mono' },
        h('button', { ...zoomTo, onclick: () => drawing.showRegion(region) }, formatRange(region)),
      ),
      h('td', { class: 'number' }, formatSize(region.size)),
      h('td', { class: 'short' }, h('i', { class: `swatch kind-${kind}` }), shortKindNames[kind], ' ', assumed),
      owners && h('td', {}, owner !== null && deviceLink(context, owner)),
      physical && h('td', { class: 'mono' }, phys),
    );
    rows.set(region, row);
  }
  const element = h('div', {}, dataTable(columns, [...rows.values()], 'Regions'));
  if (shown.length < map.regions.length) {
    const more = h(
      'button',
      {
        class: 'device',
        type: 'button',
        onclick: () => {
          context.kept.set(`iova.all.${key}`, true);
          context.redraw();
        },
      },
      `Show all ${map.regions.length} regions`,
    );
    element.append(more);
  }
  return element;
}

/** Identity and blocked domains have no map: one line each. */
function passThrough(context: ViewContext, maps: readonly DomainMap[]): HTMLElement {
  const rows = maps.map((map) =>
    h(
      'tr',
      {},
      h('td', {}, h('span', { class: `tag type-${map.domain.type}` }, map.domain.type)),
      h('td', { class: 'number' }, map.domain.group === null ? 'none' : String(map.domain.group)),
      h('td', {}, deviceLinks(context, map.devices)),
      h('td', {}, map.domain.type === 'identity' ? 'addresses pass through unchanged' : 'every access is refused'),
    ),
  );
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Domains without a map'),
    dataTable(['Type', 'Group', 'Devices', ''], rows, 'Domains without a map'),
  );
}
