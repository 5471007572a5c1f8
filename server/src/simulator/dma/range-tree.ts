/**
 * An ordered set of page-frame ranges: a height-balanced tree threaded as a list, in which every subtree knows the
 * largest naturally aligned block that fits into one of its gaps. The kernel keeps a red-black tree and walks it
 * backwards node by node (drivers/iommu/iova.c); the order of the ranges decides the answers, the shape of the tree
 * does not, so this index may skip what cannot fit. Frame numbers are exact doubles (at most 2^53).
 */

/**
 * The largest block that fits into the free frames [from, end) when a block must start at a multiple of its size
 * rounded up to a power of two. A smaller block then fits as well.
 */
function largestAligned(from: number, end: number): number {
  const width = end - from;
  if (width <= 1) return Math.max(width, 0);
  if (width === Number.POSITIVE_INFINITY) return width;
  if (end <= 0x40000000) {
    // The same in 32-bit integers: nearly every domain of 4 KiB pages below 4 TiB.
    for (let power = 1 << (32 - Math.clz32(width - 1)); power > 1; power >>= 1) {
      const room = end - ((from + power - 1) & -power);
      if (room > power >> 1) return Math.min(room, power);
    }
    return 1;
  }
  for (let power = 2 ** Math.ceil(Math.log2(width)); power > 1; power /= 2) {
    const room = end - Math.ceil(from / power) * power;
    if (room > power / 2) return Math.min(room, power);
  }
  return 1;
}

/** An allocated or reserved range of page frames, both ends included. */
export class Range {
  prev: Range | null = null;
  next: Range | null = null;
  left: Range | null = null;
  right: Range | null = null;
  parent: Range | null = null;
  height = 1;
  /** The largest aligned block that fits just below this range, and below any range of this subtree. */
  fit = 0;
  widest = 0;
  constructor(
    public low: number,
    public high: number,
  ) {}
}

/** A range above all others. A class of its own, so that its infinite ends do not make every range's ends doubles. */
export class TopRange extends Range {
  constructor() {
    super(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }
}

/** Fits are remembered up to here, as small integers. */
const LARGEST_FIT = 0x3fffffff;

export class RangeTree {
  private root: Range | null = null;
  private count = 0;

  /** `floor`: the first frame that may be handed out; it bounds the gap below the lowest range. */
  constructor(private readonly floor: number) {}

  get size(): number {
    return this.count;
  }

  first(): Range | null {
    let node = this.root;
    while (node?.left) node = node.left;
    return node;
  }

  /** The range that holds a frame, or null. */
  find(frame: number): Range | null {
    let node = this.root;
    while (node !== null) {
      if (frame < node.low) node = node.left;
      else if (frame > node.high) node = node.right;
      else return node;
    }
    return null;
  }

  /** The lowest range that starts at or above a frame, or null. */
  ceiling(frame: number): Range | null {
    let node = this.root;
    let best: Range | null = null;
    while (node !== null) {
      if (node.low >= frame) {
        best = node;
        node = node.left;
      } else node = node.right;
    }
    return best;
  }

  /** Inserts by its low end. */
  insert(range: Range): void {
    const successor = this.ceiling(range.low);
    if (successor !== null) this.insertBefore(range, successor);
    else this.append(range);
  }

  /** Inserts just below `successor`, which must be the next range above. */
  insertBefore(range: Range, successor: Range): void {
    range.prev = successor.prev;
    range.next = successor;
    if (range.prev !== null) range.prev.next = range;
    successor.prev = range;
    if (successor.left === null) {
      successor.left = range;
      range.parent = successor;
    } else {
      const predecessor = range.prev as Range;
      predecessor.right = range;
      range.parent = predecessor;
    }
    this.count++;
    this.measure(range);
    this.measure(successor);
    this.refresh(range);
    // The successor's gap shrank; it is the parent or further up.
    this.rebalance(range.parent, successor);
  }

  private append(range: Range): void {
    let last = this.root;
    while (last?.right) last = last.right;
    range.prev = last;
    if (last !== null) {
      last.next = range;
      last.right = range;
    } else this.root = range;
    range.parent = last;
    this.count++;
    this.measure(range);
    this.refresh(range);
    this.rebalance(last, last);
  }

  /** Takes a range out. */
  remove(range: Range): void {
    const { prev, next } = range;
    if (prev !== null) prev.next = next;
    if (next !== null) next.prev = prev;
    this.count--;
    let from: Range | null;
    if (range.left !== null && range.right !== null) {
      // The successor is the leftmost of the right subtree: it takes this place.
      const heir = next as Range;
      from = heir.parent === range ? heir : heir.parent;
      if (heir.parent !== range) {
        this.replaceChild(heir, heir.right);
        heir.right = range.right;
        (heir.right as Range).parent = heir;
      }
      this.replaceChild(range, heir);
      heir.left = range.left;
      (heir.left as Range).parent = heir;
      heir.height = range.height;
      heir.widest = range.widest;
    } else {
      from = range.parent;
      this.replaceChild(range, range.left ?? range.right);
    }
    // A lone right child is the next range; it took this place, below where the walk up starts.
    const below = next !== null && range.right === next && range.left === null;
    if (next !== null) this.measure(next);
    if (below) this.refresh(next);
    range.left = range.right = range.parent = range.prev = range.next = null;
    this.rebalance(from, below ? null : next);
  }

  /** Moves the low end of a range down; nothing may lie in between. */
  extendDown(range: Range, low: number): void {
    range.low = low;
    this.measure(range);
    this.propagate(range);
  }

  /** The nearest range below `range` with room for an aligned block of `frames` under it, or null. */
  previousWithRoom(range: Range, frames: number): Range | null {
    const size = Math.min(frames, LARGEST_FIT);
    let node = range;
    let subtree = node.left;
    for (;;) {
      if (subtree !== null && subtree.widest >= size) return this.highestWithRoom(subtree, size);
      let parent = node.parent;
      while (parent !== null && parent.left === node) {
        node = parent;
        parent = node.parent;
      }
      if (parent === null) return null;
      if (parent.fit >= size) return parent;
      node = parent;
      subtree = node.left;
    }
  }

  private highestWithRoom(from: Range, size: number): Range {
    let node = from;
    for (;;) {
      if (node.right !== null && node.right.widest >= size) node = node.right;
      else if (node.fit >= size) return node;
      else node = node.left as Range;
    }
  }

  /** Recomputes what fits below a range, after the range or its predecessor changed. */
  private measure(range: Range): void {
    range.fit = Math.min(
      largestAligned(range.prev === null ? this.floor : range.prev.high + 1, range.low),
      LARGEST_FIT,
    );
  }

  private replaceChild(old: Range, by: Range | null): void {
    const parent = old.parent;
    if (parent === null) this.root = by;
    else if (parent.left === old) parent.left = by;
    else parent.right = by;
    if (by !== null) by.parent = parent;
  }

  private refresh(node: Range): void {
    const { left, right } = node;
    const leftHeight = left === null ? 0 : left.height;
    const rightHeight = right === null ? 0 : right.height;
    node.height = Math.max(leftHeight, rightHeight) + 1;
    let widest = node.fit;
    if (left !== null && left.widest > widest) widest = left.widest;
    if (right !== null && right.widest > widest) widest = right.widest;
    node.widest = widest;
  }

  /** Recomputes the index from a node up, as far as they change. */
  private propagate(from: Range): void {
    for (let node: Range | null = from; node !== null; node = node.parent) {
      const before = node.widest;
      this.refresh(node);
      if (node !== from && node.widest === before) return;
    }
  }

  /**
   * Restores balance and index from a node up. It may stop early where nothing changes any more, but not before it has
   * passed `changed`, whose own gap is another one now; null when no node on the way up has another gap.
   */
  private rebalance(from: Range | null, changed: Range | null): void {
    let pending = changed !== null;
    for (let node = from; node !== null; node = node.parent) {
      if (node === changed) pending = false;
      const leftHeight = node.left === null ? 0 : node.left.height;
      const rightHeight = node.right === null ? 0 : node.right.height;
      if (leftHeight > rightHeight + 1) {
        const left = node.left as Range;
        if ((left.left === null ? 0 : left.left.height) < (left.right === null ? 0 : left.right.height))
          this.rotateLeft(left);
        node = this.rotateRight(node);
      } else if (rightHeight > leftHeight + 1) {
        const right = node.right as Range;
        if ((right.right === null ? 0 : right.right.height) < (right.left === null ? 0 : right.left.height))
          this.rotateRight(right);
        node = this.rotateLeft(node);
      } else {
        const { height, widest } = node;
        this.refresh(node);
        // Nothing above can change any more, except on the first node, whose child is new or gone.
        if (!pending && node !== from && height === node.height && widest === node.widest) return;
      }
    }
  }

  private rotateLeft(node: Range): Range {
    const up = node.right as Range;
    this.replaceChild(node, up);
    node.right = up.left;
    if (node.right !== null) node.right.parent = node;
    up.left = node;
    node.parent = up;
    this.refresh(node);
    this.refresh(up);
    return up;
  }

  private rotateRight(node: Range): Range {
    const up = node.left as Range;
    this.replaceChild(node, up);
    node.left = up.right;
    if (node.left !== null) node.left.parent = node;
    up.right = node;
    node.parent = up;
    this.refresh(node);
    this.refresh(up);
    return up;
  }
}
