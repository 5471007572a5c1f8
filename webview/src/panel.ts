/** The panel: shows the state the extension sends, one tab a view, and keeps what the user set across updates. */
import './style.css';
import { button, progressRing, registerControls, signButton, type Tab, tabs } from './controls';
import { h } from './dom';
import type { Focus, FromPanel, PanelState, ReportState, ToPanel, View } from './messages';
import { summarize } from './model/summary';
import type { ViewContext } from './view';
import { chainsView } from './views/chains';
import { groupsView } from './views/groups';
import { iovaView } from './views/iova';
import { messagesView } from './views/messages';
import { strategiesView } from './views/strategies';
import { timelineView } from './views/timeline';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: unknown): void;
};

const editor = acquireVsCodeApi();
const root = document.getElementById('panel')!;
const views: Readonly<Record<View, (context: ViewContext, root: HTMLElement) => void>> = {
  iova: iovaView,
  chains: chainsView,
  groups: groupsView,
  timeline: timelineView,
  strategies: strategiesView,
  messages: messagesView,
};

let state: PanelState = { state: 'empty' };
let focus: Focus = { view: 'iova', device: null };
const kept = new Map<string, unknown>();

registerControls();
addEventListener('message', (event: MessageEvent<ToPanel>) => {
  const message = event.data;
  if (message.type === 'focus') {
    focus = message.focus;
    if (state.state === 'report') draw({ scrollToDevice: true });
    return;
  }
  const fresh = state.state !== 'report' && message.state.state === 'report';
  const anotherBoard =
    state.state === 'report' && message.state.state === 'report' && state.board !== message.state.board;
  if (anotherBoard) kept.clear();
  state = message.state;
  draw({ scrollToDevice: fresh || anotherBoard });
});
editor.postMessage({ type: 'ready' });

function draw({ scrollToDevice }: { scrollToDevice: boolean }): void {
  const scrolled = document.documentElement.scrollTop;
  document.body.dataset.state = state.state;
  root.setAttribute('aria-busy', String(state.state === 'loading'));
  if (state.state === 'report') {
    editor.setState({ uri: state.uri, focus });
    root.replaceChildren(...reportPage(state));
  } else root.replaceChildren(notice(state));
  const pointed = scrollToDevice ? root.querySelector('.pointed') : null;
  if (pointed) pointed.scrollIntoView({ block: 'center' });
  else document.documentElement.scrollTop = scrolled;
}

/** The page while there is no report. */
function notice(now: Exclude<PanelState, ReportState>): HTMLElement {
  const again = () => editor.postMessage({ type: 'run' });
  switch (now.state) {
    case 'loading':
      return h(
        'div',
        { class: 'notice', role: 'status' },
        progressRing(),
        h('p', {}, `Simulating the boot of ${now.board ?? 'the board'} …`),
      );
    case 'empty':
      return h('div', { class: 'notice' }, h('p', {}, 'Open a devicetree file and run “SMMU Scope: Simulate Boot”.'));
    case 'cancelled':
      return h(
        'div',
        { class: 'notice' },
        h('p', {}, 'The simulation was cancelled.'),
        button('Simulate again', again, 'primary'),
      );
    case 'error':
      return h(
        'div',
        { class: 'notice error', role: 'alert' },
        h('h1', {}, 'The board could not be simulated'),
        h('p', {}, now.message),
        button('Try again', again, 'primary'),
      );
  }
}

function reportPage(shown: ReportState): HTMLElement[] {
  const { report } = shown;
  const body = h('div', { class: 'view' });
  const fill = () => {
    const context: ViewContext = {
      report,
      device: focus.device,
      kept,
      open: (device, property, source) => {
        const known = source ?? report.devices.find((each) => each.device === device)?.source ?? null;
        editor.postMessage({ type: 'open', device, property: property ?? null, source: known });
      },
      redraw: fill,
    };
    body.replaceChildren();
    body.dataset.view = focus.view;
    views[focus.view](context, body);
  };
  fill();
  const numbers = summarize(report);
  const items: readonly Tab<View>[] = [
    { id: 'iova', title: 'IOVA maps', count: 0 },
    { id: 'chains', title: 'Defer chains', count: report.deferred.length },
    { id: 'groups', title: 'Groups', count: numbers.groups },
    { id: 'timeline', title: 'Timeline', count: 0 },
    { id: 'strategies', title: 'Strategies', count: 0 },
    { id: 'messages', title: 'Messages', count: numbers.warnings + report.faults.length },
  ];
  const change = (view: View) => {
    focus = { view, device: null };
    editor.setState({ uri: shown.uri, focus });
    editor.postMessage({ type: 'focus', focus });
    document.documentElement.scrollTop = 0;
    fill();
  };
  return [head(shown), tabs(items, focus.view, body, change)];
}

function head({ board, report, milliseconds }: ReportState): HTMLElement {
  const numbers = summarize(report);
  const fact = (count: number, what: string, kind = '') =>
    count > 0 && h('span', { class: `count ${kind}` }, h('b', {}, String(count)), ` ${what}`);
  const verified =
    report.verified.length > 0 &&
    h('span', { class: 'tag verified', title: report.verified.join('\n') }, 'what is verified');
  return h(
    'header',
    {},
    h(
      'div',
      { class: 'title' },
      h('h1', {}, board),
      h('span', { class: 'tag' }, `Linux ${report.kernelChosen.text}`),
      h('span', { class: 'spacer' }),
      signButton('⟳', `Simulate again (took ${Math.max(1, Math.round(milliseconds))} ms)`, () =>
        editor.postMessage({ type: 'run' }),
      ),
    ),
    h(
      'div',
      { class: 'counts' },
      fact(numbers.bound, 'bound', 'good'),
      fact(numbers.deferred, 'deferred', 'care'),
      fact(numbers.failed, 'failed', 'bad'),
      fact(numbers.noDriver, 'without driver'),
      fact(numbers.groups, numbers.groups === 1 ? 'group' : 'groups'),
      fact(numbers.untranslated, numbers.untranslated === 1 ? 'master untranslated' : 'masters untranslated', 'bad'),
      fact(numbers.assumed, 'regions assumed', 'assumed'),
      verified,
      report.cmdline !== '' && h('code', { title: 'Kernel command line' }, report.cmdline),
    ),
    !report.complete &&
      h('p', { class: 'stopped', role: 'alert' }, 'This kernel stops here (BUG or panic); the messages say why.'),
  );
}
