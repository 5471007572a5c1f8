/** The devices: what failed, what waits, what runs untranslated, each with its reason. */
import './style.css';
import type { ReportDevice } from '../../../../server/src/simulator/report';
import { segments, textField } from '../../controls';
import { h } from '../../dom';
import {
  type DevicePart,
  deviceParts,
  deviceState,
  inPart,
  listDevices,
  partNames,
  reasons,
  refusals,
} from '../../model/devices';
import { about, deviceLink, keep, linkButton, nothing, type ViewContext } from '../../view';

/** Rows before a button offers the rest. */
const fewRows = 200;

export function devicesView(context: ViewContext, root: HTMLElement): void {
  const { devices } = context.report;
  if (devices.length === 0) {
    root.append(nothing('No devices', 'The kernel makes no device of this tree.'));
    return;
  }
  const counted = deviceParts.map((id) => ({ id, count: devices.filter(inPart[id]).length }));
  const pointed = context.device === null ? undefined : devices.find(({ device }) => device === context.device);
  const wished = keep<string>(context, 'devices.part', 'attention');
  const known = deviceParts.find((id) => id === wished) ?? 'attention';
  const part: DevicePart = pointed !== undefined && !inPart[known](pointed) ? 'all' : known;
  const list = h('div', {});
  const items = counted
    .filter(({ id, count }) => count > 0 || id === part || id === 'attention')
    .map(({ id, count }) => ({ id, text: `${partNames[id]} ${count}` }));
  const choose = segments('Which devices', items, part, (id) => {
    context.kept.set('devices.part', id);
    context.kept.delete('devices.rows');
    context.redraw();
  });
  const filter = textField('Filter by device, driver or reason', keep(context, 'devices.filter', ''), (value) => {
    context.kept.set('devices.filter', value);
    fill();
  });
  root.append(h('div', { class: 'bar' }, choose, filter), list);

  function fill(): void {
    const query = keep(context, 'devices.filter', '');
    const found = listDevices(context.report, part, query);
    if (found.length === 0) {
      const { title, text } = emptyWords(part, query, devices);
      list.replaceChildren(nothing(title, text));
      return;
    }
    const limit = keep(context, 'devices.rows', fewRows);
    const more = linkButton(`Show ${found.length - limit} more`, 'Show the rest of the list', () => {
      context.kept.set('devices.rows', found.length);
      fill();
    });
    list.replaceChildren(
      h('ul', { class: 'device-list' }, ...found.slice(0, limit).map((device) => row(context, device))),
      ...(found.length > limit ? [more] : []),
    );
  }
  fill();
}

/** What an empty list means; that all is well is only said when nothing failed and nothing waits. */
function emptyWords(part: DevicePart, query: string, devices: readonly ReportDevice[]) {
  if (query.trim() !== '') return { title: 'Nothing matches', text: `No device of this list matches “${query}”.` };
  const bound = devices.filter(inPart.bound).length;
  if (part === 'attention' && bound > 0)
    return { title: 'Every device with a driver came up', text: `${bound} bound, none failed, none deferred.` };
  return { title: `${partNames[part]}: none`, text: 'No device of this board is in this state.' };
}

function row(context: ViewContext, device: ReportDevice): HTMLElement {
  const { text, tone } = deviceState(device);
  const links: HTMLElement[] = [];
  if (device.status === 'deferred')
    links.push(
      linkButton('what would fix it', 'Show its defer chain', () =>
        context.go({ view: 'chains', device: device.device }),
      ),
    );
  if (device.group !== null)
    links.push(
      linkButton(`group ${device.group}`, 'Show its group', () =>
        context.go({ view: 'groups', device: device.device }),
      ),
    );
  const refused = refusals(device, context.report);
  if (refused.length > 0)
    links.push(
      linkButton('stream table', 'Show what holds the stream', () =>
        context.go({ view: 'streams', device: device.device }),
      ),
    );
  if (device.translated)
    links.push(
      linkButton('IOVA map', 'Show where its memory is mapped', () =>
        context.go({ view: 'iova', device: device.device }),
      ),
    );
  return about(
    context,
    [device.device],
    h(
      'li',
      { class: 'device-row' },
      h(
        'div',
        { class: 'device-name' },
        deviceLink(context, device.device),
        device.driver !== null && h('span', { class: 'note mono' }, device.driver),
      ),
      h(
        'div',
        { class: `device-state mark ${tone}` },
        text,
        device.attempts > 1 && ` after ${device.attempts} attempts`,
      ),
      h(
        'div',
        { class: 'device-why' },
        ...[...reasons(device), ...refused].map((reason) => h('p', {}, reason)),
        links.length > 0 && h('p', { class: 'links' }, ...links),
      ),
    ),
  );
}
