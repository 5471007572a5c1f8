/** What every view gets and may do. A view is a function that fills an element from a report; it keeps nothing itself. */
import type { SimulationReport, SourceRef } from '../../server/src/simulator/report';
import { h } from './dom';
import { shortName } from './model/address';

export interface ViewContext {
  readonly report: SimulationReport;
  /** The device the user came for; its parts are marked and scrolled to. */
  readonly device: string | null;
  /** Values a view keeps across updates of the report (filters, zoom, opened parts), by key. */
  readonly kept: Map<string, unknown>;
  /** Opens the source of a device or of one of its properties. */
  open(device: string, property?: string, source?: SourceRef | null): void;
  /** Draws the view again after a change of `kept`. */
  redraw(): void;
}

/** Reads a kept value, or its first one. */
export function keep<T>(context: ViewContext, key: string, first: T): T {
  return context.kept.has(key) ? (context.kept.get(key) as T) : first;
}

/** The name of a device as a link to its source. */
export function deviceLink(context: ViewContext, device: string, property?: string): HTMLElement {
  const what = property === undefined ? device : `${property} of ${device}`;
  return h(
    'button',
    {
      class: 'device',
      type: 'button',
      title: `${what}\nClick to open its source`,
      onclick: () => context.open(device, property),
    },
    shortName(device),
  );
}

/** Several links, with commas. */
export function deviceLinks(context: ViewContext, devices: readonly string[]): HTMLElement {
  const list = h('span', { class: 'devices' });
  devices.forEach((device, i) => {
    if (i > 0) list.append(', ');
    list.append(deviceLink(context, device));
  });
  return list;
}

/** What a view says when there is nothing to show. */
export function nothing(title: string, explanation: string): HTMLElement {
  return h('div', { class: 'nothing' }, h('strong', {}, title), h('p', {}, explanation));
}

/** Marks an element as being about devices; the panel scrolls to the one the user came for. */
export function about(context: ViewContext, devices: readonly string[], element: HTMLElement): HTMLElement {
  if (context.device !== null && devices.includes(context.device)) element.classList.add('pointed');
  return element;
}

/** A table with a head; cells may be elements. */
export function dataTable(
  columns: readonly string[],
  rows: readonly HTMLTableRowElement[],
  label: string,
): HTMLElement {
  const head = h('tr', {}, ...columns.map((column) => h('th', { scope: 'col' }, column)));
  return h(
    'div',
    { class: 'table', role: 'region', 'aria-label': label, tabindex: 0 },
    h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows)),
  );
}

/** A part that can be opened and closed, and stays so across updates. */
export function foldable(
  context: ViewContext,
  key: string,
  openFirst: boolean,
  summary: Node | string,
  body: () => Node,
): HTMLElement {
  const open = keep(context, key, openFirst);
  const made = h('details', { open }, h('summary', {}, summary));
  const fill = () => {
    if (made.childElementCount === 1) made.append(body());
  };
  if (open) fill();
  made.addEventListener('toggle', () => {
    context.kept.set(key, made.open);
    if (made.open) fill();
  });
  return made;
}
