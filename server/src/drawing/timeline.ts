/** What the timeline view shows: lanes of the devices that had to try more than once, and the list of all events. */
import type { SimulationReport, TimelineEntry } from '../simulator/report';

export type LaneOutcome = 'bound' | 'deferred' | 'failed' | 'other';

export interface Lane {
  readonly device: string;
  readonly entries: readonly TimelineEntry[];
  readonly outcome: LaneOutcome;
}

/** Events that are about a device's way to its driver. */
const probing = new Set(['probe', 'defer', 'retry', 'bound', 'fail', 'timeout', 'unbind', 'group']);
const dots = new Set(['defer', 'retry', 'bound', 'fail', 'timeout', 'unbind']);

/** One lane for each device that deferred, failed or was unbound, in the order of its first event; at most `limit`. */
export function lanes(
  report: SimulationReport,
  limit: number,
  wanted: (lane: Lane) => boolean = () => true,
): { lanes: Lane[]; more: number } {
  const byDevice = new Map<string, TimelineEntry[]>();
  for (const entry of report.timeline) {
    if (entry.device === null || !dots.has(entry.event)) continue;
    const list = byDevice.get(entry.device);
    if (list) list.push(entry);
    else byDevice.set(entry.device, [entry]);
  }
  const all = [...byDevice]
    .filter(([, entries]) => entries.some((entry) => entry.event !== 'bound'))
    .map(([device, entries]) => ({ device, entries, outcome: outcome(entries) }))
    .filter(wanted);
  return { lanes: all.slice(0, limit), more: Math.max(0, all.length - limit) };
}

function outcome(entries: readonly TimelineEntry[]): Lane['outcome'] {
  const last = entries.at(-1)!.event;
  if (last === 'bound') return 'bound';
  if (last === 'fail') return 'failed';
  return last === 'defer' || last === 'retry' || last === 'timeout' ? 'deferred' : 'other';
}

/**
 * The horizontal axis: one place an event that is drawn, so that a boot of ten thousand events without a deferral takes no
 * room; phases in which nothing is drawn take one.
 */
export interface TimelineAxis {
  /** 0 to 1; for a number between two events the place of the next. */
  place(n: number): number;
  readonly last: number;
  readonly phases: readonly PhaseSpan[];
}

export interface PhaseSpan {
  readonly phase: string;
  /** Its first event's number. */
  readonly n: number;
}

export function timelineAxis(report: SimulationReport, shown: readonly Lane[]): TimelineAxis {
  const phases = phasesOf(report);
  const numbers = new Set(phases.map(({ n }) => n));
  for (const { entries } of shown) for (const { n } of entries) numbers.add(n);
  const sorted = [...numbers].sort((a, b) => a - b);
  const last = report.timeline.at(-1)?.n ?? 0;
  return {
    phases,
    last,
    place(n) {
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle]! < n) low = middle + 1;
        else high = middle;
      }
      return sorted.length === 0 ? 0 : low / sorted.length;
    },
  };
}

/** Phases in order of appearance, each with its first event's number. */
export function phasesOf(report: SimulationReport): PhaseSpan[] {
  const result: PhaseSpan[] = [];
  for (const { phase, n } of report.timeline) if (result.at(-1)?.phase !== phase) result.push({ phase, n });
  return result;
}

/** The phases of an axis; those that return (deferred, timeout, deferred, …) beyond a dozen are left unnamed. */
export function phaseSpans({ phases }: TimelineAxis): readonly PhaseSpan[] {
  if (phases.length <= mostPhases) return phases;
  const seen = new Set<string>();
  return phases.filter(({ phase }) => !seen.has(phase) && seen.add(phase)).slice(0, mostPhases);
}

const mostPhases = 12;

/** The entries a filter leaves: part of a device, driver, phase, event or detail; optionally only what concerns probing. */
export function filterTimeline(report: SimulationReport, query: string, onlyProbing: boolean): TimelineEntry[] {
  const text = query.trim().toLowerCase();
  const entries = onlyProbing ? attempts(report.timeline) : report.timeline;
  return entries.filter((entry) => {
    if (onlyProbing && !probing.has(entry.event)) return false;
    if (text === '') return true;
    const words = [entry.device, entry.driver, entry.phase, entry.event, entry.detail];
    return words.some((word) => word?.toLowerCase().includes(text));
  });
}

const outcomes = new Set(['defer', 'bound', 'fail']);

/** One entry an attempt: a probe and the outcome logged beside it become the outcome, with the driver and the result. */
export function attempts(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const merged: TimelineEntry[] = [];
  for (let i = 0; i < entries.length; i++) {
    const [a, b] = [entries[i]!, entries[i + 1]];
    const pair = b !== undefined && a.device === b.device && (a.event === 'probe') !== (b.event === 'probe');
    const outcome = a.event === 'probe' ? b : a;
    if (!pair || outcome === undefined || !outcomes.has(outcome.event)) {
      merged.push(a);
      continue;
    }
    const probe = outcome === a ? b : a;
    const detail = [probe.detail, outcome.detail].filter((text, at, all) => text !== '' && all.indexOf(text) === at);
    const result = outcome.result === 0 ? probe.result : outcome.result;
    merged.push({ ...outcome, driver: probe.driver ?? outcome.driver, result, detail: detail.join('; ') });
    i++;
  }
  return merged;
}

const errnoNames: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  5: 'EIO',
  6: 'ENXIO',
  12: 'ENOMEM',
  16: 'EBUSY',
  19: 'ENODEV',
  22: 'EINVAL',
  28: 'ENOSPC',
  34: 'ERANGE',
  95: 'EOPNOTSUPP',
  110: 'ETIMEDOUT',
  517: 'EPROBE_DEFER',
};

/** `-EPROBE_DEFER`; 0 gives an empty text. */
export function formatErrno(result: number): string {
  if (result === 0) return '';
  const name = errnoNames[-result];
  return name === undefined ? String(result) : `-${name}`;
}
