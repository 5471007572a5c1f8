/** What a review has to be by outside truth: who depends on what, two checks, two blobs, and its own mirror image. */
import { basename, dirname } from 'node:path';
import type { FoldedChange } from '../../../src/review/fold';
import type { ReviewReport } from '../../../src/review/report';
import { type Dependencies, nameOn, type Pairs } from './dependencies';

export interface Finding {
  readonly board: string;
  readonly file: string;
  readonly severity: string;
  readonly code: string;
  readonly message: string;
}

/** One of both trees as outside truth has it, as far as the patch may reach. */
export interface Tree {
  readonly dependencies: Dependencies;
  readonly pairs: Pairs;
  /** All boards and overlays. */
  readonly there: ReadonlySet<string>;
}

/** What `check` and `compile` say of boards in one tree. */
export interface Facts {
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
  /** Hashes of the blobs; `-`: none. `symbols`: with labels, as an overlay needs them. */
  readonly plain: ReadonlyMap<string, string>;
  readonly symbols: ReadonlyMap<string, string>;
}

/** What was changed. */
export interface Changed {
  readonly files: ReadonlySet<string>;
  readonly moved: readonly [now: string, before: string] | null;
}

/** The changes of each board. */
export function byBoard(report: ReviewReport): Map<string, FoldedChange[]> {
  const found = new Map<string, FoldedChange[]>();
  for (const { boards, changes } of report.groups)
    for (const board of boards) found.set(board, [...(found.get(board) ?? []), ...changes]);
  return found;
}

const few = (names: Iterable<string>): string => {
  const all = [...names];
  return `${all.slice(0, 4).join('; ')}${all.length > 4 ? ` and ${all.length - 4} more` : ''}`;
};

/** The bases of an overlay's pairs. */
const basesIn = (tree: Tree, overlay: string): string[] =>
  tree.there.has(overlay) ? tree.pairs.of(overlay).map(({ board }) => board) : [];

/** Whether an overlay is one board of the review, not one on each of its bases; the names that it has there. */
function namesOf(path: string, [before, now]: readonly [Tree, Tree]): string[] {
  const sides = [before, now].filter((tree) => tree.there.has(path));
  const bases = sides.map((tree) => [...new Set(basesIn(tree, path))]);
  const all = [...new Set(bases.flat())].sort();
  const one = all.length === 0 || (all.length === 1 && bases.every((of) => of.length === 1));
  return one ? [path] : all.map((board) => nameOn({ overlay: path, board }));
}

/** The boards and overlays that a patch has to reach: what depends on a changed file, and the overlays that are put on such a board. */
export function mustReach(trees: readonly [Tree, Tree], { files, moved }: Changed): Set<string> {
  const found = new Set<string>();
  for (const { dependencies, pairs, there } of trees) {
    for (const [board, made] of dependencies)
      if (there.has(board) && [...files].some((file) => made.has(file))) found.add(board);
    for (const file of files) if (there.has(file)) found.add(file);
    for (const board of [...found]) for (const { overlay } of pairs.on(board)) found.add(overlay);
  }
  // a Makefile: the overlays whose pairs are others now
  const [before, now] = trees;
  for (const file of files) {
    if (basename(file) !== 'Makefile') continue;
    const [was, is] = [before, now].map(
      (tree) => new Set(tree.pairs.in(dirname(file)).map((pair) => JSON.stringify(pair))),
    ) as [Set<string>, Set<string>];
    for (const text of [...was, ...is])
      if (was.has(text) !== is.has(text)) found.add((JSON.parse(text) as { overlay: string }).overlay);
  }
  if (moved !== null) found.delete(moved[1]);
  return found;
}

/** Whether a reached file may be there although nothing depends on what was changed: an overlay that is looked at beside others. */
function isBeside(
  path: string,
  must: ReadonlySet<string>,
  [, now]: readonly [Tree, Tree],
  { files }: Changed,
): boolean {
  if (!path.endsWith('.dtso')) return false;
  const folder = dirname(path);
  if (files.has(`${folder}/Makefile`)) return true;
  const beside = [...now.there].filter((board) => dirname(board) === folder && board.endsWith('.dts'));
  return now.pairs.of(path).length === 0 && beside.every((board) => must.has(board));
}

/** (b) The boards that a review lists and counts. */
export function reachProblems(
  trees: readonly [Tree, Tree],
  changed: Changed,
  listed: ReadonlySet<string>,
  report: ReviewReport,
): string[] {
  const must = mustReach(trees, changed);
  const missing = [...must].filter((path) => !listed.has(path));
  const extra = [...listed].filter((path) => !must.has(path) && !isBeside(path, must, trees, changed));
  const names = new Set([...listed].flatMap((path) => namesOf(path, trees)));
  const problems: string[] = [];
  if (missing.length > 0) problems.push(`reach: ${missing.length} not reached: ${few(missing)}`);
  if (extra.length > 0) problems.push(`reach: ${extra.length} reached that do not depend on it: ${few(extra)}`);
  if (report.reached !== names.size) problems.push(`reach: counts ${report.reached}, of ${names.size} names`);
  const unknown = [...byBoard(report).keys()].filter((name) => !names.has(name));
  if (unknown.length > 0) problems.push(`reach: tells of ${few(unknown)}`);
  return problems;
}

const keyOf = ({ severity, code, message }: Pick<Finding, 'severity' | 'code' | 'message'>): string =>
  `${severity} ${code} ${message}`;

/** What only the first list has: as often as it has it more often. */
function only(list: readonly Finding[], other: readonly Finding[]): Finding[] {
  const left = new Map<string, number>();
  for (const finding of other) left.set(keyOf(finding), (left.get(keyOf(finding)) ?? 0) + 1);
  return list.filter((finding) => {
    const count = left.get(keyOf(finding)) ?? 0;
    left.set(keyOf(finding), count - 1);
    return count <= 0;
  });
}

const keysOf = (changes: readonly FoldedChange[], ...kinds: readonly FoldedChange['kind'][]): Set<string> =>
  new Set(
    changes.flatMap(({ kind, finding }) => (kinds.includes(kind) && finding !== undefined ? [keyOf(finding)] : [])),
  );

/** The name of a reached board in the tree as it was. */
const nameBefore = (board: string, { moved }: Changed): string => (board === moved?.[0] ? moved[1] : board);

/** The finding differences of one board by two checks; null: there is no such board on one side. */
function differences(board: string, changed: Changed, facts: readonly [Facts, Facts]) {
  const was = facts[0].findings.get(nameBefore(board, changed));
  const is = facts[1].findings.get(board);
  return {
    fresh: only(is ?? [], was ?? []),
    gone: only(was ?? [], is ?? []),
    isNew: was === undefined,
    isGone: is === undefined,
  };
}

/** How many of each code. */
function byCode(keys: Iterable<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const key of keys) {
    const code = key.split(' ', 2).join(' ');
    found.set(code, (found.get(code) ?? 0) + 1);
  }
  return found;
}

/** (c) New and gone findings are the difference of two checks. `loose`: nodes have other names, so that messages differ. */
export function findingProblems(
  boards: readonly string[],
  report: ReviewReport,
  changed: Changed,
  facts: readonly [Facts, Facts],
  loose: boolean,
): string[] {
  const changes = byBoard(report);
  return boards.flatMap((board) => {
    const { fresh, gone, isNew, isGone } = differences(board, changed, facts);
    const told = changes.get(board) ?? [];
    if (isGone) return [];
    // a new board is told of errors, and of what is wrong in the patch's own files
    const counts = isNew
      ? fresh.filter((f) => f.severity === 'error' || (f.severity === 'warning' && changed.files.has(f.file)))
      : fresh;
    const expected = new Set(counts.map(keyOf));
    const said = keysOf(told, 'new-finding', 'changed-finding');
    const lost = isNew ? new Set<string>() : new Set(gone.map(keyOf));
    const saidGone = keysOf(told, 'gone-finding');
    const put = byCode(
      told.flatMap(({ kind, finding }) => (kind === 'changed-finding' && finding ? [keyOf(finding)] : [])),
    );
    const problems: string[] = [];
    const tell = (what: string, keys: readonly string[]): void => {
      if (keys.length > 0) problems.push(`findings of ${board}: ${what}: ${few(keys)}`);
    };
    const more = (keys: Iterable<string>, than: Iterable<string>): string[] => {
      const other = byCode(than);
      return [...byCode(keys)].filter(([code, n]) => n > (other.get(code) ?? 0)).map(([code, n]) => `${n} ${code}`);
    };
    if (loose) {
      tell('new by review only', more(said, expected));
      tell('gone by review only', more(saidGone, lost));
      return problems;
    }
    tell(
      'new by check only',
      [...expected].filter((key) => !said.has(key)),
    );
    tell(
      'new by review only',
      [...said].filter((key) => !expected.has(key)),
    );
    tell(
      'gone by review only',
      [...saidGone].filter((key) => !lost.has(key)),
    );
    // one that is put otherwise is told as it is now
    const silent = [...lost].filter((key) => !saidGone.has(key));
    tell(
      'gone by check only',
      [...byCode(silent)].filter(([code, n]) => n > (put.get(code) ?? 0)).map(([code, n]) => `${n} ${code}`),
    );
    return problems;
  });
}

/** (d) A board whose blob and findings are the same is not told of. */
export function equalityProblems(
  boards: readonly string[],
  report: ReviewReport,
  changed: Changed,
  trees: readonly [Tree, Tree],
  facts: readonly [Facts, Facts],
): { readonly problems: string[]; readonly equal: number } {
  const changes = byBoard(report);
  const same = (path: string, of: 'plain' | 'symbols'): boolean => {
    const [was, is] = [facts[0][of].get(nameBefore(path, changed)), facts[1][of].get(path)];
    return was !== undefined && was !== '-' && was === is;
  };
  const isEqual = (board: string): boolean => {
    const { fresh, gone, isNew, isGone } = differences(board, changed, facts);
    if (isNew || isGone || fresh.length > 0 || gone.length > 0 || !same(board, 'plain')) return false;
    const pairs = trees.map(({ pairs }) => pairs.of(board));
    if (JSON.stringify(pairs[0]) !== JSON.stringify(pairs[1])) return false;
    // what was not looked at on both sides is as it was
    const parts = (pairs[1] ?? []).flatMap((pair) => [pair.board, ...pair.before]);
    return parts.every((path) => !facts[1].symbols.has(path) || same(path, 'symbols'));
  };
  const equal = boards.filter(isEqual);
  const told = equal.filter((board) => changes.has(board));
  return {
    equal: equal.length,
    problems: told.map(
      (board) =>
        `equal: ${board} has the same blob and findings: ${few((changes.get(board) ?? []).map(({ text }) => text))}`,
    ),
  };
}

const OF_BOUND: ReadonlySet<string> = new Set([
  'translation',
  'group',
  'neighbours',
  'domain',
  'phase',
  'deferral',
  'iovas',
  'streams',
  'faults',
  'dma',
]);

/** A board's changes as words that can be turned round. */
function turned(changes: readonly FoldedChange[], back: boolean): Set<string> {
  const ended = new Set(
    changes
      .filter(({ kind }) => ['status', 'new-device', 'gone-device'].includes(kind))
      .flatMap(({ devices }) => devices),
  );
  const turn = (a: string, b: string): string => (back ? b : a);
  return new Set(
    changes.flatMap(({ kind, devices, text, finding }): string[] => {
      const of = finding === undefined ? '' : keyOf(finding);
      if (kind === 'new-finding') return [`${turn('new', 'gone')} ${of}`];
      if (kind === 'gone-finding') return [`${turn('gone', 'new')} ${of}`];
      if (kind === 'changed-finding') return [`otherwise ${finding?.severity} ${finding?.code}`];
      if (kind === 'conflict') {
        const met = text.startsWith('streams meet: ');
        return [`${met === back ? 'part' : 'meet'} ${text.replace(/^[^:]*: /, '')}`];
      }
      if (kind === 'stops') return [text.includes('no longer') === back ? 'stops' : 'goes on'];
      return devices.flatMap((device) => {
        // what a device loses with its end is no news, what it gains is
        if (OF_BOUND.has(kind) && ended.has(device)) return [];
        if (kind === 'new-device') return [`${turn('new', 'gone')} ${device}`];
        if (kind === 'gone-device') return [`${turn('gone', 'new')} ${device}`];
        if (kind === 'translation') return [`${text.startsWith('gains') === back ? 'loses' : 'gains'} ${device}`];
        return [`${kind} ${device}`];
      });
    }),
  );
}

/** (e) The review of the patch taken back says the same the other way round. */
export function mirrorProblems(forward: ReviewReport, backward: ReviewReport, changed: Changed): string[] {
  const problems: string[] = [];
  if (forward.reached !== backward.reached) problems.push(`mirror: ${forward.reached} and ${backward.reached} reached`);
  const [there, back] = [byBoard(forward), byBoard(backward)];
  const names = new Set([
    ...there.keys(),
    ...[...back.keys()].map((name) => (name === changed.moved?.[1] ? changed.moved[0] : name)),
  ]);
  for (const board of names) {
    const [one, other] = [there.get(board) ?? [], back.get(nameBefore(board, changed)) ?? []];
    const both = [...one, ...other];
    // a board that is new or gone is told as a whole
    if (both.some(({ kind }) => kind === 'board')) {
      if (![one, other].every((changes) => changes.some(({ kind }) => kind === 'board')))
        problems.push(`mirror: ${board} is new or gone one way only`);
      continue;
    }
    // devices go by their names of now
    if (both.some(({ kind }) => kind === 'renamed')) continue;
    const [a, b] = [turned(one, false), turned(other, true)];
    const lost = [...a].filter((key) => !b.has(key)).map((key) => `+ ${key}`);
    const gained = [...b].filter((key) => !a.has(key)).map((key) => `- ${key}`);
    if (lost.length + gained.length > 0) problems.push(`mirror of ${board}: ${few([...lost, ...gained])}`);
  }
  return problems;
}

/** (a) The exit status is what the report says. */
export function statusProblems(status: number | null, report: ReviewReport, what: string): string[] {
  const stops = report.groups.some(({ changes }) =>
    changes.some(
      ({ kind, text, finding }) =>
        (kind === 'stops' && !text.includes('no longer')) || (kind === 'new-finding' && finding?.severity === 'error'),
    ),
  );
  const expected = report.failed.length > 0 || report.broken !== undefined ? 2 : stops ? 1 : 0;
  return [
    ...report.failed.map(({ board, message }) => `throw: ${what} of ${board}: ${message}`),
    ...(status === expected ? [] : [`status: ${what} ends with ${status}, not ${expected}`]),
  ];
}
