/** The panel's controls. The only importer of the UI toolkit: whatever replaces it one day replaces it here. */
import {
  provideVSCodeDesignSystem,
  vsCodeBadge,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { type Child, h } from './dom';

/** Defines the toolkit's elements; call once before any control is made. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeBadge(),
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | boolean>>,
  ...children: Child[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false) made.setAttribute(key, value);
  }
  for (const child of children)
    if (child || child === 0) made.append(typeof child === 'object' ? child : String(child));
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

/** A small square button with a sign instead of a word; `title` says what it does. */
export function signButton(sign: string, title: string, onClick: () => void): HTMLElement {
  const made = element(
    'vscode-button',
    { appearance: 'icon', 'aria-label': title, title },
    h('span', { class: 'sign' }, sign),
  );
  made.addEventListener('click', onClick);
  return made;
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

const badge = (count: number): HTMLElement => element('vscode-badge', {}, String(count));

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly title: string;
  /** Shown as a badge unless 0. */
  readonly count: number;
}

/** A row of tabs over one body that the caller fills. Arrow keys, Home and End move between tabs. */
export function tabs<Id extends string>(
  items: readonly Tab<Id>[],
  active: Id,
  body: HTMLElement,
  onChange: (id: Id) => void,
): HTMLElement {
  const made = element('vscode-panels', { activeid: `tab-${active}`, 'aria-label': 'Views' });
  for (const { id, title, count } of items) {
    const tab = element('vscode-panel-tab', { id: `tab-${id}` }, title, count > 0 && badge(count));
    made.append(tab);
  }
  const views = new Map(items.map(({ id }) => [id, element('vscode-panel-view', { id: `view-${id}` })]));
  for (const view of views.values()) made.append(view);
  views.get(active)?.append(body);
  made.addEventListener('change', (event) => {
    if (event.target !== made) return;
    const id = (made as HTMLElement & { activeid: string }).activeid.slice('tab-'.length) as Id;
    if (!views.has(id) || views.get(id) === body.parentElement) return;
    views.get(id)?.append(body);
    onChange(id);
  });
  return made;
}
