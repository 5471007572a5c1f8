/** The lanes on a canvas, and the boot played or stepped through over them. */
import { shortName } from '../../../../server/src/drawing/address';
import { formatErrno, type Lane, timelineAxis } from '../../../../server/src/drawing/timeline';
import { laneHeight, timelineFrame, timelinePicture } from '../../../../server/src/drawing/timeline-picture';
import type { TimelineEntry } from '../../../../server/src/simulator/report';
import { paint } from '../../canvas/paint';
import { onTheme, theme } from '../../canvas/theme';
import { signButton } from '../../controls';
import { h } from '../../dom';
import { keep, linkButton, type ViewContext } from '../../view';

/** Milliseconds of a step while the boot is played. */
const pace = 450;

export function laneChart(context: ViewContext, shown: readonly Lane[]): HTMLElement {
  const axis = timelineAxis(context.report, shown);
  const steps = shown.flatMap(({ entries }) => entries).sort((a, b) => a.n - b.n);
  const label = `Attempts of ${shown.length} devices over the boot; the list below has every event. Left and right step through the boot, Home goes to its start, End shows all.`;
  const canvas = h('canvas', { class: 'lanes-canvas', role: 'img', tabindex: 0, 'aria-label': label });
  const said = h('p', { class: 'now', 'aria-live': 'polite' });
  /** Index into `steps`; null: the whole boot. */
  let at = keep<number | null>(context, 'timeline.step', null);
  if (at !== null && at >= steps.length) at = null;
  let width = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const draw = () => {
    if (width === 0) return;
    const until = at === null ? Number.POSITIVE_INFINITY : (steps[at]?.n ?? 0);
    paint(canvas, timelinePicture(shown, axis, width, until), theme());
    said.replaceChildren(...(at === null ? ['The whole boot'] : sentence(context, steps[at]!, at, steps.length)));
  };
  const go = (next: number | null) => {
    at = next === null || next >= steps.length ? null : Math.max(0, next);
    context.kept.set('timeline.step', at);
    draw();
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const play = () => {
    if (timer !== undefined) return stop();
    if (at === null) go(0);
    timer = setInterval(() => {
      if (!canvas.isConnected || at === null) return stop();
      go(at + 1);
    }, pace);
  };
  const step = (by: number) => {
    stop();
    go(at === null ? (by < 0 ? steps.length - 1 : 0) : at + by);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    Home: () => go(0),
    End: () => go(null),
    ' ': play,
  };
  canvas.addEventListener('keydown', (event) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
  const laneAt = (y: number, frameTop: number): Lane | undefined => shown[Math.floor((y - frameTop) / laneHeight)];
  canvas.addEventListener('click', (event) => {
    const lane = laneAt(event.offsetY, timelineFrame(shown, axis, width).top);
    if (lane !== undefined) context.open(lane.device);
  });
  canvas.addEventListener('pointermove', (event) => {
    const lane = laneAt(event.offsetY, timelineFrame(shown, axis, width).top);
    canvas.style.cursor = lane === undefined ? 'default' : 'pointer';
    canvas.title = lane === undefined ? '' : `${lane.device}\n${lane.entries.map(entryText).join('\n')}`;
  });
  onTheme(draw);
  Object.assign(canvas, { draw });
  const frame = h('div', { class: 'lanes' }, canvas);
  new ResizeObserver(() => {
    if (frame.clientWidth === width || frame.clientWidth < 120) return;
    width = frame.clientWidth;
    draw();
  }).observe(frame);
  const controls = h(
    'div',
    { class: 'play' },
    signButton('back', 'One step back', () => step(-1)),
    signButton('play', 'Play or pause the boot', play),
    signButton('forth', 'One step on', () => step(1)),
    said,
  );
  return h('div', {}, legend(), controls, frame);
}

const entryText = ({ n, phase, event, result, detail }: TimelineEntry): string =>
  [`#${n} ${phase}: ${event}`, formatErrno(result), detail].filter((text) => text !== '').join(' ');

/** What happened at a step, with a way from who waits to what would fix it. */
function sentence(context: ViewContext, entry: TimelineEntry, at: number, all: number): (Node | string)[] {
  const { device, event, result, detail, phase } = entry;
  const name = device === null ? '' : shortName(device);
  const parts: (Node | string)[] = [
    `Step ${at + 1} of ${all}, phase ${phase}: ${name} ${words[event] ?? event}`,
    result === 0 ? '' : ` (${formatErrno(result)})`,
    detail === '' ? '' : `: ${detail}`,
  ];
  if (device !== null && context.report.deferred.some((each) => each.device === device))
    parts.push(
      ' ',
      linkButton('what would fix it', 'Show its defer chain', () => context.go({ view: 'chains', device })),
    );
  return parts;
}

const words: Readonly<Record<string, string>> = {
  defer: 'defers',
  retry: 'tries again',
  bound: 'is bound',
  fail: 'fails',
  timeout: 'is given up',
  unbind: 'is unbound',
};

const legend = (): HTMLElement =>
  h(
    'div',
    { class: 'legend' },
    ...[
      ['try', 'an attempt that defers'],
      ['done', 'bound'],
      ['wrong', 'failed'],
      ['waits', 'waits'],
    ].map(([sign, text]) => h('span', { class: 'legend-item' }, h('i', { class: `lane-sign ${sign}` }), text)),
  );
