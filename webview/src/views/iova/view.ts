/** The IOVA maps: one card a domain, drawn when it comes into sight, with its list of regions and gaps. */
import './style.css';
import { formatAddress, formatSize, typedAddress } from '../../../../server/src/drawing/address';
import { compareStates, type MapComparison } from '../../../../server/src/drawing/compare-maps';
import {
  type DomainMap,
  domainMaps,
  groupName,
  hasMap,
  inAperture,
  kindNames,
  kinds,
  mapMatches,
  regionAt,
} from '../../../../server/src/drawing/iova';
import { whereIs } from '../../../../server/src/drawing/iova-picture';
import { showing, type Window, wholeAxis } from '../../../../server/src/drawing/window';
import { textField } from '../../controls';
import { h } from '../../dom';
import { type MapFault, mapFaults } from '../../model/faults';
import {
  about,
  dataTable,
  deviceLinks,
  foldable,
  keep,
  linkButton,
  noTranslation,
  nothing,
  type ViewContext,
} from '../../view';
import { type AddressMap, addressMap } from './address-map';
import { changeTable, goneMaps } from './changes';
import { otherState } from './other-state';
import { type RegionRows, regionTable } from './regions';
import { type Tooltip, tooltip } from './tooltip';

/** Faults that are told below a map; all have their marks on it. */
const fewFaults = 12;

/** Pixels of the lowest card, with the space below it. */
const lowestCard = 140;
/** Milliseconds after the first frame has begun until the cards out of sight are made: it is through by then, and shown. */
const restAfter = 50;

/** Tables of at most this many regions are open from the start. */
const openRows = 8;

interface Card {
  readonly element: HTMLElement;
  readonly drawing: AddressMap;
}

export function iovaView(context: ViewContext, root: HTMLElement): void {
  const maps = domainMaps(context.report);
  if (maps.length === 0 && context.report.strategies.every(({ maps: there }) => there === null || there.length === 0)) {
    root.append(noTranslation(context));
    return;
  }
  const tip = tooltip();
  const cards = h('div', { class: 'cards' });
  let flown = context.focus.address !== undefined;
  let query = context.focus.address ?? keep(context, 'iova.filter', '');
  let group = context.focus.group ?? null;
  let { opening } = context;
  const filter = textField('Filter by device or type, or go to an address', query, (value) => {
    context.kept.set('iova.filter', value);
    if (flown) context.moveOn();
    flown = false;
    query = value;
    group = null;
    fill();
  });
  const other = otherState(context, () => fill());
  root.append(h('div', { class: 'bar' }, filter, other.element), legend(maps), cards, tip.element);
  if (maps.length === 0) root.append(noTranslation(context));

  const comparison = () => {
    const others = other.maps();
    return others && compareStates(maps, others);
  };
  let drawn: Card[] = [];
  const width = () => Math.floor(cards.clientWidth - 26);
  /** Cards that have come into sight: they follow the width of the panel. */
  const seen = new WeakSet<Card>();
  const draw = (card: Card, wide: number) => {
    seen.add(card);
    card.drawing.resize(wide);
  };
  const inSight = new IntersectionObserver(
    (entries) => {
      const wide = width();
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        inSight.unobserve(target);
        const card = drawn.find(({ element }) => element === target);
        if (card !== undefined) draw(card, wide);
      }
    },
    { rootMargin: '300px' },
  );
  new ResizeObserver(() => {
    const wide = width();
    for (const card of drawn) if (seen.has(card)) card.drawing.resize(wide);
  }).observe(cards);

  /** How often the cards were filled. */
  let filled = 0;

  function fill(): void {
    const own = ++filled;
    cards.removeAttribute('aria-busy');
    const { shown, address } = search(maps, query, group);
    inSight.disconnect();
    const compared = comparison();
    const withMap = shown.filter(({ domain }) => hasMap(domain));
    const card = (map: DomainMap) => domainCard(context, map, tip, address, compared?.of.get(map) ?? null);
    // who came for something, or changes what is shown, gets all of it; who opens the view gets first what he sees
    const height = document.documentElement.clientHeight;
    const inSightAtMost = Math.max(1, Math.ceil(height / lowestCard));
    const first = opening && context.device === null && address === null ? inSightAtMost : withMap.length;
    opening = false;
    drawn = withMap.slice(0, first).map(card);
    const gone = (compared?.gone ?? []).filter((map) => address === null && mapMatches(map, query));
    const without = shown.filter(({ domain }) => !hasMap(domain));
    cards.replaceChildren(
      ...drawn.map(({ element }) => element),
      without.length > 0 ? passThrough(context, without) : '',
      gone.length > 0 ? goneMaps(context, gone, other.name()) : '',
      shown.length === 0 && maps.length > 0
        ? nothing('Nothing matches', address === null ? query : `No aperture holds ${formatAddress(address)}.`)
        : '',
    );
    for (const { element } of drawn) inSight.observe(element);
    if (first < withMap.length) {
      cards.setAttribute('aria-busy', 'true');
      const rest = () => {
        // filled anew meanwhile, or another view has been opened
        if (own !== filled || !cards.isConnected) return;
        const more = withMap.slice(first).map(card);
        drawn[drawn.length - 1]?.element.after(...more.map(({ element }) => element));
        for (const { element } of more) inSight.observe(element);
        drawn = [...drawn, ...more];
        cards.removeAttribute('aria-busy');
      };
      requestAnimationFrame(() => setTimeout(rest, restAfter));
    }
    // what is in sight at once is drawn with this frame
    // everything is measured before anything is drawn: each drawing would lay the page out anew
    const wide = width();
    const below = drawn.findIndex(({ element }) => element.getBoundingClientRect().top > height);
    for (const card of below < 0 ? drawn : drawn.slice(0, below)) draw(card, wide);
  }
  fill();
}

/**
 * The maps that a text is about. Digits without `0x` are an address when no device is called so. An address that nobody
 * maps is shown in every aperture that holds it: a fault is about such an address.
 */
function search(maps: readonly DomainMap[], value: string, group: number | null) {
  const named = maps.filter((map) => mapMatches(map, value));
  const address = typedAddress(value, named.length === 0);
  if (address === null) return { shown: named, address };
  const asked = maps.filter(({ domain }) => hasMap(domain) && (group === null || domain.group === group));
  const mapped = asked.filter((map) => regionAt(map, address) !== null);
  return { shown: mapped.length > 0 ? mapped : asked.filter((map) => inAperture(map, address)), address };
}

function legend(maps: readonly DomainMap[]): HTMLElement {
  const present = new Set(maps.flatMap(({ domain }) => domain.regions.map(({ kind }) => kind)));
  const items = kinds
    .filter((kind) => present.has(kind))
    .map((kind) => h('span', { class: 'legend-item' }, h('i', { class: `swatch kind-${kind}` }), kindNames[kind]));
  if (maps.some((map) => map.assumed)) {
    items.push(h('span', { class: 'legend-item' }, h('i', { class: 'swatch assumed' }), 'Assumed workload'));
  }
  return h('div', { class: 'legend' }, ...items);
}

/** Where to look first: at the address the user came for, else where this map was left. */
function firstWindow(context: ViewContext, map: DomainMap, key: string, marked: bigint | null): Window {
  if (marked === null) return keep<Window>(context, key, wholeAxis);
  const { axis } = map.layout;
  if (marked < axis.cuts[0]! || marked >= axis.cuts.at(-1)!) return wholeAxis;
  const segment = axis.segment(axis.segmentAt(marked));
  return showing(segment.from, segment.to);
}

function domainCard(
  context: ViewContext,
  map: DomainMap,
  tip: Tooltip,
  marked: bigint | null,
  comparison: MapComparison | null,
): Card {
  const { domain } = map;
  const key = map.devices[0] ?? `domain ${domain.id}`;
  const rows: RegionRows = new Map();
  const faults = mapFaults(map, context.report, context.log);
  const drawing = addressMap(map, tip, {
    key,
    window: firstWindow(context, map, `iova.window.${key}`, marked),
    onWindow: (window) => context.kept.set(`iova.window.${key}`, window),
    marked,
    faults: faults.map(({ address }) => address),
    onHover: (region) => {
      for (const [each, row] of rows) row.classList.toggle('lit', each === region);
    },
    onOpen: (region) => {
      if (region.owner !== null) context.open(region.owner, 'iommus');
    },
  });
  const [first, last] = [BigInt(domain.aperture[0]), BigInt(domain.aperture[1])];
  const facts = h(
    'div',
    { class: 'facts' },
    h('span', { class: `tag type-${domain.type}` }, domain.type),
    h('span', {}, groupName(domain)),
    h('span', { title: 'The smallest page of the domain' }, `granule ${formatSize(BigInt(domain.granule))}`),
    h(
      'span',
      { class: 'range', title: 'First and last address of the aperture' },
      `${formatAddress(first)} – ${formatAddress(last)}`,
    ),
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
  const element = h(
    'section',
    { class: 'card domain' },
    h('h2', {}, title, drawing.buttons),
    facts,
    drawing.element,
    marked !== null && h('p', { class: 'where' }, whereIs(marked, regionAt(map, marked))),
    faults.length > 0 && faultList(context, map, faults),
    comparison !== null && changeTable(context, comparison, key),
    map.regions.length > 0 &&
      foldable(context, `iova.table.${key}`, map.regions.length <= openRows, summary, () =>
        regionTable(context, map, key, rows, drawing),
      ),
  );
  return { element: about(context, map.devices, element), drawing };
}

/** The faults that the map has marks for. */
function faultList(context: ViewContext, map: DomainMap, faults: readonly MapFault[]): HTMLElement {
  const lines = faults.slice(0, fewFaults).map(({ address, text, view, where }) =>
    h(
      'li',
      {},
      h('span', { class: 'mark bad' }, 'fault at ', h('span', { class: 'mono' }, formatAddress(address))),
      !inAperture(map, address) && ' (beyond the aperture)',
      h('span', { class: 'note' }, `: ${text}, `),
      linkButton(where, 'Show what is told of it', () => context.go({ view, device: map.devices[0] ?? null })),
    ),
  );
  const more = faults.length - lines.length;
  return h('ul', { class: 'faults' }, ...lines, more > 0 && h('li', { class: 'note' }, `and ${more} more`));
}

/** Identity and blocked domains have no map: one line each. */
function passThrough(context: ViewContext, maps: readonly DomainMap[]): HTMLElement {
  const rows = maps.map((map) =>
    about(
      context,
      map.devices,
      h(
        'tr',
        {},
        h('td', {}, h('span', { class: `tag type-${map.domain.type}` }, map.domain.type)),
        h('td', { class: 'number' }, map.domain.group === null ? 'none' : String(map.domain.group)),
        h('td', {}, deviceLinks(context, map.devices)),
        h('td', {}, map.domain.type === 'identity' ? 'addresses pass through unchanged' : 'every access is refused'),
      ),
    ),
  );
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Domains without a map'),
    dataTable(['Type', 'Group', 'Devices', 'What it does'], rows, 'Domains without a map'),
  );
}
