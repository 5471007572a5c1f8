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
  readonly segments: readonly AxisSegment[];
  /** Position of an address; outside the axis 0 or 1. */
  position(address: bigint): number;
  /** The address at a position. */
  address(position: number): bigint;
}

/** Gaps up to this many granules are drawn whole. */
const wholeGap = 8n;
const brokenGapWeight = 2;
const quietWeight = 2;

/** Binary digits of a value that is not negative. */
function bits(value: bigint): number {
  let left = value;
  let digits = 0;
  for (; left > 0xffff_ffffn; left >>= 32n) digits += 32;
  return Math.max(1, digits + 32 - Math.clz32(Number(left)));
}

function weight(size: bigint, granule: bigint, used: boolean): number {
  const pages = (size + granule - 1n) / granule;
  if (used) return 1 + 0.6 * bits(pages);
  return pages <= wholeGap ? 0.25 + 0.15 * Number(pages) : brokenGapWeight;
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
  const bounds = new Set<bigint>([aperture[0], aperture[1] + 1n]);
  for (const { start, size } of stretches) bounds.add(start).add(start + size);
  const cuts = [...bounds].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sorted = [...stretches].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const rough: { start: bigint; size: bigint; used: boolean; weight: number }[] = [];
  let next = 0;
  let coveredTo = cuts[0]!;
  let loudTo = cuts[0]!;
  for (let i = 0; i + 1 < cuts.length; i++) {
    const start = cuts[i]!;
    const size = cuts[i + 1]! - start;
    while (next < sorted.length && sorted[next]!.start <= start) {
      const { quiet, start: from, size: length } = sorted[next]!;
      const end = from + length;
      if (end > coveredTo) coveredTo = end;
      if (!quiet && end > loudTo) loudTo = end;
      next++;
    }
    const used = coveredTo > start;
    const own = weight(size, granule, used);
    rough.push({ start, size, used, weight: used && loudTo <= start ? Math.min(own, quietWeight) : own });
  }
  const total = rough.reduce((sum, segment) => sum + segment.weight, 0);
  let at = 0;
  const segments: AxisSegment[] = rough.map(({ start, size, used, weight: own }) => {
    const from = at / total;
    at += own;
    const broken = !used && (size + granule - 1n) / granule > wholeGap;
    return { start, size, used, broken, from, to: at / total };
  });

  // asked for most are ends of regions, each of which is where a segment begins
  const begins = new Map<bigint, number>();
  for (const { start, from } of segments) begins.set(start, from);

  const find = (before: (segment: AxisSegment) => boolean): AxisSegment => {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(segments[middle]!)) low = middle + 1;
      else high = middle;
    }
    return segments[low]!;
  };
  return {
    segments,
    position(address) {
      if (address <= cuts[0]!) return 0;
      if (address >= cuts.at(-1)!) return 1;
      const known = begins.get(address);
      if (known !== undefined) return known;
      const segment = find(({ start, size }) => start + size <= address);
      return segment.from + (segment.to - segment.from) * ratio(address - segment.start, segment.size);
    },
    address(position) {
      const segment = find(({ to }) => to <= position);
      const part = Math.min(1, Math.max(0, (position - segment.from) / (segment.to - segment.from)));
      return segment.start + (segment.size * BigInt(Math.round(part * 1e6))) / 1_000_000n;
    },
  };
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
  const first = axis.segments[0]!;
  const last = axis.segments.at(-1)!;
  const wanted = [
    { address: first.start, position: first.from, rank: 0 },
    { address: last.start + last.size - 1n, position: last.to, rank: 0 },
  ];
  const seen = new Set<number>();
  for (let i = 1; i < axis.segments.length; i++) {
    const segment = axis.segments[i]!;
    const x = toPixel(segment.from);
    if (x < -1 || x > width + 1) continue;
    const previous = axis.segments[i - 1]!;
    const rank = previous.broken ? 1 : segment.used && previous.used ? 3 : 2;
    // of several in one pixel the first of a rank is enough
    const pixel = Math.floor(x) * 4 + rank;
    if (seen.has(pixel)) continue;
    seen.add(pixel);
    wanted.push({ address: segment.start, position: segment.from, rank });
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
