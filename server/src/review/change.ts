/** What differs between two states of a board, one change a device and kind, in words. */
import { count } from '../iommu/words';
import {
  type Behaviour,
  type DeviceBehaviour,
  type DifferenceKind,
  deviceIn,
  differencesOf,
  firstMoved,
  type IommuUse,
  neighboursOf,
} from '../simulator/reporting/behaviour';
import { RUNS_UNTRANSLATED, STATUS_WORDS } from '../simulator/words';
import { type CheckFinding, newAndGone } from './finding';
import type { BoardState, Place } from './state';

export type ChangeKind =
  | DifferenceKind
  | 'board'
  | 'new-device'
  | 'gone-device'
  | 'stops'
  | 'conflict'
  | 'capacity'
  | 'new-finding'
  | 'gone-finding';

/** One thing that is different now. */
export interface Change {
  readonly kind: ChangeKind;
  /** The device it is about; empty for the board as a whole. */
  readonly device: string;
  /** What follows the device's name. */
  readonly text: string;
  /** Where the device is written, now or before it went. */
  readonly place?: Place;
  /** The finding that is new or gone. */
  readonly finding?: CheckFinding;
}

const some = (names: readonly string[]): string => {
  if (names.length === 0) return 'no other device';
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
};
const because = (d: DeviceBehaviour): string => (d.reason === null || d.reason === '' ? '' : `: ${d.reason}`);
const waiting = (d: DeviceBehaviour): string =>
  d.waits.length === 0 ? '' : `; it waits for ${d.waits.join(', which waits for ')}`;
const statusOf = (d: DeviceBehaviour): string => (d.status === 'absent' ? 'is absent' : STATUS_WORDS[d.status]);

function wordsOf(device: string, kind: DifferenceKind, a: DeviceBehaviour, b: DeviceBehaviour): string {
  switch (kind) {
    case 'status':
      return `${statusOf(b)}, before it ${statusOf(a)}${b.status === 'bound' ? '' : because(b) || waiting(b)}`;
    case 'translation':
      return b.translated
        ? `gains translation (${b.domain ?? 'no'} domain, group with ${some(neighboursOf(b, device))})`
        : `loses translation and ${RUNS_UNTRANSLATED}${because(b)}`;
    case 'group':
      return b.groupedWith.length > 0
        ? `gets a group, with ${some(neighboursOf(b, device))}`
        : `has no group any more${because(b)}`;
    case 'neighbours':
      return `shares its group with ${some(neighboursOf(b, device))}, before with ${some(neighboursOf(a, device))}`;
    case 'domain':
      return `is in a domain of type ${b.domain}, before of type ${a.domain}`;
    case 'phase':
      return `binds in phase ${b.boundIn}, before in phase ${a.boundIn}${b.defers ? waiting(b) : ''}`;
    case 'deferral':
      return b.defers ? `is deferred at least once, before never${waiting(b)}` : 'is no longer deferred';
    case 'iovas': {
      const at = firstMoved(a, b);
      return `has mapping ${at + 1} at ${b.iovas[at] ?? 'no place'}, before at ${a.iovas[at] ?? 'no place'}`;
    }
    case 'faults':
      return b.faults.length > a.faults.length || a.faults.length === 0
        ? `faults: ${b.faults.slice(0, 3).join(', ')}`
        : b.faults.length === 0
          ? 'no longer faults'
          : `faults otherwise: ${b.faults.slice(0, 3).join(', ')}`;
  }
}

/** Kinds that another one tells already. */
const TOLD: Partial<Record<DifferenceKind, readonly DifferenceKind[]>> = {
  status: ['phase', 'deferral', 'iovas'],
  translation: ['group', 'neighbours', 'domain', 'iovas'],
  phase: ['deferral'],
};

const OF_BOUND: readonly DifferenceKind[] = ['translation', 'group', 'neighbours', 'domain'];

function deviceChanges(device: string, a: DeviceBehaviour, b: DeviceBehaviour): Change[] {
  if (a.status === 'absent' && b.status !== 'absent') {
    const what = [statusOf(b)];
    if (b.translated) what.push(`translated in a ${b.domain} domain, group with ${some(neighboursOf(b, device))}`);
    const text = `is new: ${what.join(', ')}${b.status === 'bound' ? '' : because(b) || waiting(b)}`;
    return [{ kind: 'new-device', device, text }];
  }
  if (b.status === 'absent' && a.status !== 'absent')
    return [{ kind: 'gone-device', device, text: `is gone; before it ${statusOf(a)}` }];
  const kinds = differencesOf(device, a, b);
  const told = new Set(kinds.flatMap((kind) => TOLD[kind] ?? []));
  // a device that no longer binds does no DMA: what it loses with it is no news
  if (a.status !== b.status && b.status !== 'bound') for (const kind of OF_BOUND) told.add(kind);
  return kinds.filter((kind) => !told.has(kind)).map((kind) => ({ kind, device, text: wordsOf(device, kind, a, b) }));
}

function useText({ entries, entriesOf, banks, banksOf }: IommuUse): string {
  const of = (n: number, limit: number | null, word: string) => `${n}${limit === null ? '' : ` of ${limit}`} ${word}`;
  return `${of(entries, entriesOf, 'stream-mapping entries')}, ${of(banks, banksOf, 'context banks')}`;
}

function bootChanges(a: Behaviour, b: Behaviour): Change[] {
  const found: Change[] = [];
  if (a.complete !== b.complete)
    found.push({
      kind: 'stops',
      device: '',
      text: b.complete ? `Linux ${b.kernel} no longer stops on this board` : `Linux ${b.kernel} stops on this board`,
    });
  for (const device of new Set([...Object.keys(a.devices), ...Object.keys(b.devices)]))
    found.push(...deviceChanges(device, deviceIn(a, device), deviceIn(b, device)));
  for (const [device, use] of Object.entries(b.iommus)) {
    const was = a.iommus[device];
    if (was !== undefined && useText(was) !== useText(use))
      found.push({ kind: 'capacity', device, text: `uses ${useText(use)}; before ${useText(was)}` });
  }
  return found;
}

/** What is different in `now`; empty when the board behaves the same and says the same. Null: there is no such board then. */
export function changesOf(
  before: BoardState | null,
  now: BoardState | null,
  keyOf?: (finding: CheckFinding) => string,
): Change[] {
  const found: Change[] = [];
  if (now === null) return before === null ? [] : [{ kind: 'board', device: '', text: 'this board is gone' }];
  if (before === null) {
    const devices = Object.values(now.behaviour?.devices ?? {});
    const translated = devices.filter((d) => d.translated).length;
    const bound = devices.filter((d) => d.status === 'bound').length;
    const text = `this board is new: ${count(bound, 'device')} bound, ${translated} of them translated`;
    found.push({ kind: 'board', device: '', text });
  } else {
    if (before.behaviour !== null && now.behaviour !== null)
      found.push(
        ...bootChanges(before.behaviour, now.behaviour).map((change) => {
          const place = now.places[change.device] ?? before.places[change.device];
          return place === undefined ? change : { ...change, place };
        }),
      );
    else if ((before.behaviour === null) !== (now.behaviour === null))
      found.push({
        kind: 'board',
        device: '',
        text: now.behaviour === null ? 'this board cannot be simulated any more' : 'this board can be simulated now',
      });
    for (const text of now.conflicts.filter((c) => !before.conflicts.includes(c)))
      found.push({ kind: 'conflict', device: '', text: `streams meet: ${text}` });
    for (const text of before.conflicts.filter((c) => !now.conflicts.includes(c)))
      found.push({ kind: 'conflict', device: '', text: `streams no longer meet: ${text}` });
  }
  const { fresh, gone } = newAndGone(before?.findings ?? [], now.findings, keyOf);
  for (const finding of fresh)
    if (before !== null || finding.severity === 'error' || finding.severity === 'warning')
      found.push({ kind: 'new-finding', device: '', text: findingText('new', finding), finding });
  for (const finding of gone)
    found.push({ kind: 'gone-finding', device: '', text: findingText('gone', finding), finding });
  return found;
}

function findingText(what: 'new' | 'gone', { severity, code, file, line, column, message }: CheckFinding): string {
  const place = what === 'new' ? `${file}:${line}:${column}` : file;
  return `${what} ${severity}: ${place}: ${message} [${code}]`;
}
