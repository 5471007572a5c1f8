/** The kernel's messages about all this, and the faults with what they mean. */

import './style.css';
import type { ReportMessage } from '../../../../server/src/simulator/report';
import { segments, textField } from '../../controls';
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
  const list = h('ol', { class: 'messages' });
  const count = (level: Level) => messages.filter((message) => atLeast(message.level, level)).length;
  const items = levels.map((id) => ({ id, text: `${levelNames[id]} ${count(id)}` }));
  const level = levels.find((id) => id === keep(context, 'messages.level', 'info')) ?? 'info';
  const choose = segments('Level', items, level, (id) => {
    context.kept.set('messages.level', id);
    context.redraw();
  });
  const search = textField('Search messages and devices', keep(context, 'messages.search', ''), (value) => {
    context.kept.set('messages.search', value);
    fill();
  });
  root.append(h('div', { class: 'bar' }, choose, search), list);

  function fill(): void {
    const text = keep(context, 'messages.search', '').trim().toLowerCase();
    const shown = messages.filter(
      (message) =>
        atLeast(message.level, level) &&
        (text === '' || `${message.device ?? ''} ${message.text}`.toLowerCase().includes(text)),
    );
    const none = text === '' ? 'No message of this level.' : `No message of this level holds “${text}”.`;
    const rest =
      shown.length > most ? [h('li', { class: 'message' }, `and ${shown.length - most} more: search for them`)] : [];
    const lines = shown.slice(0, most).map((message) => line(context, message));
    list.replaceChildren(...(lines.length === 0 ? [h('li', { class: 'message note' }, none)] : lines), ...rest);
  }
  fill();
}

/** Lines that are drawn at most. */
const most = 1000;

const levels = ['err', 'warn', 'info', 'debug'] as const;
type Level = (typeof levels)[number];
const levelNames: Readonly<Record<Level, string>> = {
  err: 'Errors',
  warn: 'Warnings',
  info: 'All but debug',
  debug: 'All',
};
const atLeast = (level: Level, least: Level): boolean => levels.indexOf(level) <= levels.indexOf(least);

function line(context: ViewContext, { level, text, device }: ReportMessage): HTMLElement {
  const made = h(
    'li',
    { class: `message level-${level}` },
    h('span', { class: 'level' }, level),
    h('span', { class: 'mono' }, text),
    device !== null && h('span', { class: 'from' }, deviceLink(context, device)),
  );
  return about(context, device === null ? [] : [device], made);
}

/** The group whose map a device's addresses are on. */
const groupOf = (context: ViewContext, device: string): number | null =>
  context.report.devices.find((each) => each.device === device)?.group ?? null;
