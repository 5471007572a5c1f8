/** Finds the source of Linux 6.12.117 for the corpus: given, in a cache, or out of Debian's package. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const RELEASE = '6.12.117';
const PACKAGE = 'linux-source-6.12';
const TARBALL = '/usr/src/linux-source-6.12.tar.xz';

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
  'drivers/clk/*_test.dtso',
  'drivers/clk/*_test.h',
];

/** A path that a part holds, its wildcard filled in. */
const example = (part: string): string =>
  part
    .replace('arch/*', 'arch/arm64')
    .replace('*_test.dtso', 'kunit_clk_parent_data_test.dtso')
    .replace('*_test.h', 'clk_parent_data_test.h');

/** A cache that an older version of this script, or one that was stopped, left without a part is unpacked again. */
function isWhole(cache: string): boolean {
  return releaseOf(cache) === RELEASE && PARTS.every((part) => existsSync(join(cache, example(part))));
}

/**
 * Looks at `given` (--linux), SMMU_SCOPE_LINUX, and ~/.cache/smmu-scope; else unpacks Debian's linux-source-6.12 there, installing
 * it first when this is Debian and we are root.
 */
export function findLinuxSource(given: string | null): LinuxSource {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smmu-scope', PACKAGE);
  for (const [root, how] of [
    [given, '--linux'],
    [process.env.SMMU_SCOPE_LINUX ?? null, 'SMMU_SCOPE_LINUX'],
  ] as const) {
    if (root === null) continue;
    const release = releaseOf(root);
    if (release === RELEASE) return { root, how };
    return {
      root: null,
      how: `${how} names ${root}, which holds ${release ?? 'no kernel source'}, not Linux ${RELEASE}`,
    };
  }
  if (isWhole(cache)) return { root: cache, how: 'cache' };
  if (!existsSync(TARBALL)) {
    const reason = install();
    if (reason !== null) return { root: null, how: reason };
  }
  mkdirSync(cache, { recursive: true });
  console.log(`unpacking ${TARBALL} into ${cache}`);
  const parts = PARTS.map((part) => `${PACKAGE}/${part}`);
  execFileSync('tar', ['-xJf', TARBALL, '-C', cache, '--strip-components=1', '--wildcards', ...parts], {
    stdio: 'inherit',
  });
  const release = releaseOf(cache);
  if (release === RELEASE) return { root: cache, how: `Debian's ${PACKAGE}` };
  return { root: null, how: `Debian's ${PACKAGE} is Linux ${release ?? '?'} now, the fixture is of ${RELEASE}` };
}

function install(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return `no kernel source: give --linux DIR or SMMU_SCOPE_LINUX, or install Debian's ${PACKAGE}`;
  }
  try {
    console.log(`installing Debian's ${PACKAGE}`);
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', PACKAGE], { stdio: 'inherit' });
    return existsSync(TARBALL) ? null : `${PACKAGE} did not bring ${TARBALL}`;
  } catch {
    return `${PACKAGE} could not be installed: give --linux DIR or SMMU_SCOPE_LINUX`;
  }
}
