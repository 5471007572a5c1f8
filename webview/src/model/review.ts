/** A review of changes as the comparison shows it. */
import type { FoldedChange } from '../../../server/src/review/fold';
import { overlayOn } from '../../../server/src/review/overlay-name';
import type { ReviewReport } from '../../../server/src/review/report';
import type { Review } from '../messages';

/** Boards that change alike. */
export interface ChangeCard {
  /** The same for the same boards and kernels. */
  readonly key: string;
  readonly boards: readonly string[];
  /** The panel's board, when it is one of them. */
  readonly own: string | null;
  /** Kernels that were asked for by name. */
  readonly kernels: readonly string[];
  readonly changes: readonly FoldedChange[];
}

/** The groups of a report, those of the panel's own board first. */
export function cardsOf({ report, own }: Review): ChangeCard[] {
  const cards = report.groups.map(({ boards, kernels, changes }): ChangeCard => {
    // an overlay may be there once for each of its boards
    const mine = boards.find((board) => own !== null && overlayOn(board).path === own) ?? null;
    const sorted = mine === null ? boards : [mine, ...boards.filter((board) => board !== mine)];
    const named = kernels.filter((kernel) => kernel !== '');
    return {
      key: `${named.join()} ${boards.length} ${boards[0] ?? ''}`,
      boards: sorted,
      own: mine,
      kernels: named,
      changes,
    };
  });
  return [...cards.filter((card) => card.own !== null), ...cards.filter((card) => card.own === null)];
}

/** Where a change of a device is written, for who looks through a board. */
export function placeOf({ kind, finding, devices, places }: FoldedChange, board: string, device: string | null) {
  const at =
    kind === 'new-finding' || kind === 'changed-finding'
      ? finding
      : device === null
        ? undefined
        : places[devices.indexOf(device)];
  return { board, file: at?.file ?? board, line: at?.line ?? 1, column: at?.column ?? 1 };
}

const plural = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** How many boards are reached and how many differ, in a sentence. */
export function summaryOf({ changed, reached, different, left, failed }: ReviewReport): string {
  if (changed === 0) return 'no file differs';
  const parts = [
    `${plural(reached, 'board', 'boards')} reached`,
    different === 0 ? 'behaviour equal' : `${plural(different, 'behaves or reports', 'behave or report')} differently`,
  ];
  if (failed.length > 0) parts.push(`${failed.length} not compared`);
  if (left > 0) parts.push(`${left} not looked at`);
  return parts.join(', ');
}

/** Whether a change is bad news, good news or only news. */
export function toneOf({ kind, finding, text }: FoldedChange): 'bad' | 'care' | 'good' | '' {
  if (kind === 'gone-finding') return 'good';
  if (kind === 'changed-finding') return '';
  if (kind === 'stops') return text.includes('no longer') ? 'good' : 'bad';
  if (kind === 'new-finding')
    return finding?.severity === 'error' ? 'bad' : finding?.severity === 'warning' ? 'care' : '';
  if (kind === 'faults') return text.startsWith('no longer') ? 'good' : 'bad';
  if (kind === 'translation') return text.startsWith('gains') ? 'good' : 'care';
  return 'care';
}
