/** The timeline: who tried, deferred and bound, in the order of the boot. */
import './style.css';
import { scaleLinear } from 'd3-scale';
import type { TimelineEntry } from '../../../../server/src/simulator/report';
import { checkbox, textField } from '../../controls';
import { h, svg } from '../../dom';
import { cut, shortName } from '../../model/address';
import { filterTimeline, formatErrno, type Lane, lanes, phases } from '../../model/timeline';
import { about, dataTable, deviceLink, foldable, keep, nothing, type ViewContext } from '../../view';

const laneLimit = 40;
const pageRows = 300;
const laneHeight = 22;
const longestName = 34;

export function timelineView(context: ViewContext, root: HTMLElement): void {
  const { report } = context;
  if (report.timeline.length === 0) {
    root.append(nothing('Nothing happened', 'The simulated boot has no events.'));
    return;
  }
  const list = h('div', {});
  const drawn = lanes(report, laneLimit);
  if (drawn.lanes.length > 0) {
    const summary = `Devices that had to try more than once (${drawn.lanes.length + drawn.more})`;
    root.append(foldable(context, 'timeline.lanes', true, summary, () => laneChart(context, drawn.lanes, drawn.more)));
  }
  const filter = textField(
    'Filter by device, driver, phase or event',
    keep(context, 'timeline.filter', ''),
    (value) => {
      context.kept.set('timeline.filter', value);
      context.kept.delete('timeline.rows');
      fill();
    },
  );
  const only = checkbox('Probing only', keep(context, 'timeline.only', true), (checked) => {
    context.kept.set('timeline.only', checked);
    context.kept.delete('timeline.rows');
    fill();
  });
  root.append(h('div', { class: 'bar' }, filter, only), list);

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
    const more = h(
      'button',
      {
        class: 'device',
        type: 'button',
        onclick: () => {
          context.kept.set('timeline.rows', limit + 2000);
          fill();
        },
      },
      `Show more (${entries.length - limit} left)`,
    );
    list.replaceChildren(
      entries.length === 0
        ? nothing('Nothing matches', 'No event matches the filter.')
        : dataTable(columns, rows, 'Events of the boot'),
      entries.length > limit ? more : '',
    );
  }
  fill();
}

/** Parts the list by initcall level. */
const phaseRow = (phase: string): HTMLTableRowElement =>
  h('tr', { class: 'phase-row' }, h('th', { colspan: 5, scope: 'rowgroup' }, phase));

function row(context: ViewContext, entry: TimelineEntry): HTMLTableRowElement {
  const made = h(
    'tr',
    {},
    h('td', { class: 'number' }, String(entry.n)),
    h('td', { class: 'short' }, h('i', { class: `dot event-${entry.event}` }), entry.event),
    h('td', {}, entry.device !== null && deviceLink(context, entry.device)),
    h('td', { class: 'mono' }, entry.driver),
    h('td', {}, entry.result !== 0 && h('code', {}, formatErrno(entry.result)), ' ', entry.detail),
  );
  if (entry.device !== null) about(context, [entry.device], made);
  return made;
}

/** One line a device, one mark an event; the horizontal axis is the order of events. */
function laneChart(context: ViewContext, shown: readonly Lane[], more: number): HTMLElement {
  const frame = h('div', { class: 'lanes' });
  const draw = (width: number) => {
    const last = context.report.timeline.at(-1)!.n;
    const names = shown.map(({ device }) => cut(shortName(device), longestName));
    const nameWidth = 8 + 7 * Math.max(...names.map((name) => name.length));
    const x = scaleLinear()
      .domain([0, Math.max(1, last)])
      .range([nameWidth + 14, width - 16]);
    const top = 20;
    const height = top + shown.length * laneHeight + 6;
    const parts: SVGElement[] = [];
    let free = nameWidth;
    for (const { phase, n } of phases(context.report)) {
      const at = x(n);
      parts.push(svg('line', { class: 'phase', x1: at, x2: at, y1: 14, y2: height }));
      if (at < free || at + phase.length * 6.6 > width) continue;
      const text = svg('text', { class: 'phase-name', x: at + 2, y: 11 });
      text.textContent = phase;
      parts.push(text);
      free = at + phase.length * 6.6 + 10;
    }
    shown.forEach((lane, i) => {
      const y = top + i * laneHeight + laneHeight / 2;
      const name = svg('text', {
        class: `lane-name${context.device === lane.device ? ' pointed' : ''}`,
        x: nameWidth,
        y: y + 4,
        'text-anchor': 'end',
        tabindex: 0,
        role: 'button',
        onclick: () => context.open(lane.device),
        onkeydown: (event: KeyboardEvent) => event.key === 'Enter' && context.open(lane.device),
      });
      name.textContent = names[i]!;
      const first = x(lane.entries[0]!.n);
      const end = lane.outcome === 'deferred' ? width - 16 : x(lane.entries.at(-1)!.n);
      parts.push(name, svg('line', { class: `lane outcome-${lane.outcome}`, x1: first, x2: end, y1: y, y2: y }));
      for (const entry of lane.entries) {
        const dot = svg('circle', { class: `dot event-${entry.event}`, cx: x(entry.n), cy: y, r: 4.5 });
        const title = svg('title');
        title.textContent = [`#${entry.n} ${entry.phase}: ${entry.event}`, formatErrno(entry.result), entry.detail]
          .filter((t) => t !== '')
          .join('\n');
        dot.append(title);
        parts.push(dot);
      }
    });
    const label = `Attempts of ${shown.length} devices over the boot`;
    const notes = more > 0 ? h('p', { class: 'note' }, `${more} more devices are in the list below.`) : '';
    frame.replaceChildren(
      svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': label }, ...parts),
      notes,
    );
  };
  draw(760);
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry!.contentRect.width);
    if (width > 320) draw(width);
  }).observe(frame);
  return frame;
}
