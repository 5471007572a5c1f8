/** The drawing of the timeline: a lane for each device that tried more than once; the axis is the order of events. */
import { cut, shortName } from './address';
import { charWidth, type Picture, roomOf, type Shape } from './picture';
import { type Lane, type LaneOutcome, phaseSpans, type TimelineAxis } from './timeline';

export const laneHeight = 20;
const axisRoom = 34;
const outcomeInk = { bound: 'good', deferred: 'care', failed: 'bad', other: 'muted' } as const;
const eventInk: Readonly<Record<string, 'good' | 'care' | 'bad' | 'muted'>> = {
  bound: 'good',
  defer: 'care',
  retry: 'care',
  timeout: 'care',
  fail: 'bad',
};

export interface TimelineFrame {
  /** Pixels from the left to the first event. */
  readonly left: number;
  readonly top: number;
  readonly x: (n: number) => number;
}

/** How a lane ends, in a word. */
export const outcomeWords: Readonly<Record<LaneOutcome, string>> = {
  bound: 'bound in the end',
  deferred: 'still deferred',
  failed: 'failed',
  other: 'unbound',
};

/** Where the parts of the drawing stand, for who lays names and buttons over it. */
export function timelineFrame(lanes: readonly Lane[], axis: TimelineAxis, width: number): TimelineFrame {
  const most = Math.min(width * 0.4, Math.max(0, ...lanes.map(({ device }) => roomOf(shortName(device)))) + 12);
  const left = Math.max(60, most);
  const span = width - left - 14;
  const room = (n: number) => axis.place(n) * span;
  return { left, top: axisRoom, x: (n) => left + 6 + room(n) };
}

/** @param until events after this number are left out; the boot is played by growing it */
export function timelinePicture(
  lanes: readonly Lane[],
  axis: TimelineAxis,
  width: number,
  until = Number.POSITIVE_INFINITY,
): Picture {
  const frame = timelineFrame(lanes, axis, width);
  const height = frame.top + lanes.length * laneHeight + 22;
  const bottom = height - 20;
  const shapes: Shape[] = [];
  // names of phases stand in two rows by turns, and are cut to the room up to the next but one
  const spans = phaseSpans(axis);
  spans.forEach(({ phase, n }, i) => {
    const x = frame.x(n);
    const next = spans[i + 2];
    const room = (next === undefined ? width : frame.x(next.n)) - x - 6;
    const y = i % 2 === 0 ? 11 : 24;
    shapes.push({ shape: 'line', x1: x, y1: y + 3, x2: x, y2: bottom, ink: 'line' });
    const text = cut(phase, Math.floor(room / charWidth));
    if (room > charWidth * 2)
      shapes.push({ shape: 'text', x: x + 2, y, text, ink: 'muted', anchor: 'start', title: phase });
  });
  const last = axis.last;
  lanes.forEach((lane, i) => {
    const y = frame.top + i * laneHeight + laneHeight / 2;
    const name = cut(shortName(lane.device), Math.floor((frame.left - 10) / charWidth));
    shapes.push({
      shape: 'text',
      x: frame.left - 6,
      y: y + 4,
      text: name,
      ink: 'text',
      anchor: 'end',
      title: lane.device,
    });
    const shown = lane.entries.filter(({ n }) => n <= until);
    if (shown.length === 0) return;
    const ended = shown.length === lane.entries.length;
    const to = ended && lane.outcome !== 'deferred' ? shown.at(-1)!.n : Math.min(until, last);
    const ink = ended ? outcomeInk[lane.outcome] : 'care';
    const dashed = ink === 'care';
    shapes.push({ shape: 'line', x1: frame.x(shown[0]!.n), y1: y, x2: frame.x(to), y2: y, ink, width: 2, dashed });
    for (const { n, event } of shown) {
      const dot = eventInk[event] ?? 'muted';
      const [x, r] = [frame.x(n), event === 'bound' || event === 'fail' ? 4.5 : 3.5];
      const box = { x: x - r, y: y - r, width: 2 * r, height: 2 * r };
      // a bound device is a full square, a failed one crossed, a try that waits hollow: shapes besides colours
      if (event === 'bound') shapes.push({ shape: 'rect', ...box, fill: dot });
      else shapes.push({ shape: 'rect', ...box, fill: 'card', stroke: dot });
      if (event === 'fail')
        shapes.push({
          shape: 'path',
          d: `M${x - r},${y - r}L${x + r},${y + r}M${x - r},${y + r}L${x + r},${y - r}`,
          ink: 'bad',
        });
    }
  });
  if (until <= last) {
    const x = frame.x(until);
    shapes.push({ shape: 'line', x1: x, y1: frame.top - 4, x2: x, y2: bottom, ink: 'focus', width: 2 });
  }
  const title = 'events in the order of the boot';
  shapes.push({ shape: 'text', x: width - 8, y: height - 6, text: title, ink: 'muted', anchor: 'end' });
  shapes.push({ shape: 'text', x: frame.left - 6, y: height - 6, text: 'device', ink: 'muted', anchor: 'end' });
  return { width, height, label: `Attempts of ${lanes.length} devices over the boot`, shapes };
}
