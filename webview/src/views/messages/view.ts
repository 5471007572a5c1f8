/** The kernel's messages about all this, and the faults with what they mean. */

import './style.css';
import { checkbox } from '../../controls';
import { h } from '../../dom';
import { about, dataTable, deviceLink, flyTo, keep, linkButton, nothing, type ViewContext } from '../../view';

export function messagesView(context: ViewContext, root: HTMLElement): void {
  const { messages, faults } = context.report;
  if (messages.length === 0 && faults.length === 0) {
    root.append(nothing('No messages', 'The kernel would print nothing about IOMMUs and deferred probes.'));
    return;
  }
  if (faults.length > 0) {
    const rows = faults.map((fault) =>
      about(
        context,
        [fault.master],
        h(
          'tr',
          {},
          h('td', {}, deviceLink(context, fault.master)),
          h('td', { class: 'mono' }, fault.stream),
          h(
            'td',
            { class: 'mono' },
            linkButton(fault.iova, 'Show this address on the IOVA map', () =>
              flyTo(context, fault.iova, groupOf(context, fault.master)),
            ),
          ),
          h('td', {}, fault.kind),
          h('td', { class: 'mono' }, fault.message),
        ),
      ),
    ) as HTMLTableRowElement[];
    const title = `Faults (${faults.length})`;
    root.append(
      h(
        'section',
        { class: 'card warned' },
        h('h2', {}, title),
        dataTable(['Master', 'Stream', 'IOVA', 'Kind', 'Message'], rows, title),
      ),
    );
  }
  const debug = keep(context, 'messages.debug', false);
  const hidden = messages.filter(({ level }) => level === 'debug').length;
  const toggle = checkbox(`Debug messages (${hidden})`, debug, (checked) => {
    context.kept.set('messages.debug', checked);
    context.redraw();
  });
  if (hidden > 0) root.append(h('div', { class: 'bar' }, toggle));
  const shown = messages.filter(({ level }) => debug || level !== 'debug');
  const lines = shown.map((message) => {
    const { device } = message;
    const line = h(
      'li',
      { class: `message level-${message.level}` },
      h('span', { class: 'level' }, message.level),
      h('span', { class: 'mono' }, message.text),
      device !== null && h('span', { class: 'from' }, deviceLink(context, device)),
    );
    return device === null ? line : about(context, [device], line);
  });
  root.append(h('ol', { class: 'messages' }, ...lines));
}

/** The group whose map a device's addresses are on. */
const groupOf = (context: ViewContext, device: string): number | null =>
  context.report.devices.find((each) => each.device === device)?.group ?? null;
