/** Checks one board after the other, as `check` and its workers do; what is known already comes from the cache. */
import { type CheckFinding, findingsInInclude, findingsOf, newAndGone } from '../../review/finding';
import type { KernelCatalogue } from '../../simulator/kernel/catalogue';
import type { BoardSnapshot } from '../../workspace/board';
import { toUri } from '../../workspace/files';
import { realDisk } from '../../workspace/real-disk';
import { isStream, namedBytes, whyUnreadable } from '../../workspace/regular-file';
import { scenarioBeside } from '../../workspace/simulation';
import { dtcOfBoard } from '../../workspace/trees';
import { type OpenBoards, openBoards } from '../boards';
import { BOOT_VALUES } from '../kernel-options';
import { type OptionSpec, type ParsedArguments, parseArguments, pathOf, projects } from '../options';
import { driversNow, driversPrint } from '../own-kernel/drivers';
import { shownPath } from '../report';
import { isInclude } from '../shell/inputs';
import { BoardCache, ownVersion } from './cache';

export const CHECK_OPTIONS: OptionSpec = {
  values: ['--format', '--max-warnings', '--shard', '--jobs', '--cache', '--baseline', ...BOOT_VALUES],
  flags: ['--progress', '--no-simulation'],
};

/** What checking a board gives. */
export interface Checked {
  readonly readable: boolean;
  /** A scenario, .config or project file that counts for the board is not what it should be, or it cannot be simulated. */
  readonly broken: boolean;
  /** For standard error. */
  readonly messages: readonly string[];
  readonly findings: readonly CheckFinding[];
}

/** Options that change what is found: a cached result is for the same ones. */
const SAME = ['-I', '-D', '--overlay', '--kernel-tree', ...BOOT_VALUES];

const placeKey = ({ file, line, column, code, message }: CheckFinding): string =>
  JSON.stringify([file, line, column, code, message]);

function textAt(path: string): string | null {
  try {
    return namedBytes(path).toString('utf8');
  } catch {
    return null;
  }
}

export class Checker {
  private readonly options: ParsedArguments;
  private readonly boards: OpenBoards;
  private readonly cache: BoardCache | null;
  private messages: string[] = [];
  private broken = false;
  private readonly settings: string;
  private readonly drivers: (path: string) => KernelCatalogue | null;

  /** `args`: the arguments of `check`. `program`: what the cache's results are made by. Throws a UsageError. */
  constructor(args: readonly string[], program: string) {
    this.options = parseArguments(args, CHECK_OPTIONS);
    const { options } = this;
    this.boards = openBoards(options, !options.flag('--no-simulation'), (message, broken = false) => {
      this.messages.push(message);
      this.broken ||= broken;
    });
    this.drivers = options.flag('--no-simulation') ? () => null : driversNow(options, () => undefined);
    const folder = options.value('--cache') ?? process.env.SMMU_SCOPE_CACHE;
    this.cache =
      folder === undefined || folder === ''
        ? null
        : new BoardCache(folder, ownVersion(program), (message) => this.messages.push(`smmu-scope: ${message}`));
    this.settings = JSON.stringify([
      process.cwd(),
      options.flag('--no-simulation'),
      SAME.map((name) => options.all(name)),
      [...options.all('--config'), options.value('--scenario')].map((path) =>
        path === undefined ? null : textAt(path),
      ),
    ]);
  }

  check(name: string): Checked {
    this.broken = false;
    const key = isStream(name) || isInclude(name) ? null : this.keyOf(name);
    const known = key === null ? undefined : this.cache?.get(key);
    if (known !== undefined) {
      const { messages, findings } = known as Pick<Checked, 'messages' | 'findings'>;
      return { readable: true, broken: this.broken, messages: [...this.taken(), ...messages], findings };
    }
    const told = this.taken();
    const findings: CheckFinding[] = [];
    let own: BoardSnapshot | null = null;
    for (const { snapshot, include } of this.boards.open(name)) {
      if (snapshot === null)
        return {
          readable: false,
          broken: this.broken,
          messages: [...told, `smmu-scope: cannot read ${name}${whyUnreadable(name)}`],
          findings: [],
        };
      if (include === undefined) {
        own = snapshot;
        findings.push(...findingsOf(name, snapshot, shownPath, this.booted(snapshot)));
        continue;
      }
      if (snapshot.board.uri === include)
        this.messages.push(`smmu-scope: no board includes ${name}: only what its own text says is checked`);
      // what an earlier board said of the include is told once
      findings.push(...newAndGone(findings, findingsInInclude(name, snapshot, include, shownPath), placeKey).fresh);
    }
    const result = { messages: this.taken(), findings };
    // what is broken is told again, by whoever reads it
    if (key !== null && own !== null && !this.broken) this.cache?.set(key, own.result, result);
    this.boards.workspace.forgetBoards();
    return { readable: true, broken: this.broken, messages: [...told, ...result.messages, ...this.taken()], findings };
  }

  /** The messages since it was asked last. */
  private taken(): string[] {
    const { messages } = this;
    this.messages = [];
    return messages;
  }

  /** Whether a board is booted: no rule reads the boot of a board without IOMMUs. Who names a scenario hears what is wrong in it. */
  private booted({ view, board }: BoardSnapshot): boolean {
    return (
      view.providers.length + view.masters.length + view.maps.length + view.legacy.length > 0 ||
      this.options.value('--scenario') !== undefined ||
      this.options.value('--config') !== undefined ||
      this.scenariosOf(board.path, board.base?.path).length > 0
    );
  }

  private scenariosOf(...boards: readonly (string | undefined)[]): string[] {
    return boards.flatMap((path) => (path === undefined ? [] : (textAt(scenarioBeside(path)) ?? [])));
  }

  /** What a result depends on besides the files that it read; null: it is not kept. */
  private keyOf(name: string): string | null {
    if (this.cache === null) return null;
    const { workspace } = this.boards;
    const board = workspace.boardOf(toUri(pathOf(name)));
    if (board === null) return null;
    const project = projects.of(board.path);
    const scenarios = this.scenariosOf(board.path, board.base?.path);
    if (project?.scenario != null) scenarios.push(textAt(project.scenario) ?? '');
    // a .config that a scenario or a project names is read by the boot
    if (project !== null && project.config !== '') return null;
    if (scenarios.some((text) => text.includes('"config"'))) return null;
    return JSON.stringify([
      name,
      board.path,
      board.tree,
      dtcOfBoard(realDisk, board.tree.dtc, board.path).silentHere ?? [],
      board.base?.path ?? null,
      board.base?.tree ?? null,
      board.before ?? [],
      driversPrint(this.drivers((board.base ?? board).path)),
      scenarios,
      project === null ? null : [project.path, textAt(project.path)],
      this.settings,
    ]);
  }
}
