/** Packages of a newer Debian suite, unpacked without being installed: for sources and data. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The Debian mirror that this machine's apt is set up with. */
function mirror(): string {
  const listed = execFileSync('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages'], {
    encoding: 'utf8',
  });
  const site = listed.split('\n').find((line) => /\/debian\/?$/.test(line));
  if (site === undefined) throw new Error('apt knows no Debian mirror');
  return site;
}

/**
 * Unpacks `name` of `suite` (such as trixie-backports) below `folder`. The machine's own mirror is asked with an apt configuration
 * of its own; nothing of the system changes. Throws when the package cannot be had.
 */
export function unpackNewer(suite: string, name: string, folder: string): void {
  if (!existsSync(KEYRING)) throw new Error(`${KEYRING} is not there: is this Debian?`);
  const work = mkdtempSync(join(tmpdir(), 'newer-debian-'));
  try {
    for (const path of ['lists/partial', 'parts', 'cache/archives/partial'])
      mkdirSync(join(work, path), { recursive: true });
    writeFileSync(join(work, 'sources.list'), `deb [signed-by=${KEYRING}] ${mirror()} ${suite} main\n`);
    const options = [
      `Dir::Etc::SourceList=${work}/sources.list`,
      `Dir::Etc::SourceParts=${work}/parts`,
      `Dir::State::Lists=${work}/lists`,
      `Dir::Cache=${work}/cache`,
      'APT::Sandbox::User=root',
    ].flatMap((option) => ['-o', option]);
    execFileSync('apt-get', [...options, '-qq', 'update'], { stdio: 'inherit' });
    execFileSync('apt-get', [...options, '-qq', 'download', name], { cwd: work, stdio: 'inherit' });
    const packages = readdirSync(work).filter((file) => file.endsWith('.deb'));
    if (packages.length === 0) throw new Error(`${suite} has no ${name}`);
    for (const file of packages) execFileSync('dpkg', ['-x', join(work, file), folder], { stdio: 'inherit' });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
