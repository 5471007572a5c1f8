/** What the Log view shows of an explained boot log. */
import type { BootLog } from '../messages';

export type LogEntry = BootLog['entries'][number];

/** How an entry is marked: a fault or failure, something that waits or warns, or something that is only told. */
export type Tone = 'bad' | 'care' | 'plain';

export function toneOf({ type, finding }: LogEntry): Tone {
  if (!finding) return 'plain';
  return type === 'fault' || type === 'refusal' || type === 'driver' ? 'bad' : 'care';
}

/** Names of the kinds of entries, for tags. */
export const typeNames: Readonly<Record<LogEntry['type'], string>> = {
  fault: 'fault',
  deferral: 'deferral',
  group: 'group',
  refusal: 'refused',
  driver: 'failure',
  'sync-state': 'sync state',
  cycle: 'cycle',
  unread: 'not understood',
};

/** The entries that have a card: groups stand in the table of groups. `all`: also those that tell of nothing wrong. */
export function cardsOf(log: BootLog, all: boolean): LogEntry[] {
  return log.entries.filter((entry) => entry.type !== 'group' && (all || entry.finding));
}

/** `3 faults, 1 deferral`: what is wrong, counted by kind; lines that say the same count once. */
export function summaryOf(log: BootLog): string {
  const counts = new Map<string, number>();
  for (const { type, finding } of log.entries)
    if (finding) counts.set(typeNames[type], (counts.get(typeNames[type]) ?? 0) + 1);
  if (counts.size === 0)
    return log.entries.length === 0 ? 'Nothing about IOMMUs or deferred probes.' : 'Nothing wrong.';
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
}

/** `line 12` or `lines 12 to 90`. */
export const linesOf = ({ line, lastLine }: LogEntry): string =>
  line === lastLine ? `line ${line}` : `lines ${line} to ${lastLine}`;
