/** A log as a person reads it: each entry with its node and what it means, found on the board when there is one. */
import type { DtNode } from '../../devicetree/model';
import type { LogReport } from '../collect';
import type {
  CycleFact,
  DriverFact,
  FaultFact,
  GroupFact,
  LogFact,
  RefusalFact,
  SyncStateFact,
  UnreadFact,
} from '../facts';
import type { Board } from '../match/board';
import { nodeOfDevice } from '../match/nodes';
import { bootAt, type HeldBoot } from './boots';
import { type Cause, cause } from './cause';
import { type Comparison, compareBoots } from './compare';
import { type DeferralExplanation, explainDeferral, explainSyncState } from './deferral';
import { explainFault, type FaultExplanation } from './fault';
import { traceCauses } from './trace';

/** One entry: a fact, its nodes, and the causes (empty without a board). */
export type Entry =
  | { readonly type: 'fault'; readonly found: FaultExplanation }
  | { readonly type: 'deferral'; readonly found: DeferralExplanation }
  | {
      readonly type: 'group';
      readonly fact: GroupFact;
      readonly node: DtNode | null;
      readonly expected: number | null;
      readonly agrees: boolean | null;
    }
  | {
      readonly type: 'refusal' | 'driver';
      readonly fact: RefusalFact | DriverFact;
      readonly node: DtNode | null;
      readonly causes: readonly Cause[];
    }
  | {
      readonly type: 'sync-state';
      readonly fact: SyncStateFact;
      readonly node: DtNode | null;
      readonly consumer: DtNode | null;
      readonly causes: readonly Cause[];
    }
  | { readonly type: 'cycle'; readonly fact: CycleFact; readonly node: DtNode | null; readonly other: DtNode | null }
  | { readonly type: 'unread'; readonly fact: UnreadFact; readonly node: DtNode | null };

export interface Explanation {
  readonly entries: readonly Entry[];
  /** The boots of the log, each with the board it is explained on. */
  readonly boots: readonly HeldBoot[];
  /** Which of them `comparison` is of. */
  readonly compared: number;
  /** Predicted against actual; null without a board or with nothing to compare. */
  readonly comparison: Comparison | null;
  /** Something went wrong, differs from what was predicted, or was not understood. */
  readonly found: boolean;
  /** Lines whose entries were too many to be kept. */
  readonly dropped: number;
}

const bareFault = (fact: FaultFact): FaultExplanation => ({
  fact,
  provider: null,
  foreign: null,
  masters: [],
  mastersBy: 'none',
  group: null,
  domain: null,
  place: null,
  causes: [],
});

/** What a missing clock or a failed probe of an IOMMU means for others. */
function driverCauses(fact: DriverFact | RefusalFact, node: DtNode | null, board: Board): Cause[] {
  const provider = node === null ? null : board.view.provider(node);
  if (provider === null || fact.type !== 'driver' || !/probe|missing in the node|cannot be had/.test(fact.why))
    return [];
  const masters = [
    ...new Set(
      board.view
        .uses(provider)
        .filter((use) => use.enabled)
        .map((use) => use.node.path),
    ),
  ];
  if (masters.length === 0) return [];
  return [
    cause(
      `while it does not probe, its masters wait for it and then run without: ${masters.slice(0, 8).join(', ')}${masters.length > 8 ? ` and ${masters.length - 8} more` : ''}`,
      'their iommus name it',
    ),
  ];
}

function entryOf(
  fact: LogFact,
  { links, maps }: Pick<LogReport, 'links' | 'maps'>,
  board: Board | null,
  comparison: Comparison | null,
): Entry {
  const node = (name: string): DtNode | null =>
    board === null || name === '' ? null : nodeOfDevice(board.view, board.report, name);
  switch (fact.type) {
    case 'fault': {
      const found = board === null ? bareFault(fact) : explainFault(fact, board);
      return { type: 'fault', found: { ...found, causes: [...traceCauses(fact, maps), ...found.causes] } };
    }
    case 'deferral':
      return {
        type: 'deferral',
        found:
          board === null
            ? { fact, node: null, supplier: null, property: null, causes: [] }
            : explainDeferral(fact, board, links),
      };
    case 'group': {
      const its = node(fact.device);
      const predicted = board?.report?.devices.find((d) => d.name === fact.device || d.device === its?.path);
      const compared = comparison?.devices.find(
        (entry) => entry.device === (predicted?.device ?? its?.path ?? fact.device),
      );
      return {
        type: 'group',
        fact,
        node: its,
        expected: predicted?.group ?? null,
        agrees:
          compared === undefined || fact.removed || compared.actual !== fact.group || compared.verdict === 'left'
            ? null
            : compared.verdict === 'same',
      };
    }
    case 'refusal':
    case 'driver': {
      const its = node(fact.device);
      return { type: fact.type, fact, node: its, causes: board === null ? [] : driverCauses(fact, its, board) };
    }
    case 'sync-state':
      return {
        type: 'sync-state',
        fact,
        node: node(fact.device),
        consumer: fact.consumer === null ? null : node(fact.consumer),
        causes: board === null ? [] : explainSyncState(fact, board),
      };
    case 'cycle':
      return { type: 'cycle', fact, node: node(fact.device), other: node(fact.other) };
    case 'unread':
      return { type: 'unread', fact, node: node(fact.device) };
  }
}

/** Whether an entry is of something wrong, or left unread: what makes the exit status 1. */
export function isFinding(entry: Entry): boolean {
  switch (entry.type) {
    case 'group':
      return entry.agrees === false;
    case 'cycle':
      return false;
    case 'deferral':
      // A probe that asks to be tried again is the normal way of things when the device bound in the end.
      return true;
    default:
      return true;
  }
}

/** Explains a log, on a board when there is one: the same for all of its boots, or one for each (`holdBoots`). */
export function explainLog(log: LogReport, on: Board | null | readonly HeldBoot[]): Explanation {
  const boots =
    on !== null && 'length' in on ? on : log.boots.map((boot): HeldBoot => ({ boot, choice: null, board: on }));
  const { compared } = log;
  const board = boots[compared]?.board ?? null;
  const comparison = board === null ? null : compareBoots(log, board);
  // A trace tells of the boot that it was made in.
  const maps = boots.map(({ boot }) => log.maps.filter(({ line }) => line >= boot.from && line <= boot.to));
  const entries = log.facts.map((fact) => {
    const at = bootAt(log.boots, fact.line);
    const links = at === compared ? log.links : [];
    return entryOf(
      fact,
      { links, maps: maps[at] ?? [] },
      boots[at]?.board ?? null,
      at === compared ? comparison : null,
    );
  });
  return {
    entries,
    boots,
    compared,
    comparison,
    dropped: log.dropped,
    found: log.dropped > 0 || entries.some(isFinding) || (comparison !== null && !comparison.agrees),
  };
}
