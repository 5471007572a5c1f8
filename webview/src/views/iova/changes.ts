/** What changed in a map, and the maps that only the other state has. */
import { formatSize } from '../../../../server/src/drawing/address';
import { compareMaps, type MapComparison } from '../../../../server/src/drawing/compare-maps';
import { type DomainMap, formatRange, shortKindNames } from '../../../../server/src/drawing/iova';
import { h } from '../../dom';
import { about, dataTable, deviceLinks, foldable, type ViewContext } from '../../view';

/** Rows that are drawn at most. */
const fewRows = 100;

/** Maps that only the other state has, one card for all. @param there what the other state is, as in “only … has them” */
export function goneMaps(context: ViewContext, maps: readonly DomainMap[], there: string): HTMLElement {
  const parts = maps.map((map) =>
    about(
      context,
      map.devices,
      h(
        'div',
        { class: 'gone-map' },
        h(
          'h3',
          {},
          deviceLinks(context, map.devices),
          ' ',
          h('span', { class: `tag type-${map.domain.type}` }, map.domain.type),
        ),
        map.regions.length === 0
          ? h('p', { class: 'note' }, 'without a region')
          : changeTable(context, compareMaps({ ...map, regions: [] }, map), `gone.${map.devices.join(' ')}`),
      ),
    ),
  );
  return h(
    'section',
    { class: 'card gone-maps' },
    h('h2', {}, maps.length === 1 ? '1 address space is gone' : `${maps.length} address spaces are gone`),
    h('p', { class: 'note' }, `Only ${there} has ${maps.length === 1 ? 'it' : 'them'}.`),
    ...parts,
  );
}

const changeWords = { added: 'new', moved: 'moved', gone: 'gone' } as const;

/** What is different in a map from the state compared with. @param key what the part's being open is kept under */
export function changeTable(context: ViewContext, { changes, count }: MapComparison, key: string): HTMLElement {
  if (changes.length === 0) return h('p', { class: 'note changes' }, 'Every region is where it was.');
  const shown = changes.slice(0, fewRows);
  const rows = shown.map(({ change, region, was }) =>
    h(
      'tr',
      {},
      h('td', { class: `mark change-${change}` }, changeWords[change]),
      h(
        'td',
        { class: 'mono' },
        formatRange(region),
        was !== null && h('div', { class: 'note' }, `was ${formatRange(was)}`),
      ),
      h('td', { class: 'number' }, formatSize(region.size)),
      h('td', { class: 'short' }, h('i', { class: `swatch kind-${region.kind}` }), shortKindNames[region.kind]),
    ),
  );
  const summary = `${count.added} new, ${count.moved} moved, ${count.gone} gone`;
  return foldable(context, `iova.changes.${key}`, true, summary, () =>
    h(
      'div',
      {},
      dataTable(['Change', 'IOVA', 'Size', 'Kind'], rows, `Changes of ${key}`),
      changes.length > shown.length && h('p', { class: 'note' }, `and ${changes.length - shown.length} more`),
    ),
  );
}
