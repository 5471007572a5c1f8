/** Boards that change alike, told once. */
import type { Change, ChangeKind } from './change';
import type { CheckFinding } from './finding';
import type { Place } from './state';

/** What a board does differently under one kernel (empty: the one its tree chooses). */
export interface BoardChanges {
  readonly board: string;
  readonly kernel: string;
  readonly changes: readonly Change[];
}

/** A change of several devices that is the same for all of them. */
export interface FoldedChange {
  readonly kind: ChangeKind;
  readonly devices: readonly string[];
  readonly text: string;
  /** Where each of the devices is written, in their order: on the first board; null: not known. */
  readonly places: readonly (Place | null)[];
  readonly finding?: CheckFinding;
}

/** Changes that the same boards have under the same kernels. */
export interface ChangeGroup {
  readonly boards: readonly string[];
  readonly kernels: readonly string[];
  readonly changes: readonly FoldedChange[];
}

/** Weightiest first. */
export const ORDER: readonly ChangeKind[] = [
  'board',
  'stops',
  'new-finding',
  'translation',
  'group',
  'neighbours',
  'domain',
  'streams',
  'dma',
  'faults',
  'conflict',
  'status',
  'phase',
  'deferral',
  'renamed',
  'new-device',
  'gone-device',
  'iovas',
  'capacity',
  'changed-finding',
  'gone-finding',
];

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Separates the parts of a key; no name holds it. */
const SEPARATOR = '\n';

/** Groups the changes of boards: by which boards have them, and within that by what is the same for several devices. The order of the input does not matter. */
export function fold(boards: readonly BoardChanges[]): ChangeGroup[] {
  const byChange = new Map<string, { change: Change; where: Map<string, Set<string>> }>();
  for (const { board, kernel, changes } of [...boards].sort(
    (a, b) => compare(a.board, b.board) || compare(a.kernel, b.kernel),
  ))
    for (const change of changes) {
      const key = [change.kind, change.device, change.text].join(SEPARATOR);
      let known = byChange.get(key);
      if (known === undefined) {
        known = { change, where: new Map() };
        byChange.set(key, known);
      }
      const kernels = known.where.get(board);
      if (kernels === undefined) known.where.set(board, new Set([kernel]));
      else kernels.add(kernel);
    }
  const byBoards = new Map<string, { boards: string[]; kernels: string[]; changes: Change[] }>();
  for (const { change, where } of byChange.values()) {
    // boards that have it under different kernels are told apart
    const byKernels = new Map<string, string[]>();
    for (const [board, kernels] of where) {
      const key = [...kernels].sort().join(',');
      const list = byKernels.get(key);
      if (list === undefined) byKernels.set(key, [board]);
      else list.push(board);
    }
    for (const [kernels, names] of byKernels) {
      const sorted = [...names].sort();
      const key = [kernels, ...sorted].join(SEPARATOR);
      const group = byBoards.get(key);
      if (group === undefined) byBoards.set(key, { boards: sorted, kernels: kernels.split(','), changes: [change] });
      else group.changes.push(change);
    }
  }
  return [...byBoards.values()]
    .map(({ boards: names, kernels, changes }) => ({ boards: names, kernels, changes: foldDevices(changes) }))
    .sort(
      (a, b) =>
        b.boards.length - a.boards.length ||
        compare(a.boards.join(SEPARATOR), b.boards.join(SEPARATOR)) ||
        compare(a.kernels.join(), b.kernels.join()),
    );
}

function foldDevices(changes: readonly Change[]): FoldedChange[] {
  const found = new Map<string, { first: Change; devices: Map<string, Place | null> }>();
  for (const change of changes) {
    const key = [change.kind, change.text].join(SEPARATOR);
    let known = found.get(key);
    if (known === undefined) {
      known = { first: change, devices: new Map() };
      found.set(key, known);
    }
    if (change.device !== '' && !known.devices.has(change.device))
      known.devices.set(change.device, change.place ?? null);
  }
  return [...found.values()]
    .map(({ first, devices }) => {
      const names = [...devices.keys()].sort();
      return {
        kind: first.kind,
        devices: names,
        text: first.text,
        places: names.map((name) => devices.get(name) ?? null),
        ...(first.finding === undefined ? {} : { finding: first.finding }),
      };
    })
    .sort(
      (a, b) =>
        ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
        compare(a.devices[0] ?? '', b.devices[0] ?? '') ||
        compare(a.text, b.text),
    );
}

/** The changes of each board again: what `fold` makes the same groups of. */
export function unfold(groups: readonly ChangeGroup[]): BoardChanges[] {
  return groups.flatMap(({ boards, kernels, changes }) =>
    boards.flatMap((board) =>
      kernels.map((kernel) => ({
        board,
        kernel,
        changes: changes.flatMap(({ devices, places, ...change }) =>
          (devices.length === 0 ? [''] : devices).map((device, i) => {
            const place = places[i] ?? null;
            return { ...change, device, ...(place === null ? {} : { place }) };
          }),
        ),
      })),
    ),
  );
}
