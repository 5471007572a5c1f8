/** Names that a person may have meant. */

/** Edit distance with swaps of neighbours (optimal string alignment), cut off at `limit`. */
export function distance(a: string, b: string, limit = 3): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let value = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, (before[j - 2] ?? 0) + 1);
      row.push(value);
      best = Math.min(best, value);
    }
    if (best > limit) return limit + 1;
    before = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}

/** The candidates nearest to a name, nearest first, at most `count`, none farther than `limit` (a third of its length, at least 2). */
export function closest(
  name: string,
  candidates: Iterable<string>,
  count = 3,
  limit = Math.max(2, Math.floor(name.length / 3)),
): string[] {
  const found: { candidate: string; d: number }[] = [];
  for (const candidate of candidates) {
    const d = distance(name, candidate, limit);
    if (d <= limit) found.push({ candidate, d });
  }
  return found
    .sort((x, y) => x.d - y.d || (x.candidate < y.candidate ? -1 : 1))
    .slice(0, count)
    .map((f) => f.candidate);
}
