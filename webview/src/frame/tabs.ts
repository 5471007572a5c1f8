/**
 * The row of tabs. Those that fit stand in the row; the others are in a menu behind “More”, and the active one is always in
 * the row. Arrow keys, Home and End move between tabs, in the row and in the menu.
 */
import { h } from '../dom';

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly title: string;
  /** Shown beside the title unless 0. */
  readonly count: number;
}

export interface TabBar<Id extends string> {
  readonly element: HTMLElement;
  /** Other titles or counts, or another active tab. */
  update(items: readonly Tab<Id>[], active: Id): void;
}

/** The id of the element that a view's tab labels. */
export const viewElement = 'view';

/**
 * @param onChange told when the user chooses another tab
 */
export function tabBar<Id extends string>(onChange: (id: Id) => void): TabBar<Id> {
  let items: readonly Tab<Id>[] = [];
  let active: Id | null = null;
  const tabs = new Map<Id, HTMLButtonElement>();
  const row = h('div', { class: 'tab-row', role: 'tablist', 'aria-label': 'Views' });
  const menu = h('div', { class: 'tab-menu', role: 'menu', id: 'tab-menu', 'aria-label': 'More views', hidden: true });
  const more = h(
    'button',
    {
      class: 'tab-more',
      type: 'button',
      id: 'tab-more',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      'aria-controls': 'tab-menu',
      onclick: () => (menu.hidden ? open() : close(false)),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'ArrowDown') return;
        event.preventDefault();
        open();
      },
    },
    'More',
    h('span', { class: 'chevron', 'aria-hidden': 'true' }),
  );
  const element = h('nav', { class: 'tabs', 'aria-label': 'Views' }, row, more, menu);

  const badge = (count: number) => count > 0 && h('span', { class: 'badge' }, String(count));

  function choose(id: Id): void {
    close(false);
    if (id === active) return;
    onChange(id);
    tabs.get(id)?.focus();
  }

  /** Moves the focus among buttons by a key; false for other keys. */
  function move(all: readonly HTMLElement[], key: string, back: string, forth: string): boolean {
    const at = all.indexOf(document.activeElement as HTMLElement);
    const targets: Readonly<Record<string, number>> = {
      [back]: (at - 1 + all.length) % all.length,
      [forth]: (at + 1) % all.length,
      Home: 0,
      End: all.length - 1,
    };
    const target = targets[key];
    if (target === undefined) return false;
    all[target]?.focus();
    return true;
  }

  row.addEventListener('keydown', (event) => {
    const shown = [...row.children].filter((tab) => !(tab as HTMLElement).hidden) as HTMLElement[];
    if (!move(shown, event.key, 'ArrowLeft', 'ArrowRight')) return;
    event.preventDefault();
    const id = (document.activeElement as HTMLElement).dataset.view as Id | undefined;
    if (id !== undefined) choose(id);
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || event.key === 'Tab') return close(event.key === 'Escape');
    if (move([...menu.children] as HTMLElement[], event.key, 'ArrowUp', 'ArrowDown')) event.preventDefault();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!menu.hidden && !element.contains(event.target as Node)) close(false);
  });

  function open(): void {
    menu.hidden = false;
    more.setAttribute('aria-expanded', 'true');
    (menu.firstElementChild as HTMLElement | null)?.focus();
  }

  function close(focus: boolean): void {
    menu.hidden = true;
    more.setAttribute('aria-expanded', 'false');
    if (focus) more.focus();
  }

  /** Shows as many tabs as fit, the active one among them; the rest goes into the menu. */
  function layOut(): void {
    const room = element.clientWidth;
    if (room === 0) return;
    for (const tab of tabs.values()) tab.hidden = false;
    more.hidden = false;
    const widths = items.map(({ id }) => tabs.get(id)!.offsetWidth);
    const moreWidth = more.offsetWidth;
    const all = widths.reduce((sum, width) => sum + width, 0);
    const shown = new Set<Id>();
    if (all <= room) for (const { id } of items) shown.add(id);
    else {
      let left = room - moreWidth - 2;
      const activeAt = items.findIndex(({ id }) => id === active);
      if (activeAt >= 0) {
        shown.add(items[activeAt]!.id);
        left -= widths[activeAt]!;
      }
      for (const [i, { id }] of items.entries()) {
        if (shown.has(id)) continue;
        left -= widths[i]!;
        if (left < 0) break;
        shown.add(id);
      }
    }
    const hidden = items.filter(({ id }) => !shown.has(id));
    for (const { id } of items) tabs.get(id)!.hidden = !shown.has(id);
    more.hidden = hidden.length === 0;
    menu.replaceChildren(
      ...hidden.map(({ id, title, count }) =>
        h(
          'button',
          { type: 'button', role: 'menuitem', id: `menu-${id}`, tabindex: -1, onclick: () => choose(id) },
          title,
          badge(count),
        ),
      ),
    );
    if (hidden.length === 0) close(false);
  }

  new ResizeObserver(layOut).observe(element);
  // fonts arrive after the first layout
  void document.fonts.ready.then(layOut);

  return {
    element,
    update(next, now) {
      const same = items.length === next.length && items.every((item, i) => item.id === next[i]!.id);
      items = next;
      active = now;
      if (!same) {
        tabs.clear();
        for (const { id } of items) {
          const tab = h('button', {
            class: 'tab',
            type: 'button',
            role: 'tab',
            id: `tab-${id}`,
            'data-view': id,
            'aria-controls': viewElement,
            onclick: () => choose(id),
          });
          tabs.set(id, tab);
        }
        row.replaceChildren(...tabs.values());
      }
      for (const { id, title, count } of items) {
        const tab = tabs.get(id)!;
        tab.replaceChildren(title, ...[badge(count)].filter((made) => made !== false));
        tab.setAttribute('aria-selected', String(id === active));
        tab.tabIndex = id === active ? 0 : -1;
      }
      layOut();
    },
  };
}
