/** Boots a board on paper with the settings of an editor or a command line, and the scenario beside the board. */
import { dirname, resolve } from 'node:path';
import type { DeviceTree } from '../devicetree/model';
import { sameTree } from '../devicetree/same';
import { type ParsedScenario, parseScenario } from '../scenario/parse';
import type { KernelCatalogue } from '../simulator/kernel/catalogue';
import { chooseKernel, type KernelChosen } from '../simulator/kernel/choice';
import { parseConfig } from '../simulator/kernel/config';
import type { SimulationReport } from '../simulator/report';
import { relocateReport } from '../simulator/reporting/relocate';
import { configFor, releaseOfTree, type SimulateOptions, STRATEGIES, simulate } from '../simulator/simulate';
import type { Board, Simulate } from './board';
import { configFiles, mergeConfigs } from './configs';
import type { Disk } from './disk';
import type { Project } from './project';
import { realDisk } from './real-disk';
import type { InputProblem } from './simulation-input';

export interface SimulationSettings {
  /** Kernel model (`6.12`); empty for the scenario's. */
  readonly kernel: string;
  readonly cmdline: string;
  /** Path of a .config, or of several with CONFIG_DELIMITER between, or empty. */
  readonly config: string;
  /** Path of a scenario; null: `<board>.smmu.json` beside the board when it exists. */
  readonly scenario: string | null;
  /** The path of the scenario that was chosen for a board; null: the one beside it, else its base's or the project's. */
  readonly chosen?: (board: Board) => string | null;
  /** Where scenario and .config are read from; the disk by default. */
  readonly disk?: Disk;
  /** The boots that are kept, to share them with others; by default its own. */
  readonly boots?: Boots;
  /** The drivers of a kernel of one's own for a board; null: there are none. */
  readonly drivers?: (board: Board) => KernelCatalogue | null;
  /** What a project file says of a board, where the settings say nothing. */
  readonly project?: (board: string) => Project | null;
  /** Told what could not be read or simulated. */
  readonly onProblem?: (message: string) => void;
  /** Told of a scenario or a .config each time it has been read anew: what is wrong in it, perhaps nothing. */
  readonly onInput?: (path: string, problems: readonly InputProblem[]) => void;
}

/** The symbols of a .config, and a warning for every line that is neither a symbol nor a comment. */
export function readConfig(text: string): {
  readonly symbols: ReadonlyMap<string, string | null>;
  readonly problems: readonly InputProblem[];
} {
  const problems: InputProblem[] = [];
  const symbols = parseConfig(text, (line, data) =>
    problems.push({ severity: 'warning', message: `unexpected data: ${data}`, line, column: 1, length: data.length }),
  );
  if (!symbols.complete)
    problems.push({
      severity: 'warning',
      message: `a fragment or a defconfig (${symbols.size} options), no whole .config: options that it does not name have the default of the board's architecture here`,
      line: 1,
      column: 1,
      length: Math.max(1, text.indexOf('\n')),
    });
  return { symbols, problems };
}

/** A file's parsed form, kept until the file changes: the simulator recognizes a configuration by its object. */
class Parsed<T extends { readonly problems: readonly InputProblem[] }> {
  private readonly kept = new Map<string, { readonly stamp: string; readonly value: T }>();
  constructor(
    private readonly parse: (text: string) => T,
    private readonly onInput: SimulationSettings['onInput'],
    private readonly disk: Disk,
  ) {}

  /** The parsed file; null when it cannot be read. */
  read(path: string): T | null {
    const stamp = this.disk.stat(path)?.stamp ?? null;
    const known = this.kept.get(path);
    if (stamp !== null && known?.stamp === stamp) return known.value;
    const text = stamp === null ? null : (this.disk.bytes(path)?.toString('utf8') ?? null);
    if (stamp === null || text === null) {
      if (this.kept.delete(path)) this.onInput?.(path, []);
      return null;
    }
    const value = this.parse(text);
    this.kept.set(path, { stamp, value });
    this.onInput?.(path, value.problems);
    return value;
  }
}

/** Several files as one configuration: the same object while none of them changes. */
class Merged {
  private readonly kept = new Map<
    string,
    { readonly parts: readonly unknown[]; readonly value: ReadonlyMap<string, string | null> }
  >();
  constructor(private readonly configs: Parsed<ReturnType<typeof readConfig>>) {}

  /** Null when one of them cannot be read. */
  read(paths: string): ReadonlyMap<string, string | null> | null {
    const parts = configFiles(paths).flatMap((path) => this.configs.read(path)?.symbols ?? null);
    if (parts.length === 0 || !parts.every((part) => part !== null)) return null;
    const known = this.kept.get(paths);
    if (known?.parts.every((part, i) => part === parts[i])) return known.value;
    const value = mergeConfigs(parts);
    this.kept.set(paths, { parts, value });
    return value;
  }
}

interface Boot {
  /** The board's URI. */
  readonly board: string;
  readonly tree: DeviceTree;
  readonly scenario: ParsedScenario | null;
  readonly config: ReadonlyMap<string, string | null> | null;
  readonly drivers: KernelCatalogue | null;
  readonly strategies: boolean;
  /** The release of the tree that the board lies in, which may choose the kernel. */
  readonly release: string | null;
  readonly report: SimulationReport;
}

/** Boots that are kept, of all boards and of one: a tree and its report are some megabytes. */
const MAX_BOOTS = 12;
const MAX_OF_BOARD = 4;

/**
 * The last boots: an edit after which the tree says what it said a few edits ago (a comment, an undo, a line put in and taken out
 * again) boots as it did then.
 */
export class Boots {
  /** The one used last comes first. */
  private kept: readonly Boot[] = [];

  /** `most`: boots of all boards together. */
  constructor(private readonly most = MAX_BOOTS) {}

  /** The report of an equal boot, with the places of this tree; null when there is none. */
  find(wanted: Omit<Boot, 'report'>): SimulationReport | null {
    const known = this.kept.find(
      (boot) =>
        boot.board === wanted.board &&
        boot.strategies === wanted.strategies &&
        boot.scenario === wanted.scenario &&
        boot.config === wanted.config &&
        boot.drivers === wanted.drivers &&
        boot.release === wanted.release &&
        sameTree(boot.tree, wanted.tree),
    );
    if (known === undefined) return null;
    const report = relocateReport(known.report, known.tree, wanted.tree);
    this.kept = this.kept.filter((boot) => boot !== known);
    this.keep({ ...wanted, report });
    return report;
  }

  keep(boot: Boot): void {
    let ofBoard = 0;
    this.kept = [boot, ...this.kept]
      .filter(({ board }) => board !== boot.board || ++ofBoard <= MAX_OF_BOARD)
      .slice(0, this.most);
  }
}

/** The path of the scenario that stands beside a board, if there is one. */
export function scenarioBeside(boardPath: string): string {
  return `${boardPath.replace(/\.\w+$/, '')}.smmu.json`;
}

/** A function that boots boards with these settings; null (and a problem told) when a board cannot be simulated. */
export function simulateBoard(settings: SimulationSettings): Simulate {
  const disk = settings.disk ?? realDisk;
  const scenarios = new Parsed<ParsedScenario>(parseScenario, settings.onInput, disk);
  const configs = new Parsed(readConfig, settings.onInput, disk);
  const merged = new Merged(configs);
  const boots = settings.boots ?? new Boots();
  const tell = settings.onProblem ?? (() => undefined);
  const given = (board: Board) => {
    const stated = settings.scenario ?? settings.chosen?.(board) ?? null;
    const own = stated ?? scenarioBeside(board.path);
    let [path, parsed] = [own, scenarios.read(own)];
    // an overlay without one boots in its base's scenario
    if (parsed === null && stated === null && board.base !== undefined) {
      path = scenarioBeside(board.base.path);
      parsed = scenarios.read(path);
    }
    const project = settings.project?.(board.path) ?? null;
    if (parsed === null && stated === null && project?.scenario != null) {
      path = project.scenario;
      parsed = scenarios.read(path);
      if (parsed === null) tell(`cannot read ${path}`);
    }
    const configPath =
      settings.config !== ''
        ? settings.config
        : parsed?.configPath != null
          ? resolve(dirname(path), parsed.configPath)
          : project !== null && project.config !== '' && (parsed?.scenario.config?.size ?? 0) === 0
            ? project.config
            : null;
    // a scenario knows its board better than the folder
    const kernel = settings.kernel !== '' ? settings.kernel : parsed?.scenario.kernel ? '' : (project?.kernel ?? '');
    const cmdline =
      settings.cmdline !== '' ? settings.cmdline : parsed?.scenario.cmdline ? '' : (project?.cmdline ?? '');
    return {
      kernel,
      cmdline,
      path: parsed === null && stated === null ? own : path,
      parsed,
      stated: stated !== null,
      configPath,
      config: configPath === null ? null : merged.read(configPath),
    };
  };
  const options = (board: Board): SimulateOptions => {
    const { parsed, config, kernel, cmdline } = given(board);
    return {
      board: board.name,
      path: board.path,
      treeRelease: board.tree.release,
      drivers: settings.drivers?.(board) ?? null,
      ...(parsed === null ? {} : { scenario: parsed.scenario }),
      ...(kernel === '' ? {} : { kernel }),
      ...(cmdline === '' ? {} : { cmdline }),
      ...(config === null ? {} : { config }),
    };
  };
  const run: Simulate = (tree, board, strategies) => {
    const { path, parsed, stated, configPath, config } = given(board);
    if (parsed === null && stated) tell(`cannot read ${path}`);
    if (configPath !== null && config === null) tell(`cannot read ${configPath}`);
    const drivers = settings.drivers?.(board) ?? null;
    const wanted = {
      board: board.uri,
      tree,
      scenario: parsed,
      config,
      drivers,
      strategies,
      release: board.tree.release,
    };
    const known = boots.find(wanted);
    if (known !== null) return known;
    try {
      const report = simulate(tree, { ...options(board), ...(strategies ? { strategies: STRATEGIES } : {}) });
      boots.keep({ ...wanted, report });
      return report;
    } catch (error) {
      tell(
        `${board.name} cannot be simulated: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return null;
    }
  };
  const configGiven = (board: Board): boolean => {
    const { parsed, configPath } = given(board);
    return configPath !== null || (parsed?.scenario.config?.size ?? 0) > 0;
  };
  const config: Simulate['config'] = (tree, board) => configFor(tree, options(board));
  const quiet = (): void => undefined;
  const others = new Map<string, Simulate>();
  const on = (kernel: string): Simulate => {
    const other = others.get(kernel) ?? simulateBoard({ ...settings, kernel, onProblem: quiet, onInput: quiet });
    others.set(kernel, other);
    return other;
  };
  const chosen = (board: Board): KernelChosen => {
    const { parsed } = given(board);
    return chooseKernel({
      option: settings.kernel,
      scenario: parsed?.scenario.kernel,
      project: settings.project?.(board.path)?.kernel,
      tree: releaseOfTree({ drivers: settings.drivers?.(board) ?? null, treeRelease: board.tree.release }),
    });
  };
  const scenario: Simulate['scenario'] = (board) => {
    const { path, parsed, stated } = given(board);
    return { path, read: parsed !== null, stated };
  };
  return Object.assign(run, {
    configGiven,
    scenario,
    config,
    options,
    on,
    kernel: (board: Board) => chosen(board).text,
    model: (board: Board) => chosen(board).model,
    severity: (board: Board) => settings.project?.(board.path)?.severity ?? {},
    ...(settings.drivers === undefined ? {} : { drivers: settings.drivers }),
  });
}
