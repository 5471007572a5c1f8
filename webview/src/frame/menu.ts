/** A button that opens a short menu. Arrow keys move in it, Escape closes it. */
import { h } from '../dom';

export interface MenuItem {
  readonly text: string;
  readonly action: () => unknown;
}

/** @param items asked for each time the menu opens */
export function menuButton(button: HTMLElement, label: string, items: () => readonly MenuItem[]): HTMLElement {
  const menu = h('div', { class: 'menu', role: 'menu', 'aria-label': label, hidden: true });
  const element = h('span', { class: 'menu-frame' }, button, menu);
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  const close = (focus: boolean) => {
    if (menu.hidden) return;
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (focus) button.focus();
  };
  button.addEventListener('click', () => {
    if (!menu.hidden) return close(true);
    menu.replaceChildren(
      ...items().map(({ text, action }) =>
        h(
          'button',
          {
            type: 'button',
            role: 'menuitem',
            tabindex: -1,
            onclick: () => {
              close(true);
              action();
            },
          },
          text,
        ),
      ),
    );
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    (menu.firstElementChild as HTMLElement | null)?.focus();
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || event.key === 'Tab') return close(event.key === 'Escape');
    const all = [...menu.children] as HTMLElement[];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const target = { ArrowUp: at - 1 + all.length, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    all[target % all.length]?.focus();
  });
  element.addEventListener('focusout', (event) => {
    if (event.relatedTarget !== null && !element.contains(event.relatedTarget as Node)) close(false);
  });
  document.addEventListener('pointerdown', (event) => {
    if (element.isConnected && !element.contains(event.target as Node)) close(false);
  });
  return element;
}
