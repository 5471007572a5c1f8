/** A board under one kernel as a review compares it: plain data, so that it can be kept and sent. */
import { meetings } from '../iommu/streams';
import type { IommuView } from '../iommu/view';
import { hex } from '../iommu/words';
import { type Behaviour, behaviourOf } from '../simulator/reporting/behaviour';
import { pathOfUri } from '../source/uri';
import { BoardSnapshot, type Simulate } from '../workspace/board';
import { type CheckFinding, findingsOf } from './finding';

/** Where a node is written, for people. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface BoardState {
  readonly findings: readonly CheckFinding[];
  /** Null when the board cannot be simulated. */
  readonly behaviour: Behaviour | null;
  /** Streams of different masters that meet, in words. */
  readonly conflicts: readonly string[];
  /** Where the devices are written. */
  readonly places: Readonly<Record<string, Place>>;
}

function conflictsOf(view: IommuView): string[] {
  const found = new Set<string>();
  for (const provider of view.providers)
    for (const { a, b, kind } of meetings(view.uses(provider).filter((use) => use.enabled))) {
      if (a.node === b.node) continue;
      const [one, other] = [a, b].map((use) => `${use.node.path} (${hex(use.id)}/${hex(use.mask)})`);
      found.add(`${one} and ${other} ${kind === 'same' ? 'have the same stream' : 'overlap'} on ${provider.node.path}`);
    }
  return [...found];
}

/** The state of a built board under the kernel that `simulate` boots. */
export function stateOf(
  board: string,
  built: BoardSnapshot,
  simulate: Simulate,
  shown: (path: string) => string,
): BoardState {
  const snapshot = new BoardSnapshot(built.board, built.version, built.result, simulate);
  return {
    findings: findingsOf(board, snapshot, shown),
    behaviour: snapshot.report === null ? null : behaviourOf(snapshot.report),
    conflicts: conflictsOf(snapshot.view),
    places: Object.fromEntries(
      (snapshot.report?.devices ?? []).flatMap(({ device, source }) =>
        source === null
          ? []
          : [[device, { file: shown(pathOfUri(source.uri)), line: source.line, column: source.column }]],
      ),
    ),
  };
}
