/** Virtual time: a clock that only moves when somebody waits, and the timers that are due on the way. */

interface Timer {
  readonly time: number;
  readonly serial: number;
  readonly action: () => void;
  cancelled: boolean;
}

export class VirtualClock {
  /** Milliseconds since the kernel started. */
  now = 0;
  private serial = 0;
  /** A binary heap by (time, serial). */
  private readonly heap: Timer[] = [];

  /** Runs `action` when the clock reaches `time`; returns what cancels it. */
  at(time: number, action: () => void): () => void {
    const timer: Timer = { time: Math.max(time, this.now), serial: this.serial++, action, cancelled: false };
    this.heap.push(timer);
    this.rise(this.heap.length - 1);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Moves the clock on; timers run in order of time, those of one moment in the order in which they were set. */
  advanceTo(time: number): void {
    for (;;) {
      const next = this.heap[0];
      if (next === undefined || next.time > time) break;
      this.takeFirst();
      if (next.cancelled) continue;
      this.now = Math.max(this.now, next.time);
      next.action();
    }
    this.now = Math.max(this.now, time);
  }

  private before(a: Timer, b: Timer): boolean {
    return a.time < b.time || (a.time === b.time && a.serial < b.serial);
  }

  private rise(from: number): void {
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const child = this.heap[at];
      const parent = this.heap[up];
      if (child === undefined || parent === undefined || !this.before(child, parent)) return;
      this.heap[at] = parent;
      this.heap[up] = child;
      at = up;
    }
  }

  private takeFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const a = this.heap[child];
        const b = this.heap[least];
        if (a !== undefined && b !== undefined && this.before(a, b)) least = child;
      }
      if (least === at) return;
      const upper = this.heap[at];
      const lower = this.heap[least];
      if (upper === undefined || lower === undefined) return;
      this.heap[at] = lower;
      this.heap[least] = upper;
      at = least;
    }
  }
}
