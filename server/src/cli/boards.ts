/** The boards that a sub-command is given, as snapshots of one workspace. */
import { resolve } from 'node:path';
import { TreeBuilder } from '../devicetree/build';
import { ruleCodes } from '../language/rules';
import type { BoardSnapshot } from '../workspace/board';
import { configFiles } from '../workspace/configs';
import { FileStore, toUri } from '../workspace/files';
import { Projects } from '../workspace/project';
import { realDisk } from '../workspace/real-disk';
import { isReadable, isStream, whyUnreadable } from '../workspace/regular-file';
import { Boots, simulateBoard } from '../workspace/simulation';
import { SteadyDisk } from '../workspace/steady-disk';
import { Workspace } from '../workspace/workspace';
import { configOption, kernelOptions } from './kernel-options';
import { type ParsedArguments, pathOf, UsageError } from './options';
import { driversNow } from './own-kernel/drivers';
import { inputProblemText } from './report';
import { isInclude } from './shell/inputs';
import { readStreamText } from './sources';

/**
 * What is kept of includes for the next board: neighbours share theirs. More is not used again (over all boards of Linux 6.12 three
 * times as much was asked for just as often), and grows with every worker. Characters, and bytes of text.
 */
const UNITS = 8 << 20;
const FILES = 24 << 20;

export interface OpenBoard {
  /** The FILE as given. */
  readonly name: string;
  /** Null when it cannot be read. */
  readonly snapshot: BoardSnapshot | null;
  /** The include (its URI) that is looked at through this board; absent: the board itself was given. */
  readonly include?: string;
}

export interface OpenBoards {
  readonly workspace: Workspace;
  boards(): Iterable<OpenBoard>;
  /** One FILE: itself, or an include (.dtsi) as each board that has it sees it; through itself when none has. */
  open(name: string): Iterable<OpenBoard>;
}

/**
 * Prepares the boards of a command line: `-` is standard input, taken as a file of the current folder. `tell` hears what is wrong
 * besides the boards, and whether by that something does not count that a person stated (`broken`).
 */
export function openBoards(
  args: ParsedArguments,
  simulated: boolean,
  tell: (message: string, broken?: boolean) => void = (message) => process.stderr.write(`${message}\n`),
): OpenBoards {
  const defines = args.all('-D').map((text): [string, string] => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text, '1'] : [text.slice(0, equals), text.slice(equals + 1)];
  });
  const kernelTree = args.value('--kernel-tree');
  const overlays = args.all('--overlay').map((path) => resolve(path));
  // told here, not by every board
  for (const path of [...overlays, ...args.all('--scenario'), ...args.all('--config').flatMap(configFiles)])
    if (!isStream(path) && !isReadable(path)) throw new UsageError(`cannot read ${path}${whyUnreadable(path)}`);
  const { kernel, cmdline } = kernelOptions(args);
  const drivers = simulated ? driversNow(args, tell) : () => null;
  const disk = new SteadyDisk(realDisk);
  const projects = new Projects(
    undefined,
    (path, problems) => {
      for (const problem of problems) tell(inputProblemText(path, problem), problem.severity === 'error');
    },
    disk,
    ruleCodes,
  );
  const boot = simulateBoard({
    kernel: kernel ?? '',
    cmdline: cmdline ?? '',
    config: configOption(args) ?? '',
    scenario: args.value('--scenario') ?? null,
    drivers: (board) => drivers((board.base ?? board).path),
    boots: new Boots(0),
    project: (board) => projects.of(board),
    disk,
    onProblem: (message) => tell(`smmu-scope: ${message}`, true),
    onInput: (path, problems) => {
      for (const problem of problems) tell(inputProblemText(path, problem), problem.severity === 'error');
    },
  });
  const workspace = new Workspace(
    {
      folders: [process.cwd()],
      includePaths: args.all('-I').map((path) => resolve(path)),
      ownIncludesOnly: args.all('-I').length > 0 && kernelTree === undefined,
      overlays,
      defines,
      kernelTree: kernelTree === undefined ? null : resolve(kernelTree),
      projects,
    },
    // which kernel would boot, and what a project says of rules, is known without a boot
    simulated ? boot : Object.assign(() => null, { model: boot.model, severity: boot.severity }),
    { disk, files: new FileStore(null, null, FILES), builder: new TreeBuilder(UNITS) },
  );
  function* boards(): Generator<OpenBoard> {
    for (const name of args.files) yield board(name);
  }
  function board(name: string): OpenBoard {
    const uri = toUri(pathOf(name));
    const stream = isStream(name);
    if (stream) workspace.setOpen(uri, readStreamText(name));
    const readable = stream || workspace.files.realUri(uri) !== null;
    return { name, snapshot: readable ? workspace.snapshot(uri) : null };
  }
  return {
    workspace,
    boards,
    *open(name) {
      const uri = toUri(pathOf(name));
      const include = workspace.files.realUri(uri);
      if (!isInclude(name) || include === null) {
        yield board(name);
        return;
      }
      const through = workspace.boardsOf(uri);
      if (through.length === 0) yield { ...board(name), include };
      for (const each of through) yield { name, snapshot: workspace.snapshot(each.uri), include };
    },
  };
}
