/** The drawing of the timeline: a lane for each device that tried more than once; the axis is the order of events. */
import { cut, shortName } from './address';
import { charWidth, type Picture, roomOf, type Shape } from './picture';
import { type Lane, phaseSpans, type TimelineAxis } from './timeline';

export const laneHeight = 20;
const rowHeight = 13;
const mostRows = 8;
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
  readonly names: readonly PhaseName[];
}

/** Where the parts of the drawing stand, for who finds a lane by a pointer's place. */
export function timelineFrame(lanes: readonly Lane[], axis: TimelineAxis, width: number): TimelineFrame {
  const longest = Math.max(0, ...lanes.map(({ device }) => roomOf(shortName(device))));
  const left = Math.max(60, Math.min(width * 0.4, longest + 12));
  const span = width - left - 14;
  const x = (n: number) => left + 6 + axis.place(n) * span;
  const names = placeNames(axis, x, width);
  const rows = Math.max(1, ...names.map(({ row }) => row + 1));
  return { left, top: rows * rowHeight + 8, x, names };
}

export interface PhaseName {
  readonly text: string;
  readonly at: number;
  readonly left: number;
  readonly row: number;
}

/** Names of phases in as many rows as they need, so that each can be read; a line leads from each to its place. */
function placeNames(axis: TimelineAxis, x: (n: number) => number, width: number): PhaseName[] {
  const ends: number[] = [];
  return phaseSpans(axis).map(({ phase, n }) => {
    const at = x(n);
    const text = cut(phase, Math.max(3, Math.floor((width - 20) / charWidth)));
    const left = Math.max(0, Math.min(at + 2, width - roomOf(text) - 2));
    let row = ends.findIndex((end) => end + 6 <= Math.min(left, at));
    if (row < 0) row = Math.min(ends.length, mostRows - 1);
    ends[row] = left + roomOf(text);
    return { text, at, left, row };
  });
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
  for (const { text, at, left, row } of frame.names) {
    const y = 10 + row * rowHeight;
    shapes.push({ shape: 'line', x1: at, y1: y + 3, x2: at, y2: bottom, ink: 'line' });
    shapes.push({ shape: 'text', x: left, y, text, ink: 'muted', anchor: 'start' });
  }
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
      mono: true,
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
