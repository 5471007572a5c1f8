/** The panel's frame: shows the state that the extension sends, one tab a view, and keeps what the user set. */
import type { SimulationReport } from '../../../server/src/simulator/report';
import { h } from '../dom';
import { exportItems } from '../export/export';
import type { BootLog, Focus, LogSource, PanelState, ReportState, Review, ToPanel, View } from '../messages';
import type { FrameContext, ViewContext } from '../view';
import { viewRow, views } from '../views/registry';
import { focusPlace, restoreFocus } from './focus';
import { head } from './head';
import { Host } from './host';
import { notice } from './notice';
import { rehearse } from './rehearsal';
import { Store } from './store';
import { tabBar, viewElement } from './tabs';

/** How long a place to scroll to may wait for a view that is filled later, by answers of the engine. */
const arriveWithin = 5000;

/** How long changes of what is kept may rest before they are saved. */
const saveAfter = 120;

export class App {
  private readonly host = new Host((message) => this.received(message));
  private readonly kept = new Store(this.host.saved.kept ?? {}, () => this.saveSoon());
  private state: PanelState = { state: 'empty' };
  private focus: Focus = this.host.saved.focus ?? { view: 'iova', device: null };
  private before: SimulationReport | null = null;
  private log: BootLog | null = null;
  private review: Review | null = null;
  private logSource: LogSource | null = this.host.saved.log ?? null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private drawn: View | null = null;
  /** Where to scroll as soon as the view is long enough; null: nowhere, or the user has scrolled since. */
  private awaited: number | null = null;

  private readonly header = h('div', { class: 'head' });
  private readonly tabs = tabBar<View>((view) => this.go({ view, device: null }));
  private readonly body = h('div', { class: 'view', id: viewElement, role: 'tabpanel', tabindex: -1 });

  constructor(private readonly root: HTMLElement) {
    addEventListener('scroll', () => this.saveSoon(), { passive: true });
    for (const event of ['wheel', 'pointerdown', 'keydown'])
      addEventListener(event, () => (this.awaited = null), { passive: true, capture: true });
    new ResizeObserver(() => this.arriveAt(this.awaited)).observe(this.body);
    this.host.post({ type: 'ready' });
    // the engine has only begun by now: what comes meanwhile is drawn after this
    setTimeout(() => this.drawn === null && rehearse(this.focus.view), 0);
  }

  private received(message: Exclude<ToPanel, { type: 'answer' | 'refusal' }>): void {
    if (message.type === 'focus') {
      const same = message.focus.view === this.focus.view && message.focus.device === null;
      if (!same) this.leave();
      this.focus = message.focus;
      if (this.state.state === 'report') this.draw(!same);
      return;
    }
    if (message.type === 'log') {
      this.log = message.log;
      this.logSource = message.from;
      if (this.state.state === 'report') this.draw(false);
      return;
    }
    if (message.type === 'review') {
      this.review = message.review;
      if (message.fresh) this.kept.set('compare.what', 'changes');
      if (this.state.state === 'report') this.draw(false);
      return;
    }
    if (message.type === 'before') {
      this.before = message.report;
      return;
    }
    const was = this.state;
    this.state = message.state;
    if (was.state === 'report' && message.state.state === 'report' && was.version !== message.state.version)
      this.before = was.board === message.state.board ? was.report : null;
    this.draw(was.state !== 'report' && this.focus.device !== null);
  }

  /** Shows another view, or another place of this one. */
  private go(focus: Focus): void {
    this.leave();
    this.focus = focus;
    this.host.post({ type: 'focus', focus });
    this.draw(true);
  }

  /** Remembers where the view that goes was scrolled to. */
  private leave(): void {
    this.keepScroll();
    this.awaited = null;
  }

  private keepScroll(): void {
    if (this.drawn !== null && this.awaited === null)
      this.kept.set(`scroll.${this.drawn}`, document.documentElement.scrollTop);
  }

  private draw(arrive: boolean): void {
    const { state } = this;
    document.body.dataset.state = state.state;
    this.root.setAttribute('aria-busy', String(state.state === 'loading'));
    const row = viewRow(this.focus.view);
    if (state.state !== 'report' && row.needs === 'report') {
      this.root.replaceChildren(notice(state, () => this.host.post({ type: 'run' })));
      this.drawn = null;
      return;
    }
    if (state.state === 'report') this.drawHead(state);
    else this.header.replaceChildren();
    const report = state.state === 'report' ? state.report : null;
    const tabs = views
      .filter(({ needs }) => needs === 'nothing' || report !== null)
      .map(({ id, title, count }) => ({ id, title, count: report === null ? 0 : (count?.(report) ?? 0) }));
    this.tabs.update(tabs, this.focus.view);
    if (this.body.parentElement !== this.root) this.root.replaceChildren(this.header, this.tabs.element, this.body);
    // also what was scrolled a moment ago stays where it is
    if (this.drawn === this.focus.view) this.keepScroll();
    this.fill();
    this.scroll(arrive);
    this.save();
  }

  private drawHead(state: ReportState): void {
    const place = focusPlace(this.header);
    const go = (view: View, part?: string) => {
      if (part !== undefined) this.kept.set(`${view}.part`, part);
      this.go({ view, device: null });
    };
    const exports = () => exportItems(this.host, state.report, this.focus.view, this.body);
    this.header.replaceChildren(head(state, { go, run: () => this.host.post({ type: 'run' }), exports }));
    restoreFocus(this.header, place);
  }

  /** Fills the body anew and leaves the keyboard's focus where it was. */
  private fill(): void {
    const { view } = this.focus;
    const place = this.drawn === view ? focusPlace(this.body) : null;
    const opening = this.drawn !== view;
    this.body.replaceChildren();
    this.body.dataset.view = view;
    this.body.setAttribute('aria-labelledby', `tab-${view}`);
    this.drawn = view;
    const frame: FrameContext = {
      focus: this.focus,
      kept: this.kept,
      log: this.log,
      review: this.review,
      logKept: this.logSource !== null,
      opening,
      moveOn: () => {
        this.focus = { view, device: null };
        this.host.post({ type: 'focus', focus: this.focus });
      },
      go: (focus) => this.go(focus),
      open: (device, property, source) => {
        const devices = this.state.state === 'report' ? this.state.report.devices : [];
        const known = source ?? devices.find((each) => each.device === device)?.source ?? null;
        this.host.post({ type: 'open', device, property: property ?? null, source: known });
      },
      ask: (ask) => this.host.ask(ask),
      redraw: () => {
        const { scrollTop } = document.documentElement;
        this.fill();
        document.documentElement.scrollTop = scrollTop;
      },
    };
    const row = viewRow(view);
    if (row.needs === 'nothing') row.render(frame, this.body);
    else if (this.state.state === 'report') {
      const { report } = this.state;
      const context: ViewContext = { ...frame, report, device: this.focus.device, before: this.before };
      row.render(context, this.body);
    }
    restoreFocus(this.body, place);
  }

  /** To what the user came for, else to where this view was last. */
  private scroll(arrive: boolean): void {
    const pointed = arrive ? this.body.querySelector('.pointed') : null;
    if (pointed !== null) pointed.scrollIntoView({ block: 'center' });
    else this.arriveAt(Number(this.kept.get(`scroll.${this.focus.view}`) ?? 0));
  }

  /** Scrolls there, at once or when what the view waits for has come. */
  private arriveAt(place: number | null): void {
    if (place === null) return;
    const page = document.documentElement;
    page.scrollTop = place;
    if (Math.abs(page.scrollTop - place) < 1) this.awaited = null;
    else if (this.awaited === null) {
      this.awaited = place;
      setTimeout(() => (this.awaited = null), arriveWithin);
    }
  }

  private saveSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.keepScroll();
      clearTimeout(this.timer);
      this.save();
    }, saveAfter);
  }

  private save(): void {
    if (this.state.state !== 'report') return;
    const { uri } = this.state;
    const log = this.logSource === null ? {} : { log: this.logSource };
    this.host.save({ uri, focus: this.focus, kept: this.kept.all(), ...log });
  }
}
