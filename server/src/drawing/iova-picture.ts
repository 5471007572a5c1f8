/** The drawing of one IOVA map: regions on a compressed axis, every gap with its size, full addresses below. */
import { formatAddress, formatSize } from './address';
import { chooseTicks } from './address-axis';
import { type DomainMap, formatRange, groupName, type MapRegion, regionDetails } from './iova';
import type { Pattern, Picture, Shape } from './picture';
import { charWidth, roomOf } from './picture';
import { type Window, wholeAxis } from './window';

/** What tells kinds apart without colour; the plainest for the most frequent. */
export const kindPatterns: Readonly<Record<MapRegion['kind'], Pattern | null>> = {
  alloc: null,
  map: 'diagonal',
  sg: 'dots',
  resource: 'columns',
  api: 'grid',
  direct: 'rows',
  reserved: 'back',
  msi: 'cross',
};

export interface MapOptions {
  readonly window: Window;
  readonly width: number;
  /** An address to mark, or null. */
  readonly marked: bigint | null;
  /** Addresses of faults, each with a mark. */
  readonly faults: readonly bigint[];
  /** A region to emphasize, or null. */
  readonly lit: MapRegion | null;
  /** Rows of gap sizes above the band, at least; a map that zooms keeps the most it had. */
  readonly rows: number;
}

/** What lies where, for pointers. */
export interface Hit {
  readonly left: number;
  readonly right: number;
  readonly region: MapRegion;
}

export interface MapPicture extends Picture {
  readonly hits: readonly Hit[];
  /** Rows of gap sizes that were used. */
  readonly rows: number;
  /** Gaps in sight whose size found no room: zooming in shows it, the list always does. */
  readonly unlabelled: number;
  readonly band: { readonly top: number; readonly height: number };
  /** From pixels to the axis. */
  readonly margin: number;
}

const bandHeight = 40;
const rowHeight = 14;
const mostRows = 4;
export const mapMargin = 10;
/** Pixels from the gap sizes to the foot of the ticks. */
const baseHeight = 4 + bandHeight + 24;
/** How high most maps are that show the whole aperture: one row of gap sizes. */
export const usualMapHeight = baseHeight + rowHeight;
const least = 2;

export function mapPicture(map: DomainMap, options: MapOptions): MapPicture {
  const { window, width, marked } = options;
  const { axis, from, to } = map.layout;
  const span = width - 2 * mapMargin;
  const scale = span / (window.to - window.from);
  const x = (position: number) => mapMargin + (position - window.from) * scale;
  const clampX = (position: number) => Math.min(width - mapMargin, Math.max(mapMargin, x(position)));
  const gaps = gapLabels(map, window, clampX, width);
  const rows = Math.max(options.rows, gaps.rows);
  const top = 4 + rows * rowHeight;
  const bottom = top + bandHeight;
  const shapes: Shape[] = [
    { shape: 'rect', x: mapMargin, y: top, width: span, height: bandHeight, fill: 'soft', stroke: 'line' },
  ];
  for (const gap of gaps.marks) {
    for (const shift of gap.narrow ? [] : [-3, 2]) {
      const at = gap.x + shift;
      shapes.push({ shape: 'line', x1: at - 2, y1: bottom, x2: at + 4, y2: top, ink: 'muted' });
    }
  }
  for (const { text, left, row, leader, inside } of gaps.labels) {
    const y = inside ? top + bandHeight / 2 + 4 : top - row * rowHeight - 4;
    if (inside) {
      const box = { x: left - 3, y: y - 12, width: roomOf(text) + 6, height: 16 };
      shapes.push({ shape: 'rect', ...box, fill: 'card' });
    } else shapes.push({ shape: 'line', x1: leader, y1: y + 2, x2: leader, y2: top, ink: 'line' });
    shapes.push({ shape: 'text', x: left + roomOf(text) / 2, y, text, ink: 'muted', anchor: 'middle' });
  }
  const hits: Hit[] = [];
  const lastPixel = new Map<string, number>();
  map.regions.forEach((region, i) => {
    if (to[i]! <= window.from || from[i]! >= window.to) return;
    const left = clampX(from[i]!);
    const right = Math.max(left + least, clampX(to[i]!) - 1);
    // of regions narrower than a pixel one is enough
    const pixel = Math.floor(left);
    if (right - left <= least + 0.5 && lastPixel.get(region.kind) === pixel && region !== options.lit) return;
    lastPixel.set(region.kind, pixel);
    const wide = right - left;
    const lit = region === options.lit;
    const assumed = region.assumption !== null;
    const ink = `kind-${region.kind}` as const;
    shapes.push({
      shape: 'rect',
      x: left,
      y: top,
      width: wide,
      height: bandHeight,
      fill: ink,
      opacity: lit ? 1 : assumed ? 0.5 : 0.85,
      stroke: lit || (assumed && wide > 5) ? 'text' : wide > 5 ? ink : undefined,
      dashed: assumed && wide > 5 && !lit,
      pattern: wide < 5 ? undefined : (kindPatterns[region.kind] ?? undefined),
      title: () => regionDetails(region).join('\n'),
    });
    hits.push({ left, right, region });
  });
  const room = (address: bigint) => formatAddress(address).length * charWidth;
  for (const { address, x: at, labelX } of chooseTicks(axis, x, width, room)) {
    shapes.push({ shape: 'line', x1: at, y1: bottom, x2: at, y2: bottom + 5, ink: 'muted' });
    const text = formatAddress(address);
    shapes.push({ shape: 'text', x: labelX, y: bottom + 17, text, ink: 'muted', anchor: 'middle', mono: true });
  }
  if (marked !== null) {
    const at = x(axis.position(marked));
    if (at >= mapMargin && at <= width - mapMargin)
      shapes.push({ shape: 'line', x1: at, y1: top - 3, x2: at, y2: bottom + 5, ink: 'bad', width: 2 });
  }
  shapes.push(...faultMarks(map, options.faults, x, width, top, bottom));
  const stripTop = baseHeight + rows * rowHeight;
  const zoomed = window.from > wholeAxis.from || window.to < wholeAxis.to;
  if (zoomed) shapes.push(...minimap(map, window, span, stripTop));
  return {
    width,
    height: stripTop + (zoomed ? 12 : 0),
    label: `IOVA map of ${map.devices.join(', ') || groupName(map.domain)}`,
    shapes,
    hits,
    rows,
    unlabelled: gaps.unlabelled,
    band: { top, height: bandHeight },
    margin: mapMargin,
  };
}

/** A line and an arrow head for each address of a fault that is in sight; of several in one pixel one. */
function faultMarks(
  { domain, layout }: DomainMap,
  faults: readonly bigint[],
  x: (position: number) => number,
  width: number,
  top: number,
  bottom: number,
): Shape[] {
  const [first, last] = [BigInt(domain.aperture[0]), BigInt(domain.aperture[1])];
  const places = new Set<number>();
  for (const address of faults) {
    if (address < first || address > last) continue;
    const at = Math.round(x(layout.axis.position(address)));
    if (at >= mapMargin && at <= width - mapMargin) places.add(at);
  }
  return [...places].flatMap((at): Shape[] => [
    { shape: 'line', x1: at, y1: top, x2: at, y2: bottom, ink: 'bad', dashed: true },
    { shape: 'path', d: `M${at - 5},${top}L${at + 5},${top}L${at},${top + 9}Z`, ink: 'bad', filled: true },
  ]);
}

/** The whole axis in a few pixels, with a frame around what is in sight. */
function minimap({ layout, regions }: DomainMap, window: Window, span: number, top: number): Shape[] {
  const shapes: Shape[] = [
    { shape: 'rect', x: mapMargin, y: top, width: span, height: 8, fill: 'soft', stroke: 'line' },
  ];
  let last = -1;
  regions.forEach((region, i) => {
    const left = mapMargin + layout.from[i]! * span;
    if (Math.floor(left) === last) return;
    last = Math.floor(left);
    const width = Math.max(1, (layout.to[i]! - layout.from[i]!) * span);
    shapes.push({ shape: 'rect', x: left, y: top + 1, width, height: 6, fill: `kind-${region.kind}` });
  });
  const left = mapMargin + window.from * span;
  const width = Math.max(3, (window.to - window.from) * span);
  shapes.push({ shape: 'rect', x: left, y: top - 1, width, height: 10, stroke: 'focus' });
  return shapes;
}

interface GapLabel {
  readonly text: string;
  readonly left: number;
  /** 0 stands next to the band. */
  readonly row: number;
  readonly leader: number;
  readonly inside: boolean;
}

/** Sizes of the broken gaps in sight: in the gap where it has room, else in rows above the band, the largest first. */
function gapLabels(map: DomainMap, window: Window, clampX: (position: number) => number, width: number) {
  const inSight = map.layout.gaps.filter(({ from, to }) => to > window.from && from < window.to);
  const marks: { x: number; narrow: boolean }[] = [];
  const labels: GapLabel[] = [];
  const taken: { left: number; right: number }[][] = Array.from({ length: mostRows }, () => []);
  let lastMark = Number.NEGATIVE_INFINITY;
  const wanted: { x: number; size: bigint }[] = [];
  for (const { from, to, size } of inSight) {
    const [left, right] = [clampX(from), clampX(to)];
    const middle = (left + right) / 2;
    if (middle - lastMark >= 1) {
      marks.push({ x: middle, narrow: right - left <= 9 });
      lastMark = middle;
    }
    const text = formatSize(size);
    if (right - left >= roomOf(text) + 12)
      labels.push({ text, left: middle - roomOf(text) / 2, row: 0, leader: middle, inside: true });
    else wanted.push({ x: middle, size });
  }
  // a crowd is thinned before it is laid out: no row could hold more
  const most = mostRows * Math.ceil(width / 40);
  const candidates =
    wanted.length <= most
      ? wanted
      : [...wanted].sort((a, b) => (a.size < b.size ? 1 : a.size > b.size ? -1 : 0)).slice(0, most);
  candidates.sort((a, b) => (a.size < b.size ? 1 : a.size > b.size ? -1 : a.x - b.x));
  let placed = 0;
  let rows = 0;
  for (const { x: at, size } of candidates) {
    const text = formatSize(size);
    const room = roomOf(text);
    const left = Math.min(width - room - 2, Math.max(2, at - room / 2));
    const row = taken.findIndex(
      (others, r) =>
        others.every((other) => left > other.right + 5 || left + room < other.left - 5) &&
        taken.slice(0, r).every((below) => below.every(({ left: a, right: b }) => at < a - 2 || at > b + 2)),
    );
    if (row < 0) continue;
    taken[row]!.push({ left, right: left + room });
    // whatever comes into a row below must leave the line to the band free
    for (let below = 0; below < row; below++) taken[below]!.push({ left: at, right: at });
    labels.push({ text, left, row, leader: at, inside: false });
    rows = Math.max(rows, row + 1);
    placed++;
  }
  return { marks, labels, rows, unlabelled: wanted.length - placed };
}

/** One sentence for a marked address. */
export const whereIs = (address: bigint, region: MapRegion | null): string =>
  region === null
    ? `${formatAddress(address)} is not mapped here`
    : `${formatAddress(address)} is byte ${formatAddress(address - region.start)} of ${formatRange(region)}`;
