/** The options that say which kernel boots, and with what. */
import { misspeltParameters } from '../simulator/kernel/misspelt';
import { modelFor } from '../simulator/kernel/rules';
import { KERNEL_VERSIONS } from '../simulator/kernel/versions';
import { CONFIG_DELIMITER } from '../workspace/configs';
import { type ParsedArguments, UsageError } from './options';
import { KERNEL_VALUES } from './own-kernel/drivers';

/** Options with a value that every sub-command takes that boots a board. */
export const BOOT_VALUES = ['--scenario', '--kernel', '--cmdline', '--config', ...KERNEL_VALUES] as const;

/** `--config`, as one text when it is given several times; undefined: not at all. */
export function configOption(options: ParsedArguments): string | undefined {
  const files = options.all('--config');
  return files.length === 0 ? undefined : files.join(CONFIG_DELIMITER);
}

/** Whether a release is later than the newest model: what changed in it nobody here knows. */
function isLater(kernel: string): boolean {
  const parts = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [major = 0, minor = 0] = parts(kernel);
  const [newestMajor = 0, newestMinor = 0] = parts(KERNEL_VERSIONS.at(-1) ?? '');
  return major > newestMajor || (major === newestMajor && minor > newestMinor);
}

/** `--kernel` and `--cmdline`: an unreadable version is refused, a parameter that looks misspelt is warned of. */
export function kernelOptions(
  options: ParsedArguments,
  several = false,
): {
  /** The first one, where several are named. */
  readonly kernel: string | undefined;
  /** Several, to be compared: `--kernel 6.1,6.12`. */
  readonly kernels: readonly string[];
  readonly cmdline: string | undefined;
} {
  const kernels = options.value('--kernel')?.split(',') ?? [];
  if (kernels.length > 1 && !several)
    throw new UsageError('--kernel takes one version here; simulate compares several');
  for (const kernel of kernels)
    if (modelFor(kernel) === null || isLater(kernel))
      throw new UsageError(`--kernel is one of ${KERNEL_VERSIONS.join(', ')} or a release between them, not ${kernel}`);
  const cmdline = options.value('--cmdline');
  for (const { name, meant } of misspeltParameters(cmdline ?? ''))
    process.stderr.write(`smmu-scope: --cmdline: warning: unknown parameter ${name} (did you mean ${meant}?)\n`);
  return { kernel: kernels[0], kernels, cmdline };
}
