/** The list of all events of the boot, parted by phase, with a filter. */
import { filterTimeline, formatErrno } from '../../../../server/src/drawing/timeline';
import type { TimelineEntry } from '../../../../server/src/simulator/report';
import { checkbox, textField } from '../../controls';
import { h } from '../../dom';
import { about, dataTable, deviceLink, keep, linkButton, nothing, type ViewContext } from '../../view';

const pageRows = 200;

export function eventList(context: ViewContext): HTMLElement {
  const { report } = context;
  const list = h('div', {});
  const set = (key: string, value: unknown) => {
    context.kept.set(key, value);
    context.kept.delete('timeline.rows');
    fill();
  };
  const filter = textField('Filter by device, driver, phase or event', keep(context, 'timeline.filter', ''), (value) =>
    set('timeline.filter', value),
  );
  const only = checkbox('Probing only', keep(context, 'timeline.only', true), (checked) =>
    set('timeline.only', checked),
  );

  function fill(): void {
    const entries = filterTimeline(report, keep(context, 'timeline.filter', ''), keep(context, 'timeline.only', true));
    const limit = keep(context, 'timeline.rows', pageRows);
    let phase: string | null = null;
    const rows = entries.slice(0, limit).flatMap((entry) => {
      const first = entry.phase !== phase;
      phase = entry.phase;
      return first ? [phaseRow(phase), row(context, entry)] : [row(context, entry)];
    });
    const columns = ['#', 'Event', 'Device', 'Driver', 'Detail'];
    const more = linkButton(`Show more (${entries.length - limit} left)`, 'Show more events', () => {
      context.kept.set('timeline.rows', limit + 1000);
      fill();
    });
    list.replaceChildren(
      entries.length === 0
        ? nothing('Nothing matches', 'No event matches the filter.')
        : dataTable(columns, rows, 'Events of the boot'),
      entries.length > limit ? more : '',
    );
  }
  fill();
  return h('div', { class: 'events' }, h('div', { class: 'bar' }, filter, only), list);
}

/** Parts the list by initcall level. */
const phaseRow = (phase: string): HTMLTableRowElement =>
  h('tr', { class: 'phase-row' }, h('th', { colspan: 5, scope: 'rowgroup' }, phase));

const row = (context: ViewContext, entry: TimelineEntry): HTMLTableRowElement =>
  about(
    context,
    entry.device === null ? [] : [entry.device],
    h(
      'tr',
      {},
      h('td', { class: 'number' }, String(entry.n)),
      h('td', { class: 'short' }, h('i', { class: `dot event-${entry.event}` }), entry.event),
      h('td', {}, entry.device !== null && deviceLink(context, entry.device)),
      h('td', { class: 'mono' }, entry.driver),
      h('td', {}, entry.result !== 0 && h('code', {}, formatErrno(entry.result)), ' ', entry.detail),
    ),
  );
