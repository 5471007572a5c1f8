/**
 * Draws a small report where nobody sees it, while the engine works on the real one. What the first drawing of a page has to
 * pay for beside its own elements (fonts, the theme's colours, the templates of controls, functions that were never run) is
 * paid for by then, which is about half of what a first report would take.
 */
import type { SimulationReport } from '../../../server/src/simulator/report';
import { h } from '../dom';
import type { ReportState, View } from '../messages';
import type { ViewContext } from '../view';
import { viewRow, views } from '../views/registry';
import { head } from './head';
import { Store } from './store';
import { tabBar } from './tabs';

const device = '/soc/device@1000';

/** A board with one master and one of each thing that costs at its first time: an address, a size, a gap, a pattern. */
const report: SimulationReport = {
  schema: 1,
  board: 'board.dts',
  kernel: '7.3',
  kernelChosen: { model: '7.3', release: '7.3', by: 'default', near: false, text: '7.3' },
  cmdline: '',
  strategy: 'S5',
  verified: [],
  complete: true,
  devices: [
    {
      device,
      name: '1000.device',
      bus: 'platform',
      driver: 'driver',
      status: 'bound',
      attempts: 1,
      boundAt: 0,
      deferReason: null,
      error: null,
      group: 0,
      domain: 'DMA',
      translated: true,
      untranslatedReason: null,
      source: null,
    },
  ],
  timeline: [],
  deferred: [],
  chains: [],
  links: [],
  groups: [{ id: 0, type: 'DMA', devices: [device], reservedRegions: [], provider: null }],
  providers: [],
  domains: [
    {
      id: 0,
      group: 0,
      device: null,
      type: 'DMA',
      granule: 4096,
      aperture: ['0x0', '0xffffffffffff'],
      regions: (['alloc', 'map', 'sg', 'msi'] as const).map((kind, i) => ({
        iova: `0x${(0xf000_0000 + i * 0x10_0000).toString(16)}`,
        size: '0x10000',
        kind,
        owner: device,
        phys: null,
        assumption: 'assumed',
      })),
    },
  ],
  dma: [],
  faults: [],
  power: { suspend: [], resume: [] },
  strategies: [],
  messages: [],
};

const state: ReportState = {
  state: 'report',
  uri: 'file:///',
  board: report.board,
  version: 0,
  milliseconds: 1,
  report,
};
const ignore = (): void => undefined;

/** Draws head, tabs and a view of the small report, has the page laid out, and leaves nothing of it. */
export function rehearse(view: View): void {
  const row = viewRow(view);
  const context: ViewContext = {
    report,
    device: null,
    before: null,
    focus: { view, device: null },
    kept: new Store({}, ignore),
    log: null,
    review: null,
    logKept: false,
    opening: true,
    go: ignore,
    moveOn: ignore,
    open: ignore,
    // nobody waits for an answer
    ask: () => new Promise(ignore),
    redraw: ignore,
  };
  const tabs = tabBar<View>(ignore);
  const body = h('div', { class: 'view' });
  const stage = h('div', { class: 'rehearsal', 'aria-hidden': 'true' });
  stage.append(head(state, { go: ignore, run: ignore, exports: () => [] }), tabs.element, body);
  document.body.append(stage);
  tabs.update(
    views.map(({ id, title }) => ({ id, title, count: 0 })),
    view,
  );
  if (row.needs === 'nothing') row.render(context, body);
  else row.render(context, body);
  stage.getBoundingClientRect();
  stage.remove();
}
