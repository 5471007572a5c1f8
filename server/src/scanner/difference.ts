/** A kernel's catalogue as what differs from the base, for kernel/catalogue/difference.ts. */
import {
  type CatalogueData,
  type CatalogueDifference,
  LINE_COLUMN,
  type ListSteps,
  type RowChange,
  type RowsDifference,
} from '../simulator/kernel/catalogue/data';

type Row = readonly unknown[];

/** Both catalogues must be packed with the same tables: those of `data` begin with those of `base`. */
export function differenceFrom(base: CatalogueData, data: CatalogueData): CatalogueDifference {
  const bare = (symbol: string): string => symbol.replace(/\*$/, '');
  const known = base.symbols.split(' ');
  const symbols = data.symbols.split(' ');
  const behind = (whole: string, start: string): string =>
    whole.length === start.length ? '' : whole.slice(start.length + 1);
  return {
    kernel: data.kernel,
    beforeCore: data.beforeCore,
    tristate: known
      .filter((symbol, i) => symbol !== symbols[i])
      .map(bare)
      .join(' '),
    buses: data.buses.slice(base.buses.length),
    symbols: symbols.slice(known.length).join(' '),
    gates: behind(data.gates, base.gates),
    files: behind(data.files, base.files),
    configs: data.configs,
    early: rowsDifference(base.early, data.early, (row) => `${row[0]} ${row[1]} ${row[3]}`),
    machines: rowsDifference(base.machines, data.machines, (row) => String(row[0])),
    drivers: rowsDifference(base.drivers, data.drivers, (row) => `${row[1]} ${row[0]} ${row[3]}`),
  };
}

function rowsDifference(base: readonly Row[], rows: readonly Row[], keyOf: (row: Row) => string): RowsDifference {
  const places = new Map<string, number[]>();
  base.forEach((row, at) => {
    const key = keyOf(row);
    places.set(key, [...(places.get(key) ?? []), at]);
  });
  // the n-th row of a key stands for the base's n-th
  const partner = rows.map((row) => places.get(keyOf(row))?.shift() ?? -1);
  const kept = new Set(longestRun(partner));
  const steps: (number | RowChange | Row)[] = [];
  const count = (by: number): void => {
    if (by === 0) return;
    const last = steps[steps.length - 1];
    if (typeof last === 'number' && last > 0 === by > 0) steps[steps.length - 1] = last + by;
    else steps.push(by);
  };
  const lines: string[] = [];
  let at = 0;
  rows.forEach((row, i) => {
    const other = partner[i] ?? -1;
    const before = base[other];
    if (before === undefined || !kept.has(i)) {
      steps.push(row);
      return;
    }
    count(at - other);
    at = other + 1;
    const change = changeOf(before, row);
    if (change === null) count(1);
    else steps.push(change);
    const moved = Number(row[LINE_COLUMN] ?? 0) - Number(before[LINE_COLUMN] ?? 0);
    lines.push(moved === 0 ? '' : String(moved));
  });
  while (lines[lines.length - 1] === '') lines.pop();
  return { rows: steps, lines: lines.join(' ') };
}

/** The columns that differ besides the line; null: none. */
function changeOf(before: Row, row: Row): RowChange | null {
  const change: Record<string, unknown> = {};
  for (let column = 0; column < Math.max(before.length, row.length); column++) {
    if (column === LINE_COLUMN) continue;
    const [old, now] = [before[column], row[column]];
    if (JSON.stringify(old ?? []) === JSON.stringify(now ?? [])) continue;
    change[column] =
      Array.isArray(old ?? []) && Array.isArray(now ?? [])
        ? listSteps((old ?? []) as readonly unknown[], (now ?? []) as readonly unknown[])
        : now;
  }
  return Object.keys(change).length === 0 ? null : change;
}

/** The steps that make one list of another: a longest common subsequence. */
function listSteps(before: readonly unknown[], now: readonly unknown[]): ListSteps {
  const a = before.map((item) => JSON.stringify(item));
  const b = now.map((item) => JSON.stringify(item));
  const width = b.length + 1;
  const length = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let k = b.length - 1; k >= 0; k--)
      length[i * width + k] =
        a[i] === b[k]
          ? 1 + (length[(i + 1) * width + k + 1] ?? 0)
          : Math.max(length[(i + 1) * width + k] ?? 0, length[i * width + k + 1] ?? 0);
  const steps: (number | unknown[])[] = [];
  const count = (by: number): void => {
    const last = steps[steps.length - 1];
    if (typeof last === 'number' && last > 0 === by > 0) steps[steps.length - 1] = last + by;
    else steps.push(by);
  };
  let i = 0;
  for (let k = 0; k < b.length; ) {
    if (i < a.length && a[i] === b[k]) {
      count(1);
      i++;
      k++;
    } else if (i < a.length && (length[(i + 1) * width + k] ?? 0) >= (length[i * width + k + 1] ?? 0)) {
      count(-1);
      i++;
    } else {
      const last = steps[steps.length - 1];
      if (Array.isArray(last)) last.push(now[k]);
      else steps.push([now[k]]);
      k++;
    }
  }
  return steps;
}

/** The places of a longest strictly growing run among the numbers that are not negative. */
function longestRun(numbers: readonly number[]): number[] {
  /** By length less one: the place of the smallest last number of a run that long. */
  const ends: number[] = [];
  const previous: number[] = [];
  numbers.forEach((value, place) => {
    previous.push(-1);
    if (value < 0) return;
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[place] = low === 0 ? -1 : (ends[low - 1] ?? -1);
    ends[low] = place;
  });
  const run: number[] = [];
  for (let place = ends[ends.length - 1] ?? -1; place >= 0; place = previous[place] ?? -1) run.push(place);
  return run.reverse();
}
