/** Counts facts: right, total, and every difference with what was recorded and what was predicted. */

export interface Difference {
  readonly recording: string;
  readonly kind: string;
  readonly fact: string;
  readonly recorded: unknown;
  readonly predicted: unknown;
}

export class Tally {
  readonly kinds = new Map<string, [number, number]>();
  readonly differences: Difference[] = [];
  private recording = '';

  begin(recording: string): void {
    this.recording = recording;
  }

  /** Facts that were counted elsewhere. */
  add(kinds: Iterable<readonly [string, readonly [number, number]]>, differences: readonly Difference[]): void {
    for (const [kind, [right, count]] of kinds) {
      const own = this.kinds.get(kind) ?? [0, 0];
      this.kinds.set(kind, own);
      own[0] += right;
      own[1] += count;
    }
    for (const difference of differences) this.differences.push(difference);
  }

  /** One fact. Values are compared as JSON. */
  fact(kind: string, fact: string, recorded: unknown, predicted: unknown): void {
    const count = this.kinds.get(kind) ?? [0, 0];
    this.kinds.set(kind, count);
    count[1]++;
    if (JSON.stringify(recorded) === JSON.stringify(predicted)) count[0]++;
    else this.differences.push({ recording: this.recording, kind, fact, recorded, predicted });
  }

  /** An ordered list: each position is a fact; a missing or additional entry is one too. */
  list(kind: string, fact: string, recorded: readonly unknown[], predicted: readonly unknown[]): void {
    if (recorded.length === 0 && predicted.length === 0) this.fact(kind, fact, [], []);
    for (let i = 0; i < Math.max(recorded.length, predicted.length); i++)
      this.fact(kind, `${fact}[${i}]`, recorded[i] ?? null, predicted[i] ?? null);
  }

  /**
   * A list whose order a race may change: each position is a fact when both agree on all of them; else each different
   * entry is one, without order and however often it comes. `timely`: entries that come at all only in some orders.
   */
  raced(
    kind: string,
    fact: string,
    recorded: readonly unknown[],
    predicted: readonly unknown[],
    timely: (entry: unknown) => boolean = () => false,
  ): void {
    if (JSON.stringify(recorded) === JSON.stringify(predicted)) this.list(kind, fact, recorded, predicted);
    else {
      const kept = (list: readonly unknown[]): unknown[] =>
        [...new Set(list.filter((entry) => !timely(entry)).map((entry) => JSON.stringify(entry)))].map(
          (text) => JSON.parse(text) as unknown,
        );
      this.set(kind, fact, kept(recorded), kept(predicted));
    }
  }

  /** A set: each entry is a fact, order does not matter. */
  set(kind: string, fact: string, recorded: readonly unknown[], predicted: readonly unknown[]): void {
    if (recorded.length === 0 && predicted.length === 0) this.fact(kind, fact, [], []);
    const left = new Map<string, number>();
    for (const p of predicted) left.set(JSON.stringify(p), (left.get(JSON.stringify(p)) ?? 0) + 1);
    for (const r of recorded) {
      const key = JSON.stringify(r);
      const n = left.get(key) ?? 0;
      if (n > 0) left.set(key, n - 1);
      this.fact(kind, fact, r, n > 0 ? r : null);
    }
    for (const [key, n] of left) for (let i = 0; i < n; i++) this.fact(kind, fact, null, JSON.parse(key));
  }
}
