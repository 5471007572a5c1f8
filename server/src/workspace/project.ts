/**
 * `smmu-scope.json`: what a folder says of its boards, for every editor and the command line. The nearest one above a board counts
 * (in an editor: not above the workspace folder), so folders of one workspace have each their own. Paths are relative to it.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { CHECK_NAMES } from '../devicetree/checks/run';
import { JsonDocument, type Value as JsonValue } from '../scenario/json';
import { modelFor } from '../simulator/kernel/rules';
import { KERNEL_VERSIONS } from '../simulator/kernel/versions';
import type { Disk } from './disk';
import { realDisk } from './real-disk';
import type { InputProblem } from './simulation-input';

export const PROJECT_FILE = 'smmu-scope.json';

/** A rule's code or `smmu/*` to the severity that its findings have; `off`: none. */
export type Severities = Readonly<Record<string, (typeof SEVERITIES)[number]>>;

const SEVERITIES = ['error', 'warning', 'information', 'hint', 'off'] as const;

export interface Project {
  /** Absolute path of the file. */
  readonly path: string;
  /** The boards that people work on, as globs or names; empty: all. */
  readonly boards: readonly string[];
  /** Absolute paths. */
  readonly includes: readonly string[];
  readonly defines: readonly (readonly [name: string, value: string])[];
  /** Kernel model where neither setting nor scenario names one; empty: none. */
  readonly kernel: string;
  readonly cmdline: string;
  /** Absolute path of a .config, or empty. */
  readonly config: string;
  /** Absolute path of the scenario of boards that have none beside them; null: none. */
  readonly scenario: string | null;
  readonly severity: Severities;
  /** Overlays that are put on a board, in this order (absolute paths). */
  overlays(board: string): readonly string[];
}

interface Read {
  readonly project: Project;
  readonly problems: readonly InputProblem[];
}

/** Whether a text is a macro as -D takes it: `NAME` or `NAME=VALUE`. */
export const isDefine = (text: string): boolean => /^[A-Za-z_]\w*(?:=|$)/.test(text);

/** Families whose codes are not listed: the front end's. */
const OPEN_FAMILY = /^(cpp|dts|dtb)\//;

/** The name of a severity that no finding has; `rules` are the codes of all rules, empty: they are not known here. */
function checkCode(severity: JsonValue, code: string, rules: readonly string[]): void {
  if (rules.length === 0 || code === 'smmu/*' || OPEN_FAMILY.test(code)) return;
  const known = [...rules, ...CHECK_NAMES];
  if (known.includes(code)) return;
  const full = `smmu/${code}`;
  if (rules.includes(full)) severity.unknown(code, known, 'rule', full);
  else severity.unknown(code, known, 'rule');
}

/**
 * Reads the text of the project file at a path. `rules`: the codes of all rules (`smmu/cell-count`), for severities of such as there
 * are none; empty: nobody asks for that.
 */
export function parseProject(text: string, path: string, rules: readonly string[] = []): Read {
  const document = new JsonDocument(text);
  const { root } = document;
  const at = (name: string): string => resolve(dirname(path), name);
  root.get('$schema');
  const schema = root.get('schema').number();
  if (schema !== null && schema !== 1) root.get('schema').wrong('1');
  const kernel = root.get('kernel').text() ?? '';
  if (kernel !== '' && modelFor(kernel) === null)
    root.get('kernel').wrong(`one of ${KERNEL_VERSIONS.join(', ')} or a release between them`);
  const config = root.get('config').text();
  const scenario = root.get('scenario').text();
  const overlays = root.get('overlays');
  const everywhere = overlays.isList ? overlays.texts().map(at) : [];
  const perBoard = new Map<string, string[]>(
    overlays.isList ? [] : overlays.members().map(([board, list]) => [board, list.texts().map(at)]),
  );
  const project: Project = {
    path,
    boards: root.get('boards').texts(),
    includes: root.get('includes').texts().map(at),
    defines: root
      .get('defines')
      .items()
      .flatMap((item) => {
        const define = item.text();
        if (define === null || isDefine(define)) return define ?? [];
        item.wrong('NAME or NAME=VALUE, where NAME is letters, digits and _');
        return [];
      })
      .map((define): [string, string] => {
        const equals = define.indexOf('=');
        return equals < 0 ? [define, '1'] : [define.slice(0, equals), define.slice(equals + 1)];
      }),
    kernel: modelFor(kernel) === null ? '' : kernel,
    cmdline: root.get('cmdline').text() ?? '',
    config: config === null || config === '' ? '' : at(config),
    scenario: scenario === null || scenario === '' ? null : at(scenario),
    severity: Object.fromEntries(
      root
        .get('severity')
        .members()
        .flatMap(([code, value]): [string, Severities[string]][] => {
          checkCode(root.get('severity'), code, rules);
          const severity = value.oneOf(SEVERITIES);
          return severity === null ? [] : [[code, severity]];
        }),
    ),
    overlays: (board) =>
      /\.(dtso|dtbo|overlay)$/.test(board) ? [] : [...everywhere, ...(perBoard.get(basename(board)) ?? [])],
  };
  document.reportUnread();
  return { project, problems: document.problems };
}

/** The project files of a session, each read again when it changes. */
export class Projects {
  private readonly kept = new Map<string, { readonly stamp: string; readonly read: Read }>();
  private readonly nearest = new Map<string, string | null>();

  constructor(
    /** No file above these folders counts for what lies in them; empty: any. */
    private readonly folders: () => readonly string[] = () => [],
    /** Told what is wrong in a file, each time it has been read. */
    private readonly onInput: (path: string, problems: readonly InputProblem[]) => void = () => undefined,
    private readonly disk: Disk = realDisk,
    /** The codes of all rules, where somebody hears what is wrong. */
    private readonly rules: readonly string[] = [],
  ) {}

  /** A file came, changed or went. */
  changed(): void {
    this.nearest.clear();
  }

  /** What holds for a board; null when nothing is said. */
  of(board: string): Project | null {
    const folder = dirname(board);
    let path = this.nearest.get(folder);
    if (path === undefined) {
      path = this.find(folder);
      this.nearest.set(folder, path);
    }
    return path === null ? null : this.read(path);
  }

  private find(folder: string): string | null {
    const inside = (root: string): boolean =>
      folder === root || folder.startsWith(root.endsWith('/') ? root : `${root}/`);
    const root = this.folders()
      .filter(inside)
      .sort((a, b) => b.length - a.length)[0];
    for (let at = folder, below = ''; at !== below; below = at, at = dirname(at)) {
      const path = join(at, PROJECT_FILE);
      if (this.disk.stat(path)?.folder === false) return path;
      if (at === root) return null;
    }
    return null;
  }

  private read(path: string): Project | null {
    const { stamp } = this.disk.stat(path) ?? { stamp: null };
    const known = this.kept.get(path);
    if (stamp !== null && known?.stamp === stamp) return known.read.project;
    const text = stamp === null ? null : this.disk.bytes(path);
    if (stamp === null || text === null) {
      this.kept.delete(path);
      return null;
    }
    const read = parseProject(text.toString('utf8'), path, this.rules);
    this.kept.set(path, { stamp, read });
    this.onInput(path, read.problems);
    return read.project;
  }
}
