/** A log that holds several boots: each is explained on a board that booted as it did. */
import type { LogReport } from '../collect';
import type { Boot, KernelFacts, LogFact } from '../facts';
import type { Board } from '../match/board';
import type { KernelChoice } from './kernel';

/** One boot of a log, and the board that it is held against. */
export interface HeldBoot {
  readonly boot: Boot;
  /** Null without a board, and for one of the first of very many boots. */
  readonly choice: KernelChoice | null;
  readonly board: Board | null;
}

/** So many different boots are made on paper for one log: the last ones. */
export const MOST_BOARDS = 16;

type Chosen = KernelChoice & { readonly cmdline: string };

/**
 * The boots of a log with their boards: `choose` says what a boot ran, `make` boots it on paper. Boots that ran alike share
 * a board; one that says nothing gets none, but for the compared one.
 */
export function holdBoots(
  log: LogReport,
  choose: (facts: KernelFacts) => Chosen,
  make: (choice: Chosen) => Board,
): HeldBoot[] {
  const boards = new Map<string, Board>();
  const telling = new Set(log.facts.map((fact) => bootAt(log.boots, fact.line)));
  const held: HeldBoot[] = [];
  // The compared one first, then from the end: of very many the last ones count.
  const order = [log.compared, ...log.boots.keys()].sort(
    (a, b) => Number(b === log.compared) - Number(a === log.compared) || b - a,
  );
  for (const index of new Set(order)) {
    const boot = log.boots[index];
    if (boot === undefined) continue;
    const choice = choose(boot.kernel);
    const key = `${choice.kernel}|${choice.cmdline}`;
    let board = boards.get(key) ?? null;
    if (board === null && boards.size < MOST_BOARDS && (index === log.compared || telling.has(index))) {
      board = make(choice);
      boards.set(key, board);
    }
    held[index] = board === null ? { boot, choice: null, board } : { boot, choice, board };
  }
  return held;
}

/** Which boot a line is of: an index into `boots`. */
export function bootAt(boots: readonly Boot[], line: number): number {
  return lastFrom(boots.length, (index) => boots[index]?.from ?? 0, line);
}

/** As `bootAt`, of boots with their boards. */
export function heldBootAt(boots: readonly HeldBoot[], line: number): number {
  return lastFrom(boots.length, (index) => boots[index]?.boot.from ?? 0, line);
}

/** The last of `count` that begins at `line` or before; 0 when none does. */
function lastFrom(count: number, from: (index: number) => number, line: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (from(middle) <= line) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The facts of the compared boot. */
export function comparedFacts(log: LogReport): readonly LogFact[] {
  return log.facts.filter((fact) => bootAt(log.boots, fact.line) === log.compared);
}
