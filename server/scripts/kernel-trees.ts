/** Where whole kernel source trees are: given, in the cache, or out of Debian's packages. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The kernels that catalogues and facts are made from, oldest first. */
export const RELEASES = ['6.1', '6.12', '7.3'] as const;

/** The suite of Debian that has a release's linux-source package where the installed one may not have it. */
const SUITES: Readonly<Record<string, string>> = { '7.3': 'trixie-backports' };

/** `6.12` of a tree's Makefile; null when it is no kernel source. */
function releaseAt(root: string): string | null {
  try {
    const text = readFileSync(join(root, 'Makefile'), 'utf8').slice(0, 400);
    const field = (name: string) => new RegExp(`^${name} = (\\d+)$`, 'm').exec(text)?.[1];
    return `${field('VERSION')}.${field('PATCHLEVEL')}`;
  } catch {
    return null;
  }
}

/** Whether a tree has the C sources too, not just what boards need. */
const isWhole = (root: string): boolean => existsSync(join(root, 'drivers/iommu/iommu.c'));

/**
 * The root of a whole source tree of a release (`6.12`): the first of `given` that is one, the variable
 * SMMU_SCOPE_LINUX_6_12, the cache folder, or Debian's linux-source package unpacked there. Throws with what to do.
 */
export function kernelTree(release: string, given: readonly string[] = []): string {
  const variable = `SMMU_SCOPE_LINUX_${release.replace('.', '_')}`;
  const named = process.env[variable];
  for (const root of [...given, ...(named === undefined ? [] : [named])])
    if (releaseAt(root) === release && isWhole(root)) return root;
  if (named !== undefined) throw new Error(`${variable} names ${named}, which is no whole source of Linux ${release}`);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smmu-scope', `linux-${release}-whole`);
  if (releaseAt(cache) === release && isWhole(cache)) return cache;
  const name = `linux-source-${release}`;
  const installed = `/usr/src/${name}.tar.xz`;
  const work = mkdtempSync(join(tmpdir(), 'linux-source-'));
  try {
    const tarball = existsSync(installed) ? installed : unpackPackage(name, SUITES[release] ?? null, work);
    const fresh = `${cache}.new`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    process.stdout.write(`unpacking ${tarball} into ${cache}\n`);
    execFileSync('tar', ['-xJf', tarball, '-C', fresh, '--strip-components=1'], { stdio: 'inherit' });
    rmSync(cache, { recursive: true, force: true });
    renameSync(fresh, cache);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return cache;
}

/**
 * The tarball out of a package of Debian that is not installed: fetched with a private apt configuration when `suite` is
 * another than the machine's own, and unpacked below `work`.
 */
export function unpackPackage(name: string, suite: string | null, work: string): string {
  const run = (program: string, args: readonly string[]): string =>
    execFileSync(program, args, { cwd: work, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  let options: string[] = [];
  if (suite !== null) {
    const sites = run('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages']).split('\n');
    const mirror = sites.find((site) => /\/debian$/.test(site));
    if (mirror === undefined) throw new Error(`no mirror of Debian is configured: fetch ${name} of ${suite} by hand`);
    for (const folder of ['lists/partial', 'parts', 'cache']) mkdirSync(join(work, folder), { recursive: true });
    const list = join(work, 'sources.list');
    execFileSync('sh', [
      '-c',
      'printf "%s\\n" "$1" > "$2"',
      'sh',
      `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} ${suite} main`,
      list,
    ]);
    options = [
      `Dir::Etc::SourceList=${list}`,
      `Dir::Etc::SourceParts=${join(work, 'parts')}`,
      `Dir::State::Lists=${join(work, 'lists')}`,
      `Dir::Cache=${join(work, 'cache')}`,
      'APT::Sandbox::User=root',
    ].flatMap((option) => ['-o', option]);
    run('apt-get', [...options, '-qq', 'update']);
  }
  process.stdout.write(`fetching Debian's ${name}${suite === null ? '' : ` of ${suite}`}\n`);
  run('apt-get', [...options, '-qq', 'download', name]);
  const deb = readdirSync(work).find((file) => file.startsWith(name) && file.endsWith('.deb'));
  if (deb === undefined) throw new Error(`${name} could not be fetched`);
  run('dpkg', ['-x', deb, join(work, 'root')]);
  const tarball = join(work, 'root/usr/src', `${name}.tar.xz`);
  if (!existsSync(tarball)) throw new Error(`${name} did not bring ${name}.tar.xz`);
  return tarball;
}
