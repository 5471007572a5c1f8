/** What differs between two states of a board, one change a device and kind, in words. */
import type { DtNode } from '../devicetree/model';
import { compatibles, isEnabled } from '../devicetree/read';
import { bindingOf } from '../iommu/catalogue';
import { count } from '../iommu/words';
import {
  type Behaviour,
  type DeviceBehaviour,
  type DifferenceKind,
  deviceIn,
  differencesOf,
  firstMoved,
  type TakenParts,
} from '../simulator/reporting/behaviour';
import { HAS_ITS_DMA_BLOCKED, RUNS_UNTRANSLATED, STATUS_WORDS } from '../simulator/words';
import { type Declared, declaredDifferences } from './declared';
import { type CheckFinding, compareFindings, findingKey } from './finding';
import { Renames, withPaths } from './rename';
import type { BoardState, Conflict, Place } from './state';

export type ChangeKind =
  | DifferenceKind
  | 'board'
  | 'streams'
  | 'dma'
  | 'renamed'
  | 'new-device'
  | 'gone-device'
  | 'stops'
  | 'conflict'
  | 'capacity'
  | 'new-finding'
  | 'changed-finding'
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
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
};
/** A reason, in which the device itself is no name: the same reason is the same text for every device. */
const because = (d: DeviceBehaviour, device: string): string =>
  d.reason === null || d.reason === ''
    ? ''
    : `: ${withPaths(d.reason.replaceAll(`iommus of ${device}`, 'its iommus'), (path) => (path === device ? 'it' : path))}`;
/** Who shares a device's group: the whole group is named, so that it is the same text for each of them. */
const grouped = ({ groupedWith }: DeviceBehaviour): string =>
  groupedWith.length > 1 ? `in one group of ${groupedWith.length}: ${some(groupedWith)}` : 'alone in its group';
const waiting = (d: DeviceBehaviour): string =>
  d.waits.length === 0 ? '' : `; it waits for ${d.waits.join(', which waits for ')}`;
/** Why a device is in its state: what it waits for, else the reason that the boot gives. */
function why(d: DeviceBehaviour, device: string): string {
  if (d.status === 'bound') return '';
  // the reason says why a master runs untranslated; a probe fails of it only where somebody else owns the group's DMA
  if (d.status === 'failed' || d.status === 'rejected') return d.domain === 'blocked' ? because(d, device) : waiting(d);
  return (d.status === 'deferred' && waiting(d)) || because(d, device) || waiting(d);
}
function statusOf(d: DeviceBehaviour): string {
  if (d.unpopulated) return 'is no device';
  return d.status === 'absent' ? 'is absent' : STATUS_WORDS[d.status];
}

/** What a master does now that has lost its translation: an IOMMU that is still there may refuse what it has no entry for. */
function without(a: DeviceBehaviour, b: DeviceBehaviour, { iommus, sharer }: Around): string {
  const blocks = b.domain === null && a.iommu !== null && iommus[a.iommu]?.blocksUnlisted === true;
  const other = blocks ? sharer() : null;
  if (other !== null) return `its DMA meets the mappings of ${other}, which has the same stream`;
  return blocks ? `${HAS_ITS_DMA_BLOCKED} by ${a.iommu}, which has no entry for it` : RUNS_UNTRANSLATED;
}

function wordsOf(device: string, kind: DifferenceKind, a: DeviceBehaviour, b: DeviceBehaviour, around: Around): string {
  switch (kind) {
    case 'status':
      return `${statusOf(b)}, before it ${statusOf(a)}${why(b, device)}`;
    case 'translation':
      return b.translated
        ? `gains translation (${b.domain ?? 'no'} domain, ${grouped(b)})`
        : `loses translation and ${without(a, b, around)}${because(b, device)}`;
    case 'group':
      return b.groupedWith.length > 0 ? `gets a group (${grouped(b)})` : `has no group any more${because(b, device)}`;
    case 'neighbours':
      return `is ${grouped(b)}; before ${grouped(a)}`;
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

/** What the trees have of a device, whatever came of it. */
type There = Record<'before' | 'now', 'none' | 'disabled' | 'enabled'>;

/** What the states have around a device that is compared. */
interface Around {
  readonly there: There;
  /** The IOMMUs as they are now. */
  readonly iommus: Behaviour['iommus'];
  /** A translated master that has now one of the streams that the device had before; null: none. */
  sharer(): string | null;
}

const thereIs = (node: DtNode | undefined): There['now'] =>
  node === undefined ? 'none' : isEnabled(node) ? 'enabled' : 'disabled';

function deviceChanges(device: string, [a, b]: readonly [DeviceBehaviour, DeviceBehaviour], around: Around): Change[] {
  const { there } = around;
  // a master only for its `iommus`, before or now: what it gets or loses are streams, and those are told
  if (there.before === 'enabled' && there.now === 'enabled')
    if ((a.unpopulated && b.status === 'absent') || (b.unpopulated && a.status === 'absent')) return [];
  if (a.status === 'absent' && b.status !== 'absent') {
    const what = [statusOf(b)];
    if (b.translated) what.push(`translated (${b.domain} domain, ${grouped(b)})`);
    const text = `${there.before === 'none' ? 'is new' : b.unpopulated ? 'is enabled' : 'is a device now'} and ${what.join(', ')}${why(b, device)}`;
    return [{ kind: 'new-device', device, text }];
  }
  if (b.status === 'absent' && a.status !== 'absent')
    return [
      {
        kind: 'gone-device',
        device,
        text: `${there.now === 'none' ? 'is gone' : a.unpopulated ? 'is disabled' : 'is no device any more'}; before it ${statusOf(a)}`,
      },
    ];
  const kinds = differencesOf(device, a, b);
  const told = new Set(kinds.flatMap((kind) => TOLD[kind] ?? []));
  // a device that no longer binds does no DMA: what it loses with it is no news
  if (a.status !== b.status && b.status !== 'bound') for (const kind of OF_BOUND) told.add(kind);
  return kinds
    .filter((kind) => !told.has(kind))
    .map((kind) => ({ kind, device, text: wordsOf(device, kind, a, b, around) }));
}

function useText({ entries, entriesOf, banks, banksOf }: TakenParts): string {
  const of = (n: number, limit: number | null, word: string) => `${n}${limit === null ? '' : ` of ${limit}`} ${word}`;
  return `${of(entries, entriesOf, 'stream-mapping entries')}, ${of(banks, banksOf, 'context banks')}`;
}

/** How much more or less of an IOMMU is taken: the same for boards that take different parts of it. */
function capacityText(a: TakenParts, b: TakenParts): string {
  if (a.entriesOf !== b.entriesOf || a.banksOf !== b.banksOf) return `uses ${useText(b)}; before ${useText(a)}`;
  const parts = [
    ['stream-mapping entry', 'stream-mapping entries', b.entries - a.entries, b.entries === b.entriesOf] as const,
    ['context bank', 'context banks', b.banks - a.banks, b.banks === b.banksOf] as const,
  ].flatMap(([one, many, more, full]) =>
    more === 0
      ? []
      : `${Math.abs(more)} ${Math.abs(more) === 1 ? one : many} ${more > 0 ? 'more' : 'less'}${full ? ', the last it has' : ''}`,
  );
  return `uses ${parts.join(' and ')}`;
}

function bootChanges(
  a: Behaviour,
  b: Behaviour,
  renames: Renames,
  aroundOf: (device: string) => Omit<Around, 'iommus'>,
): Change[] {
  const found: Change[] = [];
  if (a.complete !== b.complete)
    found.push({
      kind: 'stops',
      device: '',
      text: b.complete ? `Linux ${b.kernel} no longer stops on this board` : `Linux ${b.kernel} stops on this board`,
    });
  for (const { path, before } of renames.own()) {
    if (a.devices[path] === undefined || b.devices[path] === undefined) continue;
    const text = Renames.words(before, path);
    found.push({ kind: 'renamed', device: path, text });
  }
  for (const device of new Set([...Object.keys(a.devices), ...Object.keys(b.devices)]))
    found.push(
      ...deviceChanges(device, [deviceIn(a, device), deviceIn(b, device)], { ...aroundOf(device), iommus: b.iommus }),
    );
  for (const [device, { taken }] of Object.entries(b.iommus)) {
    const was = a.iommus[device]?.taken ?? null;
    if (was !== null && taken !== null && useText(was) !== useText(taken))
      found.push({ kind: 'capacity', device, text: capacityText(was, taken) });
  }
  return found;
}

/** A behaviour with the names that its nodes have now. */
function renamed<T>(value: T, renames: Renames): T {
  if (renames.none) return value;
  return JSON.parse(renames.text(JSON.stringify(value)), (key, part: unknown) =>
    key === 'groupedWith' && Array.isArray(part) ? [...part].sort() : part,
  ) as T;
}

/** Pairs that only the first list has; several pairs of one stream are one sentence. */
function conflictsOnlyIn(list: readonly Conflict[], other: readonly Conflict[]): string[] {
  const known = new Set(other.map((conflict) => conflict.text));
  const texts: string[] = [];
  const bySame = new Map<string, Conflict[]>();
  for (const conflict of list) {
    if (known.has(conflict.text)) continue;
    if (conflict.same === null) texts.push(conflict.text);
    else bySame.set(conflict.same, [...(bySame.get(conflict.same) ?? []), conflict]);
  }
  for (const [same, pairs] of bySame) {
    const devices = [...new Set(pairs.flatMap((pair) => pair.devices))].sort();
    texts.push(devices.length === 2 ? (pairs[0]?.text ?? '') : `${some(devices)} have the same stream ${same}`);
  }
  return texts;
}

/** Kinds after which it is no news that a device's streams differ. */
const WITH_STREAMS: ReadonlySet<ChangeKind> = new Set(['new-device', 'gone-device', 'translation', 'group']);
const NOTHING: Declared = { streams: [], coherent: false, windows: [], promised: [] };

function sharerOf(device: string, before: Declared, { declared, behaviour }: BoardState): string | null {
  const streams = new Set(before.streams);
  const shares = ([other, { streams: own }]: readonly [string, Declared]): boolean =>
    other !== device &&
    behaviour !== null &&
    deviceIn(behaviour, other).translated &&
    own.some((stream) => streams.has(stream));
  return Object.entries(declared).find(shares)?.[0] ?? null;
}

/** What the tree says otherwise of masters that are there, and enabled, on both sides. */
function declaredChanges(before: BoardState, now: BoardState, told: readonly Change[], renames: Renames): Change[] {
  const was = renamed(before.declared, renames);
  const silent = new Set(told.filter(({ kind }) => WITH_STREAMS.has(kind)).map(({ device }) => device));
  const isThere = (device: string): boolean =>
    thereIs(before.nodes.get(renames.before(device))) === 'enabled' && thereIs(now.nodes.get(device)) === 'enabled';
  return [...new Set([...Object.keys(was), ...Object.keys(now.declared)])].flatMap((device) => {
    const [a, b] = [was[device], now.declared[device]];
    if ((a === undefined || b === undefined) && !isThere(device)) return [];
    return declaredDifferences(a ?? NOTHING, b ?? NOTHING)
      .filter(({ kind }) => (kind === 'streams' ? !silent.has(device) : a !== undefined && b !== undefined))
      .map((difference) => ({ ...difference, device }));
  });
}

/** Whether two nodes may be the same one: they have a compatible in common, or both have none. */
function alike(a: DtNode | undefined, b: DtNode | undefined): boolean {
  const [one, other] = [a, b].map((node) =>
    node === undefined ? [] : compatibles(node).filter((name) => name !== ''),
  );
  return one?.length === 0 ? other?.length === 0 : one?.some((name) => other?.includes(name)) === true;
}

/** How two states are compared. */
export interface Comparing {
  /** What makes two findings the same one; by default all but their place in the file. */
  readonly keyOf?: (finding: CheckFinding) => string;
  /** Whether a file is part of what is compared: a new board is told of what is wrong in these files, and of errors. */
  readonly isChanged?: (file: string) => boolean;
  /** Where a line of the earlier state is now; null: it is part of what was changed, or nobody knows. */
  readonly lineNow?: (file: string, line: number) => number | null;
}

/** What is different in `now`; empty when the board behaves the same and says the same. Null: there is no such board then. */
export function changesOf(
  before: BoardState | null,
  now: BoardState | null,
  { keyOf = findingKey, isChanged = () => true, lineNow = () => null }: Comparing = {},
): Change[] {
  const found: Change[] = [];
  let renames = new Renames([], []);
  if (now === null) return before === null ? [] : [{ kind: 'board', device: '', text: 'this board is gone' }];
  if (before === null) {
    const devices = Object.values(now.behaviour?.devices ?? {});
    const translated = devices.filter((d) => d.translated).length;
    const bound = devices.filter((d) => d.status === 'bound').length;
    const text = `this board is new: ${count(bound, 'device')} bound, ${translated} of them translated`;
    found.push({ kind: 'board', device: '', text });
  } else {
    renames = new Renames(
      [...before.nodes.keys()].filter((path) => !now.nodes.has(path)),
      [...now.nodes.keys()].filter((path) => !before.nodes.has(path)),
      (old, path) => alike(before.nodes.get(old), now.nodes.get(path)),
    );
    const was = renamed(before.declared, renames);
    if (before.behaviour !== null && now.behaviour !== null)
      found.push(
        ...bootChanges(renamed(before.behaviour, renames), now.behaviour, renames, (device) => ({
          there: {
            before: thereIs(before.nodes.get(renames.before(device))),
            now: thereIs(now.nodes.get(device)),
          },
          sharer: () => sharerOf(device, was[device] ?? NOTHING, now),
        })),
      );
    else if ((before.behaviour === null) !== (now.behaviour === null))
      found.push({
        kind: 'board',
        device: '',
        text: now.behaviour === null ? 'this board cannot be simulated any more' : 'this board can be simulated now',
      });
    found.push(...declaredChanges(before, now, found, renames));
    const isKnown = (node: DtNode | undefined): boolean | null =>
      node === undefined ? null : bindingOf(node) !== null;
    // whether streams meet on an IOMMU that only one of the states knows cannot be compared
    const compared = ({ iommu }: Conflict): boolean => {
      const [was, is] = [isKnown(before.nodes.get(renames.before(iommu))), isKnown(now.nodes.get(iommu))];
      return was === null || is === null || was === is;
    };
    const earlier = renamed(before.conflicts, renames).filter(compared);
    const conflicts = now.conflicts.filter(compared);
    for (const text of conflictsOnlyIn(conflicts, earlier))
      found.push({ kind: 'conflict', device: '', text: `streams meet: ${text}` });
    for (const text of conflictsOnlyIn(earlier, conflicts))
      found.push({ kind: 'conflict', device: '', text: `streams no longer meet: ${text}` });
    for (const [i, change] of found.entries()) {
      const place = now.place(change.device) ?? before.place(renames.before(change.device));
      if (place !== null) found[i] = { ...change, place };
    }
  }
  const { fresh, gone, changed } = compareFindings(before?.findings ?? [], now.findings, {
    keyOf: (finding) => renames.text(keyOf(finding)),
    wordsOf: ({ message }) => renames.text(message),
    lineNow,
  });
  for (const finding of fresh)
    if (before !== null || finding.severity === 'error' || (finding.severity === 'warning' && isChanged(finding.file)))
      found.push({ kind: 'new-finding', device: '', text: findingText('new', finding), finding });
  for (const finding of changed)
    found.push({ kind: 'changed-finding', device: '', text: findingText('otherwise put', finding), finding });
  for (const finding of gone)
    found.push({ kind: 'gone-finding', device: '', text: findingText('gone', finding), finding });
  return found;
}

function findingText(
  what: 'new' | 'otherwise put' | 'gone',
  { severity, code, file, line, column, message }: CheckFinding,
): string {
  const place = what !== 'gone' ? `${file}:${line}:${column}` : file;
  return `${what} ${severity}: ${place}: ${message} [${code}]`;
}
