/**
 * An address axis on which empty space costs little: every mapped stretch gets room by the logarithm of its size, every
 * gap a fixed small room and a break mark. Positions run from 0 to 1; order and containment are kept exactly.
 */

export interface Stretch {
  readonly start: bigint;
  /** Bytes; positive. */
  readonly size: bigint;
  /** Never handed out to a device: gets little room. */
  readonly quiet?: boolean;
}

export interface AxisSegment extends Stretch {
  /** Position of the first and of the end address, 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly used: boolean;
  /** A gap drawn shorter than it is. */
  readonly broken: boolean;
}

export interface AddressAxis {
  /** Where segments begin, and where the last one ends: one more than there are. */
  readonly cuts: readonly bigint[];
  /** The positions of the cuts. */
  readonly places: Float64Array;
  /** By segment: 1 where something is mapped; 1 where it is a gap drawn shorter than it is. */
  readonly used: Uint8Array;
  readonly broken: Uint8Array;
  segment(index: number): AxisSegment;
  /** The number of the segment that holds an address; outside the axis the first or the last. */
  segmentAt(address: bigint): number;
  /** Position of an address; outside the axis 0 or 1. */
  position(address: bigint): number;
  /** The address at a position. */
  address(position: number): bigint;
}

/** Gaps up to this many granules are drawn whole. */
const wholeGap = 8;
const brokenGapWeight = 2;
const quietWeight = 2;

/** Granules of a size, those in part counted. Exact below 2^53 bytes; above, what is drawn by it does not show the difference. */
const pagesOf = (size: bigint, granule: number): number => Math.ceil(Number(size) / granule);

function weight(pages: number, used: boolean): number {
  // by binary digits
  if (used) return 1 + 0.6 * (Math.floor(Math.log2(pages)) + 1);
  return pages <= wholeGap ? 0.25 + 0.15 * pages : brokenGapWeight;
}

/**
 * Lays out an axis.
 * @param stretches mapped regions, in any order, overlaps allowed
 * @param aperture first and last address of the domain; regions outside widen the axis
 * @param granule bytes of the smallest page, positive
 */
export function layoutAxis(
  stretches: readonly Stretch[],
  aperture: readonly [bigint, bigint],
  granule: bigint,
): AddressAxis {
  const sorted = inOrder([...stretches], (a, b) => compare(a.start, b.start));
  const ends = sorted.map(({ start, size }) => start + size);
  const cuts = merged(sorted, inOrder(ends.slice(), compare), aperture[0], aperture[1] + 1n);
  const count = cuts.length - 1;
  const pageSize = Number(granule);
  const places = new Float64Array(count + 1);
  const used = new Uint8Array(count);
  const broken = new Uint8Array(count);
  let total = 0;
  let next = 0;
  let coveredTo = cuts[0]!;
  let loudTo = cuts[0]!;
  for (let i = 0; i < count; i++) {
    const start = cuts[i]!;
    while (next < sorted.length && sorted[next]!.start <= start) {
      const end = ends[next]!;
      if (end > coveredTo) coveredTo = end;
      if (!sorted[next]!.quiet && end > loudTo) loudTo = end;
      next++;
    }
    const isUsed = coveredTo > start;
    const pages = pagesOf(cuts[i + 1]! - start, pageSize);
    const own = weight(pages, isUsed);
    total += isUsed && loudTo <= start ? Math.min(own, quietWeight) : own;
    used[i] = isUsed ? 1 : 0;
    broken[i] = !isUsed && pages > wholeGap ? 1 : 0;
    places[i + 1] = total;
  }
  for (let i = 1; i <= count; i++) places[i] = places[i]! / total;

  /** The first segment of which `over` holds, else the last. */
  const find = (over: (index: number) => boolean): number => {
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (over(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  // most are asked for in the order of the axis: where the last one was, and what follows, is looked at first
  let last = 0;
  const segmentAt = (address: bigint): number => {
    for (let i = last; i < count && i < last + 3; i++) {
      if (cuts[i]! > address) break;
      if (address < cuts[i + 1]!) {
        last = i;
        return i;
      }
    }
    last = find((index) => cuts[index + 1]! > address);
    return last;
  };
  return {
    cuts,
    places,
    used,
    broken,
    segmentAt,
    segment: (i) => ({
      start: cuts[i]!,
      size: cuts[i + 1]! - cuts[i]!,
      used: used[i] === 1,
      broken: broken[i] === 1,
      from: places[i]!,
      to: places[i + 1]!,
    }),
    position(address) {
      if (address <= cuts[0]!) return 0;
      if (address >= cuts[count]!) return 1;
      const i = segmentAt(address);
      const [start, from] = [cuts[i]!, places[i]!];
      return address === start ? from : from + (places[i + 1]! - from) * ratio(address - start, cuts[i + 1]! - start);
    },
    address(position) {
      const i = find((index) => places[index + 1]! > position);
      const [start, from] = [cuts[i]!, places[i]!];
      const part = Math.min(1, Math.max(0, (position - from) / (places[i + 1]! - from)));
      return start + ((cuts[i + 1]! - start) * BigInt(Math.round(part * 1e6))) / 1_000_000n;
    },
  };
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorts a list of its own, unless it is in order, which maps mostly are. */
function inOrder<T>(list: T[], by: (a: T, b: T) => number): T[] {
  for (let i = 1; i < list.length; i++) if (by(list[i - 1]!, list[i]!) > 0) return list.sort(by);
  return list;
}

/** Every address at which something begins or ends, once each, in order. */
function merged(sorted: readonly Stretch[], ends: readonly bigint[], first: bigint, end: bigint): bigint[] {
  const cuts: bigint[] = [];
  const add = (address: bigint) => {
    if (cuts.length === 0 || cuts[cuts.length - 1]! !== address) cuts.push(address);
  };
  const own = [first, end];
  let [a, b, c] = [0, 0, 0];
  while (a < sorted.length || b < ends.length || c < own.length) {
    const starts = sorted[a]?.start;
    const stops = ends[b];
    let least = own[c];
    if (starts !== undefined && (least === undefined || starts < least)) least = starts;
    if (stops !== undefined && (least === undefined || stops < least)) least = stops;
    if (least === undefined) break;
    add(least);
    while (a < sorted.length && sorted[a]!.start === least) a++;
    while (b < ends.length && ends[b]! === least) b++;
    while (c < own.length && own[c]! === least) c++;
  }
  return cuts;
}

/** a / b as a number, exact enough for pixels whatever their width. */
const ratio = (a: bigint, b: bigint): number => Number((a * 1_000_000n) / b) / 1e6;

export interface Tick {
  readonly address: bigint;
  /** Pixels of the mark, and of the middle of its label, which stays inside. */
  readonly x: number;
  readonly labelX: number;
}

/**
 * The addresses worth a label: ends of the axis and both sides of each break, thinned so that labels do not touch, and none
 * leaves the drawing.
 * @param toPixel the zoomed scale, position to pixel
 * @param room pixels of an address's label
 */
export function chooseTicks(
  axis: AddressAxis,
  toPixel: (position: number) => number,
  width: number,
  room: (address: bigint) => number,
): Tick[] {
  const { cuts, places, used, broken } = axis;
  const end = cuts.length - 1;
  const wanted = [
    { address: cuts[0]!, position: 0, rank: 0 },
    { address: cuts[end]! - 1n, position: 1, rank: 0 },
  ];
  const seen = new Set<number>();
  for (let i = 1; i < end; i++) {
    const x = toPixel(places[i]!);
    if (x < -1 || x > width + 1) continue;
    const rank = broken[i - 1] === 1 ? 1 : used[i] === 1 && used[i - 1] === 1 ? 3 : 2;
    // of several in one pixel the first of a rank is enough
    const pixel = Math.floor(x) * 4 + rank;
    if (seen.has(pixel)) continue;
    seen.add(pixel);
    wanted.push({ address: cuts[i]!, position: places[i]!, rank });
  }
  const chosen: (Tick & { readonly half: number })[] = [];
  for (const { address, position } of wanted.sort((a, b) => a.rank - b.rank)) {
    const x = toPixel(position);
    if (x < -1 || x > width + 1) continue;
    const half = room(address) / 2;
    const labelX = Math.min(width - half, Math.max(half, x));
    if (chosen.every((other) => Math.abs(other.labelX - labelX) >= half + other.half + tickGap))
      chosen.push({ address, x, labelX, half });
  }
  return chosen.sort((a, b) => a.x - b.x).map(({ address, x, labelX }) => ({ address, x, labelX }));
}

/** Pixels between two labels. */
const tickGap = 12;
