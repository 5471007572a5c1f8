/** The theme's colours as a canvas and an exported file can use them: resolved, no variables. */
import type { Ink } from '../../../server/src/drawing/picture';
import type { Palette } from '../../../server/src/drawing/svg';

export interface Theme {
  readonly palette: Palette;
  readonly background: string;
  readonly font: string;
  readonly mono: string;
}

const variables: Readonly<Record<Ink, string>> = {
  text: '--vscode-foreground',
  muted: '--muted',
  line: '--faint-line',
  soft: '--soft',
  card: '--card',
  good: '--good',
  care: '--care',
  bad: '--bad',
  focus: '--focus',
  'kind-alloc': '--kind-alloc',
  'kind-map': '--kind-map',
  'kind-sg': '--kind-sg',
  'kind-resource': '--kind-resource',
  'kind-api': '--kind-api',
  'kind-direct': '--kind-direct',
  'kind-reserved': '--kind-reserved',
  'kind-msi': '--kind-msi',
};

let made: Theme | null = null;
const listeners = new Set<WeakRef<() => void>>();

/** Told when the theme changes; kept weakly: it lives as long as whoever draws. */
export function onTheme(listener: () => void): void {
  listeners.add(new WeakRef(listener));
}

function watch(): void {
  new MutationObserver(() => {
    made = null;
    for (const reference of listeners) {
      const listener = reference.deref();
      if (listener === undefined) listeners.delete(reference);
      else listener();
    }
  }).observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}

/** The colours of now. */
export function theme(): Theme {
  if (made !== null) return made;
  if (listeners.size === 0) watch();
  // all are asked for before the first is read: each reading in between would work the styles out anew
  const probe = document.createElement('span');
  probe.className = 'probe';
  const ask = (variable: string): HTMLElement => {
    const asked = document.createElement('i');
    asked.style.color = `var(${variable})`;
    probe.append(asked);
    return asked;
  };
  const asked = Object.entries(variables).map(([ink, variable]) => [ink, ask(variable)] as const);
  const ground = ask('--vscode-editor-background');
  document.body.append(probe);
  const palette = Object.fromEntries(asked.map(([ink, each]) => [ink, getComputedStyle(each).color])) as Palette;
  const background = getComputedStyle(ground).color;
  const body = getComputedStyle(document.body);
  const mono = body.getPropertyValue('--vscode-editor-font-family') || 'monospace';
  probe.remove();
  made = { palette, background, font: body.fontFamily || 'sans-serif', mono };
  return made;
}
