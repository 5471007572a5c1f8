/** `smmu-scope diff`: what is different between two boards, sources or blobs. */
import { basename, dirname, relative, resolve } from 'node:path';
import { isBlob } from '../../devicetree/open-tree';
import { changesOf } from '../../review/change';
import type { CheckFinding } from '../../review/finding';
import { FAIL_ON, failsOn, reportOf } from '../../review/report';
import { stateOf } from '../../review/state';
import type { BoardSnapshot, Simulate } from '../../workspace/board';
import { Projects } from '../../workspace/project';
import { whyUnreadable } from '../../workspace/regular-file';
import { simulateBoard } from '../../workspace/simulation';
import { openBoards } from '../boards';
import { BOOT_VALUES, configOption, kernelOptions } from '../kernel-options';
import { parseArguments, UsageError } from '../options';
import { output } from '../output';
import { shownPath } from '../report';
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
  // several kernels are this command's own matter
  const single = { ...options, value: (name: string) => (name === '--kernel' ? kernels[0] : options.value(name)) };
  const boards = openBoards({ ...single, files: [before, now] }, true);
  const [a, b] = [...boards.boards()].map(({ name, snapshot }) => {
    if (snapshot === null) throw new UsageError(`cannot read ${name}${whyUnreadable(name)}`);
    return snapshot;
  });
  const board = now === before ? now : `${before} -> ${now}`;
  const changes = (kernels.length === 0 ? [''] : kernels).map((kernel) => {
    const simulate: Simulate = simulateBoard({
      kernel,
      cmdline: options.value('--cmdline') ?? '',
      config: configOption(options) ?? '',
      scenario: options.value('--scenario') ?? null,
      project: (path) => projects.of(path),
      onProblem: (message) => problems.push(message),
    });
    const states = [a, b].map((snapshot) => {
      if (snapshot === undefined) throw new UsageError('diff needs two files');
      booted.push(simulate.kernel?.(snapshot.board) ?? '');
      return stateOf(board, snapshot, simulate, shownPath);
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
  };
  const report = reportOf({ base: before, head: now, changed: 0 }, [review]);
  output(options.value('-o'), formatted(report, options.value('--format') ?? 'text'));
  if (failed !== null) return 2;
  return failsOn(report, failOn) ? 1 : 0;
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
