/** The panel's controls. The only importer of the UI toolkit: whatever replaces it one day replaces it here. */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { h, svg } from './dom';

/** Defines the toolkit's elements; call once before any control is made. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeProgressRing(), vsCodeTextField());
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | boolean>>,
  ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export function button(
  label: string,
  onClick: () => void,
  appearance: 'primary' | 'secondary' = 'secondary',
): HTMLElement {
  const made = element('vscode-button', { appearance }, label);
  made.addEventListener('click', onClick);
  return made;
}

/** Signs of small buttons, as paths on 16 by 16. */
const signs = {
  refresh: 'M13 3v4H9M12.6 7A5 5 0 1 0 13 9.6',
  minus: 'M3 8h10',
  plus: 'M3 8h10M8 3v10',
  whole: 'M2 8h12M5 5 2 8l3 3M11 5l3 3-3 3',
  play: 'M5 3l8 5-8 5z',
  pause: 'M5 3v10M11 3v10',
  back: 'M11 3 5 8l6 5M4 3v10',
  forth: 'M5 3l6 5-6 5M12 3v10',
  copy: 'M5 5h8v8H5zM3 11V3h8',
  export: 'M8 2v8M5 7l3 3 3-3M3 13h10',
} as const;

export type Sign = keyof typeof signs;

/** A small square button with a sign instead of a word; `title` says what it does. */
export function signButton(sign: Sign, title: string, onClick: () => void): HTMLElement {
  const path = svg('path', { d: signs[sign] });
  const drawing = svg(
    'svg',
    { class: 'sign', width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    path,
  );
  return h('button', { class: 'sign-button', type: 'button', title, 'aria-label': title, onclick: onClick }, drawing);
}

/** A text field that reports its value on every key. */
export function textField(label: string, value: string, onInput: (value: string) => void): HTMLElement {
  const made = element('vscode-text-field', { placeholder: label, 'aria-label': label, value, class: 'filter' });
  made.addEventListener('input', () => onInput((made as HTMLElement & { value: string }).value));
  return made;
}

export function checkbox(label: string, checked: boolean, onChange: (checked: boolean) => void): HTMLElement {
  const made = element('vscode-checkbox', { checked }, label);
  made.addEventListener('change', () => onChange((made as HTMLElement & { checked: boolean }).checked));
  return made;
}

export const progressRing = (): HTMLElement => element('vscode-progress-ring', { 'aria-label': 'Simulating' });

/** One of a few, as a row of buttons of which one is pressed. */
export function segments<Id extends string>(
  label: string,
  items: readonly { readonly id: Id; readonly text: string }[],
  active: Id,
  onChange: (id: Id) => void,
): HTMLElement {
  return h(
    'div',
    { class: 'segments', role: 'group', 'aria-label': label },
    ...items.map(({ id, text }) =>
      h('button', { type: 'button', 'aria-pressed': String(id === active), onclick: () => onChange(id) }, text),
    ),
  );
}
/** A list to choose from; the browser's own, in the theme's colours. */
export function choice(
  label: string,
  options: readonly { readonly value: string; readonly text: string }[],
  value: string,
  onChange: (value: string) => void,
): HTMLSelectElement {
  const made = h('select', { 'aria-label': label, class: 'choice', onchange: () => onChange(made.value) });
  for (const option of options)
    made.append(h('option', { value: option.value, selected: option.value === value }, option.text));
  return made;
}
