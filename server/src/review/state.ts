/** A board under one kernel as a review compares it. */

import type { DtNode } from '../devicetree/model';
import { meetings } from '../iommu/streams';
import { type IommuView, type StreamUse, sameCells } from '../iommu/view';
import { type Behaviour, behaviourOf } from '../simulator/reporting/behaviour';
import { pathOfUri } from '../source/uri';
import { BoardSnapshot, type Simulate } from '../workspace/board';
import { type Declared, declaredBy, streamName } from './declared';
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
  readonly conflicts: readonly Conflict[];
  /** What the tree says of its masters. */
  readonly declared: Readonly<Record<string, Declared>>;
  /** All nodes by path. */
  readonly nodes: ReadonlyMap<string, DtNode>;
  /** Where a device is written; null: nowhere, or there is no such device. */
  place(device: string): Place | null;
}

/** Streams of two masters that meet. */
export interface Conflict {
  readonly devices: readonly [string, string];
  readonly iommu: string;
  /** The stream and its IOMMU when it is the same one; null: they overlap. */
  readonly same: string | null;
  /** The whole of it in words. */
  readonly text: string;
}

const sameSpecifier = ({ from: a }: StreamUse, { from: b }: StreamUse): boolean =>
  a.kind === 'iommus' && b.kind === 'iommus' && sameCells(a.entry.args, b.entry.args);

function conflictsOf(view: IommuView): Conflict[] {
  const found = new Map<string, Conflict>();
  for (const provider of view.providers)
    for (const { a, b, kind } of meetings(view.uses(provider).filter((use) => use.enabled))) {
      if (a.node === b.node) continue;
      // which cells of an unknown IOMMU are an ID is not known: only the same cells are the same stream
      if (provider.binding === null && !sameSpecifier(a, b)) continue;
      const [one, other] = [a, b].map((use) => `${use.node.path} (${streamName(use)})`);
      const same = kind === 'same' ? `${streamName(a)} on ${provider.node.path}` : null;
      const text =
        same === null
          ? `${one} and ${other} overlap on ${provider.node.path}`
          : `${a.node.path} and ${b.node.path} have the same stream ${same}`;
      found.set(text, { devices: [a.node.path, b.node.path], iommu: provider.node.path, same, text });
    }
  return [...found.values()];
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
    declared: declaredBy(snapshot.view),
    nodes: new Map(snapshot.tree.nodes.map((node) => [node.path, node])),
    place(device) {
      const source = snapshot.report?.devices.find((found) => found.device === device)?.source ?? null;
      return source === null ? null : { file: shown(pathOfUri(source.uri)), line: source.line, column: source.column };
    },
  };
}
