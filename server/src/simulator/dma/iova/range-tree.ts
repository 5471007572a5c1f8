/**
 * An ordered set of page-frame ranges: a height-balanced tree threaded as a list, in which every subtree knows the
 * largest naturally aligned block that fits into one of its gaps. The kernel keeps a red-black tree and walks it
 * backwards node by node (drivers/iommu/iova.c); the order of the ranges decides the answers, the shape of the tree
 * does not, so this index may skip what cannot fit. Frame numbers are exact doubles (at most 2^53).
 *
 * A range is a number: its columns stand in typed arrays, which keeps a search in few cache lines and leaves nothing to
 * the garbage collector.
 */

/** No range: an empty subtree, the end of the list. */
export const NONE = 0;

/** Fits are remembered up to here, as small integers. */
const LARGEST_FIT = 0x3fffffff;

/** 2^30: frames are taken relative to a multiple of it, so that the search for a block needs 32-bit integers only. */
const BASE = 0x40000000;

/**
 * The largest block that fits into the free frames [from, end) when a block must start at a multiple of its size
 * rounded up to a power of two, LARGEST_FIT at most. A smaller block then fits as well.
 */
function largestAligned(from: number, end: number): number {
  const width = end - from;
  if (width <= 1) return width === 1 ? 1 : 0;
  if (width >= 2 * BASE) return LARGEST_FIT;
  if (width > BASE) {
    const room = end - Math.ceil(from / BASE) * BASE;
    if (room > BASE / 2) return Math.min(room, LARGEST_FIT);
  }
  const base = Math.floor(from / BASE) * BASE;
  const low = from - base;
  const high = low + width;
  for (let power = width > BASE ? BASE / 2 : 1 << (32 - Math.clz32(width - 1)); power > 1; power >>= 1) {
    const room = high - ((low + power - 1) & -power);
    if (room > power >> 1) return Math.min(room, power, LARGEST_FIT);
  }
  return 1;
}

/** The links of a range stand together, LINKS numbers a range, in one line of the cache. */
const LINKS = 8;
const LEFT = 0;
const RIGHT = 1;
const PARENT = 2;
const PREV = 3;
const NEXT = 4;
const HEIGHT = 5;
/** The largest aligned block that fits just below the range, and below any range of its subtree. */
const FIT = 6;
const WIDEST = 7;

const FIRST_CAPACITY = 64;

export class RangeTree {
  private root = NONE;
  private count = 0;
  private used = 1;
  /** Freed numbers, threaded by NEXT. */
  private spare = NONE;
  private links = new Int32Array(FIRST_CAPACITY * LINKS);
  /** Low and high end of each range. */
  private ends = new Float64Array(FIRST_CAPACITY * 2);

  /** `floor`: the first frame that may be handed out; it bounds the gap below the lowest range. */
  constructor(private readonly floor: number) {}

  get size(): number {
    return this.count;
  }

  low(range: number): number {
    return this.ends[2 * range] as number;
  }

  high(range: number): number {
    return this.ends[2 * range + 1] as number;
  }

  prev(range: number): number {
    return this.links[LINKS * range + PREV] as number;
  }

  next(range: number): number {
    return this.links[LINKS * range + NEXT] as number;
  }

  first(): number {
    const { links } = this;
    let node = this.root;
    if (node === NONE) return NONE;
    for (let left = links[LINKS * node + LEFT] as number; left !== NONE; left = links[LINKS * node + LEFT] as number)
      node = left;
    return node;
  }

  /** The range that holds a frame, or NONE. */
  find(frame: number): number {
    const { links, ends } = this;
    let node = this.root;
    while (node !== NONE) {
      if (frame < (ends[2 * node] as number)) node = links[LINKS * node + LEFT] as number;
      else if (frame > (ends[2 * node + 1] as number)) node = links[LINKS * node + RIGHT] as number;
      else return node;
    }
    return NONE;
  }

  /** The lowest range that starts at or above a frame, or NONE. */
  ceiling(frame: number): number {
    const { links, ends } = this;
    let node = this.root;
    let best = NONE;
    while (node !== NONE) {
      if ((ends[2 * node] as number) >= frame) {
        best = node;
        node = links[LINKS * node + LEFT] as number;
      } else node = links[LINKS * node + RIGHT] as number;
    }
    return best;
  }

  /** Inserts [low, high], both ends included, and returns its number. */
  insert(low: number, high: number): number {
    const successor = this.ceiling(low);
    return successor !== NONE ? this.insertBefore(low, high, successor) : this.append(low, high);
  }

  /** Inserts just below `successor`, which must be the next range above. */
  insertBefore(low: number, high: number, successor: number): number {
    const range = this.make(low, high);
    const { links } = this;
    const predecessor = links[LINKS * successor + PREV] as number;
    links[LINKS * range + PREV] = predecessor;
    links[LINKS * range + NEXT] = successor;
    if (predecessor !== NONE) links[LINKS * predecessor + NEXT] = range;
    links[LINKS * successor + PREV] = range;
    let parent = successor;
    if (links[LINKS * successor + LEFT] === NONE) links[LINKS * successor + LEFT] = range;
    else {
      parent = predecessor;
      links[LINKS * predecessor + RIGHT] = range;
    }
    links[LINKS * range + PARENT] = parent;
    this.count++;
    this.measure(range);
    this.measure(successor);
    this.refresh(range);
    // The successor's gap shrank; it is the parent or further up.
    this.rebalance(parent, successor);
    return range;
  }

  private append(low: number, high: number): number {
    const range = this.make(low, high);
    const { links } = this;
    let last = this.root;
    while (last !== NONE && links[LINKS * last + RIGHT] !== NONE) last = links[LINKS * last + RIGHT] as number;
    links[LINKS * range + PREV] = last;
    if (last !== NONE) {
      links[LINKS * last + NEXT] = range;
      links[LINKS * last + RIGHT] = range;
    } else this.root = range;
    links[LINKS * range + PARENT] = last;
    this.count++;
    this.measure(range);
    this.refresh(range);
    this.rebalance(last, last);
    return range;
  }

  /** Takes a range out; its number means nothing any more. */
  remove(range: number): void {
    const { links } = this;
    const at = LINKS * range;
    const left = links[at + LEFT] as number;
    const right = links[at + RIGHT] as number;
    const prev = links[at + PREV] as number;
    const next = links[at + NEXT] as number;
    if (prev !== NONE) links[LINKS * prev + NEXT] = next;
    if (next !== NONE) links[LINKS * next + PREV] = prev;
    this.count--;
    let from: number;
    if (left !== NONE && right !== NONE) {
      // The successor is the leftmost of the right subtree: it takes this place.
      const heir = LINKS * next;
      const above = links[heir + PARENT] as number;
      from = above === range ? next : above;
      if (above !== range) {
        this.replaceChild(next, links[heir + RIGHT] as number);
        links[heir + RIGHT] = right;
        links[LINKS * right + PARENT] = next;
      }
      this.replaceChild(range, next);
      links[heir + LEFT] = left;
      links[LINKS * left + PARENT] = next;
      links[heir + HEIGHT] = links[at + HEIGHT] as number;
      links[heir + WIDEST] = links[at + WIDEST] as number;
    } else {
      from = links[at + PARENT] as number;
      this.replaceChild(range, left !== NONE ? left : right);
    }
    // A lone right child is the next range; it took this place, below where the walk up starts.
    const below = next !== NONE && right === next && left === NONE;
    if (next !== NONE) this.measure(next);
    if (below) this.refresh(next);
    links[at + LEFT] = links[at + RIGHT] = links[at + PARENT] = links[at + PREV] = NONE;
    links[at + NEXT] = this.spare;
    this.spare = range;
    this.rebalance(from, below ? NONE : next);
  }

  /** Moves the low end of a range down; nothing may lie in between. */
  extendDown(range: number, low: number): void {
    this.ends[2 * range] = low;
    this.measure(range);
    this.propagate(range);
  }

  /** The nearest range below `range` with room for an aligned block of `frames` under it, or NONE. */
  previousWithRoom(range: number, frames: number): number {
    const { links } = this;
    const size = Math.min(frames, LARGEST_FIT);
    let node = range;
    for (;;) {
      const subtree = links[LINKS * node + LEFT] as number;
      if ((links[LINKS * subtree + WIDEST] as number) >= size) return this.highestWithRoom(subtree, size);
      let parent = links[LINKS * node + PARENT] as number;
      while (parent !== NONE && links[LINKS * parent + LEFT] === node) {
        node = parent;
        parent = links[LINKS * node + PARENT] as number;
      }
      if (parent === NONE || (links[LINKS * parent + FIT] as number) >= size) return parent;
      node = parent;
    }
  }

  private highestWithRoom(from: number, size: number): number {
    const { links } = this;
    let node = from;
    for (;;) {
      const right = links[LINKS * node + RIGHT] as number;
      if ((links[LINKS * right + WIDEST] as number) >= size) node = right;
      else if ((links[LINKS * node + FIT] as number) >= size) return node;
      else node = links[LINKS * node + LEFT] as number;
    }
  }

  /** A range that is in no list yet. */
  private make(low: number, high: number): number {
    let range = this.spare;
    if (range !== NONE) {
      this.spare = this.links[LINKS * range + NEXT] as number;
      this.links[LINKS * range + NEXT] = NONE;
    } else {
      range = this.used++;
      if (2 * range >= this.ends.length) this.grow();
    }
    this.links[LINKS * range + HEIGHT] = 1;
    this.ends[2 * range] = low;
    this.ends[2 * range + 1] = high;
    return range;
  }

  private grow(): void {
    const links = new Int32Array(2 * this.links.length);
    links.set(this.links);
    this.links = links;
    const ends = new Float64Array(2 * this.ends.length);
    ends.set(this.ends);
    this.ends = ends;
  }

  /** Recomputes what fits below a range, after the range or its predecessor changed. */
  private measure(range: number): void {
    const { links, ends } = this;
    const prev = links[LINKS * range + PREV] as number;
    const from = prev === NONE ? this.floor : (ends[2 * prev + 1] as number) + 1;
    links[LINKS * range + FIT] = largestAligned(from, ends[2 * range] as number);
  }

  private replaceChild(old: number, by: number): void {
    const { links } = this;
    const parent = links[LINKS * old + PARENT] as number;
    if (parent === NONE) this.root = by;
    else if (links[LINKS * parent + LEFT] === old) links[LINKS * parent + LEFT] = by;
    else links[LINKS * parent + RIGHT] = by;
    if (by !== NONE) links[LINKS * by + PARENT] = parent;
  }

  /** NONE's own columns stay 0: it is an empty subtree of height 0 into which nothing fits. */
  private refresh(node: number): void {
    const { links } = this;
    const at = LINKS * node;
    const left = LINKS * (links[at + LEFT] as number);
    const right = LINKS * (links[at + RIGHT] as number);
    const leftHeight = links[left + HEIGHT] as number;
    const rightHeight = links[right + HEIGHT] as number;
    links[at + HEIGHT] = (leftHeight > rightHeight ? leftHeight : rightHeight) + 1;
    let widest = links[at + FIT] as number;
    const leftWidest = links[left + WIDEST] as number;
    const rightWidest = links[right + WIDEST] as number;
    if (leftWidest > widest) widest = leftWidest;
    if (rightWidest > widest) widest = rightWidest;
    links[at + WIDEST] = widest;
  }

  /** Recomputes the index from a node up, as far as they change. */
  private propagate(from: number): void {
    const { links } = this;
    for (let node = from; node !== NONE; node = links[LINKS * node + PARENT] as number) {
      const before = links[LINKS * node + WIDEST];
      this.refresh(node);
      if (node !== from && links[LINKS * node + WIDEST] === before) return;
    }
  }

  /**
   * Restores balance and index from a node up. It may stop early where nothing changes any more, but not before it has
   * passed `changed`, whose own gap is another one now; NONE when no node on the way up has another gap.
   */
  private rebalance(from: number, changed: number): void {
    const { links } = this;
    let pending = changed !== NONE;
    for (let node = from; node !== NONE; node = links[LINKS * node + PARENT] as number) {
      if (node === changed) pending = false;
      const at = LINKS * node;
      const left = links[at + LEFT] as number;
      const right = links[at + RIGHT] as number;
      const lean = (links[LINKS * left + HEIGHT] as number) - (links[LINKS * right + HEIGHT] as number);
      if (lean > 1) {
        if (this.lean(left) < 0) this.rotateLeft(left);
        node = this.rotateRight(node);
      } else if (lean < -1) {
        if (this.lean(right) > 0) this.rotateRight(right);
        node = this.rotateLeft(node);
      } else {
        const height = links[at + HEIGHT];
        const widest = links[at + WIDEST];
        this.refresh(node);
        // Nothing above can change any more, except on the first node, whose child is new or gone.
        if (!pending && node !== from && height === links[at + HEIGHT] && widest === links[at + WIDEST]) return;
      }
    }
  }

  /** Height of the left subtree less that of the right. */
  private lean(node: number): number {
    const { links } = this;
    const left = links[LINKS * node + LEFT] as number;
    const right = links[LINKS * node + RIGHT] as number;
    return (links[LINKS * left + HEIGHT] as number) - (links[LINKS * right + HEIGHT] as number);
  }

  private rotateLeft(node: number): number {
    return this.rotate(node, RIGHT, LEFT);
  }

  private rotateRight(node: number): number {
    return this.rotate(node, LEFT, RIGHT);
  }

  /** Lifts the child on one side of a node above it. */
  private rotate(node: number, side: number, other: number): number {
    const { links } = this;
    const up = links[LINKS * node + side] as number;
    const between = links[LINKS * up + other] as number;
    this.replaceChild(node, up);
    links[LINKS * node + side] = between;
    if (between !== NONE) links[LINKS * between + PARENT] = node;
    links[LINKS * up + other] = node;
    links[LINKS * node + PARENT] = up;
    this.refresh(node);
    this.refresh(up);
    return up;
  }
}
