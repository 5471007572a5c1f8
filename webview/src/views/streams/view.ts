/** Streams: each IOMMU's stream table, banks and registers, who was refused and why, and the maps of requester IDs. */
import './style.css';
import { textField } from '../../controls';
import { h } from '../../dom';
import { columnTitle, type Table } from '../../model/groups';
import { filterTable, looseRefusals, type Refusal, type StreamView, streamViews } from '../../model/streams';
import {
  about,
  dataTable,
  deviceLink,
  deviceLinks,
  foldable,
  keep,
  linkButton,
  noTranslation,
  type ViewContext,
} from '../../view';
import { ridMapCard } from './rid-map';

const fewRows = 200;

export function streamsView(context: ViewContext, root: HTMLElement): void {
  const { report } = context;
  const views = streamViews(report);
  const maps = report.ridMaps ?? [];
  const loose = looseRefusals(report);
  if (views.length === 0 && maps.length === 0 && loose.length === 0) {
    root.append(noTranslation(context));
    return;
  }
  const cards = h('div', { class: 'cards' });
  const filter = textField('Filter by stream ID or master', keep(context, 'streams.filter', ''), (value) => {
    context.kept.set('streams.filter', value);
    fill();
  });
  root.append(h('div', { class: 'bar' }, filter), cards);

  function fill(): void {
    const query = keep(context, 'streams.filter', '');
    cards.replaceChildren(
      ...(loose.length > 0 ? [refusals(context, loose, 'Masters that no IOMMU took')] : []),
      ...views.map((view) => iommuCard(context, view, query)),
      ...maps.map((map) => ridMapCard(context, map)),
    );
  }
  fill();
}

function iommuCard(context: ViewContext, view: StreamView, query: string): HTMLElement {
  const { provider, refused } = view;
  const key = `streams.${provider.device}`;
  const streams = filterTable(view.streams, query);
  const masters = provider.streamTable.flatMap((row) => (Array.isArray(row.masters) ? (row.masters as string[]) : []));
  const registers = Object.entries(provider.registers);
  const held = new Set(refused.flatMap(({ others, relation }) => (relation === 'holds' ? others : [])));
  const part = (id: string, title: string, { columns, rows }: Table, open: boolean) =>
    rows.length > 0 &&
    foldable(context, `${key}.${id}`, open, `${title} (${rows.length})`, () =>
      rowsOf(context, key, title, { columns, rows }, held),
    );
  return about(
    context,
    [provider.device, ...masters],
    h(
      'section',
      { class: `card${refused.length > 0 ? ' wrong' : ''}` },
      h('h2', {}, deviceLink(context, provider.device), h('span', { class: 'tag' }, provider.model)),
      h('div', { class: 'facts' }, h('span', { class: 'path' }, provider.device)),
      refused.length > 0 && refusalList(context, refused),
      view.streams.rows.length > 0 && streams.rows.length === 0
        ? h('p', { class: 'note' }, 'No stream of this IOMMU matches the filter.')
        : part('table', streamTitle(view.streams), streams, true),
      part('banks', 'Context banks', view.banks, false),
      registers.length > 0 &&
        foldable(context, `${key}.registers`, false, `Registers as the driver leaves them (${registers.length})`, () =>
          dataTable(
            ['Register', 'Value'],
            registers.map(([name, value]) =>
              h('tr', {}, h('td', { class: 'mono' }, name), h('td', { class: 'mono' }, value)),
            ),
            `Registers of ${provider.device}`,
          ),
        ),
    ),
  );
}

const streamTitle = ({ columns }: Table): string => (columns.includes('swgroup') ? 'Swgroups' : 'Stream table');

/**
 * Cells that name masters are links; a row leads to the walk of its stream.
 * @param held masters that hold what others were refused
 */
function rowsOf(
  context: ViewContext,
  key: string,
  label: string,
  { columns, rows }: Table,
  held: ReadonlySet<string>,
): HTMLElement {
  const known = new Set(context.report.devices.map((device) => device.device));
  const masters = columns.indexOf('masters');
  const limit = keep(context, `${key}.rows`, fewRows);
  const lines = rows.slice(0, limit).map((row) => {
    const named = masters < 0 ? [] : (row[masters]?.split(', ') ?? []);
    const [first] = named;
    const conflict = named.some((device) => held.has(device));
    return h(
      'tr',
      conflict ? { class: 'conflict-row', title: 'Another master was refused because of this one' } : {},
      ...row.map((text) => {
        const devices = text.split(', ');
        const links = text !== '' && devices.every((device) => known.has(device));
        return h('td', { class: links ? '' : 'mono' }, links ? deviceLinks(context, devices) : text);
      }),
      masters >= 0 &&
        h(
          'td',
          {},
          first !== undefined &&
            known.has(first) &&
            linkButton('translate', 'Ask what an address of this stream becomes', () =>
              context.go({ view: 'translate', device: first }),
            ),
        ),
    );
  });
  const titles = columns.map(columnTitle);
  return h(
    'div',
    {},
    dataTable(masters >= 0 ? [...titles, 'Access'] : titles, lines, `${label} of ${key.slice('streams.'.length)}`),
    rows.length > limit &&
      linkButton(`Show ${rows.length - limit} more`, 'Show the whole table', () => {
        context.kept.set(`${key}.rows`, rows.length);
        context.redraw();
      }),
  );
}

const words: Readonly<Record<Refusal['relation'], string>> = { holds: 'Held by ', shares: 'With it: ' };

const refusalList = (context: ViewContext, refused: readonly Refusal[]): HTMLElement =>
  h(
    'ul',
    { class: 'refusals' },
    ...refused.map(({ device, why, others, relation }) =>
      about(
        context,
        [device],
        h(
          'li',
          {},
          h('span', { class: 'mark bad' }, 'refused: ', deviceLink(context, device, 'iommus')),
          h('div', { class: 'note' }, why),
          others.length > 0 && h('div', { class: 'note' }, words[relation], deviceLinks(context, others)),
        ),
      ),
    ),
  );

const refusals = (context: ViewContext, refused: readonly Refusal[], title: string): HTMLElement =>
  h('section', { class: 'card wrong' }, h('h2', {}, title), refusalList(context, refused));
