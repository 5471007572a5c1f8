/** Finds the source of a Linux release for the corpus: given, in a cache, or out of Debian's package. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackNewer } from './newer-debian';

/** A kernel whose boards are compared: what its fixtures are of, and Debian's package of its source. */
export interface CorpusKernel {
  /** As in `--kernel`. */
  readonly name: string;
  readonly release: string;
  /** The Debian suite to take the package from when the installed one does not have it. */
  readonly suite: string | null;
}

export const CORPUS_KERNELS: readonly CorpusKernel[] = [
  { name: '6.12', release: '6.12.117', suite: null },
  { name: '7.3', release: '7.3.4', suite: 'trixie-backports' },
];
export const LINUX_6_12: CorpusKernel = CORPUS_KERNELS[0] as CorpusKernel;

/** The kernel of a name; null when there is no corpus of it. */
export function corpusKernel(name: string): CorpusKernel | null {
  return CORPUS_KERNELS.find((kernel) => kernel.name === name) ?? null;
}

/** Where the source was found and how, or why there is none. */
export type LinuxSource =
  | { readonly root: string; readonly how: string }
  | { readonly root: null; readonly how: string };

/** The release a source tree's Makefile names, or null. */
function releaseOf(root: string): string | null {
  try {
    const text = readFileSync(join(root, 'Makefile'), 'utf8').slice(0, 400);
    const field = (name: string) => new RegExp(`^${name} = (\\d+)$`, 'm').exec(text)?.[1];
    return [field('VERSION'), field('PATCHLEVEL'), field('SUBLEVEL')].join('.');
  } catch {
    return null;
  }
}

/** What of the package the boards need: their sources, what they include (also through links), and dtc. */
const PARTS = [
  'Makefile',
  'include/dt-bindings',
  'include/uapi/linux',
  'scripts/dtc',
  'arch/*/boot/dts',
  'arch/x86/platform/ce4100',
  'drivers/of',
  'drivers/clk/*.dtso',
  'drivers/clk/*.h',
];

/** A path that a part holds, its wildcard filled in. */
const example = (part: string): string =>
  part
    .replace('arch/*', 'arch/arm64')
    .replace('clk/*.dtso', 'clk/kunit_clk_parent_data_test.dtso')
    .replace('clk/*.h', 'clk/clk_parent_data_test.h');

/** A cache that an older version of this script, or one that was stopped, left without a part is unpacked again. */
function isWhole(cache: string, release: string): boolean {
  return releaseOf(cache) === release && PARTS.every((part) => existsSync(join(cache, example(part))));
}

/**
 * Looks at `given` (--linux), SMMU_SCOPE_LINUX (of another kernel: passed over, unless it is the first of the list), the same with
 * the kernel's name behind it (SMMU_SCOPE_LINUX_7_3), and ~/.cache/smmu-scope; else unpacks Debian's linux-source there: an
 * installed one, or when this is Debian and we are root one that is installed, or unpacked from a newer suite.
 */
export function findLinuxSource(given: string | null, kernel: CorpusKernel = LINUX_6_12): LinuxSource {
  const { name, release, suite } = kernel;
  const own = `SMMU_SCOPE_LINUX_${name.replace('.', '_')}`;
  for (const [root, how, binding] of [
    [given, '--linux', true],
    [process.env[own] ?? null, own, true],
    [process.env.SMMU_SCOPE_LINUX ?? null, 'SMMU_SCOPE_LINUX', kernel === LINUX_6_12],
  ] as const) {
    if (root === null) continue;
    const found = releaseOf(root);
    if (found === release) return { root, how };
    if (binding)
      return {
        root: null,
        how: `${how} names ${root}, which holds ${found ?? 'no kernel source'}, not Linux ${release}`,
      };
  }
  const packaged = `linux-source-${name}`;
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smmu-scope', packaged);
  if (isWhole(cache, release)) return { root: cache, how: 'cache' };
  const work = mkdtempSync(join(tmpdir(), 'linux-source-'));
  try {
    const tarball = findTarball(packaged, suite, work);
    if ('missing' in tarball) return { root: null, how: tarball.missing };
    mkdirSync(cache, { recursive: true });
    console.log(`unpacking ${tarball.path} into ${cache}`);
    const parts = PARTS.map((part) => `${packaged}/${part}`);
    const from = ['-xJf', tarball.path, '-C', cache, '--strip-components=1', '--wildcards'];
    execFileSync('tar', [...from, ...parts], { stdio: 'inherit' });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const found = releaseOf(cache);
  if (found === release) return { root: cache, how: `Debian's ${packaged}` };
  return { root: null, how: `Debian's ${packaged} is Linux ${found ?? '?'} now, the fixture is of ${release}` };
}

type Tarball = { readonly path: string } | { readonly missing: string };

/** The package's tarball: installed, or got now; in `work` when it is only unpacked. */
function findTarball(packaged: string, suite: string | null, work: string): Tarball {
  const installed = `/usr/src/${packaged}.tar.xz`;
  if (existsSync(installed)) return { path: installed };
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { missing: `no kernel source: give --linux DIR or SMMU_SCOPE_LINUX, or install Debian's ${packaged}` };
  try {
    if (suite === null) {
      console.log(`installing Debian's ${packaged}`);
      execFileSync('apt-get', ['install', '-y', '--no-install-recommends', packaged], { stdio: 'inherit' });
      return existsSync(installed) ? { path: installed } : { missing: `${packaged} did not bring ${installed}` };
    }
    console.log(`unpacking Debian's ${packaged} of ${suite}`);
    unpackNewer(suite, packaged, work);
    const sources = join(work, 'usr/src');
    const file = readdirSync(sources).find((entry) => entry === `${packaged}.tar.xz`);
    return file === undefined
      ? { missing: `${packaged} of ${suite} holds no ${packaged}.tar.xz` }
      : { path: join(sources, file) };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : '';
    return { missing: `${packaged} could not be got (${why}): give --linux DIR or SMMU_SCOPE_LINUX` };
  }
}
