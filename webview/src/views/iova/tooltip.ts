/** The words at the pointer. */
import { h } from '../../dom';

export interface Tooltip {
  readonly element: HTMLElement;
  /** The first line strong, the second an address range. */
  show(lines: readonly string[], clientX: number, clientY: number): void;
  hide(): void;
}

export function tooltip(): Tooltip {
  const element = h('div', { class: 'tooltip', role: 'tooltip', hidden: true });
  return {
    element,
    show([title, range, ...rest], clientX, clientY) {
      element.replaceChildren(
        h('strong', {}, title),
        h('div', { class: 'mono' }, range),
        ...rest.map((line) => h('div', {}, line)),
      );
      element.hidden = false;
      const box = element.getBoundingClientRect();
      const left = Math.min(clientX + 14, document.documentElement.clientWidth - box.width - 8);
      const below = clientY + 18 + box.height < document.documentElement.clientHeight;
      element.style.left = `${Math.max(4, left)}px`;
      element.style.top = `${below ? clientY + 18 : clientY - box.height - 12}px`;
    },
    hide() {
      element.hidden = true;
    },
  };
}
