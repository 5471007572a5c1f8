/** What every view gets and may do. A view is a function that fills an element; it keeps nothing itself. */

import { shortName } from '../../server/src/drawing/address';
import type { SimulationReport, SourceRef } from '../../server/src/simulator/report';
import { h } from './dom';
import type { Store } from './frame/store';
import type { Answer, Ask, BootLog, Focus, Review } from './messages';
import { summarize } from './model/summary';

/** What a view gets that needs no report. */
export interface FrameContext {
  /** What the user came for: its parts are marked and scrolled to. */
  readonly focus: Focus;
  /** Values a view keeps across updates, hiding and reload (filters, zoom, opened parts), by key; plain JSON. */
  readonly kept: Store;
  /** The boot log that was read against this board; null: none. */
  readonly log: BootLog | null;
  /** What changes of the board's repository do; null: none were reviewed. */
  readonly review: Review | null;
  /** Whether the log comes back when the window reloads. */
  readonly logKept: boolean;
  /** Shows another view, or this one at another device or address. */
  go(focus: Focus): void;
  /** The user looks at something else than what they came for: it is not gone back to. */
  moveOn(): void;
  /** Opens the source of a device or of one of its properties, beside the panel. */
  open(device: string, property?: string, source?: SourceRef | null): void;
  /** Asks the extension; rejects with a sentence for people. */
  ask<A extends Ask>(ask: A): Promise<Answer<A['kind']>>;
  /** The view has just been opened: what is out of sight may come after its first frame. When drawn again, all stands at once. */
  readonly opening: boolean;
  /** Draws the view again after a change of `kept`. */
  redraw(): void;
}

export interface ViewContext extends FrameContext {
  readonly report: SimulationReport;
  /** The device the user came for. */
  readonly device: string | null;
  /** The last report of this board that was another one; null: none yet. */
  readonly before: SimulationReport | null;
}

/** Shows the IOVA maps at an address: of one group, or of every map that covers it. Takes it with or without `0x`. */
export function flyTo(context: FrameContext, address: string, group: number | null): void {
  context.go({ view: 'iova', device: null, address: /^0x/i.test(address) ? address : `0x${address}`, group });
}

/** Reads a kept value, or its first one. */
export function keep<T>(context: FrameContext, key: string, first: T): T {
  return context.kept.has(key) ? (context.kept.get(key) as T) : first;
}

/** A word that does something, looking like a link. */
export function linkButton(label: Node | string, title: string, onClick: () => void): HTMLButtonElement {
  return h('button', { class: 'device', type: 'button', title, onclick: onClick }, label);
}

/** The name of a device as a link to its source. */
export function deviceLink(context: FrameContext, device: string, property?: string): HTMLElement {
  const what = property === undefined ? device : `${property} of ${device}`;
  return linkButton(shortName(device), `${what}\nClick to open its source`, () => context.open(device, property));
}

/** Several links, with commas. */
export function deviceLinks(context: FrameContext, devices: readonly string[]): HTMLElement {
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

/** What a view says when no IOMMU has taken a master: because the board has none, or because of what went wrong. */
export function noTranslation(context: ViewContext): HTMLElement {
  const { untranslated } = summarize(context.report);
  if (untranslated === 0)
    return nothing(
      'No device is behind an IOMMU',
      (context.report.ridMaps ?? []).length === 0
        ? 'No device of this boot names an IOMMU that is enabled.'
        : 'Host bridges map requester IDs to an IOMMU (Streams); a scenario states the functions that are plugged in.',
    );
  const made = nothing(
    'No master is translated in this boot',
    untranslated === 1
      ? '1 device names an IOMMU and gets none.'
      : `${untranslated} devices name an IOMMU and get none.`,
  );
  made.append(
    linkButton('Why', 'Show these devices, each with its reason', () => {
      context.kept.set('devices.part', 'untranslated');
      context.go({ view: 'devices', device: null });
    }),
  );
  return made;
}

/** Marks an element as being about devices; the panel scrolls to the one the user came for. */
export function about<E extends HTMLElement>(context: ViewContext, devices: readonly string[], element: E): E {
  if (context.device !== null && devices.includes(context.device)) element.classList.add('pointed');
  return element;
}

/**
 * A table with a head; cells may be elements. Where a row has no room its cells stand below each other, each with its
 * column's title (style/table.css).
 */
export function dataTable(
  columns: readonly string[],
  rows: readonly HTMLTableRowElement[],
  label: string,
): HTMLElement {
  const head = h('tr', {}, ...columns.map((column) => h('th', { scope: 'col' }, column)));
  for (const row of rows)
    if (row.cells.length === columns.length)
      // an empty cell needs no title
      for (const [i, cell] of [...row.cells].entries())
        if (cell.childElementCount > 0 || cell.textContent.trim() !== '') cell.dataset.label = columns[i];
  return h(
    'div',
    { class: 'table', role: 'group', 'aria-label': label, tabindex: 0 },
    h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows)),
  );
}

/** A part that can be opened and closed, and stays so across updates. */
export function foldable(
  context: FrameContext,
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
    if (made.open) fill();
    if (made.open !== keep(context, key, openFirst)) context.kept.set(key, made.open);
  });
  return made;
}
