/** `smmu-scope diff`: what is different between two boards, sources or blobs. */
import { basename, dirname, relative, resolve } from 'node:path';
import { isBlob } from '../../devicetree/open-tree';
import { changesOf } from '../../review/change';
import type { CheckFinding } from '../../review/finding';
import { FAIL_ON, failsOn, reportOf } from '../../review/report';
import { stateOf } from '../../review/state';
import { pathOfUri } from '../../source/uri';
import type { Board, BoardSnapshot, Simulate } from '../../workspace/board';
import { Projects } from '../../workspace/project';
import { whyUnreadable } from '../../workspace/regular-file';
import { simulateBoard } from '../../workspace/simulation';
import { openBoards } from '../boards';
import { BOOT_VALUES, configOption, kernelOptions } from '../kernel-options';
import { parseArguments, UsageError } from '../options';
import { output } from '../output';
import { driversNow, prepareDrivers } from '../own-kernel/drivers';
import { inputProblemText, shownPath } from '../report';
import { oneBoot, within } from './one-boot';
import { formatted } from './review';

/** Runs the sub-command: 0 nothing new of error severity (or what --fail-on says), 1 such, 2 usage or unreadable input. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: [...BOOT_VALUES, '--format', '--fail-on', '-o'] });
  const [before, now, ...more] = options.files;
  if (before === undefined || now === undefined || more.length > 0) throw new UsageError('diff needs two files');
  const failOn = FAIL_ON.find((what) => what === (options.value('--fail-on') ?? 'error'));
  if (failOn === undefined) throw new UsageError(`--fail-on is ${FAIL_ON.join(', ')}`);
  const { kernels } = kernelOptions(options, true);
  const problems: string[] = [];
  const booted: string[] = [];
  const projects = new Projects();
  const told = new Set<string>();
  let broken = false;
  const tell = (message: string, isBroken = false): void => {
    broken ||= isBroken;
    if (!told.has(message)) process.stderr.write(`${message}\n`);
    told.add(message);
  };
  // several kernels are this command's own matter
  const single = { ...options, value: (name: string) => (name === '--kernel' ? kernels[0] : options.value(name)) };
  const boards = openBoards({ ...single, files: [before, now] }, true, tell);
  const [a, b] = [...boards.boards()].map(({ name, snapshot }) => {
    if (snapshot === null) throw new UsageError(`cannot read ${name}${whyUnreadable(name)}`);
    return snapshot;
  });
  if (a === undefined || b === undefined) throw new UsageError('diff needs two files');
  for (const [name, side, other] of [[before, a, b] as const, [now, b, a] as const]) {
    const why = unreadPart(side, other);
    if (why !== null) throw new UsageError(`cannot read ${name}: ${why}`);
  }
  const board = now === before ? now : `${before} -> ${now}`;
  await prepareDrivers(options, [before, now]);
  const drivers = driversNow(options, tell);
  const under = (kernel: string, driversOf: (board: Board) => string, onProblem: (message: string) => void): Simulate =>
    simulateBoard({
      kernel,
      cmdline: options.value('--cmdline') ?? '',
      config: configOption(options) ?? '',
      scenario: options.value('--scenario') ?? null,
      drivers: (board) => drivers(driversOf(board)),
      project: (path) => projects.of(path),
      onProblem,
      onInput: (path, problems) => {
        for (const problem of problems) tell(inputProblemText(path, problem), problem.severity === 'error');
      },
    });
  const alone = under(
    '',
    (board) => (board.base ?? board).path,
    () => undefined,
  );
  const boot = oneBoot([before, now], [a, b], {
    said(board) {
      const scenario = alone.scenario?.(board);
      const parts = [scenario?.read === true ? scenario.path : null, projects.of(board.path)?.path ?? null];
      const said = parts.flatMap((path) => (path === null ? [] : shownPath(path)));
      return said.length === 0 ? null : said.join(', ');
    },
    // an option says it for both
    kernel: ({ tree, base, path }) =>
      options.value('--kernel') === undefined ? (tree.release ?? drivers(base?.path ?? path)?.kernel ?? null) : null,
  });
  for (const line of boot.lent) tell(`smmu-scope: ${line}`);
  const changes = (kernels.length === 0 ? [''] : kernels).map((kernel) => {
    const simulate = under(
      kernel,
      () => boot.driversOf,
      (message) => problems.push(message),
    );
    const states = [a, b].map((snapshot) => {
      const at = boot.board(snapshot);
      booted.push(simulate.kernel?.(at) ?? '');
      return stateOf(board, within(snapshot, at, simulate), simulate, shownPath);
    });
    return {
      board,
      kernel,
      changes: changesOf(states[0] ?? null, states[1] ?? null, { keyOf: keysOf([before, now], [a, b]) }),
    };
  });
  const failed = problems[0]?.split('\n')[0] ?? null;
  const review = {
    board,
    changes: changes.filter((found) => found.changes.length > 0),
    booted: booted.filter((text) => text !== ''),
    failed,
    broken: [],
  };
  const report = reportOf({ base: before, head: now, changed: 0 }, [review]);
  output(options.value('-o'), formatted(report, options.value('--format') ?? 'text'));
  if (failed !== null || broken) return 2;
  return failsOn(report, failOn) ? 1 : 0;
}

/** A blob that ends early, or is none, has been read as far as it goes. */
const CUT = /^dtb\/(?:header|structure|alignment|reservations)$/;
/** Part of a source that is not there, or may not be read. */
const ABSENT = /^(?:cpp|dts)\/(?:include-not-found|include-refused|incbin-not-found|incbin-refused|incbin-too-large)$/;

/**
 * What was not read of a side, in words: all that stands there would be told as new or gone. Null: everything was, or the other
 * side lacks the same.
 */
function unreadPart(side: BoardSnapshot, other: BoardSnapshot): string | null {
  const { tree, problems } = side;
  if (tree.blob !== true && tree.nodes.length === 1 && tree.root.definitions.length === 0)
    return 'no node stands in it';
  const lacking = new Set(other.problems.flatMap(({ code, message }) => (ABSENT.test(code) ? [message] : [])));
  const found = problems.find(
    ({ severity, code, message }) =>
      severity === 'error' && (CUT.test(code) || (ABSENT.test(code) && !lacking.has(message))),
  );
  if (found === undefined) return null;
  const file = pathOfUri(found.span.file.uri);
  return file === side.board.path ? found.message : `${shownPath(file)}: ${found.message}`;
}

/**
 * Findings of two trees are the same wherever the trees lie: by the place below the board's folder. A blob has neither labels nor
 * files: with one, nodes go by their paths and the place does not count.
 */
function keysOf(
  names: readonly string[],
  snapshots: readonly (BoardSnapshot | undefined)[],
): (finding: CheckFinding) => string {
  const folders = names.map((name) => dirname(resolve(name)));
  const own = new Set(names.map((name) => resolve(name)));
  const blobs = names.some((name) => isBlob(name));
  const paths = new Map(
    snapshots.flatMap((snapshot) =>
      (snapshot?.tree.nodes ?? []).flatMap((node) => node.labels.map(({ name }) => [name, node.path] as const)),
    ),
  );
  return ({ severity, code, file, message }) => {
    const path = resolve(file);
    const folder = folders.find((at) => path.startsWith(`${at}/`));
    const place = own.has(path) ? '' : folder === undefined ? basename(path) : relative(folder, path);
    if (!blobs) return `${severity} ${code} ${place}: ${message}`;
    return `${severity} ${code}: ${message.replace(/&([A-Za-z_]\w*)/g, (label, name: string) => paths.get(name) ?? label)}`;
  };
}
