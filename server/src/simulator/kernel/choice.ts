/** Which kernel boots, and who said so. */
import { modelFor } from './rules';
import { KERNEL_VERSIONS, type KernelVersion } from './versions';

/** The kernel of a board that nobody says anything about, and that lies in no Linux tree. */
export const NEWEST_KERNEL: KernelVersion = KERNEL_VERSIONS[KERNEL_VERSIONS.length - 1] ?? '6.12';

/** What can name a kernel: an option or setting, a scenario, a boot log, the Linux tree that the board lies in. */
export interface KernelWishes {
  readonly option?: string | undefined;
  readonly scenario?: string | null | undefined;
  readonly log?: string | null | undefined;
  /** What a project file says of its boards. */
  readonly project?: string | null | undefined;
  readonly tree?: string | null | undefined;
}

export interface KernelChosen {
  /** The model that boots. */
  readonly model: KernelVersion;
  /** What was asked for, for example `6.8.4`; the model's own version when nobody asked. */
  readonly release: string;
  readonly by: 'option' | 'scenario' | 'log' | 'project' | 'tree' | 'default';
  /** There is no model of that very version: the nearest boots (modelFor). */
  readonly near: boolean;
  /** For people: `7.3 (the tree's)`, `6.6, the nearest model to 6.8 (the tree's)`. */
  readonly text: string;
}

const BY: Readonly<Record<KernelChosen['by'], string>> = {
  option: '',
  scenario: " (the scenario's)",
  log: " (the log's)",
  project: " (the project file's)",
  tree: " (the tree's)",
  default: ' (the newest model; nothing names another)',
};

/** An option or setting counts before the scenario, this before the log, this before the project file, this before the tree; else the newest model. */
export function chooseKernel(wishes: KernelWishes): KernelChosen {
  for (const by of ['option', 'scenario', 'log', 'project', 'tree'] as const) {
    const release = wishes[by] ?? '';
    const model = release === '' ? null : modelFor(release);
    if (model === null) continue;
    const near = !isOf(release, model.version);
    const text = near ? `${model.version}, the nearest model to ${release}${BY[by]}` : `${model.version}${BY[by]}`;
    return { model: model.version, release, by, near, text };
  }
  return {
    model: NEWEST_KERNEL,
    release: NEWEST_KERNEL,
    by: 'default',
    near: false,
    text: `${NEWEST_KERNEL}${BY.default}`,
  };
}

/** Whether a release (`v6.12.117`, `6.12`) belongs to a version. */
function isOf(release: string, version: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(release.trim()) ?? [];
  return `${major}.${minor}` === version;
}
