/** The timeline: the log in the words of the report. */
import type { DtNode } from '../../devicetree/model';
import type { SimDevice } from '../contract/device';
import type { TraceEntry } from '../probe/core';
import type { TimelineEntry, TimelineEvent } from '../report';
import type { ReportContext } from './context';

/** A report is for reading: of a boot with more events than this the rest is counted only. */
const LIMIT = 50_000;

const events: ReadonlyMap<string, TimelineEvent> = new Map<string, TimelineEvent>(
  Object.entries({
    'register-driver': 'register-driver',
    'add-device': 'add-device',
    link: 'link',
    'link-sync-state-only': 'link',
    'link-relax': 'link',
    cycle: 'cycle',
    attempt: 'probe',
    defer: 'defer',
    retry: 'retry',
    bound: 'bound',
    'probe-fail': 'fail',
    'probe-reject': 'fail',
    'group-add': 'group',
    timeout: 'timeout',
    remove: 'unbind',
    suspend: 'suspend',
    resume: 'resume',
  }),
);

const refOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? 'ref' in value
      ? (value as SimDevice).ref
      : 'path' in value
        ? (value as DtNode).path
        : ''
    : '';

function detailOf({ event, detail }: TraceEntry): string {
  switch (event) {
    case 'link':
    case 'link-sync-state-only':
    case 'link-relax': {
      const property = typeof detail.property === 'string' ? ` (${detail.property})` : '';
      const kind = event === 'link' ? '' : event === 'link-relax' ? 'relaxed: ' : 'sync-state only: ';
      return `${kind}${refOf(detail.supplier)}${property}`;
    }
    case 'cycle':
      return `${refOf(detail.consumer)} with ${refOf(detail.supplier)}`;
    case 'group-add':
      return `group ${String(detail.group)}`;
    case 'timeout':
      return `deferred_probe_timeout of ${String(detail.seconds)} s`;
    default:
      return '';
  }
}

export function reportTimeline({ outcome }: ReportContext): { entries: TimelineEntry[]; left: number } {
  const entries: TimelineEntry[] = [];
  let phase = '';
  let left = 0;
  const { log } = outcome.machine.core;
  for (let i = 0; i < log.length; i++) {
    const entry = log[i] as TraceEntry;
    const event = events.get(entry.event);
    if (event === undefined) continue;
    const { detail, device } = entry;
    if (entry.phase !== phase) {
      phase = entry.phase;
      if (entries.length < LIMIT)
        entries.push({
          n: entries.length,
          phase,
          event: 'initcall',
          device: null,
          driver: null,
          result: 0,
          detail: '',
        });
      else left++;
    }
    if (entries.length >= LIMIT) {
      left++;
      continue;
    }
    const stated = detail.result ?? detail.error;
    const result = typeof stated === 'number' ? stated : 0;
    entries.push({
      n: entries.length,
      phase,
      event,
      device: device === null ? null : device.ref,
      driver: typeof detail.driver === 'string' ? detail.driver : null,
      result: result > 0 ? -result : result,
      detail: detailOf(entry),
    });
  }
  return { entries, left };
}
